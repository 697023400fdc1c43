"""The prover on a claim, and what its invariants must be."""

from __future__ import annotations

from collections.abc import Sequence

from solve_systems import PHASE, Kubelet, initial, one_of

from podcheck.core.answers import Reached
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term, variables
from podcheck.explicit.interpreter import Interpreter
from podcheck.symbolic.property_engine import PropertyEngine
from podcheck.symbolic.property_query import arrive
from podcheck.symbolic.prover import Invariant
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget, Checker
from podcheck.symbolic.unroller import Unroller

ENOUGH = 100_000  # questions


def engine_of(claim: PropertyClaim) -> PropertyEngine:
    return Session(claim.system, budget=Budget()).property_engine(claim)


def decided(engine: PropertyEngine, known: Sequence[Reached] = ()) -> Invariant | Reached:
    """What the prover says from the claim's starts, given some reachable states."""
    starts = engine.asked.starts
    at_start = [Reached(s.state, n, ()) for n, s in enumerate(starts)]
    result = engine.prover(starts, [*at_start, *known]).advance(ENOUGH)
    assert result is not None, "out of questions"
    return result


def check_invariant(claim: PropertyClaim, invariant: Invariant) -> None:
    """Holds at the starts, is kept by every step, implies the claim: asked of a fresh solver."""
    engine = engine_of(claim)
    machine, arena = engine.machine, engine.machine.arena
    interpreter = Interpreter(claim.system)
    for start in claim.starts:
        state = interpreter.state_of(start.state)
        assert all(interpreter.value_on_step(c, state, state) for c in invariant.clauses)
    checker = Checker(arena, Budget())
    before = machine.named("@0")
    checker.assume(machine.domain(before))
    actions = (machine.sync, *engine.asked.events)
    step = arrive(Unroller(machine, checker, claim.races), actions, before, "step")
    for condition in invariant.clauses:
        checker.assume(machine.holds(condition, before))
    for condition in (*invariant.clauses, claim.condition):
        on_steps = any(name.endswith("'") for name in variables([condition]))
        judged = before + step.state if on_steps else step.state
        kept = machine.holds(condition, judged)
        assert not checker.satisfiable(step.possible, arena.not_(kept))


def interpreted(engine: PropertyEngine) -> TransitionSystem:
    system = engine.asked.system._replace(events=engine.asked.events)
    return system.restricted(engine.machine.index)


KUBELET = Kubelet(4)
SYSTEM = KUBELET.system()
FAILED = one_of(PHASE, "phase", "Failed")

NO_DELETION = tuple(e for e in SYSTEM.events if e.kind != "deleted")


def start(policy: str) -> Start:
    return Start(policy, initial(SYSTEM, policy=policy), False, "created")


def claim_of(condition: Term, policies: Sequence[str]) -> PropertyClaim:
    starts = tuple(start(p) for p in policies)
    return PropertyClaim(SYSTEM, starts, condition, NO_DELETION, {})
