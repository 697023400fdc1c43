"""Explicit checking of properties: every state, settled or not, events at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from podcheck.interpret.machine import Machine, State
from podcheck.interpret.search import Explorer, OutOfBudget
from podcheck.model.claims import Move, Run, Start
from podcheck.model.system import Action
from podcheck.model.terms import Term, Value

Counts = tuple[int, ...]
Node = tuple[State, Counts]


class _Step(NamedTuple):
    """How a node was reached: from which, by which event (empty: a sync), with which inputs."""

    before: Node | None
    event: str
    inputs: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Complete:
    """Every reachable state was visited and none violates the condition."""

    visited: tuple[State, ...]

    @property
    def states(self) -> int:
        return len(self.visited)


def search(
    explorer: Explorer,
    starts: Sequence[Start],
    events: Sequence[Action],
    at_most: Mapping[str, int],
    condition: Term,
) -> Run | Complete:
    """A run to a violation with the fewest events, then the fewest syncs; or completeness.

    Raises ``OutOfBudget`` if neither was found within the explorer's steps.
    """
    kinds = tuple(sorted(at_most))
    limits = tuple(at_most[k] for k in kinds)
    violated = _violation(explorer.machine, condition)
    reached: dict[Node, _Step] = {}
    layer: list[Node] = []
    origin: dict[Node, Start] = {}
    for start in starts:
        node = (explorer.machine.state_of(start.state), (0,) * len(kinds))
        if node not in reached:
            reached[node] = _Step(None, "", {})
            origin[node] = start
            layer.append(node)
    complete: int | None = None  # so many events lead to no violation
    try:
        while layer:
            for node, step, after in _syncs(explorer, layer, reached):
                if violated(node[0], after[0], True):
                    return _run(node, (step, after), reached, origin)
            for node in layer:
                if violated(node[0], node[0], False):
                    return _run(node, None, reached, origin)
            following: list[Node] = []
            for node in layer:
                for step, after in _happenings(explorer, node, events, kinds, limits):
                    if violated(node[0], after[0], True):
                        return _run(node, (step, after), reached, origin)
                    if after not in reached:
                        reached[after] = step
                        following.append(after)
            layer = following
            complete = 0 if complete is None else complete + 1
    except OutOfBudget as cut:
        cut.states, cut.events = len(reached), complete
        raise
    return Complete(tuple([state for state, _ in reached]))


def _syncs(
    explorer: Explorer, layer: list[Node], reached: dict[Node, _Step]
) -> Iterator[tuple[Node, _Step, Node]]:
    """Every sync from the layer's nodes, which grow by what the syncs lead to."""
    for node in layer:
        state, counts = node
        for inputs, after in explorer.after(explorer.machine.system.sync, state):
            target, step = (after, counts), _Step(node, "", inputs)
            if target not in reached:
                reached[target] = step
                layer.append(target)
            yield node, step, target


def _happenings(
    explorer: Explorer,
    node: Node,
    events: Sequence[Action],
    kinds: tuple[str, ...],
    limits: Counts,
) -> Iterator[tuple[_Step, Node]]:
    """Every event that may happen at a node."""
    state, counts = node
    for event in events:
        counted = counts
        if event.kind in kinds:
            place = kinds.index(event.kind)
            if counts[place] >= limits[place]:
                continue
            counted = (*counts[:place], counts[place] + 1, *counts[place + 1 :])
        for inputs, after in explorer.after(event, state):
            yield _Step(node, event.name, inputs), (after, counted)


def _violation(machine: Machine, condition: Term) -> Callable[[State, State, bool], bool]:
    """Does a state (or a step, if the condition reads primed variables) violate it?"""
    on_steps = machine.reads_primed(condition)

    def violated(before: State, after: State, is_step: bool) -> bool:
        if is_step is not on_steps:
            return False
        return not machine.value_on_step(condition, before, after)

    return violated


def _run(
    node: Node,
    last: tuple[_Step, Node] | None,
    reached: Mapping[Node, _Step],
    origin: Mapping[Node, Start],
) -> Run:
    steps: list[_Step] = [last[0]] if last else []
    at = node
    while reached[at].before is not None:
        steps.append(reached[at])
        before = reached[at].before
        assert before is not None
        at = before
    steps.reverse()
    moves: list[tuple[tuple[tuple[str, Mapping[str, Value]], ...], list[Mapping[str, Value]]]]
    moves = [((), [])]
    for step in steps:
        if step.event:
            moves.append((((step.event, step.inputs),), []))
        else:
            moves[-1][1].append(step.inputs)
    return Run(origin[at], tuple(Move(e, tuple(s)) for e, s in moves), "condition")
