"""A log of one pod: its statuses in order, as `kubectl get pod NAME -w -o json` prints them.

Each status is reached from those that the run before it may have ended in.  That one status can
never follow another is proved for every state that shows the earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.core.answers import Move, Proved
from podcheck.declarations.pack import Pack
from podcheck.declarations.releases import RECORDED
from podcheck.explicit.interpreter import State
from podcheck.observation.explainer import choices, shape
from podcheck.observation.future import Prover
from podcheck.observation.goal import condition
from podcheck.observation.history import Found, Search
from podcheck.observation.now import state_text
from podcheck.observation.status import ObservedPod
from podcheck.observation.subject import Ground, Subject
from podcheck.results.explanations import LogLine, PodLog
from podcheck.verification.options import Options

TRIES = (150, 200, 300)  # states that are looked at with events up to each class
LAST_TRIES = 4_000  # states, where it is not proved that there is no run
BEAM = 8  # ends of a run that are gone on from
FOLLOWS = 24_000_000  # units of work, for the proof that a status can't follow another


def read_log(
    pods: Sequence[ObservedPod], pack: Pack, options: Options, version: tuple[int, ...] = RECORDED
) -> PodLog:
    """What is said of each line.  After one that can't follow, the log begins anew.

    The events are those of one run: where a line may be about several states, of the one that the
    next line goes on from.
    """
    ground = Ground.of(pack, shape(pods[0].pod), version)
    reader = _LogReader(ground, pack, options)
    read = [reader.line(pod) for pod in pods]
    lines: list[LogLine] = []
    at: _End | None = None  # on the way back from the last line to the first
    for line in reversed(read):
        at = at or next(iter(line.ends), None)
        is_possible = line.verdict == "possible" and at is not None
        events = at.events if is_possible and at is not None else ()
        lines.insert(0, _shown(line.observed, line.verdict, events))
        at = at.before if is_possible and at is not None else None
    return PodLog(pods[0].title, pods[0].pod.policy, tuple(lines))


class _End(NamedTuple):
    """A state that a line may be about, the events that lead there, and from where."""

    state: State
    events: tuple[str, ...]
    before: _End | None


class _Line(NamedTuple):
    observed: ObservedPod
    verdict: str
    ends: tuple[_End, ...]  # the best first


class _LogReader:
    """Goes through a log; ``_ends`` are what the last line may be about."""

    def __init__(self, ground: Ground, pack: Pack, options: Options) -> None:
        self._ground = ground
        self._pack = pack
        self._options = options
        self._ends: tuple[_End, ...] = ()
        self._before: Subject | None = None

    def line(self, observed: ObservedPod) -> _Line:
        """The next line."""
        subject = Subject.of(self._ground, observed)
        search = Search(
            self._ground.narrator.machine, self._pack, choices(observed), self._options.expired
        )
        fresh = [(subject.initial(), False)]
        found = self._found(search, subject, [(end.state, True) for end in self._ends] or fresh)
        before, self._before = self._before, subject
        verdict = "possible"
        if not found:
            verdict = self._unreached(subject, before)
            starts = [(end.state, True) for end in self._ends] or fresh
            if verdict == "unknown" and isinstance(
                search.find(starts, subject.goal, LAST_TRIES), Found
            ):
                verdict, found = "possible", search.ends(BEAM)
        if verdict != "possible":
            found = self._found(search, subject, fresh) if before else []
            self._ends = ()
        known = {end.state: end for end in self._ends}
        self._ends = tuple(
            _End(run.end, self._events(subject, start, run.moves), known.get(start))
            for start, run in found
        )
        return _Line(observed, verdict, self._ends)

    def _found(
        self, search: Search, subject: Subject, starts: Sequence[tuple[State, bool]]
    ) -> list[tuple[State, Found]]:
        """Runs to the line, the most ordinary first, each with the state that it begins in."""
        for most, tries in enumerate(TRIES):
            if isinstance(search.find(starts, subject.goal, tries, most), Found):
                return search.ends(BEAM)
        return []

    def _unreached(self, subject: Subject, before: Subject | None) -> str:
        """Is it proved that no run shows the line, after the one before it?"""
        prover = Prover(subject, self._options)
        if before is None:
            return "impossible" if isinstance(prover.reaches(subject.parts), Proved) else "unknown"
        follows = Prover(before, self._options).never_after(condition(subject.parts), FOLLOWS)
        return "impossible" if follows else "unknown"

    def _events(self, subject: Subject, state: State, moves: Sequence[Move]) -> tuple[str, ...]:
        texts = []
        for move in moves:
            played = self._ground.narrator.play(state, move, settle=False)
            state = played.end
            if played.event:
                texts.append(subject.written(played))
        assert subject.goal.met(state), "the run leads elsewhere"
        return tuple(texts)


def _container(observed: ObservedPod, name: str) -> str:
    restarts = observed.value("restartCount", name)
    text = f"{name}: {state_text(observed, name)}"
    return f"{text}, {restarts} restart{'s' if restarts != 1 else ''}" if restarts else text


def _shown(observed: ObservedPod, verdict: str, events: tuple[str, ...]) -> LogLine:
    if observed.value("STATUS") is not None:  # a row of kubectl's table
        columns = (f"{f.name} {f.shown}" for f in observed.facts)
        return LogLine(", ".join(columns), (), verdict, events)
    containers = tuple(_container(observed, c.name) for c in observed.pod.containers)
    deleted = ", removed" if observed.value("gone") else ""
    deleted = deleted or (", deleted" if observed.value("deleting") else "")
    return LogLine(f"{observed.value('phase')}{deleted}", containers, verdict, events)
