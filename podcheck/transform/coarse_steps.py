"""Rounds as single steps: a coarser system, in which a kept promise is proved by unrolling.

Between two syncs any number of events may come.  Here one step stands for all of them and the
sync after them: each variable goes its own way, from value to value as some event can set it,
whatever the others do.  That allows more than the system does, so what is proved holds there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.substitution import substituted
from podcheck.core.system import Input, TransitionSystem, Variable
from podcheck.core.terms import (
    FALSE,
    TRUE,
    Sort,
    Term,
    Value,
    add,
    and_,
    const,
    eq,
    implies,
    ite,
    le,
    member,
    not_,
    or_,
    var,
)
from podcheck.transform.liveness import OPEN, ROUNDS, MonitoredPromise

Ways = Mapping[Value, frozenset[Value]]  # from each value, itself and what can come of it


def kept_within(it: MonitoredPromise, start: Start, most: int) -> PropertyClaim:
    """The promise is kept within this many rounds from where it is made.

    A promise made at the start is judged from there, one made by a condition from any state
    in which it holds, reachable or not.  If the condition is ``most``-inductive, the promise
    is kept: the rounds are counted from 0 where it is made.
    """
    moved = [v for v in it.system.variables if v.name != OPEN and _moves(it.system, v.name)]
    names = {v.name for v in moved}
    fixed = {
        v.name: const(v.sort, start.state[v.name])
        for v in it.system.variables if v.name not in names
    } | {OPEN: TRUE}  # fmt: skip
    made = it.since
    if made is None:
        made = and_(*(eq(var(v.name, v.sort), const(v.sort, start.state[v.name])) for v in moved))
    sync = {n: u for n, u in it.system.sync.updates.items() if n in names}
    known = substituted([made, it.waiting, *sync.values()], fixed)
    inputs, between = _between(it.system, moved, fixed)
    later = substituted([known[it.waiting], *(known[u] for u in sync.values())], between)
    sort = Sort(f"up to {most}", "count", tuple(range(most + 1)))
    rounds, zero = var(ROUNDS, sort), const(sort, 0)
    waits = and_(
        known[it.waiting], later[known[it.waiting]], implies(eq(rounds, zero), known[made])
    )
    updates = dict(between) | {n: later[known[u]] for n, u in sync.items()}
    updates[ROUNDS] = ite(waits, add(rounds, const(sort, 1)), zero)
    step = it.system.sync._replace(inputs=(*it.system.sync.inputs, *inputs), updates=updates)
    system = TransitionSystem(
        it.system.pod, (*moved, Variable(ROUNDS, sort, 0, "", ROUNDS)), step, ()
    )
    condition = not_(le(const(sort, most), rounds))
    begins = start._replace(state={**start.state, ROUNDS: 0})
    return PropertyClaim(system, (begins,), condition, (), {}, it.races)


def _moves(system: TransitionSystem, name: str) -> bool:
    return any(name in a.updates for a in system.actions())


def _between(
    system: TransitionSystem, moved: list[Variable], fixed: Mapping[str, Term]
) -> tuple[list[Input], dict[str, Term]]:
    """What the events before a sync can make of each variable: a choice among its ways."""
    inputs: list[Input] = []
    values: dict[str, Term] = {}
    for variable in moved:
        ways = _ways(system, variable, fixed)
        if all(len(values) == 1 for values in ways.values()):
            continue
        chosen = Input(f"between: {variable.name}", variable.sort, "detail")
        inputs.append(chosen)
        here, there = var(variable.name, variable.sort), var(chosen.name, chosen.sort)
        allowed = [and_(member(here, frozenset((a,))), member(there, w)) for a, w in ways.items()]
        values[variable.name] = ite(or_(*allowed), there, here)
    return inputs, values


def _ways(system: TransitionSystem, variable: Variable, fixed: Mapping[str, Term]) -> Ways:
    """For each value of a variable, those that any number of events can make of it."""
    ways = {a: {a} for a in variable.sort.values}
    for event in system.events:
        update = event.updates.get(variable.name)
        if update is None:
            continue
        for value in variable.sort.values:
            known = {**fixed, variable.name: const(variable.sort, value)}
            new = substituted([event.guard, update], known)
            if new[event.guard] is not FALSE:
                ways[value].update(_values(new[update]))
    while True:
        size = sum(map(len, ways.values()))
        for reached in ways.values():
            for value in tuple(reached):
                reached |= ways[value]
        if size == sum(map(len, ways.values())):
            return {a: frozenset(reached) for a, reached in ways.items()}


def _values(term: Term) -> Iterator[Value]:
    """The values that a term may have: its constants, or all of its sort."""
    stack = [term]
    while stack:
        at = stack.pop()
        if at.is_const:
            yield at.value
        elif at.op == "ite":
            stack += at.args[1:]
        else:
            yield from at.sort.values
