"""The shortest lasso of a graph: a way to a fair cycle and once round it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import NamedTuple

from podcheck.core.terms import Value
from podcheck.explicit.components import components

MAX_VISITS = 1_000_000  # after which a short lasso will do


class Edge(NamedTuple):
    """One small step: an event (or none: a sync), its inputs, and the number of the state after.

    ``met`` has a bit for each obligation that the step meets.
    """

    event: str
    inputs: Mapping[str, Value]
    target: int
    met: int


@dataclass(slots=True)
class Graph:
    """States by number: the events it takes to each, the step that first led there, and the
    steps between states that wait for the promise.

    ``free`` has a bit for each obligation that is not owed in a state.
    """

    obligations: int
    depths: list[int] = field(default_factory=list)
    before: list[tuple[int, Edge] | None] = field(default_factory=list)
    steps: list[list[Edge]] = field(default_factory=list)
    free: list[int] = field(default_factory=list)

    @property
    def every(self) -> int:
        """All obligations, as bits."""
        return (1 << self.obligations) - 1

    def stem(self, node: int) -> list[Edge]:
        """The steps that lead to a state."""
        found = []
        while (step := self.before[node]) is not None:
            node, edge = step
            found.append(edge)
        return found[::-1]


def fair_parts(graph: Graph) -> dict[int, int]:
    """The states from which a fair cycle leads back, each with the number of its part."""
    found: dict[int, int] = {}
    parts = components([[e.target for e in steps] for steps in graph.steps])
    for number, part in enumerate(parts):
        inside = set(part)
        met, moves = 0, False
        for node in part:
            met |= graph.free[node]
            for edge in graph.steps[node]:
                if edge.target in inside:
                    met |= edge.met
                    moves = True
        if moves and met == graph.every:
            found.update(dict.fromkeys(part, number))
    return found


class Lasso(NamedTuple):
    """``cycle`` leads from where ``stem`` ends back to there."""

    stem: list[Edge]
    cycle: list[Edge]


def shortest_lasso(graph: Graph, parts: Mapping[int, int], least: int) -> Lasso:
    """The lasso with the fewest events, of stem and cycle together; then the shortest stem.

    ``parts`` are the graph's fair parts.  ``least`` is a number of events below which there
    is known to be none.  After ``MAX_VISITS`` states a short one is returned that need not be
    the shortest.
    """
    visits = 0
    best: tuple[int, int, list[Edge]] | None = None
    for anchor in sorted(parts, key=lambda n: (graph.depths[n], n)):
        depth = graph.depths[anchor]
        if best is not None and (depth >= best[0] or best[0] <= least or visits > MAX_VISITS):
            break
        room = None if best is None else best[0] - 1 - depth
        round_trip = _Cycle(graph, parts, anchor, room)
        cycle = round_trip.shortest()
        visits += round_trip.visits
        if cycle is not None:
            best = (depth + _events(cycle), anchor, cycle)
    assert best is not None, "a fair part holds a fair cycle"
    return Lasso(graph.stem(best[1]), best[2])


def _events(steps: Iterable[Edge]) -> int:
    return sum(1 for e in steps if e.event)


_At = tuple[int, int]  # a state, and the obligations met on the way there


class _Cycle:
    """The shortest fair cycle through one state, the nearest to the start of all on it."""

    def __init__(
        self, graph: Graph, parts: Mapping[int, int], anchor: int, room: int | None
    ) -> None:
        self.graph = graph
        self.parts = parts
        self.anchor = anchor
        self.room = room  # how many events it may have (None: any number)
        self.visits = 0

    def shortest(self) -> list[Edge] | None:
        """Its steps: the fewest events, then the fewest syncs; None if there is no room."""
        graph = self.graph
        first, goal = (self.anchor, graph.free[self.anchor]), (self.anchor, graph.every)
        came: dict[_At, tuple[_At, Edge]] = {}
        cost = {first: (0, 0)}
        heap = [(0, 0, 0, first)]
        while heap:
            events, syncs, _, at = heappop(heap)
            if at == goal:
                return self._steps(came, first)
            if cost[at] < (events, syncs):
                continue
            self.visits += 1
            for edge in self._steps_from(at[0]):
                more = (events + bool(edge.event), syncs + (not edge.event))
                after = (edge.target, at[1] | edge.met | graph.free[edge.target])
                if self.room is not None and more[0] > self.room:
                    continue
                if after not in cost or more < cost[after]:
                    cost[after] = more
                    came[after] = (at, edge)
                    heappush(heap, (*more, len(came), after))
        return None

    def _steps_from(self, node: int) -> Iterable[Edge]:
        """The steps that stay in the part and come no nearer to the start than the anchor."""
        depths, part = self.graph.depths, self.parts[self.anchor]
        nearest = depths[self.anchor]
        for edge in self.graph.steps[node]:
            if self.parts.get(edge.target) == part and depths[edge.target] >= nearest:
                yield edge

    def _steps(self, came: Mapping[_At, tuple[_At, Edge]], first: _At) -> list[Edge]:
        at: _At = (self.anchor, self.graph.every)
        found: list[Edge] = []
        while at != first:
            at, edge = came[at]
            found.append(edge)
        return found[::-1]
