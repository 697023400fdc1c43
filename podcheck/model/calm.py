"""A system without races: what Kubernetes leaves to timing takes its usual outcome.

A claim that assumes no races asks about this system only, and without the races it depends on
fewer variables.
"""

from __future__ import annotations

from podcheck.model import terms as t
from podcheck.model.system import TransitionSystem
from podcheck.model.terms import Term


def calm(system: TransitionSystem) -> TransitionSystem:
    """The system with every race decided: each such input has its first value."""
    usual = {
        i.name: t.const(i.sort, i.sort.values[0]) for i in system.sync.inputs if i.role == "race"
    }
    if not usual:
        return system
    new: dict[Term, Term] = {}
    for term in t.walk(list(system.sync.updates.values())):
        if term.op == "var":
            new[term] = usual.get(term.value, term)
        else:
            args = tuple(new[a] for a in term.args)
            new[term] = term if args == term.args else _folded(term, args)
    updates = {n: new[u] for n, u in system.sync.updates.items()}
    inputs = tuple(i for i in system.sync.inputs if i.name not in usual)
    return system._replace(sync=system.sync._replace(updates=updates, inputs=inputs))


def _folded(term: Term, args: tuple[Term, ...]) -> Term:
    """The node with other arguments, made anew, so that it folds."""
    match term.op:
        case "and":
            return t.and_(*args)
        case "or":
            return t.or_(*args)
        case "not":
            return t.not_(args[0])
        case "ite":
            return t.ite(args[0], args[1], args[2])
        case "eq":
            return t.eq(args[0], args[1])
        case "in":
            return t.member(args[0], term.value)
        case "lookup":
            return t.lookup(args[0], dict(term.value), term.sort)
        case "add":
            return t.add(args[0], args[1])
        case "le":
            return t.le(args[0], args[1])
        case _:
            return t.rebuilt(term.op, args, term.sort, term.value)
