"""A scenario claim as a safety claim: the pod, together with how far the pattern has come.

The steps of the pattern become events of a larger system.  One more variable, the place, says
which step the pod is reacting to, or at which node of the pattern it has settled.  A pod
counts as settled here where a sync changes nothing under some of its inputs, not all.  That
allows more runs than the claim has, so what is proved of the larger system holds of the claim;
a violation may be none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from podcheck.core.claims import Automaton, Edge, PropertyClaim, ScenarioClaim, Start
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    FALSE,
    TRUE,
    Sort,
    Term,
    and_,
    const,
    eq,
    implies,
    ite,
    member,
    not_,
    or_,
    var,
    variables,
)
from podcheck.transform.from_any_state import AnyState

PLACE = "place in the pattern"
JUDGED = "what shows first is judged"
WRONG = "what showed first is wrong"
BEFORE = "before: "
SEES, SYNC, BEGINS = "the kubelet sees the pod", "sync of a step", "the pattern begins"  # actions
CREATED, OPENING, OPENED = "created", "settling at first", "settled at first"
VIOLATED = "violated"
WANDERING, ANYWHERE = "settling before", "settled before"


class Monitored(NamedTuple):
    """``claim`` holds if the scenario does; ``end`` is where every step of a path is done."""

    claim: PropertyClaim
    end: Term


def monitored(claim: ScenarioClaim, anywhere: AnyState | None = None) -> Monitored:
    """The scenario claim, for all of its starts, as a property of a larger system."""
    return _Pattern(claim, anywhere).followed()


def cut(claim: ScenarioClaim, anywhere: AnyState | None = None) -> TransitionSystem:
    """The claim's system without what the claim can't depend on."""
    system, edges = claim.system, claim.automaton.edges
    roots: list[Term] = []
    names: set[str] = set()
    for edge in edges:
        roots += [t for t in (edge.then, edge.at_once) if t is not None]
        roots += [p.action.guard for p in edge.parts]
        names |= {p.action.name for p in edge.parts}
    if any(e.at_once is not None for e in edges):
        roots += [var(v.name, v.sort) for v in system.variables if v.published]
    if anywhere is not None:
        roots.append(anywhere.condition)
        names |= {e.name for e in anywhere.events}
    events = tuple(e for e in system.events if e.name in names)
    system = system._replace(events=events)
    return system.restricted(system.cone(roots))


class _Pattern:
    def __init__(self, claim: ScenarioClaim, anywhere: AnyState | None) -> None:
        self.claim = claim
        self.anywhere = anywhere
        self.automaton: Automaton = claim.automaton
        edges = claim.automaton.edges
        self.at_once = any(e.at_once is not None for e in edges)
        self.system = cut(claim, anywhere)
        nodes = [_node(n) for n in range(self.automaton.nodes)]
        steps = [_reacting(n) for n in range(len(edges))]
        values = (
            CREATED, OPENING, OPENED, WANDERING, ANYWHERE, VIOLATED, *nodes, *steps,
        )  # fmt: skip
        self.sort = Sort("place in the pattern", "enum", values)
        self.place = var(PLACE, self.sort)
        self.shown = [v for v in self.system.variables if v.published] if self.at_once else []

    def followed(self) -> Monitored:
        added = [Variable(PLACE, self.sort, CREATED, "", PLACE)]
        if self.at_once:
            added += [Variable(n, BOOL, False, "", n) for n in (JUDGED, WRONG)]
        added += [v._replace(name=BEFORE + v.name, published=False) for v in self.shown]
        syncs = (self._opens(), self._syncs())
        steps = [self._step(n, edge) for n, edge in enumerate(self.automaton.edges)]
        if self.anywhere is not None:
            steps += self._before(self.anywhere)
        system = TransitionSystem(
            self.system.pod,
            (*self.system.variables, *added),
            self.system.sync._replace(inputs=(), updates={}),  # nothing happens
            (*syncs, *steps),
        )
        starts = tuple(self._start(s, system) for s in self.claim.starts)
        claim = PropertyClaim(
            system, starts, not_(self._at([VIOLATED])), system.events, {}, self.claim.races
        )
        return Monitored(claim, self._at([_node(self.automaton.accept)]))

    # ---- places ---------------------------------------------------------------------------

    def _at(self, places: Iterable[str]) -> Term:
        return member(self.place, frozenset(places))

    def _to(self, place: str) -> dict[str, Term]:
        return {PLACE: const(self.sort, place)}

    def _start(self, start: Start, system: TransitionSystem) -> Start:
        initial = {v.name: v.initial for v in system.variables}
        place = _node(0) if start.settled else CREATED
        return start._replace(state={**initial, **start.state, PLACE: place})

    # ---- what the kubelet does --------------------------------------------------------------

    def _opens(self) -> Action:
        """The kubelet comes to see a pod that was just created."""
        return _action(SEES, self._at([CREATED]), (), self._to(OPENING))

    def _syncs(self) -> Action:
        """A sync; where it changes nothing, the step is over, and is judged."""
        updates = dict(self.system.sync.updates)
        if self.at_once:
            judged, now = var(JUDGED, BOOL), self._first_shown()
            updates[WRONG] = ite(now, not_(self._at_once()), var(WRONG, BOOL))
            updates[JUDGED] = or_(judged, now)
        updates[PLACE] = ite(self._changes_nothing(), self._next_place(), self.place)
        guard = and_(self._is_reacting(), self._stops())
        return _action(SYNC, guard, self.system.sync.inputs, updates)

    def _next_place(self) -> Term:
        """Where a step leads to whose pod has settled."""
        first = OPENED if self.anywhere is None else ANYWHERE
        target: Term = const(self.sort, first)
        for n, edge in enumerate(self.automaton.edges):
            kept = const(self.sort, _node(edge.target))
            after = ite(self._said(edge), kept, const(self.sort, VIOLATED))
            target = ite(self._at([_reacting(n)]), after, target)
        return target

    def _is_reacting(self) -> Term:
        return self._at([OPENING, WANDERING, *map(_reacting, range(len(self.automaton.edges)))])

    def _stops(self) -> Term:
        """The codes with which containers stop are among those that the step allows."""
        kills = [i for i in self.system.sync.inputs if i.role == "kill"]
        limits = []
        for n, edge in enumerate(self.automaton.edges):
            if edge.kill_codes is not None:
                codes = frozenset(edge.kill_codes)
                allowed = and_(*(member(var(i.name, i.sort), codes) for i in kills))
                limits.append(implies(self._at([_reacting(n)]), allowed))
        return and_(*limits)

    def _changes_nothing(self) -> Term:
        updates = self.system.sync.updates
        known = [v for v in self.system.variables if v.name in updates]
        return and_(*(eq(updates[v.name], var(v.name, v.sort)) for v in known))

    # ---- what the pattern says ----------------------------------------------------------------

    def _step(self, number: int, edge: Edge) -> Action:
        """The events of a step, one after the other, as one."""
        sources = [_node(edge.source)]
        if edge.source == 0 and self.anywhere is None:
            early = bool(edge.parts) and all(p.action.early for p in edge.parts)
            sources.append(CREATED if early else OPENED)
        guards: list[Term] = [self._at(sources)]
        inputs: list[Input] = []
        state: dict[str, Term] = {}
        for place, part in enumerate(edge.parts):
            renamed = {i.name: i._replace(name=f"{place}: {i.name}") for i in part.action.inputs}
            known = {**state, **{n: var(i.name, i.sort) for n, i in renamed.items()}}
            updates = {n: t for n, t in part.action.updates.items() if n in self._names}
            new = substituted([part.action.guard, *updates.values()], known)
            guards.append(new[part.action.guard])
            for name, values in part.allowed.items():
                if name in renamed:
                    given = renamed[name]
                    guards.append(member(var(given.name, given.sort), frozenset(values)))
                elif not values:
                    guards.append(FALSE)
            state = {**state, **{n: new[t] for n, t in updates.items()}}
            inputs += renamed.values()
        updates = {**state, **self._to(_reacting(number))}
        if self.at_once:
            updates |= {JUDGED: FALSE, WRONG: FALSE}
            updates |= {BEFORE + v.name: var(v.name, v.sort) for v in self.shown}
        return _action(f"step {number}: {edge.text}", and_(*guards), inputs, updates)

    def _before(self, anywhere: AnyState) -> list[Action]:
        """The events before the pattern begins, and its beginning."""
        known = {e.name: e for e in self.system.events}
        found = []
        for event in [known[e.name] for e in anywhere.events if e.name in known]:
            places = [ANYWHERE, *([CREATED] if event.early else [])]
            guard = and_(self._at(places), event.guard)
            updates = {**event.updates, **self._to(WANDERING)}
            before = _action(BEFORE + event.name, guard, event.inputs, updates)
            about = BEFORE + event.event
            found.append(before._replace(event=about, container=event.container))
        guard = and_(self._at([ANYWHERE]), anywhere.condition)
        return [*found, _action(BEGINS, guard, (), self._to(_node(0)))]

    @property
    def _names(self) -> set[str]:
        return {v.name for v in self.system.variables}

    def _first_shown(self) -> Term:
        """Something new is published here, for the first time since the events of the step."""
        new = [not_(eq(var(v.name, v.sort), var(BEFORE + v.name, v.sort))) for v in self.shown]
        return and_(not_(var(JUDGED, BOOL)), or_(*new))

    def _at_once(self) -> Term:
        """What must hold in what is published first, of the present step."""
        said = {n: e.at_once for n, e in enumerate(self.automaton.edges)}
        steps = [implies(self._at([_reacting(n)]), t) for n, t in said.items() if t is not None]
        return and_(*steps)

    def _said(self, edge: Edge) -> Term:
        """What must hold where a step is settled."""
        said = TRUE if edge.then is None else edge.then
        if edge.at_once is None:
            return said
        return and_(said, ite(var(JUDGED, BOOL), not_(var(WRONG, BOOL)), edge.at_once))


def _action(name: str, guard: Term, inputs: Iterable[Input], updates: Mapping[str, Term]) -> Action:
    read = variables([guard, *updates.values()])
    return Action(name, name, name, "", guard, tuple(i for i in inputs if i.name in read), updates)


def _node(number: int) -> str:
    return f"node {number}"


def _reacting(number: int) -> str:
    return f"step {number}"
