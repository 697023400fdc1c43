"""What may come of a recorded event: the usual course, and every other that timing leaves open.

Courses are remembered: recordings repeat themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from itertools import product

from podcheck.conform.player import (
    Event,
    Played,
    Position,
    play,
    started_unseen,
    unrecorded,
)
from podcheck.conform.subject import Choices, Subject
from podcheck.interpret.machine import NotSettled

MAX_POSITIONS = 16
MAX_RACES = 6


class Courses:
    """The courses of one pod.  With a ``clock`` delays may end by themselves at any step."""

    def __init__(self, subject: Subject, clock: bool) -> None:
        self.subject = subject
        self.clock = clock
        self._usual: dict[tuple[Position, Event, Choices], Played] = {}
        self._raced: dict[tuple[Position, Event], tuple[Played, ...]] = {}
        self._delayed: dict[tuple[Position, Event], tuple[Played, ...]] = {}
        self._alone: dict[tuple[Position, bool], tuple[Played, ...]] = {}
        self._keys: dict[object, Hashable] = {}

    def usual(self, at: Position, event: Event, races: Choices = ()) -> Played:
        """The one course with these outcomes of races; a pod that never rests stays as it is."""
        key = (at, event, races)
        found = self._usual.get(key)
        if found is None:
            try:
                found = play(self.subject, at, event, races)
            except NotSettled:
                found = Played(at, ())
            self._usual[key] = found
        return found

    def raced(self, at: Position, event: Event) -> tuple[Played, ...]:
        """The courses with every other outcome of what is left to timing, one for each end."""
        key = (at, event)
        if key not in self._raced:
            self._raced[key] = _by_end(self._find_raced(at, event))
        return self._raced[key]

    def delayed(self, at: Position, event: Event) -> tuple[Played, ...]:
        """The courses in which a delay ends by itself before the event or after it."""
        if not self.clock:
            return ()
        key = (at, event)
        if key not in self._delayed:
            self._delayed[key] = _by_end(self._find_delayed(at, event))
        return self._delayed[key]

    def statuses(self, positions: Iterable[Position], event: Event, delays: bool) -> list[Position]:
        """One end for each status that the rules allow after an event.

        Every race is open; with ``delays`` those that the clock leaves open too.
        """
        found: dict[Hashable, Position] = {}
        for p in positions:
            courses = (self.usual(p, event), *self.raced(p, event))
            for played in (*courses, *self.delayed(p, event)) if delays else courses:
                found.setdefault(self._status(played.end), played.end)
        return list(found.values())

    def _status(self, at: Position) -> Hashable:
        key = self._keys.get(at.state)
        if key is None:
            fields = frozenset(self.subject.status(at.state).items())
            key = self._keys[at.state] = (self.subject.get(at.state, "gone"), fields)
        return key

    def _find_raced(self, at: Position, event: Event) -> Iterator[Played]:
        for start in (at, *(q.end for q in self._unrecorded(at, False))):
            for races in self._choices(start, event):
                yield self.usual(start, event, races)
            if start.habits.own:
                habits = replace(start.habits, own=frozenset())
                yield self.usual(Position(start.state, habits), event)

    def _find_delayed(self, at: Position, event: Event) -> Iterator[Played]:
        yield from started_unseen(self.subject, at, event)
        for before in (Played(at, ()), *self._unrecorded(at, True)):
            for races in ((), *self._choices(before.end, event)):
                played = self.usual(before.end, event, races)
                for after in (Played(played.end, ()), *self._unrecorded(played.end, True)):
                    yield Played(after.end, (*before.path, *played.path, *after.path))

    def _unrecorded(self, at: Position, clock: bool) -> tuple[Played, ...]:
        key = (at, clock)
        if key not in self._alone:
            self._alone[key] = tuple(unrecorded(self.subject, at, clock))
        return self._alone[key]

    def _choices(self, at: Position, event: Event) -> list[Choices]:
        """Every combination of the race outcomes that make a difference by themselves."""
        plain = self.usual(at, event)
        met = {name for state in plain.path for name in self.subject.open_races(state)}
        names = [
            name
            for name in self.subject.names.races
            if name in met and self.usual(at, event, ((name, True),)).path != plain.path
        ][:MAX_RACES]
        combinations = product((False, True), repeat=len(names))
        return [tuple((n, v) for n, v in zip(names, c, strict=True) if v) for c in combinations]


def distinct(played: Iterable[Played]) -> list[Position]:
    """The ends of some courses, without repetition and not too many."""
    return list(dict.fromkeys(p.end for p in played))[:MAX_POSITIONS]


def _by_end(played: Iterable[Played]) -> tuple[Played, ...]:
    found: dict[Position, Played] = {}
    for p in played:
        found.setdefault(p.end, p)
    return tuple(found.values())
