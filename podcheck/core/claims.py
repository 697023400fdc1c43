"""Claims: what an engine is asked, in terms of a transition system and nothing else.

A *scenario* claim is a finite automaton over events.  Its edges say which events may happen
and what must hold once the kubelet has reacted.  It refers to every path of the automaton,
every value of the inputs that the edges leave open, and every resolution of the kubelet's
own inputs.  A *property* claim (always, never, find) refers to every state that a run can
reach when events may arrive at any time, settled or not.  A *liveness* claim (eventually,
leads to, until) refers to every infinite run of the same steps that is fair.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Term, Value


class Part(NamedTuple):
    """One event of an edge: an action, and for some of its inputs the values it may take."""

    action: Action
    allowed: Mapping[str, tuple[Value, ...]]  # input name -> values; an absent input is free


class Edge(NamedTuple):
    """What happens between two settled states: the parts, in order, then the syncs.

    ``parts`` has one event, several for `A together with B` (each guard is checked where its
    turn comes, no sync between them), or none for `nothing happens`.
    ``kill_codes`` limits every input of role ``kill`` in the syncs that follow; ``None``
    leaves them free.  ``at_once`` must hold in the first state after the event whose
    published status differs from the one before it (the settled state if none differs),
    ``then`` in the settled state.  Either may be ``None``.
    ``step`` is the index of the scenario's ``when`` line.
    """

    source: int
    target: int
    parts: tuple[Part, ...]
    kill_codes: tuple[Value, ...] | None
    at_once: Term | None
    then: Term | None
    step: int
    text: str


class Automaton(NamedTuple):
    """Nodes 0 to ``nodes - 1``; a path runs from node 0 to node ``accept``."""

    nodes: int
    edges: tuple[Edge, ...]
    accept: int

    def has_path(self) -> bool:
        """Does any path run from node 0 to node ``accept``?"""
        reached, waiting = {0}, [0]
        while waiting:
            at = waiting.pop()
            following = {e.target for e in self.edges if e.source == at} - reached
            reached |= following
            waiting.extend(following)
        return self.accept in reached

    def is_finite(self) -> bool:
        """True if no path repeats a node, so that every path has at most ``nodes`` edges."""
        outgoing: dict[int, set[int]] = {}
        for edge in self.edges:
            outgoing.setdefault(edge.source, set()).add(edge.target)
        placed: set[int] = set()
        while len(placed) < self.nodes:
            free = [
                n for n in range(self.nodes) if n not in placed and outgoing.get(n, set()) <= placed
            ]
            if not free:
                return False
            placed.update(free)
        return True


class Start(NamedTuple):
    """A concrete state to start from, by variable name, for one policy.

    ``settled`` is false for a pod just created, which the kubelet has not seen: a run from
    it begins with syncs until settled, unless its first events are early ones.
    """

    policy: str
    state: Mapping[str, Value]
    settled: bool
    text: str


class Preparing(NamedTuple):
    """How ``from NAME`` is reached: events (with exit codes) to try in order, and what must
    hold where they have led."""

    events: tuple[tuple[str, Mapping[str, int]], ...]
    condition: Term


class ScenarioClaim(NamedTuple):
    """Every path of the automaton, from every start, meets the conditions of its edges."""

    system: TransitionSystem
    starts: tuple[Start, ...]
    automaton: Automaton
    races: bool = False


class PropertyClaim(NamedTuple):
    """``condition`` holds in every reachable state, or on every step from one.

    The condition may read primed variables (``app.record'``): then it refers to a step, with
    the unprimed variables before it and the primed ones after.  ``events`` are the actions
    the assumptions leave; ``at_most`` limits how often actions of a kind may happen
    (kind -> count).
    """

    system: TransitionSystem
    starts: tuple[Start, ...]
    condition: Term
    events: tuple[Action, ...]
    at_most: Mapping[str, int]
    races: bool = False


class Promise(NamedTuple):
    """What `eventually`, `leads to` and `until` say, as terms about a state.

    A promise is *open* from the start of a run (``since`` None), or from each state in which
    ``since`` holds, until a state in which ``goal`` holds: there it is kept.  ``meanwhile``
    must hold in every state in which it is open (None: nothing must).
    """

    since: Term | None
    goal: Term
    meanwhile: Term | None = None

    def terms(self) -> tuple[Term, ...]:
        """Its conditions."""
        return tuple(x for x in self if x is not None)


class LivenessClaim(NamedTuple):
    """Every fair run from the starts keeps its promise.

    A run is an infinite sequence of small steps, syncs and events.  It is *fair* if it has
    infinitely many syncs and if each event that is ``eventually`` by itself, or named in
    ``fairness``, happens infinitely often or is infinitely often not possible (weak
    fairness).  An event is possible if its guard holds and ``at_most`` leaves it.
    """

    system: TransitionSystem
    starts: tuple[Start, ...]
    promise: Promise
    events: tuple[Action, ...]
    at_most: Mapping[str, int]
    fairness: tuple[str, ...] = ()
    races: bool = False


Claim = ScenarioClaim | PropertyClaim | LivenessClaim
