"""The plan of a file: every claim as questions that an engine can answer.

A question is about one pod (one member of a family), for the policies named.  Planning
elaborates everything first, so that all errors of a file are known before anything is
solved; the transition system of a pod is grounded once, for all questions about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from podcheck.compiler.claim_questions import about, ask, head_of
from podcheck.compiler.contradictions import report_contradictions
from podcheck.compiler.pod_plan import PodPlan, PodPlans
from podcheck.compiler.questions import CompiledSpec
from podcheck.compiler.refusals import admitted
from podcheck.compiler.starts import CREATED, start_of
from podcheck.compiler.table_questions import ask_table
from podcheck.core.finite_cut import uncuttable
from podcheck.core.terms import walk
from podcheck.declarations.job import policies_of, with_places
from podcheck.declarations.overrides import overridden
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.declarations.spec import ClaimDeclaration, PodDeclaration, Spec
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Settings, Stop
from podcheck.language.diagnostics import CLAIM, POD, Diagnostic, Diagnostics, did_you_mean
from podcheck.language.lexer import unquote


@dataclass(slots=True)
class Plan:
    """Everything a file asks, in the order of its claims."""

    spec: Spec
    pack: Pack
    pods: list[PodPlan] = field(default_factory=list)

    def compiled(self, diagnostics: Iterable[Diagnostic]) -> CompiledSpec:
        """The plan as plain data: every pod that is asked about, grounded."""
        claims = tuple(head_of(c) for c in self.spec.claims)
        pods = tuple(q for i, p in enumerate(self.pods) for q in p.compiled(i))
        found = tuple(diagnostics)
        sources = (self.spec.source, *self.spec.included)
        return CompiledSpec(sources, found, claims, pods)


def make_plan(
    spec: Spec,
    pack: Pack,
    diagnostics: Diagnostics,
    *,
    selectors: bool = False,
) -> Plan:
    """Elaborate every claim of a file; errors go to ``diagnostics``.

    With ``selectors`` the rules of its pods can be taken back.
    """
    pack = overridden(pack, spec.overrides, diagnostics)
    planner = _Planner(spec, pack, diagnostics, selectors)
    planner.run()
    if not diagnostics.has_errors:
        report_contradictions(planner.plan.pods, spec.claims, diagnostics)
    return planner.plan


def _check_rules(grounder: Grounder, spec: Spec, diagnostics: Diagnostics) -> None:
    """Elaborate every rule, so that errors in a spec's own ones are known before all else."""
    try:
        system = grounder.system(grounder.every_variable(), grounder.events)
    except Stop:
        return
    wrong = uncuttable(system)
    if not wrong:
        return
    for source, node in spec.overrides:
        name = unquote(str(node.tokens("STRING")[0]))
        lines = [a for d in system.decisions for a in d.alternatives if a.rule.name == name]
        if any(wrong & set(walk([a.guard, a.value])) for a in lines):
            message = "This rule compares two counts that both grow without end."
            hint = "Compare a count with a number."
            diagnostics.add("E205", source.span(node.start, node.end), message, hint)


class _Planner:
    def __init__(
        self,
        spec: Spec,
        pack: Pack,
        diagnostics: Diagnostics,
        selectors: bool,
    ) -> None:
        self.selectors = selectors
        self.spec = spec
        self.pack = pack
        self.diagnostics = diagnostics
        self.plan = Plan(spec, pack)
        self.pods = PodPlans(spec, diagnostics)

    def run(self) -> None:
        for name, span in self.spec.gate_spans.items():
            if name not in self.pack.gates:
                hint = did_you_mean(name, self.pack.gates)
                message = f"There is no feature gate `{name}`."
                self.diagnostics.add("E109", span, message, hint)
        for name, declared in self.spec.pods.items():
            self.pods.members[name] = [self._pod(pod, declared) for pod in declared.members]
        for number, claim in enumerate(self.spec.claims):
            if claim.kind == "table":
                ask_table(claim, number, self.pods)
            else:
                self._ask(claim, number)

    def _pod(self, pod: Pod, declared: PodDeclaration) -> PodPlan:
        self.diagnostics.did(POD)
        gates = {k: v for k, v in self.spec.gates.items() if k in self.pack.gates}
        settings = Settings(
            self.spec.kubelet, gates, api=self.spec.version, otherwise=self.spec.otherwise
        )
        server = replace(settings, version=self.spec.version)  # it is the one that refuses pods
        it = admitted(self.pack, pod, server, self.diagnostics)
        it.report(declared, self.spec.version, self.diagnostics)
        pod = with_places(it.pod) if it.pod.places else it.pod  # of what the Job still has
        grounder = Grounder(self.pack, pod, settings, self.diagnostics)
        if self.spec.overrides:
            _check_rules(grounder, self.spec, self.diagnostics)
        if self.selectors:
            settings = replace(settings, selectors=True)
            grounder = Grounder(grounder.pack, pod, settings, self.diagnostics)
        plan = PodPlan(pod, grounder)
        self.plan.pods.append(plan)
        return plan

    def _fits_job(self, claim: ClaimDeclaration, pod: Pod) -> bool:
        """May the pods of a Job have every policy that a claim names?"""
        allowed = policies_of(pod)
        wrong = [p for p in claim.policies if p not in allowed]
        if wrong:
            message = f"The pods of Job `{pod.name}` can't have restartPolicy {wrong[0]}."
            hint = f"Write `under {', '.join(allowed)}`"
            hint += f", or leave it out: {pod.policy}." if pod.policy in allowed else "."
            self.diagnostics.add("E351", claim.title_span, message, hint)
        return not wrong

    def _ask(self, claim: ClaimDeclaration, number: int) -> None:
        self.diagnostics.did(CLAIM)
        plans = self.pods.named_by(claim)
        for plan in plans if claim.pods else self.pods.only(claim):
            if plan.pod.places and not self._fits_job(claim, plan.pod):
                continue
            scope = Scope(claim.source, {}, ghosts=True)
            start = start_of(claim.start, plan.grounder, scope) or CREATED  # to find more errors
            it = about(claim, number, plan, scope, start)
            if it is not None:
                ask(it)
