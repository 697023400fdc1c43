"""Property claims: what bounded search and induction share.

A property refers to small steps: one sync, or one event whose guard holds, at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Term, variables
from podcheck.symbolic.templates import PRIME, State
from podcheck.symbolic.unroller import Choices, Selector, Unroller
from podcheck.symbolic.z3_library import Ast
from podcheck.transform.environment import with_event_limits


class PropertyQuery(NamedTuple):
    """A property claim with its limits on events made part of the system."""

    system: TransitionSystem
    events: tuple[Action, ...]
    starts: tuple[Start, ...]
    condition: Term
    on_steps: bool  # the condition reads primed variables


def question(claim: PropertyClaim) -> PropertyQuery:
    """The claim with its limits on events made part of the system."""
    system, events = with_event_limits(claim.system, claim.events, claim.at_most)
    counters = system.variables[len(claim.system.variables) :]
    zero = {c.name: c.initial for c in counters}
    starts = tuple(s._replace(state={**s.state, **zero}) for s in claim.starts)
    on_steps = any(name.endswith(PRIME) for name in variables([claim.condition]))
    return PropertyQuery(system, events, starts, claim.condition, on_steps)


class Arrival(NamedTuple):
    """One of several actions, chosen by a selector (its number is the action's index).

    ``possible`` says that the chosen action's guard holds; ``state`` is the state after it.
    """

    selector: Selector
    choices: tuple[Choices, ...]
    possible: Ast
    state: State


def arrive(unroller: Unroller, actions: Sequence[Action], state: State, place: str) -> Arrival:
    """Any one of the actions, from a state.  Raises ``GaveUpError`` when the budget runs out."""
    machine, arena = unroller.machine, unroller.machine.arena
    width = max(1, (len(actions) - 1).bit_length())
    selector = Selector(arena.fresh(width), width)
    result = list(state)
    possible: list[Ast] = []
    choices: list[Choices] = []
    for number, action in enumerate(actions):
        unroller.checker.ask()
        chosen = arena.eq(selector.ast, arena.literal(width, number))
        inputs, nodes, _ = unroller.choose(action, f"{place}a{number}")
        guard, after = machine.take(action, state, nodes)
        possible.append(arena.and_(chosen, guard))
        choices.append(inputs)
        for index in machine.template(action).writes:
            result[index] = arena.ite(chosen, after[index], result[index])
    return Arrival(selector, tuple(choices), arena.or_(*possible), tuple(result))


Violation = Callable[[State, State], Ast]


def violation_of(unroller: Unroller, asked: PropertyQuery) -> Violation:
    """A function from the states before and after a step to "the condition fails there".

    A condition on states is judged in the state after the step.
    """
    machine, arena = unroller.machine, unroller.machine.arena
    if not asked.on_steps:
        return lambda _, after: arena.not_(machine.holds(asked.condition, after))
    return lambda before, after: arena.not_(machine.holds(asked.condition, before + after))
