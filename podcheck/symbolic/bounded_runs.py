"""Runs of at most this many small steps as one question to a SAT solver (bounded model checking).

After Biere, Cimatti, Clarke and Zhu (TACAS 1999).  The clauses of a step are written once for
each step of the run, the Booleans of the state after one being those of the state before the
next.  A sync of a pod that has settled changes nothing, so that shorter runs are among them.
"""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.symbolic.cubes import Positions
from podcheck.symbolic.sat_solver import Propositional
from podcheck.symbolic.smt_solver import Budget
from podcheck.symbolic.transition import Taken, Transition


class BoundedRuns:
    """This many steps of a transition from some starts, and the question for a violation."""

    def __init__(
        self,
        transition: Transition,
        starts: Sequence[Positions],
        steps: int,
        budget: Budget,
        events: int | None = None,
    ) -> None:
        """The transition follows all variables; ``events`` is how many of the steps may be
        events, if they are limited.  Raises ``GaveUpError`` when the budget runs out."""
        self._transition = transition
        self._count = transition.clauses.largest
        self._after = transition.after_to_before()
        self._steps = steps
        clauses = transition.clauses.clauses
        self.solver = Propositional([], self._count * (steps + 1), budget)
        for step in range(steps):
            place = self._numbers_at(step)
            self.solver.check_budget()
            for clause in clauses:
                self.solver.add([place[literal] for literal in clause])
            self.solver.add([place[transition.happens]])
        self._starts = [self.solver.fresh() for _ in starts]
        at_first = self._numbers_at(0)
        for chosen, start in zip(self._starts, starts, strict=True):
            for index, position in enumerate(start):
                literal = transition.literal(False, index, 1 << position)
                self.solver.add([-chosen, at_first[literal]])
        self.solver.add(self._starts)
        self.solver.add([self._numbers_at(n)[-transition.meets] for n in range(steps)])
        if events is not None:
            sync = transition.action(0)
            self.solver.at_most(events, [self._numbers_at(n)[-sync] for n in range(steps)])

    def _numbers_at(self, step: int) -> list[int]:
        """The literal at a step of each literal of the transition; negative ones from the end."""
        shift = step * self._count
        numbers = [number + shift for number in range(self._count + 1)]
        for after, before in self._after.items():
            numbers[after] = before + shift + self._count
        return numbers + [-number for number in reversed(numbers[1:])]

    def violation(self, conflicts: int) -> tuple[int, list[Taken]] | None:
        """The place of a start and the steps from there to the first violation.

        Raises ``GaveUpError`` when the budget or the conflicts run out.
        """
        if not self.solver.possible([], conflicts):
            return None
        model = self.solver.model()
        start = next(n for n, chosen in enumerate(self._starts) if model[chosen - 1] > 0)
        taken: list[Taken] = []
        for step in range(self._steps):
            place = self._numbers_at(step)

            def holds(number: int, place: Sequence[int] = place) -> bool:
                return model[place[number] - 1] > 0

            taken.append(self._transition.taken(holds))
            if not holds(self._transition.meets):
                break
        return start, taken
