"""What texts for a terminal share: its width, its colours."""

from __future__ import annotations

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
