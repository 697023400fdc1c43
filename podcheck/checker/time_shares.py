"""The time of a run, shared among its claims, so that a hard one does not keep easy ones waiting.

A claim is first tried for a part of an even share of the time.  What is cut short is tried again,
for at least twice as long, with the time that the others have left.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from podcheck.checker.spec_files import SpecFile
from podcheck.results.verdicts import Verdict

LEAST_S = 0.25  # for a claim: a solver alone takes a part of that to begin


class Timer(Protocol):
    """The time of a run; ``cut`` says whether anybody has heard that what was allowed ran out."""

    cut: bool

    def left(self) -> float | None:
        """Seconds that are left of the whole (None: it has no end)."""

    def allow(self, seconds: float | None) -> None:
        """Say that the time ran out after this many seconds from now (None: after the whole)."""


class Try(NamedTuple):
    """A claim that is open, and for how long it has been tried at once."""

    file: SpecFile
    number: int
    seconds: float


class Shares:
    """Settles the claims of files, ``files`` in number, within the time of a run."""

    def __init__(self, timer: Timer, files: int) -> None:
        self._timer = timer
        self._files = files
        self._open: list[Try] = []

    def first(self, file: SpecFile) -> None:
        """Try the claims of the next file for its share of the time."""
        new = [] if file.compiled is None else [Try(file, n, 0) for n in file.numbers]
        share = self._left() / max(1, self._files)
        self._files -= 1
        self._open += self._tried(new, share)

    def rest(self) -> None:
        """Try what is open for the rest of the time."""
        self._open = self._tried(self._open, self._left())

    def is_open(self, file: SpecFile) -> bool:
        """Has some claim of a file been cut short?"""
        return any(one.file is file for one in self._open)

    def _left(self) -> float:
        return max(0.0, self._timer.left() or 0.0)

    def _tried(self, claims: list[Try], seconds: float) -> list[Try]:
        """Try claims in rounds, for this many seconds in all; those that are still open."""
        end = self._left() - seconds  # of what is left by then
        while claims:
            again: list[Try] = []
            progress = False
            for place, one in enumerate(claims):
                left = self._left() - end
                others = len(claims) - place
                part = left if len(claims) == 1 else max(2 * one.seconds, left / (2 * others))
                part = min(left, max(part, LEAST_S))
                if part <= one.seconds or left <= 0:
                    again.append(one)
                    continue
                progress = True
                if not self._try(one, part):
                    again.append(one._replace(seconds=part))
            if not progress:
                break
            claims = again
        return claims

    def _try(self, one: Try, seconds: float) -> bool:
        """Try a claim once; is that all that there is to do?"""
        self._timer.allow(seconds)
        try:
            before = one.file.known(one.number)
            found = one.file.attempt(one.number)
            if before is not None and found.verdict is Verdict.UNKNOWN is not before.verdict:
                one.file.put(one.number, before)
            return not self._timer.cut
        finally:
            self._timer.allow(None)
