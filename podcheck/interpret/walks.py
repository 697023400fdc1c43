"""Random walks: states that runs come to, and violations, found quickly and by chance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count
from typing import NamedTuple, TypeVar

from podcheck.interpret.machine import Inputs, Machine, State
from podcheck.model.claims import Reached, SmallStep, Start
from podcheck.model.system import Action, Input, TransitionSystem
from podcheck.model.terms import Term, Value

Item = TypeVar("Item")

LENGTH = 160  # steps of one walk at most
STILL = 8  # steps that change nothing end it
TRIES = 8  # to find an event that is possible


class Walked(NamedTuple):
    """What walks came to: each state once, and, by the start's number, where the condition was
    first violated (for a condition on steps: after the step)."""

    states: list[Reached]
    violations: dict[int, Reached]


def walked(
    system: TransitionSystem, starts: Sequence[Start], races: bool, steps: int, condition: Term
) -> Walked:
    """About ``steps`` steps of random walks, fewer if a violation is found from every start.

    The same arguments give the same walks, on every machine.
    """
    machine = Machine(system)
    on_steps = machine.reads_primed(condition)
    seen: dict[State, Reached] = {}
    violations: dict[int, Reached] = {}
    walk = _walks(machine, races)
    for number in count():
        start = number % len(starts)
        before, taken = machine.state_of(starts[start].state), list[SmallStep]()
        for step, state in walk(before, number // len(starts)):
            steps -= 1
            taken.append(step)
            if state not in seen:
                seen[state] = Reached(machine.named(state), start, tuple(taken))
            known = before if on_steps else state
            if start not in violations and not machine.value_on_step(condition, known, state):
                violations[start] = Reached(machine.named(state), start, tuple(taken))
            before = state
        if steps <= 0 or len(violations) == len(starts):
            break
    return Walked(list(seen.values()), violations)


Walk = Callable[[State, int], Iterator[tuple[SmallStep, State]]]


def _walks(machine: Machine, races: bool) -> Walk:
    """Walks by number.

    Each takes its own share of the kinds of event, so that rare events are not always undone by
    others, and every fourth only those of ordinary lives.  Many walks choose the same for all
    containers, always, as it takes to have each of them exit with 0.
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
        share, quiet = (0, 30, 60, 100)[number % 4], (50, 70, 90)[number % 3]
        steady: dict[str, Value] | None = {} if not share or number % 8 < 4 else None
        mine = {kind for kind in kinds if happens(share)} if share else ordinary
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
