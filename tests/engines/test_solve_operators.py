"""Every operator of the table, both ways, on all values of small sorts."""

from __future__ import annotations

import itertools

import pytest
from sample_terms import COUNTS, TERMS
from solve_explicit import value

from podcheck.core.operators import OPERATORS
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import (
    TRUE,
    Term,
    add,
    const,
    le,
    var,
    variables,
    walk,
)
from podcheck.symbolic.session import Workspace
from podcheck.symbolic.templates import Templates

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
