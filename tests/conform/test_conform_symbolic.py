"""The symbolic reading agrees with recordings too: Z3 is asked about recorded lives.

Each life becomes a claim: after these events the status is the recorded one, step by step.
Where nothing is left to timing the solver has to prove it (its negation is unsatisfiable);
where the recorded status came by a race, it has to find the run that ends in it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import pytest
from places import RECORDINGS

from podcheck.conform.event_player import Course, Position, beginning, play, prepare
from podcheck.conform.json_lines import Lines
from podcheck.conform.pod_specs import pod_of
from podcheck.conform.possible_courses import Courses
from podcheck.conform.recording import Life, RecordedStep, read_lives
from podcheck.conform.ruled_pod import CONDITIONS, Choices, Subject
from podcheck.conform.traces import differences, recorded_codes
from podcheck.core import terms as t
from podcheck.core.answers import Proved, Refuted
from podcheck.core.claims import Automaton, Edge, Part, ScenarioClaim
from podcheck.core.terms import Term, Value
from podcheck.elaboration.scope import Scope
from podcheck.explicit.interpreter import State
from podcheck.explicit.preparations import created
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.symbolic.session import Session

FILES = ("traces", "traces_random", "traces_probe_rules")
SEED = 136
LONGEST = 6  # steps of a life that is asked about

Move = tuple[str, tuple[tuple[str, int], ...]]  # an event and its inputs


class Watched(Subject):
    """A pod that notes the events that happen to it, in groups between two runs of syncs."""

    moves: list[tuple[list[Move], int | None]]
    impossible = False

    def begin(self) -> None:
        self.moves = []
        self.impossible = False
        self._gathering = False

    def sync(self, state: State, choices: Choices) -> State:
        self._gathering = False
        codes = {int(v) for k, v in choices if k in self.names.kills}
        if self.moves:
            events, _ = self.moves[-1]
            self.moves[-1] = (events, codes.pop() if len(codes) == 1 else None)
        return super().sync(state, choices)

    def happen(self, name: str, state: State, detail: Value | None = None) -> State:
        self.impossible |= not self.possible(name, state)
        inputs = self.machine.actions[name].inputs
        given = tuple((i.name, detail) for i in inputs if isinstance(detail, int))
        if not self._gathering:
            self.moves.append(([], None))
        self.moves[-1][0].append((name, given))
        self._gathering = True
        return super().happen(name, state, detail)


# ---- from a recorded status to a condition ---------------------------------------------------


def condition(subject: Subject, fields: Mapping[str, str]) -> Term:
    """Every field of a recorded status, as a claim would ask for it."""
    return t.and_(*(asked_of(subject, part) for part in conjuncts(subject, fields)))


def asked_of(subject: Subject, text: str) -> Term:
    source = Source("recorded", f"define shown = {text}\n")
    node = parse(source, Diagnostics()).items[0].nodes()[0]
    return subject.grounder.elaborator.expr(node, Scope(source, {}), t.BOOL)


def conjuncts(subject: Subject, fields: Mapping[str, str]) -> Iterator[str]:
    yield f"phase = {fields['phase']}"
    yield f"reason = {fields['reason'] or 'none'}"
    yield "deleting" if fields["deleting"] == "True" else "not deleting"
    yield f"RESTARTS = {fields['RESTARTS']}"
    for column in ("READY", "STATUS"):
        yield f'{column} = "{fields[column]}"'
    for name in CONDITIONS:
        letter, _, reason = fields.get(f"condition {name}", "").partition(":")
        status = {"T": "True", "F": "False", "": ""}[letter]
        yield f'conditionStatus_{name} = "{status}" and conditionReason_{name} = "{reason}"'
    for c in subject.names.containers:
        if f"{c}.state" not in fields:
            yield f'"{c}".apiState = absent'
            continue
        yield state(f'"{c}".', fields[f"{c}.state"], ("apiState", "exitCode", "reason"))
        last = ("lastState", "lastExitCode", "lastReason")
        yield state(f'"{c}".', fields[f"{c}.lastState"], last)
        yield f'"{c}".restartCount = {fields[f"{c}.restartCount"]}'
        for flag in ("ready", "started"):
            yield f'{"" if fields[f"{c}.{flag}"] == "1" else "not "}"{c}".{flag}'


def state(owner: str, text: str, names: tuple[str, str, str]) -> str:
    kind, code, reason = names
    words = text.split()
    match words[0]:
        case "R":
            return f"{owner}{kind} = running"
        case "W":
            return f"{owner}{kind} = waiting and {owner}{reason} = {(words + ['none'])[1]}"
        case "T":
            word = (words + ["none"])[2]
            ended = f"{owner}{kind} = terminated and {owner}{code} = {words[1]}"
            return f"{ended} and {owner}{reason} = {word}"
        case _:
            return f"{owner}{kind} = absent"


# ---- from a life to a claim --------------------------------------------------------------------


@cache
def specs() -> Any:
    return json.loads((RECORDINGS / "traces_specs.json").read_text(encoding="utf-8"))


@cache
def lives() -> tuple[Life, ...]:
    found: list[Life] = []
    for name in FILES:
        found += read_lives(Lines((RECORDINGS / f"{name}.jsonl.gz").read_bytes()))
    return tuple(found)


@cache
def subject_of(containers: object, deadline_s: int | None, spec: str) -> Watched:
    pod = pod_of(spec, specs()[spec]["podSpec"])
    return Watched(load_pack(), pod, recorded_codes(lives(), {}))


SPEC_OF: dict[object, str] = {}


def watched(life: Life) -> tuple[Watched, str]:
    pod = pod_of(life.spec, specs()[life.spec]["podSpec"])
    key = (pod.containers, pod.deadline_s)
    return subject_of(*key, SPEC_OF.setdefault(key, life.spec)), pod.policy


def claim(life: Life) -> ScenarioClaim | None:
    """That a life has the recorded status after each of its first steps, without any race.

    It ends before a step that has no one answer; None if a status needs a race.
    """
    subject, policy = watched(life)
    at = start_of(subject, life, policy)
    found: list[Edge] = []
    for step in life.steps[:LONGEST]:
        end = advance(subject, at, step, found)
        if end is None:
            break
        if differences(subject, end, step):
            return None
        assert step.final is not None
        found[-1] = found[-1]._replace(then=condition(subject, step.final.fields))
        at = end.end
    return scenario(subject, policy, found, races=False) if found else None


def race_claim(life: Life) -> ScenarioClaim | None:
    """That the first status of a life that needs a race never comes about; None if none does."""
    subject, policy = watched(life)
    at = start_of(subject, life, policy)
    found: list[Edge] = []
    for step in life.steps[:LONGEST]:
        end = advance(subject, at, step, found)
        if end is None:
            return None
        if differences(subject, end, step):
            if not by_race(subject, at, step):
                return None
            assert step.final is not None
            never = t.not_(condition(subject, step.final.fields))
            found[-1] = found[-1]._replace(then=never)
            return scenario(subject, policy, found, races=True)
        at = end.end
    return None


def start_of(subject: Watched, life: Life, policy: str) -> Position:
    subject.begin()
    at = beginning(subject, policy)
    for before in life.before:
        at = prepare(subject, at, before)
    return at


def advance(subject: Watched, at: Position, step: RecordedStep, found: list[Edge]) -> Course | None:
    """Play a step and add its edges; None if it can't be asked about."""
    kept = len(subject.moves) if found else 0
    played = play(subject, at, step.event)
    moves = subject.moves[kept:] or [([], None)]
    mixed = any(events and code is None for events, code in moves)
    if step.race or step.gone or step.final is None or subject.impossible or mixed:
        return None
    for events, code in moves:
        parts = tuple(
            Part(subject.machine.actions[name], {k: (v,) for k, v in given})
            for name, given in events
        )
        node = len(found)
        codes = None if code is None else (code,)
        found.append(Edge(node, node + 1, parts, codes, None, None, node, f"{events}"))
    return played


def scenario(subject: Watched, policy: str, found: list[Edge], races: bool) -> ScenarioClaim:
    automaton = Automaton(len(found) + 1, tuple(found), len(found))
    start = created(subject.machine, policy)
    return ScenarioClaim(subject.machine.system, (start,), automaton, races)


def by_race(subject: Watched, at: Position, step: RecordedStep) -> bool:
    """Does the recorded status come about by a race of the syncs, and by nothing else?"""
    courses = Courses(subject, clock=False)
    outcomes = [courses.usual(at, step.event, r) for r in courses._choices(at, step.event)]
    return any(not differences(subject, played, step) for played in outcomes)


# ---- the sample ---------------------------------------------------------------------------------


def sample(each: int) -> list[Life]:
    """This many lives of every pod spec."""
    rng = random.Random(SEED)
    by_spec: dict[str, list[Life]] = {}
    for life in lives():
        by_spec.setdefault(life.spec, []).append(life)
    return [life for group in by_spec.values() for life in rng.sample(group, min(each, len(group)))]


SESSIONS: dict[int, Session] = {}


@pytest.fixture(scope="module", autouse=True)
def _solvers() -> Iterator[None]:
    """The sessions' memory is freed while z3 is still there, and the lives' before other tests."""
    yield
    SESSIONS.clear()
    SPEC_OF.clear()
    subject_of.cache_clear()
    lives.cache_clear()


def ask(asked: ScenarioClaim) -> object:
    session = SESSIONS.setdefault(id(asked.system), Session(asked.system))
    return session.scenario(asked)[0]


def kinds(chosen: Iterable[Life]) -> set[str]:
    return {step.event[0] for life in chosen for step in life.steps[:LONGEST]}


def prove(chosen: Sequence[Life]) -> list[Life]:
    """Ask about every life, and return those that could be asked about."""
    asked = []
    for life in chosen:
        recorded = claim(life)
        if recorded is not None:
            asked.append(life)
            answer = ask(recorded)  # Vacuous if the events were impossible
            assert isinstance(answer, Proved), f"{life.spec}, line {life.line}: {answer}"
    return asked


def test_recorded_statuses_are_proved() -> None:
    asked = prove(sample(3))
    assert {life.spec for life in asked} == {life.spec for life in lives()}
    assert kinds(asked) == kinds(lives())


@pytest.mark.slow
def test_many_recorded_statuses_are_proved() -> None:
    assert len(prove(sample(60))) > 5000


def test_another_status_than_the_recorded_one_is_refuted() -> None:
    refuted = 0
    for life in sample(1)[::6]:
        recorded = claim(life)
        if recorded is None:
            continue
        *before, last = recorded.automaton.edges
        assert last.then is not None
        wrong = (*before, last._replace(then=t.not_(last.then)))
        answer = ask(recorded._replace(automaton=recorded.automaton._replace(edges=wrong)))
        assert isinstance(answer, Refuted), f"{life.spec}, line {life.line}: {answer}"
        refuted += 1
    assert refuted > 15


def test_statuses_that_come_by_a_race_are_found() -> None:
    rng = random.Random(SEED)
    evicted = [
        life
        for life in lives()
        if life.spec.startswith(("1s1c/", "s+i+1c/"))
        and any(step.event[0] == "evict" for step in life.steps)
    ]
    broken = [life for life in lives() if life.before and life.before[0][0] == "imgfail"]
    for group in (evicted, broken):
        chosen = rng.sample(group, min(60, len(group)))
        asked = [(life, c) for life in chosen if (c := race_claim(life)) is not None]
        assert len(asked) > 4
        for life, c in asked:
            answer = ask(c)
            assert isinstance(answer, Refuted), f"{life.spec}, line {life.line}: {answer}"
