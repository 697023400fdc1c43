"""Liveness claims as transition systems: promises that are watched, and two ways to safety.

``monitored_promise`` makes limits and the promise part of the system, so that an engine sees only
states and steps.  Of a watched promise two safety claims can be made, which any engine for
properties answers:

- ``never_repeats``: no run goes round a fair cycle with the promise open.  Its
  counterexample is a lasso (Biere, Artho and Schuppan, 2002).
- ``few_rounds``: no run sees this many fair rounds while the promise is open; a round is over
  when every obligation has been met once more.  Proved for some number, it proves the
  promise (Claessen and Sörensson, 2012).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from podcheck.core.claims import LivenessClaim, PropertyClaim, Start
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    FALSE,
    TRUE,
    Sort,
    Term,
    add,
    and_,
    const,
    eq,
    ite,
    le,
    not_,
    or_,
    var,
)
from podcheck.transform.environment import with_event_limits

OPEN = "the promise is open"
SAVED = "a cycle has begun"
SAVE = "the cycle begins"
COPY = "saved: "
ROUNDS = "fair rounds"


class MonitoredPromise(NamedTuple):
    """A liveness claim as a system, cut down to what the promise can depend on.

    ``system`` has the events that may happen and move it, with their limits in their guards.
    A run breaks the promise if it reaches a state that is ``broken``, or if it is fair and
    from some state on all are ``waiting``.  ``obliged`` are the events under weak fairness
    (their guards read no inputs); ``since`` is what opens the promise (None: the start).
    """

    system: TransitionSystem
    starts: tuple[Start, ...]
    since: Term | None
    waiting: Term
    broken: Term
    obliged: tuple[Action, ...]
    races: bool


def monitored_promise(claim: LivenessClaim) -> MonitoredPromise:
    """The claim with its limits and its promise as part of the system.

    Events that change nothing the promise depends on are left out, and so are obligations
    about them: a run without them is made fair by putting them in where they are due.
    """
    promise = claim.promise
    system, events = with_event_limits(claim.system, claim.events, claim.at_most)
    system = system._replace(events=events).slice(promise.terms())
    system = system._replace(events=tuple(e for e in system.events if e.updates))
    begins = or_(var(OPEN, BOOL), FALSE if promise.since is None else promise.since)
    waiting = and_(begins, not_(promise.goal))
    opened = Variable(OPEN, BOOL, promise.since is None, "", OPEN)
    system = _extended(system, [opened], lambda _: {OPEN: waiting})
    broken = FALSE if promise.meanwhile is None else and_(waiting, not_(promise.meanwhile))
    obliged = tuple(e for e in system.events if e.eventually or e.name in claim.fairness)
    starts = started(claim.starts, system)
    return MonitoredPromise(system, starts, promise.since, waiting, broken, obliged, claim.races)


def unbroken(it: MonitoredPromise) -> PropertyClaim:
    """No run is broken: all of `A until B` but that `B` comes."""
    return _claim(it, it.system, not_(it.broken))


def never_repeats(it: MonitoredPromise) -> PropertyClaim:
    """No run leads round a fair cycle with the promise open.

    An event more than the system has, ``SAVE``, copies the state once; from then on the
    obligations met are marked.  It must not hold that the state is the copy, all met.
    """
    moved = [v for v in it.system.variables if v.name != OPEN and _changes(it.system, v.name)]
    copies = {v.name: v._replace(name=f"{COPY}{v.name}", published=False) for v in moved}
    marks = _marks(it)
    saved = var(SAVED, BOOL)

    def updates(action: Action) -> Mapping[str, Term]:
        met = _met(it, action, marks)
        return {SAVED: and_(saved, it.waiting), **{n: and_(saved, m) for n, m in met.items()}}

    flags = [Variable(SAVED, BOOL, False, "", SAVED), *_marking(it, marks)]
    system = _extended(it.system, [*copies.values(), *flags], updates)
    kept = {copies[v.name].name: var(v.name, v.sort) for v in moved}
    save = Action(
        SAVE, SAVE, SAVE, "", and_(not_(saved), it.waiting), (),
        {**kept, SAVED: TRUE, **dict.fromkeys(marks, FALSE)},
    )  # fmt: skip
    system = system._replace(events=(*system.events, save))
    same = [eq(var(v.name, v.sort), var(copies[v.name].name, v.sort)) for v in moved]
    repeats = and_(saved, it.waiting, *(var(m, BOOL) for m in marks), *same)
    return _claim(it, system, not_(repeats))


def never_rests(it: MonitoredPromise) -> PropertyClaim:
    """No sync, with the first value of each input, leaves a waiting state as it is while no obliged
    event is possible: the least fair cycles that there are."""
    sync = it.system.sync
    first = {i.name: const(i.sort, i.sort.values[0]) for i in sync.inputs}
    made = substituted(list(sync.updates.values()), first)
    sorts = {v.name: v.sort for v in it.system.variables}
    stays = [eq(var(name, sorts[name]), made[term]) for name, term in sync.updates.items()]
    rests = and_(it.waiting, *(not_(e.guard) for e in it.obliged), *stays)
    return _claim(it, it.system, not_(rests))


def kept(claim: LivenessClaim) -> PropertyClaim:
    """The whole claim as one about states: none is broken, and none repeats."""
    it = monitored_promise(claim)
    lasting = never_repeats(it)
    return lasting._replace(condition=and_(lasting.condition, not_(it.broken)))


def few_rounds(it: MonitoredPromise, most: int) -> PropertyClaim:
    """No run sees ``most`` fair rounds, one after the other, while the promise is open."""
    marks = _marks(it) if it.obliged else ()  # a sync is a round by itself
    sort = Sort(f"up to {most}", "count", tuple(range(most + 1)))
    rounds, zero = var(ROUNDS, sort), const(sort, 0)

    def updates(action: Action) -> Mapping[str, Term]:
        met = _met(it, action, marks)
        over = and_(*met.values()) if marks else TRUE if action is it.system.sync else FALSE
        counted = ite(over, add(rounds, const(sort, 1)), rounds)
        following = {n: and_(it.waiting, not_(over), m) for n, m in met.items()}
        return {ROUNDS: ite(it.waiting, counted, zero), **following}

    added = [Variable(ROUNDS, sort, 0, "", ROUNDS), *_marking(it, marks)]
    system = _extended(it.system, added, updates)
    return _claim(it, system, not_(le(const(sort, most), rounds)))


# ---- obligations ---------------------------------------------------------------------------


def _marks(it: MonitoredPromise) -> tuple[str, ...]:
    """Names of marks: that the kubelet has synced, and for each obliged event, not owed."""
    return ("a sync", *(f"not owed: {e.name}" for e in it.obliged))


def _marking(it: MonitoredPromise, marks: Sequence[str]) -> list[Variable]:
    """The marks as variables; that about an event of a container is one of the container's."""
    actions = (it.system.sync, *it.obliged)
    return [
        Variable(mark, BOOL, False, a.container, f"not owed: {a.event}" if a.container else mark)
        for mark, a in zip(marks, actions, strict=False)
    ]


def _met(it: MonitoredPromise, action: Action, marks: Iterable[str]) -> dict[str, Term]:
    """The marks as an action leaves them: an event owes nothing where it is not possible."""
    owed = [FALSE, *(e.guard for e in it.obliged)]
    actions = [it.system.sync, *it.obliged]
    found: dict[str, Term] = {}
    for mark, event, guard in zip(marks, actions, owed, strict=False):
        here = TRUE if action is event else FALSE if event is it.system.sync else not_(guard)
        found[mark] = or_(var(mark, BOOL), here)
    return found


# ---- systems -------------------------------------------------------------------------------


def _extended(
    system: TransitionSystem,
    added: Iterable[Variable],
    updates: Callable[[Action], Mapping[str, Term]],
) -> TransitionSystem:
    """The system with more variables, which every action changes as ``updates`` says."""

    def extend(action: Action) -> Action:
        return action._replace(updates={**action.updates, **updates(action)})

    return system._replace(
        variables=(*system.variables, *added),
        sync=extend(system.sync),
        events=tuple(extend(e) for e in system.events),
    )


def _changes(system: TransitionSystem, name: str) -> bool:
    return any(name in a.updates for a in system.actions())


def started(starts: Iterable[Start], system: TransitionSystem) -> tuple[Start, ...]:
    """The starts, with the initial values of the variables that they do not know."""
    own = {v.name: v.initial for v in system.variables}
    return tuple(s._replace(state={**own, **s.state}) for s in starts)


def _claim(it: MonitoredPromise, system: TransitionSystem, condition: Term) -> PropertyClaim:
    starts = started(it.starts, system)
    return PropertyClaim(system, starts, condition, system.events, {}, it.races)
