"""Random walks: states that runs come to, and violations, found quickly and by chance."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import TypeVar

from podcheck.core.answers import Reached, SmallStep
from podcheck.core.claims import Start
from podcheck.core.distance import distance
from podcheck.core.effort import WALKED, Expired
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, Input, TransitionSystem
from podcheck.core.terms import Term, Value, const
from podcheck.explicit.interpreter import Inputs, Interpreter, State

Item = TypeVar("Item")

LENGTH = 160  # steps of one walk at most
STILL = 8  # steps that change nothing end it
TRIES = 8  # to find an event that is possible
KEPT = 8  # states nearest to a violation
SPREAD = 89  # of the places at which walks leave the way to those; a prime


class Walks:
    """Random walks from each of the starts in turn; the same each time, on every machine.

    Some begin at a start; most go on from where others came nearest to a violation, once there
    is such a state.  ``violations`` has, by the start's number, where the condition was first
    violated (for a condition on steps: after the step).
    """

    def __init__(
        self, system: TransitionSystem, starts: Sequence[Start], races: bool, condition: Term
    ) -> None:
        machine = Interpreter(system)
        self.violations: dict[int, Reached] = {}
        self._walk = _walks(machine, races)
        self._turns = count()
        away = distance(condition, met=False, causes=_causes(system))
        places = enumerate(starts)
        self._places = [_Place(machine, condition, away, n, start) for n, start in places]

    def go_on(self, steps: int, expired: Expired | None = None) -> None:
        """About this many steps more, fewer if a violation is found from every start or the time
        has ``expired``."""
        taken = 0
        while steps > 0 and len(self.violations) < len(self._places):
            if expired is not None and expired(taken * WALKED):
                return
            taken = 0
            turn, number = divmod(next(self._turns), len(self._places))
            place = self._places[number]
            if number in self.violations:
                continue
            at = place.begin(turn)
            for step, state in self._walk(at, turn):
                steps, taken = steps - 1, taken + 1
                found = place.comes(at, step, state)
                if found is not None:
                    self.violations.setdefault(number, found)
                at = state

    @property
    def states(self) -> list[Reached]:
        """What the walks came to, each state once for each start."""
        return [reached for place in self._places for reached in place.states()]

    def named(self) -> Iterator[Mapping[str, Value]]:
        """The same, without the way to it."""
        for place in self._places:
            yield from place.named()


class _Place:
    """What walks from one start have come to, and from where the next one begins."""

    def __init__(
        self, machine: Interpreter, condition: Term, away: Term, number: int, start: Start
    ) -> None:
        self._machine = machine
        self._condition = condition
        self._on_steps = machine.reads_primed(condition)
        self._away = away  # how far a state is from a violation
        self._number = number
        self._start = machine.state_of(start.state)
        self._came: dict[State, tuple[State, SmallStep] | None] = {self._start: None}
        self._nearest: list[tuple[int, int, State]] = []  # distance, when it was found, state
        self._least = 0  # distance of what this walk came to

    def begin(self, turn: int) -> State:
        """Each time that a state is taken it counts as farther away: its way on may be barred,
        as where a container has exited for good.  So every fifth walk leaves the way to such a
        state somewhere before it."""
        state = self._start
        if turn % 5 and self._nearest:
            far, found, state = self._nearest.pop(0)
            insort(self._nearest, (far + 1, found, state))
            if turn % 5 == 1:
                state = self._on_the_way_to(state, turn)
        self._least = self._distance(state)
        return state

    def comes(self, before: State, step: SmallStep, state: State) -> Reached | None:
        """A walk takes a step; the violation that it comes to, if it does."""
        if state not in self._came:
            self._came[state] = before, step
            far = self._distance(state)
            if far < self._least:
                self._least = far
                insort(self._nearest, (far, len(self._came), state))
                del self._nearest[KEPT:]
        known = before if self._on_steps else state
        if self._machine.value_on_step(self._condition, known, state):
            return None
        if self._on_steps:
            return Reached(
                self._machine.named(state), self._number, (*self._steps_to(before), step)
            )
        return self._reached(state)

    def states(self) -> list[Reached]:
        steps: dict[State, tuple[SmallStep, ...]] = {self._start: ()}
        for state, came in self._came.items():
            if came is not None:
                steps[state] = (*steps[came[0]], came[1])
        del steps[self._start]
        return [Reached(self._machine.named(s), self._number, taken) for s, taken in steps.items()]

    def named(self) -> Iterator[Mapping[str, Value]]:
        return (self._machine.named(state) for state in self._came)

    def _reached(self, state: State) -> Reached:
        return Reached(self._machine.named(state), self._number, self._steps_to(state))

    def _on_the_way_to(self, state: State, turn: int) -> State:
        way = [state]
        came = self._came[state]
        while came is not None:
            way.append(came[0])
            came = self._came[came[0]]
        return way[turn // 5 * SPREAD % len(way)]

    def _steps_to(self, state: State) -> tuple[SmallStep, ...]:
        steps: list[SmallStep] = []
        came = self._came[state]
        while came is not None:
            before, step = came
            steps.append(step)
            came = self._came[before]
        return tuple(reversed(steps))

    def _distance(self, state: State) -> int:
        return int(self._machine.value_on_step(self._away, state, state))


def _causes(system: TransitionSystem) -> dict[str, Term]:
    """What a sync makes of the variables that nothing else changes, but for containers'."""
    changed = {v.name for v in system.variables if v.container}
    changed.update(name for event in system.events for name in event.updates)
    sync = system.sync
    choices = {i.name: const(i.sort, i.sort.values[0]) for i in sync.inputs}
    causes = {name: term for name, term in sync.updates.items() if name not in changed}
    made = substituted(list(causes.values()), choices)
    return {name: made[term] for name, term in causes.items()}


Walk = Callable[[State, int], Iterator[tuple[SmallStep, State]]]


def _walks(machine: Interpreter, races: bool) -> Walk:
    """Walks by number.

    Each takes the events of ordinary lives and its own share of the other kinds, every fourth
    only one, so that rare events are not always undone by others.  Many walks choose the same
    for all containers, always, as it takes to have each of them exit with 0.
    """
    numbers = _numbers()
    system = machine.system
    kinds = sorted({event.event for event in system.events})
    ordinary = {event.event for event in system.events if event.ordinary}

    def one_of(items: Sequence[Item]) -> Item:
        return items[next(numbers) % len(items)]

    def happens(percent: int) -> bool:
        return next(numbers) % 100 < percent

    def walk(state: State, number: int) -> Iterator[tuple[SmallStep, State]]:
        share, quiet = (0, 15, 40, 80)[number % 4], (50, 70, 90)[number % 3]
        steady: dict[str, Value] | None = {} if not share or number % 8 < 4 else None
        mine = ordinary | {kind for kind in kinds if happens(share)}
        if not share and kinds:
            mine.add(one_of(kinds))
        events = [event for event in system.events if event.event in mine]

        def value(action: Action, i: Input) -> Value:
            if i.role == "race" and not races:
                return i.sort.values[0]
            if steady is None:
                return one_of(i.sort.values)
            kind = f"{action.event}: {i.name.rpartition(': ')[2].rpartition('.')[2]}"
            if kind not in steady:
                steady[kind] = i.sort.values[0] if happens(50) else one_of(i.sort.values)
            return steady[kind]

        def inputs(action: Action) -> Inputs:
            return {i.name: value(action, i) for i in action.inputs}

        def chosen(still: int) -> tuple[str, Inputs]:
            if events and (still or not happens(quiet)):
                for _ in range(TRIES):
                    event = one_of(events)
                    given = inputs(event)
                    if machine.possible(event.name, state, given):
                        return event.name, given
            return "", inputs(system.sync)

        still = 0
        for _ in range(LENGTH):
            name, given = chosen(still)
            after = machine.apply(name or "sync", state, given)
            yield (name, given), after
            still = still + 1 if after == state else 0
            if still == STILL:
                return
            state = after

    return walk


def _numbers() -> Iterator[int]:
    """Whole numbers that look random and are the same on every machine (Lehmer, MINSTD)."""
    number = 1
    while True:
        number = number * 48271 % 0x7FFFFFFF
        yield number
