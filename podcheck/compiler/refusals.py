"""What the API server would refuse of a pod, warn of, or drop, as the pack states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from podcheck.core import terms as t
from podcheck.declarations.pack import ROLE, Pack, Refusal
from podcheck.declarations.pod import Container, ExitRule, FailureRule, Fields, Pod, Role
from podcheck.declarations.releases import Release, text_of
from podcheck.declarations.spec import PodDeclaration
from podcheck.elaboration.builtins import FIELDS
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Listed, Scope, Settings, Stop
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Span


class Chosen(NamedTuple):
    """What a parameter of a refusal stands for: a container, or one of its rules or of those of
    the pod's controller, as ``restartPolicyRules[0].``."""

    container: str
    rule: str = ""


class Refused(NamedTuple):
    """A refusal that applies to a pod: the part of its condition that is true, and what the
    condition refers to by the names that it gives them."""

    refusal: Refusal
    condition: Node
    chosen: Mapping[str, Chosen]


class Admitted(NamedTuple):
    """A pod as the API server stores it, and what it refuses, warns of and drops; ``grounder`` is
    the stored pod's, for who asks more of it."""

    pod: Pod
    found: tuple[Refused, ...]
    grounder: Grounder

    def report(
        self,
        declared: PodDeclaration,
        version: Release,
        diagnostics: Diagnostics,
        but: frozenset[str] = frozenset(),
    ) -> None:
        """Each refusal once a container, at the field it is about, or where the container is
        declared, ``but`` for some codes."""
        for refused in self.found:
            if refused.refusal.code not in but:
                _report(refused, self.pod, declared, version, diagnostics)


class ApiServer:
    """What the API server of a release, with its default gates, makes of pods.

    Pods that differ in nothing but the name are looked at once.
    """

    def __init__(self, pack: Pack, version: Release) -> None:
        self._pack = pack
        self._settings = Settings(version, {})
        self._known: dict[Pod, Admitted] = {}

    def check(self, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
        own = Diagnostics()
        for pod in declared.members:
            nameless = replace(pod, name="")
            if nameless not in self._known:
                self._known[nameless] = admitted(self._pack, nameless, self._settings, own)
            known = self._known[nameless]._replace(pod=pod)
            known.report(declared, self._settings.version, own)
        diagnostics.found.update(own.found)


def admitted(pack: Pack, pod: Pod, settings: Settings, diagnostics: Diagnostics) -> Admitted:
    """What the API server with these settings makes of a pod: it first drops the fields that its
    release does not take, then looks at what is left."""
    grounder = Grounder(pack, pod, settings, diagnostics)
    dropped = [*_refused(grounder, [r for r in pack.refusals if r.drops])]
    if dropped:
        for refused in dropped:
            pod = _without(pod, refused, grounder)
        grounder = Grounder(pack, pod, settings, diagnostics)
    others = _refused(grounder, [r for r in pack.refusals if not r.drops])
    return Admitted(pod, (*dropped, *others), grounder)


# ---- which refusals apply ------------------------------------------------------------------------


def _refused(grounder: Grounder, refusals: list[Refusal]) -> Iterator[Refused]:
    for refusal in refusals:
        for scope in grounder.choices(refusal.parameters, refusal.declared):
            chosen = _chosen(scope, grounder.pod)
            static = replace(scope, static=True)
            for part in _alternatives(refusal.condition):
                if grounder.elaborator.condition(part, static) is t.TRUE:
                    yield Refused(refusal, part, chosen)


def _chosen(scope: Scope, pod: Pod) -> dict[str, Chosen]:
    found: dict[str, Chosen] = {}
    owner = ""
    for name, value in scope.names.items():
        if isinstance(value, Container):
            owner = value.name
            found[name] = Chosen(owner)
        elif isinstance(value, ExitRule):
            container = pod.container(owner)
            assert container is not None
            found[name] = Chosen(owner, f"restartPolicyRules[{_index(container.rules, value)}].")
        elif isinstance(value, FailureRule):
            found[name] = Chosen("", f"podFailurePolicy[{_index(pod.failure_rules, value)}].")
        elif not isinstance(value, t.Term):
            found[name] = Chosen("", f"successPolicy[{_index(pod.success_rules, value)}].")
    return found


def _index(rules: tuple[Listed, ...], rule: Listed) -> int:
    return next(i for i, r in enumerate(rules) if r is rule)


def _alternatives(condition: Node) -> Iterator[Node]:
    """The parts of a condition of which one is enough: each has its place."""
    while condition.kind == "primary" and len(condition.nodes()) == 1:
        condition = condition.nodes()[0]
    if condition.kind != "or_":
        yield condition
        return
    for part in condition.nodes():
        yield from _alternatives(part)


# ---- what is dropped -----------------------------------------------------------------------------


def _without(pod: Pod, refused: Refused, grounder: Grounder) -> Pod:
    """The pod without the fields that a refusal drops."""
    for effect in refused.refusal.drops:
        words = [str(token) for token in effect.tokens("WORD")]
        field = words[-1]
        value = effect.nodes()[0]
        scope = Scope(refused.refusal.declared.source, {})
        if len(words) == 1:
            pod = _owner_without(pod, field)
            continue
        name = refused.chosen[words[0]].container
        role = None
        if field == "role":
            try:
                term = grounder.elaborator.expr(value, scope, ROLE)
            except Stop:
                continue
            role = Role(str(term.value))
        containers = tuple(
            _container_without(c, field, role) if c.name == name else c for c in pod.containers
        )
        pod = replace(pod, containers=containers)
    return pod


def _container_without(c: Container, field: str, role: Role | None) -> Container:
    if role is not None:
        return replace(c, role=role)
    fields = _fields_without(c.fields, field)
    if field == "restartPolicy":
        return replace(c, policy="", fields=fields)
    if field == "restartPolicyRules":
        return replace(c, rules=(), fields=fields)
    return replace(c, fields=fields)


def _owner_without(pod: Pod, field: str) -> Pod:
    pod = replace(pod, owner_fields=_fields_without(pod.owner_fields, field))
    return replace(pod, success_rules=()) if field == "successPolicy" else pod


def _fields_without(fields: Fields, field: str) -> Fields:
    """The fields but for one and what stands under it."""
    return tuple((n, v) for n, v in fields if n != field and not n.startswith(f"{field}."))


# ---- how that is said ----------------------------------------------------------------------------


def _report(
    refused: Refused,
    pod: Pod,
    declared: PodDeclaration,
    version: Release,
    diagnostics: Diagnostics,
) -> None:
    refusal, condition, chosen = refused
    message = refusal.message.replace("{owner}", pod.owner)
    message = message.replace("{release}", text_of(version))
    for name, it in chosen.items():
        if not it.rule:
            message = message.replace(f"{{{name}}}", f"`{it.container}`")
    message, stop, hint = message.partition(". ")
    span = _place(condition, chosen, declared)
    if not any(d.code == refusal.code and d.span == span for d in diagnostics.found):
        diagnostics.add(refusal.code, span, message + "." * bool(stop), hint)


def _place(condition: Node, chosen: Mapping[str, Chosen], declared: PodDeclaration) -> Span:
    """The manifest's field that a condition asks for last, or the last of the containers."""
    for owner, field in reversed([*_asked(condition)]):
        if owner and owner not in chosen:
            continue
        it = chosen.get(owner, Chosen(""))
        key = (it.container, it.rule + FIELDS.get(field, field))
        if key in declared.fields:
            return declared.fields[key]
    rules = [(it.container, it.rule.removesuffix(".")) for it in chosen.values() if it.rule]
    for key in rules:
        if key in declared.fields:
            return declared.fields[key]
    places = [declared.places[it.container] for it in chosen.values() if it.container]
    return max(places, key=lambda place: place.start, default=declared.span)


def _asked(condition: Node) -> Iterator[tuple[str, str]]:
    """What a condition asks, in its order: the name of a container or rule (empty: the pod) and
    of a field."""
    stack = [condition]
    while stack:
        node = stack.pop()
        stack += reversed(node.nodes())
        words = [unquote(str(token)) for token in node.tokens("WORD", "STRING")]
        if node.kind == "field_of":
            yield words[0], words[1]
        elif node.kind == "rules_of":
            yield words[0], "restartPolicyRules"
        elif node.kind == "name_":
            yield "", words[0]
        elif node.kind == "call":
            arguments = [unquote(str(a.tokens()[0])) for a in node.nodes() if a.tokens()]
            named = [a for a in node.nodes() if a.kind == "string"]
            field = unquote(str(named[0].tokens()[0])) if named else words[0]
            yield from ((a, field) for a in arguments)
            yield "", field
