"""Claims: what an engine is asked, in terms of a transition system and nothing else.

A *scenario* claim is a finite automaton over events.  Its edges say which events may happen
and what must hold once the kubelet has reacted.  It speaks of every path of the automaton,
every value of the inputs that the edges leave open, and every resolution of the kubelet's
own inputs.  A *property* claim (always, never, find) speaks of every state that a run can
reach when events may arrive at any time, settled or not.  A *liveness* claim (eventually,
leads to, until) speaks of every infinite run of the same steps that is fair.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


class ScenarioClaim(NamedTuple):
    """Every path of the automaton, from every start, meets the conditions of its edges."""

    system: TransitionSystem
    starts: tuple[Start, ...]
    automaton: Automaton
    races: bool = False


class PropertyClaim(NamedTuple):
    """``condition`` holds in every reachable state, or on every step from one.

    The condition may read primed variables (``app.record'``): then it speaks of a step, with
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


# ---- answers ------------------------------------------------------------------------------


class Move(NamedTuple):
    """One step of a run: the events (empty: none) and the syncs that follow, with inputs.

    ``events`` holds (action name, input values); ``syncs`` the input values of each sync in
    turn, until the state is settled or, in a property's counterexample, until the next
    event arrives.  Inputs that are left out take their first allowed value.
    """

    events: tuple[tuple[str, Mapping[str, Value]], ...]
    syncs: tuple[Mapping[str, Value], ...]
    edge: int | None = None  # the automaton's edge, by its index


class Run(NamedTuple):
    """A witness or counterexample: a start and moves that the interpreter can replay.

    ``moves[0]`` has no events and holds the syncs before the first event (none if the start
    is settled).  A run that goes on for ever is a *lasso*: the moves after ``moves[loop]``
    lead back to where that one ends, and repeat.  A cycle without events is one move.
    """

    start: Start
    moves: tuple[Move, ...]
    violated: str = "then"  # "then", "at once", "condition" or "promise"
    loop: int | None = None


SmallStep = tuple[str, Mapping[str, Value]]  # an event's name (empty: a sync), its inputs


class Reached(NamedTuple):
    """A state that a run comes to, by variable name: the start's number, and the steps."""

    state: Mapping[str, Value]
    start: int
    steps: tuple[SmallStep, ...]


def run_of(start: Start, stem: Sequence[SmallStep], cycle: Sequence[SmallStep]) -> Run:
    """The run of a stem and, if it goes on for ever, a cycle that leads back to its end.

    A cycle with events is entered later, so that it begins with one.
    """
    place = next((i for i, (event, _) in enumerate(cycle) if event), 0)
    before, repeated = [*stem, *cycle[:place]], [*cycle[place:], *cycle[:place]]
    moves = [Move((), ()), *_moves(before)] if before[:1] and before[0][0] else _moves(before)
    moves = moves or [Move((), ())]
    if not repeated:
        return Run(start, tuple(moves), "promise")
    return Run(start, (*moves, *_moves(repeated)), "promise", len(moves) - 1)


def _moves(steps: Sequence[SmallStep]) -> list[Move]:
    """The steps by events, each with the syncs after it; syncs before the first event too."""
    moves: list[Move] = []
    for event, inputs in steps:
        if event:
            moves.append(Move(((event, inputs),), ()))
        elif moves:
            moves[-1] = moves[-1]._replace(syncs=(*moves[-1].syncs, inputs))
        else:
            moves.append(Move((), (inputs,)))
    return moves


class Proved(NamedTuple):
    """The claim holds for every sequence, of any length (``bound`` None) or up to a bound.

    ``invariant`` holds conditions that together hold at every start, are kept by every step
    and imply the claim, if the proof found such.
    """

    bound: int | None
    by: str  # "every sequence of the pattern", "k-induction, k = 1", ...
    invariant: tuple[Term, ...] = ()


class Refuted(NamedTuple):
    """A run that violates the claim; ``shortest`` unless there may be a shorter one."""

    run: Run
    shortest: bool = True


class Vacuous(NamedTuple):
    """Nothing was checked: for each start, why no sequence of the claim can happen."""

    start: Start
    step: int | None
    reason: str


class Unknown(NamedTuple):
    """Not decided: why, and how far the engines came (None: one was not asked, or found nothing).

    There is no violation within ``bound`` events, nor within ``frame`` steps, of syncs and events:
    so far the prover came.  Explicit search visited ``states`` states.
    """

    reason: str
    bound: int | None = None
    frame: int | None = None
    states: int | None = None


Answer = Proved | Refuted | Vacuous | Unknown
