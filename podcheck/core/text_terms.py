"""Texts: the words kubectl prints, as decision trees whose leaves are constants."""

from __future__ import annotations

from podcheck.core import terms as t
from podcheck.core.terms import TEXT, Term


def text_of(term: Term) -> Term:
    """An enumeration's value, a count or a code as a text."""
    if term.sort is TEXT:
        return term
    return t.lookup(term, {v: str(v) for v in term.sort.values}, TEXT)


def text_up_to(count: Term, most: int) -> Term:
    """A count as a text; one above ``most`` as that, so that it may be a count without end."""
    text = t.const(TEXT, str(most))
    for number in reversed(range(most)):
        limit = t.const(t.Sort("count", "count", range(number + 1)), number)
        text = t.ite(t.le(count, limit), t.const(TEXT, str(number)), text)
    return text


def join(a: Term, b: Term) -> Term:
    """The concatenation of two texts, pushed down to their constant leaves."""
    if a.op == "const" and b.op == "const":
        return t.const(TEXT, str(a.value) + str(b.value))
    if a.op == "ite":
        return t.ite(a.args[0], join(a.args[1], b), join(a.args[2], b))
    if b.op == "ite":
        return t.ite(b.args[0], join(a, b.args[1]), join(a, b.args[2]))
    if a.op == "lookup" and b.op == "const":
        return t.lookup(a.args[0], {k: str(v) + str(b.value) for k, v in a.value}, TEXT)
    if a.op == "const" and b.op == "lookup":
        return t.lookup(b.args[0], {k: str(a.value) + str(v) for k, v in b.value}, TEXT)
    result = join(t.const(TEXT, a.value[-1][1]), b)
    for key, value in a.value[:-1]:
        picked = t.member(a.args[0], frozenset((key,)))
        result = t.ite(picked, join(t.const(TEXT, value), b), result)
    return result
