"""A question and its starts as a claim: what an engine is asked."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.compiler.questions import PodQuestions, Question
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


def any_state_of(pod: PodQuestions, question: Question) -> AnyState | None:
    """How a question's runs get to where it begins, if that is any state of a kind."""
    if question.start.kind != "any":
        return None
    assert question.start.condition is not None
    return AnyState(question.start.condition, events_of(pod, question), races_of(question))


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
