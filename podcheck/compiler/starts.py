"""Where a run starts: what `from` says, and how a preparation is reached."""

from __future__ import annotations

from podcheck.compiler.questions import From
from podcheck.core import terms as t
from podcheck.core.finite_cut import needs_of
from podcheck.core.terms import Term
from podcheck.declarations.pack import Pack, Preparation
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Binding, Scope, Stop
from podcheck.language.diagnostics import did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Span

CREATED = From("created", "created", None, "a pod just created")


def start_of(node: Node | None, grounder: Grounder, scope: Scope) -> From | None:
    """What a `from` says, or None if it has errors (they are in the diagnostics)."""
    if node is None:
        return CREATED
    if node.kind == "from_where":
        body = node.nodes()[0]
        condition = grounder.elaborator.condition(body, scope)
        if condition is None:
            return None
        if needs_of([condition]).pairs:
            message = "Counts that grow without end can't be compared with each other here."
            grounder.elaborator.diagnostics.add(
                "E205", scope.span(body), message, "Compare each with a number."
            )
            return None
        return From("any", "", condition, f"any state where {scope.words(body)}")
    word = node.tokens("WORD")[0]
    named = node.node("name")
    if named is None:
        return start_named(str(word), node.kind == "from_any", grounder, scope.span(word))
    try:
        container = grounder.elaborator.container(named.tokens()[0], scope)
    except Stop:
        return None
    return start_named(f"{word}({container.name})", False, grounder, scope.span(node))


def start_named(word: str, any_state: bool, grounder: Grounder, span: Span) -> From | None:
    """A preparation by its name or, with ``any_state``, every state of a phase."""
    pack, diagnostics = grounder.pack, grounder.elaborator.diagnostics
    phases = [str(v) for v in pack.sorts["Phase"].values]
    if any_state:
        if word not in phases:
            hint = did_you_mean(word, phases, f"One of {', '.join(phases)}.")
            diagnostics.add("E121", span, f"There is no phase `{word}`.", hint)
            return None
        condition = t.member(grounder.observed("phase"), frozenset([word]))
        return From("any", word, condition, f"any {word} state")
    if word == "created":
        return CREATED
    if is_preparation(word, grounder):
        return From("prepared", word, None, word)
    known = known_starts(pack)
    others = f"Write `{'`, `'.join(known)}` or `any PHASE`."
    if word in phases:
        others = f"Write `any {word}` for every state of that phase."
    hint = did_you_mean(word, known, others)
    diagnostics.add("E121", span, f"A run can't start from `{word}`.", hint)
    return None


def known_starts(pack: Pack) -> list[str]:
    """What may stand behind `from`, besides `any PHASE`."""
    named = [n + "(CONTAINER)" * bool(p.parameters) for n, p in pack.preparations.items()]
    return ["created", *named]


def _parts(text: str) -> tuple[str, str]:
    """The word of a start, and the container behind it: ``Starting(migrate)``, in quotes or not."""
    word, _, name = text.partition("(")
    return word, unquote(name.removesuffix(")"))


def is_preparation(text: str, grounder: Grounder) -> bool:
    """Is this a preparation, with a container that it is for where it takes one?"""
    word, name = _parts(text)
    preparation = grounder.pack.preparations.get(word)
    if preparation is None or not preparation.parameters:
        return preparation is not None and not name
    domain = preparation.parameters[0].domain
    assert domain is not None, "a preparation's parameter is a container"
    fitting = grounder.elaborator.members(domain, Scope(preparation.declared.source, {}))
    return any(c.name == name for c in fitting)


def _preparation(text: str, grounder: Grounder) -> tuple[Preparation, Scope]:
    """A preparation, with its container in scope."""
    word, name = _parts(text)
    preparation = grounder.pack.preparations[word]
    names: dict[str, Binding] = {}
    container = grounder.pod.container(name)
    if container is not None and preparation.parameters:
        names[preparation.parameters[0].name] = container
    return preparation, Scope(preparation.declared.source, names)


def prepared_events(grounder: Grounder, name: str) -> list[tuple[str, dict[str, int]]]:
    """The events of a preparation for this pod, in order, with their exit codes."""
    preparation, scope = _preparation(name, grounder)
    found: list[tuple[str, dict[str, int]]] = []
    for phrase, code, domain in preparation.steps:
        fitting = grounder.elaborator.members(domain, scope) if domain else []
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


def preparation_condition(grounder: Grounder, name: str) -> Term:
    """What must hold where a preparation has led."""
    preparation, scope = _preparation(name, grounder)
    return grounder.elaborator.expr(preparation.condition, scope, t.BOOL)
