"""Replays recorded lives against the rules and compares every status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise

from podcheck.conform.deciding_rules import deciding_rules
from podcheck.conform.event_player import (
    OWN_END,
    RECORDER,
    Course,
    Position,
    Unexpressed,
    UnknownEvent,
    beginning,
    can_meet,
    in_the_call,
    prepare,
    unseen,
    while_starting,
    while_stopping,
)
from podcheck.conform.pod_specs import (
    bystanders,
    node_needs,
    pod_of,
    probe_times,
    unread,
    unstartable,
)
from podcheck.conform.possible_courses import Courses, all_ways, distinct
from podcheck.conform.recording import Json, Life, RecordedStep, Status
from podcheck.conform.ruled_pod import Subject
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Role
from podcheck.results.agreement import Agreement, Divergence

MAX_ALLOWED = 5  # statuses that a divergence lists


class NotPlayable(Exception):
    """A life that can't be played; the message says why, ``line`` where it stands."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class Replay:
    """Compares lives; pods that differ only in their policy share one machine."""

    def __init__(
        self, pack: Pack, specs: Mapping[str, Json], codes: Iterable[int], clock: bool = False
    ) -> None:
        self.pack = pack
        self.clock = clock
        self.specs = specs
        self.codes = tuple(codes)
        self._courses: dict[object, Courses] = {}
        self._pods = {name: pod_of(name, spec["podSpec"]) for name, spec in specs.items()}
        self._bystanders = {name: bystanders(spec["podSpec"]) for name, spec in specs.items()}
        self._probes = {name: probe_times(spec["podSpec"]) for name, spec in specs.items()}
        self._unstartable = {name: unstartable(spec["podSpec"]) for name, spec in specs.items()}

    def courses(self, life: Life) -> tuple[Courses, str]:
        """The courses of a life's pod under its release and gates, and the pod's policy."""
        kept = ("finalizer",) in life.before
        pod = replace(self._pods[life.spec], static=life.static, finalizers=kept)
        probes = self._probes[life.spec]
        facts = (pod.containers, pod.deadline_s, pod.grace_s, pod.static, kept)
        key = (facts, probes, life.version, life.gates)
        if key not in self._courses:
            subject = Subject(self.pack, pod, self.codes, life.version, dict(life.gates))
            self._courses[key] = Courses(subject, self.clock, probes)
        return self._courses[key], pod.policy

    def compare(self, lives: Iterable[Life], source: str, keep: int = 50) -> Agreement:
        """Replay every life; at most ``keep`` divergences are kept."""
        result = Agreement(source, "traces", timed=self.clock)
        result.notes = unread(self.specs)
        for life in lives:
            if life.spec not in self.specs:
                raise NotPlayable(life.line, f"there is no pod spec `{life.spec}`")
            life = _without(life, self._bystanders[life.spec])
            divergence = self._life(life, result, len(result.divergences) < keep)
            if divergence is not None:
                result.divergences.append(divergence)
        return result

    def _life(self, life: Life, result: Agreement, tell: bool) -> Divergence | None:
        courses, policy = self.courses(life)
        subject = courses.subject
        tally = result.of_kind(life.kind, life.release)
        first: Divergence | None = None
        positions: list[Position] = []
        for n, step in enumerate(life.steps):
            before = positions
            try:
                with _playable(life):
                    before = before or [self._prepared(subject, life, policy)]
                    before = _meeting(subject, before, step)
                    if step.cut:
                        cause = life.steps[n + 1] if n + 1 < len(life.steps) else step
                        positions = _interrupted(courses, before, step, cause)
                        continue
                    last = life.steps[n - 1] if n else step
                    stops = last.cut and last.event[0] in _STOPPING
                    positions, played = _follow(courses, before, step, stops)
            except Unexpressed as event:
                left = sum(not s.race for s in life.steps[n:])
                result.unexpressed[str(event)] += left
                tally.unexpressed += left
                break
            if step.race:
                result.apart += 1
                continue
            wrong = differences(subject, played, step)
            single = len(courses.statuses(before, step.event, False, 2)) == 1
            result.single += single
            tally.count(agrees=not wrong, single=single)
            if self.clock:
                result.single_timed += len(courses.statuses(before, step.event, True, 2)) == 1
            _count(result, step, [f for f, _, _ in wrong])
            if not wrong:
                self._note_races(result, subject, played, life.line, n)
                _compare_sequence(subject, played, step, result)
            elif first is None and tell:
                allowed = courses.statuses(before, step.event, self.clock, MAX_ALLOWED)
                told = _told(life, n)
                first = _divergence(result.source, life, told, subject, played, step, allowed)
        return first

    def _prepared(self, subject: Subject, life: Life, policy: str) -> Position:
        needs = node_needs(self.specs[life.spec]["podSpec"], life.static)
        at = beginning(subject, policy, life.logs_stay, needs)
        for condition in (*self._unstartable[life.spec], *life.before):
            at = prepare(subject, at, condition)
        return at

    def _note_races(
        self, result: Agreement, subject: Subject, played: Course, line: int, step: int
    ) -> None:
        """A step that agrees by outcomes left to timing: which they were, and why they are."""
        if not played.races:
            return
        result.races += 1
        named: dict[str, str] = {}
        for race in played.races:
            name, reason = _race(self.pack, subject, race)
            named[name] = reason
        result.by_race.setdefault(tuple(sorted(named)), []).append((line, step))
        result.reasons.update(named)


def _race(pack: Pack, subject: Subject, race: str) -> tuple[str, str]:
    """A race without its container, and the sentence that says what it is about."""
    if race in RECORDER:
        return race, RECORDER[race]
    action = subject.machine.actions.get(race)
    if action is not None and action.rule is not None:
        words = ["container" if w == "c" else w for w in action.event.split()]
        return " ".join(words), action.rule.sentence
    name = race.rpartition(".")[2]
    return name, pack.inputs[name][0].doc


def _without(life: Life, names: frozenset[str]) -> Life:
    """A life without what its statuses say of some containers."""
    if not names:
        return life

    def cut(status: Status) -> Status:
        kept = {k: v for k, v in status.fields.items() if k.rpartition(".")[0] not in names}
        return Status(kept)

    steps = [
        replace(
            step,
            seen=tuple(map(cut, step.seen)),
            final=None if step.final is None else cut(step.final),
        )
        for step in life.steps
    ]
    return replace(life, steps=tuple(steps))


@contextmanager
def _playable(life: Life) -> Iterator[None]:
    """An event that can't be played is the recording's fault."""
    try:
        yield
    except UnknownEvent as error:
        raise NotPlayable(life.line, f"the event `{error}` is not known") from None
    except (KeyError, IndexError, ValueError) as error:
        message = f"an event does not fit the pod `{life.spec}` ({error})"
        raise NotPlayable(life.line, message) from None


def _count(result: Agreement, step: RecordedStep, wrong: list[str]) -> None:
    kind = step.event[0]
    result.steps += 1
    result.by_event[kind] += 1
    result.compared(step.final.fields if step.final is not None else ("gone",))
    if wrong:
        result.wrong_events[kind] += 1
        result.differing(wrong)
    else:
        result.equal += 1


def _divergence(
    source: str, life: Life, told: tuple[str, ...], subject: Subject, played: Course,
    step: RecordedStep, allowed: Sequence[Position],
) -> Divergence:  # fmt: skip
    wrong = differences(subject, played, step)
    return Divergence(
        source,
        life.line,
        life.spec,
        told,
        tuple((f, recorded) for f, recorded, _ in wrong),
        tuple((f, ours) for f, _, ours in wrong),
        dict(step.final.fields) if step.final is not None else {},
        tuple(subject.status(p.state) for p in allowed[:MAX_ALLOWED]),
        deciding_rules(subject, played, [f for f, _, _ in wrong]),
    )


def _told(life: Life, last: int) -> tuple[str, ...]:
    """What happened in a life up to a step, in the recording's words."""
    events = [s.event for s in life.steps[: last + 1]]
    return tuple(" ".join(words) for words in (*life.before, *events))


def _follow(
    courses: Courses, positions: Sequence[Position], step: RecordedStep, stops: bool
) -> tuple[list[Position], Course]:
    """The positions that agree with a recorded step, first without any race, then with.

    What is left to timing about the containers that differ is tried before all the rest.  If
    nothing agrees, the first position's own continuation is followed.  ``stops`` if the kubelet may
    be about to stop containers.
    """
    plain = [courses.usual(p, step.event) for p in positions]
    agreeing = _agreeing(courses, plain, step)
    if agreeing:
        return distinct(agreeing), agreeing[0]
    if stops and step.event[0] == "exit":
        own_code = ("stopcode", *step.event[1:])
        ended = (replace(courses.usual(p, own_code), races=(OWN_END,)) for p in positions)
        agreeing = _agreeing(courses, ended, step)
        if agreeing:
            return distinct(agreeing), agreeing[0]
    for others in _others(courses, positions, step, _containers(courses, plain[0], step)):
        agreeing = _agreeing(courses, others, step)
        if agreeing:
            return distinct(agreeing), agreeing[0]
    return distinct(plain[:1]), plain[0]


# Events that make the kubelet stop containers.
_STOPPING = (
    "delete",
    "evict",
    "sandboxdie",
    "limit",
    "node",
    "deadline",
    "liveness",
    "startup",
    "unmanifest",
)


def _meeting(subject: Subject, positions: Sequence[Position], step: RecordedStep) -> list[Position]:
    """The positions at which the event of a step can happen, as it did."""
    found = [p for p in positions if can_meet(subject, p, step.event)]
    if not found:
        raise Unexpressed(f"{step.event[0]} where the rules have it impossible")
    return found


def _interrupted(
    courses: Courses, positions: Sequence[Position], step: RecordedStep, cause: RecordedStep
) -> list[Position]:
    """Where a pod may be when the next step's event interrupts what comes of this one.

    That is anywhere on the way.
    """
    ways = [courses.usual(p, step.event) for p in positions]
    ways += [c for p in positions for c in courses.raced(p, step.event)]
    found = all_ways(courses.subject, ways)
    pairs = [pair for course in ways for pair in pairwise((*course.way, course.end))]
    if cause.event[0] in ("sandboxdie", "reboot"):
        found += [q for p in pairs for q in while_starting(courses.subject, *p, cause.moment)]
    if cause.event[0] in ("kubelet", "node"):
        found += [q for p in pairs for q in in_the_call(courses.subject, *p, cause.moment)]
        found += [q for p in pairs for q in while_stopping(courses.subject, *p, cause.moment)]
    if step.event == ("create",):
        found += [unseen(courses.subject, p) for p in positions if p.habits.refused]
    if step.event[0] in _STOPPING:
        pod = courses.subject.pod
        first = [c.name for c in pod.containers if c.role is not Role.SIDECAR]
        stopped = dict.fromkeys((courses.subject.names.containers, tuple(first)))
        found += [replace(p, habits=p.habits.begun(names)) for names in stopped for p in found]
    return found


def _others(
    courses: Courses, positions: Sequence[Position], step: RecordedStep, about: frozenset[str]
) -> Iterator[Iterator[Course]]:
    """The courses with something left to timing, in the order in which they are tried."""
    yield (q for p in positions for q in courses.raced(p, step.event, about))
    yield (q for p in positions for q in courses.raced(p, step.event))
    yield (q for p in positions for q in courses.delayed(p, step.event))


def _containers(courses: Courses, played: Course, step: RecordedStep) -> frozenset[str]:
    """The containers in whose status rules and recording differ."""
    fields = [f for f, _, _ in differences(courses.subject, played, step)]
    return frozenset(f.rpartition(".")[0] for f in fields if "." in f)


def _agreeing(courses: Courses, played: Iterable[Course], step: RecordedStep) -> list[Course]:
    return [p for p in played if not differences(courses.subject, p, step)]


# ---- comparing ------------------------------------------------------------------------------


def differences(subject: Subject, played: Course, step: RecordedStep) -> list[tuple[str, str, str]]:
    """(field, recorded, ours) for every field that differs at the end of a step."""
    state = played.end.state
    gone = bool(subject.get(state, "gone"))
    if gone != step.gone:
        return [("gone", str(step.gone), str(gone))]
    if step.final is None:
        return []
    ours, recorded = subject.status(state), step.final.fields
    if ours == recorded:
        return []
    names = dict.fromkeys((*recorded, *ours))
    return [
        (n, recorded.get(n, ""), ours.get(n, ""))
        for n in names
        if recorded.get(n, "") != ours.get(n, "")
    ]


# The kubelet reports a new sandbox by itself, between two syncs.
_BETWEEN_SYNCS = "condition PodReadyToStartContainers"


def _compare_sequence(
    subject: Subject, played: Course, step: RecordedStep, result: Agreement
) -> None:
    ours = _distinct_statuses(subject.status(state) for state in played.path)
    recorded = _distinct_statuses(s.fields for s in step.seen)
    result.sequences += recorded in (ours, ours[1:])
    result.subsequences += is_subsequence(recorded, ours)


def _distinct_statuses(statuses: Iterable[Mapping[str, str]]) -> list[Mapping[str, str]]:
    """The statuses without what changes between syncs; of equal neighbours only one."""
    found: list[Mapping[str, str]] = []
    for status in statuses:
        kept = {k: v for k, v in status.items() if k != _BETWEEN_SYNCS}
        if not found or found[-1] != kept:
            found.append(kept)
    return found


def is_subsequence(some: Sequence[object], of: Sequence[object]) -> bool:
    """Do the elements of ``some`` occur in ``of``, in their order?"""
    rest = iter(of)
    return all(any(a == b for b in rest) for a in some)


# ---- what a whole recording says ------------------------------------------------------------


def delays_end(lives: Iterable[Life]) -> bool:
    """Does a container start while the recorder only waits, so that delays were short?"""
    return any(s.event[0] == "wait" and s.started for life in lives for s in life.steps)


def recorded_codes(lives: Iterable[Life], specs: Mapping[str, Json]) -> tuple[int, ...]:
    """Every exit code that the events of lives and the rules of specs name."""
    words = {w for life in lives for w in (*life.before, *(s.event for s in life.steps))}
    parts = {part for event in words for text in event[1:] for part in text.split(",")}
    codes = {int(code) for code in (part.rpartition("=")[2] for part in parts) if code.isdigit()}
    for spec in specs.values():
        for c in pod_of("", spec["podSpec"]).containers:
            codes.update(code for r in c.rules for code in r.codes)
    return tuple(sorted(code for code in codes if code < 256))
