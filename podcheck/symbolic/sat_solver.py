"""Clauses in an incremental SAT solver (MiniSat), within a budget.

Property directed reachability asks tens of thousands of small questions about one step.  Under
assumptions MiniSat answers one in 50 to 250 microseconds, where z3's solver for the same clauses
takes about a millisecond.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pysat.solvers import Minisat22

from podcheck.core.effort import QUESTION
from podcheck.symbolic.smt_solver import Budget, GaveUpError

CONFLICTS = 1_000_000  # in one question; it takes a few hundred


class Propositional:
    """A set of clauses that grows, and questions under literals."""

    def __init__(self, clauses: Iterable[Sequence[int]], largest: int, budget: Budget) -> None:
        """``largest`` is the largest Boolean of the clauses."""
        self._budget = budget
        self._largest = largest
        self._solver = Minisat22(bootstrap_with=clauses)
        self._propagations = 0  # whose cost the budget knows

    def fresh(self) -> int:
        """A Boolean that nothing else uses."""
        self._largest += 1
        return self._largest

    def add(self, clause: Sequence[int]) -> None:
        self._solver.add_clause(clause)

    def named(self, clause: Sequence[int]) -> int:
        """A fresh Boolean that implies the clause."""
        literal = self.fresh()
        self.add([-literal, *clause])
        return literal

    def at_most(self, number: int, literals: Sequence[int]) -> None:
        """No more than this many of the literals hold."""
        from pysat.card import CardEnc, EncType

        bounds = CardEnc.atmost(literals, number, top_id=self._largest, encoding=EncType.totalizer)
        self._largest = max(self._largest, bounds.nv)
        for clause in bounds.clauses:
            self.add(clause)

    def check_budget(self) -> None:
        """Raises ``GaveUpError`` when the budget has run out."""
        now = self._solver.accum_stats()["propagations"]
        passed = self._budget.passed(QUESTION + now - self._propagations)
        self._propagations = now
        if passed:
            raise GaveUpError(passed)

    def possible(self, literals: Sequence[int], conflicts: int = CONFLICTS) -> bool:
        """Can the clauses and these literals hold together?

        Raises ``GaveUpError`` when the budget runs out.
        """
        self.check_budget()
        self._solver.conf_budget(conflicts)
        self._solver.clear_interrupt()  # of a watch that was late
        with self._budget.watching(self._solver.interrupt):
            # an expected interrupt is left to Python, which sees Ctrl-C when the call returns
            answer = self._solver.solve_limited(literals, expect_interrupt=True)
        if answer is None:
            why = "the solver gave up on one question (its resource limit was reached)"
            raise GaveUpError(self._budget.passed() or why)
        return bool(answer)

    @property
    def conflicts(self) -> int:
        """How many the solver came to so far, which is what a question's budget counts."""
        return self._solver.accum_stats()["conflicts"]

    def model(self) -> list[int]:
        """After a possible question: the literal of each Boolean that holds, in order."""
        return self._solver.get_model() or []

    def core(self) -> frozenset[int]:
        """After an impossible one: the literals that it rests on."""
        return frozenset(self._solver.get_core() or ())
