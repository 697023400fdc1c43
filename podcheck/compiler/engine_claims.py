"""A question and its starts as a claim: what an engine is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from podcheck.compiler.questions import (
    PodQuestions,
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.claims import LivenessClaim, Preparing, PropertyClaim, ScenarioClaim, Start
from podcheck.core.system import Action
from podcheck.core.terms import Term, and_, not_, or_
from podcheck.transform.from_any_state import AnyState

Starts = tuple[Start, ...]


def events_of(pod: PodQuestions, question: Question) -> tuple[Action, ...]:
    """The events that the question's assumptions leave."""
    excluded = question.assumptions.excluded
    return tuple(e for e in pod.system.events if e.kind not in excluded)


def races_of(question: Question) -> bool:
    """Whether what Kubernetes leaves to timing may come out either way: a find has it so always."""
    return question.assumptions.races or question.sought


def doubtless(question: Question) -> Question:
    """The question whose violations are violations whatever the counts are that were cut."""
    doubt = question.doubt
    if doubt is None:
        return question

    def weaker(condition: Term | None) -> Term | None:
        return None if condition is None else or_(condition, doubt)

    match question:
        case PropertyQuestion(condition=condition, sought=True):
            return replace(question, condition=and_(condition, not_(doubt)))
        case PropertyQuestion(condition=condition):
            return replace(question, condition=or_(condition, doubt))
        case ScenarioQuestion(automaton=automaton):
            edges = tuple(
                e._replace(then=weaker(e.then), at_once=weaker(e.at_once)) for e in automaton.edges
            )
            return replace(question, automaton=automaton._replace(edges=edges))
        case PromiseQuestion():
            return question


def property_claim(pod: PodQuestions, question: PropertyQuestion, starts: Starts) -> PropertyClaim:
    """What a question with a condition asks; a find asks whether its condition never holds."""
    return PropertyClaim(
        pod.system, starts, _claimed(question), events_of(pod, question),
        question.assumptions.at_most, races_of(question),
    )  # fmt: skip


def _claimed(question: PropertyQuestion) -> Term:
    return not_(question.condition) if question.sought else question.condition


def scenario_claim(pod: PodQuestions, question: ScenarioQuestion, starts: Starts) -> ScenarioClaim:
    """What a question with an automaton asks."""
    return ScenarioClaim(pod.system, starts, question.automaton, races_of(question))


def liveness_claim(pod: PodQuestions, question: PromiseQuestion, starts: Starts) -> LivenessClaim:
    """What a question with a promise asks."""
    assumed = question.assumptions
    return LivenessClaim(
        pod.system, starts, question.promise, events_of(pod, question), assumed.at_most,
        assumed.fairness, assumed.races,
    )  # fmt: skip


def any_state_of(pod: PodQuestions, question: Question) -> AnyState | None:
    """How a question's runs get to where it begins, if that is any state of a kind."""
    if question.start.kind != "any":
        return None
    assert question.start.condition is not None
    return AnyState(question.start.condition, events_of(pod, question), races_of(question))


def claim_of(
    pod: PodQuestions, questions: Sequence[PropertyQuestion], starts: tuple[Start, ...]
) -> PropertyClaim:
    """One claim for all formulas.

    A condition on states may stand beside one on steps: it is judged before each step, and
    every state has one, for the kubelet may always sync.
    """
    assumptions = questions[0].assumptions
    return PropertyClaim(
        pod.system,
        starts,
        and_(*map(_claimed, questions)),
        events_of(pod, questions[0]),
        assumptions.at_most,
        races_of(questions[0]),
    )


def preparation_of(pod: PodQuestions, question: Question) -> Preparing | None:
    """How the state that a question starts from is reached; None: it starts from no such state.

    A pod may have a preparation of the same name as a kind of states that a claim starts from.
    """
    start = question.start
    return pod.preparations[start.name] if start.kind == "prepared" else None
