"""A claim about every state of a kind, as one about pods just created.

What a claim begins with is then no list of states but part of a system: its runs lead from
where a pod is created, event by event, each after the last has settled, to a state of the
kind, and only from there on are they judged.  No such state is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import NamedTuple

from podcheck.core.claims import PropertyClaim
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import (
    Sort,
    Term,
    Value,
    and_,
    const,
    eq,
    implies,
    ite,
    member,
    or_,
    var,
    variables,
)
from podcheck.transform.environment import without_races
from podcheck.transform.liveness import started
from podcheck.transform.safety import safety

STAGE = "stage of the run"
CREATED, LEADING, BEGUN = "created", "leading", "begun"
BEFORE = "before: "
BEGINS = "the claim begins"
MOST = 256  # values of the inputs of one update that are looked at

_STAGES = Sort(STAGE, "enum", (CREATED, LEADING, BEGUN))
_STAGE = var(STAGE, _STAGES)


class AnyState(NamedTuple):
    """A claim begins in every state of a condition that events lead to, each after the last
    has settled; its starts are where those runs begin.  ``races`` may happen on the way."""

    condition: Term
    events: tuple[Action, ...]
    races: bool


def is_begun() -> Term:
    """That the claim has begun, in the system of ``from_any_state``."""
    return _at(BEGUN)


def lead_in(system: TransitionSystem, claim: PropertyClaim, it: AnyState) -> TransitionSystem:
    """What leads to where the claim begins: the pod's ``system`` with the events that may come
    before, cut down to what the claim, or whether it begins, can depend on."""
    system = system._replace(events=it.events)
    system = system if it.races else without_races(system)
    read = {v.name for v in safety(claim).system.variables}
    roots = [var(v.name, v.sort) for v in system.variables if v.name in read and not v.of_claim]
    return system.slice([it.condition, *roots])


def from_any_state(system: TransitionSystem, claim: PropertyClaim, it: AnyState) -> PropertyClaim:
    """The claim, whose pod's own ``system`` is given, with the way to where it begins.

    Its limits count from there, and so does all that it adds to the pod's variables.
    """
    asked, before = safety(claim), lead_in(system, claim, it)
    known = {v.name for v in before.variables}
    added = [v for v in asked.system.variables if v.name not in known]
    stage = Variable(STAGE, _STAGES, CREATED, "", STAGE)
    settled = and_(_at(LEADING), rests(before))
    events = [
        *(_before(e, settled) for e in before.events),
        _begins(asked.system, before, and_(settled, it.condition)),
        *(e._replace(guard=and_(_at(BEGUN), e.guard)) for e in asked.system.events),
    ]
    whole = TransitionSystem(
        system.pod,
        (*before.variables, *added, stage),
        _sync(asked.system, before),
        tuple(events),
        lemmas=system.lemmas,
    )
    condition = implies(_at(BEGUN), asked.condition)
    return PropertyClaim(whole, started(claim.starts, whole), condition, whole.events, {}, True)


def rests(system: TransitionSystem) -> Term:
    """That a sync changes nothing, whatever its inputs are.

    Where an update reads inputs of more than ``MOST`` values, some are passed over: then the
    condition may hold in a state that is not settled, and never fails in one that is.
    """
    inputs = {i.name: i for i in system.sync.inputs}
    still: list[Term] = []
    for variable in system.variables:
        update = system.sync.updates.get(variable.name)
        if update is not None:
            now = var(variable.name, variable.sort)
            still += (eq(new, now) for new in _given(update, inputs))
    return and_(*still)


def _given(term: Term, inputs: Mapping[str, Input]) -> Iterator[Term]:
    """A term, for each of the values of the inputs that it reads."""
    read = [inputs[n] for n in sorted(variables([term]) & inputs.keys())]
    for values in islice(product(*(i.sort.values for i in read)), MOST):
        pairs = zip(read, values, strict=True)
        yield substituted([term], {i.name: const(i.sort, value) for i, value in pairs})[term]


# ---- actions -------------------------------------------------------------------------------------


def _at(*stages: str) -> Term:
    return member(_STAGE, frozenset(stages))


def _to(stage: Value) -> dict[str, Term]:
    return {STAGE: const(_STAGES, stage)}


def _sync(after: TransitionSystem, before: TransitionSystem) -> Action:
    """A sync: until the claim begins one of the pod, then one of the claim's system."""
    first, then = before.sync.updates, after.sync.updates
    sorts = {v.name: v.sort for v in (*before.variables, *after.variables)}
    updates: dict[str, Term] = {STAGE: ite(_at(CREATED), const(_STAGES, LEADING), _STAGE)}
    for name in {**first, **then}:
        now = var(name, sorts[name])
        updates[name] = ite(_at(BEGUN), then.get(name, now), first.get(name, now))
    inputs = {i.name: i for i in (*before.sync.inputs, *after.sync.inputs)}
    return after.sync._replace(inputs=tuple(inputs.values()), updates=updates)


def _before(event: Action, settled: Term) -> Action:
    """An event before the claim begins; an early one may come before the first sync."""
    may = or_(_at(CREATED), settled) if event.early else settled
    return event._replace(
        name=BEFORE + event.name, event=BEFORE + event.event, guard=and_(may, event.guard),
        updates={**event.updates, **_to(LEADING)}, eventually=False,
    )  # fmt: skip


def _begins(after: TransitionSystem, before: TransitionSystem, guard: Term) -> Action:
    """The claim begins; what it can't depend on is forgotten."""
    read = {v.name for v in after.variables}
    forgotten = {
        v.name: const(v.sort, v.initial) for v in before.variables if v.name not in read
    }  # fmt: skip
    return Action(BEGINS, BEGINS, BEGINS, "", guard, (), {**forgotten, **_to(BEGUN)})
