"""Which inputs can matter in a state: a condition over the state, for each input.

An input matters where the guard or some update's value may change with it.  The conditions
are a sound over-approximation built from the terms' structure: where one is false, no value of the
input makes a difference, so a search need not try them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from podcheck.core import terms as t
from podcheck.core.system import Action
from podcheck.core.terms import FALSE, TRUE, Term


def sensitivity(action: Action) -> dict[str, Term]:
    """For each input of an action, the states in which it can matter."""
    roots = [action.guard, *action.updates.values()]
    order = t.walk(roots)
    inputs = {i.name for i in action.inputs}
    carries: dict[str, list[Term]] = {name: [] for name in inputs}  # by input, in order
    for term in order:
        for name in t.variables([term]) & inputs:
            carries[name].append(term)
    carrying = {term for terms in carries.values() for term in terms}
    found = {}
    for name in inputs:
        where = _where(carries[name], name, carrying)
        found[name] = t.or_(*(where.get(r, FALSE) for r in roots))
    return {i.name: found[i.name] for i in action.inputs}


def _where(order: Iterable[Term], name: str, carrying: Collection[Term]) -> dict[Term, Term]:
    """Where the input can change the terms that read it; it changes no others."""
    where: dict[Term, Term] = {}
    for term in order:
        below = [where.get(a, FALSE) for a in term.args]
        if term.op == "var":
            where[term] = TRUE if term.value == name else FALSE
        elif term.op in ("and", "or"):
            # an input-free argument that already decides the value masks the others
            free = [a for a in term.args if a not in carrying]
            masks = free if term.op == "and" else [t.not_(a) for a in free]
            where[term] = t.and_(*masks, t.or_(*below))
        elif term.op == "ite" and term.args[0] not in carrying:
            cond = term.args[0]
            where[term] = t.or_(t.and_(cond, below[1]), t.and_(t.not_(cond), below[2]))
        else:
            where[term] = t.or_(*below)
    return where
