"""Which claims of spec files are asked about: all, or those at a name or a line."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from podcheck.language.diagnostics import did_you_mean

if TYPE_CHECKING:
    from podcheck.compiler.questions import ClaimHead
    from podcheck.language.source import Source
    from podcheck.results.verdicts import ClaimResult

NAMED = 8  # claims that a message lists
LEAST_LETTERS = 3  # of a word by which claims are found

_ELSE = re.compile(r"^[^\s#}|]", re.MULTILINE)  # at the margin: the next declaration


class NoSuchClaimError(Exception):
    """What was asked for is in no file; the text says what is."""


class Chosen:
    """The claims with these titles (or, in a file of its own, numbers), and those at these lines
    of files.  It remembers what it has met, so that :meth:`missing` can say what nothing met."""

    def __init__(self, titles: Sequence[str], lines: Mapping[str, Sequence[int]]) -> None:
        self._titles = tuple(titles)
        self._lines = lines
        self._met: set[str] = set()
        self._known: list[str] = []

    def numbers(self, source: Source, claims: Sequence[ClaimHead | ClaimResult]) -> tuple[int, ...]:
        """The places of the chosen ones among a file's claims.

        Raises ``NoSuchClaimError`` if there is none at a line.
        """
        titles = [claim.title for claim in claims]
        self._known += titles
        found: set[int] = set()
        for wanted in self._titles:
            places = [n for n, title in enumerate(titles) if title == wanted]
            if not places and wanted.isdecimal() and 0 < int(wanted) <= len(titles):
                places = [int(wanted) - 1]
            if places:
                self._met.add(wanted)
            found.update(places)
        for line in self._lines.get(source.name, ()):
            found.add(_at(source, claims, line))
        whole = not self._titles and source.name not in self._lines
        return tuple(range(len(titles))) if whole else tuple(sorted(found))

    def missing(self) -> str:
        """Which title is in no file, and which are, as sentences; empty if each was met, or if no
        file has a claim."""
        for wanted in self._titles:
            if self._known and wanted not in self._met:
                return f"There is no claim `{wanted}`. {self._meant(wanted)}"
        return ""

    def _meant(self, wanted: str) -> str:
        """The claims that are probably meant: alike, or with a word of it in the title; else all,
        as far as a message can list them."""
        words = [word for word in wanted.lower().split() if len(word) >= LEAST_LETTERS]
        found = {t: sum(word in t.lower() for word in words) for t in self._known}
        close = [t for t in found if 0 < found[t] == max(found.values())]
        listed = [f"`{title}`" for title in close or found]
        more = f" and {len(listed) - NAMED} more" * (len(listed) > NAMED)
        named = f"{', '.join(listed[:NAMED])}{more}"
        return did_you_mean(wanted, self._known, f"{'Close' if close else 'Its claims'}: {named}.")


def _at(source: Source, claims: Sequence[ClaimHead | ClaimResult], line: int) -> int:
    """The claim that a line of a file belongs to: from its title to the next declaration."""
    own = [(c.span.line, n) for n, c in enumerate(claims) if c.span.source.name == source.name]
    before = max((place for place in own if place[0] <= line), default=None)
    if before is not None and line <= len(source.starts):
        after = source.starts[before[0]] if before[0] < len(source.starts) else len(source.text)
        end = _ELSE.search(source.text, after)
        if end is None or line < source.line_of(end.start()):
            return before[1]
    name = source.name
    listed = ", ".join(f"{name}:{place}" for place, _ in own[:8])
    more = ", ..." * (len(own) > 8)
    raise NoSuchClaimError(
        f"There is no claim at line {line} of {name}."
        + (f" Its claims begin at {listed}{more}." if own else " It has no claims.")
    )
