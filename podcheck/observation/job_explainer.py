"""From observed Jobs to explanations: why one is not done, how it got there, how it can still end.

A Job is looked at as its controller sees it: of each pod how it ends.  What keeps a pod from ending
is what is explained of the pod itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.core.answers import Answer, Move, Proved, Unknown
from podcheck.core.system import PLAUSIBILITY
from podcheck.declarations.job import (
    number_of,
    one_by_one,
    places_wanted,
    played_alone,
    undecidable,
    with_places,
)
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.declarations.releases import RECORDED
from podcheck.explanation.narrator import Played
from podcheck.explicit.interpreter import State
from podcheck.observation.future import Prover
from podcheck.observation.goal import Goal, condition, wanted
from podcheck.observation.history import Choices, Found, Search
from podcheck.observation.impossible import impossible
from podcheck.observation.job_advice import job_advice
from podcheck.observation.job_now import JobRules, headline, now_of
from podcheck.observation.job_pods import Names, called, cannot, failure_policy
from podcheck.observation.job_reader import is_active
from podcheck.observation.job_status import ObservedJob
from podcheck.observation.status import Fact, ObservedPod
from podcheck.observation.subject import Ground, Subject
from podcheck.results.explanations import (
    EXPLAINED,
    IMPOSSIBLE,
    UNKNOWN,
    Explanation,
    Impossible,
    JobExplanation,
    JobHistory,
    JobStep,
    Prospect,
)
from podcheck.verification.options import Options

COURSE = "course of a Job"  # a group of events: pods end, delays end
TRIES = (300, 400, 250)  # states that are looked at for a history: its course, and by class
FEW = 3  # places, up to which the engines are asked for proofs of what is not found
WAY_TRIES = 150  # states for each part of a way to an end
MOST_CODES = 4  # exit codes that are tried
MOST_MARKS = 2  # facts from which the engines are asked for a proof
LONG = 4  # events: of a longer way a shorter, less ordinary one is looked for
PROOF = 4_000_000  # units of work for a proof about the future
ENDS = ("Complete", "Failed")

NOTHING = frozenset[str]()  # kinds of events that are left out

Stage = tuple[Fact, ...]  # what a state shows on the way


class JobExplainer:
    """Explains Jobs of one release."""

    def __init__(self, pack: Pack, options: Options, version: tuple[int, ...] = RECORDED) -> None:
        self._pack = pack
        self._options = options
        self._version = version
        self._grounds: dict[Pod, Ground] = {}

    def explain(self, job: ObservedJob, pods: Mapping[str, Explanation]) -> JobExplanation:
        """What is said of one Job; ``pods`` has what is said of its pods, by their titles."""
        limit = undecidable(job.pod)
        observer = _Observer(self, job, pods)
        release = ".".join(map(str, self._version))
        if limit is not None or job.manager:
            found = observer.without_a_run()
            why = limit.message if limit is not None else (
                f"Another controller takes care of this Job ({job.manager})."
            )  # fmt: skip
            verdict = EXPLAINED if observer.is_over else UNKNOWN
            found = found._replace(limit=why, verdict=verdict)
        else:
            found = observer.found()
        alone = self.ground(played_alone(job.pod)) if job.pod.failure_rules else None
        now = now_of(
            job, observer.rules, found.state, found.played, pods,
            lambda pod: "" if alone is None else failure_policy(pod, alone),
        )  # fmt: skip
        return JobExplanation(
            job.namespace, job.name, job.pod.policy, release, found.verdict,
            headline(job, observer.rules, found.prospects), now, found.history, found.prospects,
            () if found.verdict == IMPOSSIBLE else job_advice(job, observer.rules, pods),
            found.impossible, job.unknown, found.limit,
        )  # fmt: skip

    def ground(self, pod: Pod) -> Ground:
        """A Job's pod, grounded once."""
        if pod not in self._grounds:
            self._grounds[pod] = Ground.of(self._pack, pod, self._version)
        return self._grounds[pod]

    @property
    def pack(self) -> Pack:
        return self._pack

    @property
    def options(self) -> Options:
        return self._options


class _Found(NamedTuple):
    """What the rules say of a Job: a state that shows its status, and the run to it."""

    verdict: str
    state: State
    played: tuple[Played, ...] = ()
    history: JobHistory | None = None
    prospects: tuple[Prospect, ...] = ()
    impossible: Impossible | None = None
    limit: str = ""


class _Observer:
    """One Job under the rules."""

    def __init__(
        self, explainer: JobExplainer, job: ObservedJob, pods: Mapping[str, Explanation]
    ) -> None:
        self._job = job
        self._pods = pods
        self._pack, self._options = explainer.pack, explainer.options
        decided = undecidable(job.pod) is None
        self._ground = explainer.ground(_placed(job.pod) if decided else played_alone(job.pod))
        self.machine = self._ground.narrator.machine
        self.rules = JobRules(self._ground)
        facts = job.facts if decided else tuple(f for f in job.facts if not f.container)
        span = ObservedPod(self._ground.pod, "", facts, (), (), (), job.span)
        parts = wanted(facts, self._ground.grounder)
        self._subject = Subject(self._ground, span, parts, Goal(self.machine, parts, exact=True))
        words = frozenset(str(f.value) for f in facts)
        self._search = Search(
            self.machine, self._pack, Choices(self._ground.pod, self._codes(), {}, words),
            self._options.expired,
        )  # fmt: skip
        kinds = {a.kind for a in self.machine.system.events}
        self._others = frozenset(kinds - set(self._pack.groups[COURSE]))
        self._prover = Prover(self._subject, self._options)
        self._names = Names(job, self._ground)
        outside = (*self._pack.groups["stop from outside"], "suspension")
        self._ordered = {a.name for a in self.machine.system.events if a.kind in outside}

    @property
    def is_over(self) -> bool:
        return self._job.value("jobEnd") in ENDS

    def _codes(self) -> dict[str, tuple[int, ...]]:
        """Codes that pods fail with: those that are shown, and those that rules name."""
        seen = [int(f.value) for pod in self._job.pods for f in pod.facts if f.name == "exitCode"]
        ruled = [r.codes[0] for r in self._job.pod.failure_rules if r.codes]
        codes = tuple(dict.fromkeys([*(c for c in seen if c), *ruled]))[:MOST_CODES]
        return {place.name: codes for place in self._ground.pod.places}

    def without_a_run(self) -> _Found:
        """Of a Job that the rules can't decide."""
        return _Found(UNKNOWN, self._seed())

    def found(self) -> _Found:
        history, answer = self._history()
        if history is not None:
            played = tuple(self._subject.played(history.moves))
            shown = self._shown(history, played)
            return _Found(EXPLAINED, history.end, played, shown, self._prospects(history.end))
        seed = self._seed()
        if isinstance(answer, Proved):
            why = impossible(self._subject, self._search.seen, self._prover)
            return _Found(IMPOSSIBLE, seed, impossible=why)
        if self._subject.goal.met(seed):
            limit = "No run from the created Job was found within the limits."
            return _Found(EXPLAINED, seed, prospects=self._prospects(seed), limit=limit)
        limit = answer.reason if isinstance(answer, Unknown) else ""
        return _Found(UNKNOWN, seed, limit=limit)

    # ---- how it got here -----------------------------------------------------------------

    def _history(self) -> tuple[Found | None, Answer | None]:
        starts = [(self._subject.initial(), False)]
        goal = self._subject.goal
        turns = ((0, TRIES[0], self._others), (1, TRIES[1], frozenset[str]()),
                 (2, TRIES[2], frozenset[str]()))  # fmt: skip
        for most, tries, without in turns:
            found = self._search.find(starts, goal, tries, most, without)
            if isinstance(found, Found):
                return self._subject.shortened(found), None
        if places_wanted(self._ground.pod) > FEW:
            return None, None
        return None, self._prover.reaches(self._subject.parts)

    def _seed(self) -> State:
        """A state that has what the status shows, without a run to it."""
        named = self.machine.named(self._subject.initial())
        for part in self._subject.parts:
            if part.term.op == "var":
                named[str(part.term.value)] = part.fact.value
        up = [self._job.number("active"), self._job.number("terminating")]
        for place in self._ground.pod.places if not self._job.fresh else ():
            indexed = self._fact(place.name, "isActive")
            active = up[0] > 0 if indexed is None else bool(indexed)
            dying = not active and up[1] > 0
            up = [up[0] - active, up[1] - dying]
            if f"{place.name}.dying" in named:
                named[f"{place.name}.held"] = active or dying
                named[f"{place.name}.dying"] = dying
        return self.machine.state_of(named)

    def _fact(self, place: str, name: str) -> object:
        facts = self._subject.observed.facts
        return next((f.value for f in facts if (f.container, f.name) == (place, name)), None)

    def _shown(self, found: Found, played: Sequence[Played]) -> JobHistory:
        """The run as it is shown: its pods are numbered as they are made."""
        events = called(played, self._ground)
        steps = [
            self._step(event or "job is created", p.end)
            for event, p in zip(events, played, strict=True)
        ]
        rest = self.machine.settle(found.end)
        passing = bool(rest) and self.rules.shown(found.end) != self.rules.shown(rest[-1])
        return JobHistory(tuple(steps), PLAUSIBILITY[found.plausibility], passing)

    def _step(self, event: str, state: State) -> JobStep:
        status, completions = (
            self.rules.text(name, state) for name in ("jobSTATUS", "jobCOMPLETIONS")
        )
        made, failed, succeeded = (
            self.rules.number(name, state) for name in ("jobMade", "jobFailed", "jobSucceeded")
        )
        return JobStep(event, status, completions, made, failed, succeeded)

    # ---- how it can end ------------------------------------------------------------------

    def _prospects(self, start: State) -> tuple[Prospect, ...]:
        if self.is_over:
            return ()
        resumed: tuple[Move, ...] = ()
        if self._job.value("jobSuspended"):
            found = self._along([(Fact("", "jobSuspended", False, "", ""),)], start, 1, NOTHING)
            if found is not None:
                resumed = found[0]
        return tuple(self._prospect(end, start, resumed) for end in ENDS)

    def _prospect(self, end: str, start: State, first: Sequence[Move]) -> Prospect:
        """A run to an end of the Job, which begins with some moves, or a proof that there is
        none."""
        last = (Fact("", "jobEnd", end, "", ""),)
        tries = [(stages, 0, self._others) for stages in (*self._stages(end), ())]
        tries += [((), 1, NOTHING), ((), 2, NOTHING)]
        best: tuple[Sequence[Move], int] | None = None
        for stages, most, without in tries:
            begins = self._after(first, start)
            found = self._along((*stages, last), begins, most, without)
            if found is None or (best is not None and len(found[0]) >= len(best[0])):
                continue
            best = found
            if most or len(found[0]) <= LONG:
                break
        if best is not None:
            moves = [*first, *best[0]]
            events = self._names.ahead(moves, start, self._pods)
            inside = not any(name in self._ordered for m in moves for name, _ in m.events)
            return Prospect(end, "can", events, inside, PLAUSIBILITY[best[1]])
        term = condition(wanted(last, self._ground.grounder))
        marks = [p for p in self._subject.parts if p.term.op == "var" and _is_mark(p.fact)]
        if any(self._prover.never_beside(p, term, PROOF) for p in marks[:MOST_MARKS]) or (
            places_wanted(self._ground.pod) <= FEW and self._prover.never_after(term, PROOF)
        ):
            return Prospect(end, "never", (), False, "")
        return Prospect(end, "unknown", (), False, "")

    def _along(
        self, stages: Sequence[Stage], start: State, most: int, without: frozenset[str]
    ) -> tuple[tuple[Move, ...], int] | None:
        """A run through states that show each of the stages in turn."""
        moves: list[Move] = []
        plausibility = 0
        for facts in stages:
            goal = Goal(self.machine, wanted(facts, self._ground.grounder), exact=True)
            found = self._search.find([(start, True)], goal, WAY_TRIES, most, without)
            if not isinstance(found, Found):
                return None
            moves += found.moves
            start, plausibility = found.end, max(plausibility, found.plausibility)
        return tuple(moves), plausibility

    def _after(self, moves: Sequence[Move], state: State) -> State:
        """Where some moves lead."""
        for move in moves:
            state = self._ground.narrator.play(state, move, settle=False).end
        return state

    def _stages(self, end: str) -> list[tuple[Stage, ...]]:
        """What a usual way to an end passes: each way has stages."""
        number, places = self.rules.number, self._ground.pod.places
        state = self._seed()
        begins = self._fresh_pod()
        wanted_ = number_of(self._job.pod, "completions")
        if end == "Complete":
            enough = () if wanted_ is None else (_count("jobSucceeded", wanted_),)
            return [(*begins, *enough)] if begins or enough else []
        if number_of(self._job.pod, "backoffLimitPerIndex") is None:
            limit = number("backoffLimit", state)
            return [(_count("jobFailed", limit),)] if self._job.number("failed") < limit else []
        bad = [p for p in places if self._fact(p.name, "bad")]
        open_ = [p for p in places if p not in bad and not self._fact(p.name, "done")]
        first = () if bad or not open_ else ((Fact(open_[0].name, "bad", True, "", ""),),)
        rest = len(places) - max(len(bad), 1)
        return [(*first, _count("jobSucceeded", rest))]

    def _fresh_pod(self) -> tuple[Stage, ...]:
        """Where no pod that there is can succeed, a further one is made first."""
        active = [self._pods[p.title] for p in self._job.pods if is_active(p)]
        if not active or not all(cannot(pod, "phase Succeeded") for pod in active):
            return ()
        return (_count("jobMade", self.rules.number("jobMade", self._seed()) + 1),)


def _count(name: str, number: int) -> Stage:
    return (Fact("", name, number, "", str(number)),)


def _is_mark(fact: Fact) -> bool:
    """Does a fact say how the Job is going to end?"""
    return (fact.name == "bad" and fact.value is True) or (
        fact.name in ("jobInterim", "jobEnd") and fact.value != "none"
    )


def _placed(pod: Pod) -> Pod:
    """The pod in its places: by how it ends, or as it is where a rule names its container."""
    names = any(rule.container for rule in pod.failure_rules) and len(pod.containers) > 1
    return with_places(pod, coupled=one_by_one(pod) and names)
