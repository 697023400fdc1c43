"""The questions of a claim about a system that is cut: what an engine is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from podcheck.compiler.assumed_patterns import assumed_pattern
from podcheck.compiler.patterns import bind_actions
from podcheck.compiler.questions import (
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.claims import Edge, Part, Preparing, Promise
from podcheck.core.finite_cut import (
    SPARE_COUNTS,
    Cut,
    Cuts,
    Cutter,
    cut_for,
    definite,
    in_doubt,
    joined,
    needs_of,
    with_step_pairs,
)
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import FALSE, Term, Value, not_, or_


def edges_of(question: Question) -> Sequence[Edge]:
    """The edges of a question's pattern; none if it has no pattern."""
    return question.automaton.edges if isinstance(question, ScenarioQuestion) else ()


def conditions_of(question: Question) -> Iterator[Term]:
    """What must hold: the condition, or those of the pattern's steps."""
    if isinstance(question, PropertyQuestion):
        yield question.condition
    for edge in edges_of(question):
        yield from (x for x in (edge.then, edge.at_once) if x is not None)


def terms_of(question: Question) -> list[Term]:
    """Every term about the pod that a question reads."""
    match question:
        case PropertyQuestion(observed=observed, condition=condition, premise=premise):
            found, last = list(observed or (condition,)), premise
        case ScenarioQuestion():
            found, last = list(conditions_of(question)), None
        case PromiseQuestion(promise=promise):
            found, last = list(promise.terms()), None
    return [*found, *(x for x in (question.start.condition, last) if x is not None)]


class Exact(NamedTuple):
    """What was cut: the pod's system, the questions as they were asked, then about what is
    certain; the pairs whose outcome the steps note (``cut.with_step_pairs``); the ways."""

    system: TransitionSystem
    asked: tuple[Question, ...]
    certain: tuple[Question, ...]
    notes: Mapping[Term, Term]
    preparations: Mapping[str, Preparing]


class Finite(NamedTuple):
    """A system that is cut, the questions about it, and the ways to where they start."""

    system: TransitionSystem
    questions: tuple[Question, ...]
    preparations: Mapping[str, Preparing]
    cutter: Cutter
    exact: Exact


def finite(
    system: TransitionSystem,
    questions: Sequence[Question],
    preparations: Mapping[str, Preparing],
    cuts: Cuts,
) -> Finite:
    """The questions about the system, cut so that no answer changes.

    What is found of a condition that compares counts is certain: see ``core/finite_cut.py``.
    """
    cut = _cut(system, questions, preparations, cuts)
    cutter = cuts.cutter(cut)
    certain: list[Question] = []
    notes: dict[Term, Term] = {}
    for question in questions:
        system, known, sure = _certain(system, question, cut.top)
        certain.append(sure)
        notes |= known
    small = cutter.system(system)
    actions = {a.name: a for a in small.events}
    found = tuple(_bound(_cut_question(q, cutter), actions) for q in certain)
    ways = {
        name: Preparing(
            tuple((event, _inputs(given, cutter)) for event, given in way.events),
            cutter.term(way.condition),
        )
        for name, way in preparations.items()
    }
    exact = Exact(system, tuple(questions), tuple(certain), notes, preparations)
    return Finite(small, found, ways, cutter, exact)


def _cut(
    system: TransitionSystem,
    questions: Sequence[Question],
    preparations: Mapping[str, Preparing],
    cuts: Cuts,
) -> Cut:
    roots = [x for a in system.actions() for x in (a.guard, *a.updates.values())]
    rules = needs_of([*roots, *system.lemmas], cuts.needs)
    ways = preparations.values()
    claims = needs_of([*(x for q in questions for x in terms_of(q)), *(w.condition for w in ways)])
    codes = {frozenset(c) for q in questions for c in _code_sets(q)}
    codes |= {frozenset((c,)) for w in ways for _, given in w.events for c in given.values()}
    return cut_for(joined([rules, claims]), codes, _spare(questions, bool(claims.pairs)))


def _spare(questions: Sequence[Question], compares_counts: bool) -> int:
    """How many counts more are distinguished than what is compared with numbers: some where counts
    are compared with each other, and where `at once` waits for a change of any.  A step of a
    pattern restarts a container once, seldom twice."""
    automata = [q.automaton for q in questions if isinstance(q, ScenarioQuestion)]
    if not compares_counts and not any(e.at_once is not None for a in automata for e in a.edges):
        return 0
    return max([SPARE_COUNTS * compares_counts, *(2 * a.nodes for a in automata)])


def _code_sets(question: Question) -> Iterator[Sequence[int]]:
    """The sets of exit codes that a pattern's events name."""
    for edge in edges_of(question):
        if edge.kill_codes is not None:
            yield [int(v) for v in edge.kill_codes]
        for part in edge.parts:
            for i in part.action.inputs:
                if i.role == "code" and i.name in part.allowed:
                    yield [int(v) for v in part.allowed[i.name]]


def _inputs(given: Mapping[str, int], cutter: Cutter) -> dict[str, int]:
    return {name: int(cutter.codes([code])[0]) for name, code in given.items()}


# ---- conditions that compare counts --------------------------------------------------------------


def _certain(
    system: TransitionSystem, question: Question, top: int
) -> tuple[TransitionSystem, Mapping[Term, Term], Question]:
    """The question about what is certain, with where that leaves a doubt; the system notes what
    it needs for that."""
    if not needs_of(terms_of(question)).pairs:
        return system, {}, question
    known: Mapping[Term, Term] = {}
    if isinstance(question, PropertyQuestion):
        system, known = with_step_pairs(system, question.condition, top)
    doubt = or_(FALSE, *(in_doubt(c, top, known) for c in conditions_of(question)))
    match question:
        case PropertyQuestion(condition=condition, sought=sought):
            sure = definite(condition, top, not sought, known)
            condition = not_(sure) if sought else sure
            premise = _surely(question.premise, top)
            certain: Question = replace(question, condition=condition, premise=premise, doubt=doubt)
        case ScenarioQuestion(automaton=automaton):
            edges = [
                e._replace(then=_surely(e.then, top), at_once=_surely(e.at_once, top))
                for e in automaton.edges
            ]
            automaton = automaton._replace(edges=tuple(edges))
            certain = replace(question, automaton=automaton, doubt=doubt)
        case PromiseQuestion():
            certain = replace(question, doubt=doubt)
    return system, known, certain


def _surely(condition: Term | None, top: int) -> Term | None:
    return None if condition is None else definite(condition, top)


# ---- over finite sorts ---------------------------------------------------------------------------


def _cut_question(question: Question, cutter: Cutter) -> Question:
    def term(x: Term | None) -> Term | None:
        return None if x is None else cutter.term(x)

    start = question.start._replace(condition=term(question.start.condition))
    doubt = term(question.doubt)
    match question:
        case ScenarioQuestion(automaton=automaton):
            edges = tuple(_cut_edge(e, cutter) for e in automaton.edges)
            automaton = automaton._replace(edges=edges)
            return replace(question, start=start, doubt=doubt, automaton=automaton)
        case PropertyQuestion(condition=condition, premise=premise, observed=observed):
            return replace(
                question,
                start=start,
                doubt=doubt,
                condition=cutter.term(condition),
                premise=term(premise),
                observed=tuple(cutter.term(x) for x in observed),
            )
        case PromiseQuestion(promise=promise):
            promise = Promise(
                term(promise.since), cutter.term(promise.goal), term(promise.meanwhile)
            )
            return replace(question, start=start, doubt=doubt, promise=promise)


def _cut_edge(edge: Edge, cutter: Cutter) -> Edge:
    return edge._replace(
        parts=tuple(_cut_part(p, cutter) for p in edge.parts),
        kill_codes=None if edge.kill_codes is None else cutter.codes(edge.kill_codes),
        at_once=None if edge.at_once is None else cutter.term(edge.at_once),
        then=None if edge.then is None else cutter.term(edge.then),
    )


def _cut_part(part: Part, cutter: Cutter) -> Part:
    coded = {i.name for i in part.action.inputs if i.role == "code"}
    allowed: dict[str, tuple[Value, ...]] = {
        name: cutter.codes(values) if name in coded else values
        for name, values in part.allowed.items()
    }
    return part._replace(allowed=allowed)


def _bound(question: Question, actions: Mapping[str, Action]) -> Question:
    if not isinstance(question, ScenarioQuestion):
        return question
    assumed, pattern = question.assumptions, bind_actions(question.automaton, actions)
    kept = assumed_pattern(pattern, assumed.excluded, assumed.at_most)
    return replace(question, automaton=kept)
