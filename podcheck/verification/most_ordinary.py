"""Of a violation that was found, a run of the most ordinary class that has one.

The rules put each event into a class (`ordinary events`, `occasional events`, `rare events`); what
is left to timing and does not come out as usual is rare.  A run is of the class of its most unusual
event.  The classes below that of the known run are searched, the most ordinary first: every state
where there are few, then random walks, then the prover.  Within a class the run with the fewest
events is shown.  All limits are counted in steps and conflicts, so the run is the same everywhere.
"""

from __future__ import annotations

from functools import partial

from podcheck.core.answers import (
    Answer,
    Proved,
    Reached,
    Refuted,
    Run,
    Unknown,
    plausibility,
    run_of,
    steps_of,
)
from podcheck.core.claims import PropertyClaim
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.random_walks import Walks
from podcheck.explicit.shrinking import shrunk
from podcheck.symbolic.property_engine import PropertyEngine
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.transform.plausibility import up_to
from podcheck.verification.enumeration import Enumeration
from podcheck.verification.refining import refined
from podcheck.verification.shortest_runs import FEW_STEPS, ShortestRuns

WALKED = 3_000  # steps of random walks in each class
QUESTIONS = 300  # of the prover, where walks find nothing
STEPS = 16  # of the search of the SAT solver after that
CONFLICTS = 5_000  # in it


class OrdinaryRuns:
    """Runs of one property claim."""

    def __init__(self, claim: PropertyClaim, session: Session, enumeration: Enumeration) -> None:
        self._claim = claim
        self._session = session
        self._enumeration = enumeration
        self._size = max(1, len(claim.system.variables))

    def some(self, violation: Reached) -> Refuted:
        """The violation as it was found, for who asks only whether there is one."""
        return Refuted(self._run(violation), shortest=False)

    def of(self, violation: Reached) -> Refuted:
        """A run of the most ordinary class that has one, as short as can be found."""
        claim, machine = self._claim, Interpreter(self._claim.system)
        known = shrunk(machine, self._run(violation), claim.condition, self._session.budget.expired)
        level = plausibility(claim.system, known.moves)
        found = self.refined(Refuted(known), violation.start)
        if found.run is not known:
            return found
        claim = up_to(self._of_start(violation.start), level)
        again = violation._replace(start=0, steps=steps_of(known.moves))
        return self._shortest(claim).of(again)._replace(most_ordinary=found.most_ordinary)

    def refined(self, answer: Refuted, start: int) -> Refuted:
        """An answer for a start, or a run of a more ordinary class."""
        claim = self._of_start(start)
        level = plausibility(claim.system, answer.run.moves)
        return refined(answer, level, lambda most: self._in_class(up_to(claim, most)))

    def _run(self, violation: Reached) -> Run:
        start = self._claim.starts[violation.start]
        return run_of(start, violation.steps, ())._replace(violated="condition")

    def _of_start(self, start: int) -> PropertyClaim:
        return self._claim._replace(starts=(self._claim.starts[start],))

    def _in_class(self, claim: PropertyClaim) -> Answer:
        """A run of a claim with fewer events, or what is known of whether there is one."""
        if self._session.budget.passed():
            return Unknown(self._session.budget.passed())
        (start,) = claim.starts
        listed = self._enumeration.answer(claim, start, max(1, FEW_STEPS // self._size**2))
        if not isinstance(listed, Unknown):
            return listed
        walks = self._walked(claim)
        answer = walks.violations.get(0) or self._asked(claim, walks)
        if isinstance(answer, Reached):
            return self._shortest(claim).of(answer, listed)
        return answer or listed

    def _walked(self, claim: PropertyClaim) -> Walks:
        walks = walks_of(self._session.property_engine(claim))
        walks.go_on(WALKED, self._session.budget.expired)
        return walks

    def _asked(self, claim: PropertyClaim, walks: Walks) -> Reached | Proved | None:
        """What the prover says that knows where walks have come to."""
        engine = self._session.property_engine(claim)
        starts = engine.asked.starts
        prover = engine.prover(starts, [Reached(starts[0].state, 0, ()), *walks.states])
        try:
            found = prover.advance(QUESTIONS)
            if found is None:
                return prover.within(STEPS, CONFLICTS)
            if isinstance(found, Reached):
                return found
            if engine.confirms(starts, found.clauses):
                return Proved(None, "property directed reachability")
        except GaveUpError:
            pass
        return None

    def _shortest(self, claim: PropertyClaim) -> ShortestRuns:
        engine = self._session.property_engine(claim)
        return ShortestRuns(claim, engine, partial(self._enumeration.answer, claim))


def walks_of(engine: PropertyEngine) -> Walks:
    """Random walks of what the prover is asked about."""
    asked = engine.asked
    system = asked.system._replace(events=asked.events).restricted(engine.machine.index)
    return Walks(system, asked.starts, engine.races, asked.condition)
