"""Broken promises by naive enumeration: every state, every walk, no cleverness.

The engines' answers are compared with these.  Nothing here is cut down to what a claim depends
on: the whole system is searched, with every obligation.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator

from solve_explicit import Explicit, State

from podcheck.core.claims import LivenessClaim, Start
from podcheck.core.system import Action

Node = tuple[State, tuple[int, ...], bool]  # a state, events of each limited kind, open?
Met = frozenset[str]


class ExplicitPromise(Explicit):
    """The runs of one liveness claim."""

    def __init__(self, claim: LivenessClaim) -> None:
        super().__init__(claim.system, claim.races)
        self.claim = claim
        self.kinds = sorted(claim.at_most)
        self.obliged = [e for e in claim.events if e.eventually or e.name in claim.fairness]

    # ---- states and steps -----------------------------------------------------------------

    def node(self, state: State, counts: tuple[int, ...], opened: bool) -> Node:
        """The promise after a state has been looked at."""
        promise = self.claim.promise
        if promise.since is not None and self.holds(promise.since, state):
            opened = True
        return state, counts, opened and not self.holds(promise.goal, state)

    def first(self, start: Start) -> Node:
        state = tuple(start.state[n] for n in self.names)
        return self.node(state, (0,) * len(self.kinds), self.claim.promise.since is None)

    def possible(self, event: Action, node: Node) -> bool:
        if event.kind in self.kinds:
            spent = node[1][self.kinds.index(event.kind)]
            if spent >= self.claim.at_most[event.kind]:
                return False
        return self.enabled(event, node[0])

    def steps(self, node: Node) -> Iterator[tuple[str, Node]]:
        """Every small step: the event's name, or nothing for a sync, and what it leads to."""
        state, counts, opened = node
        for _, after in self.outcomes(self.system.sync, state, {}, None):
            yield "", self.node(after, counts, opened)
        for event in self.claim.events:
            if self.possible(event, node):
                more = tuple(n + (k == event.kind) for n, k in zip(counts, self.kinds, strict=True))
                for _, after in self.outcomes(event, state, {}, None):
                    yield event.name, self.node(after, more, opened)

    def distances(self, start: Start) -> dict[Node, int]:
        """The fewest events to each state."""
        first = self.first(start)
        found = {first: 0}
        heap = [(0, 0, first)]
        while heap:
            events, _, node = heapq.heappop(heap)
            if found[node] < events:
                continue
            for name, after in self.steps(node):
                if events + bool(name) < found.get(after, 1 << 30):
                    found[after] = events + bool(name)
                    heapq.heappush(heap, (found[after], len(found), after))
        return found

    # ---- answers --------------------------------------------------------------------------

    def least_broken(self, start: Start) -> int | None:
        """The fewest events of a run that breaks the promise, stem and cycle together."""
        meanwhile = self.claim.promise.meanwhile
        best: int | None = None
        for node, events in self.distances(start).items():
            if not node[2]:
                continue
            if meanwhile is not None and not self.holds(meanwhile, node[0]):
                best = min(events, events if best is None else best)
            around = self.around(node)
            if around is not None:
                best = min(events + around, events + around if best is None else best)
        return best

    def is_made(self, start: Start) -> bool:
        """Does any run reach a state in which the promise is made?"""
        since = self.claim.promise.since
        return since is None or any(self.holds(since, n[0]) for n in self.distances(start))

    def around(self, anchor: Node) -> int | None:
        """The fewest events of a fair cycle through a state on which the promise stays open."""
        every = frozenset(["", *(e.name for e in self.obliged)])
        first = (anchor, self.free(anchor))
        found = {first: 0}
        heap = [(0, 0, first)]
        while heap:
            events, _, at = heapq.heappop(heap)
            if at == (anchor, every):
                return events
            if found[at] < events:
                continue
            for name, after in self.steps(at[0]):
                if not after[2]:
                    continue
                met = (at[1] | {name} if name in every else at[1]) | self.free(after)
                cost = events + bool(name)
                if cost < found.get((after, met), 1 << 30):
                    found[after, met] = cost
                    heapq.heappush(heap, (cost, len(found), (after, met)))
        return None

    def free(self, node: Node) -> Met:
        """The obligations that a state does not owe."""
        return frozenset(e.name for e in self.obliged if not self.possible(e, node))
