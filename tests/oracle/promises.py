"""Promises on concrete states: is there a fair run that goes on forever with the promise open?

A node is a state with whether the promise was open before it.  A fair run that breaks the promise
stays, from some point on, in a strongly connected part of the open nodes in which a sync happens
and each event that must come happens, or somewhere is not possible.  Counts that grow would make
every node a new one; so nodes that differ in counts alone are taken for one while a cycle is
looked for, and a cycle counts only if it can be gone round again and again on the real states.
"""

from __future__ import annotations

from typing import NamedTuple

from oracle.machine import Choices, Event, Spent
from oracle.sequences import Trail
from oracle.states import Found, World
from oracle.values import Meaning, State

ROUNDS = 8  # that a cycle is gone round, where counts differ


class Promise(NamedTuple):
    """``since`` opens it (None: the start of a run), ``goal`` keeps it, ``meanwhile`` must hold
    while it is open (None: nothing must); ``must`` are the events that happen some day."""

    since: Meaning | None
    goal: Meaning
    meanwhile: Meaning | None
    must: tuple[Event, ...]


class Answered(NamedTuple):
    """A run that breaks the promise, if one was found; whether all were followed; whether one
    makes it."""

    broken: Found | None
    complete: bool
    made: bool


class _Node(NamedTuple):
    state: State
    open: bool
    spent: tuple[int, ...]  # events of the kinds that are limited


Step = tuple[str, Choices]  # an event (empty: a sync) and what is chosen


class _Edge(NamedTuple):
    event: str
    target: int
    step: Step


class Search:
    """One promise, from one start."""

    def __init__(self, world: World, promise: Promise) -> None:
        self.world = world
        self.promise = promise
        self.kinds = tuple(sorted(world.most))
        machine = world.machine
        counts = {f for f, d in machine.pack.container_state.items() if d.sort.kind == "count"}
        self.counts = {p for (owner, f), p in machine.places.items() if owner and f in counts}
        self.nodes: list[_Node] = []
        self.trails: list[Trail | None] = []
        self.edges: list[list[_Edge]] = []
        self.numbers: dict[_Node, int] = {}
        self.merged = False
        self.made = promise.since is None

    # ---- nodes -------------------------------------------------------------------------------

    def is_waiting(self, node: _Node) -> bool:
        value, promise = self.world.machine.value, self.promise
        begins = node.open or (promise.since is not None and bool(value(promise.since, node.state)))
        self.made = self.made or begins
        return begins and not value(promise.goal, node.state)

    def is_broken(self, node: _Node, waiting: bool) -> bool:
        meanwhile = self.promise.meanwhile
        return (
            waiting
            and meanwhile is not None
            and not self.world.machine.value(meanwhile, node.state)
        )

    def _number(self, node: _Node, trail: Trail | None) -> int:
        plain = tuple(0 if i in self.counts else x for i, x in enumerate(node.state))
        key = node._replace(state=plain)
        if key not in self.numbers:
            self.numbers[key] = len(self.nodes)
            self.nodes.append(node)
            self.trails.append(trail)
        elif self.nodes[self.numbers[key]] != node:
            self.merged = True
        return self.numbers[key]

    def following(self, node: _Node, waiting: bool) -> list[tuple[str, Choices, _Node]]:
        """Every small step from a node."""
        world = self.world
        found: list[tuple[str, Choices, _Node]] = []
        for choices, after in world.machine.syncs(node.state, world.codes.kills, world.races):
            found.append(("", dict(choices), _Node(after, waiting, node.spent)))
        for event in world.events:
            spent = self._spent(event, node)
            if spent is None:
                continue
            for choices, after in world.machine.happenings(
                event, node.state, world.codes.events, ()
            ):
                found.append((event.name, dict(choices), _Node(after, waiting, spent)))
        return found

    def _spent(self, event: Event, node: _Node) -> tuple[int, ...] | None:
        if event.kind not in self.kinds:
            return node.spent
        place = self.kinds.index(event.kind)
        if node.spent[place] >= self.world.most[event.kind]:
            return None
        return (*node.spent[:place], node.spent[place] + 1, *node.spent[place + 1 :])

    def owes(self, event: Event, node: _Node) -> bool:
        """Is an event that must come possible in a node?"""
        if self._spent(event, node) is None:
            return False
        return self.world.machine.is_possible(event, node.state)

    # ---- the search --------------------------------------------------------------------------

    def answer(self, start: Found) -> Answered:
        """Follow every run, as far as the machine's limit of steps allows."""
        first = _Node(start.state, self.promise.since is None, (0,) * len(self.kinds))
        self._number(first, start.trail)
        complete = True
        waiting: list[bool] = []
        try:
            for number, node in enumerate(self.nodes):  # which grow
                waits = self.is_waiting(node)
                waiting.append(waits)
                trail = self.trails[number]
                if self.is_broken(node, waits):
                    return Answered(Found(node.state, trail, -1), False, True)
                found: list[_Edge] = []
                self.edges.append(found)
                for name, choices, after in self.following(node, waits):
                    target = self._number(after, Trail(trail, name, choices))
                    found.append(_Edge(name, target, (name, choices)))
        except Spent:
            complete = False
        self.edges += [[] for _ in range(len(self.nodes) - len(self.edges))]
        waiting += [False] * (len(self.nodes) - len(waiting))
        for part in components(self.edges, waiting):
            lasso = self._lasso(part)
            if lasso is not None and (not self.merged or self._goes_on(*lasso)):
                return Answered(Found(self.nodes[part[0]].state, lasso[0], -1), False, True)
        return Answered(None, complete and not self.merged, self.made)

    def _lasso(self, part: list[int]) -> tuple[Trail | None, list[Step]] | None:  # fmt: skip
        """A way to a part and a fair cycle in it, if it has one: past a sync, and for each event
        that must come past that event or a node where it is not possible."""
        inside = set(part)
        edges = [(n, e) for n in part for e in self.edges[n] if e.target in inside]
        syncs = [(n, e) for n, e in edges if not e.event]
        if not syncs:
            return None
        stops: list[tuple[int, _Edge | None]] = [*syncs[:1]]
        for event in self.promise.must:
            free: list[tuple[int, _Edge | None]] = [
                (n, None) for n in part if not self.owes(event, self.nodes[n])
            ]
            done: list[tuple[int, _Edge | None]] = [
                (n, e) for n, e in edges if e.event == event.name
            ]
            if not free and not done:
                return None
            stops += (free or done)[:1]
        home = part[0]
        at, cycle = home, list[Step]()
        for node, edge in [*stops, (home, None)]:
            cycle += self._way(at, node, inside)
            at = node
            if edge is not None:
                cycle.append(edge.step)
                at = edge.target
        return self.trails[home], cycle

    def _way(self, start: int, end: int, inside: set[int]) -> list[Step]:
        """The steps of a shortest way between two nodes of a part."""
        before: dict[int, tuple[int, _Edge] | None] = {start: None}
        layer = [start]
        for node in layer:  # which grows
            for edge in self.edges[node]:
                if edge.target in inside and edge.target not in before:
                    before[edge.target] = (node, edge)
                    layer.append(edge.target)
        steps = []
        came = before[end]
        while came is not None:
            steps.append(came[1].step)
            came = before[came[0]]
        return steps[::-1]

    def _goes_on(self, stem: Trail | None, cycle: list[Step]) -> bool:
        """Can a cycle be gone round on the real states, with the promise open all the time?"""
        state = self.nodes[0].state
        known = self.trails[0].steps() if self.trails[0] is not None else []
        way = [] if stem is None else stem.steps()[len(known) :]
        node = self.nodes[0]
        for step in way:
            found = self._taken(step, node)
            if found is None:
                return False
            node = found
        for _ in range(ROUNDS):
            for step in cycle:
                found = self._taken(step, node)
                if found is None or not self.is_waiting(found):
                    return False
                node = found
        return state == self.nodes[0].state

    def _taken(self, step: Step, node: _Node) -> _Node | None:
        """A node after a step, if it can be taken."""
        waiting, machine = self.is_waiting(node), self.world.machine
        name, choices = step
        if not name:
            return _Node(machine.sync(node.state, choices), waiting, node.spent)
        event = machine.events[name]
        spent = self._spent(event, node)
        if spent is None or not machine.is_possible(event, node.state):
            return None
        return _Node(machine.happen(event, node.state, choices), waiting, spent)


def components(edges: list[list[_Edge]], waiting: list[bool]) -> list[list[int]]:
    """The strongly connected parts of the waiting nodes: those with a step inside."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    found: list[list[int]] = []
    for root in range(len(edges)):
        if root in index or not waiting[root]:
            continue
        work: list[tuple[int, int]] = [(root, 0)]
        while work:
            node, turn = work.pop()
            if turn == 0:
                index[node] = low[node] = len(index)
                stack.append(node)
                on_stack.add(node)
            targets = [e.target for e in edges[node] if waiting[e.target]]
            if turn > 0:
                low[node] = min(low[node], low[targets[turn - 1]])
            for place in range(turn, len(targets)):
                target = targets[place]
                if target not in index:
                    work += [(node, place + 1), (target, 0)]
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                if low[node] == index[node]:
                    part: list[int] = []
                    while not part or part[-1] != node:
                        part.append(stack.pop())
                        on_stack.discard(part[-1])
                    part.sort()
                    if len(part) > 1 or node in targets:
                        found.append(part)
    return found
