"""Which inputs can matter in a state: a condition over the state, for each input.

An input matters where the guard or some update's value may change with it.  The conditions
are a sound over-approximation built from the terms' structure: where one is false, no value of the
input makes a difference, so a search need not try them.
"""

from __future__ import annotations

from collections.abc import Iterable

from podcheck.model import terms as t
from podcheck.model.system import Action
from podcheck.model.terms import FALSE, TRUE, Term


def sensitivity(action: Action) -> dict[str, Term]:
    """For each input of an action, the states in which it can matter."""
    roots = [action.guard, *action.updates.values()]
    order = t.walk(roots)
    inputs = {i.name for i in action.inputs}
    carries: dict[Term, bool] = {}
    for term in order:
        own = term.op == "var" and term.value in inputs
        carries[term] = own or any(carries[a] for a in term.args)
    found = {}
    for name in inputs:
        where = _where(order, name, carries)
        found[name] = t.or_(*(where[r] for r in roots))
    return {i.name: found[i.name] for i in action.inputs}


def _where(order: Iterable[Term], name: str, carries: dict[Term, bool]) -> dict[Term, Term]:
    where: dict[Term, Term] = {}
    for term in order:
        if term.op == "var":
            where[term] = TRUE if term.value == name else FALSE
        elif not any(where[a] is not FALSE for a in term.args):
            where[term] = FALSE
        elif term.op in ("and", "or"):
            # an input-free argument that already decides the value masks the others
            masks = [a if term.op == "and" else t.not_(a) for a in term.args if not carries[a]]
            where[term] = t.and_(*masks, t.or_(*(where[a] for a in term.args)))
        elif term.op == "ite" and not carries[term.args[0]]:
            cond, then, other = term.args
            where[term] = t.or_(t.and_(cond, where[then]), t.and_(t.not_(cond), where[other]))
        else:
            where[term] = t.or_(*(where[a] for a in term.args))
    return where
