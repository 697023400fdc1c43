"""Events given as words, one by one, for commands that play them."""

from __future__ import annotations

from lark import Token

from podcheck.compiler.events import EventReader
from podcheck.compiler.pod_events import Occurrence
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Stop
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import tokenize
from podcheck.language.parser import Node, parse_tokens
from podcheck.language.source import Source

_BEFORE = (("SCENARIO", "scenario"), ("STRING", '"event"'), ("LBRACE", "{"), ("WHEN", "when"))


def event_node(source: Source, diagnostics: Diagnostics) -> Node | None:
    """The pattern that a text holds, such as ``app exits 1``."""
    tokens, _ = tokenize(source, diagnostics)
    end = len(source.text)
    before = [Token(kind, text, 0, end_pos=0) for kind, text in _BEFORE]
    after = [Token("RBRACE", "}", end, end_pos=end)]
    items = parse_tokens(source, [*before, *tokens, *after], diagnostics)
    if not items:
        return None
    step = items[0].node("step")
    return step.nodes()[0] if step is not None else None


def event_alternatives(
    text: str, grounder: Grounder, diagnostics: Diagnostics, name: str = "event"
) -> list[tuple[Occurrence, ...]]:
    """What one event text stands for: the alternatives, each a group of simultaneous events.

    Empty if it has errors (they are in the diagnostics).
    """
    source = Source(name, text)
    node = event_node(source, diagnostics)
    if node is None:
        return []
    scope = Scope(source, {})
    try:
        return EventReader(grounder).alternatives(node, scope)
    except Stop:
        diagnostics.found.update(grounder.elaborator.diagnostics.found)
        return []
