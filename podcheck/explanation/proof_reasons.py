"""The rules that a proof rests on, for who asks why a claim holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from podcheck.compiler.engine_claims import claim_of
from podcheck.compiler.questions import (
    CompiledSpec,
    PodQuestions,
    PropertyQuestion,
    Question,
)
from podcheck.core.answers import Proved
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.rule_selectors import rules_by_selector
from podcheck.core.terms import Term
from podcheck.results.stories import RuleCited
from podcheck.symbolic.proof_cores import core_of
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget, GaveUpError
from podcheck.transform.safety import safety
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext
from podcheck.verification.properties import Properties


class Reasons:
    """Finds the reasons of proofs about a spec's pods.

    ``selected`` gives the spec compiled with selectors (``core/rule_selectors.py``); it is called
    when the first reason is asked for.
    """

    def __init__(self, selected: Callable[[], CompiledSpec], options: Options) -> None:
        self._make = selected
        self._made: CompiledSpec | None = None
        self._options = options._replace(engine="pdr", bound=None, answered=None, progress=None)

    @property
    def _selected(self) -> CompiledSpec:
        if self._made is None:
            self._made = self._make()
        return self._made

    def of(
        self, context: PodContext, question: Question, policy: str, proved: Proved
    ) -> tuple[RuleCited, ...] | None:
        """The rule lines that a proof about every state rests on, in the order of their lists.

        What they decide is enough for an inductive invariant that implies the claim, whatever
        the other lines would decide; the events, the guards of all lines, and the state that the
        claim starts from are taken as they are.  None for a proof of another kind, and where
        no such invariant is found within the budget.
        """
        if not isinstance(question, PropertyQuestion):
            return None
        if question.start.kind == "any" or proved.bound is not None:
            return None
        starts = tuple(s for s in context.starts_of(question) if s.policy == policy)
        claim = claim_of(context.pod, [question], starts)
        pod, selected = self._selected_claim(context.pod, question, starts)
        try:
            options = self._options._replace(expired=context.options.expired)
            core = _core(claim, selected, proved.invariant, options)
        except GaveUpError:
            return None
        if core is None:
            return None
        lines = rules_by_selector(pod.system.decisions)
        found = [rule for name, rule in lines.items() if name in core]
        return tuple([RuleCited(r.decision, r.name, r.sentence, r.cites) for r in found])

    def _selected_claim(
        self, pod: PodQuestions, question: PropertyQuestion, starts: tuple[Start, ...]
    ) -> tuple[PodQuestions, PropertyClaim]:
        own = [q for q in pod.questions if q.claim == question.claim]
        place = next(n for n, q in enumerate(own) if q is question)
        for same in self._selected.pods:
            found = [q for q in same.questions if q.claim == question.claim]
            if same.plan == pod.plan and found:
                selected = found[place]
                assert isinstance(selected, PropertyQuestion)
                return same, claim_of(same, [selected], starts)
        raise LookupError(question.label)


def _core(
    claim: PropertyClaim, selected: PropertyClaim, invariant: Sequence[Term], options: Options
) -> frozenset[str] | None:
    """With the proof's own invariant, else with one that is found for it."""
    budget = Budget(expired=options.expired)
    core = core_of(safety(selected, invariant), invariant, budget)
    if core is not None or invariant:
        return core
    session = Session(claim.system, budget=budget)
    answer = Properties(session, options).answers(claim)[0]
    if not isinstance(answer, Proved) or not answer.invariant:
        return None
    return core_of(safety(selected, answer.invariant), answer.invariant, budget)
