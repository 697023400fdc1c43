"""Reading takes time in proportion to a text's length, whatever the text repeats.

Nothing here looks at a clock.  Work is counted: lines of Python that run, and characters of the
text that its methods go through.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from podcheck.checker.spec_files import Checker
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.verification.options import Options

COUNTS = (60, 120, 240)
# The second 120 take twice as much as the first 60 if the time is linear, 4 times if quadratic.
TIMES = 2.4
POD = "pod p { container app }\n"


def scenario(events: str) -> str:
    return f'{POD}scenario "s" under Never {{ when {events} then phase = Running }}\n'


def check(condition: str) -> str:
    return f'{POD}check "c" {{ always {condition} }}\n'


def table(rows: str) -> str:
    return f'{POD}table "t" under Always {{\n{rows}\n}}\n'


def listed(count: int, text: str, between: str = "\n") -> str:
    """The text so many times, `%` in it an exit code."""
    return between.join(text.replace("%", str(n % 256)) for n in range(count))


# What of a text's language may stand there any number of times.
REPEATED: dict[str, Callable[[int], str]] = {
    "codes": lambda n: scenario(f"app exits {{{listed(n, '%', ', ')}}}"),
    "codes on lines": lambda n: scenario(f"app exits {{{listed(n, '%', ',' + chr(10))}}}"),
    "members": lambda n: check(f"app.exitCode in {{{listed(n, '%', ', ')}}}"),
    "or": lambda n: check(listed(n, "app.exitCode = %", " or ")),
    "and": lambda n: check(listed(n, "app.exitCode != %", " and ")),
    "events or": lambda n: scenario(listed(n, "app exits %", " or ")),
    "followed by": lambda n: scenario(listed(n, "app exits %", " followed by ")),
    "arguments": lambda n: check(f"f({listed(n, '%', ', ')})"),
    "rows": lambda n: table(listed(n, "| app exits % | Running |")),
    "policies": lambda n: f'{POD}check "c" under {listed(n, "Never", ", ")} {{ never true }}\n',
    "assumptions": lambda n: (
        f'{POD}check "c" assuming {listed(n, "no exits", ", ")} {{ never true }}'
    ),
    "claims": lambda n: POD + listed(n, 'check "c" { never phase = Failed }'),
    "formulas": lambda n: f'{POD}check "c" {{\n{listed(n, "never phase = Failed")}\n}}\n',
    "steps": lambda n: f'{POD}scenario "c" {{\n{listed(n, "when app exits %")}\n}}\n',
    "containers": lambda n: f"pod p {{\n{listed(n, 'container c%')}\n}}\n",
    "exit rules": lambda n: (
        f"pod p {{ container app {{\n{listed(n, 'on exit %: Restart')}\n}} }}\n"
    ),
    "volumes": lambda n: f"pod p {{\n{listed(n, 'volume v%')}\n container app }}\n",
    "pods": lambda n: "".join(f"pod p{number} {{ container app }}\n" for number in range(n)),
    "includes": lambda n: listed(n, 'include "a.pod"') + "\n",
    "gates": lambda n: f"gates {listed(n, 'G% on', ', ')}\n{POD}",
    "comments": lambda n: POD + listed(n, "# a comment"),
    "a comment": lambda n: f"{POD}# {'long ' * n}\n",
    "a title": lambda n: f'{POD}check "{"long " * n}" {{ never phase = Failed }}\n',
    "spaces": lambda n: f"{POD}{' ' * n}{chr(10) * n}",
    # and what is wrong
    "brackets": lambda n: check(f"{'(' * 3 * n}true{')' * 3 * n}"),  # more than may be nested
    "not": lambda n: check(f"{'not ' * 3 * n}true"),
    "implies": lambda n: check(listed(3 * n, "app.exitCode = %", " implies ")),
    "words": lambda n: POD + "word " * n,
    "words of an event": lambda n: scenario("word " * n),
    "words of a condition": lambda n: check("word " * n),
    "keywords": lambda n: POD + "check " * n,
    "open texts": lambda n: POD + listed(n, 'check "c { never phase = 3 }'),
    "closing braces": lambda n: (
        f'{POD}table "t" {{\n| event | Always |\n| app exits 0 | Running |{"}" * n}'
    ),
    "bars": lambda n: f'{POD}table "t" {{\n{"|" * n}\n}}\n',
    "empty cells": lambda n: f'{POD}table "t" {{\n{listed(n, "| app exits % | |")}\n}}\n',
    "errors of the lexer": lambda n: POD + listed(n, 'check "c" { never phase == Failed }'),
    "errors of the parser": lambda n: POD + listed(n, 'check "c" { never = }'),
    "unknown names": lambda n: check(listed(n, "what% = 3", " or ")),
    "a brace that is missing": lambda n: scenario(f"app exits {{{listed(n, '%', ', ')}"),
}


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
    sys.settrace(trace)
    try:
        action(source)
    finally:
        sys.settrace(before)
    return lines, Text.read


def parsed(source: Source) -> None:
    diagnostics = Diagnostics()
    parse(source, diagnostics)
    for found in diagnostics.sorted():
        assert found.span.line


def formatted(source: Source) -> None:
    format_text(source, Diagnostics())


def compiled(source: Source) -> None:
    Checker(Options(), load_pack()).open_source(source, None)


def is_linear(action: Callable[[Source], None], make: Callable[[int], str]) -> bool:
    few, more, many = (work(action, make(count)) for count in COUNTS)
    return all(c - b <= TIMES * (b - a) + 100 for a, b, c in zip(few, more, many, strict=True))


@pytest.mark.parametrize("repeated", REPEATED)
@pytest.mark.parametrize("action", [parsed, formatted, compiled])
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
