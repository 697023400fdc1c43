"""Property claims: bounded search and induction, alternately.

The search comes one event deeper each time; once it is ``k - 1`` events deep without a
violation, ``k``-induction may finish the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podcheck.core.answers import BOUNDED, INDUCTION, Answer, Proved, Reached, Refuted, Unknown
from podcheck.core.claims import Start
from podcheck.core.terms import Term, and_
from podcheck.symbolic.bounded_search import Search
from podcheck.symbolic.k_induction import is_inductive
from podcheck.symbolic.property_query import PropertyQuery, violation_of
from podcheck.symbolic.smt_solver import Budget, Checker, GaveUpError
from podcheck.symbolic.templates import Templates
from podcheck.symbolic.unroller import Unroller

if TYPE_CHECKING:
    from podcheck.symbolic.prover import Prover


class PropertyEngine:
    """Answers one property claim on one machine."""

    def __init__(
        self,
        asked: PropertyQuery,
        machine: Templates,
        budget: Budget,
        races: bool,
        invariants: Sequence[Term] = (),
        *,
        keep_events: bool = False,
    ) -> None:
        if not keep_events:
            moving = [e for e in asked.events if any(n in machine.index for n in e.updates)]
            self.dropped = len(moving) < len(asked.events)
            asked = asked._replace(events=tuple(moving))
        self.asked = asked
        self.machine = machine
        self.budget = budget
        self.races = races
        self.invariants = invariants
        self._inductive: dict[int, bool] = {}  # by k, for all starts at once

    def must_keep_events(self) -> bool:
        """Whether an event that changes nothing here may yet violate the condition.

        Only a condition on steps can: it is judged on the event's own step too.
        """
        if not (self.asked.on_steps and self.dropped):
            return False
        unroller = self._unroller()
        state = self.machine.named("@0")
        unroller.checker.assume(self.machine.domain(state))
        try:
            return unroller.checker.satisfiable(violation_of(unroller, self.asked)(state, state))
        except GaveUpError:
            return True

    def searcher(self, start: Start, rlimit: int | None = None) -> Search:
        """A bounded search from one start, in a solver of its own; ``rlimit`` takes the place of
        the budget's."""
        unroller = self._unroller()
        unroller.checker.limit(rlimit or self.budget.rlimit)
        return Search(self.asked, unroller, start)

    def prover(self, starts: Sequence[Start], known: Sequence[Reached]) -> Prover:
        """A prover for all these starts; ``known`` are states that runs come to, the starts
        among them."""
        from podcheck.symbolic.prover import Prover

        asked = self.asked._replace(starts=tuple(starts))
        return Prover(asked, self.machine, self.budget, self.races, known)

    def confirms(self, starts: Sequence[Start], invariant: Sequence[Term]) -> bool:
        """Do conditions prove the claim: they hold at each start, every step keeps them, and they
        imply it?  Asked of z3, whoever found them.

        Raises ``GaveUpError`` when the budget runs out.
        """
        machine, asked = self.machine, self.asked
        whole = and_(*invariant)
        for start in starts:
            if not machine.arena.is_true(machine.holds(whole, machine.state(start.state))):
                return False
        kept = asked._replace(condition=whole, on_steps=False)
        if invariant and not is_inductive(self._unroller(), kept, 1, None):
            return False
        if asked.on_steps:
            return is_inductive(self._unroller(), asked, 1, None, invariant)
        return asked.condition in invariant

    def _unroller(self) -> Unroller:
        checker = Checker(self.machine.arena, self.budget)
        return Unroller(self.machine, checker, self.races)

    def answer(self, start: Start, induction: bool = True) -> Answer:
        """The claim's answer for one start."""
        search = self.searcher(start)
        reached = -1
        try:
            while reached < self.budget.max_events:
                if self.budget.deeper is not None:
                    self.budget.deeper(reached + 1, "event")
                run = search.deepen()
                if run is not None:
                    return Refuted(run, engine=BOUNDED)
                if search.ended:
                    return Proved(None, "every sequence of events", engine=BOUNDED)
                reached += 1
                k = reached + 1
                if induction and k <= self.budget.max_induction and self._proves(k, start):
                    return Proved(None, f"k-induction, k = {k}", engine=INDUCTION)
        except GaveUpError as gave_up:
            return self._gave_up(start, reached, str(gave_up), induction)
        reason = "no proof by induction" if induction else "the search ended at its bound"
        return Unknown(reason, bound=reached)

    def _gave_up(self, start: Start, reached: int, reason: str, induction: bool) -> Answer:
        """The search can't go on; induction may still need no more than the start itself."""
        if reached >= 0 or not induction:
            return Unknown(reason, bound=reached if reached >= 0 else None)
        unroller = self._unroller()
        state = self.machine.state(start.state)
        violated = violation_of(unroller, self.asked)(state, state)
        base = self.asked.on_steps or self.machine.arena.is_false(violated)
        if base and self._proves(1, start):
            return Proved(None, "k-induction, k = 1", engine=INDUCTION)
        return Unknown(reason)

    def _proves(self, k: int, start: Start) -> bool:
        """k-induction: for all starts at once, or at least for this one's rigid values."""
        try:
            return self._step_case(k, None) or self._step_case(k, start)
        except GaveUpError:
            return False

    def _step_case(self, k: int, start: Start | None) -> bool:
        if start is not None:
            return is_inductive(self._unroller(), self.asked, k, start, self.invariants)
        if k not in self._inductive:
            proved = is_inductive(self._unroller(), self.asked, k, None, self.invariants)
            self._inductive[k] = proved
        return self._inductive[k]
