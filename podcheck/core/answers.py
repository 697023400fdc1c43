"""Answers: what an engine says of a claim, with runs that the interpreter can replay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.core.claims import Start
from podcheck.core.system import RARE, TransitionSystem
from podcheck.core.terms import Term, Value


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
    is settled).  A run that goes on forever is a *lasso*: the moves after ``moves[loop]``
    lead back to where that one ends, and repeat.  A cycle without events is one move.
    """

    start: Start
    moves: tuple[Move, ...]
    violated: str = "then"  # "then", "at once", "condition" or "promise"
    loop: int | None = None


def events_of(run: Run) -> int:
    """How many events a run has."""
    return sum(len(move.events) for move in run.moves)


def plausibility(system: TransitionSystem, moves: Sequence[Move]) -> int:
    """The class of the most unusual thing that happens: an event, or a race that does not come out
    as it usually does."""
    classes = {a.name: a.plausibility for a in system.events}
    usual = {
        i.name: i.sort.values[0] for a in system.actions() for i in a.inputs if i.role == "race"
    }
    happened = [(name, given) for move in moves for name, given in move.events]
    inputs = [*(given for _, given in happened), *(given for m in moves for given in m.syncs)]
    if any(name in usual and value != usual[name] for g in inputs for name, value in g.items()):
        return RARE
    return max((classes[name] for name, _ in happened), default=0)


SmallStep = tuple[str, Mapping[str, Value]]  # an event's name (empty: a sync), its inputs


class Reached(NamedTuple):
    """A state that a run comes to, by variable name: the start's number, and the steps."""

    state: Mapping[str, Value]
    start: int
    steps: tuple[SmallStep, ...]


def run_of(start: Start, stem: Sequence[SmallStep], cycle: Sequence[SmallStep]) -> Run:
    """The run of a stem and, if it goes on forever, a cycle that leads back to its end.

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


def steps_of(moves: Sequence[Move]) -> tuple[SmallStep, ...]:
    """The events and syncs of moves, in order."""
    return tuple(
        step for move in moves for step in (*move.events, *(("", given) for given in move.syncs))
    )


# Engines by name: what a proof or a run is due to.
EXPLICIT = "explicit"  # states, one by one
BOUNDED = "bounded"  # runs of this many events, in a solver
INDUCTION = "induction"  # k steps through any states, in a solver
PDR = "pdr"  # property directed reachability: an inductive invariant
PATHS = "paths"  # the sequences of a pattern, in a solver


NO_SEQUENCE = "the assumptions leave no sequence of this pattern"  # why a scenario is vacuous


class Proved(NamedTuple):
    """The claim holds for every sequence, of any length (``bound`` None) or up to a bound.

    ``invariant`` holds conditions that together hold at every start, are kept by every step
    and imply the claim, if the proof found such.  ``engine`` is the name of the engine whose
    proof it is, as ``EXPLICIT``; empty if several took part.
    """

    bound: int | None
    by: str  # "every sequence of the pattern", "k-induction, k = 1", ...
    invariant: tuple[Term, ...] = ()
    engine: str = ""


class Refuted(NamedTuple):
    """A run that violates the claim.

    ``most_ordinary`` unless there may be one with only events of a more ordinary class;
    ``shortest`` unless there may be a shorter one with none of a more unusual class.  ``shorter``
    has the moves of a shorter one with such events, if one is known.  ``engine`` is the name of
    the engine that found it; empty if several took part.
    """

    run: Run
    shortest: bool = True
    engine: str = ""
    most_ordinary: bool = True
    shorter: tuple[Move, ...] = ()


class Vacuous(NamedTuple):
    """Nothing was checked: for each start, why no sequence of the claim can happen.

    ``engine`` is the name of the engine that found that out; empty if several took part.
    """

    start: Start
    step: int | None
    reason: str
    engine: str = ""


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


class Finding(NamedTuple):
    """One answer, with the run from a pod just created to where the answer's run starts."""

    policy: str
    answer: Answer
    prefix: Run | None
