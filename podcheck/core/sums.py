"""Comparisons of counts that do not end, with what both sides have in common taken out.

`RESTARTS = app.restartCount + helper.restartCount` compares a count with itself: written as
sums, both sides have the same summands.
"""

from __future__ import annotations

from collections import Counter

from podcheck.core import terms as t
from podcheck.core.terms import COUNTS, Term

_MOST_LEAVES = 64  # of alternatives on both sides of a comparison


def compared(operator: str, a: Term, b: Term) -> Term:
    """``a = b`` (``eq``) or ``a <= b`` (``le``) of two counts.

    Of two counts that do not end, each alternative is compared by itself, and common summands
    are left out on both sides.
    """
    if a.sort == COUNTS and b.sort == COUNTS and not (a.is_const or b.is_const):
        if _leaves(a) * _leaves(b) <= _MOST_LEAVES:
            return _by_alternatives(operator, a, b)
        a, b = _without_common(a, b)
    return t.eq(a, b) if operator == "eq" else t.le(a, b)


def _leaves(term: Term) -> int:
    return _leaves(term.args[1]) + _leaves(term.args[2]) if term.op == "ite" else 1


def _by_alternatives(operator: str, a: Term, b: Term) -> Term:
    if a.op == "ite":
        then, other = (_by_alternatives(operator, x, b) for x in a.args[1:])
        return t.ite(a.args[0], then, other)
    if b.op == "ite":
        then, other = (_by_alternatives(operator, a, x) for x in b.args[1:])
        return t.ite(b.args[0], then, other)
    a, b = _without_common(a, b)
    return t.eq(a, b) if operator == "eq" else t.le(a, b)


def _without_common(a: Term, b: Term) -> tuple[Term, Term]:
    left, right = _summands(a), _summands(b)
    common = left & right
    if not common:
        return a, b
    return _sum(left - common), _sum(right - common)


def _summands(term: Term) -> Counter[Term]:
    """How often each summand occurs; a number is that many ones."""
    found: Counter[Term] = Counter()
    stack = [term]
    while stack:
        at = stack.pop()
        if at.op == "add":
            stack.extend(reversed(at.args))
        elif at.is_const:
            found[_ONE] += int(at.value)
        else:
            found[at] += 1
    return +found


_ONE = t.const(COUNTS, 1)


def _sum(summands: Counter[Term]) -> Term:
    total = t.const(COUNTS, summands[_ONE])
    for term, often in summands.items():
        if term is not _ONE:
            for _ in range(often):
                total = t.add(total, term)
    return total
