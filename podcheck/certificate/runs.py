"""Runs as JSON data, and their replay, under the assumptions of the claim that they violate."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from podcheck.certificate.run_player import replay_way
from podcheck.certificate.scenario_runs import replay_pattern
from podcheck.certificate.subject import Asked
from podcheck.core.answers import Move, Run
from podcheck.core.claims import LivenessClaim, PropertyClaim, ScenarioClaim
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Value
from podcheck.explicit.interpreter import Interpreter, ReplayDiffers
from podcheck.transform.environment import with_event_limits, without_races
from podcheck.transform.monitor import cut
from podcheck.transform.safety import assumed, safety
from podcheck.verification.replay import confirm_broken_promise


class Shown(NamedTuple):
    """A run, and the moves that lead to its start where a claim has many."""

    run: Run
    before: tuple[Move, ...] = ()


# ---- as data -----------------------------------------------------------------------------------


def run_data(asked: Asked, shown: Shown) -> dict[str, Any]:
    """A run as JSON data: the inputs are those that the claim's assumptions leave open."""
    run, way = shown.run, asked.way
    actions = {a.name: a for a in _system(asked).actions()}
    data: dict[str, Any] = {"policy": run.start.policy, "start": dict(run.start.state)}
    if way is not None:
        data["start"] = {v.name: run.start.state[v.name] for v in way.variables}
        known = {a.name: a for a in way.actions()}
        before = _on_the_way(shown.before, known)
        data["before"] = [_move_data(asked, known, m) for m in before]
    data["moves"] = [_move_data(asked, actions, m) for m in run.moves]
    if not isinstance(asked.claim, PropertyClaim):
        data["violated"] = run.violated
    if run.loop is not None:
        data["loop"] = run.loop
    return data


def _on_the_way(moves: Sequence[Move], known: Collection[str]) -> Iterator[Move]:
    """The moves without those whose event changes nothing that the claim can depend on."""
    for number, move in enumerate(moves):
        events = tuple(e for e in move.events if e[0] in known)
        if events or not number:
            yield move._replace(events=events)


def _move_data(asked: Asked, actions: Mapping[str, Action], move: Move) -> dict[str, Any]:
    edge = None
    if isinstance(asked.claim, ScenarioClaim) and move.edge is not None:
        edge = asked.claim.automaton.edges[move.edge]

    def inputs(
        name: str, given: Mapping[str, Value], allowed: Mapping[str, Sequence[Value]]
    ) -> dict[str, Value]:
        found = {}
        for i in actions[name].inputs if name in actions else ():
            values: Sequence[Value] = allowed.get(i.name, i.sort.values)
            if i.role == "kill" and edge is not None and edge.kill_codes is not None:
                values = edge.kill_codes
            found[i.name] = given.get(i.name, values[0])
        return found

    events = []
    for place, (name, given) in enumerate(move.events):
        allowed = edge.parts[place].allowed if edge is not None else {}
        events.append({"event": name, "inputs": inputs(name, given, allowed)})
    data: dict[str, Any] = {
        "events": events, "syncs": [inputs("sync", given, {}) for given in move.syncs],
    }  # fmt: skip
    if edge is not None:
        data["step"] = move.edge
    return data


def shown_by(data: Any, asked: Asked) -> Shown:
    """The run that data says; raises ``ReplayDiffers`` if it says none."""
    start = asked.claim.starts[0]
    try:
        before: tuple[Move, ...] = ()
        if asked.anywhere is not None:
            before = _moves(data["before"])
            start = start._replace(state=dict(data["start"]), settled=True)
        run = Run(start, _moves(data["moves"]), str(data.get("violated", "condition")))
        if "loop" in data:
            if not isinstance(asked.claim, LivenessClaim):
                raise ReplayDiffers("only a run that breaks a promise goes on forever")
            run = run._replace(loop=int(data["loop"]))
        edges = asked.claim.automaton.edges if isinstance(asked.claim, ScenarioClaim) else ()
        if any(m.edge is not None and not 0 <= m.edge < len(edges) for m in run.moves):
            raise ReplayDiffers("there is no such step")
    except (TypeError, KeyError, ValueError) as error:
        raise ReplayDiffers("it is not written as a run is") from error
    return Shown(run, before)


def _moves(data: Any) -> tuple[Move, ...]:
    return tuple(
        Move(
            tuple((str(e["event"]), dict(e["inputs"])) for e in m["events"]),
            tuple(dict(s) for s in m["syncs"]),
            int(m["step"]) if "step" in m else None,
        )
        for m in data
    )


def _system(asked: Asked) -> TransitionSystem:
    """The system on which runs are played, with the claim's assumptions made part of it.

    Where a claim about every state of a kind begins, only what it can depend on is known.
    """
    claim, way = asked.claim, asked.way
    match claim:
        case PropertyClaim():
            return assumed(claim) if way is None else safety(claim).system
        case ScenarioClaim():
            system = cut(claim, asked.anywhere)
        case LivenessClaim():
            system, events = claim.system, claim.events
            if way is not None:
                system, events = way, way.events
            system, events = with_event_limits(system, events, claim.at_most)
            system = system._replace(events=events)
    return system if claim.races else without_races(system)


# ---- played again ------------------------------------------------------------------------------


def replay(asked: Asked, shown: Shown) -> int:
    """Plays a run; returns how many events it has.

    Raises ``ReplayDiffers`` if it can't be played, or violates nothing at its end.
    """
    machine, run, claim = Interpreter(_system(asked)), shown.run, asked.claim
    if asked.anywhere is not None and asked.way is not None:
        way = Interpreter(asked.way)
        _check_inputs(way, shown.before)
        replay_way(way, claim.starts[0], shown.before, run.start, asked.anywhere.condition)
    _check_inputs(machine, run.moves)
    match claim:
        case PropertyClaim():
            _replay_property(claim, machine, run)
        case ScenarioClaim():
            replay_pattern(claim, machine, run)
        case LivenessClaim():
            if run.loop is not None and not 0 <= run.loop < len(run.moves):
                raise ReplayDiffers("it does not say where its cycle begins")
            confirm_broken_promise(claim, machine, run)
    return sum(len(m.events) for m in (*shown.before, *run.moves))


def _replay_property(claim: PropertyClaim, machine: Interpreter, run: Run) -> None:
    named = {v.name: v.initial for v in machine.system.variables}
    state = before = machine.state_of({**named, **run.start.state})
    for move in run.moves:
        for name, inputs in move.events:
            if not machine.possible(name, state, inputs):
                raise ReplayDiffers(f"`{name}` is not possible there")
            before, state = state, machine.apply(name, state, inputs)
        for inputs in move.syncs:
            before, state = state, machine.sync(state, inputs)
    if not machine.reads_primed(claim.condition):
        holds = machine.value(claim.condition, state)
    elif any(m.events or m.syncs for m in run.moves):
        holds = machine.value_on_step(claim.condition, before, state)
    else:
        raise ReplayDiffers("it has no step")
    if holds:
        raise ReplayDiffers("the claim is not violated at its end")


def _check_inputs(machine: Interpreter, moves: Iterable[Move]) -> None:
    """Raise ``ReplayDiffers`` for what is no event of the system, and for its inputs."""
    for move in moves:
        for name, inputs in move.events:
            action = machine.actions.get(name)
            if action is None or not action.event:
                raise ReplayDiffers(f"`{name}` is no event that the claim allows")
            _known(action, inputs)
        for inputs in move.syncs:
            _known(machine.system.sync, inputs)


def _known(action: Action, inputs: Mapping[str, Value]) -> None:
    """Raise ``ReplayDiffers`` for an input that the action lacks, or a value that it can't have."""
    sorts = {i.name: i.sort for i in action.inputs}
    for name, value in inputs.items():
        if name not in sorts:
            raise ReplayDiffers(f"`{action.name}` has no input `{name}`")
        if value not in sorts[name].values:
            raise ReplayDiffers(f"`{name}` is never `{value}`")
