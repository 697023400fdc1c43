"""Answers liveness claims: explicit search for lassos first, then reductions to safety."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from podcheck.interpret.machine import Machine
from podcheck.interpret.search import Explorer, OutOfBudget
from podcheck.model.claims import (
    Answer,
    LivenessClaim,
    PropertyClaim,
    Proved,
    Refuted,
    Run,
    SmallStep,
    Start,
    Unknown,
    Vacuous,
    run_of,
)
from podcheck.model.liveness import (
    SAVE,
    Watched,
    few_rounds,
    never_repeats,
    unbroken,
    watched,
)
from podcheck.model.terms import FALSE, not_
from podcheck.solve.check import Budget
from podcheck.solve.session import Session, Workspace

if TYPE_CHECKING:
    from podcheck.interpret.lassos import LassoSearch

ROUNDS = (1, 2, 4, 8, 16)
NEVER_MADE = "the promise is never made: no run comes to its first condition"
EARLY_EVENTS = 3  # how long a lasso is looked for before a proof is


class Promises:
    """Answers liveness claims about one pod.

    ``bound`` limits lassos to so many events, stem and cycle together.  The claims of one
    question differ only in their start; what one search has learnt serves the next.
    """

    def __init__(
        self,
        workspace: Workspace,
        budget: Budget,
        *,
        max_steps: int,
        bound: int | None = None,
        expired: Callable[[], bool] | None = None,
    ) -> None:
        self.workspace = workspace
        self.budget = budget
        self.max_steps = max_steps
        self.bound = bound
        self.expired = expired
        self._search: tuple[LivenessClaim, LassoSearch] | None = None

    def answer(self, claim: LivenessClaim) -> Answer:
        """The answer for the claim's one start."""
        (start,) = claim.starts
        search = self._searching(claim._replace(starts=()))
        search.explorer.steps = 0
        try:
            return _explicit(search, start, self.bound)
        except OutOfBudget:
            return _Symbolic(self, watched(claim), start).answer()

    def _searching(self, claim: LivenessClaim) -> LassoSearch:
        from podcheck.interpret.lassos import LassoSearch

        if self._search is None or self._search[0] != claim:
            it = watched(claim)
            machine = Machine(it.system)
            explorer = Explorer(machine, it.races, self.max_steps, self.expired)
            self._search = claim, LassoSearch(explorer, it)
        return self._search[1]

    def property(self, claim: PropertyClaim, **changes: int) -> Answer:
        """What the engine for properties says of a claim that liveness was reduced to."""
        budget = replace(self.budget, **changes)
        return Session(claim.system, workspace=self.workspace, budget=budget).property(claim)[0]


def _explicit(search: LassoSearch, start: Start, bound: int | None) -> Answer:
    found = search.run(start, bound)
    if isinstance(found, Run):
        return Refuted(found)
    if found.bound is not None:
        return Proved(found.bound, "explicit search")
    if not found.opened:
        return Vacuous(start, None, NEVER_MADE)
    return Proved(None, f"explicit search, all {found.states} reachable states")


class _Symbolic:
    """One claim, one start: too many states to look at one by one."""

    def __init__(self, promises: Promises, it: Watched, start: Start) -> None:
        self.it = it
        self.start = start
        self.ask = promises.property
        self.bound = promises.bound
        self.most_events = promises.budget.max_events if promises.bound is None else promises.bound
        self.reached = 0

    def answer(self) -> Answer:
        found = [self._broken()] if self.it.broken is not FALSE else [Proved(None, "")]
        short = min(EARLY_EVENTS, self.most_events)
        found.append(self._lasso(short))
        if self.bound is None and not isinstance(found[-1], Refuted):
            found[-1] = self._kept(found[-1])
        if isinstance(found[-1], Unknown) and short < self.most_events:
            found[-1] = self._lasso(self.most_events)
        return self._together(*found)

    def _together(self, broken: Answer, kept: Answer) -> Answer:
        """The shorter of two counterexamples, else what is not known, else a proof."""
        runs = [a for a in (broken, kept) if isinstance(a, Refuted)]
        if runs:
            return min(runs, key=lambda a: _events(a.run))
        unknown = [a for a in (broken, kept) if not isinstance(a, Proved)]
        if unknown:
            return unknown[0]
        return self._unless_vacuous(kept)

    def _broken(self) -> Answer:
        """Whether a run comes to a state in which the promise is broken."""
        answer = self.ask(unbroken(self.it), max_events=self.most_events)
        if isinstance(answer, Refuted):
            return Refuted(_run(self.start, answer.run))
        if isinstance(answer, Unknown) and self.bound is not None and answer.bound >= self.bound:
            return Proved(self.bound, "bounded search")
        return answer

    def _lasso(self, events: int) -> Answer:
        """A lasso with at most so many events, if there is one."""
        answer = self.ask(never_repeats(self.it), max_events=events + 1)
        if isinstance(answer, Refuted):
            return Refuted(_run(self.start, answer.run))
        if isinstance(answer, Unknown):
            self.reached = max(self.reached, answer.bound - 1)
            if self.bound is not None and self.reached >= self.bound:
                return Proved(self.bound, "bounded search")
            return Unknown("no proof was found", bound=self.reached)
        return answer

    def _kept(self, otherwise: Answer) -> Answer:
        """A proof that the promise is kept within a number of fair rounds, if one is found."""
        if isinstance(otherwise, Proved):
            return otherwise
        for most in ROUNDS:
            answer = self.ask(few_rounds(self.it, most))
            if isinstance(answer, Proved):
                rounds = "one fair round" if most == 1 else f"{most} fair rounds"
                return Proved(None, f"kept within {rounds}: {answer.by}")
        return otherwise

    def _unless_vacuous(self, proof: Answer) -> Answer:
        """The proof, if the promise is ever made."""
        if self.it.since is None:
            return proof
        claim = unbroken(self.it)._replace(condition=not_(self.it.since))
        answer = self.ask(claim)
        match answer:
            case Proved(bound=None):
                return Vacuous(self.start, None, NEVER_MADE)
            case Refuted():
                return proof
            case _:
                return Unknown("it is not known whether the promise is ever made")


def _run(start: Start, run: Run) -> Run:
    """The run without what was added to the system; a lasso if its cycle was marked."""
    stem: list[SmallStep] = []
    cycle: list[SmallStep] | None = None
    for move in run.moves:
        for name, inputs in move.events:
            if name == SAVE:
                stem, cycle = [*stem, *(cycle or [])], []
            else:
                (stem if cycle is None else cycle).append((name, inputs))
        for given in move.syncs:
            (stem if cycle is None else cycle).append(("", given))
    return run_of(start, stem, cycle or [])


def _events(run: Run) -> int:
    return sum(len(m.events) for m in run.moves)
