"""What `assuming` says: which kinds of events happen, how often, and which must come."""

from __future__ import annotations

from collections.abc import Iterable

from lark import Token

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
    listed: dict[str, set[str]] = {}
    at_most: dict[str, int] = {}
    races = False
    fairness: dict[str, str] = {}  # the events, and the phrase that names them
    listing = ""  # `no a, b` and `only a, b` are a node for each kind
    for node in nodes:
        words = [str(w) for w in node.tokens()]
        phrase = " ".join(words)
        if phrase == "races":
            races = True
        elif words[-1] == "eventually":
            fairness |= dict.fromkeys(_fair_events(node, grounder, scope), phrase)
        elif words[0] == "at" and words[1:2] == ["most"] and words[2].isdigit():
            for kind in kinds_named(" ".join(words[3:]), grounder, scope, node):
                at_most[kind] = int(words[2])
        else:
            if words[0] in ("no", "only"):
                listing, phrase = words[0], " ".join(words[1:])
            elif not listing:
                hint = "Write `no KIND`, `only KIND, KIND`, `at most 3 KIND` or `races`."
                message = f"`{phrase}` is not a valid assumption."
                grounder.elaborator.fail("E118", scope, node, message, hint)
            listed.setdefault(listing, set()).update(kinds_named(phrase, grounder, scope, node))
    excluded = listed.get("no", set())
    if "only" in listed:
        excluded |= set(grounder.pack.kinds()) - listed["only"]
    never = excluded | {kind for kind, most in at_most.items() if most == 0}
    contradiction = _contradiction(fairness, never, grounder)
    if never and not contradiction and not _leave_an_event(never, grounder):
        contradiction = "the assumptions leave no event"
    return Assumptions(frozenset(excluded), at_most, races, tuple(fairness), contradiction)


def _leave_an_event(never: set[str], grounder: Grounder) -> bool:
    """Can something happen to the pod that is of none of these kinds?"""
    return any(
        event.declaration.kind not in never and grounder.guard(name) is not FALSE
        for name, event in grounder.events.items()
    )


def _fair_events(node: Node, grounder: Grounder, scope: Scope) -> list[str]:
    """The events that `every container exits eventually` or `node returns eventually` names."""
    *tokens, _ = node.tokens()
    children: list[Node | Token] = list(tokens)
    if tokens and tokens[0].type == "EVERY":
        role, rest = tokens[1:2], tokens[2:]
        if role and role[0].type not in ("INIT", "SIDECAR", "MAIN"):
            role, rest = [], tokens[1:]
        actor = Node("every_container", [tokens[0], *(Node("role", [r]) for r in role)])
        children = [actor, *rest[1:]] if rest and rest[0].type == "CONTAINER" else []
    if not children or tokens[0].type == "ANY":
        hint = "Write `every container exits eventually` or `node returns eventually`."
        message = f"`{' '.join(map(str, node.tokens()))}` is not a valid assumption."
        grounder.elaborator.fail("E118", scope, node, message, hint)
    phrase = Node("event_phrase", children)
    found = [o for each in EventReader(grounder).alternatives(phrase, scope) for o in each]
    if not found:
        message = f"Pod `{grounder.pod.name}` has no {tokens[1]} container."
        grounder.elaborator.fail("E101", scope, node, message)
    return [o.instance.name for o in found]


def _contradiction(fairness: dict[str, str], never: set[str], grounder: Grounder) -> str:
    """Why the assumptions can't all be met: what must come is ruled out."""
    for event, phrase in fairness.items():
        kind = grounder.events[event].declaration.kind
        if kind in never:
            return f"the assumptions contradict each other: `{phrase}`, but no {kind}"
    return ""
