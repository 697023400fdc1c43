"""What a claim assumes of the environment, made part of the system.

Without races, what Kubernetes leaves to timing takes its usual outcome, and a claim depends on
fewer variables.  `at most 3 exits` becomes a counter and a guard.  An engine sees nothing but a
system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podcheck.core import terms as t
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import Sort, add, and_, const, le, not_, var


def without_races(system: TransitionSystem) -> TransitionSystem:
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


def with_event_limits(
    system: TransitionSystem, events: Sequence[Action], at_most: Mapping[str, int]
) -> tuple[TransitionSystem, tuple[Action, ...]]:
    """The system with a saturating counter for each kind that is limited, and its events.

    An event of a kind that may not happen at all is left out.  The counters begin at their
    initial value, 0, whatever the start.
    """
    counters: list[Variable] = []
    kept: list[Action] = []
    for action in events:
        most = at_most.get(action.kind)
        if most is None:
            kept.append(action)
        elif most > 0:
            counter = _counter(action.kind, most)
            if counter not in counters:
                counters.append(counter)
            kept.append(_counted(action, counter))
    return system._replace(variables=(*system.variables, *counters)), tuple(kept)


def _counter(kind: str, most: int) -> Variable:
    sort = Sort(f"up to {most}", "count", tuple(range(most + 1)))
    return Variable(f"events of kind {kind}", sort, 0, "", f"events of kind {kind}")


def _counted(action: Action, counter: Variable) -> Action:
    count = var(counter.name, counter.sort)
    top = const(counter.sort, counter.sort.values[-1])
    more = add(count, const(counter.sort, 1))
    return action._replace(
        guard=and_(action.guard, not_(le(top, count))),
        updates={**action.updates, counter.name: more},
    )
