"""What texts for a terminal share: its width, its colours."""

from __future__ import annotations

import re
import textwrap

from podcheck.results.verdicts import Verdict

WIDTH = 80


HANG = " " * 8  # under a verdict
VERDICT_COLOURS = {Verdict.HOLDS: "32", Verdict.FAILS: "31"}
RED, GREEN, BOLD = "31", "32", "1"


class Style:
    """Colours for a terminal, or nothing.  What they say is always said in words too."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def verdict(self, verdict: Verdict, shown: str = "") -> str:
        code = VERDICT_COLOURS.get(verdict, "33")
        return self.paint(f"{shown or verdict.value:<7}", f"1;{code}")


PLAIN = Style(False)


_CODE = re.compile(r"`[^`\n]{1,60}`")


def wrapped(
    text: str, width: int, first: str = "", later: str = "", *, whole_words: bool = True
) -> list[str]:
    """A text in lines, with code in backticks on one line, so that it can be copied.

    Without ``whole_words`` no line is longer than ``width``.
    """
    whole = _CODE.sub(lambda m: m[0].replace(" ", "\u00a0"), text)
    lines = textwrap.wrap(
        whole, width, initial_indent=first, subsequent_indent=later,
        break_on_hyphens=False, break_long_words=not whole_words,
    )  # fmt: skip
    return [line.replace("\u00a0", " ") for line in lines]
