"""Single events: what a phrase such as `app exits 1` can mean for one pod."""

from __future__ import annotations

from itertools import product
from typing import NoReturn

from lark import Token

from podcheck.compiler.event_hints import event_hint, kind_hint
from podcheck.compiler.pod_events import Occurrence, PodEvents, is_of_every_pod
from podcheck.core.terms import FALSE, Value
from podcheck.declarations.pack import EventDeclaration
from podcheck.declarations.pod import PROBES, Container, Role
from podcheck.declarations.spec import code_set
from podcheck.elaboration.grounder import EventInstance, Grounder
from podcheck.elaboration.hints import noun
from podcheck.elaboration.scope import Scope
from podcheck.language.diagnostics import did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node

_ACTORS = ("any_container", "every_container", "every_other")
_CODES = ("one_code", "code_range", "nonzero", "any_code", "code_set", "not_in_codes",
          "exit_codes_of_event")  # fmt: skip


class EventReader:
    """Reads event phrases about one pod; every error ends in ``Stop``."""

    def __init__(self, grounder: Grounder) -> None:
        self.grounder = grounder
        self.fail = grounder.elaborator.fail

    def alternatives(self, node: Node, scope: Scope) -> list[tuple[Occurrence, ...]]:
        """The alternatives of a pattern that is one (possibly compound) event."""
        if node.kind == "atom":
            return self.alternatives(node.nodes()[0], scope)
        if node.kind == "together":
            left, right = (self.alternatives(n, scope) for n in node.nodes())
            return [a + b for a in left for b in right]
        if node.kind == "either":
            return [o for n in node.nodes() for o in self.alternatives(n, scope)]
        if node.kind in ("anything", "anything_but"):
            return [(o,) for o in self._anything(node, scope)]
        if node.kind == "of_pods":
            pods = PodEvents(self).of_each(node, scope)
            if is_of_every_pod(node):
                return [sum(chosen, ()) for chosen in product(*pods)]
            return [chosen for each in pods for chosen in each]
        if node.kind != "event_phrase":
            message = "Only single events can happen together."
            self.fail("E115", scope, node, message)
        actor = node.node("any_container")
        if actor is None:
            every = every_actor(node)
            if every is not None:
                containers = self._fitting(node, every, scope)
                return [tuple(self.phrase(node, scope, c) for c in containers)]
            return [(self.phrase(node, scope, None),)]
        words = actor.tokens("WORD")
        if words:
            bound = scope.names[str(words[0])]
            assert isinstance(bound, Container)
            return [(self.phrase(node, scope, bound),)]
        return [(self.phrase(node, scope, c),) for c in self.actors(node, actor, scope)]

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

    # ---- actors --------------------------------------------------------------------------

    def actors(self, node: Node, actor: Node, scope: Scope) -> list[Container]:
        """The containers that an actor stands for; it is an error if there is none."""
        containers = self._fitting(node, actor, scope)
        if not containers:
            self._nobody(actor, scope)
        return containers

    def _fitting(self, node: Node, actor: Node, scope: Scope) -> list[Container]:
        """The containers that an actor stands for and that the event can be said of."""
        candidates = list(self._candidates(actor))
        if actor.kind == "every_other":
            named = [b for b in scope.names.values() if isinstance(b, Container)]
            if not named:
                message = "`every other container` needs an `any container as x` before it."
                self.fail("E115", scope, actor, message)
            candidates = [c for c in candidates if c is not named[-1]]
        words = _words(node)
        fitting = [c for c in candidates if self._instances(words, c)]
        if not fitting and candidates:
            self._unknown_event(node, [candidates[0].name, *words], scope)
        return fitting

    def _candidates(self, actor: Node) -> tuple[Container, ...]:
        role = actor.node("role")
        containers = self.grounder.elaborator.ordered
        if role is None:
            return containers
        wanted = Role(str(role.tokens()[0]))
        return tuple(c for c in containers if c.role is wanted)

    def _instances(self, words: list[str], c: Container) -> bool:
        """Is there such an event for this container (one its static facts do not rule out)?"""
        name = " ".join([c.name, *words])
        return name in self.grounder.events and self.grounder.guard(name) is not FALSE

    def _nobody(self, actor: Node, scope: Scope) -> NoReturn:
        role = actor.node("role")
        what = f"{role.tokens()[0]} container" if role else "container"
        message = f"Pod `{self.grounder.pod.name}` has no {what}"
        if list(self._candidates(actor)):
            message += " of which this can be said"
        self.fail("E101", scope, actor, f"{message}.")

    # ---- phrases -------------------------------------------------------------------------

    def phrase(self, node: Node, scope: Scope, actor: Container | None) -> Occurrence:
        """The event of a phrase, said of ``actor`` where the phrase leaves the container open."""
        words = _words(node)
        if actor is not None:
            words = [actor.name, *words]
        words = [b.name if isinstance(b := scope.names.get(w), Container) else w for w in words]
        instance = self.grounder.events.get(" ".join(words))
        if instance is None:
            self._unknown_event(node, words, scope)
        if self.grounder.guard(instance.name) is FALSE:
            given = instance.container.name if instance.container else ""
            message = f"`{instance.name}` can't happen to this pod."
            hint = _restriction(instance.declaration, self.grounder, given)
            self.fail("E116", scope, _words_node(node), message, hint)
        return self._occurrence(node, instance, scope)

    def said(self, node: Node, words: list[str], scope: Scope) -> Occurrence:
        """The event of those words, which there is, with the details of a phrase."""
        instance = self.grounder.events[" ".join(words)]
        if self.grounder.guard(instance.name) is FALSE:
            message = f"`{instance.name}` can't happen to this pod."
            self.fail("E116", scope, _words_node(node), message)
        return self._occurrence(node, instance, scope)

    def codes_of(self, node: Node, scope: Scope) -> tuple[Value, ...]:
        """The exit codes that a phrase allows: any, if it names none."""
        codes = next((n for n in node.nodes() if n.kind in _CODES), None)
        if codes is None:
            return tuple(self.grounder.elaborator.settings.codes.values)
        return self._codes(codes, scope)

    def _unknown_event(self, node: Node, words: list[str], scope: Scope) -> NoReturn:
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
                    self.fail("E116", scope, _words_node(node), message, hint)
                hint = did_you_mean(given, names, f"It has {', '.join(names)}.")
                message = f"Pod `{self.grounder.pod.name}` has no container `{given}`."
                self.fail("E101", scope, _token(node, given), message, hint)
        phrase = " ".join(words)
        hint = event_hint(words, self.grounder)
        self.fail("E104", scope, _words_node(node), f"There is no event `{phrase}`.", hint)

    def _occurrence(self, node: Node, instance: EventInstance, scope: Scope) -> Occurrence:
        allowed: dict[str, tuple[Value, ...]] = {}
        kill_codes: tuple[Value, ...] | None = None
        codes = next((n for n in node.nodes() if n.kind in _CODES), None)
        if codes is not None:
            inputs = [i for i in instance.inputs if i.role == "code"]
            if not inputs:
                message = f"`{instance.name}` takes no exit code."
                hint = "Write `with exit CODE` for how containers stop when the kubelet stops them."
                self.fail("E117", scope, codes, message, hint)
            allowed[inputs[0].name] = self._codes(codes, scope)
        for detail in node.nodes():
            if detail.kind == "with_exit":
                kill_codes = self._codes(detail.nodes()[0], scope)
            elif detail.kind == "with_word":
                word = detail.tokens("WORD")[0]
                inputs = [i for i in instance.inputs if i.role == "detail"]
                if not inputs:
                    self.fail("E117", scope, detail, f"`{instance.name}` takes no `with {word}`.")
                values = inputs[0].sort.values
                if str(word) not in values:
                    valid = f"Valid are {', '.join(map(str, values))}."
                    hint = did_you_mean(str(word), map(str, values), valid)
                    message = f"`{word}` is not a valid {noun(inputs[0].sort)}."
                    self.fail("E117", scope, word, message, hint)
                allowed[inputs[0].name] = (str(word),)
        return Occurrence(instance, allowed, kill_codes)

    def _codes(self, node: Node, scope: Scope) -> tuple[Value, ...]:
        for token in _number_tokens(node):
            if int(token) > 255:
                message = f"There is no exit code {token}: exit codes go from 0 to 255."
                self.fail("E203", scope, token, message)
        wanted = code_set(node)
        if not wanted:
            hint = "The smaller number stands first: `1..5`."
            self.fail("E203", scope, node, "This names no exit code.", hint)
        return tuple(v for v in self.grounder.elaborator.settings.codes.values if v in wanted)


def kinds_named(words: str, grounder: Grounder, scope: Scope, node: Node) -> set[str]:
    """The kinds of events that a noun (or the name of a group) stands for."""
    kinds = grounder.pack.kinds()
    if words in grounder.pack.groups:
        return set(grounder.pack.groups[words])
    for kind in kinds:
        if words in (kind, kind.removesuffix("s")):
            return {kind}
    hint = kind_hint(words, [*kinds, *grounder.pack.groups])
    grounder.elaborator.fail("E118", scope, node, f"There is no kind of event `{words}`.", hint)


def every_actor(node: Node) -> Node | None:
    """The actor of an event that several containers share, in any order."""
    return node.node("every_container") or node.node("every_other")


def _restriction(declaration: EventDeclaration, grounder: Grounder, name: str) -> str:
    """Why an event can't be said of a container (or of the pod), or of which it can."""
    c = grounder.pod.container(name)
    guard = [] if declaration.guard is None else declaration.guard.below()
    asked = {str(token) for x in guard for token in x.tokens()}
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
    if "mountsEmptyDir" in asked:
        return "No container mounts an emptyDir; write `volume scratch` and `mount scratch`."
    if "hasDeadline" in asked and grounder.pod.deadline_s is None:
        return "The pod has no deadline; write `activeDeadlineSeconds: 600` in it."
    if "isStatic" in asked and grounder.pod.static:
        return "The pod is static: it comes from a file on the node."
    return ""


def _a_container(role: Role) -> str:
    return {"init": "an init container", "sidecar": "a sidecar"}.get(role, "a main container")


def _words_node(node: Node) -> Node:
    """The part of an event phrase that names the event, for a caret under nothing else."""
    kept = [c for c in node.children if not isinstance(c, Node) or c.kind in _ACTORS]
    return Node("words", kept) if kept else node


def _token(node: Node, word: str) -> Node | Token:
    return next((x for x in node.tokens() if unquote(str(x)) == word), node)


def _words(node: Node) -> list[str]:
    words = []
    for token in node.tokens():
        if token.type in ("WORD", "STRING", "POD", "IS", "OF", "EVENT", "START", "FOR", "TO"):
            words.append(unquote(str(token)))
    return words


def _number_tokens(node: Node) -> list[Token]:
    found = list(node.tokens("NUMBER"))
    for child in node.nodes():
        found += _number_tokens(child)
    return found
