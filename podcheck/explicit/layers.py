"""The states that runs of a watched promise come to, an event deeper at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podcheck.core.claims import Start
from podcheck.explicit.fair_cycles import Edge, Graph
from podcheck.explicit.packed_states import Packed
from podcheck.explicit.packed_steps import Happenings, PackedSteps
from podcheck.transform.liveness import OPEN, MonitoredPromise


class Layers:
    """The graph of one start, whose layer ``n`` holds what takes ``n`` events to come to.

    A run is followed no further where its promise was made at the start and is kept, nor
    from a state that is known to be ``safe``.
    """

    def __init__(
        self, steps: PackedSteps, it: MonitoredPromise, start: Start, safe: Mapping[Packed, bool]
    ) -> None:
        self.it = it
        self.graph = Graph(1 + len(it.obliged))
        self.states: list[Packed] = []
        self.opened = it.since is None  # has the promise been made anywhere?
        self.depth = 0  # how many layers have been explored
        self._steps = steps
        self._happenings = Happenings(steps, it.system.events)
        self._is_broken = steps.condition(it.broken)
        self._is_waiting = steps.condition(it.waiting)
        self._opens = None if it.since is None else steps.condition(it.since)
        self._safe = safe
        self._numbers: dict[Packed, int] = {}
        self._waits: list[bool] = []
        self._met = {e.name: 2 << n for n, e in enumerate(it.obliged)}
        self._obliged = [(self._met[e.name], steps.possible(e)) for e in it.obliged]
        self._open = steps.packing.mask([OPEN])
        self._noted_open = self._open & -self._open  # the field's lowest bit
        self._add(self._noted(steps.packing.pack(steps.machine.state_of(start.state))), 0, None)
        self.frontier = [0]

    def deepen(self) -> int | None:
        """Explore the next layer; its first state in which the promise is broken, if any."""
        layer, self.frontier = self.frontier, []
        broken = None
        for node in layer:  # grows by what syncs lead to
            if broken is None and self._is_broken(self.states[node]):
                broken = node
            if not self._is_over(node):
                for inputs, after in self._steps.syncs(self.states[node]):
                    layer += self._take(node, Edge("", inputs, 0, 1), after)
        for node in layer:
            if not self._is_over(node):
                state = self.states[node]
                for name, inputs, keep, put in self._happenings.of(state):
                    edge = Edge(name, inputs, 0, self._met.get(name, 0))
                    self.frontier += self._take(node, edge, state & keep | put)
        self.depth += 1
        return broken

    def _take(self, node: int, edge: Edge, after: Packed) -> Sequence[int]:
        """Note a step, whose target is not in the edge yet; the state after it, if it is new."""
        state = self._noted(after)
        known = self._numbers.get(state)
        edge = edge._replace(target=len(self.states) if known is None else known)
        if known is None:
            self._add(state, self.graph.depths[node] + bool(edge.event), (node, edge))
        if self._waits[node] and self._waits[edge.target]:
            self.graph.steps[node].append(edge)
        return () if known is not None else (edge.target,)

    def _noted(self, state: Packed) -> Packed:
        """The state with the promise noted as open exactly where it waits: nothing else counts."""
        return state & ~self._open | (self._noted_open if self._is_waiting(state) else 0)

    def _add(self, state: Packed, depth: int, before: tuple[int, Edge] | None) -> None:
        self._numbers[state] = len(self.states)
        self.states.append(state)
        self._waits.append(bool(state & self._open))
        graph = self.graph
        graph.depths.append(depth)
        graph.before.append(before)
        graph.steps.append([])
        free = 0
        if self._waits[-1]:
            for met, is_possible in self._obliged:
                if not is_possible(state):
                    free |= met
        graph.free.append(free)
        if not self.opened:
            assert self._opens is not None
            self.opened = self._opens(state) or self._safe.get(state, False)

    def _is_over(self, node: int) -> bool:
        """Can nothing that comes after this state break the promise?"""
        kept = self.it.since is None and not self._waits[node]
        return kept or self.states[node] in self._safe
