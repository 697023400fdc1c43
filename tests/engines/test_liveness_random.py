"""Random small systems: what is said of promises equals naive enumeration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from hypothesis import given
from random_systems import MANY, SEEDS, STATE, Dice
from solve_lassos import ExplicitPromise

from podcheck.core.answers import Answer, Proved, Refuted, Run, Unknown, Vacuous
from podcheck.core.claims import LivenessClaim, Promise
from podcheck.core.terms import BOOL, Term, and_
from podcheck.explicit.interpreter import Interpreter, ReplayDiffers
from podcheck.symbolic.session import Workspace
from podcheck.symbolic.smt_solver import Budget
from podcheck.transform.liveness import monitored_promise
from podcheck.verification.promises import Promises, Symbolic
from podcheck.verification.replay import confirm_broken_promise

BUDGET = Budget(max_events=4)


class PromiseDice(Dice):
    """Random liveness claims."""

    def goal(self) -> Promise:
        shape = self.pick(("eventually", "leads to", "until"))
        goal = and_(*(self.term(BOOL, STATE, 2) for _ in range(self.random.randint(1, 3))))
        if shape == "eventually":
            return Promise(None, goal)
        if shape == "leads to":
            return Promise(self.term(BOOL, STATE, 2), goal)
        return Promise(None, goal, self.condition(STATE))

    def liveness(self) -> LivenessClaim:
        system = self.system()
        events = tuple(e._replace(eventually=self.chance(0.3)) for e in system.events)
        system = system._replace(events=events)
        at_most = {"second": self.random.randint(0, 2)} if self.chance(0.3) else {}
        fairness = ("first",) if self.chance(0.4) else ()
        return LivenessClaim(
            system, (self.start(),), self.goal(), events, at_most, fairness, self.chance(0.3)
        )


def events_of(run: Run) -> int:
    return sum(len(m.events) for m in run.moves)


def cut_down(claim: LivenessClaim) -> LivenessClaim:
    """The claim about the part of its system that the promise depends on."""
    names = {v.name for v in monitored_promise(claim).system.variables}
    system = claim.system
    kept = tuple(v for v in system.variables if v.name in names)

    def cut(updates: Mapping[str, Term]) -> dict[str, Term]:
        return {n: u for n, u in updates.items() if n in names}

    events = tuple(e._replace(updates=cut(e.updates)) for e in claim.events)
    moving = tuple(e for e in events if e.updates or f"events of kind {e.kind}" in names)
    system = system._replace(
        variables=kept, sync=system.sync._replace(updates=cut(system.sync.updates)), events=moving
    )
    return claim._replace(system=system, events=moving)


def compare(claim: LivenessClaim, answer: Answer) -> None:
    (start,) = claim.starts
    whole = ExplicitPromise(claim)
    least = whole.least_broken(start)
    match answer:
        case Refuted(run):
            assert least is not None
            confirm_broken_promise(claim, Interpreter(claim.system), run)
        case Proved(None, _):
            assert least is None
            assert whole.is_made(start)
        case Vacuous():
            assert least is None
            assert not whole.is_made(start)
        case _:
            raise AssertionError(answer)


@MANY
@given(seed=SEEDS)
def test_explicit_search_agrees_with_enumeration(seed: int) -> None:
    claim = PromiseDice(seed).liveness()
    answer = Promises(Workspace(), BUDGET, max_steps=10**6).answer(claim)
    compare(claim, answer)
    if isinstance(answer, Refuted):
        small = ExplicitPromise(cut_down(claim))
        assert events_of(answer.run) == small.least_broken(claim.starts[0])


@MANY
@given(seed=SEEDS)
def test_the_solver_agrees_with_enumeration(seed: int) -> None:
    claim = PromiseDice(seed).liveness()
    (start,) = claim.starts
    symbolic = Symbolic(Workspace(), BUDGET, monitored_promise(claim), start)
    by_rounds = symbolic.by_rounds()
    if by_rounds is not None:
        compare(claim, by_rounds)
    answer = symbolic.answer()
    if not isinstance(answer, Unknown):
        compare(claim, answer)
    if isinstance(answer, Refuted):
        small = ExplicitPromise(cut_down(claim))
        assert events_of(answer.run) == small.least_broken(start)


@MANY
@given(seed=SEEDS)
def test_a_bound_is_kept(seed: int) -> None:
    """Within a bound nothing is missed; what is found beyond it may be shown."""
    claim = PromiseDice(seed).liveness()
    answer = Promises(Workspace(), BUDGET, max_steps=10**6, bound=2).answer(claim)
    least = ExplicitPromise(cut_down(claim)).least_broken(claim.starts[0])
    match answer:
        case Refuted(run):
            assert events_of(run) == least or (least or 0) > 2
        case Proved(bound, _):
            assert least is None or (bound == 2 and least > 2)
        case _:
            assert least is None


@dataclass(frozen=True)
class Spoiled:
    """A lasso with one thing wrong."""

    what: str
    run: Run


def spoiled(run: Run) -> list[Spoiled]:
    assert run.loop is not None
    cycle = run.moves[run.loop + 1 :]
    no_syncs = tuple(m._replace(syncs=()) for m in cycle)
    return [
        Spoiled("no sync", run._replace(moves=(*run.moves[: run.loop + 1], *no_syncs))),
        Spoiled("no cycle", run._replace(loop=None)),
    ]


@MANY
@given(seed=SEEDS)
def test_a_spoiled_lasso_is_not_confirmed(seed: int) -> None:
    claim = PromiseDice(seed).liveness()
    claim = claim._replace(promise=claim.promise._replace(meanwhile=None))
    answer = Promises(Workspace(), BUDGET, max_steps=10**6).answer(claim)
    if isinstance(answer, Refuted):
        for wrong in spoiled(answer.run):
            with pytest.raises(ReplayDiffers):
                confirm_broken_promise(claim, Interpreter(claim.system), wrong.run)
