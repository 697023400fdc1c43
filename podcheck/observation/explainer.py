"""From observed pods to explanations: now, how it got here, what comes next, what to do."""

from __future__ import annotations

from dataclasses import replace

from podcheck.core.answers import Answer, Proved, Refuted, Run, Unknown
from podcheck.core.system import PLAUSIBILITY, RARE
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.declarations.releases import RECORDED
from podcheck.explanation.narrator import Played
from podcheck.explicit.interpreter import ReplayDiffers, State
from podcheck.observation import story_cache
from podcheck.observation.advice import advice
from podcheck.observation.future import Prover, Seer
from podcheck.observation.goal import MOST
from podcheck.observation.history import Choices, Found, Search
from podcheck.observation.impossible import impossible
from podcheck.observation.now import now_of, placed, said
from podcheck.observation.status import Fact, ObservedPod
from podcheck.observation.subject import Ground, Subject
from podcheck.results.explanations import (
    EXPLAINED,
    IMPOSSIBLE,
    UNKNOWN,
    Explanation,
    History,
    PodStory,
)
from podcheck.verification.options import Options

TRIES = (200, 250, 400)  # states that are looked at with events up to each class
LAST_TRIES = 3_000  # states, where the engines neither find a run nor prove that there is none
PLAIN = (None, "none", "Completed", "Error")  # reasons of an exit with a code of its own
STOPPED = (*PLAIN, "OOMKilled", "RestartingAllContainers")  # and of one that the kubelet stopped
MOST_GROUNDS, MOST_KNOWN = 100, 10_000

Status = tuple[tuple[Fact, ...], bool]  # what is observed, and whether finalizers keep the object


class Explainer:
    """Explains pods of one release; pods that are alike share what was computed for them."""

    def __init__(self, pack: Pack, options: Options, version: tuple[int, ...] = RECORDED) -> None:
        self._pack = pack
        self._options = options
        self.version = version
        self._grounds: dict[Pod, Ground] = {}
        self._known: dict[tuple[Pod, Status], PodStory] = {}

    def key(self, observed: ObservedPod) -> tuple[Pod, Status]:
        """A pod's shape, and its status: pods that share both have one story."""
        return shape(observed.pod), (observed.facts, bool(observed.finalizers))

    def learn(self, observed: ObservedPod, story: PodStory) -> None:
        """Know a story that was found elsewhere."""
        while len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[self.key(observed)] = story

    def story(self, observed: ObservedPod) -> PodStory:
        """What is said of every pod of this shape and status."""
        pod, status = self.key(observed)
        story = self._known.get((pod, status))
        if story is None:
            name = story_cache.key_of(self.version, pod, *status)
            story = story_cache.load(name) or self._story(pod, observed)
            self.learn(observed, story)
            if not self._options.stopped():
                story_cache.store(name, story)
        return story

    def explain(self, observed: ObservedPod) -> Explanation:
        """What is said of one pod."""
        story = self.story(observed)
        if observed.unscheduled:
            story = _before_a_node(story)
        now = story.now._replace(
            obstacles=(*placed(observed), *story.now.obstacles, *said(observed))
        )
        return Explanation(
            observed.namespace, observed.pod.name, observed.pod.policy,
            ".".join(map(str, self.version)),
            story.verdict, now, story.history, story.future,
            () if story.verdict == IMPOSSIBLE else advice(observed),
            story.impossible, observed.unknown, story.limit,
            WAITS.get(observed.unscheduled, THE_SCHEDULER) if observed.unscheduled else "",
        )  # fmt: skip

    def _story(self, pod: Pod, observed: ObservedPod) -> PodStory:
        """What is said of every pod of a shape with a status."""
        subject = Subject.of(self._ground(pod), observed)
        search = Search(
            subject.ground.narrator.machine, self._pack, choices(observed), self._options.expired
        )
        prover = Prover(subject, self._options)
        found, answer = self._found(subject, search, prover)
        if found is not None:
            history, played = self._history(subject, found, search)
            future = Seer(subject, search, prover, played[-1].end).future()
            return PodStory(EXPLAINED, now_of(subject, played), history, future)
        now = now_of(subject, ())
        if isinstance(answer, Proved):
            why = impossible(subject, search.seen, prover)
            return PodStory(IMPOSSIBLE, now, impossible=why)
        reason = answer.reason if isinstance(answer, Unknown) else ""
        return PodStory(UNKNOWN, now, limit=reason)

    def _ground(self, pod: Pod) -> Ground:
        ground = self._grounds.get(pod)
        if ground is None:
            while len(self._grounds) >= MOST_GROUNDS:
                del self._grounds[next(iter(self._grounds))]
            ground = self._grounds[pod] = Ground.of(self._pack, pod, self.version)
        return ground

    # ---- how it got here -----------------------------------------------------------------

    def _found(
        self, subject: Subject, search: Search, prover: Prover
    ) -> tuple[Found | None, Answer | None]:
        """A run to the status: of ordinary events if there is one, then of others; last, the
        engines are asked, which know when there is none."""
        starts = [(subject.initial(), False)]
        for most, tries in enumerate(TRIES):
            found = search.find(starts, subject.goal, tries, most)
            if isinstance(found, Found):
                return subject.shortened(found), None
        answer = prover.reaches(subject.parts)
        if isinstance(answer, Refuted):
            engines = self._found_by_engine(subject, answer.run)
            if engines is not None:
                return engines, None
        if not isinstance(answer, Proved) and not self._options.stopped():
            found = search.find(starts, subject.goal, LAST_TRIES)
            if isinstance(found, Found):
                return subject.shortened(found), None
        return None, answer

    def _found_by_engine(self, subject: Subject, run: Run) -> Found | None:
        """An engine's run, if the interpreter agrees."""
        try:
            played = subject.played(run.moves)
        except ReplayDiffers:
            return None
        end = played[-1].end
        if not subject.goal.met(end):
            return None
        return subject.shortened(Found(run.moves, end, RARE, True))

    def _history(
        self, subject: Subject, found: Found, search: Search
    ) -> tuple[History, list[Played]]:
        """The run as it is shown, and as it is played with what is repeated."""
        moves = subject.alike(found.moves)
        shown, whole, repeats, exact = subject.repeated(moves, search)
        narrator = subject.ground.narrator
        steps = [narrator.step(p, subject.written(p)) for p in subject.played(shown)]
        steps[0] = steps[0]._replace(event="pod is created")
        kinds = {a.name: a.kind for a in narrator.system.events}
        classes = [self._pack.plausibility(kinds[n]) for m in shown for n, _ in m.events]
        plausibility = max(classes, default=0)
        if any(v is True for m in shown for given in m.syncs for v in given.values()):
            plausibility = RARE
        played = subject.played(whole)
        rest = narrator.machine.settle(played[-1].end)
        passing = bool(rest) and narrator.machine.differs(played[-1].end, rest[-1])
        short = () if exact else _large_counts(subject, played[-1].end)
        return History(tuple(steps), repeats, PLAUSIBILITY[plausibility], passing, short), played


SCHEDULED = "pod is scheduled"
THE_SCHEDULER, WAITS = "the scheduler", {"SchedulingGated": "its schedulingGates to be removed"}


def _before_a_node(story: PodStory) -> PodStory:
    """What is said of a pod that the scheduler has not placed: what a kubelet does by itself comes
    after that."""
    history, future = story.history, story.future
    if history is not None:
        history = history._replace(passing=False)
    if future is not None:
        prospects = tuple(
            p if p.verdict != "can"
            else p._replace(events=("pod is deleted",)) if p.name == "removed"
            else p._replace(events=(SCHEDULED, *p.events))
            for p in future.prospects
        )  # fmt: skip
        itself = tuple((event or SCHEDULED, status) for event, status in future.itself)
        future = future._replace(itself=itself, prospects=prospects)
    now = story.now._replace(obstacles=())
    return story._replace(now=now, history=history, future=future)


def _large_counts(subject: Subject, end: State) -> tuple[str, ...]:
    counts = [p.fact for p in subject.parts if p.is_count and int(p.fact.value) > MOST]
    return tuple(f"{fact.path} {fact.shown}" for fact in counts)


def shape(pod: Pod) -> Pod:
    """A pod without what makes no difference to its status, so that more pods are alike."""
    containers = tuple(
        replace(c, ports=(), host_ports=(), mounts=(), fields=()) for c in pod.containers
    )
    return replace(
        pod, name="pod", containers=containers, volumes=(), empty_dirs=frozenset(), fields=()
    )


def choices(observed: ObservedPod) -> Choices:
    """The exit codes that containers chose themselves, or were stopped with, and the words that
    the status shows."""
    exits: dict[str, tuple[int, ...]] = {}
    stops: dict[str, tuple[int, ...]] = {}
    for c in observed.pod.containers:
        for code_name, reason_name in (("exitCode", "reason"), ("lastExitCode", "lastReason")):
            code = observed.value(code_name, c.name)
            reason = observed.value(reason_name, c.name)
            if code is not None and (reason in PLAIN or (reason == "OOMKilled" and code != 137)):
                exits[c.name] = (*exits.get(c.name, ()), int(code))
            if code is not None and reason in STOPPED:
                stops[c.name] = (*stops.get(c.name, ()), int(code))
    words = frozenset(f.value for f in observed.facts if isinstance(f.value, str))
    return Choices(observed.pod, exits, stops, words)
