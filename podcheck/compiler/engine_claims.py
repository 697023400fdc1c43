"""A question and its starts as a claim: what an engine is asked."""

from __future__ import annotations

from podcheck.compiler.questions import PodQuestions, Question
from podcheck.core.claims import LivenessClaim, PropertyClaim, ScenarioClaim, Start
from podcheck.core.system import Action
from podcheck.core.terms import Term, and_, not_, or_

Starts = tuple[Start, ...]


def events_of(pod: PodQuestions, question: Question) -> tuple[Action, ...]:
    """The events that the question's assumptions leave."""
    excluded = question.assumptions.excluded
    return tuple(e for e in pod.system.events if e.kind not in excluded)


def races_of(question: Question) -> bool:
    """Whether what Kubernetes leaves to timing may come out either way: a find has it so always."""
    return question.assumptions.races or question.form in ("find", "find-scenario")


def doubtless(question: Question) -> Question:
    """The question whose violations are violations whatever the counts are that were cut."""
    doubt = question.doubt
    if doubt is None:
        return question

    def weaker(condition: Term | None) -> Term | None:
        return None if condition is None else or_(condition, doubt)

    if question.condition is not None and question.form == "find":
        return question._replace(condition=and_(question.condition, not_(doubt)))
    automaton = question.automaton
    if automaton is not None:
        edges = tuple(
            e._replace(then=weaker(e.then), at_once=weaker(e.at_once)) for e in automaton.edges
        )
        automaton = automaton._replace(edges=edges)
    return question._replace(condition=weaker(question.condition), automaton=automaton)


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
