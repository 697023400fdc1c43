"""`podcheck export`: one property claim of a file as a safety question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.interpret.machine import Machine
from podcheck.interpret.starts import created, prepare
from podcheck.model.claims import PropertyClaim, Start
from podcheck.model.questions import (
    ClaimHead,
    CompiledSpec,
    PodQuestions,
    Question,
    claim_named,
    which_claim,
)
from podcheck.model.safety import Safety, safety
from podcheck.model.terms import and_, not_

PROPERTIES = ("always", "find")


class CannotExportError(Exception):
    """There is nothing to export; the text says why, in plain words."""


class Export(NamedTuple):
    """A claim about one pod: what it is, in lines of text, and what it asks."""

    heading: tuple[str, ...]
    asked: Safety


def export(spec: CompiledSpec, claim: str | None, pod: str | None, under: Sequence[str]) -> Export:
    """The claim of that title or number about that pod, under those policies.

    What is left out is the only one there is; without policies, all those of the claim.
    All policies and all formulas of the claim are one question: its condition is their
    conjunction, and it has a start for each policy.
    """
    number = _number(spec, claim)
    head = spec.claims[number]
    chosen = _pod(spec, number, pod)
    questions = [q for q in chosen.questions if q.claim == number]
    refuse(head, questions)
    policies = [p for p in questions[0].policies if p in under or not under]
    if not policies:
        known = ", ".join(questions[0].policies)
        raise CannotExportError(f"The claim is not about that policy. It is about: {known}.")
    starts = tuple(start_of(chosen, questions[0], p) for p in policies)
    return Export(
        _heading(spec, head, chosen, policies), safety(claim_of(chosen, questions, starts))
    )


def claim_of(
    pod: PodQuestions, questions: Sequence[Question], starts: tuple[Start, ...]
) -> PropertyClaim:
    """One claim for all formulas.

    A condition on states may stand beside one on steps: it is judged before each step, and
    every state has one, for the kubelet may always sync.
    """
    conditions = []
    for q in questions:
        assert q.condition is not None
        conditions.append(not_(q.condition) if q.form == "find" else q.condition)
    assumptions = questions[0].assumptions
    return PropertyClaim(
        pod.system,
        starts,
        and_(*conditions),
        tuple(e for e in pod.system.events if e.kind not in assumptions.excluded),
        assumptions.at_most,
        assumptions.races or questions[0].form == "find",
    )


# ---- which claim, which pod ------------------------------------------------------------------


def _number(spec: CompiledSpec, wanted: str | None) -> int:
    """The index of the claim of a title or a number (counted from 1)."""
    if wanted is None:
        properties = {q.claim for p in spec.pods for q in p.questions if q.form in PROPERTIES}
        if len(properties) == 1:
            return properties.pop()
        if not properties:
            raise CannotExportError("The file has no claim about every state: no check, no find.")
        raise CannotExportError(which_claim(spec.claims, sorted(properties)))
    try:
        return claim_named(spec.claims, wanted)
    except LookupError as error:
        raise CannotExportError(str(error)) from None


def _pod(spec: CompiledSpec, number: int, name: str | None) -> PodQuestions:
    """The pod of that name that the claim is about (of a family, the largest)."""
    pods = {p.pod: p for p in spec.pods if any(q.claim == number for q in p.questions)}
    known = ", ".join(pods)
    if name is None and len(pods) == 1:
        return next(iter(pods.values()))
    if not pods:
        raise CannotExportError("The claim asks nothing.")
    if name is None:
        raise CannotExportError(f"Say which pod: `--pod NAME`. The claim is about: {known}.")
    if name not in pods:
        raise CannotExportError(f"The claim is not about a pod `{name}`, but about: {known}.")
    return pods[name]


def refuse(head: ClaimHead, questions: Sequence[Question]) -> None:
    """Raise ``CannotExportError`` if these are no questions about every state of a run."""
    for q in questions:
        if q.form == "liveness":
            raise CannotExportError("A claim about what happens eventually can't be exported.")
        if q.form not in PROPERTIES:
            message = f"A {head.kind} speaks of a few events, not of every state."
            raise CannotExportError(f"{message} Checks and finds without `when` can be exported.")
        if q.start.kind == "any":
            message = "from created, or from a named state such as Running"
            raise CannotExportError(f"Only claims {message}, can be exported.")
        if q.empty:
            raise CannotExportError(f"The claim asks nothing: {q.empty}.")


def start_of(pod: PodQuestions, question: Question, policy: str) -> Start:
    """Where a question's runs start; raises ``CannotExportError`` if the pod never gets there."""
    machine = Machine(pod.system)
    if question.start.kind == "created":
        return created(machine, policy)
    name = question.start.name
    preparing = pod.preparations[name]
    found = prepare(machine, policy, name, preparing.events, preparing.condition)
    if found is None:
        raise CannotExportError(f"This pod never gets to {name} under {policy}.")
    return found.start


def _heading(
    spec: CompiledSpec, head: ClaimHead, pod: PodQuestions, policies: Sequence[str]
) -> tuple[str, ...]:
    assuming = f", assuming {head.assuming}" if head.assuming else ""
    about = f"for {pod.pod}, from {head.start}, under {', '.join(policies)}{assuming}"
    family = sum(p.pod == pod.pod for p in spec.pods)
    lines = [f'{head.kind} "{head.title}"', " ".join(about.split())]
    if family > 1:
        lines.append(f"{pod.pod} is a family of {family} pods; this is the largest.")
    if head.kind == "find":
        lines.append("A violation is what the find looks for.")
    return tuple(" ".join(line.splitlines()) for line in lines)
