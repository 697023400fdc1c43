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

QUESTIONS = 1_000  # to the solver in the prover's first turn; each turn has twice as many
TURNS = 6
STEPS = (12, 24, 48)  # of the searches for any violation between the prover's first turns
CONFLICTS = 5_000  # in each of them; where a violation is sought, four times as many
DEEPEST = 40  # events, where it is known that a run violates the claim
UNITS = 4_000_000  # z3's resource units for a question there, a second at most

Elsewhere = Callable[[Start], Answer]
Walk = Callable[[], tuple[Sequence[Reached], Mapping[int, Reached]]]


def by_turns(
    engine: PropertyEngine,
    starts: Sequence[Start],
    walk: Walk,
    *,
    search: bool,
    sought: bool,
    once: bool,
    turns: int = TURNS,
    elsewhere: Elsewhere,
) -> list[Answer]:
    """One answer for each start.  Without ``search`` only the prover decides; a violation that
    is ``sought``, as by a find, is searched for before the prover begins.

    ``walk`` gives states that runs come to, and violations by their start's number; ``elsewhere``
    is asked for a shortest run when the search does not get so far.  ``once``: if the claim is
    violated from one start, by whatever run, nothing more is asked.  ``turns`` is how many the
    prover has; without any, it only looks whether lemmas are enough.
    """
    decided = _Turns(engine, starts, walk, search, once, turns, elsewhere)
    return decided.answers(sought and search)


class _Turns:
    """The starts whose answers are open, with a search for each and a prover for all."""

    def __init__(
        self,
        engine: PropertyEngine,
        starts: Sequence[Start],
        walk: Walk,
        search: bool,
        once: bool,
        turns: int,
        elsewhere: Elsewhere,
    ) -> None:
        self._engine = engine
        self._starts = starts
        self._walk = walk
        self._known: Sequence[Reached] = ()
        self._search = search
        self._once = once
        self._turns = turns
        self._elsewhere = elsewhere
        self._answers: dict[int, Answer] = {}
        self._depth = [-1] * len(starts)
        self._searches: dict[int, Search] = {}
        self._stuck: set[int] = set()  # searches that can't go deeper
        self._reason = ""
        self._frame = 0

    def answers(self, sought: bool) -> list[Answer]:
        """The answers; ``sought``: the search for a violation comes before the prover."""
        prover = None if sought else self._as_it_stands(self._prover())
        if self._open():
            self._decide(prover, sought)
        for number in self._open():
            reason = self._reason or "neither a proof nor a violation was found"
            depth = self._depth[number]
            self._answers[number] = Unknown(
                reason, depth if depth >= 0 else None, self._frame or None
            )
        return [self._answers[n] for n in range(len(self._starts))]

    def _decide(self, prover: Prover | None, sought: bool) -> None:
        self._known, violations = self._walk()
        if prover is not None:
            prover.learn(self._known)
        settled = -1 if sought else 0  # answers when the prover was made
        for number, violation in violations.items():
            if number in self._open() and not self._is_enough():
                self._refuted(violation)
        if not self._turns and not self._is_enough():
            self._as_it_stands(prover, lemmas=True)
        for turn in range(self._turns):
            if self._is_enough():
                return
            if len(self._answers) > settled:  # the prover is to look at the others
                settled, prover = len(self._answers), self._prover()
            if turn or not sought:
                prover = self._ask(prover, QUESTIONS << turn)
            look = turn if sought else turn - 1
            if prover is not None and self._search and 0 <= look < len(STEPS):
                prover = self._look(prover, STEPS[look], CONFLICTS * (4 if sought else 1))

    def _is_enough(self) -> bool:
        if self._once and any(isinstance(a, Refuted) for a in self._answers.values()):
            return True
        return not self._open()

    def _open(self) -> list[int]:
        return [n for n in range(len(self._starts)) if n not in self._answers]

    def _prover(self) -> Prover | None:
        open_ = self._open()
        starts = [self._starts[n] for n in open_]
        known = [Reached(self._starts[n].state, n, ()) for n in open_]
        known += [reached for reached in self._known if reached.start in open_]
        return self._engine.prover(starts, known) if starts else None

    def _as_it_stands(self, prover: Prover | None, *, lemmas: bool = False) -> Prover | None:
        """The prover; ``None`` if the claim is inductive as it stands, which answers it."""
        if prover is not None:
            try:
                invariant = prover.as_it_stands(lemmas=lemmas)
                if invariant is not None:
                    self._proved(invariant)
                    return None
            except GaveUpError as gave_up:
                self._reason = str(gave_up)
        return prover

    def _ask(self, prover: Prover | None, quota: int) -> Prover | None:
        """A turn of the prover; ``None`` if it has said all that it can."""
        if prover is None:
            return None
        try:
            result = prover.advance(quota)
            if isinstance(result, Invariant):
                self._proved(result)
                return None
        except GaveUpError as gave_up:
            self._reason = str(gave_up)
            return None
        finally:
            self._frame = max(self._frame, prover.frame)
        if result is None:
            return prover
        self._refuted(result)
        return None

    def _proved(self, invariant: Invariant) -> None:
        """Answer with an invariant, which z3 has to confirm."""
        open_ = self._open()
        if not self._engine.confirms([self._starts[n] for n in open_], invariant.clauses):
            raise RuntimeError("z3 does not confirm an invariant that the prover found")
        count = len(invariant.clauses)
        by = f"property directed reachability, an invariant of {count} clauses"
        for number in open_:
            self._answers[number] = Proved(None, by, invariant.clauses)

    def _look(self, prover: Prover, steps: int, conflicts: int) -> Prover | None:
        """Search for any violation within so many steps; ``None`` if the prover is done."""
        if self._engine.budget.deeper is not None:
            self._engine.budget.deeper(steps, "step")
        try:
            violation = prover.within(steps, conflicts)
        except GaveUpError:
            return prover
        if violation is None:
            self._frame = max(self._frame, steps)
            return prover
        self._refuted(violation)
        return None

    # ---- search ----------------------------------------------------------------------------

    def _deeper(self, number: int) -> Answer | None:
        search = self._searches.get(number)
        if search is None:
            search = self._searches[number] = self._engine.searcher(self._starts[number], UNITS)
        if self._engine.budget.deeper is not None:
            self._engine.budget.deeper(self._depth[number] + 1, "event")
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
        while not self._once and number not in self._stuck and self._depth[number] < DEEPEST:
            answer = self._deeper(number)
            if answer is not None:
                self._answers[number] = answer
                return
        answer = None if self._once else self._elsewhere(self._starts[number])
        if not isinstance(answer, Refuted):
            run = run_of(self._starts[number], violation.steps, ())
            answer = Refuted(run._replace(violated="condition"), shortest=False)
        self._answers[number] = answer
