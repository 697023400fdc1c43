"""Property claims: the prover and bounded search alternately.

Each turn is longer than the one before, so that a short counterexample is found soon and a proof
does not wait for a deep search.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from podcheck.core.answers import PDR, Answer, Proved, Reached, Refuted, Unknown
from podcheck.core.claims import Start
from podcheck.core.effort import FOUND, ONE_IS_ENOUGH, Effort, Expired
from podcheck.symbolic.property_engine import PropertyEngine
from podcheck.symbolic.prover import Invariant, Prover
from podcheck.symbolic.smt_solver import GaveUpError

QUESTIONS = (100, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000)  # to the solver, in each turn
ROUNDS = len(QUESTIONS)
SPARED = 4  # of them, where the claim fails from another start
LONGER = 9  # times as long as the first random walks are those after the prover's turns
LONGEST = 30  # times, those from each start for what is sought in a large system
LARGE = 200  # variables; of this many each step of a search takes long, and long walks come first
STEPS = (12, 24, 48)  # of the searches for any violation between the prover's first turns
CONFLICTS = 20_000  # in each of them

Refute = Callable[[Reached], Refuted]


class Walks(Protocol):
    """Random walks from each start."""

    @property
    def states(self) -> Sequence[Reached]:
        """What they came to."""

    @property
    def violations(self) -> Mapping[int, Reached]:
        """By the start's number."""

    def go_on(self, steps: int, expired: Expired | None) -> None:
        """Walk this many steps more, unless the time has expired."""


def portfolio(
    engine: PropertyEngine,
    starts: Sequence[Start],
    walks: Walks,
    length: int,
    *,
    search: bool,
    sought: bool,
    once: bool,
    rounds: int = ROUNDS,
    refute: Refute,
) -> list[Answer]:
    """One answer for each start.  Without ``search`` only the prover decides; a violation that
    is ``sought``, as by a find, is searched for before the prover begins.

    ``length`` is how many steps the ``walks`` take before the prover begins; ``refute`` makes an
    answer of a violation.  ``once``: if the claim is violated from one start, by whatever run,
    nothing more is asked.  ``rounds`` is how many the prover has; without any, it only looks
    whether lemmas are enough.
    """
    sought = sought and search
    return _Turns(engine, starts, walks, length, search, sought, once, rounds, refute).answers()


def _quota(turn: int) -> int:
    """Questions in a turn; beyond those that are listed each has twice as many."""
    last = len(QUESTIONS) - 1
    return QUESTIONS[min(turn, last)] << max(0, turn - last)


class _Turns:
    """The starts whose answers are open, and a prover for all of them."""

    def __init__(
        self,
        engine: PropertyEngine,
        starts: Sequence[Start],
        walks: Walks,
        length: int,
        search: bool,
        sought: bool,
        once: bool,
        rounds: int,
        refute: Refute,
    ) -> None:
        self._sought = sought  # the search for a violation comes before the prover
        self._engine = engine
        self._starts = starts
        self._walks = walks
        self._length = length
        self._known: Sequence[Reached] = ()
        self._search = search
        self._once = once
        self._turns = rounds
        self._refute = refute
        self._answers: dict[int, Answer] = {}
        self._reason = ""
        self._frame = 0
        self._has_walked = False  # for long

    def answers(self) -> list[Answer]:
        """The answers, in the order of the starts."""
        sought = self._sought
        prover = None if sought else self._as_it_stands(self._prover())
        if self._open():
            self._walk(self._length)
        if sought and not self._is_enough():
            is_large = len(self._engine.machine.variables) > LARGE
            self._walk(self._length * (LONGEST * len(self._starts) if is_large else LONGER))
            self._has_walked = True
        if self._open():
            self._decide(prover)
        for number in self._open():
            reason = self._reason or "neither a proof nor a violation was found"
            if self._is_enough() and not self._once:
                reason = ONE_IS_ENOUGH
            self._answers[number] = Unknown(reason, frame=self._frame or None)
        return [self._answers[n] for n in range(len(self._starts))]

    def _decide(self, prover: Prover | None) -> None:
        sought = self._sought
        self._known = self._walks.states
        if prover is not None:
            prover.learn(self._known)
        settled = -1 if sought else 0  # answers when the prover was made
        if not self._turns and not self._is_enough():
            self._as_it_stands(prover, lemmas=True)
        for turn in range(self._turns):
            again = turn == 1 or (turn > 1 and not self._once)
            if again and turn > self._has_walked and not self._is_enough():
                self._walk(self._length * LONGER)
            if self._is_enough() or (self._is_refuted() and turn + SPARED >= self._turns):
                return
            if len(self._answers) > settled:  # the prover is to look at the others
                settled, prover = len(self._answers), self._prover()
            if turn or not sought:
                prover = self._ask(prover, _quota(turn))
            look = turn if sought else turn - 1
            if prover is not None and self._search and 0 <= look < len(STEPS):
                prover = self._look(prover, STEPS[look])

    def _walk(self, steps: int) -> None:
        self._walks.go_on(steps, self._engine.budget.expired)
        for number in sorted(self._walks.violations):
            if number in self._open() and not self._is_enough():
                self._refuted(self._walks.violations[number])

    def _is_enough(self) -> bool:
        return not self._open() or (self._is_refuted() and (self._once or self._is_long_sought()))

    def _is_refuted(self) -> bool:
        return any(isinstance(answer, Refuted) for answer in self._answers.values())

    def _is_long_sought(self) -> bool:
        """Has so much been done for a find that one witness is enough?"""
        effort = self._engine.budget.expired
        return self._sought and isinstance(effort, Effort) and effort.spent > FOUND

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
            self._answers[number] = Proved(None, by, invariant.clauses, engine=PDR)

    def _look(self, prover: Prover, steps: int) -> Prover | None:
        """Search for violations within this many steps, from one start after another; ``None`` if
        the prover is done."""
        if self._engine.budget.deeper is not None:
            self._engine.budget.deeper(steps, "step")
        searched: Prover | None = prover
        try:
            while searched is not None:
                violation = searched.within(steps, CONFLICTS)
                if violation is None:
                    self._frame = max(self._frame, steps)
                    break
                self._refuted(violation)
                searched = None if self._is_enough() else self._prover()
        except GaveUpError:
            pass
        return searched

    def _refuted(self, violation: Reached) -> None:
        refuted = self._refute(violation)
        self._answers[violation.start] = refuted._replace(engine="" if self._search else PDR)
