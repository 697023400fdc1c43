"""Reading takes time in proportion to a text's length, whatever the text repeats.

Nothing here looks at a clock.  Work is counted: lines of Python that run, and characters of the
text that its methods go through.  What other tests left behind isn't: it is collected before, or
its finalizers would be counted as work of whatever runs when the collector does.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from long_texts import REPEATED, compiled, formatted, parsed
from sampling import sampled_pairs

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source

COUNTS = (60, 120, 240)
# The second 120 take twice as much as the first 60 if the time is linear, 4 times if quadratic.
TIMES = 2.4


class Text(str):
    """A text that counts the characters that its methods go through."""

    read = 0

    def count(self, sub: str, start: Any = 0, end: Any = sys.maxsize) -> int:
        Text.read += min(end, len(self)) - start
        return super().count(sub, start, end)

    def find(self, sub: str, start: Any = 0, end: Any = sys.maxsize) -> int:
        found = super().find(sub, start, end)
        Text.read += (found if found >= 0 else len(self)) - start
        return found

    def rfind(self, sub: str, start: Any = 0, end: Any = sys.maxsize) -> int:
        found = super().rfind(sub, start, end)
        Text.read += min(end, len(self)) - max(found, 0)
        return found

    def split(self, sep: Any = None, maxsplit: Any = -1) -> list[str]:
        Text.read += len(self)
        return super().split(sep, maxsplit)

    def __getitem__(self, key: Any) -> str:
        part = super().__getitem__(key)
        Text.read += len(part)
        return part


def work(action: Callable[[Source], object], text: str) -> tuple[int, int]:
    """The lines that run in an action on a text, and the characters that it goes through."""
    lines = 0

    def trace(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal lines
        lines += 1
        return trace

    source, Text.read = Source("a.pod", Text(text)), 0
    before = sys.gettrace()
    gc.collect()
    gc.disable()
    sys.settrace(trace)
    try:
        action(source)
    finally:
        sys.settrace(before)
        gc.enable()
    return lines, Text.read


def is_linear(action: Callable[[Source], None], make: Callable[[int], str]) -> bool:
    few, more, many = (work(action, make(count)) for count in COUNTS)
    return all(c - b <= TIMES * (b - a) + 100 for a, b, c in zip(few, more, many, strict=True))


@pytest.mark.parametrize(
    ("repeated", "action"), sampled_pairs(REPEATED, (compiled, parsed, formatted))
)
def test_twice_as_much_takes_twice_as_long(action: Callable[[Source], None], repeated: str) -> None:
    action(Source("a.pod", REPEATED[repeated](2)))  # what is loaded the first time
    assert is_linear(action, REPEATED[repeated])


def test_what_is_quadratic_is_seen() -> None:
    """Or the tests above would pass whatever is done."""

    def each_line_from_the_start(source: Source) -> None:
        for place in range(len(source.text)):
            source.text.count("\n", 0, place)

    def each_with_each(source: Source) -> None:
        for _ in source.text:
            for _ in source.text:
                pass

    assert not is_linear(each_line_from_the_start, lambda count: "a" * count)
    assert not is_linear(each_with_each, lambda count: "a" * count)


def test_chains_are_not_nested() -> None:
    """A long `or`, `and`, or `followed by` is no deeper than a short one."""
    for repeated in ("or", "and", "events or", "followed by"):
        diagnostics = Diagnostics()
        (_, claim) = parse(Source("a.pod", REPEATED[repeated](1_000)), diagnostics).items
        assert claim.depth < 20
        assert not diagnostics.found
