"""The files of a spec's certificates, as a function of the spec and of what was found.

Because nothing else goes into them, whoever checks certificates writes them anew, from the
spec, the invariants and the runs, and compares: a system or a claim that was tampered with
is not what podcheck would have written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

from podcheck.certificate.conditions import terms
from podcheck.certificate.obligations import obligations
from podcheck.certificate.runs import run_data, run_of
from podcheck.exporting import PROPERTIES, claim_of, refuse, start_of
from podcheck.model.claims import PropertyClaim
from podcheck.model.questions import CompiledSpec, PodQuestions, Question
from podcheck.model.safety import Safety, assumed, safety
from podcheck.model.terms import Term

MANIFEST = "manifest.json"
INVARIANT = "invariant.txt"
RUN = "run.json"


class Case(NamedTuple):
    """What was found about one question under some policies.

    ``pod`` and ``question`` are places in the compiled spec.  Exactly one of ``invariant``
    (lines, each a condition), ``run`` (JSON data, for one policy) and ``nothing`` (why there
    is no certificate) is given.
    """

    pod: int
    question: int
    policies: tuple[str, ...]
    invariant: tuple[str, ...] | None = None
    run: Any = None
    nothing: str = ""

    @property
    def kind(self) -> str:
        return "proof" if self.invariant is not None else "nothing" if self.nothing else "run"


class Proof(NamedTuple):
    """A safety question and conditions that prove it."""

    asked: Safety
    invariant: tuple[Term, ...]


def asked_by(spec: CompiledSpec) -> list[tuple[int, int]]:
    """Every question about all states of a run: its pod's place and its own."""
    return [
        (p, q)
        for p, pod in enumerate(spec.pods)
        for q, question in enumerate(pod.questions)
        if question.form in PROPERTIES
    ]


def question_of(spec: CompiledSpec, case: Case) -> tuple[PodQuestions, Question]:
    pod = spec.pods[case.pod]
    return pod, pod.questions[case.question]


def claim_for(spec: CompiledSpec, case: Case) -> PropertyClaim:
    """What a case is about; raises ``CannotExportError`` if there is nothing to prove."""
    pod, question = question_of(spec, case)
    refuse(spec.claims[question.claim], [question])
    starts = tuple(start_of(pod, question, policy) for policy in case.policies)
    return claim_of(pod, [question], starts)


def proof(claim: PropertyClaim, lines: Sequence[str]) -> Proof:
    """An invariant's lines with the system they speak of; raises ``UnreadableError``."""
    variables = {v.name: v for v in assumed(claim).variables}
    invariant = tuple(terms(lines, variables, claim.condition))
    others = [t for t in invariant if t is not claim.condition]
    return Proof(safety(claim, others), invariant)


def name_of(spec: CompiledSpec, case: Case) -> str:
    """The folder of a case."""
    _, question = question_of(spec, case)
    place = f"claim-{question.claim + 1}.pod-{case.pod + 1}.question-{case.question + 1}"
    return ".".join([place, *case.policies])


def heading(spec: CompiledSpec, case: Case) -> str:
    """What a case is about, in one line."""
    pod, question = question_of(spec, case)
    head = spec.claims[question.claim]
    label = f", {question.label}" if question.label else ""
    title = " ".join(head.title.split())
    return f'{head.kind} "{title}"{label}: {pod.pod}, {", ".join(case.policies)}'


# ---- files -----------------------------------------------------------------------------------


def files(spec: CompiledSpec, cases: Sequence[Case]) -> dict[str, str]:
    """Every file's text, by its path in the spec's folder; the manifest comes last."""
    found: dict[str, str] = {}
    rows = []
    for case in cases:
        texts = _files_of(spec, case)
        folder = name_of(spec, case)
        found |= {f"{folder}/{name}": text for name, text in texts.items()}
        rows.append(
            {
                "about": heading(spec, case),
                "kind": case.kind,
                "pod": case.pod,
                "question": case.question,
                "policies": list(case.policies),
                **({"nothing": case.nothing} if case.nothing else {}),
                "files": {f"{folder}/{n}": digest(text) for n, text in texts.items()},
            }
        )
    sources = [{"path": s.name, "sha256": digest(s.text)} for s in spec.sources]
    found[MANIFEST] = json_text({"spec": sources[0], "includes": sources[1:], "certificates": rows})
    return found


def _files_of(spec: CompiledSpec, case: Case) -> Mapping[str, str]:
    if case.nothing:
        return {}
    claim = claim_for(spec, case)
    if case.invariant is None:
        return {RUN: json_text(run_data(claim, run_of(case.run, claim.starts[0])))}
    found = proof(claim, case.invariant)
    meaning = "Each line holds at every start and is kept by every step."
    if not case.invariant:
        meaning = "No condition is needed: from no state at all does a step violate the claim."
    about = [f"# {heading(spec, case)}", f"# {meaning}"]
    texts = {INVARIANT: "\n".join([*about, *case.invariant, ""])}
    for name, lines in obligations(found.asked, found.invariant).items():
        texts[f"{name}.smt2"] = "\n".join([*lines, ""])
    return texts


def json_text(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def digest(text: str) -> str:
    """The SHA-256 of a text in UTF-8, in hexadecimal digits."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
