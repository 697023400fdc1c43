"""Terms with some of their variables replaced, folded where they become constant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podcheck.model import terms as t
from podcheck.model.terms import Term


def replaced(roots: Iterable[Term], by_name: Mapping[str, Term]) -> dict[Term, Term]:
    """Each root, and each term below one, as it is with the named variables replaced."""
    new: dict[Term, Term] = {}
    for term in t.walk(list(roots)):
        if term.op == "var":
            new[term] = by_name.get(term.value, term)
        else:
            args = tuple(new[a] for a in term.args)
            new[term] = term if args == term.args else _folded(term, args)
    return new


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
