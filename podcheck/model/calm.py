"""A system without races: what Kubernetes leaves to timing takes its usual outcome.

A claim that assumes no races asks about this system only, and without the races it depends on
fewer variables.
"""

from __future__ import annotations

from podcheck.model import terms as t
from podcheck.model.substitution import replaced
from podcheck.model.system import TransitionSystem


def calm(system: TransitionSystem) -> TransitionSystem:
    """The system with every race decided: each such input has its first value."""
    usual = {
        i.name: t.const(i.sort, i.sort.values[0]) for i in system.sync.inputs if i.role == "race"
    }
    if not usual:
        return system
    new = replaced(system.sync.updates.values(), usual)
    updates = {n: new[u] for n, u in system.sync.updates.items()}
    inputs = tuple(i for i in system.sync.inputs if i.name not in usual)
    return system._replace(sync=system.sync._replace(updates=updates, inputs=inputs))
