"""Property claims: the prover and bounded search by turns.

Each turn is longer than the one before, so that a short counterexample is found soon and a proof
does not wait for a deep search.  A claim that the prover refutes is searched until a shortest
run is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from podcheck.model.claims import Answer, Proved, Refuted, Start, Unknown
from podcheck.model.terms import Value
from podcheck.solve.check import GaveUpError
from podcheck.solve.prove import PropertyEngine
from podcheck.solve.search import Search
from podcheck.solve.unbounded import Invariant, Prover

QUESTIONS = 1_000  # to the solver in the prover's first turn; each turn has twice as many
TURNS = 6
DEEPEST = 40  # events, where it is known that a run violates the claim

Elsewhere = Callable[[Start], Answer]


def by_turns(
    engine: PropertyEngine,
    starts: Sequence[Start],
    known: Sequence[Mapping[str, Value]],
    *,
    search: bool,
    elsewhere: Elsewhere,
) -> list[Answer]:
    """One answer for each start.  Without ``search`` only the prover decides.

    ``known`` are states that runs come to; ``elsewhere`` is asked for a shortest run when the
    search does not get so far.
    """
    return _Turns(engine, starts, known, search, elsewhere).answers()


class _Turns:
    """The starts whose answers are open, with a search for each and a prover for all."""

    def __init__(
        self,
        engine: PropertyEngine,
        starts: Sequence[Start],
        known: Sequence[Mapping[str, Value]],
        search: bool,
        elsewhere: Elsewhere,
    ) -> None:
        self._engine = engine
        self._starts = starts
        self._known = known
        self._search = search
        self._elsewhere = elsewhere
        self._answers: dict[int, Answer] = {}
        self._depth = [-1] * len(starts)
        self._searches: dict[int, Search] = {}
        self._stuck: set[int] = set()  # searches that can't go deeper
        self._reason = ""

    def answers(self) -> list[Answer]:
        prover: Prover | None = self._prover()
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
            self._answers[number] = Unknown(reason, max(0, self._depth[number]))
        return [self._answers[n] for n in range(len(self._starts))]

    def _open(self) -> list[int]:
        return [n for n in range(len(self._starts)) if n not in self._answers]

    def _prover(self) -> Prover:
        starts = [self._starts[n] for n in self._open()]
        return self._engine.prover(starts, self._known)

    def _ask(self, prover: Prover, quota: int) -> Prover | None:
        """A turn of the prover; ``None`` if it has said all that it can."""
        found = self._open()
        try:
            result = prover.advance(quota)
        except GaveUpError as gave_up:
            self._reason = str(gave_up)
            return None
        if isinstance(result, Invariant):
            count = len(result.clauses)
            by = f"property directed reachability, an invariant of {count} clauses"
            for number in found:
                self._answers[number] = Proved(None, by, result.clauses)
            return None
        if result:
            return prover
        if len(found) == 1:
            self._answers[found[0]] = self._shortest(found[0])
        for number in found[:] if len(found) > 1 else ():
            alone = _Turns(
                self._engine, [self._starts[number]], self._known, self._search, self._elsewhere
            )
            self._answers[number] = alone.answers()[0]
        return None

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

    def _shortest(self, number: int) -> Answer:
        """A run of a claim that some run is known to violate, the shortest if it is found."""
        while number not in self._stuck and self._depth[number] < DEEPEST:
            answer = self._deeper(number)
            if answer is not None:
                return answer
        answer = self._elsewhere(self._starts[number])
        return answer if isinstance(answer, Refuted) else self._some(number)

    def _some(self, number: int) -> Answer:
        """A run of such a claim, not the shortest."""
        start = self._starts[number]
        prover = self._engine.prover([start], ())
        try:
            for turn in range(TURNS):
                result = prover.advance(QUESTIONS << turn)
                if result is False:
                    return Refuted(prover.run(start), shortest=False)
        except GaveUpError as gave_up:
            self._reason = str(gave_up)
        reason = f"some run violates it, but none was found: {self._reason}"
        return Unknown(reason, max(0, self._depth[number]))
