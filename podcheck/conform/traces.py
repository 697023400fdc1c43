"""Replays recorded lives against the rules and compares every status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product

from podcheck.conform.player import (
    Played,
    Position,
    beginning,
    play,
    prepare,
    started_unseen,
    unrecorded,
)
from podcheck.conform.recording import Json, Life, RecordedStep, pod_of
from podcheck.conform.result import Agreement, Divergence
from podcheck.conform.subject import Choices, Subject
from podcheck.interpret.machine import NotSettled
from podcheck.model.pack import Pack

MAX_POSITIONS = 16
MAX_RACES = 6


class Replay:
    """Compares lives; pods that differ only in their policy share one machine."""

    def __init__(
        self, pack: Pack, specs: Mapping[str, Json], codes: Iterable[int], clock: bool = False
    ) -> None:
        self.pack = pack
        self.clock = clock
        self.specs = specs
        self.codes = tuple(codes)
        self._subjects: dict[object, Subject] = {}

    def subject(self, spec: str) -> tuple[Subject, str]:
        """The machine for a pod spec's name, and the policy of that spec."""
        pod = pod_of(spec, self.specs[spec]["podSpec"])
        key = (pod.containers, pod.deadline_s)
        if key not in self._subjects:
            self._subjects[key] = Subject(self.pack, pod, self.codes)
        return self._subjects[key], pod.policy

    def compare(self, lives: Iterable[Life], source: str, keep: int = 50) -> Agreement:
        """Replay every life; at most ``keep`` divergences are kept."""
        result = Agreement(source)
        for life in lives:
            divergence = self._life(life, result)
            if divergence is not None and len(result.divergences) < keep:
                result.divergences.append(divergence)
        return result

    def _life(self, life: Life, result: Agreement) -> Divergence | None:
        subject, policy = self.subject(life.spec)
        at = beginning(subject, policy)
        for condition in life.before:
            at = prepare(subject, at, condition)
        positions = [at]
        first: Divergence | None = None
        for n, step in enumerate(life.steps):
            kind = step.event[0]
            positions, played, raced = _follow(subject, positions, step, self.clock)
            if step.race:
                result.apart += 1
                continue
            result.steps += 1
            result.by_event[kind] += 1
            wrong = differences(subject, played, step)
            if not wrong:
                result.equal += 1
                result.races += raced
                _compare_sequence(subject, played, step, result)
                continue
            result.wrong_events[kind] += 1
            result.wrong_fields.update(field for field, _, _ in wrong)
            if first is None:
                first = Divergence(
                    result.source,
                    life.line,
                    life.spec,
                    _told(life, n),
                    tuple((f, recorded) for f, recorded, _ in wrong),
                    tuple((f, ours) for f, _, ours in wrong),
                )
        return first


def _told(life: Life, last: int) -> tuple[str, ...]:
    """What happened in a life up to a step, in the recording's words."""
    events = [s.event for s in life.steps[: last + 1]]
    return tuple(" ".join(words) for words in (*life.before, *events))


def _follow(
    subject: Subject, positions: Sequence[Position], step: RecordedStep, clock: bool
) -> tuple[list[Position], Played, bool]:
    """The positions that agree with a recorded step, first without any race, then with.

    If none agrees, the first position's own continuation is followed.
    """
    plain = [_played(subject, p, step, ()) for p in positions]
    agreeing = [p for p in plain if not differences(subject, p, step)]
    if agreeing:
        return _distinct(agreeing), agreeing[0], False
    alternatives = [_raced(subject, positions, step)]
    if clock:
        alternatives.append(_delayed(subject, positions, step))
    for choices in alternatives:
        agreeing = [p for p in choices if not differences(subject, p, step)]
        if agreeing:
            return _distinct(agreeing), agreeing[0], True
    return _distinct(plain[:1]), plain[0], False


def _raced(subject: Subject, positions: Sequence[Position], step: RecordedStep) -> Iterator[Played]:
    """The step with every other outcome of what is left to timing."""
    for p in positions:
        for at in (p, *(q.end for q in unrecorded(subject, p, False))):
            for races in _race_choices(subject, at, step):
                yield _played(subject, at, step, races)
            if at.habits.own:
                habits = replace(at.habits, own=frozenset())
                yield _played(subject, Position(at.state, habits), step, ())


def _delayed(
    subject: Subject, positions: Sequence[Position], step: RecordedStep
) -> Iterator[Played]:
    """The step with delays that end by themselves before and after it."""
    for p in positions:
        yield from started_unseen(subject, p, step.event)
        for before in (Played(p, ()), *unrecorded(subject, p, True)):
            for races in ((), *_race_choices(subject, before.end, step)):
                played = _played(subject, before.end, step, races)
                for after in (Played(played.end, ()), *unrecorded(subject, played.end, True)):
                    yield Played(after.end, (*before.path, *played.path, *after.path))


def _played(subject: Subject, at: Position, step: RecordedStep, races: Choices) -> Played:
    try:
        return play(subject, at, step.event, races)
    except NotSettled:
        return Played(at, ())


def _distinct(played: Iterable[Played]) -> list[Position]:
    return list(dict.fromkeys(p.end for p in played))[:MAX_POSITIONS]


def _race_choices(subject: Subject, at: Position, step: RecordedStep) -> list[Choices]:
    """Every combination of the race outcomes that make a difference to a step by themselves."""
    plain = _played(subject, at, step, ())
    names = [
        name
        for name in subject.names.races
        if _played(subject, at, step, ((name, True),)).path != plain.path
    ][:MAX_RACES]
    combinations = product((False, True), repeat=len(names))
    return [tuple((n, v) for n, v in zip(names, c, strict=True) if v) for c in combinations]


# ---- comparing ------------------------------------------------------------------------------


def differences(subject: Subject, played: Played, step: RecordedStep) -> list[tuple[str, str, str]]:
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
    subject: Subject, played: Played, step: RecordedStep, result: Agreement
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


def recorded_codes(specs: Mapping[str, Json]) -> tuple[int, ...]:
    """Every exit code that the events and rules of the specs name."""
    codes: set[int] = set()
    for spec in specs.values():
        words = [*spec["alphabet"], *(spec.get("randomAlphabet") or ())]
        words += [w for pre in spec.get("pre") or () for w in pre or ()]
        codes.update(int(part) for w in words for part in w.split()[1:] if part.isdigit())
        for c in pod_of("", spec["podSpec"]).containers:
            codes.update(code for r in c.rules for code in r.codes)
    return tuple(sorted(code for code in codes if code < 256))
