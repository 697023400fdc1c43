"""How far a state is from meeting a condition: the way that guided searches go.

The heuristic of directed model checking that reads the formula itself (Edelkamp, Lluch-Lafuente
and Leue, "Directed explicit-state model checking with HSF-SPIN", SPIN 2001): each part that
still has to change counts one, a number counts how far it is from one that will do; of
alternatives the nearest counts, and what must hold together is added up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from podcheck.core.substitution import substituted
from podcheck.core.terms import (
    BOOL,
    Sort,
    Term,
    Value,
    add,
    const,
    eq,
    ite,
    le,
    lookup,
    member,
    walk,
)

DISTANCE = Sort("distance", "count", range(1_000))
_NONE, _ONE, _MOST = (const(DISTANCE, n) for n in (0, 1, len(DISTANCE.values)))
DEPTH = 2  # variables, each decided by the next
Distances = dict[tuple[Term, bool], Term]


def distance(condition: Term, met: bool = True, causes: Mapping[str, Term] | None = None) -> Term:
    """A count that is 0 just where the condition is met (or, if so asked, is not met).

    ``causes`` has, for variables that nothing but syncs change, what the next sync makes of them:
    such a variable is as far from a value as what it is decided by.
    """
    return _Distances(causes or {}).of(condition, met, ())


class _Distances:
    def __init__(self, causes: Mapping[str, Term]) -> None:
        self._causes = causes
        self._found: dict[tuple[str, ...], Distances] = {}

    def of(self, condition: Term, met: bool, decided: tuple[str, ...]) -> Term:
        """The distance where the variables ``decided`` are to come from what decides them."""
        found = self._found.setdefault(decided, {})
        for node in walk([condition], {node: node for node, _ in found}):
            if node.sort is BOOL:
                for wanted in (False, True):
                    found[node, wanted] = self._of(node, wanted, found, decided)
        return found[condition, met]

    def _of(self, node: Term, met: bool, found: Distances, decided: tuple[str, ...]) -> Term:
        if (chosen := _by_choice(node)) is not None:
            return self.of(chosen, met, decided)
        variable = _only_variable(node)
        if variable in decided:
            return ite(node, _NONE if met else _MOST, _MOST if met else _NONE)
        cause = self._causes.get(variable) if len(decided) < DEPTH else None
        if cause is None:
            return _distance(node, met, found)
        after = substituted([node], {variable: cause})[node]
        far = add(_ONE, self.of(after, met, (*decided, variable)))
        return ite(node, _NONE if met else far, far if met else _NONE)


def _by_choice(node: Term) -> Term | None:
    """A condition on one of two values, as one of two conditions."""
    if node.op not in ("in", "eq") or node.args[0].op != "ite":
        return None
    chosen, then, other = node.args[0].args
    if node.op == "in":
        return ite(chosen, member(then, node.value), member(other, node.value))
    return ite(chosen, eq(then, node.args[1]), eq(other, node.args[1]))


def _only_variable(node: Term) -> str:
    """The variable that a condition compares with values; none if it is no such condition."""
    if node.op == "var":
        return str(node.value)
    if node.op == "in" and node.args[0].op == "var" and node.args[0].sort.kind != "count":
        return str(node.args[0].value)
    if node.op == "eq":
        left, right = node.args
        if left.op == "var" and right.is_const:
            return str(left.value)
        if right.op == "var" and left.is_const:
            return str(right.value)
    return ""


def _distance(node: Term, met: bool, found: Distances) -> Term:
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
