"""Every operator of the table, both ways, on all values of small sorts."""

from __future__ import annotations

import itertools

import pytest
from solve_explicit import value

from podcheck.core.operators import OPERATORS
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    TEXT,
    TRUE,
    Sort,
    Term,
    add,
    and_,
    const,
    eq,
    ite,
    le,
    lookup,
    member,
    not_,
    or_,
    var,
    variables,
    walk,
)
from podcheck.symbolic.session import Workspace
from podcheck.symbolic.templates import Templates

COLOUR = Sort("colour", "enum", ("red", "green", "blue"))
ONE = Sort("one", "enum", ("only",))
CODE = Sort("code", "code", (0, 1, 137, 143, 255))
COUNTS = [Sort(f"up to {n}", "count", tuple(range(n + 1))) for n in (1, 2, 3, 4, 6)]
A, B, C = var("a", BOOL), var("b", BOOL), var("c", BOOL)
X, Y = var("x", COLOUR), var("y", COLOUR)
P, Q = var("p", CODE), var("q", CODE)

TERMS: list[Term] = [
    not_(A),
    and_(A, B, C),
    or_(A, B, C),
    ite(A, B, C),
    ite(A, X, Y),
    eq(A, B),
    eq(X, Y),
    eq(P, Q),
    eq(var("o", ONE), const(ONE, "only")),
    member(X, frozenset(("red", "blue"))),
    member(P, frozenset((1, 143, 255))),
    lookup(X, {"red": 1, "green": 137, "blue": 1}, CODE),
    lookup(X, {"red": "Error", "green": "Completed", "blue": "Error"}, TEXT),
    le(P, const(CODE, 137)),
    le(const(CODE, 1), Q),
]
for sort in COUNTS:
    n, m = var("n", sort), var("m", sort)
    TERMS += [add(n, m), add(n, const(sort, 1)), le(n, m), le(n, const(sort, 1))]


@pytest.mark.parametrize("term", TERMS, ids=repr)
def test_both_meanings_agree(term: Term) -> None:
    leaves = {t.value: t.sort for t in walk([term]) if t.op == "var"}
    names = [n for n in leaves if n in variables([term])]
    declared = tuple(Variable(n, leaves[n], leaves[n].values[0], "", n) for n in names)
    sync = Action("sync", "", "", "", TRUE, (), {})
    system = TransitionSystem("values", declared, sync, ())
    encoder = Workspace().encoder
    machine = Templates(system, frozenset(names), encoder)
    for values in itertools.product(*(leaves[n].values for n in names)):
        named = dict(zip(names, values, strict=True))
        result = machine.arena.number(machine.holds(term, machine.state(named)))
        assert result is not None
        assert encoder.value(term.sort, result) == value(term, named)


def test_every_operator_is_covered() -> None:
    used = {t.op for t in walk(TERMS)} - {"var", "const"}
    assert used == set(OPERATORS)
