"""What the API server would refuse of a pod, or warn of, as the pack states it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from podcheck.core import terms as t
from podcheck.declarations.pack import Pack, Refusal, Version
from podcheck.declarations.pod import Container, Pod
from podcheck.declarations.spec import PodDeclaration
from podcheck.elaboration.builtins import FIELDS
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Settings
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Span


class Refused(NamedTuple):
    """A refusal that applies to a pod, to these containers by the names that it gives them."""

    refusal: Refusal
    containers: Mapping[str, str]


class ApiServer:
    """What the API server of a release, with its default gates, refuses of pods and warns of.

    Pods that differ in nothing but the name are looked at once.
    """

    def __init__(self, pack: Pack, version: Version) -> None:
        self._pack = pack
        self._version = version
        self._known: dict[Pod, tuple[Refused, ...]] = {}

    def check(self, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
        own = Diagnostics()
        for pod in declared.members:
            nameless = replace(pod, name="")
            if nameless not in self._known:
                settings = Settings(self._version, {})
                grounder = Grounder(self._pack, pod, settings, own)
                self._known[nameless] = tuple(_refused(grounder))
            for refused in self._known[nameless]:
                _report(refused, pod, declared, own)
        diagnostics.found.update(own.found)


def report_refusals(grounder: Grounder, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
    """Each refusal once a container: at the field it is about, or where the container is
    declared."""
    for refused in _refused(grounder):
        _report(refused, grounder.pod, declared, diagnostics)


def _refused(grounder: Grounder) -> Iterator[Refused]:
    for refusal in grounder.pack.refusals:
        for scope in grounder.choices(refusal.parameters, refusal.declared):
            if grounder.elaborator.expr(refusal.condition, scope, t.BOOL) is t.TRUE:
                chosen = {n: c.name for n, c in scope.names.items() if isinstance(c, Container)}
                yield Refused(refusal, chosen)


def _report(refused: Refused, pod: Pod, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
    refusal, chosen = refused
    message = refusal.message.replace("{owner}", pod.owner)
    for name, container in chosen.items():
        message = message.replace(f"{{{name}}}", f"`{container}`")
    message, stop, hint = message.partition(". ")
    span = _place(refusal.condition, chosen, declared)
    if not any(d.code == refusal.code and d.span == span for d in diagnostics.found):
        diagnostics.add(refusal.code, span, message + "." * bool(stop), hint)


def _place(condition: Node, chosen: Mapping[str, str], declared: PodDeclaration) -> Span:
    """The manifest's field that a condition asks for last, or the last of the containers."""
    for owner, field in reversed([*_asked(condition)]):
        key = (chosen.get(owner, ""), FIELDS.get(field, field))
        if (not owner or owner in chosen) and key in declared.fields:
            return declared.fields[key]
    places = [declared.places[name] for name in chosen.values()]
    return max(places, key=lambda place: place.start, default=declared.span)


def _asked(condition: Node) -> Iterator[tuple[str, str]]:
    """What a condition asks, in its order: the name of a container (empty: the pod) and of a
    field."""
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
