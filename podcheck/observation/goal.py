"""A status as a goal: is it what a state shows, and how far is a state from showing it?"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from podcheck.core.terms import Term, and_, const, eq, le
from podcheck.declarations.pod import Container
from podcheck.elaboration.grounder import Grounder
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.observation.status import Fact

# Rules compare no count with a larger number, so a status with more restarts is reached like one
# with this many.
MOST = 2

# What a difference costs in the estimate of how far a state is from the goal.
_WEIGHTS = {
    "phase": 3, "apiState": 3, "reason": 2, "deleting": 4, "gone": 20,
    "lastState": 3, "lastExitCode": 3, "lastReason": 3,
}  # fmt: skip

LAST = ("lastState", "lastExitCode", "lastReason")
ENDS = ("phase", "deleting", "gone")
FINAL = ("Succeeded", "Failed", True)  # what a pod that has come so far does not leave
RESTART = 6  # a restart that is missing
LOST = 16  # what can hardly be made good any more


class Wanted(NamedTuple):
    """A fact, the term that shows it, and what it costs if it is not so."""

    fact: Fact
    term: Term
    weight: int

    @property
    def is_count(self) -> bool:
        return self.term.sort.kind == "count"

    @property
    def condition(self) -> Term:
        """The fact as a condition; a large count: at least ``MOST``."""
        value = const(self.term.sort, self.fact.value)
        if self.is_count and int(self.fact.value) > MOST:
            return le(const(self.term.sort, MOST), self.term)
        return eq(self.term, value)


def wanted(facts: Iterable[Fact], grounder: Grounder) -> tuple[Wanted, ...]:
    """The facts as terms about a pod.  A text that no rule of the release shows is left as it is:
    no state meets it."""
    found = []
    for fact in facts:
        term = grounder.observed(fact.name, _of(fact, grounder))
        found.append(Wanted(fact, term, _WEIGHTS.get(fact.name, 1)))
    return tuple(found)


def _of(fact: Fact, grounder: Grounder) -> Container | None:
    """The container that a fact is about, or the place of a Job's pod; None: the pod."""
    places = (p for p in grounder.pod.places if p.name == fact.container)
    return grounder.pod.container(fact.container) or next(places, None)


def condition(parts: Iterable[Wanted]) -> Term:
    """All of the facts as one condition."""
    return and_(*(part.condition for part in parts))


class Goal:
    """Some facts that a state is to show, compiled for one machine.

    With ``exact`` counts are what they are; else more than ``MOST`` is as good as more.
    """

    def __init__(
        self, machine: Interpreter, parts: tuple[Wanted, ...], *, exact: bool = False
    ) -> None:
        self.parts = parts
        self._values = machine.compiled([p.term for p in parts], ())
        self._expected = tuple(p.fact.value for p in parts)
        self._weights = tuple(p.weight for p in parts)
        self._enough = {
            n: min(int(p.fact.value), MOST) if not exact else int(p.fact.value)
            for n, p in enumerate(parts)
            if p.is_count
        }
        self._open = {n for n in self._enough if not exact and int(self._expected[n]) > MOST}
        self._later = {n: self._after(n) for n in self._enough}
        self._lasts = {n: self._last(n) for n in self._enough if n not in self._open}
        self._ends = [n for n, p in enumerate(parts) if p.fact.name in ENDS]
        self._known: dict[State, int] = {}

    def _after(self, count: int) -> tuple[int, ...]:
        """What comes after a count in a history, so that it counts for nothing while restarts are
        missing: all else about its container, and about the pod."""
        about = ("", self.parts[count].fact.container)
        others = enumerate(self.parts)
        return tuple(n for n, p in others if p.fact.container in about and n != count)

    def _last(self, count: int) -> tuple[int, ...]:
        """The last state, if only a further restart could change it."""
        container = self.parts[count].fact.container
        own = {p.fact.name: n for n, p in enumerate(self.parts) if p.fact.container == container}
        state = own.get("apiState")
        if state is None or self._expected[state] not in ("running", "terminated"):
            return ()
        return tuple(own[name] for name in LAST if name in own)

    def met(self, state: State) -> bool:
        """Does a state show all of the facts?"""
        return self.distance(state) == 0

    def distance(self, state: State) -> int:
        """An estimate of how far a state is from showing them all; 0: it does."""
        away = self._known.get(state)
        if away is None:
            away = self._known[state] = self._estimated(state)
        return away

    def _estimated(self, state: State) -> int:
        values, expected = self._values(state, ()), self._expected
        if values == expected:
            return 0
        away = 0
        open_: set[int] = set()
        for n, enough in self._enough.items():
            more = enough - int(values[n])
            if more > 0:
                away += RESTART * more
                open_.update(self._later[n])
            elif n in self._lasts:
                if more < 0 or any(values[m] != expected[m] for m in self._lasts[n]):
                    away += LOST
                    open_.update(self._later[n])
        for n, value in enumerate(values):
            if n not in self._enough and (value != expected[n] or n in open_):
                away += self._weights[n]
        if open_ and any(values[n] in FINAL for n in self._ends):
            away += LOST
        return away

    def missing(self, state: State) -> tuple[Wanted, ...]:
        """The facts that a state does not show."""
        values = self._values(state, ())
        return tuple(
            part
            for n, part in enumerate(self.parts)
            if values[n] != self._expected[n] and not (n in self._open and int(values[n]) >= MOST)
        )
