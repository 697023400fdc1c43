"""Random walks: states that runs come to, found quickly and without being complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from podcheck.interpret.machine import Inputs, Machine
from podcheck.model.claims import Start
from podcheck.model.system import Action, TransitionSystem
from podcheck.model.terms import Value

Item = TypeVar("Item")

LENGTH = 100  # steps of one walk


def _numbers() -> Iterator[int]:
    """Whole numbers that look random and are the same on every machine (Lehmer, MINSTD)."""
    number = 1
    while True:
        number = number * 48271 % 0x7FFFFFFF
        yield number


def walks(
    system: TransitionSystem,
    starts: Sequence[Start],
    races: bool,
    steps: int,
) -> list[Mapping[str, Value]]:
    """States by variable name, each once, in the order found; about ``steps`` steps are taken.

    Each walk takes its own share of the events, so that rare events are not always undone by
    others.  The same arguments give the same states, on every machine.
    """
    machine = Machine(system)
    numbers = _numbers()

    def one_of(items: Sequence[Item]) -> Item:
        return items[next(numbers) % len(items)]

    def happens(percent: int) -> bool:
        return next(numbers) % 100 < percent

    def inputs(action: Action) -> Inputs:
        usual = [i.role == "race" and not races for i in action.inputs]
        return {
            i.name: i.sort.values[0] if u else one_of(i.sort.values)
            for i, u in zip(action.inputs, usual, strict=True)
        }

    seen: dict[tuple[Value, ...], None] = {}
    for number in range(max(1, steps // LENGTH)):
        state = machine.state_of(starts[number % len(starts)].state)
        share, quiet = (10, 30, 60, 100)[number % 4], (50, 70, 90)[number % 3]
        mine = [event for event in system.events if happens(share)]
        for _ in range(LENGTH):
            if not mine or happens(quiet):
                state = machine.sync(state, inputs(system.sync))
            else:
                event = one_of(mine)
                chosen = inputs(event)
                if machine.possible(event.name, state, chosen):
                    state = machine.apply(event.name, state, chosen)
            seen[state] = None
    return [machine.named(state) for state in seen]
