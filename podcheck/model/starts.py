"""Where a run starts: what `from` says, and how a preparation is reached."""

from __future__ import annotations

from podcheck.language.diagnostics import did_you_mean
from podcheck.language.parser import Node
from podcheck.language.source import Span
from podcheck.model import terms as t
from podcheck.model.ground import Grounder
from podcheck.model.questions import From
from podcheck.model.scope import Scope
from podcheck.model.terms import Term

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
        return From("any", "", condition, f"any state where {scope.words(body)}")
    word = node.tokens("WORD")[0]
    return start_named(str(word), node.kind == "from_any", grounder, scope.span(word))


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
    if word in pack.preparations:
        return From("prepared", word, None, word)
    known = ["created", *pack.preparations]
    others = f"Write `{'`, `'.join(known)}` or `any PHASE`."
    if word in phases:
        others = f"Write `any {word}` for every state of that phase."
    hint = did_you_mean(word, known, others)
    diagnostics.add("E121", span, f"A run can't start from `{word}`.", hint)
    return None


def prepared_events(grounder: Grounder, name: str) -> list[tuple[str, dict[str, int]]]:
    """The events of a preparation for this pod, in order, with their exit codes."""
    preparation = grounder.pack.preparations[name]
    found: list[tuple[str, dict[str, int]]] = []
    for phrase, code, domain in preparation.steps:
        inner = Scope(preparation.declared.source, {})
        fitting = grounder.elaborator.members(domain, inner) if domain else []
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
    preparation = grounder.pack.preparations[name]
    scope = Scope(preparation.declared.source, {})
    return grounder.elaborator.expr(preparation.condition, scope, t.BOOL)
