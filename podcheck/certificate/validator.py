"""`podcheck certify`: certificates are written anew, compared, and checked without our solver."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from podcheck.certificate import cvc5
from podcheck.certificate.abstraction import PICTURE, faithful
from podcheck.certificate.folder import (
    INVARIANT,
    MANIFEST,
    RUN,
    STATES,
    WITNESS,
    Case,
    data_of,
    digest,
    files,
    heading,
    name_of,
    proof,
)
from podcheck.certificate.invariant_text import UnreadableError
from podcheck.certificate.runs import replay, shown_by
from podcheck.certificate.states import states_in
from podcheck.certificate.subject import Questions
from podcheck.compiler.plan import Plan, make_plan
from podcheck.core.terms import and_
from podcheck.declarations.spec import Spec
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter, ReplayDiffers, State
from podcheck.explicit.properties import Complete, search
from podcheck.export.exporter import CannotExportError
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import load_spec

SMALL = 200_000  # steps of the enumeration of a system's states
MOST = 64  # rounds or syncs within which a promise is kept


class Checked(NamedTuple):
    """What became of a certificate: ``word`` is PROVED, REPLAYS, REFUSED or UNKNOWN.

    ``about`` is its claim, pod and policies, ``place`` its spec and what its claim rests on; both
    are empty where all certificates of a spec are refused.  ``by`` says what has
    confirmed it: `cvc5`, `enumeration` (of this many ``states``) or `replay`; nothing of what was
    refused, or of which there is ``none``.
    """

    word: str
    about: str
    detail: str
    by: tuple[str, ...] = ()
    states: int = 0
    none: bool = False
    place: str = ""


def summary(checked: Sequence[Checked]) -> str:
    """How many were checked, by what, and what was not."""
    by = {name: sum(name in c.by for c in checked) for name in ("cvc5", "enumeration", "replay")}
    parts = []
    if by["cvc5"]:
        most = max(c.states for c in checked)
        every = f", {by['enumeration']} of them by enumeration too (up to {most:,} states)"
        parts.append(f"{by['cvc5']} proved by cvc5{every if by['enumeration'] else ''}")
    if by["replay"]:
        parts.append(f"{by['replay']} replayed")
    refused = sum(c.word == "REFUSED" for c in checked)
    without = sum(c.none for c in checked)
    undecided = sum(c.word == "UNKNOWN" for c in checked) - without
    for count, word in ((refused, "refused"), (undecided, "undecided")):
        if count:
            parts.append(f"{count} {word}")
    parts.append(f"{without or 'none'} without a certificate")
    return f"{len(checked):,} checked: {'; '.join(parts)}."


# What may come of data that is not what podcheck writes
DAMAGED = (
    KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError,
)  # fmt: skip


class RefusedError(Exception):
    """The certificates of a spec are not what podcheck would write; the text says why."""


def certify(
    texts: Mapping[str, str], seconds: float, objection: Callable[[str], str] = lambda path: ""
) -> Iterator[Checked]:
    """The certificates of one spec, one by one.

    ``texts`` are its files by their path; ``seconds`` are for each question to cvc5; ``objection``
    says why they must not be about the spec of some path (empty: they may).
    """
    try:
        plan, questions, cases = _opened(texts, objection)
    except RefusedError as error:
        yield Checked("REFUSED", "", str(error))
        return
    pictures = _Pictures(plan, seconds)
    for case in cases:
        try:
            found = pictures.refused(questions, case) or _checked(questions, case, texts, seconds)
        except DAMAGED:
            found = Checked("REFUSED", heading(questions, case), "it is damaged")
        yield found._replace(place=_place(questions, case))


def _place(questions: Questions, case: Case) -> str:
    """Where a case's claim is written, and what it rests on beside its pod and its policies."""
    question = questions.of(case.pod, case.question)[1]
    head, start = questions.spec.claims[question.claim], question.start
    begins = start.name if start.kind == "prepared" else "created"
    if start.kind == "any":
        begins = f"any {start.name}" if start.name else start.text
    assumed = [f"assuming {head.assuming}"] if head.assuming else []
    about = " ".join(", ".join([f"from {begins}", *assumed, questions.rules]).split())
    return f"{head.span.source.name}:{head.span.line}, {about}"


# ---- is it what podcheck writes? ----------------------------------------------------------------


def _opened(
    texts: Mapping[str, str], objection: Callable[[str], str] = lambda path: ""
) -> tuple[Plan, Questions, list[Case]]:
    """The spec and its cases, if every file is what it must be; raises ``RefusedError``."""
    try:
        manifest = data_of(texts[MANIFEST])
        _same_digests(manifest, texts)
        refused = objection(str(manifest["spec"]["path"]))
        if refused:
            raise RefusedError(refused)
        plan, questions = _questions(manifest["spec"], manifest["includes"])
        cases = [_case(questions, row, texts) for row in manifest["certificates"]]
        written = files(questions, cases)
    except DAMAGED as error:
        raise RefusedError(f"{MANIFEST} is damaged") from error
    except (UnreadableError, ReplayDiffers, CannotExportError) as error:
        raise RefusedError(str(error)) from error
    for name in sorted({*written, *texts}):
        if written.get(name) != texts.get(name):
            raise RefusedError(f"{name} is not what the spec and the rules lead to")
    _complete(questions, cases)
    return plan, questions, cases


def _same_digests(manifest: Any, texts: Mapping[str, str]) -> None:
    listed = {n: d for row in manifest["certificates"] for n, d in row["files"].items()}
    for name, expected in listed.items():
        if name not in texts:
            raise RefusedError(f"{name} is missing")
        if digest(texts[name]) != expected:
            raise RefusedError(f"{name} was changed: its digest is another")


def _questions(listed: Any, includes: Any) -> tuple[Plan, Questions]:
    """Those of the spec of a manifest, by its path as `verify` was given it."""
    diagnostics = Diagnostics()
    path = str(listed["path"])
    spec = load_spec(path, diagnostics)
    plan = None
    if spec is not None and not diagnostics.has_errors:
        plan = make_plan(spec, load_pack(), diagnostics)
    if spec is None or plan is None or diagnostics.has_errors:
        raise RefusedError(f"the spec {path} is not here, or has errors")
    compiled = plan.compiled(())
    found = [{"path": s.name, "sha256": digest(s.text)} for s in compiled.sources]
    if found != [listed, *includes]:
        raise RefusedError(f"the spec {path} has changed since")
    return plan, Questions(compiled, _rules(spec))


def _rules(spec: Spec) -> str:
    """Under which rules the claims of a spec are proved, as far as it chooses them."""
    release, kubelet = (".".join(map(str, v)) for v in (spec.version, spec.kubelet))
    parts = [f"Kubernetes {release}", *([f"kubelet {kubelet}"] if kubelet != release else [])]
    parts += [f"{gate} {'on' if on else 'off'}" for gate, on in spec.gates.items()]
    return ", ".join([*parts, *(["rules of its own"] if spec.overrides else [])])


def _case(questions: Questions, row: Any, texts: Mapping[str, str]) -> Case:
    case = Case(int(row["pod"]), int(row["question"]), tuple(map(str, row["policies"])))
    case = case._replace(rounds=int(row.get("rounds", 0)), syncs=int(row.get("syncs", 0)))
    counts = (case.rounds, case.syncs)
    if min(case.pod, case.question, *counts) < 0 or max(counts) > MOST or not case.policies:
        raise ValueError(row)
    folder = name_of(questions, case)
    if row["kind"] in ("proof", "states", "syncs") and f"{folder}/{WITNESS}" in texts:
        case = case._replace(witness=dict(data_of(texts[f"{folder}/{WITNESS}"])))
    match row["kind"]:
        case "proof":
            lines = texts[f"{folder}/{INVARIANT}"].splitlines()
            return case._replace(invariant=tuple(x for x in lines if not x.startswith("#")))
        case "states":
            return case._replace(states=data_of(texts[f"{folder}/{STATES}"]))
        case "syncs":
            if not case.syncs:
                raise ValueError(row)
            return case
        case "run":
            return case._replace(run=data_of(texts[f"{folder}/{RUN}"]))
    return case._replace(nothing=str(row["nothing"]))


def _complete(questions: Questions, cases: list[Case]) -> None:
    """Raise ``RefusedError`` unless every question is there once for each of its policies."""
    found = sorted((c.pod, c.question, policy) for c in cases for policy in c.policies)
    places = questions.places()
    wanted = sorted((p, q, x) for p, q in places for x in questions.of(p, q)[1].policies)
    if found != wanted:
        raise RefusedError(f"{MANIFEST} leaves out a claim of the spec, or has one twice")


# ---- is the system that it is about a picture of the pod? ----------------------------------------


class _Pictures:
    """Whether the systems of a spec's claims are faithful pictures of its pods."""

    def __init__(self, plan: Plan, seconds: float) -> None:
        self._plan = plan
        self._seconds = seconds
        self._answers: dict[str, Checked | None] = {}  # by script
        self._found: dict[tuple[int, int], Checked | None] = {}  # by pod and claim

    def refused(self, questions: Questions, case: Case) -> Checked | None:
        """Why a case says nothing about its pod; None if it does, or if it has no certificate."""
        if case.nothing:
            return None
        pod, question = questions.of(case.pod, case.question)
        key = (pod.plan, question.claim)
        if key not in self._found:
            self._found[key] = self._looked_at(*key)
        found = self._found[key]
        if found is not None and found.word == "UNKNOWN" and case.kind == "run":
            return None  # what a run shows needs no other solver
        return None if found is None else found._replace(about=heading(questions, case))

    def _looked_at(self, place: int, claim: int) -> Checked | None:
        pod = self._plan.pods[place]
        asked = [q for q in pod.questions if q.claim == claim]
        for script in faithful(pod.over(pod.exact(asked), asked)):
            if script not in self._answers:
                self._answers[script] = _decided({PICTURE: script}, self._seconds)
            if self._answers[script] is not None:
                return self._answers[script]
        return None


# ---- does it prove what it says? -----------------------------------------------------------------


def _checked(questions: Questions, case: Case, texts: Mapping[str, str], seconds: float) -> Checked:
    about = heading(questions, case)
    if case.nothing:
        return Checked("UNKNOWN", about, f"no certificate: {case.nothing}", none=True)
    if case.kind != "run":
        folder = name_of(questions, case)
        refused = _decided({n: texts[f"{folder}/{n}.smt2"] for n in case.obligations}, seconds)
        if refused is not None:
            return refused._replace(about=about)
        return _witnessed(questions, case, _enumerated(questions, case, about))
    asked = case.violated(questions)
    try:
        events = replay(asked, shown_by(case.run, asked))
    except ReplayDiffers as error:
        return Checked("REFUSED", about, f"the run is none: {error}")
    said = _said(questions, case)
    detail = f"{said}: a run of {events} event{'s' * (events != 1)}"
    return Checked("REPLAYS", about, detail, ("replay",))


def _said(questions: Questions, case: Case) -> str:
    """What a certificate says of its claim."""
    if questions.of(case.pod, case.question)[1].sought:
        return "it is found" if case.kind == "run" else "it is never found"
    return "it fails" if case.kind == "run" else "it holds"


def _decided(scripts: Mapping[str, str], seconds: float) -> Checked | None:
    """Why cvc5 does not confirm the obligations of a proof; None if it does."""
    try:
        for name, script in scripts.items():
            answer = cvc5.answer(script, seconds)
            if answer == "sat":
                return Checked("REFUSED", "", f"cvc5: {name} is sat, it must be unsat")
            if answer != "unsat":
                return Checked("UNKNOWN", "", f"cvc5 does not decide {name}.smt2: {answer}")
    except cvc5.MissingError as error:
        return Checked("UNKNOWN", "", str(error))
    return None


def _witnessed(questions: Questions, case: Case, proved: Checked) -> Checked:
    """A proof, with the run that shows that it is not about nothing."""
    if proved.word != "PROVED":
        return proved
    try:
        idle = case.idle(questions)
        if idle is None:
            return proved
        if case.witness is None:
            missing = f"{proved.detail}; no run is shown that reaches what it is about"
            return Checked("UNKNOWN", proved.about, missing)
        events = replay(idle, shown_by(case.witness, idle))
    except ReplayDiffers as error:
        return Checked("REFUSED", proved.about, f"the witness is none: {error}")
    shown = f"a run of {events} event{'s' * (events != 1)} reaches what it is about"
    return proved._replace(detail=f"{proved.detail}; {shown}")


def _enumerated(questions: Questions, case: Case, about: str) -> Checked:
    """A proof that cvc5 has confirmed; its states are looked at one by one, if they are few."""
    detail = f"{_said(questions, case)}: cvc5 finds {', '.join(case.obligations)} unsat"
    if case.syncs:
        return Checked("PROVED", about, f"{detail}; no state was enumerated", ("cvc5",))
    asked = case.asked(questions)
    listed: list[State] = []
    if case.invariant is None:
        system, starts, condition = asked.safety(case.rounds)
        listed = states_in(case.states, system)
    else:
        (system, starts, condition), invariant = proof(questions, case)
        condition = and_(condition, *invariant)
    machine = Interpreter(system)
    try:
        every = search(Explorer(machine, True, SMALL), starts, system.events, {}, condition)
    except OutOfBudget:
        more = f"not every state was enumerated in {SMALL:,} steps"
        return Checked("PROVED", about, f"{detail}; {more}", ("cvc5",))
    if not isinstance(every, Complete) or (listed and not {*every.visited} <= {*listed}):
        return Checked("REFUSED", about, "a reachable state violates the invariant")
    end = asked.end
    if end is not None and not any(machine.value(end, s) for s in every.visited):
        of = "the end of the pattern" if asked.on_pattern else "a start that it is about"
        return Checked("REFUSED", about, f"no run reaches {of}")
    detail += f"; {every.states:,} states enumerated"
    return Checked("PROVED", about, detail, ("cvc5", "enumeration"), every.states)
