"""Effort: what deciding one claim may cost, in units of work that are the same on every machine.

Engines ask now and then whether to go on, and say what they have done since: so whether a claim is
decided depends on the claim and on the level chosen, never on how fast or how busy a machine is.
A limit of time or memory, where one was given, is asked on the same occasions.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

UNITS = 600_000_000  # for a claim, at level 1: two to four minutes
GROWTH = 4  # each level has this many times as much as the one before
LEVELS = 8
FOUND = UNITS // 60  # then a find that has a witness under one policy is content with it

# What work costs, in z3's resource units, of which it takes some four million a second.  As long
# takes one propagation of the SAT solver; these take longer.
STEP = 25  # of explicit search
WALKED = 300  # a step of a random walk
QUESTION = 1_000  # to the SAT solver, with all that is done to ask it

TIME = "timed out"
MEMORY = "memory limit reached"
SPENT = "effort limit reached"

RAISE = {TIME: "Raise `--timeout`", MEMORY: "Raise `--memory`", SPENT: "Raise `--effort`"}
ADVICE = {why: f"{more}, or restrict events with `assuming`." for why, more in RAISE.items()}
ONE_IS_ENOUGH = "one witness is enough, and another policy has one"


class RanOut(Exception):
    """A limit was passed while a text was read, before there was a claim; the text says which."""


class Expired(Protocol):
    """Says which limit has been passed, in plain words, or nothing.  It gets the units of
    work that were done since it was last asked."""

    def __call__(self, units: int = 0) -> str: ...


class Limit(Protocol):
    """Says the same of a limit that is no matter of work."""

    def __call__(self) -> str: ...


@runtime_checkable
class Watched(Protocol):
    """A limit that can be asked at any time, from another thread too."""

    def __call__(self) -> str: ...

    def left(self) -> float | None:
        """Seconds until it has been passed, as far as that is known."""


class Effort:
    """What may still be spent on a claim; an ``Expired``.

    What was passed stays passed until the next claim begins.
    """

    def __init__(self, level: int = 1, limit: Limit | None = None, units: int = 0) -> None:
        self._all = (units or UNITS) * scale(level)
        self._limit = limit
        # the limit, if somebody else may look at it while an engine can't ask
        self.watched = limit if isinstance(limit, Watched) else None
        self.spent = 0  # units, on this claim

    def begin(self) -> None:
        """The next claim has all of it again."""
        self.spent = 0

    def __call__(self, units: int = 0) -> str:
        self.spent += units
        passed = "" if self._limit is None else self._limit()
        return passed or (SPENT if self.spent > self._all else "")


def scale(level: int) -> int:
    """How many times as much as at level 1 may be done."""
    return int(GROWTH ** (level - 1))
