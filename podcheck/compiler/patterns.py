"""Event patterns: from what `when` says to a finite automaton over the pod's events.

A pattern denotes a set of event sequences.  `any container` stands for each container in
turn, `every container` for all of them in any order; a name given by `as x` means the same
container in every later step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product

from podcheck.compiler.events import EventReader, every_actor
from podcheck.compiler.pod_events import Alternatives, Occurrence, PodEvents, is_of_every_pod
from podcheck.core.claims import Automaton, Edge, Part
from podcheck.core.system import Action
from podcheck.core.terms import FALSE, TRUE, Term, not_
from podcheck.declarations.pod import Container
from podcheck.elaboration.grounder import EventInstance, Grounder
from podcheck.elaboration.scope import Scope, Stop
from podcheck.language.parser import Node

MAX_EDGES = 20_000


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


@dataclass(frozen=True, slots=True)
class _Duty:
    """What must hold when a step is done."""

    step: int
    at_once: Term | None
    then: Term | None

    def without(self) -> _Duty:
        return _Duty(self.step, None, None)


class PatternBuilder:
    """Builds the automaton of one scenario."""

    def __init__(self, grounder: Grounder, scope: Scope) -> None:
        self.events = EventReader(grounder)
        self.scope = scope
        self.drafts: list[_Draft] = []
        self.nodes = 1

    # ---- scenarios -----------------------------------------------------------------------

    def scenario(self, steps: list[Node]) -> Automaton | None:
        """The automaton of the steps, or None if they have errors (in the diagnostics)."""
        accept = self._node()
        try:
            for names in self._bindings(steps):
                scope = self.scope.bind(**names)
                at = 0
                for i, step in enumerate(steps):
                    target = accept if i == len(steps) - 1 else self._node()
                    self._step(step, i, at, target, scope)
                    at = target
        except Stop:
            self._check_rest(steps)
            return None
        return self._automaton(accept)

    def cell(self, pattern: Node, then: Term) -> Automaton | None:
        """The automaton of one table cell: a pattern and what must hold after it."""
        accept = self._node()
        try:
            for names in self._bindings([pattern]):
                scope = self.scope.bind(**names)
                self._build(pattern, 0, accept, _Duty(0, None, then), scope)
        except Stop:
            return None
        return self._automaton(accept)

    def _check_rest(self, steps: list[Node]) -> None:
        """Report the errors of every step, each step by itself (binders: the first choice)."""
        try:
            names = next(iter(self._bindings(steps)), {})
        except Stop:
            return
        scope = self.scope.bind(**names)
        for i, step in enumerate(steps):
            try:
                self._step(step, i, 0, 1, scope)
            except Stop:
                continue

    def _bindings(self, steps: list[Node]) -> Iterator[dict[str, Container]]:
        """Every way to choose the containers that `any container as x` names."""
        binders: dict[str, list[Container]] = {}
        for step in steps:
            for phrase in _descendants(step, "event_phrase"):
                actor = phrase.node("any_container")
                words = actor.tokens("WORD") if actor else []
                if actor and words:
                    fitting = self.events.actors(phrase, actor, self.scope)
                    binders[str(words[0])] = fitting
        for chosen in product(*binders.values()):
            yield dict(zip(binders, chosen, strict=True))

    def _step(self, step: Node, index: int, source: int, target: int, scope: Scope) -> None:
        pattern = step.nodes()[0]
        at_once_node, then_node = step.node("at_once"), step.node("then")
        elaborator = self.events.grounder.elaborator
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
            raise Stop

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
            *before, last = node.nodes()
            for part in before:
                middle = self._node()
                self._build(part, source, middle, duty.without(), scope)
                source = middle
            self._build(last, source, target, duty, scope)
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
            self.events.fail("E204", scope, node, message, hint)
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
            self.events.fail("E403", scope, node, message)
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
        if node.kind == "event_phrase" and (actor := every_actor(node)) is not None:
            self._every(node, actor, source, target, duty, scope)
            return
        if node.kind == "of_pods":
            self._of_pods(node, source, target, duty, scope)
            return
        for parts in self.events.alternatives(node, scope):
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
            self.events.fail("E403", scope, node, message, "Split the claim.")
        text = " together with ".join(o.instance.name for o in parts)
        self.drafts.append(_Draft(source, target, parts, duty.step, duty.at_once, duty.then, text))

    def _every(
        self, node: Node, actor: Node, source: int, target: int, duty: _Duty, scope: Scope
    ) -> None:
        containers = self.events.actors(node, actor, scope)
        chosen = [self.events.phrase(node, scope, c) for c in containers]
        if actor.has("ONCE"):
            self._edge(node, tuple(chosen), source, target, duty, scope)
            return

        def one(occurrence: Occurrence) -> Callable[[int, int, _Duty], None]:
            return lambda a, b, d: self._edge(node, (occurrence,), a, b, d, scope)

        self._lattice(node, [one(o) for o in chosen], source, target, duty, scope)

    def _of_pods(self, node: Node, source: int, target: int, duty: _Duty, scope: Scope) -> None:
        def one(alternatives: Alternatives) -> Callable[[int, int, _Duty], None]:
            def build(a: int, b: int, d: _Duty) -> None:
                for parts in alternatives:
                    self._edge(node, parts, a, b, d, scope)

            return build

        builds = [one(each) for each in PodEvents(self.events).of_each(node, scope)]
        if is_of_every_pod(node):
            self._lattice(node, builds, source, target, duty, scope)
            return
        for build in builds:
            build(source, target, duty)


def _descendants(node: Node, kind: str) -> Iterator[Node]:
    stack = [node]
    while stack:
        at = stack.pop()
        if at.kind == kind:
            yield at
        stack.extend(reversed(at.nodes()))


def _placeholder(instance: EventInstance) -> Action:
    """The action by name; ``bind_actions`` puts the grounded one in its place."""
    d = instance.declaration
    owner = instance.container.name if instance.container else ""
    return Action(
        instance.name, d.phrase, d.kind, owner, TRUE, instance.inputs, {}, d.rule, d.early,
        d.eventually,
    )  # fmt: skip


def bind_actions(automaton: Automaton, actions: Mapping[str, Action]) -> Automaton:
    """The same automaton over the grounded system's actions."""
    edges = tuple(
        Edge(
            e.source, e.target, tuple(Part(actions[p.action.name], p.allowed) for p in e.parts),
            e.kill_codes, e.at_once, e.then, e.step, e.text,
        )
        for e in automaton.edges
    )  # fmt: skip
    return Automaton(automaton.nodes, edges, automaton.accept)


def negated(automaton: Automaton) -> Automaton:
    """The automaton whose violation is a witness: the only condition negated."""
    edges = []
    for e in automaton.edges:
        if e.target == automaton.accept and e.at_once is not None:
            e = e._replace(at_once=not_(e.at_once))
        elif e.target == automaton.accept:
            e = e._replace(then=FALSE if e.then is None else not_(e.then))
        edges.append(e)
    return automaton._replace(edges=tuple(edges))
