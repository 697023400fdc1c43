"""The plan of a file: every claim as questions that an engine can answer.

A question is about one pod (one member of a family), for the policies named.  Planning
elaborates everything first, so that all errors of a file are known before anything is
solved; the transition system of a pod is grounded once, for all questions about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from podcheck.language.diagnostics import Diagnostic, Diagnostics, did_you_mean
from podcheck.model.claim_questions import about, ask, head_of
from podcheck.model.code_tests import code_tests, largest_count
from podcheck.model.codes import CodeClasses, every_code
from podcheck.model.contradictions import report_contradictions
from podcheck.model.ground import Grounder, settings_for
from podcheck.model.overrides import overridden
from podcheck.model.pack import Pack
from podcheck.model.pod_plan import PodPlan, PodPlans
from podcheck.model.pods import Pod
from podcheck.model.questions import CompiledSpec
from podcheck.model.refusals import report_refusals
from podcheck.model.scope import MAX_COUNT, Scope, Stop
from podcheck.model.spec import ClaimDeclaration, PodDeclaration, Spec
from podcheck.model.starts import CREATED, start_of
from podcheck.model.table_rows import ask_table


@dataclass(slots=True)
class Plan:
    """Everything a file asks, in the order of its claims."""

    spec: Spec
    pack: Pack
    pods: list[PodPlan] = field(default_factory=list)

    def compiled(self, diagnostics: Iterable[Diagnostic]) -> CompiledSpec:
        """The plan as plain data: every pod that is asked about, grounded."""
        claims = tuple(head_of(c) for c in self.spec.claims)
        pods = tuple(p.compiled(i) for i, p in enumerate(self.pods) if p.questions)
        found = tuple(diagnostics)
        sources = (self.spec.source, *self.spec.included)
        return CompiledSpec(sources, found, claims, pods)


def make_plan(
    spec: Spec,
    pack: Pack,
    diagnostics: Diagnostics,
    tests: Iterable[frozenset[int]] = (),
    *,
    selectors: bool = False,
) -> Plan:
    """Elaborate every claim of a file; errors go to ``diagnostics``.

    ``tests`` are sets of exit codes that must be told apart besides those the file names.
    Where something compares two codes with each other, classes of codes will not do, and
    the plan is made with all 256.  With ``selectors`` the rules of its pods can be taken back.
    """
    pack = overridden(pack, spec.overrides, diagnostics)
    attempt = Diagnostics()
    planner = _Planner(spec, pack, attempt, list(tests), None, selectors)
    planner.run()
    if any(p.grounder.elaborator.compares_codes for p in planner.plan.pods):
        attempt = Diagnostics()
        planner = _Planner(spec, pack, attempt, [], every_code(), selectors)
        planner.run()
    diagnostics.found.update(attempt.found)
    if not diagnostics.has_errors:
        report_contradictions(planner.plan.pods, spec.claims, diagnostics)
    return planner.plan


def _check_rules(grounder: Grounder) -> None:
    """Elaborate every rule, so that errors in a spec's own ones are known before all else."""
    with suppress(Stop):
        grounder.system(grounder.every_variable(), grounder.events)


class _Planner:
    def __init__(
        self,
        spec: Spec,
        pack: Pack,
        diagnostics: Diagnostics,
        tests: list[frozenset[int]],
        codes: CodeClasses | None,
        selectors: bool,
    ) -> None:
        self.codes = codes
        self.selectors = selectors
        self.spec = spec
        self.pack = pack
        self.diagnostics = diagnostics
        self.tests = tests
        self.plan = Plan(spec, pack)
        self.pods = PodPlans(spec, diagnostics)

    def run(self) -> None:
        for name, span in self.spec.gate_spans.items():
            if name not in self.pack.gates:
                hint = did_you_mean(name, self.pack.gates)
                message = f"There is no feature gate `{name}`."
                self.diagnostics.add("E109", span, message, hint)
        tests, largest = self._constants()
        for name, declared in self.spec.pods.items():
            self.pods.members[name] = [
                self._pod(pod, declared, tests, largest) for pod in declared.members
            ]
        for number, claim in enumerate(self.spec.claims):
            if claim.kind == "table":
                ask_table(claim, number, self.pods)
            else:
                self._ask(claim, number)

    def _constants(self) -> tuple[list[frozenset[int]], int]:
        """Sets of exit codes that claims name, and the largest number they compare with."""
        tests = list(self.tests)
        largest = 1
        for claim in self.spec.claims:
            tests += code_tests(claim.node)
            largest = max(largest, min(largest_count(claim.node), MAX_COUNT))
        return tests, largest + 1

    def _pod(
        self,
        pod: Pod,
        declared: PodDeclaration,
        tests: list[frozenset[int]],
        largest: int,
    ) -> PodPlan:
        gates = {k: v for k, v in self.spec.gates.items() if k in self.pack.gates}
        settings = settings_for(
            self.pack, pod, self.spec.kubelet, gates, tests, largest, self.codes
        )
        grounder = Grounder(self.pack, pod, settings, self.diagnostics)
        report_refusals(self._api_server(grounder), declared, self.diagnostics)
        if self.spec.overrides:
            _check_rules(grounder)
        if self.selectors:
            settings = replace(settings, selectors=True)
            grounder = Grounder(grounder.pack, pod, settings, self.diagnostics)
        plan = PodPlan(pod, grounder)
        self.plan.pods.append(plan)
        return plan

    def _api_server(self, grounder: Grounder) -> Grounder:
        """The rules as the API server's release has them; it is the one that refuses pods."""
        if self.spec.version == self.spec.kubelet:
            return grounder
        settings = replace(grounder.elaborator.settings, version=self.spec.version)
        return Grounder(grounder.pack, grounder.pod, settings, self.diagnostics)

    def _ask(self, claim: ClaimDeclaration, number: int) -> None:
        plans = self.pods.named_by(claim)
        for plan in plans if claim.pods else self.pods.only(claim):
            scope = Scope(claim.source, {}, ghosts=True)
            start = start_of(claim.start, plan.grounder, scope) or CREATED  # to find more errors
            it = about(claim, number, plan, scope, start)
            if it is not None:
                ask(it)
