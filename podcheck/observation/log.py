"""A log of one pod: its statuses in order, as `kubectl get pod NAME -w -o json` prints them.

Each status is reached from those that the run before it may have ended in.  That one status can
never follow another is proved for every state that shows the earlier one.
"""

from __future__ import annotations

from collections.abc import Sequence

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
BEAM = 8  # ends of a run that are gone on from
FOLLOWS = 24_000_000  # units of work, for the proof that a status can't follow another


def read_log(
    pods: Sequence[ObservedPod], pack: Pack, options: Options, version: tuple[int, ...] = RECORDED
) -> PodLog:
    """What is said of each line.  After one that can't follow, the log begins anew."""
    ground = Ground.of(pack, shape(pods[0].pod), version)
    reader = _LogReader(ground, pack, options)
    lines = [reader.line(pod) for pod in pods]
    return PodLog(pods[0].title, pods[0].pod.policy, tuple(lines))


class _LogReader:
    """Goes through a log; ``_ends`` are states that the last line may be about."""

    def __init__(self, ground: Ground, pack: Pack, options: Options) -> None:
        self._ground = ground
        self._pack = pack
        self._options = options
        self._ends: list[State] = []
        self._before: Subject | None = None

    def line(self, observed: ObservedPod) -> LogLine:
        """The next line."""
        subject = Subject.of(self._ground, observed)
        search = Search(
            self._ground.narrator.machine, self._pack, choices(observed), self._options.expired
        )
        starts = [(end, True) for end in self._ends] or [(subject.initial(), False)]
        found = self._found(search, subject, starts)
        before, self._before = self._before, subject
        if found:
            self._ends = [run.end for _, run in found]
            start, run = found[0]
            return self._shown(subject, "possible", self._events(subject, start, run.moves))
        verdict = self._unreached(subject, before)
        anew = self._found(search, subject, [(subject.initial(), False)]) if before else []
        self._ends = [run.end for _, run in anew]
        return self._shown(subject, verdict, ())

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

    def _shown(self, subject: Subject, verdict: str, events: tuple[str, ...]) -> LogLine:
        observed = subject.observed
        containers = tuple(_container(observed, c.name) for c in observed.pod.containers)
        deleted = ", removed" if observed.value("gone") else ""
        deleted = deleted or (", deleted" if observed.value("deleting") else "")
        phase = f"{observed.value('phase')}{deleted}"
        return LogLine(phase, containers, verdict, events)

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
