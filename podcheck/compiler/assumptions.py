"""What `assuming` says: which kinds of events happen, how often, and which must come."""

from __future__ import annotations

from collections.abc import Iterable

from podcheck.compiler.events import EventReader, kinds_named
from podcheck.compiler.questions import Assumptions
from podcheck.core.terms import FALSE
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Stop
from podcheck.language.parser import Node


def assumptions_of(nodes: Iterable[Node], grounder: Grounder, scope: Scope) -> Assumptions | None:
    """The assumptions of a claim, or None if one has an error (it is in the diagnostics)."""
    try:
        return _read(nodes, grounder, scope)
    except Stop:
        return None


def _read(nodes: Iterable[Node], grounder: Grounder, scope: Scope) -> Assumptions:
    listed: dict[str, set[str]] = {}  # by the kind of node that begins a list
    at_most: dict[str, int] = {}
    races = False
    fairness: dict[str, str] = {}  # the events, and the phrase that names them
    listing = ""  # `no a, b` and `only a, b` are a node for each kind
    for node in nodes:
        match node.kind:
            case "races":
                races = True
            case "comes":
                fairness |= dict.fromkeys(_fair_events(node, grounder, scope), scope.words(node))
            case "at_most":
                number = int(node.tokens("NUMBER")[0])
                at_most |= dict.fromkeys(_kinds(node, grounder, scope), number)
            case kind:
                listing = listing if kind == "more_of" else kind
                if not listing:
                    hint = "Write `no KIND`, `only KIND, KIND`, `at most 3 KIND` or `races`."
                    message = f"`{scope.words(node)}` is not a valid assumption."
                    grounder.elaborator.fail("E118", scope, node, message, hint)
                listed.setdefault(listing, set()).update(_kinds(node, grounder, scope))
    excluded = listed.get("none_of", set())
    if "only" in listed:
        excluded |= set(grounder.pack.kinds()) - listed["only"]
    never = excluded | {kind for kind, most in at_most.items() if most == 0}
    contradiction = _contradiction(fairness, never, grounder)
    if never and not contradiction and not _leave_an_event(never, grounder):
        contradiction = "the assumptions leave no event"
    return Assumptions(frozenset(excluded), at_most, races, tuple(fairness), contradiction)


def _kinds(node: Node, grounder: Grounder, scope: Scope) -> list[str]:
    """The kinds of events that an assumption names."""
    said = ("NO", "ONLY", "AT", "MOST", "NUMBER")
    words = " ".join(str(word) for word in node.tokens() if word.type not in said)
    return sorted(kinds_named(words, grounder, scope, node))


def _leave_an_event(never: set[str], grounder: Grounder) -> bool:
    """Can something happen to the pod that is of none of these kinds?"""
    return any(
        event.declaration.kind not in never and grounder.guard(name) is not FALSE
        for name, event in grounder.events.items()
    )


def _fair_events(node: Node, grounder: Grounder, scope: Scope) -> list[str]:
    """The events that `every container exits eventually` or `node returns eventually` names."""
    if node.node("any_container") is not None:
        hint = "Write `every container exits eventually` or `node returns eventually`."
        message = f"`{scope.words(node)}` is not a valid assumption."
        grounder.elaborator.fail("E118", scope, node, message, hint)
    phrase = Node("event_phrase", node.children[:-1])  # without `eventually`
    found = [o for each in EventReader(grounder).alternatives(phrase, scope) for o in each]
    if not found:
        role = next((f"{scope.text(r)} " for n in node.nodes() for r in n.nodes("role")), "")
        message = f"Pod `{grounder.pod.name}` has no {role}container."
        grounder.elaborator.fail("E101", scope, node, message)
    return [o.instance.name for o in found]


def _contradiction(fairness: dict[str, str], never: set[str], grounder: Grounder) -> str:
    """Why the assumptions can't all be met: what must come is ruled out."""
    for event, phrase in fairness.items():
        kind = grounder.events[event].declaration.kind
        if kind in never:
            return f"the assumptions contradict each other: `{phrase}`, but no {kind}"
    return ""
