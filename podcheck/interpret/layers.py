"""The states that runs of a watched promise come to, an event deeper at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podcheck.interpret.cycles import Edge, Graph
from podcheck.interpret.machine import State
from podcheck.interpret.search import Explorer
from podcheck.model.claims import Start
from podcheck.model.liveness import OPEN, Watched
from podcheck.model.system import Action
from podcheck.model.terms import Term


class Layers:
    """The graph of one start, whose layer ``n`` holds what takes ``n`` events to come to.

    A run is followed no further where its promise was made at the start and is kept, nor
    from a state that is known to be ``safe``.
    """

    def __init__(
        self, explorer: Explorer, it: Watched, start: Start, safe: Mapping[State, bool]
    ) -> None:
        self.it = it
        self.graph = Graph(1 + len(it.obliged))
        self.states: list[State] = []
        self.opened = it.since is None  # has the promise been made anywhere?
        self.depth = 0  # how many layers have been explored
        self._explorer = explorer
        self._machine = explorer.machine
        self._safe = safe
        self._numbers: dict[State, int] = {}
        self._waits: list[bool] = []
        self._met = {e.name: 2 << n for n, e in enumerate(it.obliged)}
        self._place = self._machine.index[OPEN]
        self._add(self._noted(self._machine.state_of(start.state)), 0, None)
        self.frontier = [0]

    def deepen(self) -> int | None:
        """Explore the next layer; its first state in which the promise is broken, if any."""
        layer, self.frontier = self.frontier, []
        broken = None
        for node in layer:  # grows by what syncs lead to
            if broken is None and self._holds(self.it.broken, self.states[node]):
                broken = node
            layer += self._follow(node, self.it.system.sync, 0)
        for node in layer:
            for event in self.it.system.events:
                self.frontier += self._follow(node, event, 1)
        self.depth += 1
        return broken

    def _follow(self, node: int, action: Action, events: int) -> Iterator[int]:
        """Take an action in every way; the states that were not known before."""
        if self._is_over(node):
            return
        met = self._met.get(action.name, 0) if events else 1
        name = action.name if events else ""
        for inputs, after in self._explorer.after(action, self.states[node]):
            state = self._noted(after)
            known = self._numbers.get(state)
            edge = Edge(name, inputs, len(self.states) if known is None else known, met)
            if known is None:
                self._add(state, self.graph.depths[node] + events, (node, edge))
                yield edge.target
            if self._waits[node] and self._waits[edge.target]:
                self.graph.steps[node].append(edge)

    def _noted(self, state: State) -> State:
        """The state with the promise noted as open exactly where it waits: nothing else counts."""
        waits = self._holds(self.it.waiting, state)
        place = self._place
        return state if state[place] is waits else (*state[:place], waits, *state[place + 1 :])

    def _add(self, state: State, depth: int, before: tuple[int, Edge] | None) -> None:
        self._numbers[state] = len(self.states)
        self.states.append(state)
        self._waits.append(bool(state[self._place]))
        graph = self.graph
        graph.depths.append(depth)
        graph.before.append(before)
        graph.steps.append([])
        free = 0
        for event in self.it.obliged:
            if self._waits[-1] and not self._machine.possible(event.name, state):
                free |= self._met[event.name]
        graph.free.append(free)
        if not self.opened:
            assert self.it.since is not None
            self.opened = self._holds(self.it.since, state) or self._safe.get(state, False)

    def _is_over(self, node: int) -> bool:
        """Can nothing that comes after this state break the promise?"""
        kept = self.it.since is None and not self._waits[node]
        return kept or self.states[node] in self._safe

    def _holds(self, condition: Term, state: State) -> bool:
        return bool(self._machine.value(condition, state))
