"""Two systems of one pod side by side: the same events, each settled before the next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from podcheck.core.substitution import substituted
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    Term,
    and_,
    const,
    eq,
    implies,
    le,
    member,
    not_,
    or_,
    var,
    walk,
)
from podcheck.transform.from_any_state import rests

OTHER = "other: "  # begins the names of the second system's variables
APART = "the other system goes another way"
_APART = var(APART, BOOL)
NEVER_APART = not_(_APART)
COUNTED = 3  # restarts that are distinguished: 0, 1, 2, 3 or more


class Observed(NamedTuple):
    """Something that the API server shows, as a term of each of the two systems.

    Of one ``aspect`` are the fields that belong together, of all containers with one role.
    """

    name: str
    aspect: str
    first: Term
    second: Term


def product(
    first: TransitionSystem, second: TransitionSystem, shared: Iterable[str]
) -> TransitionSystem:
    """Both systems at once.  ``shared`` are variables that never change, and equal in both.

    Events happen in both where they are possible in both, and only where no sync changes either;
    every input has one value for both.
    """
    leaves = _renamed(second, frozenset(shared))
    settled = and_(rests(first), *_in_second([rests(second)], leaves))
    events = {e.name: e for e in second.events}
    variables = [
        v._replace(name=leaves[v.name].value) for v in second.variables if v.name in leaves
    ]
    return TransitionSystem(
        first.pod,
        (*first.variables, *variables),
        _both(first.sync, second.sync, leaves),
        tuple(_both(e, events[e.name], leaves, settled) for e in first.events if e.name in events),
    )


def splitting(first: TransitionSystem, second: TransitionSystem) -> TransitionSystem:
    """The first system, with a variable that says whether the second would ever have gone another
    way: as long as ``NEVER_APART`` holds, both do the same.

    It is asked where the terms of both differ, so the variable may be set where they come to
    the same in the end.  Events come at any time.
    """
    events = {e.name: e for e in second.events}
    known = {v.name for v in first.variables}
    others = {v.name: const(v.sort, v.initial) for v in second.variables if v.name not in known}

    def watched(one: Action, other: Action) -> Action:
        read = [other.guard, *other.updates.values()]
        new = substituted(read, others)
        updates = {n: new[u] for n, u in other.updates.items()}
        pairs = [(one.guard, new[other.guard])]
        for v in (*first.variables, *(v for v in second.variables if v.name in others)):
            stays = others.get(v.name, var(v.name, v.sort))
            pairs.append((one.updates.get(v.name, stays), updates.get(v.name, stays)))
        goes = or_(_APART, *(not_(eq(a, b)) for a, b in _apart(pairs)))
        inputs = {i.name: i for i in (*one.inputs, *other.inputs)}
        return one._replace(
            inputs=tuple(inputs.values()), updates={**one.updates, APART: goes},
        )  # fmt: skip

    return first._replace(
        variables=(*first.variables, Variable(APART, BOOL, False, "", APART)),
        sync=watched(first.sync, second.sync),
        events=tuple(watched(e, events[e.name]) for e in first.events if e.name in events),
    )


def _apart(pairs: Iterable[tuple[Term, Term]]) -> list[tuple[Term, Term]]:
    """Where some pairs of terms differ, as far down in them as can be."""
    found: dict[tuple[Term, Term], None] = {}
    met: set[tuple[Term, Term]] = set()
    waiting = list(pairs)
    while waiting:
        pair = waiting.pop()
        one, other = pair
        if one is other or pair in met:
            continue
        met.add(pair)
        same = one.op == other.op and one.value == other.value and one.sort == other.sort
        if same and one.args and len(one.args) == len(other.args):
            waiting += zip(one.args, other.args, strict=True)
        else:
            found[pair] = None
    return list(found)


def likely(both: TransitionSystem) -> tuple[Term, ...]:
    """That each variable has the same value in both: what a proof may try first."""
    known = {v.name: v for v in both.variables}
    found = []
    for v in both.variables:
        other = known.get(OTHER + v.name)
        if other is not None and other.sort == v.sort:
            one, another = var(v.name, v.sort), var(other.name, v.sort)
            for value in v.sort.values:
                has, has_too = (member(x, frozenset([value])) for x in (one, another))
                found.append(implies(has, has_too))
    return tuple(found)


def all_equal(
    first: TransitionSystem,
    second: TransitionSystem,
    shared: Iterable[str],
    observed: Sequence[Observed],
) -> Term:
    """Where both are settled, whatever is observed of them is the same; counts as far as
    ``COUNTED``."""
    leaves = _renamed(second, frozenset(shared))
    settled = and_(rests(first), *_in_second([rests(second)], leaves))
    equal = [_equal(o.first, _in_second([o.second], leaves)[0]) for o in observed]
    return implies(settled, and_(*equal))


def _renamed(second: TransitionSystem, shared: frozenset[str]) -> dict[str, Term]:
    found: dict[str, Variable] = {v.name: v for v in second.variables if v.name not in shared}
    return {name: var(OTHER + name, v.sort) for name, v in found.items()}


def _in_second(terms: Sequence[Term], leaves: dict[str, Term]) -> list[Term]:
    found = substituted(terms, leaves)
    return [found[term] for term in terms]


def _both(
    first: Action, second: Action, leaves: dict[str, Term], settled: Term | None = None
) -> Action:
    inputs: dict[str, Input] = {i.name: i for i in (*first.inputs, *second.inputs)}
    guard, *values = _in_second([second.guard, *second.updates.values()], leaves)
    updates = {
        leaves[name].value: value
        for name, value in zip(second.updates, values, strict=True)
        if name in leaves
    }
    both = [first.guard, guard] if settled is None else [settled, first.guard, guard]
    return first._replace(
        guard=and_(*both), inputs=tuple(inputs.values()), updates={**first.updates, **updates},
        early=False,
    )  # fmt: skip


def _equal(one: Term, other: Term) -> Term:
    if one.sort.kind == "count":
        return and_(
            *(
                eq(le(one, const(one.sort, n)), le(other, const(other.sort, n)))
                for n in range(COUNTED)
            )
        )
    if one.sort.kind == "text":
        words = sorted(
            {str(t.value) for t in walk([one, other]) if t.is_const and t.sort is one.sort}
        )
        return and_(
            *(eq(eq(one, const(one.sort, w)), eq(other, const(one.sort, w))) for w in words)
        )
    return eq(one, other)
