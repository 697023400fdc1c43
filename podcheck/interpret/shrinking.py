"""A counterexample without the steps that it does not need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podcheck.interpret.machine import Machine
from podcheck.model.claims import Move, Run
from podcheck.model.terms import Term, Value

Step = tuple[str, Mapping[str, Value]]  # an event's name, or "sync", and its inputs


def shrunk(machine: Machine, run: Run, condition: Term) -> Run:
    """The run of a property claim, as long as it is, without steps it does not need.

    No single step of the result can be left out; there may be a shorter run all the same.
    """
    steps = _flat(run)
    length = max(1, len(steps) // 2)
    while True:
        place = 0
        while place < len(steps):
            fewer = _violating(machine, run, condition, steps[:place] + steps[place + length :])
            if fewer is None:
                place += length
            else:
                steps = fewer
        if length == 1:
            return _run(run, steps)
        length //= 2


def _flat(run: Run) -> list[Step]:
    steps: list[Step] = []
    for move in run.moves:
        steps += [(name, inputs) for name, inputs in move.events]
        steps += [("sync", inputs) for inputs in move.syncs]
    return steps


def _violating(
    machine: Machine, run: Run, condition: Term, steps: Sequence[Step]
) -> list[Step] | None:
    """The steps up to the first violation; ``None`` if they can't happen or violate nothing."""
    on_steps = machine.reads_primed(condition)
    state = machine.state_of(run.start.state)
    if not on_steps and not machine.value_on_step(condition, state, state):
        return []
    for number, (name, inputs) in enumerate(steps):
        if name != "sync" and not machine.possible(name, state, inputs):
            return None
        after = machine.apply(name, state, inputs)
        before, state = state, after
        if not machine.value_on_step(condition, before if on_steps else after, after):
            return list(steps[: number + 1])
    return None


def _run(run: Run, steps: Sequence[Step]) -> Run:
    moves: list[tuple[tuple[Step, ...], list[Mapping[str, Value]]]] = [((), [])]
    for name, inputs in steps:
        if name == "sync":
            moves[-1][1].append(inputs)
        else:
            moves.append((((name, inputs),), []))
    return run._replace(moves=tuple(Move(events, tuple(syncs)) for events, syncs in moves))
