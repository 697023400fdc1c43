"""Statuses observed in order, as a condition on states of a larger system.

A run shows some observations in order if its states have places, none before the last, at which
each of them holds.  One more variable for each observation but the last says whether the run has
shown it, and those before it, up to the state before: what has been shown now is a term.
"""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import BOOL, Term, and_, or_, var


def shown_in_order(name: str, observations: Sequence[Term]) -> Term:
    """That the last of the observations holds, and that those before it have been shown.

    ``name`` tells the variables of these observations from those of others.
    """
    return and_(*_shown(name, observations[:-1]), observations[-1])


def with_observations(
    system: TransitionSystem, name: str, observations: Sequence[Term]
) -> TransitionSystem:
    """The system with the variables that ``shown_in_order`` reads.  They belong to the claim:
    where it begins, nothing has been shown."""
    names = _names(name, len(observations) - 1)
    updates = dict(zip(names, _shown(name, observations[:-1]), strict=True))
    own = tuple(Variable(n, BOOL, False, "", n, of_claim=True) for n in names)

    def watched(action: Action) -> Action:
        return action._replace(updates={**action.updates, **updates})

    return system._replace(
        variables=(*system.variables, *own),
        sync=watched(system.sync),
        events=tuple(map(watched, system.events)),
    )


def _names(name: str, count: int) -> list[str]:
    return [f"{name}: observation {number + 1} shown" for number in range(count)]


def _shown(name: str, observations: Sequence[Term]) -> list[Term]:
    """For each observation, that it and those before it have been shown by now."""
    found: list[Term] = []
    for own, observed in zip(_names(name, len(observations)), observations, strict=True):
        now = and_(*found[-1:], observed)
        found.append(or_(var(own, BOOL), now))
    return found
