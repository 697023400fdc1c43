"""A question and its starts as a claim: what an engine is asked."""

from __future__ import annotations

from podcheck.model.claims import LivenessClaim, PropertyClaim, ScenarioClaim, Start
from podcheck.model.questions import PodQuestions, Question
from podcheck.model.system import Action
from podcheck.model.terms import not_

Starts = tuple[Start, ...]


def events_of(pod: PodQuestions, question: Question) -> tuple[Action, ...]:
    """The events that the question's assumptions leave."""
    excluded = question.assumptions.excluded
    return tuple(e for e in pod.system.events if e.kind not in excluded)


def races_of(question: Question) -> bool:
    """Whether what Kubernetes leaves to timing may come out either way: a find has it so always."""
    return question.assumptions.races or question.form in ("find", "find-scenario")


def property_claim(pod: PodQuestions, question: Question, starts: Starts) -> PropertyClaim:
    """What a question with a condition asks; a find asks whether its condition never holds."""
    assert question.condition is not None
    sought = question.form == "find"
    return PropertyClaim(
        pod.system, starts, not_(question.condition) if sought else question.condition,
        events_of(pod, question), question.assumptions.at_most,
        races_of(question),
    )  # fmt: skip


def scenario_claim(pod: PodQuestions, question: Question, starts: Starts) -> ScenarioClaim:
    """What a question with an automaton asks."""
    assert question.automaton is not None
    return ScenarioClaim(pod.system, starts, question.automaton, races_of(question))


def liveness_claim(pod: PodQuestions, question: Question, starts: Starts) -> LivenessClaim:
    """What a question with a promise asks."""
    assert question.promise is not None
    assumed = question.assumptions
    return LivenessClaim(
        pod.system, starts, question.promise, events_of(pod, question), assumed.at_most,
        assumed.fairness, assumed.races,
    )  # fmt: skip
