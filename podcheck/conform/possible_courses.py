"""What may come of a recorded event: the usual course, and every other that timing leaves open.

Courses are remembered: recordings repeat themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise, product

from podcheck.conform.event_player import (
    EARLY_PROBE,
    OTHER_CODE,
    SHORT_STEP,
    SLOW_PROBE,
    Course,
    Event,
    Position,
    inject,
    play,
    started_unseen,
    unrecorded,
)
from podcheck.conform.pod_specs import ProbeTimes
from podcheck.conform.ruled_pod import Choices, Subject
from podcheck.explicit.interpreter import NotSettled

MAX_POSITIONS = 16
MAX_INTERRUPTED = 96
STEP_S = 3  # seconds that a step lasts at least
NEVER_S = 310  # and that the longest lasts
MAX_RACES = 6
_OF_RECORDER = {SLOW_PROBE, SHORT_STEP}  # what comes of the length of a step
MAX_RACES_ABOUT = 10


class Courses:
    """The courses of one pod.  With a ``clock`` delays may end by themselves at any step."""

    def __init__(self, subject: Subject, clock: bool, probes: Iterable[ProbeTimes] = ()) -> None:
        self.subject = subject
        self.clock = clock
        self.slow = tuple(p for p in probes if max(p.passes_s, p.fails_s) > STEP_S)
        self._usual: dict[tuple[Position, Event, Choices], Course] = {}
        self._raced: dict[tuple[Position, Event, frozenset[str]], tuple[Course, ...]] = {}
        self._delayed: dict[tuple[Position, Event], tuple[Course, ...]] = {}
        self._alone: dict[tuple[Position, bool], tuple[Course, ...]] = {}
        self._keys: dict[object, Hashable] = {}

    def usual(self, at: Position, event: Event, races: Choices = ()) -> Course:
        """The one course with these outcomes of races; a pod that never rests stays as it is."""
        if self.slow and not at.habits.once:
            at = self._held(at, event)
        key = (at, event, races)
        found = self._usual.get(key)
        if found is None:
            try:
                found = play(self.subject, at, event, races)
            except NotSettled:
                found = Course(at, ())
            self._usual[key] = found
        return found

    def _held(self, at: Position, event: Event) -> Position:
        """With the probes that give no result in a step, as it is too short."""
        seconds = _seconds(event)
        failing = inject(self.subject, at, event).habits.failing
        late = (p for p in self.slow if _time(p, failing) > seconds)
        held = frozenset((p.probe, p.container) for p in late)
        return replace(at, habits=replace(at.habits, held=held)) if held else at

    def _otherwise(self, at: Position) -> Iterator[Position]:
        """With every other choice of which slow probes give no, one or every result."""
        names = [(p.probe, p.container) for p in self.slow if _time(p, at.habits.failing) < NEVER_S]
        never = self._held(at, ("elapse",)).habits.held
        for modes in product(("held", "once", "free"), repeat=len(names)):
            of = dict(zip(names, modes, strict=True))
            held = never | {n for n, mode in of.items() if mode == "held"}
            once = {n for n, mode in of.items() if mode == "once"} | {("", "")}
            yield replace(at, habits=replace(at.habits, held=held, once=frozenset(once)))

    def raced(
        self, at: Position, event: Event, about: frozenset[str] = frozenset()
    ) -> tuple[Course, ...]:
        """The courses with every other outcome of what is left to timing, one for each end.

        With ``about`` only those of what is left to timing about some containers.
        """
        key = (at, event, about)
        if key not in self._raced:
            self._raced[key] = _by_end(self._find_raced(at, event, about))
        return self._raced[key]

    def delayed(self, at: Position, event: Event) -> tuple[Course, ...]:
        """The courses in which a delay ends by itself before the event or after it."""
        if not self.clock:
            return ()
        key = (at, event)
        if key not in self._delayed:
            self._delayed[key] = _by_end(self._find_delayed(at, event))
        return self._delayed[key]

    def statuses(
        self, positions: Iterable[Position], event: Event, delays: bool, most: int
    ) -> list[Position]:
        """One end for each status that the rules allow after an event, up to a number.

        Every race is open; with ``delays`` those that the clock leaves open too.
        """
        found: dict[Hashable, Position] = {}
        for played in self._allowed(tuple(positions), event, delays):
            found.setdefault(self._status(played.end), played.end)
            if len(found) == most:
                break
        return list(found.values())

    def _allowed(
        self, positions: Sequence[Position], event: Event, delays: bool
    ) -> Iterator[Course]:
        for p in positions:
            yield self.usual(p, event)
        for p in positions:
            yield from (c for c in self._find_raced(p, event) if not _OF_RECORDER & {*c.races})
        for p in positions if delays else ():
            yield from self.delayed(p, event)

    def _status(self, at: Position) -> Hashable:
        key = self._keys.get(at.state)
        if key is None:
            fields = frozenset(self.subject.status(at.state).items())
            key = self._keys[at.state] = (self.subject.get(at.state, "gone"), fields)
        return key

    def _find_raced(
        self, at: Position, event: Event, about: frozenset[str] = frozenset()
    ) -> Iterator[Course]:
        for before in (Course(at, ()), *self._unrecorded(at, False)):
            for races in self._choices(before.end, event, about):
                played = self.usual(before.end, event, races)
                yield replace(played, races=(*before.races, *played.races))
            for other in self._otherwise(before.end) if self.slow else ():
                yield replace(self.usual(other, event), races=(*before.races, SLOW_PROBE))
            if event[0] == "kubelet" and before.end.habits.refused:
                yield from _shorter(self.usual(before.end, event), before.races)
            habits = before.end.habits
            failing = inject(self.subject, before.end, event).habits.failing
            if any(probe == "liveness" for probe, _ in failing):
                other = Position(before.end.state, replace(habits, early=True))
                played = self.usual(other, event)
                yield replace(played, races=(*before.races, EARLY_PROBE))
            if habits.own:
                other = Position(before.end.state, replace(habits, own=frozenset()))
                played = self.usual(other, event)
                yield replace(played, races=(*before.races, OTHER_CODE))

    def _find_delayed(self, at: Position, event: Event) -> Iterator[Course]:
        for before in (Course(at, ()), *self._unrecorded(at, True)):
            for races in ((), *self._choices(before.end, event)):
                played = self.usual(before.end, event, races)
                for after in (Course(played.end, ()), *self._unrecorded(played.end, True)):
                    way = (*before.way, *played.way, *after.way)
                    names = (*before.races, *played.races, *after.races)
                    yield Course(after.end, way, names)
        yield from started_unseen(self.subject, at, event)

    def _unrecorded(self, at: Position, clock: bool) -> tuple[Course, ...]:
        key = (at, clock)
        if key not in self._alone:
            self._alone[key] = tuple(unrecorded(self.subject, at, clock))
        return self._alone[key]

    def _choices(
        self, at: Position, event: Event, about: frozenset[str] = frozenset()
    ) -> list[Choices]:
        """Every combination of the race outcomes that make a difference by themselves.

        The fewest first; of more than this many races of all containers the first by name.
        """
        plain = self.usual(at, event)
        met = {name for state in plain.path for name in self.subject.open_races(state)}
        names = [
            name
            for name in self.subject.names.races
            if name in met and (not about or name.rpartition(".")[0] in about)
        ]
        names = [n for n in names if self.usual(at, event, ((n, True),)).path != plain.path]
        names = names[: MAX_RACES_ABOUT if about else MAX_RACES]
        return [
            tuple((name, True) for name in chosen)
            for count in range(len(names) + 1)
            for chosen in combinations(names, count)
        ]


def _shorter(played: Course, races: tuple[str, ...]) -> Iterator[Course]:
    """The course as far as it has come before each of its last steps."""
    for n, at in enumerate(played.way[:-1], 1):
        yield Course(at, played.way[:n], (*races, SHORT_STEP))


def _seconds(event: Event) -> int:
    """How long a recorder waits for what comes of an event, at least."""
    match event:
        case ("elapse" | "deadline", *_):
            return NEVER_S
        case ("wait", seconds):
            return STEP_S + int(seconds)
        case _:
            return STEP_S


def _time(probe: ProbeTimes, failing: frozenset[tuple[str, str]]) -> int:
    fails = (probe.probe, probe.container) in failing
    return probe.fails_s if fails else probe.passes_s


def distinct(played: Iterable[Course]) -> list[Position]:
    """The ends of some courses, without repetition and not too many."""
    return list(dict.fromkeys(p.end for p in played))[:MAX_POSITIONS]


def all_ways(subject: Subject, played: Iterable[Course]) -> list[Position]:
    """Every position on the way of some courses: where an early event may have met the pod.

    A sync writes its status before it acts, so half of it is a position too.
    """
    found: dict[Position, None] = {}
    for course in played:
        way = (*course.way, course.end)
        found.update(dict.fromkeys(way))
        for before, after in pairwise(way):
            state = subject.half_way(before.state, after.state)
            found[replace(before, state=state)] = None
    return list(found)[:MAX_INTERRUPTED]


def _by_end(played: Iterable[Course]) -> tuple[Course, ...]:
    found: dict[Position, Course] = {}
    for p in played:
        found.setdefault(p.end, p)
    return tuple(found.values())
