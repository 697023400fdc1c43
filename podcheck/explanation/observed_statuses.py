"""Where a run shows the statuses that a claim observes in order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from podcheck.compiler.questions import PropertyQuestion
from podcheck.core.answers import Move, Run
from podcheck.core.terms import Value
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.results.stories import ObservedAt, PodStatus, StoryStep


class Shown(NamedTuple):
    """The first state in which an observation, and those before it, have been shown: the run's
    move, and the place among the states after its events and each of its syncs."""

    move: int
    place: int


def shown_in(machine: Interpreter, question: PropertyQuestion, run: Run) -> list[Shown]:
    """For each observation, in order, where a run shows it."""
    found: list[Shown] = []
    last = machine.state_of(run.start.state)
    for number, move in enumerate(run.moves):
        for place, state in enumerate(_states(machine, last, move)):
            found += [Shown(number, place)] * _more(machine, question, len(found), state)
            last = state
    return found


def is_shown_at_rest(
    machine: Interpreter, question: PropertyQuestion, run: Run, early: bool
) -> bool:
    """Are all observations shown if the kubelet comes to rest after each event, as in `podcheck
    run`?  ``early``: the first event comes before the kubelet has seen the pod."""
    shown, last = 0, machine.state_of(run.start.state)
    for number, move in enumerate(run.moves):
        for event, inputs in move.events:
            last = machine.apply(event, last, inputs)
        rest = [] if number == 0 and early else machine.settle(last, _stops(machine, move))
        for state in (last, *rest):
            shown += _more(machine, question, shown, state)
            last = state
    return shown == len(question.observed)


def marked(
    narrator: Narrator, played: Played, step: StoryStep, number: int, shown: Mapping[int, int]
) -> tuple[StoryStep, list[ObservedAt]]:
    """A step with the statuses on the way in which it shows observations, and where it does.

    ``number`` is the step's own; ``shown`` has, by observation, the place among its states.
    """
    statuses: list[PodStatus] = []
    places: dict[int, int] = {}
    for observation, place in shown.items():
        status = narrator.status(played.states[place])
        if not statuses or statuses[-1] != status:
            statuses.append(status)
        places[observation] = len(statuses) - 1
    if statuses[-1:] == [step.status]:
        statuses.pop()
    found = [ObservedAt(n, number, place) for n, place in places.items()]
    return step._replace(on_the_way=tuple(statuses)), found


def _more(machine: Interpreter, question: PropertyQuestion, shown: int, state: State) -> int:
    """How many observations a state shows, after as many as have been ``shown``."""
    for more, condition in enumerate(question.observed[shown:]):
        if not machine.value(condition, state):
            return more
    return len(question.observed) - shown


def _states(machine: Interpreter, state: State, move: Move) -> Iterator[State]:
    for event, inputs in move.events:
        state = machine.apply(event, state, inputs)
    yield state
    for given in move.syncs:
        state = machine.sync(state, given)
        yield state


def _stops(machine: Interpreter, move: Move) -> Mapping[str, Value]:
    """The code with which containers stop, if they share one."""
    kills: Sequence[str] = [i.name for i in machine.system.sync.inputs if i.role == "kill"]
    codes = {given[n] for given in move.syncs for n in kills if n in given}
    return dict.fromkeys(kills, codes.pop()) if len(codes) == 1 else {}
