"""What `assuming` says: which kinds of events happen, and how often."""

from __future__ import annotations

from collections.abc import Iterable

from podcheck.language.parser import Node
from podcheck.model.ground import Grounder
from podcheck.model.occurrences import kinds_named
from podcheck.model.questions import Assumptions
from podcheck.model.scope import Scope, Stop


def assumptions_of(nodes: Iterable[Node], grounder: Grounder, scope: Scope) -> Assumptions | None:
    """The assumptions of a claim, or None if one has an error (it is in the diagnostics)."""
    try:
        return _read(nodes, grounder, scope)
    except Stop:
        return None


def _read(nodes: Iterable[Node], grounder: Grounder, scope: Scope) -> Assumptions:
    listed: dict[str, set[str]] = {}
    at_most: dict[str, int] = {}
    races = False
    fairness: list[str] = []
    listing = ""  # `no a, b` and `only a, b` are a node for each kind
    for node in nodes:
        words = [str(w) for w in node.tokens()]
        phrase = " ".join(words)
        if phrase == "races":
            races = True
        elif words[-1] == "eventually":
            fairness.append(phrase)
        elif words[0] == "at" and words[1:2] == ["most"] and words[2].isdigit():
            for kind in kinds_named(" ".join(words[3:]), grounder, scope, node):
                at_most[kind] = int(words[2])
        else:
            if words[0] in ("no", "only"):
                listing, phrase = words[0], " ".join(words[1:])
            elif not listing:
                hint = "Write `no KIND`, `only KIND, KIND`, `at most 3 KIND` or `races`."
                message = f"`{phrase}` is no assumption."
                grounder.elaborator.fail("E118", scope, node, message, hint)
            listed.setdefault(listing, set()).update(kinds_named(phrase, grounder, scope, node))
    excluded = listed.get("no", set())
    if "only" in listed:
        excluded |= set(grounder.pack.kinds()) - listed["only"]
    return Assumptions(frozenset(excluded), at_most, races, tuple(fairness))
