"""A property claim as a transition system and a condition, with nothing left to interpret.

What a claim says beside its condition (the events that happen, how often they may, whether
races are open) is made part of the system, and the system is cut down to the cone of
influence of the condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.model.calm import calm
from podcheck.model.claims import PropertyClaim, Start
from podcheck.model.substitution import substituted
from podcheck.model.system import Action, TransitionSystem, Variable
from podcheck.model.terms import TRUE, Sort, Term, add, and_, const, le, not_, var, variables

PRIME = "'"  # ends the name of a variable's value after a step


class Safety(NamedTuple):
    """Does ``condition`` hold in every state that the system reaches from its starts?

    A condition that reads primed variables is judged on every step instead.  Every event
    of the system may happen whenever its guard holds, and so may the sync; every input may
    take any value of its sort.
    """

    system: TransitionSystem
    starts: tuple[Start, ...]
    condition: Term

    @property
    def on_steps(self) -> bool:
        return any(name.endswith(PRIME) for name in variables([self.condition]))


def safety(claim: PropertyClaim, also: Sequence[Term] = ()) -> Safety:
    """The claim with its assumptions made part of its system, sliced.

    The slice keeps what the condition depends on, and what the terms ``also`` do.
    """
    system, counters = _assumed(claim)
    sliced = system.slice([*_roots(system, claim.condition), *also])
    kept = [v.name for v in sliced.variables]
    states = [{**s.state, **{c.name: c.initial for c in counters}} for s in claim.starts]
    starts = tuple(
        s._replace(state={n: values[n] for n in kept})
        for s, values in zip(claim.starts, states, strict=True)
    )
    return Safety(sliced, starts, claim.condition)


def assumed(claim: PropertyClaim) -> TransitionSystem:
    """The claim's whole system with its assumptions made part of it."""
    return _assumed(claim)[0]


def _assumed(claim: PropertyClaim) -> tuple[TransitionSystem, tuple[Variable, ...]]:
    """That system, and the counters among its variables."""
    events, counters = limited(claim)
    system = claim.system._replace(
        variables=(*claim.system.variables, *counters), events=tuple(events)
    )
    return (system if claim.races else calm(system)), counters


def limited(claim: PropertyClaim) -> tuple[tuple[Action, ...], tuple[Variable, ...]]:
    """The events of a claim, and a saturating counter for each kind that has a limit.

    A kind that may not happen at all is left out, and needs no counter.
    """
    counters: dict[str, Variable] = {}
    events: list[Action] = []
    for event in claim.events:
        most = claim.at_most.get(event.kind)
        if most is None:
            events.append(event)
        elif most > 0:
            counter = counters.setdefault(event.kind, _counter(event.kind, most))
            events.append(_counted(event, counter))
    return tuple(events), tuple(counters.values())


def _roots(system: TransitionSystem, condition: Term) -> list[Term]:
    """What the slice must keep: the condition's variables and, rarely, every guard.

    An event that changes nothing the condition reads is a step all the same.  It can only
    matter to a condition on steps that does not hold where nothing changes.
    """
    now = {v.name + PRIME: var(v.name, v.sort) for v in system.variables}
    still = substituted([condition], now)[condition]
    names = {name.removesuffix(PRIME) for name in variables([condition])}
    roots = [var(v.name, v.sort) for v in system.variables if v.name in names]
    if still is not TRUE and still is not condition:
        roots += [e.guard for e in system.events]
    return roots


def _counter(kind: str, most: int) -> Variable:
    sort = Sort(f"up to {most}", "count", tuple(range(most + 1)))
    return Variable(f"events of kind {kind}", sort, 0, "", f"events of kind {kind}")


def _counted(action: Action, counter: Variable) -> Action:
    """The action, while its kind has happened less often than it may."""
    count = var(counter.name, counter.sort)
    top = const(counter.sort, counter.sort.values[-1])
    more = add(count, const(counter.sort, 1))
    return action._replace(
        guard=and_(action.guard, not_(le(top, count))),
        updates={**action.updates, counter.name: more},
    )
