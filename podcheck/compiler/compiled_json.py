"""Compiled specs as JSON, and back.

Terms are written as one list in which arguments come before the terms that use them, so a
reader builds every node once.  Sorts, sources and actions are written once, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from podcheck.compiler.questions import (
    Assumptions,
    ClaimHead,
    CompiledSpec,
    From,
    PodQuestions,
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.claims import Automaton, Edge, Part, Preparing, Promise
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import BOOL, TEXT, Sort, Term, rebuilt, walk
from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Source, Span

_BUILT_IN = {"bool": BOOL, "text": TEXT}


def freeze(spec: CompiledSpec) -> Any:
    """A compiled spec as data that JSON can hold."""
    writer = _Writer(spec)
    return writer.spec()


def thaw(data: Any, sources: tuple[Source, ...]) -> CompiledSpec:
    """The compiled spec that ``freeze`` wrote; raises ``ValueError`` or the like if damaged."""
    return _Reader(data, sources).spec()


class _Writer:
    def __init__(self, spec: CompiledSpec) -> None:
        self.compiled = spec
        self.sorts: dict[Sort, int] = {}
        self.terms: dict[Term, int] = {}
        self.rows: list[Any] = []

    def spec(self) -> Any:
        spec = self.compiled
        pods = [self.pod(p) for p in spec.pods]
        return {
            "diagnostics": [
                [d.code, self.span(d.span), d.message, d.hint] for d in spec.diagnostics
            ],
            "claims": [
                [c.kind, c.title, self.span(c.span), c.start, c.assuming, c.observes]
                for c in spec.claims
            ],
            "pods": pods,
            "terms": self.rows,
            "sorts": [[s.name, s.kind, list(s.values)] for s in self.sorts],
        }

    def span(self, span: Span) -> list[int]:
        names = [id(s) for s in self.compiled.sources]
        return [names.index(id(span.source)), span.start, span.end]

    def sort(self, sort: Sort) -> int:
        return self.sorts.setdefault(sort, len(self.sorts))

    def term(self, term: Term | None) -> int:
        if term is None:
            return -1
        if term not in self.terms:
            for node in walk([term], self.terms):
                self.terms[node] = len(self.rows)
                arguments = [self.terms[a] for a in node.args]
                self.rows.append([node.op, arguments, self.sort(node.sort), self.value(node)])
        return self.terms[term]

    def value(self, node: Term) -> Any:
        if node.op == "in":
            return sorted(node.value, key=repr)
        if node.op == "lookup":
            return [list(pair) for pair in node.value]
        return node.value

    def input(self, i: Input) -> list[Any]:
        return [i.name, self.sort(i.sort), i.role, i.container]

    def action(self, a: Action) -> list[Any]:
        updates = [[n, self.term(x)] for n, x in a.updates.items()]
        return [
            a.name, a.event, a.kind, a.container, self.term(a.guard),
            [self.input(i) for i in a.inputs], updates,
            a.early, a.eventually, a.ordinary, a.plausibility,
        ]  # fmt: skip

    def pod(self, pod: PodQuestions) -> Any:
        system = pod.system
        variables = [
            [v.name, self.sort(v.sort), v.initial, v.container, v.field, v.published, v.of_claim]
            for v in system.variables
        ]
        return {
            "pod": pod.pod,
            "member": pod.member,
            "plan": pod.plan,
            "variables": variables,
            "actions": [self.action(a) for a in system.actions()],
            "lemmas": [self.term(x) for x in system.lemmas],
            "questions": [self.question(q) for q in pod.questions],
            "preparations": {
                n: [[[e, dict(i)] for e, i in p.events], self.term(p.condition)]
                for n, p in pod.preparations.items()
            },
        }

    def question(self, q: Question) -> list[Any]:
        a = q.assumptions
        return [
            q.claim, q.label, list(q.policies),
            [q.start.kind, q.start.name, self.term(q.start.condition), q.start.text], q.expects,
            [sorted(a.excluded), dict(a.at_most), a.races, list(a.fairness), a.contradiction],
            [self.span(s) for s in q.spans], q.empty, self.term(q.doubt), q.sought,
            type(q).__name__, self.asked(q),
        ]  # fmt: skip

    def asked(self, question: Question) -> list[Any]:
        """What a question of its form has."""
        match question:
            case ScenarioQuestion() as q:
                events, firsts = ([self.span(s) for s in spans] for spans in (q.events, q.firsts))
                return [self.automaton(q.automaton), events, firsts]
            case PropertyQuestion() as q:
                observed = [self.term(x) for x in q.observed]
                places = [self.span(s) for s in q.observations]
                return [self.term(q.condition), self.term(q.premise), q.about, observed, places]
            case PromiseQuestion() as q:
                return [self.term(x) for x in q.promise]

    def automaton(self, automaton: Automaton) -> list[Any]:
        edges = [
            [
                e.source, e.target,
                [[p.action.name, {n: list(v) for n, v in p.allowed.items()}] for p in e.parts],
                None if e.kill_codes is None else list(e.kill_codes),
                self.term(e.at_once), self.term(e.then), e.step, e.text,
            ]
            for e in automaton.edges
        ]  # fmt: skip
        return [automaton.nodes, automaton.accept, edges]


class _Reader:
    def __init__(self, data: Any, sources: tuple[Source, ...]) -> None:
        self.data = data
        self.sources = sources
        self.sorts = [self._sort(*row) for row in data["sorts"]]
        self.terms: list[Term] = []
        for op, arguments, sort, value in data["terms"]:
            if op == "in":
                value = frozenset(value)
            elif op == "lookup":
                value = tuple(map(tuple, value))
            args = tuple([self.terms[i] for i in arguments])
            self.terms.append(rebuilt(op, args, self.sorts[sort], value))

    @staticmethod
    def _sort(name: str, kind: str, values: list[Any]) -> Sort:
        return _BUILT_IN.get(kind) or Sort(name, kind, tuple(values))

    def spec(self) -> CompiledSpec:
        data = self.data
        return CompiledSpec(
            self.sources,
            tuple(Diagnostic(c, self.span(s), m, h) for c, s, m, h in data["diagnostics"]),
            tuple(ClaimHead(k, t, self.span(s), *rest) for k, t, s, *rest in data["claims"]),
            tuple(self.pod(p) for p in data["pods"]),
        )

    def span(self, row: list[int]) -> Span:
        return Span(self.sources[row[0]], row[1], row[2])

    def term(self, index: int) -> Term | None:
        return None if index < 0 else self.terms[index]

    def action(self, row: list[Any]) -> Action:
        name, event, kind, container, guard, inputs, updates, *marks = row
        return Action(
            name, event, kind, container, self.terms[guard],
            tuple([Input(n, self.sorts[s], r, c) for n, s, r, c in inputs]),
            {n: self.terms[x] for n, x in updates}, None, *marks,
        )  # fmt: skip

    def pod(self, data: Any) -> PodQuestions:
        variables = tuple([Variable(n, self.sorts[s], *rest) for n, s, *rest in data["variables"]])
        sync, *events = [self.action(a) for a in data["actions"]]
        lemmas = tuple([self.terms[x] for x in data["lemmas"]])
        system = TransitionSystem(data["pod"], variables, sync, tuple(events), lemmas=lemmas)
        actions = {a.name: a for a in events}
        preparations = {
            n: Preparing(tuple((e, i) for e, i in rows), self.terms[c])
            for n, (rows, c) in data["preparations"].items()
        }
        questions = tuple([self.question(q, actions) for q in data["questions"]])
        return PodQuestions(
            data["pod"], data["plan"], system, questions, preparations, data["member"]
        )

    def question(self, row: list[Any], actions: Mapping[str, Action]) -> Question:
        claim, label, policies, start, expects, assumed, spans, empty, doubt, sought, form, it = row
        head = (
            claim, label, tuple(policies),
            From(start[0], start[1], self.term(start[2]), start[3]), expects,
            Assumptions(
                frozenset(assumed[0]), assumed[1], assumed[2], tuple(assumed[3]), assumed[4]
            ),
        )  # fmt: skip
        places, unsure = self.spans(spans), self.term(doubt)
        match form:
            case "ScenarioQuestion":
                automaton, events, firsts = it
                return ScenarioQuestion(
                    *head, spans=places, empty=empty, doubt=unsure, sought=sought,
                    automaton=self.automaton(automaton, actions),
                    events=self.spans(events), firsts=self.spans(firsts),
                )  # fmt: skip
            case "PropertyQuestion":
                condition, premise, about, observed, observations = it
                return PropertyQuestion(
                    *head, spans=places, empty=empty, doubt=unsure, sought=sought,
                    condition=self.terms[condition], premise=self.term(premise), about=about,
                    observed=tuple([self.terms[x] for x in observed]),
                    observations=self.spans(observations),
                )  # fmt: skip
            case "PromiseQuestion":
                promise = self.promise(*it)
                return PromiseQuestion(
                    *head, spans=places, empty=empty, doubt=unsure, promise=promise
                )
        raise ValueError(form)

    def spans(self, rows: list[list[int]]) -> tuple[Span, ...]:
        return tuple([self.span(s) for s in rows])

    def promise(self, since: int, goal: int, meanwhile: int) -> Promise:
        return Promise(self.term(since), self.terms[goal], self.term(meanwhile))

    def automaton(self, row: list[Any], actions: Mapping[str, Action]) -> Automaton:
        nodes, accept, edges = row
        return Automaton(nodes, tuple([self.edge(e, actions) for e in edges]), accept)

    def edge(self, row: list[Any], actions: Mapping[str, Action]) -> Edge:
        source, target, parts, kill, at_once, then, step, text = row
        return Edge(
            source, target,
            tuple(Part(actions[n], {k: tuple(v) for k, v in given.items()}) for n, given in parts),
            None if kill is None else tuple(kill),
            self.term(at_once), self.term(then), step, text,
        )  # fmt: skip


__all__ = ["freeze", "thaw"]
