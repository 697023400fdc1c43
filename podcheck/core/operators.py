"""The operator table: each operator of the expression language with its two meanings.

The left column is the Python text that the interpreter compiles to, the right column is
built with the z3 module that ``podcheck.symbolic`` hands in (this module does not import it).
Because both stand in one line, the two readings of a rule can't drift apart; a test
evaluates every operator both ways on every value of small sorts.

Z3 sees a value of a finite sort as its position in the sort, as a bit-vector.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from podcheck.core.terms import Term

# Python: (texts of the arguments, the term) -> text of an expression.
PythonMeaning = Callable[[list[str], Term], str]
# Z3: (the z3 module, encoded arguments, the term, code_of) -> encoded term, where
# code_of(sort, value) is the bit-vector literal of a value.
SymbolicMeaning = Callable[[Any, list[Any], Term, Callable[..., Any]], Any]


class Operator(NamedTuple):
    python: PythonMeaning
    symbolic: SymbolicMeaning


def _values(term: Term) -> str:
    ordered = sorted(term.value, key=repr)
    return f"({', '.join(map(repr, ordered))},)"


def _member(z: Any, a: list[Any], t: Term, code: Callable[..., Any]) -> Any:
    sort = t.args[0].sort
    equalities = [a[0] == code(sort, v) for v in sorted(t.value, key=repr)]
    return equalities[0] if len(equalities) == 1 else z.Or(equalities)


def _lookup(z: Any, a: list[Any], t: Term, code: Callable[..., Any]) -> Any:
    sort, pairs = t.args[0].sort, t.value
    result = code(t.sort, pairs[-1][1])
    for key, value in reversed(pairs[:-1]):
        result = z.If(a[0] == code(sort, key), code(t.sort, value), result)
    return result


def _add(z: Any, a: list[Any], t: Term, code: Callable[..., Any]) -> Any:
    top = code(t.sort, t.sort.values[-1])
    total = a[0] + a[1]
    overflow = z.Or(z.ULT(total, a[0]), z.UGT(total, top))
    return z.If(overflow, top, total)


OPERATORS: dict[str, Operator] = {
    "not": Operator(
        lambda a, t: f"(not {a[0]})",
        lambda z, a, t, code: z.Not(a[0]),
    ),
    "and": Operator(
        lambda a, t: f"({' and '.join(a)})",
        lambda z, a, t, code: z.And(a),
    ),
    "or": Operator(
        lambda a, t: f"({' or '.join(a)})",
        lambda z, a, t, code: z.Or(a),
    ),
    "ite": Operator(
        lambda a, t: f"({a[1]} if {a[0]} else {a[2]})",
        lambda z, a, t, code: z.If(a[0], a[1], a[2]),
    ),
    "eq": Operator(
        lambda a, t: f"({a[0]} == {a[1]})",
        lambda z, a, t, code: a[0] == a[1],
    ),
    "in": Operator(
        lambda a, t: f"({a[0]} in {_values(t)})",
        _member,
    ),
    "lookup": Operator(
        lambda a, t: f"{dict(t.value)!r}[{a[0]}]",
        _lookup,
    ),
    "add": Operator(
        lambda a, t: f"min({a[0]} + {a[1]}, {t.sort.values[-1]})",
        _add,
    ),
    "le": Operator(
        lambda a, t: f"({a[0]} <= {a[1]})",
        lambda z, a, t, code: z.ULE(a[0], a[1]),
    ),
}
