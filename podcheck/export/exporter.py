"""Claims of a file as safety questions, for other model checkers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.compiler.engine_claims import (
    any_state_of,
    claim_of,
    liveness_claim,
    preparation_of,
    scenario_claim,
)
from podcheck.compiler.questions import (
    ClaimHead,
    CompiledSpec,
    PodQuestions,
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
    claim_named,
    which_claim,
)
from podcheck.core.claims import Start
from podcheck.explicit import preparations
from podcheck.transform.from_any_state import from_any_state
from podcheck.transform.liveness import kept
from podcheck.transform.monitor import monitored
from podcheck.transform.safety import Safety, safety


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
    properties = properties_of(head, questions)
    policies = [p for p in questions[0].policies if p in under or not under]
    if not policies:
        known = ", ".join(questions[0].policies)
        raise CannotExportError(f"The claim is not about that policy. It is about: {known}.")
    starts = starts_of(chosen, questions[0], policies)
    return Export(
        _heading(spec, head, chosen, policies), safety(claim_of(chosen, properties, starts))
    )


def export_question(
    spec: CompiledSpec, pod: PodQuestions, question: Question, policies: Sequence[str]
) -> Export:
    """One question about one pod, with a start for each of the policies.

    A promise is asked about as a property of states: no run reaches a state in which it is
    broken, nor round a cycle on which it stays open.  A scenario is asked about on the pod
    together with how far its pattern has come, and a claim from any state of a kind together
    with the way to such a state.
    """
    head = spec.claims[question.claim]
    about = about_claim(head, pod, policies)
    if question.label:
        about.append(f"Only [{question.label}].")
    if isinstance(question, PromiseQuestion):
        refuse_start(question)
        about.append("A violation is a broken promise, or a cycle back to a saved state, all fair.")
        asked = kept(liveness_claim(pod, question, starts_of(pod, question, policies)))
        return Export(tuple(about), safety(asked))
    if question.empty:
        raise CannotExportError(f"The claim asks nothing: {question.empty}.")
    anywhere = any_state_of(pod, question)
    starts = starts_of(pod, question, policies)
    if isinstance(question, ScenarioQuestion):
        about.append("The pod counts as settled where some sync changes nothing, which allows more")
        about.append("than the claim does: what holds here is proved, a violation may be none.")
        return Export(
            tuple(about),
            safety(monitored(scenario_claim(pod, question, starts), anywhere).claim),
        )
    claim = claim_of(pod, [question], starts)
    return Export(
        tuple(about),
        safety(claim if anywhere is None else from_any_state(pod.system, claim, anywhere)),
    )


# ---- which claim, which pod ------------------------------------------------------------------


def _number(spec: CompiledSpec, wanted: str | None) -> int:
    """The index of the claim of a title or a number (counted from 1)."""
    if wanted is None:
        asked = (q for p in spec.pods for q in p.questions)
        properties = {q.claim for q in asked if isinstance(q, PropertyQuestion)}
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
    """The pod of that name that the claim is about: a member of a family, or its largest."""
    asked = [p for p in spec.pods if any(q.claim == number for q in p.questions)]
    pods = {p.pod: p for p in asked}
    members = {p.member: p for p in asked}
    known = ", ".join(pods)
    if name is None and len(pods) == 1:
        return next(iter(pods.values()))
    if not pods:
        raise CannotExportError("The claim asks nothing.")
    if name is None:
        raise CannotExportError(f"Say which pod: `--pod NAME`. The claim is about: {known}.")
    if name not in pods and name not in members:
        raise CannotExportError(f"The claim is not about a pod `{name}`, but about: {known}.")
    return pods.get(name) or members[name]


def properties_of(head: ClaimHead, questions: Sequence[Question]) -> list[PropertyQuestion]:
    """These, if they are questions about every state of a run; raises ``CannotExportError``."""
    found = []
    for q in questions:
        if isinstance(q, PromiseQuestion):
            raise CannotExportError("A claim about what happens eventually can't be exported.")
        if isinstance(q, ScenarioQuestion):
            message = f"A {head.kind} refers to a few events, not of every state."
            raise CannotExportError(f"{message} Checks and finds without `when` can be exported.")
        refuse_start(q)
        found.append(q)
    return found


def refuse_start(question: Question) -> None:
    """Raise ``CannotExportError`` if a question has no one start under each policy."""
    if question.start.kind == "any":
        message = "from created, or from a named state such as Running"
        raise CannotExportError(f"Only claims {message}, can be exported.")
    if question.empty:
        raise CannotExportError(f"The claim asks nothing: {question.empty}.")


def starts_of(pod: PodQuestions, question: Question, policies: Sequence[str]) -> tuple[Start, ...]:
    """Where a question's runs start, for each of the policies: if it begins in any state of a kind,
    at the pod just created, from where they get there."""
    return tuple(start_of(pod, question, policy) for policy in policies)


def start_of(pod: PodQuestions, question: Question, policy: str) -> Start:
    """Where a question's runs start; raises ``CannotExportError`` if the pod never gets there."""
    name, how = question.start.name, preparation_of(pod, question)
    found = preparations.start_of(pod.system, name, how, policy)
    if found is None:
        raise CannotExportError(f"This pod never gets to {name} under {policy}.")
    return found


def _heading(
    spec: CompiledSpec, head: ClaimHead, pod: PodQuestions, policies: Sequence[str]
) -> tuple[str, ...]:
    lines = about_claim(head, pod, policies)
    family = [p for p in spec.pods if p.pod == pod.pod]
    if len(family) > 1:
        largest = "; this is the largest" if pod is family[-1] else ""
        lines.insert(2, f"{pod.pod} is a family of {len(family)} pods{largest}.")
    return tuple(lines)


def about_claim(head: ClaimHead, pod: PodQuestions, policies: Sequence[str]) -> list[str]:
    """What a claim is about, each line a sentence or a part of one."""
    assuming = f", assuming {head.assuming}" if head.assuming else ""
    about = f"for {pod.member}, from {head.start}, under {', '.join(policies)}{assuming}"
    lines = [f'{head.kind} "{head.title}"', " ".join(about.split())]
    if head.kind == "find":
        lines.append("A violation is what the find looks for.")
    return [" ".join(line.splitlines()) for line in lines]


def folder_for(spec: str) -> str:
    """A folder of its own for what is written about a spec, by the spec's path."""
    parts = spec.replace("\\", "/").split("/")
    return "/".join(p for p in parts if p not in ("", "..", ".") and not p.endswith(":"))
