"""Explicit search: the states a pod can reach, one by one, with no solver.

Breadth first, events before their inputs, in the order the system declares them, so that the
first path found to a state is a shortest one and, among those, the least.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from podcheck.interpret.machine import MAX_SYNCS, Machine, NotSettled, State
from podcheck.model.claims import Move, Run, Start
from podcheck.model.sensitivity import sensitivity
from podcheck.model.system import Action
from podcheck.model.terms import Term, Value

Values = dict[str, Value]
NO_LIMITS: Mapping[str, tuple[Value, ...]] = {}


class OutOfBudget(Exception):
    """The search tried as many steps as it was allowed, or a limit has been passed; the text says
    which.  ``states`` is how many states it visited, and ``events`` how many may happen without
    what it looks for, if it counted them."""

    states: int | None = None
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """A state, how it was reached (``None`` for the first), and by which move."""

    state: State
    before: Reached | None
    move: Move


class Explorer:
    """Enumerates what a machine can do, with every value of the inputs that matter."""

    def __init__(
        self,
        machine: Machine,
        races: bool,
        max_steps: int,
        expired: Callable[[], str] | None = None,
    ) -> None:
        self.expired = expired
        self.machine = machine
        self.races = races
        self.max_steps = max_steps
        self.steps = 0
        self._matters: dict[str, list[tuple[str, Term, tuple[Value, ...]]]] = {}
        self._settled: dict[tuple[State, tuple[Value, ...] | None], list[_Settled]] = {}

    def _choices(
        self,
        action: Action,
        state: State,
        kill_codes: tuple[Value, ...] | None,
        limits: Mapping[str, tuple[Value, ...]],
    ) -> Iterator[Values]:
        matters = self._matters.get(action.name)
        if matters is None:
            conditions = sensitivity(action)
            matters = self._matters[action.name] = [
                (i.name, conditions[i.name], tuple(i.sort.values))
                for i in action.inputs
                if i.role != "race" or self.races
            ]
            self._roles = {i.name: i.role for a in self.machine.system.actions() for i in a.inputs}
        if not matters:
            yield {}
            return
        names, values = [], []
        for name, condition, domain in matters:
            if condition.is_const:
                relevant = bool(condition.value)
            else:
                relevant = bool(self.machine.value(condition, state))
            if kill_codes is not None and self._roles[name] == "kill":
                domain = kill_codes
            elif name in limits:
                domain = limits[name]
            if relevant:
                names.append(name)
                values.append(domain)
        for chosen in product(*values):
            yield dict(zip(names, chosen, strict=True))

    def after(
        self,
        action: Action,
        state: State,
        kill_codes: tuple[Value, ...] | None = None,
        limits: Mapping[str, tuple[Value, ...]] = NO_LIMITS,
    ) -> Iterator[tuple[Values, State]]:
        """Every state one action can lead to, with inputs that its guard allows.

        ``limits`` names the values an event's inputs may take; an input that is not named
        may take any.
        """
        machine, name = self.machine, action.name
        if action.event and not machine.possible(name, state):
            return
        depends = bool(action.event) and machine.guard_reads_inputs(name)
        seen: set[State] = set()
        for inputs in self._choices(action, state, kill_codes, limits):
            self.steps += 1
            if self.steps > self.max_steps:
                raise OutOfBudget(f"not all states were visited in {self.max_steps:,} steps")
            if self.expired is not None and not self.steps % 512 and (passed := self.expired()):
                raise OutOfBudget(passed)
            if depends and not machine.possible(name, state, inputs):
                continue
            result = machine.apply(name, state, inputs)
            if result not in seen:
                seen.add(result)
                yield inputs, result

    def settled(self, state: State, kill_codes: tuple[Value, ...] | None = None) -> list[_Settled]:
        """Every settled state that the syncs can lead to, with the inputs of each sync."""
        key = (state, kill_codes)
        found = self._settled.get(key)
        if found is None:
            found = self._settled[key] = list(self._settle(state, kill_codes))
        return found

    def _settle(self, state: State, kill_codes: tuple[Value, ...] | None) -> Iterator[_Settled]:
        seen: set[State] = set()
        stack: list[tuple[State, tuple[Values, ...]]] = [(state, ())]
        while stack:
            at, syncs = stack.pop()
            if len(syncs) > MAX_SYNCS:
                raise NotSettled(self.machine.system.pod)
            following = list(self.after(self.machine.system.sync, at, kill_codes))
            if all(s == at for _, s in following):
                if at not in seen:
                    seen.add(at)
                    yield _Settled(at, syncs)
                continue
            stack.extend((s, (*syncs, v)) for v, s in reversed(following) if s != at)


@dataclass(frozen=True, slots=True)
class _Settled:
    state: State
    syncs: tuple[Values, ...]


def reachable(
    explorer: Explorer,
    start: Start,
    events: Sequence[Action],
    wanted: Callable[[State], bool],
) -> Iterator[Reached]:
    """The settled states that events, each after the last has settled, can lead to.

    Yields those that are ``wanted``, nearest first.  Early events come before the first sync.
    Raises ``OutOfBudget`` if the search was cut off before it was complete.
    """
    machine = explorer.machine
    first = machine.state_of(start.state)
    queue: list[Reached] = []
    seen: set[State] = set()
    roots: list[tuple[State, tuple[tuple[str, Values], ...]]] = [(first, ())]
    if not start.settled:
        roots += [
            (after, ((e.name, inputs),))
            for e in events
            if e.early
            for inputs, after in explorer.after(e, first)
        ]
    try:
        for state, happened in roots:
            for s in explorer.settled(state):
                if s.state not in seen:
                    seen.add(s.state)
                    queue.append(Reached(s.state, None, Move(happened, s.syncs)))
        position = 0
        while position < len(queue):
            at = queue[position]
            position += 1
            if wanted(at.state):
                yield at
            for event in events:
                for inputs, state in explorer.after(event, at.state):
                    for s in explorer.settled(state):
                        if s.state not in seen:
                            seen.add(s.state)
                            move = Move(((event.name, inputs),), s.syncs)
                            queue.append(Reached(s.state, at, move))
    except OutOfBudget as cut:
        cut.states = len(seen)
        raise


def path(reached: Reached, start: Start) -> Run:
    """The run that leads to a reached state."""
    moves: list[Move] = []
    at: Reached | None = reached
    while at is not None:
        moves.append(at.move)
        at = at.before
    moves.reverse()
    return Run(start, tuple(moves))
