"""`podcheck certify`: certificates are written anew, compared, and checked without our solver."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from podcheck.certificate import cvc5
from podcheck.certificate.conditions import UnreadableError
from podcheck.certificate.folder import (
    INVARIANT,
    MANIFEST,
    RUN,
    Case,
    asked_by,
    claim_for,
    digest,
    files,
    heading,
    name_of,
    proof,
    question_of,
)
from podcheck.certificate.obligations import OBLIGATIONS, obligations
from podcheck.certificate.runs import replay, run_of
from podcheck.exporting import CannotExportError
from podcheck.interpret.machine import Machine
from podcheck.interpret.properties import Complete, search
from podcheck.interpret.search import Explorer, OutOfBudget
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading import load_spec
from podcheck.model.plan import make_plan
from podcheck.model.questions import CompiledSpec
from podcheck.model.terms import and_
from podcheck.replay import ReplayDiffers
from podcheck.rules.loader import load_pack

SMALL = 200_000  # steps of the enumeration of a system's states


class Checked(NamedTuple):
    """What became of a certificate: ``word`` is PROVED, REPLAYS, REFUSED or UNKNOWN.

    ``about`` is empty where all certificates of a spec are refused.
    """

    word: str
    about: str
    detail: str


class RefusedError(Exception):
    """The certificates of a spec are not what podcheck would write; the text says why."""


def certify(texts: Mapping[str, str], seconds: float) -> Iterator[Checked]:
    """The certificates of one spec, one by one.

    ``texts`` are its files by their path; ``seconds`` are for each question to cvc5.
    """
    try:
        spec, cases = _opened(texts)
    except RefusedError as error:
        yield Checked("REFUSED", "", str(error))
        return
    for case in cases:
        yield _checked(spec, case, seconds)


# ---- is it what podcheck writes? ----------------------------------------------------------------


def _opened(texts: Mapping[str, str]) -> tuple[CompiledSpec, list[Case]]:
    """The spec and its cases, if every file is what it must be; raises ``RefusedError``."""
    try:
        manifest = json.loads(texts[MANIFEST])
        _same_digests(manifest, texts)
        spec = _spec(manifest["spec"], manifest["includes"])
        cases = [_case(spec, row, texts) for row in manifest["certificates"]]
        written = files(spec, cases)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise RefusedError(f"{MANIFEST} is damaged") from error
    except (UnreadableError, ReplayDiffers, CannotExportError) as error:
        raise RefusedError(str(error)) from error
    for name in sorted({*written, *texts}):
        if written.get(name) != texts.get(name):
            raise RefusedError(f"{name} is not what the spec and the rules lead to")
    _complete(spec, cases)
    return spec, cases


def _same_digests(manifest: Any, texts: Mapping[str, str]) -> None:
    listed = {n: d for row in manifest["certificates"] for n, d in row["files"].items()}
    for name, expected in listed.items():
        if name not in texts:
            raise RefusedError(f"{name} is missing")
        if digest(texts[name]) != expected:
            raise RefusedError(f"{name} was changed: its digest is another")


def _spec(listed: Any, includes: Any) -> CompiledSpec:
    """The spec of a manifest, by its path as `verify` was given it."""
    diagnostics = Diagnostics()
    path = str(listed["path"])
    spec = load_spec(path, diagnostics)
    plan = None
    if spec is not None and not diagnostics.has_errors:
        plan = make_plan(spec, load_pack(), diagnostics)
    if plan is None or diagnostics.has_errors:
        raise RefusedError(f"the spec {path} is not here, or has errors")
    compiled = plan.compiled(())
    found = [{"path": s.name, "sha256": digest(s.text)} for s in compiled.sources]
    if found != [listed, *includes]:
        raise RefusedError(f"the spec {path} has changed since")
    return compiled


def _case(spec: CompiledSpec, row: Any, texts: Mapping[str, str]) -> Case:
    case = Case(int(row["pod"]), int(row["question"]), tuple(map(str, row["policies"])))
    if min(case.pod, case.question) < 0 or not case.policies:
        raise ValueError(row)
    folder = name_of(spec, case)
    if row["kind"] == "proof":
        lines = texts[f"{folder}/{INVARIANT}"].splitlines()
        return case._replace(invariant=tuple(x for x in lines if not x.startswith("#")))
    if row["kind"] == "run":
        return case._replace(run=json.loads(texts[f"{folder}/{RUN}"]))
    return case._replace(nothing=str(row["nothing"]))


def _complete(spec: CompiledSpec, cases: list[Case]) -> None:
    """Raise ``RefusedError`` unless every question is there once for each of its policies."""
    found = sorted((c.pod, c.question, policy) for c in cases for policy in c.policies)
    wanted = sorted(
        (p, q, x) for p, q in asked_by(spec) for x in spec.pods[p].questions[q].policies
    )
    if found != wanted:
        raise RefusedError(f"{MANIFEST} leaves out a claim of the spec, or has one twice")


# ---- does it prove what it says? -----------------------------------------------------------------


def _checked(spec: CompiledSpec, case: Case, seconds: float) -> Checked:
    about = heading(spec, case)
    if case.nothing:
        return Checked("UNKNOWN", about, f"no certificate: {case.nothing}")
    if case.invariant is not None:
        return _proof(spec, case, about, seconds)
    claim = claim_for(spec, case)
    try:
        events = replay(claim, run_of(case.run, claim.starts[0]))
    except ReplayDiffers as error:
        return Checked("REFUSED", about, f"the run is none: {error}")
    said = _said(spec, case)
    return Checked("REPLAYS", about, f"{said}: a run of {events} event{'s' * (events != 1)}")


def _said(spec: CompiledSpec, case: Case) -> str:
    """What a certificate says of its claim."""
    if question_of(spec, case)[1].form == "find":
        return "it is never found" if case.kind == "proof" else "it is found"
    return "it holds" if case.kind == "proof" else "it fails"


def _proof(spec: CompiledSpec, case: Case, about: str, seconds: float) -> Checked:
    assert case.invariant is not None
    found = proof(claim_for(spec, case), case.invariant)
    scripts = obligations(found.asked, found.invariant)
    try:
        for name in OBLIGATIONS:
            answer = cvc5.answer("\n".join(scripts[name]), seconds)
            if answer == "sat":
                return Checked("REFUSED", about, f"cvc5: {name} is sat, it must be unsat")
            if answer != "unsat":
                return Checked("UNKNOWN", about, f"cvc5 does not decide {name}.smt2: {answer}")
    except cvc5.MissingError as error:
        return Checked("UNKNOWN", about, str(error))
    details = [f"{_said(spec, case)}: cvc5 finds {', '.join(OBLIGATIONS)} unsat"]
    explorer = Explorer(Machine(found.asked.system), True, SMALL)
    condition = and_(found.asked.condition, *found.invariant)
    try:
        every = search(explorer, found.asked.starts, found.asked.system.events, {}, condition)
    except OutOfBudget:
        details.append(f"not every state was enumerated in {SMALL:,} steps")
    else:
        if not isinstance(every, Complete):
            return Checked("REFUSED", about, "a reachable state violates the invariant")
        details.append(f"{every.states:,} states enumerated")
    return Checked("PROVED", about, "; ".join(details))
