"""How far a state is from meeting a condition: the way that guided searches go.

The heuristic of directed model checking that reads the formula itself (Edelkamp, Lluch-Lafuente
and Leue, "Directed explicit-state model checking with HSF-SPIN", SPIN 2001): each part that
still has to change counts one, a number counts how far it is from one that will do; of
alternatives the nearest counts, and what must hold together is added up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from podcheck.core.terms import BOOL, Sort, Term, Value, add, const, ite, le, lookup, walk

DISTANCE = Sort("distance", "count", range(1_000))
_NONE, _ONE, _MOST = (const(DISTANCE, n) for n in (0, 1, len(DISTANCE.values)))
Distances = dict[tuple[Term, bool], Term]


def distance(condition: Term, met: bool = True) -> Term:
    """A count that is 0 just where the condition is met (or, if so asked, is not met)."""
    found: Distances = {}
    for node in walk([condition]):
        if node.sort is BOOL:
            for wanted in (False, True):
                found[node, wanted] = _distance(node, wanted, found)
    return found[condition, met]


def _distance(node: Term, met: bool, found: Mapping[tuple[Term, bool], Term]) -> Term:
    if node.op == "not":
        return found[node.args[0], not met]
    if node.op in ("and", "or"):
        join = add if (node.op == "and") is met else _nearer
        return reduce(join, (found[a, met] for a in node.args))
    if node.op == "ite":
        chosen, then, other = node.args
        return _nearer(
            add(found[chosen, True], found[then, met]),
            add(found[chosen, False], found[other, met]),
        )
    if node.op == "in" and node.args[0].sort.kind == "count":
        return _to_number(node.args[0], lambda v: (v in node.value) is met)
    if node.op == "le" and node.args[1].is_const:
        return _to_number(node.args[0], lambda v: (v <= node.args[1].value) is met)
    if node.op == "le" and node.args[0].is_const:
        return _to_number(node.args[1], lambda v: (node.args[0].value <= v) is met)
    return ite(node, _NONE if met else _ONE, _ONE if met else _NONE)


def _nearer(a: Term, b: Term) -> Term:
    return ite(le(a, b), a, b)


def _to_number(count: Term, will_do: Callable[[int], bool]) -> Term:
    numbers = [int(v) for v in count.sort.values]
    if not any(map(will_do, numbers)):
        return _MOST
    away: dict[Value, Value] = {}
    for order in (numbers, numbers[::-1]):  # from the nearest that is smaller, then larger
        least = len(DISTANCE.values)
        for n in order:
            least = 0 if will_do(n) else least + 1
            away[n] = min(int(away.get(n, least)), least)
    most = len(DISTANCE.values) - 1
    return lookup(count, {n: min(int(far), most) for n, far in away.items()}, DISTANCE)
