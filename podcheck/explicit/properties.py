"""Explicit checking of properties: every state, settled or not, events at any time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.core.answers import Move, Run
from podcheck.core.claims import Start
from podcheck.core.system import Action
from podcheck.core.terms import TRUE, Term
from podcheck.explicit.explorer import Explorer, OutOfBudget, Values
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.explicit.packed_states import Packed, Packing
from podcheck.explicit.packed_steps import Happenings, PackedSteps
from podcheck.transform.environment import with_event_limits

# How a state was reached: from which, by which event (empty: a sync), with which inputs.
_Step = tuple[Packed, str, Values]


class Complete(NamedTuple):
    """Every reachable state was visited and none violates the condition."""

    reached: Sequence[Packed]
    packing: Packing

    @property
    def states(self) -> int:
        return len(self.reached)

    @property
    def visited(self) -> tuple[State, ...]:
        """The states, in the order in which they were reached."""
        return tuple(map(self.packing.unpack, self.reached))


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
    if at_most:
        system, events = with_event_limits(explorer.machine.system, events, at_most)
        machine = Interpreter(system._replace(events=tuple(events)))
        explorer = Explorer(machine, explorer.races, explorer.max_steps, explorer.expired)
    return _Search(explorer, starts, events, condition).answer()


class _Search:
    """The states reached so far, in the order in which they were."""

    def __init__(
        self,
        explorer: Explorer,
        starts: Sequence[Start],
        events: Sequence[Action],
        condition: Term,
    ) -> None:
        self._steps = PackedSteps(explorer)
        self._happenings = Happenings(self._steps, events)
        self._on_steps = explorer.machine.reads_primed(condition)
        self._holds = self._steps.condition(TRUE if self._on_steps else condition)
        self._step_holds = self._steps.step_condition(condition if self._on_steps else TRUE)
        self._reached: dict[Packed, _Step | None] = {}
        self._origin: dict[Packed, Start] = {}
        for start in starts:
            state = self._steps.packing.pack(explorer.machine.state_of(start.state))
            if state not in self._reached:
                self._reached[state] = None
                self._origin[state] = start

    def answer(self) -> Run | Complete:
        layer = list(self._reached)
        complete: int | None = None  # this many events lead to no violation
        try:
            while layer:
                found = self._sync(layer) or self._judge(layer)
                if found is not None:
                    return found
                following: list[Packed] = []
                found = self._happen(layer, following)
                if found is not None:
                    return found
                layer = following
                complete = 0 if complete is None else complete + 1
        except OutOfBudget as cut:
            cut.states, cut.events = len(self._reached), complete
            raise
        return Complete(list(self._reached), self._steps.packing)

    def _sync(self, layer: list[Packed]) -> Run | None:
        """Every sync from the layer's states, which grow by what the syncs lead to."""
        reached, fails = self._reached, self._step_holds.fails
        for state in layer:
            for inputs, after in self._steps.syncs(state):
                if after not in reached:
                    reached[after] = (state, "", inputs)
                    layer.append(after)
                if self._on_steps and fails(state, after):
                    return self._run(state, ("", inputs))
        return None

    def _judge(self, layer: list[Packed]) -> Run | None:
        if not self._on_steps:
            for state in layer:
                if not self._holds(state):
                    return self._run(state)
        return None

    def _happen(self, layer: list[Packed], following: list[Packed]) -> Run | None:
        """Every event that can happen in the layer's states; what is new follows."""
        reached, happenings = self._reached, self._happenings.of
        on_steps, fails = self._on_steps, self._step_holds.fails
        for state in layer:
            for name, inputs, keep, put in happenings(state):
                after = state & keep | put
                if on_steps and fails(state, after):
                    return self._run(state, (name, inputs))
                if after not in reached:
                    reached[after] = (state, name, inputs)
                    following.append(after)
        return None

    def _run(self, state: Packed, last: tuple[str, Values] | None = None) -> Run:
        """The run that leads to a state, and one step more."""
        steps = [] if last is None else [last]
        while (step := self._reached[state]) is not None:
            before, name, inputs = step
            steps.append((name, inputs))
            state = before
        moves: list[tuple[tuple[tuple[str, Values], ...], list[Values]]] = [((), [])]
        for name, inputs in reversed(steps):
            if name:
                moves.append((((name, inputs),), []))
            else:
                moves[-1][1].append(inputs)
        moved = tuple(Move(events, tuple(syncs)) for events, syncs in moves)
        return Run(self._origin[state], moved, "condition")
