"""A rule pack as declarations, indexed by name; grounding turns it into a transition system."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from lark import Token

from podcheck.core.system import PLAUSIBILITY, Rule
from podcheck.core.terms import BOOL, TEXT, Sort
from podcheck.declarations.pod import CONTROLLERS
from podcheck.declarations.releases import Release, release_named
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node, Tree
from podcheck.language.source import Source, Span


class Declared(NamedTuple):
    """A declaration of the pack with the file it stands in."""

    source: Source
    node: Node

    def span(self, node: Node | None = None) -> Span:
        at = node or self.node
        return self.source.span(at.start, at.end)


class Parameter(NamedTuple):
    name: str
    domain: Node | None  # a set of containers, or of rules
    sort: Sort | None  # for values


class StateVariable(NamedTuple):
    name: str
    sort: Sort
    initial: Node
    condition: Node | None
    published: bool
    declared: Declared
    doc: str
    of_job: bool = False  # it stays when the Job makes a new pod


class Line(NamedTuple):
    """One line of a first-match list; ``guard`` is None for ``otherwise``."""

    rule: Rule
    guard: Node | None
    value: Node
    source: Source


class RuleList(NamedTuple):
    """A ``decide`` or ``next``: parameters, the sort of its value, its lines."""

    name: str
    parameters: tuple[Parameter, ...]
    sort: Sort | None
    lines: tuple[Line, ...]
    declared: Declared


class Define(NamedTuple):
    name: str
    parameters: tuple[Parameter, ...]
    body: Node
    declared: Declared
    doc: str
    cites: str
    sort: Sort | None = None  # of its value, where the body is not enough to tell


class InputDeclaration(NamedTuple):
    name: str
    domain: Node | None
    sort: Sort
    role: str
    doc: str
    declared: Declared


class EventDeclaration(NamedTuple):
    phrase: str
    parameters: tuple[Parameter, ...]
    kind: str
    early: bool
    eventually: bool
    guard: Node | None
    effects: tuple[Node, ...]
    rule: Rule
    declared: Declared

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.phrase.split())

    @property
    def actor(self) -> str:
        """The container parameter's name, or empty for an event of the pod."""
        return next((p.name for p in self.parameters if p.domain is not None), "")


class Preparation(NamedTuple):
    """How ``from NAME`` is reached, for a container if it has a parameter: events to try in order,
    then a condition to check."""

    name: str
    parameters: tuple[Parameter, ...]
    steps: tuple[tuple[str, int | None, Node | None], ...]
    condition: Node
    declared: Declared


class Refusal(NamedTuple):
    """What the API server refuses (a code with E) or warns of (W): a static condition.

    ``drops`` are the fields that it stores without, as assignments.
    """

    code: str
    parameters: tuple[Parameter, ...]
    condition: Node
    message: str
    cites: str
    declared: Declared
    drops: tuple[Node, ...] = ()

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")


class Lemma(NamedTuple):
    """A condition that runs are expected to keep: a proof may try it, nothing believes it."""

    name: str
    parameters: tuple[Parameter, ...]
    condition: Node
    doc: str
    declared: Declared


@dataclass(slots=True)
class Pack:
    """All declarations.  ``decides``, ``defines`` and ``nexts`` may hold several per name,
    for disjoint sets of containers."""

    sorts: dict[str, Sort] = field(default_factory=dict)
    pod_state: dict[str, StateVariable] = field(default_factory=dict)
    container_state: dict[str, StateVariable] = field(default_factory=dict)
    place_state: dict[str, StateVariable] = field(default_factory=dict)
    gates: dict[str, list[tuple[Release, bool]]] = field(default_factory=dict)
    gate_places: dict[str, Declared] = field(default_factory=dict)
    defines: dict[str, list[Define]] = field(default_factory=dict)
    decides: dict[str, list[RuleList]] = field(default_factory=dict)
    nexts: dict[str, list[RuleList]] = field(default_factory=dict)
    inputs: dict[str, list[InputDeclaration]] = field(default_factory=dict)
    events: dict[str, EventDeclaration] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    preparations: dict[str, Preparation] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    lemmas: list[Lemma] = field(default_factory=list)

    def state_of(self, of_place: bool) -> dict[str, StateVariable]:
        """The variables of a container, or of a place for a Job's pods."""
        return self.place_state if of_place else self.container_state

    def kinds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(e.kind for e in self.events.values()))

    def plausibility(self, kind: str) -> int:
        """How often events of a kind are met: the place of its class in ``PLAUSIBILITY``."""
        groups = (self.groups.get(f"{word} events", ()) for word in PLAUSIBILITY)
        return next((n for n, kinds in enumerate(groups) if kind in kinds), len(PLAUSIBILITY) - 1)

    def ordinary(self) -> frozenset[str]:
        """The events, by their phrases, that the ways to the starts are made of."""
        steps = (step for p in self.preparations.values() for step in p.steps)
        return frozenset(phrase for phrase, _, _ in steps)

    def rules(self) -> list[Rule]:
        """Every named rule and event, in the order of the text."""
        found = [line.rule for lists in self.decides.values() for r in lists for line in r.lines]
        found += [line.rule for lists in self.nexts.values() for r in lists for line in r.lines]
        found += [e.rule for e in self.events.values()]
        return found


ROLE = Sort("role", "enum", ("init", "sidecar", "main"))
POLICY = Sort("restart policy", "enum", ("Always", "OnFailure", "Never"))
OWN_POLICY = Sort("container restart policy", "enum", ("unset", "Always", "OnFailure", "Never"))
OWNER = Sort("owner", "enum", ("none", *CONTROLLERS))
OPERATOR = Sort("rule operator", "enum", ("In", "NotIn", "none"))
ACTION = Sort("rule action", "enum", ("Restart", "RestartAllContainers"))
FAILURE_ACTION = Sort("failure action", "enum", ("FailJob", "FailIndex", "Ignore", "Count"))

_BUILT_IN = {"bool": BOOL, "text": TEXT}


def build_pack(trees: Iterable[Tree], diagnostics: Diagnostics) -> Pack:
    """Index the declarations of the pack's files; errors go to ``diagnostics``."""
    builder = _Builder(Pack(), diagnostics)
    trees = tuple(trees)
    for tree in trees:
        for node in tree.items:
            if node.kind == "sort":
                builder.sort(Declared(tree.source, node))
    for later in (False, True):  # variables before the lists that set them
        for tree in trees:
            for node in tree.items:
                if node.kind != "sort" and (node.kind != "state") is later:
                    builder.declare(Declared(tree.source, node))
    return builder.pack


def _word(node: Node, index: int = 0) -> str:
    return str(node.tokens("WORD")[index])


def doc_of(node: Node) -> tuple[str, str]:
    """The sentence and the citation that stand behind a declaration or a line."""
    text = " ".join(t[2:].strip() for t in node.tokens("DOC"))
    if text.endswith("]") and "[" in text:
        sentence, _, cites = text[:-1].rpartition("[")
        return sentence.strip(), cites.strip()
    return text, ""


class _Builder:
    def __init__(self, pack: Pack, diagnostics: Diagnostics) -> None:
        self.pack = pack
        self.diagnostics = diagnostics

    def sort(self, at: Declared) -> None:
        name = _word(at.node)
        values = [unquote(str(t)) for t in at.node.tokens("WORD", "STRING")[1:]]
        self.pack.sorts[name] = Sort(name, "enum", tuple(values))

    def sort_named(self, at: Declared, node: Node) -> Sort:
        token = node.tokens()[0]
        if token.type == "EXIT":
            return Sort("exit code", "code", ())  # its values are chosen at grounding
        if token.type == "COUNT":
            return Sort("count", "count", ())
        found = _BUILT_IN.get(str(token)) or self.pack.sorts.get(str(token))
        if found is None:
            self.diagnostics.add("E108", at.span(node), f"There is no sort `{token}`.")
            return BOOL
        return found

    def declare(self, at: Declared) -> None:
        handler = getattr(self, f"declare_{at.node.kind}", None)
        if handler is None:
            message = f"A `{at.node.kind}` does not belong into a rule pack."
            self.diagnostics.add("E001", at.span(), message)
            return
        handler(at)

    def declare_state(self, at: Declared) -> None:
        owner = at.node.tokens()[2]
        targets = {
            "pod": self.pack.pod_state, "job": self.pack.pod_state,
            "container": self.pack.container_state, "place": self.pack.place_state,
        }  # fmt: skip
        target = targets.get(str(owner))
        if target is None:
            hint = did_you_mean(str(owner), targets)
            self.diagnostics.add("E108", at.span(), f"There is no state of a `{owner}`.", hint)
            return
        for node in at.node.nodes("state_variable"):
            sort_node = node.node("sort_name")
            assert sort_node is not None
            values = [c for c in node.nodes() if c is not sort_node]
            target[_word(node)] = StateVariable(
                name=_word(node),
                sort=self.sort_named(at, sort_node),
                initial=values[0],
                condition=values[1] if len(values) > 1 else None,
                published=node.has("PUBLISHED"),
                declared=Declared(at.source, node),
                doc=doc_of(node)[0],
                of_job=str(owner) in ("job", "place"),
            )

    def declare_gate(self, at: Declared) -> None:
        stages = []
        for stage in at.node.nodes("gate_stage"):
            stages.append((release_named(stage.nodes("release")[0]), stage.has("ON")))
        self.pack.gates[_word(at.node)] = sorted(stages)
        self.pack.gate_places[_word(at.node)] = at

    def parameters(self, at: Declared, node: Node) -> tuple[Parameter, ...]:
        listed = node.node("parameters")
        result = []
        for p in listed.nodes() if listed else ():
            sort_node = p.node("sort_name")
            sort = self.sort_named(at, sort_node) if sort_node else None
            domain = p.node("set_expr") or p.node("rules_of")
            result.append(Parameter(_word(p), domain, sort))
        return tuple(result)

    def declare_define(self, at: Declared) -> None:
        body = [n for n in at.node.nodes() if n.kind not in ("parameters", "sort_name")][0]
        doc, cites = doc_of(at.node)
        name, sort_node = _word(at.node), at.node.node("sort_name")
        sort = self.sort_named(at, sort_node) if sort_node else None
        define = Define(name, self.parameters(at, at.node), body, at, doc, cites, sort)
        self.pack.defines.setdefault(name, []).append(define)

    def lines(self, at: Declared, decision: str) -> tuple[Line, ...]:
        result = []
        for node in at.node.nodes("rule_line"):
            sentence, cites = doc_of(node)
            strings = [t for t in node.children[:1] if isinstance(t, Token) and t.type == "STRING"]
            name = unquote(str(strings[0])) if strings else "otherwise"
            number = at.source.line_of(node.start)
            rule = Rule(decision, name, sentence, cites, number)
            parts = node.nodes()
            guard = parts[0] if len(parts) > 1 else None
            result.append(Line(rule, guard, parts[-1], at.source))
        return tuple(result)

    def declare_decide(self, at: Declared) -> None:
        name = _word(at.node)
        sort_node = at.node.node("sort_name")
        assert sort_node is not None
        rules = RuleList(
            name,
            self.parameters(at, at.node),
            self.sort_named(at, sort_node),
            self.lines(at, name),
            at,
        )
        self.pack.decides.setdefault(name, []).append(rules)

    def declare_next(self, at: Declared) -> None:
        words = at.node.tokens("WORD")
        name = str(words[0])
        domain = at.node.node("set_expr")
        parameters = (Parameter(str(words[1]), domain, None),) if domain else ()
        owner = self.pack.pod_state
        if domain:
            of_places = any(n.has("WORD") for n in domain.nodes("set_name"))
            owner = self.pack.place_state if of_places else self.pack.container_state
        if name not in owner:
            self.diagnostics.add("E105", at.span(), f"There is no state variable `{name}`.")
            return
        rules = RuleList(name, parameters, owner[name].sort, self.lines(at, f"next {name}"), at)
        self.pack.nexts.setdefault(name, []).append(rules)

    def declare_input(self, at: Declared) -> None:
        words = at.node.tokens("WORD")
        sort_node = at.node.node("sort_name")
        assert sort_node is not None
        declared = InputDeclaration(
            str(words[0]),
            at.node.node("set_expr"),
            self.sort_named(at, sort_node),
            str(words[-1]),
            doc_of(at.node)[0],
            at,
        )
        self.pack.inputs.setdefault(declared.name, []).append(declared)

    def declare_event(self, at: Declared) -> None:
        phrase, kind = (unquote(str(t)) for t in at.node.tokens("STRING"))
        effects = at.node.nodes("assign") + at.node.nodes("for_each")
        effects.sort(key=lambda n: n.start)
        guards = [n for n in at.node.nodes() if n.kind not in ("assign", "for_each", "parameters")]
        sentence, cites = doc_of(at.node)
        line = at.source.line_of(at.node.start)
        self.pack.events[phrase] = EventDeclaration(
            phrase=phrase,
            parameters=self.parameters(at, at.node),
            kind=kind,
            early=at.node.has("EARLY"),
            eventually=at.node.has("EVENTUALLY"),
            guard=guards[0] if guards else None,
            effects=tuple(effects),
            rule=Rule("event", phrase, sentence, cites, line),
            declared=at,
        )

    def declare_group(self, at: Declared) -> None:
        name, *kinds = (unquote(str(t)) for t in at.node.tokens("STRING"))
        self.pack.groups[name] = tuple(kinds)

    def declare_refuse(self, at: Declared) -> None:
        condition = [n for n in at.node.nodes() if n.kind not in ("parameters", "assign")][0]
        message, cites = doc_of(at.node)
        parameters, drops = self.parameters(at, at.node), tuple(at.node.nodes("assign"))
        refusal = Refusal(_word(at.node), parameters, condition, message, cites, at, drops)
        self.pack.refusals.append(refusal)

    def declare_lemma(self, at: Declared) -> None:
        condition = [n for n in at.node.nodes() if n.kind != "parameters"][0]
        parameters = self.parameters(at, at.node)
        lemma = Lemma(_word(at.node), parameters, condition, doc_of(at.node)[0], at)
        self.pack.lemmas.append(lemma)

    def declare_prepare(self, at: Declared) -> None:
        steps = []
        for node in at.node.nodes("preparation"):
            numbers = node.tokens("NUMBER")
            code = int(numbers[0]) if numbers else None
            steps.append((unquote(str(node.tokens("STRING")[0])), code, node.node("set_expr")))
        condition = [n for n in at.node.nodes() if n.kind not in ("preparation", "parameters")][0]
        name, parameters = _word(at.node), self.parameters(at, at.node)
        self.pack.preparations[name] = Preparation(name, parameters, tuple(steps), condition, at)
