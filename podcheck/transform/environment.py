"""A system without races: what Kubernetes leaves to timing takes its usual outcome.

A claim that assumes no races asks about this system only, and without the races it depends on
fewer variables.
"""

from __future__ import annotations

from podcheck.core import terms as t
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, TransitionSystem


def calm(system: TransitionSystem) -> TransitionSystem:
    """The system with every race decided: each such input has its first value."""
    races = [i for a in system.actions() for i in a.inputs if i.role == "race"]
    usual = {i.name: t.const(i.sort, i.sort.values[0]) for i in races}
    if not usual:
        return system

    def decided(action: Action) -> Action:
        new = substituted([action.guard, *action.updates.values()], usual)
        updates = {n: new[u] for n, u in action.updates.items()}
        inputs = tuple(i for i in action.inputs if i.name not in usual)
        return action._replace(guard=new[action.guard], updates=updates, inputs=inputs)

    events = tuple(decided(e) for e in system.events)
    return system._replace(sync=decided(system.sync), events=events)
