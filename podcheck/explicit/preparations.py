"""The concrete states that `from` names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from podcheck.core.answers import Move, Run
from podcheck.core.claims import Preparing, Start
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term, Value
from podcheck.explicit.interpreter import Interpreter, State

MAX_PREPARATION = 200


class Prepared(NamedTuple):
    """A start with the run from the created pod that leads to it."""

    start: Start
    run: Run


def created(machine: Interpreter, policy: str) -> Start:
    """A pod just created, which the kubelet has not seen."""
    state = machine.named(machine.initial(policy))
    return Start(policy, state, False, "created")


def prepare(
    machine: Interpreter,
    policy: str,
    name: str,
    events: Sequence[tuple[str, Mapping[str, int]]],
    condition: Term,
) -> Prepared | None:
    """The state that a preparation leads to, or None if its condition is not met there.

    The pod settles; then, again and again, the first listed event that is possible happens
    and the pod settles.
    """
    origin = created(machine, policy)
    state = machine.initial(policy)
    state, syncs = _settled(machine, state)
    moves = [Move((), syncs)]
    for _ in range(MAX_PREPARATION):
        for event, inputs in events:
            if machine.possible(event, state):
                given: dict[str, Value] = dict(inputs)
                state, syncs = _settled(machine, machine.apply(event, state, given))
                moves.append(Move(((event, given),), syncs))
                break
        else:
            break
    else:
        return None
    if not machine.value(condition, state):
        return None
    fresh = {v.name: v.initial for v in machine.system.variables if v.of_claim}
    start = Start(policy, {**machine.named(state), **fresh}, True, name)
    return Prepared(start, Run(origin, tuple(moves)))


def start_of(
    system: TransitionSystem, name: str, how: Preparing | None, policy: str
) -> Start | None:
    """Where runs start: the pod just created or, with ``how``, the state of that name to which
    the preparation leads; None if it does not lead there."""
    machine = Interpreter(system)
    if how is None:
        return created(machine, policy)
    found = prepare(machine, policy, name, how.events, how.condition)
    return None if found is None else found.start


def _settled(machine: Interpreter, state: State) -> tuple[State, tuple[dict[str, Value], ...]]:
    found = machine.settle(state)
    return (found[-1] if found else state), tuple({} for _ in found)


def freeze_prepared(prepared: Prepared | None) -> Any:
    """A preparation's result as data that JSON can hold."""
    if prepared is None:
        return None
    moves = [[[[n, dict(i)] for n, i in m.events], len(m.syncs)] for m in prepared.run.moves]
    start = prepared.start
    return [start.policy, start.text, dict(start.state), dict(prepared.run.start.state), moves]


def thaw_prepared(data: Any) -> Prepared | None:
    """What ``freeze_prepared`` wrote."""
    if data is None:
        return None
    policy, text, state, origin, rows = data
    moves = tuple(
        Move(tuple((n, i) for n, i in events), tuple({} for _ in range(syncs)))
        for events, syncs in rows
    )
    run = Run(Start(policy, origin, False, "created"), moves)
    return Prepared(Start(policy, state, True, text), run)
