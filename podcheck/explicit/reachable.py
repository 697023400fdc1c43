"""Explicit search: the settled states that a pod can reach, one by one, with no solver.

Breadth first, events before their inputs, in the order the system declares them, so that the
first path found to a state is a shortest one and, among those, the least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podcheck.core.answers import Move, Run
from podcheck.core.claims import Start
from podcheck.core.system import Action
from podcheck.core.terms import Term
from podcheck.explicit.explorer import Explorer, OutOfBudget, Values
from podcheck.explicit.interpreter import State
from podcheck.explicit.packed_states import Packed
from podcheck.explicit.packed_steps import Happenings, PackedSteps

Events = tuple[tuple[str, Values], ...]


class Node(NamedTuple):
    """A state, how it was reached (``None`` for the first), and by which move."""

    state: Packed
    before: Node | None
    events: Events
    syncs: tuple[Values, ...]


class Found(NamedTuple):
    """A state that was looked for, and the run that leads to it."""

    state: State
    run: Run


def reachable(
    explorer: Explorer, start: Start, events: Sequence[Action], wanted: Term
) -> Iterator[Found]:
    """The settled states that events, each after the last has settled, can lead to.

    Yields those in which the condition ``wanted`` holds, nearest first.  Early events come before
    the first sync.  Raises ``OutOfBudget`` if the search was cut off before it was complete.
    """
    steps = PackedSteps(explorer)
    packing, is_wanted = steps.packing, steps.condition(wanted)
    happenings = Happenings(steps, events)
    queue: list[Node] = []
    seen: set[Packed] = set()
    try:
        for state, happened in _roots(steps, start, events):
            for settled, syncs in steps.settled(state):
                if settled not in seen:
                    seen.add(settled)
                    queue.append(Node(settled, None, happened, syncs))
        for at in queue:  # grows by what events lead to
            before = at.state
            if is_wanted(before):
                yield Found(packing.unpack(before), _path(at, start))
            for name, inputs, keep, put in happenings.of(before):
                for settled, syncs in steps.settled(before & keep | put):
                    if settled not in seen:
                        seen.add(settled)
                        queue.append(Node(settled, at, ((name, inputs),), syncs))
    except OutOfBudget as cut:
        cut.states = len(seen)
        raise


def _roots(
    steps: PackedSteps, start: Start, events: Sequence[Action]
) -> Iterator[tuple[Packed, Events]]:
    """The first states, which need not be settled, with the early events that led there."""
    first = steps.packing.pack(steps.machine.state_of(start.state))
    yield first, ()
    if not start.settled:
        for event in events:
            if event.early:
                for inputs, after in steps.after(event, first):
                    yield after, ((event.name, inputs),)


def _path(reached: Node, start: Start) -> Run:
    """The run that leads to a reached state."""
    moves: list[Move] = []
    at: Node | None = reached
    while at is not None:
        moves.append(Move(at.events, at.syncs))
        at = at.before
    return Run(start, tuple(reversed(moves)))
