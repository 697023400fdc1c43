"""What texts for a terminal share: its width, its colours."""

from __future__ import annotations

import re
import textwrap

from podcheck.results.verdicts import Verdict

WIDTH = 80  # of a log, a file and a narrow terminal
PROSE = 100  # sentences are no wider, however wide the terminal is

HANG = " " * 8  # under a verdict
VERDICT_COLOURS = {Verdict.HOLDS: "32", Verdict.FAILS: "31"}
RED, GREEN, BOLD, DIM = "31", "32", "1", "2"
TONES = {"run": "32", "done": "36", "bad": "31", "wait": "33", "none": DIM}
_PAINT = re.compile(r"\x1b\[[0-9;]*m")


class Style:
    """How a text is shown: the width of what has columns, and colours for a terminal, or none.
    What they say is always said in words too."""

    def __init__(self, colour: bool, width: int = WIDTH) -> None:
        self.colour = colour
        self.width = width

    @property
    def prose(self) -> int:
        """The width of sentences."""
        return min(self.width, PROSE)

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and code and text.strip() else text

    def tone(self, text: str, tone: str) -> str:
        """A state in the colour of what it means."""
        return self.paint(text, TONES[tone])

    def verdict(self, verdict: Verdict, shown: str = "") -> str:
        code = VERDICT_COLOURS.get(verdict, "33")
        return self.paint(f"{shown or verdict.value:<7}", f"1;{code}")


PLAIN = Style(False)


def length(text: str) -> int:
    """How wide a text is shown, whatever its colours."""
    return len(_PAINT.sub("", text))


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
