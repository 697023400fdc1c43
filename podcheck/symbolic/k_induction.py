"""k-induction over small steps, all inputs free.

If no ``k`` steps through states that meet the condition lead to a violation, and no run of
fewer steps from a start does, the condition holds for runs of every length.  The second
part is the caller's: a bounded search that has come ``k - 1`` events deep has shown it.
"""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.claims import Start
from podcheck.core.terms import Term
from podcheck.symbolic.property_query import PropertyQuery, arrive, violation_of
from podcheck.symbolic.templates import State
from podcheck.symbolic.unroller import Unroller
from podcheck.symbolic.z3_library import Ast


def rigid_state(unroller: Unroller, asked: PropertyQuery, start: Start | None) -> State:
    """A state of free constants, but for the variables that no action ever changes.

    Those have the start's values, if a start is given.
    """
    machine = unroller.machine
    free = machine.named("@0")
    if start is None:
        return free
    changed = set(machine.sync.updates)
    for action in asked.events:
        changed.update(action.updates)
    fixed = machine.state(start.state)
    pairs = zip(machine.variables, free, fixed, strict=True)
    return tuple(a if v.name in changed else b for v, a, b in pairs)


def is_inductive(
    unroller: Unroller,
    asked: PropertyQuery,
    k: int,
    start: Start | None,
    invariants: Sequence[Term] = (),
) -> bool:
    """Whether the condition is ``k``-inductive relative to the invariants.

    With a start, only for runs that share its rigid values (such as the policy).
    ``invariants`` must already be known to hold in every reachable state.
    Raises ``GaveUpError`` when the budget runs out.
    """
    checker, arena = unroller.checker, unroller.machine.arena
    violation = violation_of(unroller, asked)
    actions = (unroller.machine.sync, *asked.events)
    checker.push()
    try:
        states = [rigid_state(unroller, asked, start)]
        _assume_state(unroller, states[0], invariants)
        if not asked.on_steps:
            checker.assume(arena.not_(violation(states[0], states[0])))
        last: Ast = arena.false
        for step in range(k):
            before = states[-1]
            arrival = arrive(unroller, actions, before, f"i{step}")
            after = unroller.named(arrival.state)
            checker.assume(arrival.possible)
            for invariant in invariants:
                checker.assume(unroller.machine.holds(invariant, after))
            if not asked.on_steps or step + 1 < k:
                for earlier in states:
                    checker.assume(unroller.machine.differs(earlier, after))
            last = violation(before, after)
            if step + 1 < k:
                checker.assume(arena.not_(last))
            states.append(after)
        return not checker.satisfiable(last)
    finally:
        checker.pop()


def _assume_state(unroller: Unroller, state: State, invariants: Sequence[Term]) -> None:
    """Assume that a free state is one: values of their sorts, and the invariants."""
    unroller.checker.assume(unroller.machine.domain(state))
    for invariant in invariants:
        unroller.checker.assume(unroller.machine.holds(invariant, state))
