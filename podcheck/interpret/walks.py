"""Random walks: states that runs come to, found quickly and without being complete."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from podcheck.interpret.machine import Inputs, Machine
from podcheck.model.claims import Start
from podcheck.model.system import Action, TransitionSystem
from podcheck.model.terms import Value

LENGTH = 100  # steps of one walk
SEED = 1


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
    chance = random.Random(SEED)  # noqa: S311  (nothing secret)

    def one_of(items: Sequence[Value]) -> Value:
        return items[int(chance.random() * len(items))]

    def inputs(action: Action) -> Inputs:
        usual = [i.role == "race" and not races for i in action.inputs]
        return {
            i.name: i.sort.values[0] if u else one_of(i.sort.values)
            for i, u in zip(action.inputs, usual, strict=True)
        }

    seen: dict[tuple[Value, ...], None] = {}
    for number in range(max(1, steps // LENGTH)):
        state = machine.state_of(starts[number % len(starts)].state)
        share, quiet = (0.1, 0.3, 0.6, 1.0)[number % 4], (0.5, 0.7, 0.9)[number % 3]
        mine = [event for event in system.events if chance.random() < share]
        for _ in range(LENGTH):
            if not mine or chance.random() < quiet:
                state = machine.sync(state, inputs(system.sync))
            else:
                event = mine[int(chance.random() * len(mine))]
                chosen = inputs(event)
                if machine.possible(event.name, state, chosen):
                    state = machine.apply(event.name, state, chosen)
            seen[state] = None
    return [machine.named(state) for state in seen]
