"""Event patterns: from what `when` says to a finite automaton over the pod's events.

A pattern denotes a set of event sequences.  `any container` stands for each container in
turn, `every container` for all of them in any order; a name given by `as x` means the same
container in every later step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product

from lark import Token

from podcheck.language.diagnostics import did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.model.claims import Automaton, Edge, Part
from podcheck.model.elaborate import Scope, _Stop, noun
from podcheck.model.ground import EventInstance, Grounder
from podcheck.model.pack import EventDeclaration
from podcheck.model.pods import PROBES, Container, Role
from podcheck.model.spec import code_set
from podcheck.model.system import Action
from podcheck.model.terms import FALSE, TRUE, Term, Value

MAX_EDGES = 20_000


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event with the input values a pattern allows, before its action is grounded."""

    instance: EventInstance
    allowed: dict[str, tuple[Value, ...]]
    kill_codes: tuple[Value, ...] | None


@dataclass(slots=True)
class _Draft:
    """An edge under construction."""

    source: int
    target: int
    parts: tuple[Occurrence, ...]
    step: int
    at_once: Term | None
    then: Term | None
    text: str


@dataclass(slots=True)
class PatternBuilder:
    """Builds the automaton of one scenario."""

    grounder: Grounder
    source_scope: Scope
    drafts: list[_Draft] = field(default_factory=list)
    nodes: int = 1

    # ---- scenarios -----------------------------------------------------------------------

    def scenario(self, steps: list[Node]) -> Automaton | None:
        """The automaton of the steps, or None if they have errors (in the diagnostics)."""
        accept = self._node()
        try:
            for names in self._bindings(steps):
                scope = self.source_scope.bind(**names)
                at = 0
                for i, step in enumerate(steps):
                    target = accept if i == len(steps) - 1 else self._node()
                    self._step(step, i, at, target, scope)
                    at = target
        except _Stop:
            self._check_rest(steps)
            return None
        return self._automaton(accept)

    def cell(self, pattern: Node, then: Term) -> Automaton | None:
        """The automaton of one table cell: a pattern and what must hold after it."""
        accept = self._node()
        try:
            for names in self._bindings([pattern]):
                scope = self.source_scope.bind(**names)
                self._build(pattern, 0, accept, _Duty(0, None, then), scope)
        except _Stop:
            return None
        return self._automaton(accept)

    def _check_rest(self, steps: list[Node]) -> None:
        """Report the errors of every step, each step by itself (binders: the first choice)."""
        try:
            names = next(iter(self._bindings(steps)), {})
        except _Stop:
            return
        scope = self.source_scope.bind(**names)
        for i, step in enumerate(steps):
            try:
                self._step(step, i, 0, 1, scope)
            except _Stop:
                continue

    def _bindings(self, steps: list[Node]) -> Iterator[dict[str, Container]]:
        """Every way to choose the containers that `any container as x` names."""
        binders: dict[str, list[Container]] = {}
        for step in steps:
            for phrase in _descendants(step, "event_phrase"):
                actor = phrase.node("any_container")
                words = actor.tokens("WORD") if actor else []
                if actor and words:
                    fitting = self._actors(phrase, actor, self.source_scope)
                    if not fitting:
                        self._nobody(phrase, actor, self.source_scope)
                    binders[str(words[0])] = fitting
        for chosen in product(*binders.values()):
            yield dict(zip(binders, chosen, strict=True))

    def _candidates(self, actor: Node) -> tuple[Container, ...]:
        role = actor.node("role")
        containers = self.grounder.elaborator.ordered
        if role is None:
            return containers
        wanted = Role(str(role.tokens()[0]))
        return tuple(c for c in containers if c.role is wanted)

    def _step(self, step: Node, index: int, source: int, target: int, scope: Scope) -> None:
        pattern = step.nodes()[0]
        at_once_node, then_node = step.node("at_once"), step.node("then")
        elaborator = self.grounder.elaborator
        stopped = False
        at_once = then = None
        if at_once_node is not None:
            at_once = elaborator.condition(at_once_node.nodes()[0], scope)
            stopped |= at_once is None
        if then_node is not None:
            then = elaborator.condition(then_node.nodes()[0], scope)
            stopped |= then is None
        self._build(pattern, source, target, _Duty(index, at_once, then), scope)
        if stopped:
            raise _Stop

    def _automaton(self, accept: int) -> Automaton:
        edges = []
        for d in self.drafts:
            parts = tuple(Part(_placeholder(o.instance), o.allowed) for o in d.parts)
            codes = [o.kill_codes for o in d.parts if o.kill_codes is not None]
            edges.append(
                Edge(
                    d.source, d.target, parts, codes[0] if codes else None,
                    d.at_once, d.then, d.step, d.text,
                )
            )  # fmt: skip
        return Automaton(self.nodes, tuple(edges), accept)

    def _node(self) -> int:
        self.nodes += 1
        return self.nodes - 1

    # ---- patterns ------------------------------------------------------------------------

    def _build(self, node: Node, source: int, target: int, duty: _Duty, scope: Scope) -> None:
        kind = node.kind
        if kind == "atom":
            self._build(node.nodes()[0], source, target, duty, scope)
        elif kind == "followed_by":
            first, second = node.nodes()
            middle = self._node()
            self._build(first, source, middle, duty.without(), scope)
            self._build(second, middle, target, duty, scope)
        elif kind == "either":
            for part in node.nodes():
                self._build(part, source, target, duty, scope)
        elif kind == "times":
            self._times(node, source, target, duty, scope)
        elif kind == "repeatedly":
            inner, middle = node.nodes()[0], self._node()
            self._build(inner, source, target, duty, scope)
            self._build(inner, source, middle, duty.without(), scope)
            self._build(inner, middle, middle, duty.without(), scope)
            self._build(inner, middle, target, duty, scope)
        elif kind == "any_order":
            builds = [self._builder(n, scope) for n in node.nodes()]
            self._lattice(node, builds, source, target, duty, scope)
        else:
            self._events(node, source, target, duty, scope)

    def _builder(self, node: Node, scope: Scope) -> Callable[[int, int, _Duty], None]:
        return lambda a, b, duty: self._build(node, a, b, duty, scope)

    def _times(self, node: Node, source: int, target: int, duty: _Duty, scope: Scope) -> None:
        numbers = [int(n) for n in node.tokens("NUMBER")]
        low, high = numbers[0], numbers[-1]
        if not 1 <= low <= high <= 100:
            hint = "Write `x 3` or `x 2..5`."
            message = "A repetition goes from 1 to at most 100."
            self.grounder.elaborator.fail("E204", scope, node, message, hint)
        inner = node.nodes()[0]
        at = source
        for count in range(1, high + 1):
            if count >= low:
                self._build(inner, at, target, duty, scope)
            if count < high:
                middle = self._node()
                self._build(inner, at, middle, duty.without(), scope)
                at = middle

    def _lattice(
        self,
        node: Node,
        builds: list[Callable[[int, int, _Duty], None]],
        source: int,
        target: int,
        duty: _Duty,
        scope: Scope,
    ) -> None:
        """All orders: one automaton node for each set of patterns already done."""
        if len(builds) > 8:
            message = f"{len(builds)} events in any order are too many (at most 8)."
            self.grounder.elaborator.fail("E403", scope, node, message)
        everything = (1 << len(builds)) - 1
        place = {0: source, everything: target}
        for done in range(everything):
            if done not in place:
                place[done] = self._node()
        for done in range(everything):
            for i, build in enumerate(builds):
                after = done | (1 << i)
                if after != done:
                    last = after == everything
                    build(place[done], place[after], duty if last else duty.without())

    def _events(self, node: Node, source: int, target: int, duty: _Duty, scope: Scope) -> None:
        if node.kind == "event_phrase" and (actor := _every(node)) is not None:
            self._every(node, actor, source, target, duty, scope)
            return
        for parts in self.occurrences(node, scope):
            self._edge(node, parts, source, target, duty, scope)

    def _edge(
        self,
        node: Node,
        parts: tuple[Occurrence, ...],
        source: int,
        target: int,
        duty: _Duty,
        scope: Scope,
    ) -> None:
        if len(self.drafts) >= MAX_EDGES:
            message = f"This pattern stands for more than {MAX_EDGES} events."
            self.grounder.elaborator.fail("E403", scope, node, message, "Split the claim.")
        text = " together with ".join(o.instance.name for o in parts)
        self.drafts.append(_Draft(source, target, parts, duty.step, duty.at_once, duty.then, text))

    def _every(
        self, node: Node, actor: Node, source: int, target: int, duty: _Duty, scope: Scope
    ) -> None:
        containers = self._actors(node, actor, scope)
        if not containers:
            self._nobody(node, actor, scope)
        chosen = [self._phrase(node, scope, c) for c in containers]
        if actor.has("ONCE"):
            self._edge(node, tuple(chosen), source, target, duty, scope)
            return

        def one(occurrence: Occurrence) -> Callable[[int, int, _Duty], None]:
            return lambda a, b, d: self._edge(node, (occurrence,), a, b, d, scope)

        self._lattice(node, [one(o) for o in chosen], source, target, duty, scope)

    def _nobody(self, node: Node, actor: Node, scope: Scope) -> None:
        role = actor.node("role")
        what = f"{role.tokens()[0]} container" if role else "container"
        message = f"Pod `{self.grounder.pod.name}` has no {what}"
        if list(self._candidates(actor)):
            message += " of which this can be said"
        self.grounder.elaborator.fail("E101", scope, actor, f"{message}.")

    # ---- single events -------------------------------------------------------------------

    def occurrences(self, node: Node, scope: Scope) -> list[tuple[Occurrence, ...]]:
        """The alternatives of a pattern that is one (possibly compound) event."""
        if node.kind == "atom":
            return self.occurrences(node.nodes()[0], scope)
        if node.kind == "together":
            left, right = (self.occurrences(n, scope) for n in node.nodes())
            return [a + b for a in left for b in right]
        if node.kind == "either":
            return [o for n in node.nodes() for o in self.occurrences(n, scope)]
        if node.kind in ("anything", "anything_but"):
            return [(o,) for o in self._anything(node, scope)]
        if node.kind != "event_phrase":
            message = "Only single events can happen together."
            self.grounder.elaborator.fail("E115", scope, node, message)
        actor = node.node("any_container")
        if actor is None:
            every = _every(node)
            if every is not None:
                containers = self._actors(node, every, scope)
                return [tuple(self._phrase(node, scope, c) for c in containers)]
            return [(self._phrase(node, scope, None),)]
        words = actor.tokens("WORD")
        if words:
            bound = scope.names[str(words[0])]
            assert isinstance(bound, Container)
            return [(self._phrase(node, scope, bound),)]
        containers = self._actors(node, actor, scope)
        if not containers:
            self._nobody(node, actor, scope)
        return [(self._phrase(node, scope, c),) for c in containers]

    def _anything(self, node: Node, scope: Scope) -> list[Occurrence]:
        excluded: set[str] = set()
        if node.kind == "anything_but":
            words = " ".join(str(t) for t in node.tokens() if t.type not in ("ANYTHING", "BUT"))
            excluded = kinds_named(words, self.grounder, scope, node)
        return [
            Occurrence(instance, {}, None)
            for instance in self.grounder.events.values()
            if instance.declaration.kind not in excluded
        ]

    def _actors(self, node: Node, actor: Node, scope: Scope) -> list[Container]:
        """The containers that an actor stands for and that the event can be said of."""
        candidates = list(self._candidates(actor))
        if actor.kind == "every_other":
            named = [b for b in scope.names.values() if isinstance(b, Container)]
            if not named:
                message = "`every other container` needs an `any container as x` before it."
                self.grounder.elaborator.fail("E115", scope, actor, message)
            candidates = [c for c in candidates if c is not named[-1]]
        words = _words(node)
        fitting = [c for c in candidates if self._instances(words, c)]
        if not fitting and candidates:
            self._unknown_event(node, [candidates[0].name, *words], scope)
        return fitting

    def _instances(self, words: list[str], c: Container) -> bool:
        """Is there such an event for this container (one its static facts do not rule out)?"""
        name = " ".join([c.name, *words])
        return name in self.grounder.events and self.grounder.guard(name) is not FALSE

    def _phrase(self, node: Node, scope: Scope, actor: Container | None) -> Occurrence:
        words = _words(node)
        if actor is not None:
            words = [actor.name, *words]
        words = [b.name if isinstance(b := scope.names.get(w), Container) else w for w in words]
        instance = self.grounder.events.get(" ".join(words))
        if instance is None:
            self._unknown_event(node, words, scope)
            raise AssertionError
        if self.grounder.guard(instance.name) is FALSE:
            given = instance.container.name if instance.container else ""
            message = f"`{instance.name}` can't happen to this pod."
            hint = _restriction(instance.declaration, self.grounder, given)
            self.grounder.elaborator.fail("E116", scope, _words_node(node), message, hint)
        return self._occurrence(node, instance, scope)

    def _unknown_event(self, node: Node, words: list[str], scope: Scope) -> None:
        fail = self.grounder.elaborator.fail
        names = [c.name for c in self.grounder.elaborator.ordered]
        for declaration in self.grounder.pack.events.values():
            pattern, actor = declaration.words, declaration.actor
            if len(pattern) != len(words) or not actor:
                continue
            if all(p in (w, actor) for p, w in zip(pattern, words, strict=True)):
                given = words[pattern.index(actor)]
                if given in names:
                    role = next(c.role for c in self.grounder.pod.containers if c.name == given)
                    message = f"`{' '.join(words)}` can't be said of {_a_container(role)}."
                    hint = _restriction(declaration, self.grounder, given)
                    fail("E116", scope, _words_node(node), message, hint)
                hint = did_you_mean(given, names, f"It has {', '.join(names)}.")
                message = f"Pod `{self.grounder.pod.name}` has no container `{given}`."
                fail("E101", scope, _token(node, given), message, hint)
        known = list(self.grounder.events)
        phrase = " ".join(words)
        hint = did_you_mean(phrase, known, "`podcheck rules events` lists all events.")
        fail("E104", scope, _words_node(node), f"There is no event `{phrase}`.", hint)

    def _occurrence(self, node: Node, instance: EventInstance, scope: Scope) -> Occurrence:
        fail = self.grounder.elaborator.fail
        allowed: dict[str, tuple[Value, ...]] = {}
        kill_codes: tuple[Value, ...] | None = None
        codes = next((n for n in node.nodes() if n.kind in _CODES), None)
        if codes is not None:
            inputs = [i for i in instance.inputs if i.role == "code"]
            if not inputs:
                message = f"`{instance.name}` takes no exit code."
                hint = "Write `with exit CODE` for how containers stop when the kubelet stops them."
                fail("E117", scope, codes, message, hint)
            allowed[inputs[0].name] = self._codes(codes, scope)
        for detail in node.nodes():
            if detail.kind == "with_exit":
                kill_codes = self._codes(detail.nodes()[0], scope)
            elif detail.kind == "with_word":
                word = detail.tokens("WORD")[0]
                inputs = [i for i in instance.inputs if i.role == "detail"]
                if not inputs:
                    fail("E117", scope, detail, f"`{instance.name}` takes no `with {word}`.")
                values = inputs[0].sort.values
                if str(word) not in values:
                    hint = did_you_mean(str(word), map(str, values))
                    message = f"`{word}` is no {noun(inputs[0].sort)}."
                    fail("E117", scope, word, message, hint)
                allowed[inputs[0].name] = (str(word),)
        return Occurrence(instance, allowed, kill_codes)

    def _codes(self, node: Node, scope: Scope) -> tuple[Value, ...]:
        for token in _number_tokens(node):
            if int(token) > 255:
                message = f"There is no exit code {token}: exit codes go from 0 to 255."
                self.grounder.elaborator.fail("E203", scope, token, message)
        wanted = code_set(node)
        if not wanted:
            hint = "The smaller number stands first: `1..5`."
            self.grounder.elaborator.fail("E203", scope, node, "This names no exit code.", hint)
        return tuple(v for v in self.grounder.elaborator.settings.codes.values if v in wanted)


@dataclass(frozen=True, slots=True)
class _Duty:
    """What must hold when a step is done."""

    step: int
    at_once: Term | None
    then: Term | None

    def without(self) -> _Duty:
        return _Duty(self.step, None, None)


_CODES = ("one_code", "code_range", "nonzero", "any_code", "code_set", "not_in_codes",
          "exit_codes_of_event")  # fmt: skip


def _placeholder(instance: EventInstance) -> Action:
    """The action by name; ``bind_actions`` puts the grounded one in its place."""
    d = instance.declaration
    owner = instance.container.name if instance.container else ""
    return Action(
        instance.name, d.phrase, d.kind, owner, TRUE, instance.inputs, {}, d.rule, d.early
    )  # fmt: skip


def bind_actions(automaton: Automaton, actions: dict[str, Action]) -> Automaton:
    """The same automaton over the grounded system's actions."""
    edges = tuple(
        Edge(
            e.source, e.target, tuple(Part(actions[p.action.name], p.allowed) for p in e.parts),
            e.kill_codes, e.at_once, e.then, e.step, e.text,
        )
        for e in automaton.edges
    )  # fmt: skip
    return Automaton(automaton.nodes, edges, automaton.accept)


def without_kinds(automaton: Automaton, excluded: frozenset[str]) -> Automaton:
    """The automaton without the events that the assumptions exclude."""
    if not excluded:
        return automaton
    edges = tuple(e for e in automaton.edges if not any(p.action.kind in excluded for p in e.parts))
    return Automaton(automaton.nodes, edges, automaton.accept)


def kinds_named(words: str, grounder: Grounder, scope: Scope, node: Node) -> set[str]:
    """The kinds of events that a noun (or the name of a group) stands for."""
    kinds = grounder.pack.kinds()
    if words in grounder.pack.groups:
        return set(grounder.pack.groups[words])
    for kind in kinds:
        if words in (kind, kind.removesuffix("s")):
            return {kind}
    hint = did_you_mean(words, [*kinds, *grounder.pack.groups])
    grounder.elaborator.fail("E118", scope, node, f"There is no kind of event `{words}`.", hint)
    raise AssertionError


def _restriction(declaration: EventDeclaration, grounder: Grounder, name: str) -> str:
    """Why an event can't be said of a container (or of the pod), or of which it can."""
    c = grounder.pod.container(name)
    asked = {str(x.tokens()[-1]) for x in _descendants_of(declaration.guard) if x.tokens()}
    if c is not None and c.role is not Role.INIT:
        for probe in PROBES:
            if probe in asked and probe not in c.probes:
                word = "container" if c.role is Role.MAIN else "sidecar"
                return f"`{name}` has no {probe}; write `{word} {name} {{ {probe} }}`."
    fitting = [
        i.container.name
        for i in grounder.events.values()
        if i.declaration is declaration
        and i.container is not None
        and grounder.guard(i.name) is not FALSE
    ]
    if fitting:
        return f"It can be said of {', '.join(fitting)}."
    if "hasDeadline" in asked and grounder.pod.deadline_s is None:
        return "The pod has no deadline; write `activeDeadlineSeconds: 600` in it."
    if "isStatic" in asked and grounder.pod.static:
        return "The pod is static: it comes from a file on the node."
    return ""


def _a_container(role: Role) -> str:
    return {"init": "an init container", "sidecar": "a sidecar"}.get(role, "a main container")


def _descendants_of(node: Node | None) -> Iterator[Node]:
    stack = [node] if node is not None else []
    while stack:
        at = stack.pop()
        yield at
        stack.extend(at.nodes())


def _words_node(node: Node) -> Node:
    """The part of an event phrase that names the event, for a caret under nothing else."""
    kept = [c for c in node.children if not isinstance(c, Node) or c.kind in _ACTORS]
    return Node("words", kept) if kept else node


def _token(node: Node, word: str) -> Node | Token:
    return next((x for x in node.tokens() if unquote(str(x)) == word), node)


_ACTORS = ("any_container", "every_container", "every_other")


def _every(node: Node) -> Node | None:
    return node.node("every_container") or node.node("every_other")


def _words(node: Node) -> list[str]:
    words = []
    for token in node.tokens():
        if token.type in ("WORD", "STRING", "POD", "IS", "OF", "EVENT", "START", "FOR", "TO"):
            words.append(unquote(str(token)))
    return words


def _descendants(node: Node, kind: str) -> Iterator[Node]:
    stack = [node]
    while stack:
        at = stack.pop()
        if at.kind == kind:
            yield at
        stack.extend(reversed(at.nodes()))


def _number_tokens(node: Node) -> list[Token]:
    found = list(node.tokens("NUMBER"))
    for child in node.nodes():
        found += _number_tokens(child)
    return found
