"""Property claims: the prover and bounded search by turns.

Each turn is longer than the one before, so that a short counterexample is found soon and a proof
does not wait for a deep search.  A claim that the prover refutes is searched until a shortest
run is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from podcheck.model.claims import Answer, Proved, Reached, Refuted, Start, Unknown, run_of
from podcheck.solve.check import GaveUpError
from podcheck.solve.prove import PropertyEngine
from podcheck.solve.search import Search
from podcheck.solve.unbounded import Invariant, Prover

QUESTIONS = 250  # to the solver in the prover's first turn; each turn has twice as many
TURNS = 8
SOUGHT = 4  # layers: three events
DEEPEST = 40  # events, where it is known that a run violates the claim

Elsewhere = Callable[[Start], Answer]


def by_turns(
    engine: PropertyEngine,
    starts: Sequence[Start],
    known: Sequence[Reached],
    violations: Mapping[int, Reached],
    *,
    search: bool,
    sought: bool,
    elsewhere: Elsewhere,
) -> list[Answer]:
    """One answer for each start.  Without ``search`` only the prover decides; a violation that
    is ``sought``, as by a find, is searched for before the prover begins.

    ``known`` are states that runs come to, ``violations`` states that violate the claim, by the
    start's number; ``elsewhere`` is asked for a shortest run when the search does not get so far.
    """
    turns = _Turns(engine, starts, known, violations, search, elsewhere)
    return turns.answers(SOUGHT if sought and search else 0)


class _Turns:
    """The starts whose answers are open, with a search for each and a prover for all."""

    def __init__(
        self,
        engine: PropertyEngine,
        starts: Sequence[Start],
        known: Sequence[Reached],
        violations: Mapping[int, Reached],
        search: bool,
        elsewhere: Elsewhere,
    ) -> None:
        self._engine = engine
        self._starts = starts
        self._known = known
        self._violations = violations
        self._search = search
        self._elsewhere = elsewhere
        self._answers: dict[int, Answer] = {}
        self._depth = [-1] * len(starts)
        self._searches: dict[int, Search] = {}
        self._stuck: set[int] = set()  # searches that can't go deeper
        self._reason = ""
        self._frame = 0

    def answers(self, first: int) -> list[Answer]:
        """The answers; the search goes so many layers deep before the prover begins."""
        for violation in self._violations.values():
            self._refuted(violation)
        for _ in range(first):
            self._deepen()
        prover = self._prover()
        for turn in range(TURNS):
            if prover is not None:
                prover = self._ask(prover, QUESTIONS << turn)
            before = len(self._answers)
            if self._search:
                self._deepen()
            if not self._open():
                break
            if prover is not None and len(self._answers) > before:
                prover = self._prover()
        for number in self._open():
            reason = self._reason or "neither a proof nor a violation was found"
            depth = self._depth[number]
            self._answers[number] = Unknown(
                reason, depth if depth >= 0 else None, self._frame or None
            )
        return [self._answers[n] for n in range(len(self._starts))]

    def _open(self) -> list[int]:
        return [n for n in range(len(self._starts)) if n not in self._answers]

    def _prover(self) -> Prover | None:
        open_ = self._open()
        starts = [self._starts[n] for n in open_]
        known = [Reached(self._starts[n].state, n, ()) for n in open_]
        known += [reached for reached in self._known if reached.start in open_]
        return self._engine.prover(starts, known) if starts else None

    def _ask(self, prover: Prover, quota: int) -> Prover | None:
        """A turn of the prover; ``None`` if it has said all that it can."""
        try:
            result = prover.advance(quota)
        except GaveUpError as gave_up:
            self._reason = str(gave_up)
            return None
        finally:
            self._frame = max(self._frame, prover.frame)
        if result is None:
            return prover
        if isinstance(result, Invariant):
            count = len(result.clauses)
            by = f"property directed reachability, an invariant of {count} clauses"
            for number in self._open():
                self._answers[number] = Proved(None, by, result.clauses)
            return None
        self._refuted(result)
        return self._prover()

    # ---- search ----------------------------------------------------------------------------

    def _deepen(self) -> None:
        """Look one event deeper from each start that is open."""
        for number in self._open():
            if number not in self._stuck and self._depth[number] < self._engine.budget.max_events:
                answer = self._deeper(number)
                if answer is not None:
                    self._answers[number] = answer

    def _deeper(self, number: int) -> Answer | None:
        search = self._searches.get(number)
        if search is None:
            search = self._searches[number] = self._engine.searcher(self._starts[number])
        if self._engine.budget.deeper is not None:
            self._engine.budget.deeper(self._depth[number] + 1)
        try:
            run = search.deepen()
        except GaveUpError as gave_up:
            self._reason = str(gave_up)
            self._stuck.add(number)
            return None
        if run is not None:
            return Refuted(run)
        if search.ended:
            return Proved(None, "every sequence of events")
        self._depth[number] += 1
        return None

    def _refuted(self, violation: Reached) -> None:
        """Answer with a violation, or with a shortest one if that is found."""
        number = violation.start
        while number not in self._stuck and self._depth[number] < DEEPEST:
            answer = self._deeper(number)
            if answer is not None:
                self._answers[number] = answer
                return
        answer = self._elsewhere(self._starts[number])
        if not isinstance(answer, Refuted):
            run = run_of(self._starts[number], violation.steps, ())
            answer = Refuted(run._replace(violated="condition"), shortest=False)
        self._answers[number] = answer
