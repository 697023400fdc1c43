"""Counterexamples: from a satisfiable question to the least run that shows it.

The run is fixed input by input, each as early in its sort as the violation allows, and then
replayed on concrete states, which also tells how many syncs each event takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from podcheck.core.answers import Move, Run
from podcheck.core.claims import Start
from podcheck.core.system import Action, Input
from podcheck.core.terms import Value
from podcheck.symbolic.smt_solver import Checker
from podcheck.symbolic.templates import State, Templates
from podcheck.symbolic.unroller import Choice, Choices, Frame, Reaction, Selector
from podcheck.symbolic.z3_library import Ast

Assignment = Mapping[int, Value]  # address of an input's constant -> its value


def fix_path(checker: Checker, end: Frame) -> list[Reaction]:
    """The reactions of the least path to a frame, first to last.

    The checker's present scope must hold the violation; the path's edges are added to it.
    """
    selectors = _selectors(end)
    numbers: dict[int, int] = {}
    if selectors:
        least = checker.least([s.ast for s in selectors], [s.width for s in selectors])
        numbers = {s.ast.value: n or 0 for s, n in zip(selectors, least, strict=True)}
    path: list[Reaction] = []
    frame = end
    while frame.origins:
        origin = frame.origins[0]
        if len(frame.origins) > 1 and frame.selector is not None:
            wanted = numbers[frame.selector.ast.value]
            origin = next(o for o in frame.origins if o.edge == wanted)
        path.append(origin)
        frame = origin.source
    return path[::-1]


def _selectors(end: Frame) -> list[Selector]:
    """The selectors on the ways to a frame, those of the first layer first."""
    found: dict[int, Selector] = {}
    todo, seen = [end], {id(end)}
    while todo:
        frame = todo.pop()
        if frame.selector is not None:
            found[frame.layer] = frame.selector
        for origin in frame.origins:
            if id(origin.source) not in seen:
                seen.add(id(origin.source))
                todo.append(origin.source)
    return [found[layer] for layer in sorted(found)]


def assign(checker: Checker, machine: Templates, groups: Sequence[Choices]) -> dict[int, Value]:
    """The least values of the inputs, in order, that agree with the present scope."""
    choices = [c for group in groups for c in group if c.constant is not None]
    constants = [c.constant for c in choices if c.constant is not None]
    widths = [machine.encoder.width(c.input.sort) for c in choices]
    numbers = checker.least(constants, widths)
    result: dict[int, Value] = {}
    for choice, constant, number in zip(choices, constants, numbers, strict=True):
        value = choice.allowed[0]
        if number is not None:
            value = machine.encoder.value(choice.input.sort, number)
        result[constant.value] = value
    return result


class Replayed(NamedTuple):
    """One move on concrete states: ``states`` after the events and after each sync."""

    move: Move
    states: tuple[State, ...]


def value_of(choice: Choice, assignment: Assignment) -> Value:
    if choice.constant is None:
        return choice.allowed[0]
    return assignment.get(choice.constant.value, choice.allowed[0])


def event_inputs(
    action: Action, choices: Choices, assignment: Assignment, allowed: Mapping[str, Sequence[Value]]
) -> dict[str, Value]:
    """A value for every input of an event, in order of declaration."""
    known = {c.input.name: value_of(c, assignment) for c in choices}
    return {i.name: known.get(i.name, _first(i, allowed)) for i in action.inputs}


def _first(item: Input, allowed: Mapping[str, Sequence[Value]]) -> Value:
    limited = allowed.get(item.name)
    if limited is None:
        return item.sort.values[0]
    return next(v for v in item.sort.values if v in limited)


def sync_inputs(choices: Choices, assignment: Assignment) -> dict[str, Value]:
    """The values that a sync's inputs must get, those that default to them left out."""
    values = [(c, value_of(c, assignment)) for c in choices]
    return {c.input.name: value for c, value in values if c.explicit or value != c.allowed[0]}


def literals(machine: Templates, choices: Choices, assignment: Assignment) -> list[Ast]:
    encoder = machine.encoder
    return [encoder.literal(c.input.sort, value_of(c, assignment)) for c in choices]


def play_syncs(
    machine: Templates,
    state: State,
    syncs: Sequence[Choices],
    assignment: Assignment,
    is_settled: Callable[[State], bool],
) -> tuple[list[Mapping[str, Value]], list[State]]:
    """Syncs from a concrete state until it is settled: inputs given, and states reached."""
    told: list[Mapping[str, Value]] = []
    states: list[State] = []
    for choices in syncs:
        _, after = machine.take(machine.sync, state, literals(machine, choices, assignment))
        if machine.arena.is_false(machine.differs(state, after)) and is_settled(state):
            break
        told.append(sync_inputs(choices, assignment))
        states.append(after)
        state = after
    return told, states


def run_of(start: Start, moves: Sequence[Move], violated: str) -> Run:
    """A run; its first move has no events."""
    if not moves or moves[0].events or moves[0].edge is not None:
        moves = [Move((), ()), *moves]
    return Run(start, tuple(moves), violated)
