"""The operator table of the exports: each operator as SMT-LIB 2 and as Promela.

It stands beside ``core/operators.py``; a test evaluates every operator in all readings.
Values are numbers (``values.py``): bit-vectors in SMT-LIB, plain integers in Promela.  An
argument of ``in``, ``lookup`` or ``add`` may be written several times, so it is a name or a
constant when it gets here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from podcheck.core.terms import Sort, Term, Value

Literal = Callable[[Sort, Value], str]  # the text of a constant
Meaning = Callable[[list[str], Term, Literal], str]  # texts of the arguments, the term
REPEATS_ARGUMENTS = ("in", "lookup", "add")


class Operator(NamedTuple):
    smt: Meaning
    promela: Meaning


def _members(a: list[str], t: Term, literal: Literal, equal: str) -> list[str]:
    """An equality for each value of a membership, in the order of the sort."""
    sort: Sort = t.args[0].sort
    ordered = sorted(t.value, key=repr) if sort.kind == "text" else sort.values
    return [equal.format(a[0], literal(sort, v)) for v in ordered if v in t.value]


def _smt_in(a: list[str], t: Term, literal: Literal) -> str:
    found = _members(a, t, literal, "(= {} {})")
    return found[0] if len(found) == 1 else f"(or {' '.join(found)})"


def _promela_in(a: list[str], t: Term, literal: Literal) -> str:
    return f"({' || '.join(_members(a, t, literal, '{} == {}'))})"


def _table(a: list[str], t: Term, literal: Literal, test: str) -> str:
    """A lookup as tests one after the other; what most keys lead to comes last, untested."""
    sort: Sort = t.args[0].sort
    targets = [v for _, v in t.value]
    last = max(dict.fromkeys(targets), key=targets.count)
    rest = [(k, v) for k, v in t.value if v != last]
    opened = [test.format(a[0], literal(sort, k), literal(t.sort, v)) for k, v in rest]
    return "".join(opened) + literal(t.sort, last) + ")" * len(rest)


def _smt_add(a: list[str], t: Term, literal: Literal) -> str:
    total, top = f"(bvadd {a[0]} {a[1]})", literal(t.sort, t.sort.values[-1])
    overflow = f"(or (bvult {total} {a[0]}) (bvugt {total} {top}))"
    return f"(ite {overflow} {top} {total})"


def _promela_add(a: list[str], t: Term, literal: Literal) -> str:
    total, top = f"{a[0]} + {a[1]}", literal(t.sort, t.sort.values[-1])
    return f"({total} > {top} -> {top} : {total})"


OPERATORS: dict[str, Operator] = {
    "not": Operator(
        lambda a, t, literal: f"(not {a[0]})",
        lambda a, t, literal: f"!{a[0]}",
    ),
    "and": Operator(
        lambda a, t, literal: f"(and {' '.join(a)})",
        lambda a, t, literal: f"({' && '.join(a)})",
    ),
    "or": Operator(
        lambda a, t, literal: f"(or {' '.join(a)})",
        lambda a, t, literal: f"({' || '.join(a)})",
    ),
    "ite": Operator(
        lambda a, t, literal: f"(ite {a[0]} {a[1]} {a[2]})",
        lambda a, t, literal: f"({a[0]} -> {a[1]} : {a[2]})",
    ),
    "eq": Operator(
        lambda a, t, literal: f"(= {a[0]} {a[1]})",
        lambda a, t, literal: f"({a[0]} == {a[1]})",
    ),
    "in": Operator(
        _smt_in,
        _promela_in,
    ),
    "lookup": Operator(
        lambda a, t, literal: _table(a, t, literal, "(ite (= {} {}) {} "),
        lambda a, t, literal: _table(a, t, literal, "({} == {} -> {} : "),
    ),
    "add": Operator(
        _smt_add,
        _promela_add,
    ),
    "le": Operator(
        lambda a, t, literal: f"(bvule {a[0]} {a[1]})",
        lambda a, t, literal: f"({a[0]} <= {a[1]})",
    ),
}
