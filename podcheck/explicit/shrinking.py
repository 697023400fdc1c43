"""A counterexample without the steps that it does not need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podcheck.core.answers import Move, Run
from podcheck.core.effort import WALKED, Expired
from podcheck.core.terms import Term, Value
from podcheck.explicit.interpreter import Interpreter, State

Step = tuple[str, Mapping[str, Value]]  # an event's name, or "sync", and its inputs


def shrunk(machine: Interpreter, run: Run, condition: Term, expired: Expired | None = None) -> Run:
    """The run of a property claim, as long as it is, without steps and inputs it does not need.

    No single step of the result can be left out, unless the time ``expired``; there may be a
    shorter run all the same.
    """
    first = machine.state_of(run.start.state)
    if not machine.reads_primed(condition) and not machine.value_on_step(condition, first, first):
        return _run(machine, run, [])
    steps = _flat(run)
    length = max(1, len(steps) // 2)
    while True:
        before, place, state = len(steps), 0, first
        while place < len(steps):
            if expired is not None and expired((len(steps) - place) * WALKED):
                return _run(machine, run, steps)
            fewer = _violating(machine, state, condition, steps[place + length :])
            if fewer is None:
                for name, inputs in steps[place : place + length]:
                    state = machine.apply(name, state, inputs)
                place += length
            else:
                steps = steps[:place] + fewer
        if length == 1 and len(steps) == before:
            return _run(machine, run, steps)
        length = max(1, length // 2)


def _flat(run: Run) -> list[Step]:
    steps: list[Step] = []
    for move in run.moves:
        steps += [(name, inputs) for name, inputs in move.events]
        steps += [("sync", inputs) for inputs in move.syncs]
    return steps


def _violating(
    machine: Interpreter, state: State, condition: Term, steps: Sequence[Step]
) -> list[Step] | None:
    """The steps from a state up to the first violation, without events that can't happen there;
    ``None`` if they violate nothing."""
    on_steps = machine.reads_primed(condition)
    taken: list[Step] = []
    for name, inputs in steps:
        if name != "sync" and not machine.possible(name, state, inputs):
            continue
        after = machine.apply(name, state, inputs)
        taken.append((name, inputs))
        before, state = state, after
        if not machine.value_on_step(condition, before if on_steps else after, after):
            return taken
    return None


def _run(machine: Interpreter, run: Run, steps: Sequence[Step]) -> Run:
    state = machine.state_of(run.start.state)
    moves: list[tuple[tuple[Step, ...], list[Mapping[str, Value]]]] = [((), [])]
    for name, inputs in steps:
        relevant = zip(machine.actions[name].inputs, machine.relevant(name, state), strict=True)
        matters = {i.name for i, may_matter in relevant if may_matter}
        given = {i: v for i, v in inputs.items() if i in matters}
        if name == "sync":
            moves[-1][1].append(given)
        else:
            moves.append((((name, given),), []))
        state = machine.apply(name, state, inputs)
    return run._replace(moves=tuple(Move(events, tuple(syncs)) for events, syncs in moves))
