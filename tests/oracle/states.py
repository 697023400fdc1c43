"""The states of a pod's runs: where claims begin, and every small step from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from oracle.codes import Codes
from oracle.machine import Event, Machine, Spent
from oracle.sequences import Sequences, Trail
from oracle.values import NOWHERE, Meaning, Scope, State
from podcheck.declarations.pod import Container
from podcheck.language.parser import Node

MAX_PREPARATION = 200


class World(NamedTuple):
    """What may happen to a pod: the events, how often those of some kinds may, races."""

    machine: Machine
    codes: Codes
    races: bool
    events: tuple[Event, ...]
    most: dict[str, int]  # by kind


class Found(NamedTuple):
    """A state of a run, with how it was reached, and how many events that took."""

    state: State
    trail: Trail | None
    events: int


# ---- where claims begin --------------------------------------------------------------------------


def prepared(machine: Machine, name: str, c: Container | None, policy: str) -> State | None:
    """The state that a named start such as `from Running` means, None if it is never reached: the
    listed events happen, the first that is possible each time, until none is."""
    preparation = machine.pack.preparations[name]
    scope = _scope(preparation.parameters[0].name, c) if c is not None else _scope("", None)
    wanted: list[tuple[Event, dict[str, int]]] = []
    for phrase, code, domain in preparation.steps:
        chosen = None if domain is None else {x.name for x in machine.members(domain, scope)}
        for event in machine.events.values():
            actor = event.name.split()
            fits = chosen is None or any(word in chosen for word in actor)
            if event.declared.phrase == phrase and fits:
                wanted.append((event, {event.code: code} if code is not None else {}))
    state = _at_rest(machine, machine.initial_state(policy))
    for _ in range(MAX_PREPARATION):
        possible = [(e, given) for e, given in wanted if machine.is_possible(e, state)]
        if not possible:
            reached = machine.value(machine.expr(preparation.condition, scope), state)
            return state if reached else None
        event, given = possible[0]
        state = _at_rest(machine, machine.happen(event, state, given))
    return None


def _scope(name: str, c: Container | None) -> Scope:
    return NOWHERE if c is None else NOWHERE.bind(name, c)


def _at_rest(machine: Machine, state: State) -> State:
    """The settled state, where nothing is left to chance."""
    while True:
        ((_, after),) = machine.syncs(state, (0,), races=False)
        if after == state:
            return state
        state = after


def settled_states(world: World, policy: str) -> Iterator[Found]:
    """Every settled state that events lead to, each after the last has settled, nearest first;
    early events may come before the first sync."""
    machine, kills = world.machine, world.codes.kills
    sequences = Sequences(machine, world.codes, world.races, frozenset())
    first = machine.initial_state(policy)
    seen: set[State] = set()
    layer: list[Found] = []

    def settle(state: State, trail: Trail | None, events: int) -> None:
        for place, way in sequences.settled(state, None, kills, trail).items():
            if place.state not in seen:
                seen.add(place.state)
                layer.append(Found(place.state, way, events))

    settle(first, None, 0)
    for event in world.events:
        if event.declared.early:
            for choices, after in machine.happenings(event, first, world.codes.events, ()):
                settle(after, Trail(None, event.name, choices), 1)
    for at in layer:  # which grows
        yield at
        for event in world.events:
            for choices, after in machine.happenings(event, at.state, world.codes.events, ()):
                settle(after, Trail(at.trail, event.name, choices), at.events + 1)


# ---- every small step ----------------------------------------------------------------------------


class Explored(NamedTuple):
    """What came of following runs: a violation, how many events no run needs for one (-1: not
    known), whether every run was followed, and what else was seen of the ``wanted``."""

    violation: Found | None
    events: int
    complete: bool
    saw: bool


def explore(
    world: World,
    starts: list[Found],
    violates: Callable[[State, State | None], bool],
    wanted: Meaning | None = None,
    observed: Sequence[Meaning] = (),
) -> Explored:
    """Every state of every run, by the number of events; syncs and events come in any order.

    ``violates`` is asked of each state (and None) and of each step.  A state in which a run has
    shown all that is ``observed``, in order, violates too.
    """
    machine = world.machine
    kinds = tuple(sorted(world.most))
    none = (0,) * (len(kinds) + 1)

    def noted(state: State, counts: tuple[int, ...]) -> tuple[int, ...]:
        """The counts, with how many observations have been shown as the last of them."""
        shown = counts[-1]
        while shown < len(observed) and machine.value(observed[shown], state):
            shown += 1
        return (*counts[:-1], shown)

    layer: list[tuple[State, tuple[int, ...], Trail | None]]
    layer = [(s.state, noted(s.state, none), s.trail) for s in starts]
    seen = {(state, counts) for state, counts, _ in layer}
    saw, depth = False, -1
    try:
        while layer:
            following: list[tuple[State, tuple[int, ...], Trail | None]] = []
            for state, counts, trail in layer:  # which grows by what syncs lead to
                saw = saw or (wanted is not None and bool(machine.value(wanted, state)))
                if violates(state, None) or 0 < len(observed) == counts[-1]:
                    return Explored(Found(state, trail, depth + 1), depth, False, saw)
                for choices, after in machine.syncs(state, world.codes.kills, world.races):
                    way = Trail(trail, "", choices)
                    if violates(state, after):
                        return Explored(Found(after, way, depth + 1), depth, False, saw)
                    now = noted(after, counts)
                    if (after, now) not in seen:
                        seen.add((after, now))
                        layer.append((after, now, way))
            for state, counts, trail in layer:
                for event in world.events:
                    counted = _counted(event.kind, kinds, counts, world.most)
                    if counted is None:
                        continue
                    for choices, after in machine.happenings(event, state, world.codes.events, ()):
                        way = Trail(trail, event.name, choices)
                        if violates(state, after):
                            return Explored(Found(after, way, depth + 2), depth + 1, False, saw)
                        now = noted(after, counted)
                        if (after, now) not in seen:
                            seen.add((after, now))
                            following.append((after, now, way))
            layer, depth = following, depth + 1
    except Spent:
        return Explored(None, depth, False, saw)
    return Explored(None, depth, True, saw)


def _counted(
    kind: str, kinds: tuple[str, ...], counts: tuple[int, ...], most: dict[str, int]
) -> tuple[int, ...] | None:
    """The counts after an event of a kind; None if there may be no more."""
    if kind not in most:
        return counts
    place = kinds.index(kind)
    if counts[place] >= most[kind]:
        return None
    return (*counts[:place], counts[place] + 1, *counts[place + 1 :])


def reads_next(node: Node) -> bool:
    """Does a condition refer to a step?"""
    return node.kind == "next_" or any(reads_next(n) for n in node.nodes())
