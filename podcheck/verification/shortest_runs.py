"""A shortest run that violates a property, where some run is known: with the fewest events.

Three searches, each for what the others are slow at.  Where there are few states, explicit search
finds a shortest run at once.  Else a SAT solver is asked for runs of few steps, and then of one
event less as long as there is one: that makes the known run short, but does not show that none is
shorter, since fewer events may take more syncs.  Bounded search, one event deeper at a time, does
show it, where the formula does not grow too large.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from podcheck.core.answers import Answer, Reached, Refuted, Run, Unknown, events_of, run_of
from podcheck.core.claims import PropertyClaim, Start
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.shrinking import shrunk
from podcheck.symbolic.smt_solver import GaveUpError

if TYPE_CHECKING:
    from podcheck.symbolic.property_engine import PropertyEngine

FEW_STEPS, MORE_STEPS = 60_000_000, 250_000_000  # of explicit search, by variables squared
CONFLICTS = 1_000_000  # of the SAT solver in all its questions, by variables
LENGTHS = (8, 11, 14, 18, 23)  # steps, for the first questions to it
LONGEST = 40  # steps; of a longer run that others found no event less is asked for
MORE = 3  # steps that a run of fewer events may have more
UNITS = 2_000_000  # z3's resource units for a question of the bounded search, half a second
DEEPEST = 40  # events; it is not asked about a longer run
WIDEST = 5_000  # variables times events; no solver is asked about so large a formula

Explicit = Callable[[Start, int], Answer]


class ShortestRuns:
    """Shortest runs to violations of one claim; ``explicit`` looks for one from a start in so
    many steps of explicit search."""

    def __init__(self, claim: PropertyClaim, engine: PropertyEngine, explicit: Explicit) -> None:
        self._engine = engine
        self._explicit = explicit
        self._condition = claim.condition
        self._machine = Interpreter(claim.system)
        self._size = max(1, len(claim.system.variables))

    def of(self, violation: Reached, listed: Answer | None = None) -> Refuted:
        """A shortest run to a violation from the same start, if one is found; else a short one.

        ``listed`` is what a short explicit search has said, if it was asked before.
        """
        start = self._engine.asked.starts[violation.start]
        listed = listed or self._explicit(start, max(1, FEW_STEPS // self._size**2))
        if isinstance(listed, Refuted):
            return listed
        run = self._shrunk(violation)
        if events_of(run) * self._size > WIDEST:
            return Refuted(run, shortest=False)
        if not _is_next(run, listed):
            run = self._shortened(start, run)
        if not _is_next(run, listed) and not self._has_expired():
            listed = self._explicit(start, max(1, MORE_STEPS // self._size**2))
        if isinstance(listed, Refuted):
            return listed
        if _is_next(run, listed):
            return Refuted(run)
        return self._deepened(start, run) or Refuted(run, shortest=False)

    def _has_expired(self) -> bool:
        return bool(self._engine.budget.passed())

    def _run(self, violation: Reached) -> Run:
        start = self._engine.asked.starts[violation.start]
        return run_of(start, violation.steps, ())._replace(violated="condition")

    def _shrunk(self, violation: Reached) -> Run:
        run, expired = self._run(violation), self._engine.budget.expired
        return shrunk(self._machine, run, self._condition, expired)

    def _shortened(self, start: Start, run: Run) -> Run:
        if not events_of(run) or self._has_expired():
            return run
        prover = self._engine.prover([start], [Reached(start.state, 0, ())])

        def within(steps: int, events: int) -> Run | None:
            left = max(1, CONFLICTS // self._size - prover.conflicts)
            found = prover.within(steps, left, events)
            return None if found is None else self._shrunk(found)

        try:
            found = None
            for steps in LENGTHS:
                if found is None and steps < _steps(run):
                    found = within(steps, events_of(run))
            while found is not None or _steps(run) <= LONGEST:
                run = run if found is None else found
                found = within(_steps(run) + MORE, events_of(run) - 1) if events_of(run) else None
                if found is None:
                    return run
        except GaveUpError:
            pass
        return run

    def _deepened(self, start: Start, run: Run) -> Refuted | None:
        """A run that bounded search finds, or the known one if it shows that none is shorter."""
        if events_of(run) > DEEPEST or self._has_expired():
            return None
        search = self._engine.searcher(start, UNITS)
        depth = 0
        try:
            while depth <= events_of(run):
                if self._engine.budget.deeper is not None:
                    self._engine.budget.deeper(depth, "event")
                found = search.deepen()
                if found is not None:
                    return Refuted(found)
                depth += 1
        except GaveUpError:
            pass
        return Refuted(run) if depth >= events_of(run) else None


def _steps(run: Run) -> int:
    return sum(len(move.events) + len(move.syncs) for move in run.moves)


def _is_next(run: Run, listed: Answer) -> bool:
    """Has explicit search come to where only this run's last event is missing?"""
    return (
        isinstance(listed, Unknown)
        and listed.bound is not None
        and events_of(run) <= listed.bound + 1
    )
