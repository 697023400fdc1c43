"""Runs as JSON data, and their replay, under the assumptions of the claim that they violate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podcheck.interpret.machine import Machine
from podcheck.model.claims import Move, PropertyClaim, Run, Start
from podcheck.model.safety import assumed
from podcheck.model.system import Action
from podcheck.model.terms import Value
from podcheck.replay import ReplayDiffers


def run_data(claim: PropertyClaim, run: Run) -> dict[str, Any]:
    """A run as JSON data: the inputs are those that the claim's assumptions leave open."""
    actions = {a.name: a for a in assumed(claim).actions()}

    def inputs(name: str, given: Mapping[str, Value]) -> dict[str, Value]:
        known = actions[name].inputs if name in actions else ()
        return {i.name: given.get(i.name, i.sort.values[0]) for i in known}

    moves = [
        {
            "events": [{"event": n, "inputs": inputs(n, given)} for n, given in m.events],
            "syncs": [inputs("sync", given) for given in m.syncs],
        }
        for m in run.moves
    ]
    return {"policy": run.start.policy, "start": dict(run.start.state), "moves": moves}


def run_of(data: Any, start: Start) -> Run:
    """The run that data says, from that start; raises ``ReplayDiffers`` if it says none."""
    try:
        moves = [
            Move(
                tuple((str(e["event"]), dict(e["inputs"])) for e in m["events"]),
                tuple(dict(s) for s in m["syncs"]),
            )
            for m in data["moves"]
        ]
    except (TypeError, KeyError, ValueError) as error:
        raise ReplayDiffers("it is not written as a run is") from error
    return Run(start, tuple(moves), "condition")


def replay(claim: PropertyClaim, run: Run) -> int:
    """Plays a run; returns how many events it has.

    Raises ``ReplayDiffers`` if it can't be played, or violates nothing at its end.
    """
    system = assumed(claim)
    machine = Machine(system)
    named = {v.name: v.initial for v in system.variables}
    state = before = machine.state_of({**named, **run.start.state})
    events = 0
    for move in run.moves:
        for name, inputs in move.events:
            action = machine.actions.get(name)
            if action is None or not action.event:
                raise ReplayDiffers(f"`{name}` is no event that the claim allows")
            _known(action, inputs)
            if not machine.possible(name, state, inputs):
                raise ReplayDiffers(f"`{name}` is not possible there")
            before, state = state, machine.apply(name, state, inputs)
            events += 1
        for inputs in move.syncs:
            _known(system.sync, inputs)
            before, state = state, machine.sync(state, inputs)
    if not machine.reads_primed(claim.condition):
        holds = machine.value(claim.condition, state)
    elif any(m.events or m.syncs for m in run.moves):
        holds = machine.value_on_step(claim.condition, before, state)
    else:
        raise ReplayDiffers("it has no step")
    if holds:
        raise ReplayDiffers("the claim is not violated at its end")
    return events


def _known(action: Action, inputs: Mapping[str, Value]) -> None:
    """Raise ``ReplayDiffers`` for an input that the action lacks, or a value that it can't have."""
    sorts = {i.name: i.sort for i in action.inputs}
    for name, value in inputs.items():
        if name not in sorts:
            raise ReplayDiffers(f"`{action.name}` has no input `{name}`")
        if value not in sorts[name].values:
            raise ReplayDiffers(f"`{name}` is never `{value}`")
