"""Grounding: a rule pack and one pod become a transition system.

Only what the roots depend on is elaborated: from the variables that a claim reads, through
the lists that set them and the events that touch them, until nothing new is found.  The
result is the pod's system reduced to the claims' cone of influence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from lark import Token

from podcheck.core import terms as t
from podcheck.core.system import Action, Input, TransitionSystem
from podcheck.core.terms import TRUE, Term
from podcheck.declarations.pack import Declared, EventDeclaration, Pack, Parameter
from podcheck.declarations.pod import Container, Pod
from podcheck.elaboration.elaborator import Elaborator
from podcheck.elaboration.scope import Binding, Scope, Settings
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import written
from podcheck.language.parser import Node
from podcheck.language.source import Source


@dataclass(frozen=True, slots=True)
class _Target:
    """A state variable an event assigns, and the expression, in its scope."""

    value: Node
    scope: Scope


@dataclass(slots=True)
class EventInstance:
    """One event for one container (or the pod), with what it assigns, not yet elaborated."""

    name: str
    declaration: EventDeclaration
    container: Container | None
    scope: Scope
    inputs: tuple[Input, ...]
    targets: dict[str, _Target]

    @property
    def written(self) -> str:
        """The event as a spec has to write it: a name in quotes if it is no word."""
        if self.container is None:
            return self.name
        actor, name = self.declaration.actor, written(self.container.name)
        return " ".join(name if word == actor else word for word in self.declaration.words)


class Grounder:
    """Grounds one pod.  Its elaborator is shared with the claims about the pod."""

    def __init__(self, pack: Pack, pod: Pod, settings: Settings, diagnostics: Diagnostics) -> None:
        self.pack = pack
        self.pod = pod
        self.elaborator = Elaborator(pack, pod, settings, diagnostics)
        self.events: dict[str, EventInstance] = {}
        for declaration in pack.events.values():
            for instance in self._instances(declaration):
                self.events[instance.name] = instance
        self._ordinary = pack.ordinary()
        self._plausibility = {kind: pack.plausibility(kind) for kind in pack.kinds()}
        self._next: dict[str, Term] = {}
        self._actions: dict[str, Action] = {}
        self._guards: dict[str, Term] = {}

    # ---- events --------------------------------------------------------------------------

    def _instances(self, declaration: EventDeclaration) -> Iterable[EventInstance]:
        base = Scope(declaration.declared.source, {})
        actor = declaration.actor
        if not actor:
            yield self._instance(declaration, None, declaration.phrase, base)
            return
        domain = next(p.domain for p in declaration.parameters if p.domain is not None)
        for c in self.elaborator.members(domain, base):
            words = [c.name if w == actor else w for w in declaration.words]
            yield self._instance(declaration, c, " ".join(words), base.bind(**{actor: c}))

    def _instance(
        self, declaration: EventDeclaration, c: Container | None, name: str, scope: Scope
    ) -> EventInstance:
        inputs = []
        names: dict[str, Binding] = {}
        for parameter in declaration.parameters:
            if parameter.sort is None:
                continue
            sort = self.elaborator.declared.sized(parameter.sort)
            role = "code" if sort.kind == "code" else "detail"
            full = f"{name}: {parameter.name}"
            inputs.append(Input(full, sort, role, c.name if c else ""))
            names[parameter.name] = t.var(full, sort)
        scope = scope.bind(**names)
        instance = EventInstance(name, declaration, c, scope, tuple(inputs), {})
        for effect in declaration.effects:
            self._collect(instance, effect, scope)
        return instance

    def _collect(self, instance: EventInstance, effect: Node, scope: Scope) -> None:
        if effect.kind == "for_each":
            word = str(effect.tokens("WORD")[0])
            domain = effect.node("set_expr")
            assert domain is not None
            for c in self.elaborator.members(domain, scope):
                for inner in effect.nodes("assign"):
                    self._collect(instance, inner, scope.bind(**{word: c}))
            return
        words = [str(w) for w in effect.tokens("WORD")]
        value = effect.nodes()[0]
        if len(words) == 1:
            instance.targets[words[0]] = _Target(value, scope)
            return
        owner = scope.names.get(words[0])
        assert isinstance(owner, Container), f"{words[0]} is no container or place"
        instance.targets[f"{owner.name}.{words[1]}"] = _Target(value, scope)

    def guard(self, name: str) -> Term:
        """The condition under which an event can happen."""
        if name not in self._guards:
            instance = self.events[name]
            node = instance.declaration.guard
            guard = TRUE if node is None else self.elaborator.expr(node, instance.scope, t.BOOL)
            if any(self.is_renewed(target) for target in instance.targets):
                guard = t.and_(self._asked("podIsThere"), guard)
            self._guards[name] = guard
        return self._guards[name]

    # ---- a Job's pods ----------------------------------------------------------------------

    def _asked(self, name: str) -> Term:
        """A definition of the pod that the rules of Jobs make."""
        return self.elaborator.declared.named(
            name, None, Node("name_", []), Scope(Source("", name), {})
        )

    def is_renewed(self, variable: str) -> bool:
        """Does a variable start anew when the Job makes its next pod?"""
        if not self.pod.places:
            return False
        field = variable.rpartition(".")[2]
        place = variable.rpartition(".")[0] in {p.name for p in self.pod.places}
        declared = self.pack.pod_state.get(field)
        of_pod = variable == field
        if place or variable == "policy" or (of_pod and declared is not None and declared.of_job):
            return False
        return field not in self.pack.groups.get("what a new pod meets", ())

    # ---- containers ------------------------------------------------------------------------

    def choices(self, parameters: Sequence[Parameter], declared: Declared) -> Iterator[Scope]:
        """A scope for every choice of the containers that a declaration refers to."""
        yield from self._choices(parameters, Scope(declared.source, {}))

    def _choices(self, parameters: Sequence[Parameter], scope: Scope) -> Iterator[Scope]:
        if not parameters:
            yield scope
            return
        first, *rest = parameters
        assert first.domain is not None, f"{first.name} is no container or rule"
        for c in self.elaborator.members(first.domain, scope):
            yield from self._choices(rest, scope.bind(**{first.name: c}))

    # ---- the system ----------------------------------------------------------------------

    def next_term(self, variable: str) -> Term:
        """What one sync makes of a variable."""
        if variable not in self._next:
            term = self._next_term(variable)
            if self.is_renewed(variable):
                v = self.elaborator.declared.variables[variable]
                term = t.ite(self._asked("podIsThere"), term, t.var(variable, v.sort))
                initial = t.const(v.sort, v.initial)
                term = t.ite(self._asked("podIsMade"), initial, term)
            self._next[variable] = term
        return self._next[variable]

    def _next_term(self, variable: str) -> Term:
        v = self.elaborator.declared.variables[variable]
        kept = t.var(variable, v.sort)
        c = next((c for c in self.elaborator.parts if c.name == v.container), None)
        for rules in self.pack.nexts.get(v.field, ()):
            if self.elaborator.declared.covers(rules, c):
                return self.elaborator.declared.grounded(rules, c, kept)
        return kept

    def system(self, roots: Iterable[Term], events: Iterable[str] = ()) -> TransitionSystem:
        """The system that the roots and the guards of the named events depend on."""
        wanted = t.variables([*roots, *(self.guard(e) for e in events)])
        todo = [n.removesuffix("'") for n in sorted(wanted)]
        kept: dict[str, None] = {}
        touched: dict[str, dict[str, Term]] = {e: {} for e in events}
        while todo:
            name = todo.pop()
            if name in kept or name not in self.elaborator.declared.variables:
                continue
            kept[name] = None
            terms = [self.next_term(name)]
            for event, instance in self.events.items():
                target = instance.targets.get(name)
                if target is not None:
                    sort = self.elaborator.declared.variables[name].sort
                    value = self.elaborator.expr(target.value, target.scope, sort)
                    value = self.elaborator.same_sort(value, sort, target.value, target.scope)
                    touched.setdefault(event, {})[name] = value
                    terms += [value, self.guard(event)]
            todo.extend(sorted(t.variables(terms) - kept.keys()))
        return self._assemble(kept, touched)

    def _assemble(
        self, kept: Mapping[str, None], touched: Mapping[str, dict[str, Term]]
    ) -> TransitionSystem:
        variables = [v for n, v in self.elaborator.declared.variables.items() if n in kept]
        variables.sort(key=lambda v: self._order(v.name, v.container, v.field))
        updates = {}
        for v in variables:
            term = self.next_term(v.name)
            if term is not t.var(v.name, v.sort):
                updates[v.name] = term
        read = t.variables(list(updates.values()))
        inputs = [i for n, i in self.elaborator.declared.inputs.items() if n in read]
        inputs.sort(key=self._input_order)
        sync = Action("sync", "", "", "", TRUE, tuple(inputs), updates)
        events = []
        for name, instance in self.events.items():
            if name in touched:
                events.append(self._action(instance, touched[name]))
        return TransitionSystem(
            self.pod.name,
            tuple(variables),
            sync,
            tuple(events),
            tuple(self.elaborator.declared.decisions.values()),
        )

    def lemmas(self, system: TransitionSystem) -> tuple[Term, ...]:
        """The pack's lemmas about this pod that refer to the system's variables."""
        names = {v.name for v in system.variables}
        return tuple(part for part in self._lemmas if t.variables([part]) & names)

    @cached_property
    def _lemmas(self) -> tuple[Term, ...]:
        found: dict[Term, None] = {}
        for lemma in self.pack.lemmas:
            for scope in self.choices(lemma.parameters, lemma.declared):
                term = self.elaborator.expr(lemma.condition, scope, t.BOOL)
                found |= dict.fromkeys(term.args if term.op == "and" else (term,))
        return tuple(found)

    def _action(self, instance: EventInstance, updates: Mapping[str, Term]) -> Action:
        d = instance.declaration
        return Action(
            name=instance.name,
            event=d.phrase,
            kind=d.kind,
            container=instance.container.name if instance.container else "",
            guard=self.guard(instance.name),
            inputs=instance.inputs,
            updates=dict(updates),
            rule=d.rule,
            early=d.early,
            eventually=d.eventually,
            ordinary=d.phrase in self._ordinary,
            plausibility=self._plausibility[d.kind],
        )

    def _order(self, name: str, container: str, field: str) -> tuple[int, int, str]:
        names = [c.name for c in self.elaborator.parts]
        place = names.index(container) if container else -1
        of_place = container in {p.name for p in self.pod.places}
        fields = list(self.pack.state_of(of_place) if container else self.pack.pod_state)
        return (place, fields.index(field) if field in fields else -1, name)

    def _input_order(self, i: Input) -> tuple[int, int]:
        names = [c.name for c in self.elaborator.parts]
        field = i.name.rpartition(".")[2]
        return (
            names.index(i.container) if i.container else -1,
            list(self.pack.inputs).index(field),
        )

    def observed(self, name: str, c: Container | None = None) -> Term:
        """The term of a name such as ``phase`` or ``STATUS``, of the pod or of a container."""
        token = Token("WORD", name, 0, end_pos=len(name))
        scope = Scope(Source("", name), {})
        if c is not None:
            return self.elaborator.names.field(c, name, token, scope)
        return self.elaborator.names.on_name_(Node("name_", [token]), scope, None)

    def every_variable(self) -> list[Term]:
        """All state variables of the pod, as roots for the whole system."""
        found = [self.elaborator.declared.policy]
        found += [self.elaborator.declared.variable(n, None) for n in self.pack.pod_state]
        for c in self.elaborator.ordered:
            found += [self.elaborator.declared.variable(n, c) for n in self.pack.container_state]
        for p in self.pod.places:
            found += [self.elaborator.declared.variable(n, p) for n in self.pack.place_state]
        return [f for f in found if not f.is_const]

    def published(self) -> list[Term]:
        """The variables that the API server shows, all of them."""
        known = self.elaborator.declared.variables
        return [v for v in self.every_variable() if v.op == "var" and known[v.value].published]
