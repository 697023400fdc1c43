"""A text as an editor has it, analysed: what is wrong with it, its pods, containers and claims, and
what each word of it refers to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from lark import Token

from podcheck.compiler.plan import Plan, make_plan
from podcheck.declarations.pack import EventDeclaration, Pack
from podcheck.declarations.pod import Pod
from podcheck.declarations.spec import ClaimDeclaration, Spec
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.lexer import tokenize, unquote
from podcheck.language.parser import Node
from podcheck.language.source import Source, Span
from podcheck.loading.sources import Folder
from podcheck.loading.specs import spec_of

_NAMES = ("WORD", "STRING")
_HEADER = ("FROM", "UNDER", "ASSUMING", "LBRACE")


class Reference(NamedTuple):
    """A word that names a pod, or a container of one (``container`` is empty for the pod)."""

    start: int
    end: int
    pod: str
    container: str = ""


class EventAt(NamedTuple):
    """Words of an event: the event, and where they are."""

    event: EventDeclaration
    start: int
    end: int


@dataclass(frozen=True)
class Analysis:
    """A text with its declarations; ``diagnostics`` are all that is wrong with it."""

    source: Source
    spec: Spec
    plan: Plan
    pack: Pack
    diagnostics: tuple[Diagnostic, ...]

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self.diagnostics)

    @cached_property
    def tokens(self) -> list[Token]:
        return tokenize(self.source, Diagnostics())[0]

    def pods_of(self, claim: ClaimDeclaration) -> tuple[str, ...]:
        """The pods that a claim is about: those it names, or the only one."""
        named = tuple(name for name, _ in claim.pods)
        if claim.kind == "table":
            cells = {unquote(str(t)) for t in _leaves(claim.node) if t.type in _NAMES}
            named += tuple(name for name in self.spec.pods if name in cells and name not in named)
        return named or tuple(self.spec.pods)[:1]

    def containers(self, pods: tuple[str, ...]) -> Mapping[str, str]:
        """The pod of each container of the pods, by the container's name."""
        return {
            c.name: name
            for name in reversed(pods)
            if name in self.spec.pods
            for c in self.member(name).containers
        }

    def member(self, pod: str) -> Pod:
        """The largest member of a pod's family: it has every container."""
        return self.spec.pods[pod].members[-1]

    def claim_at(self, offset: int) -> ClaimDeclaration | None:
        for claim in self.spec.claims:
            if claim.source is self.source and claim.node.start <= offset <= claim.node.end:
                return claim
        return None

    @cached_property
    def events(self) -> tuple[EventAt, ...]:
        """The events of the text's claims."""
        return tuple(found for found, _ in self._phrases())

    @cached_property
    def references(self) -> tuple[Reference, ...]:
        """Every word of this text that names a pod or a container, in order."""
        found = {*self._declared(), *self._of_claims()}
        return tuple(sorted(found))

    def _declared(self) -> Iterator[Reference]:
        for name, pod in self.spec.pods.items():
            if pod.span.source is self.source:
                yield Reference(pod.span.start, pod.span.end, name)
            for container, span in pod.places.items():
                if span.source is self.source:
                    yield Reference(span.start, span.end, name, container)

    def _of_claims(self) -> Iterator[Reference]:
        for _, references in self._phrases():
            yield from references
        for claim in self.spec.claims:
            if claim.source is not self.source:
                continue
            for name, span in claim.pods:
                yield Reference(span.start, span.end, name)
            containers = self.containers(self.pods_of(claim))
            bound = {str(t) for n in claim.node.below() for t in _bound(n)}
            in_events = [
                range(
                    n.start, n.end
                )  # a cell with the name of a pod is parsed as words of an event
                for n in _phrase_nodes(claim.node)
                if event_of(list(_leaves(n)), self.pack) is not None
            ]
            tokens = list(_leaves(claim.node))
            for before, token, after in zip(
                [None, *tokens], tokens, [*tokens[1:], None], strict=False
            ):
                name, start = unquote(str(token)), token.start_pos or 0
                if token.type not in _NAMES or any(start in r for r in in_events):
                    continue
                place = start, token.end_pos or 0
                if name in containers and name not in bound and _is_operand(before, after):
                    yield Reference(*place, containers[name], name)
                elif name in self.spec.pods and _is_cell(before, after) and claim.kind == "table":
                    yield Reference(*place, name)

    def _phrases(self) -> Iterator[tuple[EventAt, tuple[Reference, ...]]]:
        """The event phrases that are events, and the containers that they name."""
        for claim in self.spec.claims:
            if claim.source is not self.source:
                continue
            containers = self.containers(self.pods_of(claim))
            for node in _phrase_nodes(claim.node):
                found = event_of(list(_leaves(node)), self.pack)
                if found is None:
                    continue
                event, actor = found
                references: tuple[Reference, ...] = ()
                if actor is not None and (name := unquote(str(actor))) in containers:
                    place = actor.start_pos or 0, actor.end_pos or 0
                    references = (Reference(*place, containers[name], name),)
                yield EventAt(event, node.start, node.end), references


def analysed(source: Source, folder: Folder | None, pack: Pack) -> Analysis:
    """A spec's text, without anything solved."""
    diagnostics = Diagnostics()
    spec = spec_of(source, folder, diagnostics)
    plan = make_plan(spec, pack, diagnostics)
    return Analysis(source, spec, plan, pack, diagnostics.sorted())


def event_of(tokens: list[Token], pack: Pack) -> tuple[EventDeclaration, Token | None] | None:
    """The event that words begin with, and the word for its container (None: it has none, or the
    words say `any container`)."""
    any_actor = tokens[0].type in ("ANY", "EVERY")
    if any_actor:
        end = next((n for n, t in enumerate(tokens) if t.type == "CONTAINER"), 0)
        tokens = tokens[end:]
        if len(tokens) > 2 and tokens[1].type in ("AS", "AT"):  # `as c`, `at once`
            tokens = [tokens[0], *tokens[3:]]
    for event in sorted(pack.events.values(), key=lambda e: -len(e.words)):
        words = event.words
        if len(words) > len(tokens):
            continue
        actor = None
        for word, token in zip(words, tokens, strict=False):
            if word == event.actor:
                actor = token
            elif unquote(str(token)) != word:
                break
        else:
            return event, None if any_actor else actor
    return None


def _phrase_nodes(node: Node) -> Iterator[Node]:
    return (n for n in node.below() if n.kind == "event_phrase")


def _bound(node: Node) -> Iterator[Token]:
    """Names that a node binds for the rest of its claim."""
    if node.kind == "any_container":
        yield from node.tokens("WORD")
    if node.kind == "quantified":
        yield from (t for n in node.nodes() for t in n.tokens("WORD")[:1])


def _is_operand(before: Token | None, after: Token | None) -> bool:
    """Is a container's name here a container: `app.state`, `f(app)`, an assumption about it?"""
    if before is not None and before.type == "DOT":
        return False
    if after is not None and after.type == "DOT":
        return True
    if before is not None and before.type in ("LPAR", "COMMA"):
        return after is not None and after.type in ("RPAR", "COMMA")
    return before is not None and before.type in ("OF", "ASSUMING")


def _is_cell(before: Token | None, after: Token | None) -> bool:
    return before is not None and after is not None and before.type == after.type == "BAR"


def _leaves(node: Node | Token) -> Iterator[Token]:
    if isinstance(node, Node):
        for child in node.children:
            yield from _leaves(child)
    else:
        yield node


def span_of(reference: Reference, analysis: Analysis) -> Span | None:
    """Where what a word refers to is declared, perhaps in another file."""
    pod = analysis.spec.pods.get(reference.pod)
    if pod is None:
        return None
    return pod.places.get(reference.container) if reference.container else pod.span
