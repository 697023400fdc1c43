"""`podcheck verify --coverage`: what the claims of a file leave untouched."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.compiler.engine_claims import preparation_of
from podcheck.compiler.plan import Plan
from podcheck.compiler.questions import CompiledSpec, PodQuestions, ScenarioQuestion
from podcheck.core.answers import Proved, Vacuous
from podcheck.core.claims import Automaton, Edge, ScenarioClaim
from podcheck.core.system import Rule
from podcheck.core.terms import not_
from podcheck.explanation.fired_rules import fired_in, identity
from podcheck.explicit.preparations import start_of
from podcheck.results.stories import RuleCited
from podcheck.results.verdicts import Coverage, FileResult, Unmet
from podcheck.symbolic.session import Session


def coverage_of(plan: Plan, result: FileResult) -> Coverage:
    """What the claims of a file do not depend on, and what they expect of nothing.

    A claim depends on a rule line if its proof rests on it (with ``Options.reasons``), or if the
    line decides in a run that the claim refers to, in a list that the claims about the pod read.
    ``result`` is what came of the claims.
    """
    compiled = plan.compiled(())  # before the pods are watched, which grounds every list
    used = {r for c in result.claims for o in c.outcomes for r in o.rests_on or ()}
    rules: dict[RuleCited, None] = {}
    for pod in compiled.pods:
        read = {(d.name, d.container) for d in pod.system.decisions}
        watched = fired_in(plan.pods[pod.plan])
        for decision in watched.system.decisions:
            for line in decision.alternatives:
                rules[cited(line.rule)] = None
                fires = identity(line.rule) in watched.fired
                if fires and (decision.name, decision.container) in read:
                    used.add(cited(line.rule))
    idle = tuple(r for r in rules if r not in used)
    lists = tuple(dict.fromkeys(r.decision for r in rules if r in used))
    return Coverage(len(rules), lists, idle, tuple(_unmet(compiled)))


def cited(rule: Rule) -> RuleCited:
    return RuleCited(rule.decision, rule.name, rule.sentence, rule.cites)


# ---- expectations of nothing ---------------------------------------------------------------


def _unmet(compiled: CompiledSpec) -> Iterator[Unmet]:
    """The events of scenarios and tables whose expectation would hold negated, too."""
    for pod in compiled.pods:
        session = Session(pod.system)
        for question in pod.questions:
            if not isinstance(question, ScenarioQuestion) or question.sought:
                continue
            if question.empty or question.start.kind == "any":
                continue
            found: dict[tuple[int, str], list[str]] = {}
            for policy in question.policies:
                for key in _unmet_under(session, pod, question, policy):
                    found.setdefault(key, []).append(policy)
            title = compiled.claims[question.claim].title
            for (step, text), policies in found.items():
                span = question.events[step] if step < len(question.events) else question.spans[-1]
                yield Unmet(title, pod.member, tuple(policies), text, span)


def _unmet_under(
    session: Session, pod: PodQuestions, question: ScenarioQuestion, policy: str
) -> list[tuple[int, str]]:
    """Those of one question, by step and event; none if no sequence can happen at all."""
    automaton = question.automaton
    how = preparation_of(pod, question)
    start = start_of(pod.system, question.start.name, how, policy)
    if start is None:
        return []  # the pod never gets there, and the claim is VACUOUS

    def holds(asked: Automaton) -> bool:
        claim = ScenarioClaim(pod.system, (start,), asked, question.assumptions.races)
        return isinstance(session.scenario(claim)[0], Proved | Vacuous)

    judged = [e for e in automaton.edges if e.then is not None or e.at_once is not None]
    events = list(dict.fromkeys((e.step, e.text) for e in judged))
    if len(events) < 2:
        return []  # with one event, this is what VACUOUS says
    found = [key for key in events if holds(_negated(automaton, key))]
    return found if len(found) < len(events) else []


def _negated(automaton: Automaton, key: tuple[int, str]) -> Automaton:
    """The automaton with the negated expectation of one event, and no other."""

    def edge(e: Edge) -> Edge:
        if (e.step, e.text) != key:
            return e._replace(then=None, at_once=None)
        then = None if e.then is None else not_(e.then)
        return e._replace(then=then, at_once=None if e.at_once is None else not_(e.at_once))

    return automaton._replace(edges=tuple(edge(e) for e in automaton.edges))
