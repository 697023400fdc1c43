"""A property claim as a transition system and a condition, with nothing left to interpret.

What a claim says beside its condition (the events that happen, how often they may, whether
races are open) is made part of the system, and the system is cut down to the cone of
influence of the condition.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.substitution import substituted
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import TRUE, Term, var, variables
from podcheck.transform.environment import with_event_limits, without_races

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
    system = assumed(claim)
    sliced = system.slice([*_roots(system, claim.condition), *also])
    initial = {v.name: v.initial for v in system.variables}  # the starts know no counters
    states = [{**initial, **s.state} for s in claim.starts]
    starts = tuple(
        s._replace(state={v.name: state[v.name] for v in sliced.variables})
        for s, state in zip(claim.starts, states, strict=True)
    )
    return Safety(sliced, starts, claim.condition)


def assumed(claim: PropertyClaim) -> TransitionSystem:
    """The claim's whole system with its assumptions made part of it."""
    system, events = with_event_limits(claim.system, claim.events, claim.at_most)
    system = system._replace(events=events)
    return system if claim.races else without_races(system)


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
