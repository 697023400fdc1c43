"""Explicit search for runs that break a promise: every state, and the shortest fair lasso.

Some fair run goes on forever with the promise open if and only if among the waiting states
there is a *fair part*: a strongly connected one in which a sync happens and each obliged
event happens or somewhere is not possible.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.core.answers import Run, SmallStep, run_of
from podcheck.core.claims import Start
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.fair_cycles import Edge, Lasso, fair_parts, shortest_lasso
from podcheck.explicit.layers import Layers
from podcheck.explicit.packed_states import Packed
from podcheck.explicit.packed_steps import PackedSteps
from podcheck.transform.liveness import MonitoredPromise

ENOUGH = 300_000  # steps, after which a lasso that is known need not be the shortest
GROWTH = 1.5  # how much more must have been explored before fair parts are looked for again


class Kept(NamedTuple):
    """No run breaks the promise: all of them were followed (``bound`` None), or all of this many
    events, stem and cycle together.  ``opened`` says if the promise is ever made."""

    states: int
    opened: bool
    bound: int | None = None


class LassoSearch:
    """Looks for runs that break a promise, from one start after another.

    What is known to be safe from an earlier start is not looked at again.
    """

    def __init__(self, explorer: Explorer, it: MonitoredPromise) -> None:
        self.explorer = explorer
        self.it = it
        self._steps = PackedSteps(explorer)
        self.safe: dict[Packed, bool] = {}  # may the promise be made from there?
        self.opened = False  # does some run of the last start make the promise?
        self.shortest = True  # is the last start's run known to be the shortest?
        self.violated = False  # is a run from the last start known to break the promise?

    def run(
        self, start: Start, most_events: int | None = None, *, short_will_do: bool = True
    ) -> Run | Kept:
        """A run with the fewest events, stem and cycle together, or that there is none.

        A run that reaches a broken state is preferred to a lasso of as many events.  Raises
        ``OutOfBudget`` if the explorer's steps ran out, unless a lasso has been found by then
        and ``short_will_do``; then it also stops after ``ENOUGH`` steps.
        """
        explorer = self.explorer
        layers = Layers(self._steps, self.it, start, self.safe)
        shortest = _Shortest(layers)
        self.shortest, self.violated = True, False
        try:
            while layers.frontier and not shortest.is_final:
                if most_events is not None and layers.depth > most_events:
                    self.shortest = shortest.is_final
                    return shortest.found(start) or Kept(len(layers.states), True, most_events)
                shortest.deepen(is_last=layers.depth == most_events)
                if short_will_do and shortest.lasso is not None:
                    explorer.max_steps = min(explorer.max_steps, max(explorer.steps, ENOUGH))
        except OutOfBudget as cut:
            cut.states = len(layers.states)
            self.opened, self.violated = layers.opened, shortest.lasso is not None
            if shortest.lasso is None or not short_will_do:
                raise
            self.shortest = False
        run = shortest.found(start)
        if run is not None:
            return run
        self.safe.update(dict.fromkeys(layers.states, layers.opened))
        return Kept(len(layers.states), layers.opened)


class _Shortest:
    """What breaks the promise with the fewest events, among the states explored so far."""

    def __init__(self, layers: Layers) -> None:
        self.layers = layers
        self.lasso: Lasso | None = None
        self.broken: int | None = None
        self._least = 0  # a lasso has this many events at least
        self._checked = 0

    @property
    def is_final(self) -> bool:
        """Can nothing shorter be found?"""
        if self.broken is not None:
            return True
        return self.lasso is not None and _events(self.lasso) <= self.layers.depth

    def deepen(self, *, is_last: bool) -> None:
        """One layer more; fair parts are looked for when that promises something new."""
        layers = self.layers
        self.broken = layers.deepen()
        grown = len(layers.states) >= GROWTH * self._checked
        found = self.broken is not None or self.lasso is not None
        if not (grown or found or is_last or not layers.frontier):
            return
        parts = fair_parts(layers.graph)
        if parts:
            self.lasso = shortest_lasso(layers.graph, parts, self._least)
        else:
            self._least, self._checked = layers.depth, len(layers.states)

    def found(self, start: Start) -> Run | None:
        """The run to show, if there is one."""
        graph = self.layers.graph
        if self.broken is not None:
            reached = graph.depths[self.broken]
            if self.lasso is None or _events(self.lasso) >= reached:
                return run_of(start, _plain(graph.stem(self.broken)), [])
        if self.lasso is not None:
            return run_of(start, _plain(self.lasso.stem), _plain(self.lasso.cycle))
        return None


def _events(lasso: Lasso) -> int:
    """How many events a lasso has, of stem and cycle together."""
    return sum(1 for e in (*lasso.stem, *lasso.cycle) if e.event)


def _plain(steps: Sequence[Edge]) -> list[SmallStep]:
    return [(e.event, e.inputs) for e in steps]
