"""The plan of a file: every claim as questions that an engine can answer.

A question is about one pod (one member of a family), for the policies named.  Planning
elaborates everything first, so that all errors of a file are known before anything is
solved; the transition system of a pod is grounded once, for all questions about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from podcheck.language.diagnostics import Diagnostic, Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Source, Span
from podcheck.model import terms as t
from podcheck.model.calm import calm
from podcheck.model.claims import Automaton
from podcheck.model.code_tests import code_tests, largest_count
from podcheck.model.codes import CodeClasses, every_code
from podcheck.model.elaborate import Scope, Settings, _Stop
from podcheck.model.ground import Grounder, settings_for
from podcheck.model.pack import POLICY, Pack, Parameter
from podcheck.model.patterns import PatternBuilder, bind_actions, kinds_named, without_kinds
from podcheck.model.pods import POLICIES, Container, Pod
from podcheck.model.questions import (
    Assumptions,
    ClaimHead,
    CompiledSpec,
    From,
    PodQuestions,
    Preparing,
    Question,
)
from podcheck.model.spec import ClaimDeclaration, PodDeclaration, Spec
from podcheck.model.terms import TEXT, Term

MAX_COUNT = 255  # larger numbers of restarts are not told apart


@dataclass(slots=True)
class PodPlan:
    """A pod, its grounder, and the questions about it."""

    pod: Pod
    grounder: Grounder
    questions: list[Question] = field(default_factory=list)
    roots: list[Term] = field(default_factory=list)
    events: dict[str, None] = field(default_factory=dict)

    def compiled(self, index: int) -> PodQuestions:
        """The pod's system and its questions, bound to the system's actions."""
        system = self.grounder.system(self.roots, self.events)
        actions = {a.name: a for a in system.events}
        questions = []
        for q in self.questions:
            if q.automaton is not None:
                kept = without_kinds(bind_actions(q.automaton, actions), q.assumptions.excluded)
                q = q._replace(automaton=kept)
            questions.append(q)
        preparations = {}
        for name in dict.fromkeys(q.start.name for q in questions if q.start.kind == "prepared"):
            events = tuple(prepared_events(self.grounder, name))
            preparations[name] = Preparing(events, self.preparation_condition(name))
        if not any(q.assumptions.races or q.form.startswith("find") for q in questions):
            system = calm(system)
        return PodQuestions(self.pod.name, index, system, tuple(questions), preparations)

    def preparation_condition(self, name: str) -> Term:
        """What must hold where a preparation has led."""
        preparation = self.grounder.pack.preparations[name]
        scope = Scope(preparation.declared.source, {})
        return self.grounder.elaborator.expr(preparation.condition, scope, t.BOOL)


@dataclass(slots=True)
class Plan:
    """Everything a file asks, in the order of its claims."""

    spec: Spec
    pack: Pack
    pods: list[PodPlan] = field(default_factory=list)

    def compiled(self, diagnostics: Iterable[Diagnostic]) -> CompiledSpec:
        """The plan as plain data: every pod that is asked about, grounded."""
        claims = tuple(_head(c) for c in self.spec.claims)
        pods = tuple(p.compiled(i) for i, p in enumerate(self.pods) if p.questions)
        found = tuple(diagnostics)
        sources = (self.spec.source, *self.spec.included)
        return CompiledSpec(sources, found, claims, pods)


def _head(claim: ClaimDeclaration) -> ClaimHead:
    text = claim.source.text
    start = "created"
    if claim.start is not None:
        words = text[claim.start.start : claim.start.end].split()
        start = " ".join(words).removeprefix("from ")
    assuming = ", ".join(text[n.start : n.end] for n in claim.assuming)
    return ClaimHead(claim.kind, claim.title, claim.title_span, start, assuming)


def make_plan(
    spec: Spec, pack: Pack, diagnostics: Diagnostics, tests: Iterable[frozenset[int]] = ()
) -> Plan:
    """Elaborate every claim of a file; errors go to ``diagnostics``.

    ``tests`` are sets of exit codes that must be told apart besides those the file names.
    Where something compares two codes with each other, classes of codes will not do, and
    the plan is made with all 256.
    """
    attempt = Diagnostics()
    planner = _Planner(spec, pack, attempt, list(tests), None)
    planner.run()
    if any(p.grounder.elaborator.compares_codes for p in planner.plan.pods):
        attempt = Diagnostics()
        planner = _Planner(spec, pack, attempt, [], every_code())
        planner.run()
    diagnostics.found.update(attempt.found)
    return planner.plan


class _Planner:
    def __init__(
        self,
        spec: Spec,
        pack: Pack,
        diagnostics: Diagnostics,
        tests: list[frozenset[int]],
        codes: CodeClasses | None,
    ) -> None:
        self.codes = codes
        self.spec = spec
        self.pack = pack
        self.diagnostics = diagnostics
        self.tests = tests
        self.plan = Plan(spec, pack)
        self.members: dict[str, list[PodPlan]] = {}
        self.number = {id(c): i for i, c in enumerate(spec.claims)}

    def run(self) -> None:
        for name, span in self.spec.gate_spans.items():
            if name not in self.pack.gates:
                hint = did_you_mean(name, self.pack.gates)
                message = f"There is no feature gate `{name}`."
                self.diagnostics.add("E109", span, message, hint)
        tests, largest = self._constants()
        for name, declared in self.spec.pods.items():
            self.members[name] = [
                self._pod(pod, declared, tests, largest) for pod in declared.members
            ]
        for claim in self.spec.claims:
            self._claim(claim)

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
        settings: Settings = settings_for(
            self.pack, pod, self.spec.version, gates, tests, largest, self.codes
        )
        grounder = Grounder(self.pack, pod, settings, self.diagnostics)
        report_refusals(grounder, declared, self.diagnostics)
        plan = PodPlan(pod, grounder)
        self.plan.pods.append(plan)
        return plan

    # ---- claims --------------------------------------------------------------------------

    def _claim(self, claim: ClaimDeclaration) -> None:
        pods = []
        for name, span in claim.pods:
            if name in self.members:
                pods += self.members[name]
            elif name not in self.spec.broken:
                known = list(self.spec.pods)
                hint = did_you_mean(name, known, "Declare it: `pod NAME { container app }`.")
                self.diagnostics.add("E102", span, f"There is no pod `{name}`.", hint)
        if claim.kind == "table":
            self._table(claim, pods)
            return
        if not claim.pods:
            pods = self._only_pod(claim)
        for plan in pods:
            self._claim_about(claim, plan)

    def _only_pod(self, claim: ClaimDeclaration) -> list[PodPlan]:
        if len(self.members) == 1:
            return next(iter(self.members.values()))
        if not self.spec.broken:
            message = "This claim does not say which pod it is about."
            hint = f'Write `{claim.kind} "..." for POD`.'
            self.diagnostics.add("E119", claim.title_span, message, hint)
        return []

    def _claim_about(self, claim: ClaimDeclaration, plan: PodPlan) -> None:
        scope = Scope(claim.source, {}, ghosts=True)
        start = self._from(claim.start, plan, scope)
        assumptions = self._assumptions(claim, plan, scope)
        if start is None or assumptions is None:
            return
        policies = claim.policies or (plan.pod.policy,)
        expects = "fails" if claim.kind == "refute" else "holds"
        steps = claim.node.nodes("step")
        if steps:
            self._scenario(claim, plan, scope, start, assumptions, policies, expects, steps)
            return
        header = claim.node.node("header")
        for formula in [n for n in claim.node.nodes() if n is not header]:
            self._formula(claim, plan, scope, start, assumptions, policies, expects, formula)

    def _scenario(
        self,
        claim: ClaimDeclaration,
        plan: PodPlan,
        scope: Scope,
        start: From,
        assumptions: Assumptions,
        policies: tuple[str, ...],
        expects: str,
        steps: list[Node],
    ) -> None:
        if claim.kind == "check":
            hint = "Write `scenario` before a claim with `when` steps."
            message = "A check has no `when` steps."
            self.diagnostics.add("E120", claim.title_span, message, hint)
            return
        if claim.kind == "find" and not self._one_condition(claim, steps):
            return
        builder = PatternBuilder(plan.grounder, scope)
        automaton = builder.scenario(steps)
        if automaton is None:
            return
        spans = tuple(_condition_span(s, claim.source) for s in steps)
        form = "scenario"
        if claim.kind == "find":
            form = "find-scenario"
            automaton = _negated(automaton)
        self._add(
            plan,
            Question(
                self.number[id(claim)], "", policies, start, form, expects, assumptions,
                automaton=automaton, spans=spans,
                events=tuple(scope.span(s.nodes()[0]) for s in steps),
            ),
        )  # fmt: skip

    def _one_condition(self, claim: ClaimDeclaration, steps: list[Node]) -> bool:
        """Has a find one condition, at its last step?  A run is a witness by one condition."""
        conditions = [n for s in steps for n in (s.node("at_once"), s.node("then")) if n]
        last = steps[-1].nodes()
        wrong = [n for n in conditions if n not in last] or conditions[1:]
        for node in wrong:
            message = "A find has one condition, at its last `when`."
            hint = "Put what must hold there into it, or write a scenario."
            span = claim.source.span(node.start, node.end)
            self.diagnostics.add("E120", span, message, hint)
        return not wrong

    def _formula(
        self,
        claim: ClaimDeclaration,
        plan: PodPlan,
        scope: Scope,
        start: From,
        assumptions: Assumptions,
        policies: tuple[str, ...],
        expects: str,
        formula: Node,
    ) -> None:
        bodies = formula.nodes()
        ahead = formula.kind in ("always", "never")
        conditions = [plan.grounder.elaborator.condition(b, scope, ahead) for b in bodies]
        if any(c is None for c in conditions):
            return
        condition = conditions[0]
        assert condition is not None
        kind = formula.kind
        form = "always"
        if kind == "never":
            condition = t.not_(condition)
        elif kind == "stays":
            condition = t.implies(condition, t.primed(condition))
        elif kind in ("eventually", "leads_to", "until"):
            form = "liveness"
        elif kind == "holds" and claim.kind == "find":
            form = "find"
        elif kind == "holds":
            span = scope.span(formula)
            hint = "Write `always`, `never`, `stays` or `eventually` before it."
            message = f"A {claim.kind} does not say when this must hold."
            self.diagnostics.add("E120", span, message, hint)
            return
        if claim.kind in ("scenario", "find") and form != "find":
            message = f"A {claim.kind} can't hold `{kind}`."
            hint = "Write `check` for a claim with always, never, stays or eventually."
            self.diagnostics.add("E120", scope.span(formula), message, hint)
            return
        label = (
            ""
            if len(claim.node.nodes()) <= 2
            else scope.span(formula).source.text[formula.start : formula.end]
        )
        self._add(
            plan,
            Question(
                self.number[id(claim)], label, policies, start, form, expects, assumptions,
                condition=condition, spans=(scope.span(formula),),
            ),
        )  # fmt: skip

    def _add(self, plan: PodPlan, question: Question) -> None:
        plan.questions.append(question)
        if question.condition is not None:
            plan.roots.append(question.condition)
        if question.start.condition is not None:
            plan.roots.append(question.start.condition)
        if question.automaton is not None:
            for edge in question.automaton.edges:
                plan.roots += [x for x in (edge.then, edge.at_once) if x is not None]
                for part in edge.parts:
                    plan.events[part.action.name] = None
        preparation = self.pack.preparations.get(question.start.name)
        if question.start.kind == "prepared" and preparation is not None:
            plan.roots.append(plan.preparation_condition(question.start.name))
            for name, _ in prepared_events(plan.grounder, question.start.name):
                plan.events[name] = None

    # ---- starts and assumptions ----------------------------------------------------------

    def _from(self, node: Node | None, plan: PodPlan, scope: Scope) -> From | None:
        if node is None:
            return From("created", "created", None, "a pod just created")
        if node.kind == "from_where":
            condition = plan.grounder.elaborator.condition(node.nodes()[0], scope)
            if condition is None:
                return None
            body = node.nodes()[0]
            return From("any", "", condition, f"any state where {_source_text(scope, body)}")
        word = node.tokens("WORD")[0]
        return self._from_word(str(word), node.kind == "from_any", plan, scope.span(word))

    def _from_word(self, word: str, any_state: bool, plan: PodPlan, span: Span) -> From | None:
        phases = [str(v) for v in self.pack.sorts["Phase"].values]
        if any_state:
            if word not in phases:
                hint = did_you_mean(word, phases, f"One of {', '.join(phases)}.")
                self.diagnostics.add("E121", span, f"There is no phase `{word}`.", hint)
                return None
            return From("any", word, self._phase_is(plan, [word]), f"any {word} state")
        if word == "created":
            return From("created", "created", None, "a pod just created")
        if word in self.pack.preparations:
            return From("prepared", word, None, word)
        known = ["created", *self.pack.preparations]
        others = f"Write `{'`, `'.join(known)}` or `any PHASE`."
        if word in phases:
            others = f"Write `any {word}` for every state of that phase."
        hint = did_you_mean(word, known, others)
        self.diagnostics.add("E121", span, f"A run can't start from `{word}`.", hint)
        return None

    def _phase_is(self, plan: PodPlan, phases: list[str]) -> Term:
        return t.member(observed(plan.grounder, "phase"), frozenset(phases))

    def _assumptions(
        self, claim: ClaimDeclaration, plan: PodPlan, scope: Scope
    ) -> Assumptions | None:
        excluded: set[str] = set()
        only: set[str] | None = None
        at_most: dict[str, int] = {}
        races = False
        fairness: list[str] = []
        listing = ""
        for node in claim.assuming:
            words = [str(w) for w in node.tokens()]
            phrase = " ".join(words)
            try:
                if phrase == "races":
                    races = True
                elif words[-1] == "eventually":
                    fairness.append(phrase)
                elif words[0] == "at" and words[1:2] == ["most"] and words[2].isdigit():
                    for kind in kinds_named(" ".join(words[3:]), plan.grounder, scope, node):
                        at_most[kind] = int(words[2])
                elif words[0] in ("no", "only"):
                    listing = words[0]
                    kinds = kinds_named(" ".join(words[1:]), plan.grounder, scope, node)
                    if listing == "no":
                        excluded |= kinds
                    else:
                        only = (only or set()) | kinds
                elif listing:
                    kinds = kinds_named(phrase, plan.grounder, scope, node)
                    if listing == "no":
                        excluded |= kinds
                    else:
                        only = (only or set()) | kinds
                else:
                    hint = "Write `no KIND`, `only KIND, KIND`, `at most 3 KIND` or `races`."
                    message = f"`{phrase}` is no assumption."
                    plan.grounder.elaborator.fail("E118", scope, node, message, hint)
            except _Stop:
                return None
        if only is not None:
            excluded |= set(self.pack.kinds()) - only
        return Assumptions(frozenset(excluded), at_most, races, tuple(fairness))

    # ---- tables --------------------------------------------------------------------------

    def _table(self, claim: ClaimDeclaration, pods: list[PodPlan]) -> None:
        rows = claim.node.nodes("row")
        if not rows:
            return  # the verdict says that the table is empty
        heads = [_cell_words(c) for c in rows[0].nodes()]
        columns = self._columns(claim, rows[0], heads)
        if columns is None:
            return
        for row in rows[1:]:
            cells = row.nodes()
            if len(cells) != len(heads):
                span = claim.source.span(row.start, row.end)
                message = f"This row has {len(cells)} cells, the head has {len(heads)}."
                self.diagnostics.add("E122", span, message, "Add or remove a `|`.")
                continue
            self._row(claim, pods, columns, cells)

    def _columns(
        self, claim: ClaimDeclaration, head: Node, heads: list[str]
    ) -> dict[str, int] | None:
        columns: dict[str, int] = {}
        good = True
        for i, (cell, word) in enumerate(zip(head.nodes(), heads, strict=True)):
            span = claim.source.span(cell.start, cell.end)
            if not word:  # an empty cell has been reported
                good = False
            elif word not in ("event", "pod", "from", *POLICIES):
                known = ("event", "pod", "from", *POLICIES)
                hint = did_you_mean(word, known, f"Known columns: {', '.join(known)}.")
                self.diagnostics.add("E103", span, f"There is no column `{word}`.", hint)
                good = False
            elif word in columns:
                self.diagnostics.add("E122", span, f"There are two columns `{word}`.")
                good = False
            columns[word] = i
        if good and "event" not in columns:
            message = "A table needs a column `event`."
            self.diagnostics.add("E122", claim.title_span, message)
            good = False
        return columns if good else None

    def _row(
        self,
        claim: ClaimDeclaration,
        pods: list[PodPlan],
        columns: dict[str, int],
        cells: list[Node],
    ) -> None:
        scope = Scope(claim.source, {}, ghosts=True)
        if "pod" in columns:
            cell = cells[columns["pod"]]
            name = _cell_words(cell)
            if not name:
                return  # an empty cell has been reported
            if name not in self.members:
                hint = did_you_mean(name, self.members)
                span = scope.span(cell)
                self.diagnostics.add("E102", span, f"There is no pod `{name}`.", hint)
                return
            pods = self.members[name]
        elif not claim.pods:
            pods = self._only_pod(claim)
        for plan in pods:
            start = self._row_start(claim, columns, cells, plan, scope)
            assumptions = self._assumptions(claim, plan, scope)
            if start is None or assumptions is None:
                continue
            event = cells[columns["event"]]
            for policy in POLICIES:
                if policy in columns:
                    cell = cells[columns[policy]]
                    self._cell(claim, plan, scope, start, assumptions, policy, event, cell)

    def _row_start(
        self,
        claim: ClaimDeclaration,
        columns: dict[str, int],
        cells: list[Node],
        plan: PodPlan,
        scope: Scope,
    ) -> From | None:
        if "from" not in columns:
            return self._from(claim.start, plan, scope)
        cell = cells[columns["from"]]
        words = _cell_words(cell).split()
        if not words:
            return None  # an empty cell has been reported
        return self._from_word(words[-1], words[0] == "any", plan, scope.span(cell))

    def _cell(
        self,
        claim: ClaimDeclaration,
        plan: PodPlan,
        scope: Scope,
        start: From,
        assumptions: Assumptions,
        policy: str,
        event: Node,
        cell: Node,
    ) -> None:
        if cell.kind == "any_cell":
            return
        try:
            then = self._cell_condition(cell, plan, scope)
        except _Stop:
            then = None
        if then is None:
            return
        if event.kind != "pattern_cell":
            self.diagnostics.add("E104", scope.span(event), "An event must stand here.")
            return
        pattern = event.nodes()[0]
        automaton = PatternBuilder(plan.grounder, scope).cell(pattern, then)
        if automaton is None:
            return
        text = _source_text(scope, event)
        self._add(
            plan,
            Question(
                self.number[id(claim)], f"{text} | {policy}", (policy,), start, "scenario",
                "fails" if cell.has("BANG") else "holds", assumptions,
                automaton=automaton, spans=(scope.span(cell),), events=(scope.span(event),),
            ),
        )  # fmt: skip

    def _cell_condition(self, cell: Node, plan: PodPlan, scope: Scope) -> Term | None:
        elaborator = plan.grounder.elaborator
        if cell.kind == "condition_cell":
            return elaborator.condition(cell.nodes()[0], scope)
        if not cell.nodes():
            elaborator.fail("E123", scope, cell, "This is no status.", _STATUSES)
        pattern = cell.nodes()[0]
        words = pattern.nodes() if pattern.kind == "either" else [pattern]
        found = []
        for word in _flat(words):
            token = word.tokens()[0]
            if len(word.children) != 1:
                elaborator.fail("E123", scope, word, "This is no status.", _STATUSES)
            if token.type == "STRING":
                status = observed(plan.grounder, "STATUS")
                found.append(t.eq(status, t.const(TEXT, unquote(str(token)))))
                continue
            phase = observed(plan.grounder, "phase")
            if str(token) not in phase.sort.values:
                known = [str(v) for v in phase.sort.values]
                hint = did_you_mean(str(token), known, f"A phase is one of {', '.join(known)}.")
                if not hint.startswith("Did"):
                    hint += f' For kubectl\'s word write "{token}" in quotes.'
                elaborator.fail("E123", scope, word, f"There is no phase `{token}`.", hint)
            found.append(t.member(phase, frozenset((str(token),))))
        return t.or_(*found)


def _negated(automaton: Automaton) -> Automaton:
    """The automaton whose violation is a witness: the only condition negated."""
    edges = []
    for e in automaton.edges:
        if e.target == automaton.accept and e.at_once is not None:
            e = e._replace(at_once=t.not_(e.at_once))
        elif e.target == automaton.accept:
            e = e._replace(then=t.FALSE if e.then is None else t.not_(e.then))
        edges.append(e)
    return automaton._replace(edges=tuple(edges))


def _flat(nodes: Iterable[Node]) -> list[Node]:
    found = []
    for node in nodes:
        found += _flat(node.nodes()) if node.kind == "either" else [node]
    return found


def observed(grounder: Grounder, name: str) -> Term:
    """The term of a pod-level name, such as ``phase`` or ``STATUS``."""
    source = Source("", name)
    from lark import Token

    token = Token("WORD", name, 0, end_pos=len(name))
    return grounder.elaborator.on_name_(Node("name_", [token]), Scope(source, {}), None)


def prepared_events(grounder: Grounder, name: str) -> list[tuple[str, dict[str, int]]]:
    """The events of a preparation for this pod, in order, with their exit codes."""
    preparation = grounder.pack.preparations[name]
    found: list[tuple[str, dict[str, int]]] = []
    for phrase, code, domain in preparation.steps:
        inner = Scope(preparation.declared.source, {})
        fitting = grounder.elaborator.members(domain, inner) if domain else []
        chosen = {c.name for c in fitting}
        for instance in grounder.events.values():
            if instance.declaration.phrase != phrase:
                continue
            if domain is not None and (
                instance.container is None or instance.container.name not in chosen
            ):
                continue
            inputs = {
                i.name: code for i in instance.inputs if i.role == "code" and code is not None
            }
            found.append((instance.name, inputs))
    return found


def report_refusals(grounder: Grounder, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
    """What the API server would refuse or warn of, as the pack states it; once a container."""
    for refusal in grounder.pack.refusals:
        base = Scope(refusal.declared.source, {})
        for scope in _choices(grounder, refusal.parameters, base):
            if grounder.elaborator.expr(refusal.condition, scope, t.BOOL) is not t.TRUE:
                continue
            chosen = {n: c for n, c in scope.names.items() if isinstance(c, Container)}
            message = refusal.message
            for name, c in chosen.items():
                message = message.replace(f"{{{name}}}", f"`{c.name}`")
            message, stop, hint = message.partition(". ")
            places = [declared.places[c.name] for c in chosen.values()]
            span = max(places, key=lambda place: place.start, default=declared.span)
            if not any(d.code == refusal.code and d.span == span for d in diagnostics.found):
                diagnostics.add(refusal.code, span, message + "." * bool(stop), hint)


def _choices(
    grounder: Grounder, parameters: tuple[Parameter, ...], scope: Scope
) -> Iterable[Scope]:
    """A scope for every choice of the containers that a refusal speaks of."""
    if not parameters:
        yield scope
        return
    first, *rest = parameters
    assert first.domain is not None, "a refusal's parameters are containers"
    for c in grounder.elaborator.members(first.domain, scope):
        yield from _choices(grounder, tuple(rest), scope.bind(**{first.name: c}))


_STATUSES = 'A phase, a set of phases, a "STATUS" in quotes, or (a condition).'


def _condition_span(step: Node, source: Source) -> Span:
    condition = step.node("then") or step.node("at_once") or step
    inner = condition.nodes()[-1] if condition is not step else condition
    return source.span(inner.start, inner.end)


def _source_text(scope: Scope, node: Node) -> str:
    return " ".join(scope.source.text[node.start : node.end].split())


def _cell_words(cell: Node) -> str:
    found: list[str] = []
    stack: list[Node] = [cell]
    while stack:
        at = stack.pop()
        found += [unquote(str(t)) for t in at.tokens()]
        stack.extend(reversed(at.nodes()))
    return " ".join(found)


__all__ = ["POLICY", "Assumptions", "From", "Plan", "PodPlan", "Question", "make_plan"]
