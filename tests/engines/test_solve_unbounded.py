"""Property directed reachability, against enumeration; its invariants, against a fresh solver."""

from __future__ import annotations

import pytest
from hypothesis import given
from provers import (
    FAILED,
    KUBELET,
    NO_DELETION,
    SYSTEM,
    check_invariant,
    claim_of,
    decided,
    engine_of,
    interpreted,
    start,
)
from random_systems import MANY, SEEDS, Dice
from solve_explicit import ExplicitProperty
from solve_systems import PHASE, POLICY, initial, one_of

from podcheck.core.answers import Move, Reached, Run, run_of
from podcheck.core.claims import PropertyClaim
from podcheck.core.symmetry import interchangeable
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term, and_, eq, implies, member, not_, or_, var, variables
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.random_walks import Walks
from podcheck.explicit.shrinking import shrunk
from podcheck.symbolic import prover
from podcheck.symbolic.cubes import positions
from podcheck.symbolic.pdr import Pdr
from podcheck.symbolic.prover import Invariant
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget
from podcheck.symbolic.transition import Transition
from podcheck.verification import usual_order
from podcheck.verification.options import Options
from podcheck.verification.properties import Properties


def run_to(claim: PropertyClaim, violation: Reached) -> Run:
    start = claim.starts[violation.start]
    return run_of(start, violation.steps, ())._replace(violated="condition")


# ---- random systems --------------------------------------------------------------------------


@MANY
@given(seed=SEEDS)
def test_verdicts_agree_with_enumeration(seed: int) -> None:
    claim = Dice(seed).property()
    engine = engine_of(claim)
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    explicit = ExplicitProperty(claim, on_steps)
    nearest = explicit.nearest(claim.starts[0])
    known = Walks(interpreted(engine), engine.asked.starts, claim.races, claim.condition)
    known.go_on(300)
    for found in (decided(engine), decided(engine, known.states), *known.violations.values()):
        if isinstance(found, Invariant):
            assert nearest is None
            check_invariant(claim, found)
        else:
            assert nearest is not None
            events, _ = explicit.replay(run_to(claim, found))
            assert events >= nearest[0]


# ---- several containers ------------------------------------------------------------------------


@pytest.mark.parametrize("local", [2, 99], ids=["one container at a time", "all at once"])
def test_a_pod_of_four_containers(monkeypatch: pytest.MonkeyPatch, local: int) -> None:
    monkeypatch.setattr(prover, "LOCAL", local)
    claim = claim_of(not_(FAILED), ["Always", "OnFailure"])
    engine = engine_of(claim)
    invariant = decided(engine)
    assert isinstance(invariant, Invariant)
    check_invariant(claim, invariant)
    never = claim_of(not_(FAILED), ["Never"])
    engine = engine_of(never)
    violation = decided(engine)
    assert isinstance(violation, Reached)
    run = shrunk(Interpreter(SYSTEM), run_to(never, violation), never.condition)
    events = [name for move in run.moves for name, _ in move.events]
    assert sorted(events) == [f"{c} exits" for c in KUBELET.names]


# ---- interchangeable containers ----------------------------------------------------------------


def classes(system: TransitionSystem, *conditions: Term) -> tuple[tuple[str, ...], ...]:
    return interchangeable(system, system.events, [initial(system)], conditions)


def test_alike_containers_are_one_class() -> None:
    assert classes(SYSTEM) == (("c0", "c1", "c2", "c3"),)
    every = and_(*(var(f"{c}.recent", SYSTEM.variables[3].sort) for c in KUBELET.names))
    assert classes(SYSTEM, every) == (("c0", "c1", "c2", "c3"),)


def test_what_tells_a_container_apart() -> None:
    recent = var("c2.recent", SYSTEM.variables[3].sort)
    assert classes(SYSTEM, recent) == (("c0", "c1", "c3"), ("c2",))
    exits = next(e for e in SYSTEM.events if e.name == "c1 exits")
    without = SYSTEM._replace(events=tuple(e for e in SYSTEM.events if e is not exits))
    assert classes(without) == (("c0", "c2", "c3"), ("c1",))
    guarded = exits._replace(guard=and_(exits.guard, one_of(POLICY, "policy", "Always")))
    changed = SYSTEM._replace(events=tuple(guarded if e is exits else e for e in SYSTEM.events))
    assert classes(changed) == (("c0", "c2", "c3"), ("c1",))
    code = SYSTEM.variables[5]
    assert code.container == "c0"
    other = code._replace(initial=code.sort.values[-1])
    differs = SYSTEM._replace(variables=tuple(other if v is code else v for v in SYSTEM.variables))
    assert classes(differs) == (("c0",), ("c1", "c2", "c3"))
    ordered = {**SYSTEM.sync.updates, "phase": or_chain(SYSTEM)}
    prefers = SYSTEM._replace(sync=SYSTEM.sync._replace(updates=ordered))
    assert len(classes(prefers)) == 4


def or_chain(system: TransitionSystem) -> Term:
    """A phase that the first container with an odd record decides: their order matters."""
    from podcheck.core.terms import const, ite

    result = system.sync.updates["phase"]
    for place, name in enumerate(reversed(KUBELET.names)):
        record = next(v for v in system.variables if v.name == f"{name}.record")
        exited = member(var(record.name, record.sort), frozenset(("exited",)))
        result = ite(exited, const(PHASE, PHASE.values[place]), result)
    return result


# ---- walks and shrinking -----------------------------------------------------------------------


def test_walks_are_the_same_each_time_and_reachable() -> None:
    system = SYSTEM._replace(events=NO_DELETION)
    claim = implies(one_of(POLICY, "policy", "OnFailure"), not_(FAILED))  # proved above
    first, again = (Walks(system, [start("OnFailure")], False, claim) for _ in range(2))
    first.go_on(2_000)
    for _ in range(2):
        again.go_on(1_000)
    assert first.states[:50] == again.states[:50]
    assert len(first.states) > 50 and not first.violations
    machine = Interpreter(system)
    for reached in first.states:
        state = machine.state_of(start("OnFailure").state)
        for name, inputs in reached.steps:
            assert not name or machine.possible(name, state, inputs)
            state = machine.apply(name or "sync", state, inputs)
        assert machine.named(state) == reached.state


def test_walks_come_to_violations() -> None:
    claim = claim_of(not_(FAILED), ["Never"])
    system = SYSTEM._replace(events=NO_DELETION)
    found = Walks(system, claim.starts, False, claim.condition)
    found.go_on(6_000)
    run = shrunk(Interpreter(SYSTEM), run_to(claim, found.violations[0]), claim.condition)
    events = [name for move in run.moves for name, _ in move.events]
    assert sorted(events) == [f"{c} exits" for c in KUBELET.names]


def test_nothing_of_a_shrunk_run_can_be_left_out() -> None:
    machine = Interpreter(SYSTEM)
    exits = [(f"{c} exits", {f"{c}.newCode": 1}) for c in KUBELET.names]
    idle: tuple[dict[str, object], ...] = ({},) * 3
    moves = [Move((), idle)]  # type: ignore[arg-type]
    moves += [Move((event,), idle) for event in exits]  # type: ignore[arg-type]
    run = Run(start("Never"), tuple(moves), "condition")
    shorter = shrunk(machine, run, not_(FAILED))
    assert sum(len(m.syncs) for m in shorter.moves) == 2  # to start them, and to see their ends
    assert [name for m in shorter.moves for name, _ in m.events] == [e for e, _ in exits]
    stays = or_(FAILED, eq(var("phase'", PHASE), var("phase", PHASE)))
    (move,) = [m for m in shrunk(machine, run, stays).moves if m.syncs or m.events]
    assert len(move.syncs) == 2 and not move.events


# ---- the last word -----------------------------------------------------------------------------


def test_z3_refuses_what_is_no_proof() -> None:
    claim = claim_of(not_(FAILED), ["Always", "OnFailure"])
    engine = engine_of(claim)
    invariant = decided(engine)
    assert isinstance(invariant, Invariant)
    starts = engine.asked.starts
    assert engine.confirms(starts, invariant.clauses)
    assert not engine.confirms(starts, invariant.clauses[:1])  # not kept by every step
    assert not engine.confirms(starts, invariant.clauses[1:])  # does not imply the claim
    assert not engine.confirms([start("Never")], invariant.clauses)  # does not hold there


def test_a_wrong_prover_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    claim = claim_of(not_(FAILED), ["Never"])  # which fails
    properties = Properties(Session(claim.system, budget=Budget()), Options(engine="pdr"))
    with monkeypatch.context() as patched:
        wrong = Invariant((claim.condition,))
        patched.setattr(prover.Prover, "as_it_stands", lambda *_, **__: wrong)
        with pytest.raises(RuntimeError, match="does not confirm"):
            properties.answers(claim)
    monkeypatch.setattr(Pdr, "proves", lambda _: True)
    monkeypatch.setattr(usual_order, "_length", lambda _: 0)  # of walks, which reach a violation
    with pytest.raises(RuntimeError, match="does not confirm"):
        properties.answers(claim)


@MANY
@given(seed=SEEDS)
def test_clauses_say_what_the_formulas_say(seed: int) -> None:
    """Each step that the interpreter takes is one of the clauses', and no other is."""
    claim = Dice(seed).property()
    engine = engine_of(claim)
    everything = frozenset(range(len(engine.machine.variables)))
    events = engine.asked.events
    step = Transition(engine.machine, events, everything, claim.condition, Budget(), claim.races)
    system = interpreted(engine)
    machine = Interpreter(system)
    walks = Walks(system, engine.asked.starts, claim.races, claim.condition)
    walks.go_on(100)
    for found in walks.states:
        state = machine.state_of(found.state)
        at = [
            step.literal(False, i, 1 << place)
            for i, place in enumerate(positions(engine.machine.variables, found.state))
        ]
        for number in range(1 + len(events)):
            if not step.possible([*at, step.action(number)]):
                continue
            (_, taken, choice) = step.step()
            name = events[number - 1].name if number else "sync"
            after = machine.apply(name, state, dict(taken.inputs))
            reached = positions(engine.machine.variables, machine.named(after))
            there = [step.literal(True, i, 1 << place) for i, place in enumerate(reached)]
            assert step.possible([*at, *choice, *there])
            for literal in there:
                assert not step.possible([*at, *choice, -literal])
