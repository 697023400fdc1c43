"""Terms with other leaves, built anew so that they fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podcheck.core import terms as t
from podcheck.core.terms import Term


def substituted(
    roots: Sequence[Term], leaves: Mapping[str, Term], known: dict[Term, Term] | None = None
) -> dict[Term, Term]:
    """Every term below the roots with the variables of those names replaced.

    A term that does not change is the same object.  ``known`` holds what was found for the same
    leaves before, and gets what is found now.
    """
    new: dict[Term, Term] = {} if known is None else known
    for term in t.walk(list(roots), new):
        if term.op == "var":
            new[term] = leaves.get(term.value, term)
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
