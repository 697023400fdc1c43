"""What podcheck says by other ways than `verify`: `run`, `table`, certificates."""

from __future__ import annotations

import contextlib
import random
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import podcheck
from oracle.asked import File, Question
from oracle.claims import FAILS, HOLDS, facts
from oracle.codes import ALL, Codes, sample
from oracle.compare import ORACLE_STEPS, Difference
from oracle.generate import POLICIES, Shape, Writer
from oracle.machine import Machine, Spent, Unrest
from oracle.sequences import Place, Places, Sequences
from oracle.states import prepared
from oracle.values import State, Value
from podcheck.certificate.validator import certify
from podcheck.certificate.writer import Certificates
from podcheck.checker.spec_files import Checker
from podcheck.declarations.pack import Pack
from podcheck.language.source import Source
from podcheck.verification.options import Options

PLAIN = ("0", "1", "42", "137")  # a run plays one code
COLUMNS = ("phase", "STATUS", "READY", "RESTARTS")
STEPS = 20_000


def observed(machine: Machine, name: str, state: State) -> Value:
    """What the API server shows of the pod, or what kubectl prints."""
    known = name in machine.pack.pod_state
    return machine.value(
        machine.variable("", name) if known else machine.named(name, None), state
    )  # fmt: skip


def _start(machine: Machine, start: str, policy: str) -> State | None:
    if start == "created":
        return machine.initial_state(policy)
    return prepared(machine, start, None, policy)


def _file(pod: Shape, events: Sequence[str], pack: Pack, own: str = "") -> File:
    """A spec with a scenario for each event, so that the events are there as syntax."""
    claims = [f'scenario "{i}" for p {{ when {e} }}\n' for i, e in enumerate(events)]
    return File(pod.text + own + "".join(claims), pack)


# ---- run -----------------------------------------------------------------------------------------


def played(writer: Writer, pack: Pack) -> tuple[str, list[Difference], str]:
    """A sequence of events, each of which is possible, as `podcheck run` plays it."""
    pod, policy = writer.shape(), writer.pick(*POLICIES)
    start = writer.pick("created", "Running")
    tried = [e for e in (writer.event(pod, PLAIN) for _ in range(12)) if "with exit" not in e]
    questions = _file(pod, tried, pack).questions()
    machine = questions[0].machine
    machine.limit(STEPS)
    sequences = Sequences(machine, Codes((0,), (0,)), False, frozenset())
    state = _start(machine, start, policy)
    if state is None:
        return pod.text, [], "no start"
    words: list[str] = []
    states: list[State] = []
    places: Places = {Place(state, start != "created", None): None}
    for event, q in zip(tried, questions, strict=True):
        (group,) = sequences.groups(q.steps[0].pattern, {})
        if start == "created" and not words and group[0].event.declared.early:
            continue  # which `run` would play before the pod settles, whatever follows
        after = sequences.after(q.steps[0].pattern, {}, places)
        if len(after) == 1:
            ((place, _),) = after.items()
            words.append(event)
            states.append(place.state)
            places = {Place(place.state, True, None): None}
    text = f"{pod.text}# podcheck run spec.pod --under {policy} --from {start} {words}\n"
    if not words:
        return text, [], "no event"
    play = podcheck.run(podcheck.Spec(pod.text), *words, under=policy, start=start)  # type: ignore[arg-type]
    found: list[Difference] = []
    for event, ours, step in zip(words, states, play.steps[1:], strict=True):
        theirs = step.status
        shown = (theirs.phase, theirs.reason, theirs.status, theirs.ready, theirs.restarts)
        mine = (
            observed(machine, "phase", ours), _reason(observed(machine, "reason", ours)),
            observed(machine, "STATUS", ours), observed(machine, "READY", ours),
            str(observed(machine, "RESTARTS", ours)),
        )  # fmt: skip
        own = {c.name: _container(machine, c.name, ours) for c in machine.containers}
        if shown != mine or own != {c.name: (c.restarts, c.ready) for c in theirs.containers}:
            found.append(
                Difference("run-status", f"after {event}: {shown}, the oracle {mine} {own}")
            )
            break
    return text, found, ""


def _reason(word: Value) -> str:
    return "" if word == "none" else str(word)


def _container(machine: Machine, name: str, state: State) -> tuple[Value, Value]:
    count, ready = (machine.variable(name, f) for f in ("restartCount", "ready"))
    return machine.value(count, state), machine.value(ready, state)


# ---- table ---------------------------------------------------------------------------------------


def cells(writer: Writer, pack: Pack) -> tuple[str, list[Difference], str]:
    """Single events under each policy, as `podcheck table` has them."""
    pod = writer.shape()
    own = writer.override() if writer.maybe(0.3) else ""
    start, column = writer.pick("Running", "created"), writer.pick(*COLUMNS)
    events = [writer.event(pod) for _ in range(3)]
    file = _file(pod, events, pack, own)
    questions = [q for q in file.questions() if _can_happen(q)]
    events = [events[q.claim] for q in questions]
    text = f"{pod.text}{own}# podcheck table spec.pod --from {start} --column {column} {events}\n"
    if not events:
        return text, [], "no event"
    spec = podcheck.Spec(pod.text + own)
    try:
        found = podcheck.table(spec, *events, start=start, column=column)  # type: ignore[arg-type]
    except podcheck.InputError as error:  # the pod never gets to its start
        return text, [], str(error)
    differences = []
    for q, (event, row) in zip(questions, found.rows, strict=True):
        for policy, cell in zip(found.policies, row, strict=True):
            mine = _values(q, policy, start, column, file.numbers, writer.chance)
            theirs = set() if cell == "-" else set(cell.split(" or "))
            if mine is not None and mine != theirs:
                what = f"{event} | {policy}: {cell}, the oracle {sorted(mine)}"
                differences.append(Difference("table-cell", what))
    return text, differences, ""


def _can_happen(q: Question) -> bool:
    """Does the pod's spec leave the event possible?  If not, podcheck refuses it."""
    sequences = Sequences(q.machine, Codes((0,), (0,)), False, frozenset())
    (group,) = sequences.groups(q.steps[0].pattern, {})
    return not any(q.machine.can_never_happen(p.event) for p in group)


def _values(
    q: Question, policy: str, start: str, column: str, numbers: Sequence[int], chance: random.Random
) -> set[str] | None:
    """What an event can lead to, with all exit codes; None if that is too much."""
    machine = q.machine
    machine.limit(STEPS)
    state = _start(machine, start, policy)
    if state is None:
        return set()
    codes = sample([n for n in numbers if n < 256], chance)._replace(events=ALL)
    sequences = Sequences(machine, codes, False, frozenset())
    try:
        places = sequences.after(
            q.steps[0].pattern, {}, {Place(state, start != "created", None): None}
        )
    except (Spent, Unrest):
        return None
    return {str(observed(machine, column, place.state)) for place in places}


# ---- certificates --------------------------------------------------------------------------------


def certified(writer: Writer, pack: Pack) -> tuple[str, list[Difference], str]:
    """A check or a find: whatever `verify` says is proved must be PROVED by its certificate, a run
    must replay."""
    pod = writer.shape(most=1)
    claim = writer.find(pod) if writer.maybe(0.3) else writer.check(pod)
    text = pod.text + claim
    options = Options(stories="none", max_steps=20_000)
    certificates = Certificates(options)
    checker = Checker(options._replace(answered=certificates.answered), pack)
    file = checker.open_source(Source("spec.pod", text), None)
    if any(d.is_error for d in file.diagnostics):
        return text, [], file.diagnostics[0].message
    file.result()
    assert file.compiled is not None
    texts = certificates.files(file.compiled)
    texts = {n.removeprefix("spec.pod/"): t for n, t in texts.items()}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        Path("spec.pod").write_text(text)  # which `certify` reads again
        words = [c.word for c in certify(texts, 20)]
    ours = File(text, pack)
    known = facts(ours.questions(), ours.numbers, ORACLE_STEPS, 0)
    proof = FAILS if claim.startswith("find") else HOLDS
    most = sum(proof in f.possible for f in known)
    if "REFUSED" in words or words.count("PROVED") > most:
        why = f"{words}, at most {most} can be proved: {[f.why for f in known]}"
        return text, [Difference("certificate", why)], ""
    return text, [], ""


Other = Callable[[Writer, Pack], tuple[str, list[Difference], str]]
OTHERS: dict[str, tuple[int, Other]] = {
    "run": (2, played), "cells": (2, cells), "certificate": (1, certified),
}  # fmt: skip
