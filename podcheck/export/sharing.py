"""Which sub-terms of a directed acyclic graph get a name, so that its text stays linear."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from podcheck.core.terms import Sort, Term, walk
from podcheck.export.operators import REPEATS_ARGUMENTS

DEEPEST = 30  # brackets in one another; what is nested deeper gets a name


class Named(NamedTuple):
    """One named sub-term.  ``level`` is one more than that of the names its text uses."""

    name: str
    sort: Sort
    text: str
    level: int


class Printed(NamedTuple):
    """Some terms as texts: what must be named before, in order, and then a text for each."""

    names: tuple[Named, ...]
    texts: dict[Term, str]

    def levels(self) -> list[list[Named]]:
        """The names in groups; a group uses the names of earlier groups only."""
        groups: list[list[Named]] = [
            [] for _ in range(1 + max((n.level for n in self.names), default=-1))
        ]
        for named in self.names:
            groups[named.level].append(named)
        return groups


def printed(
    roots: Sequence[Term], text: Callable[[Term, list[str]], str], name: Callable[[int], str]
) -> Printed:
    """The texts of the roots: ``text(term, arguments)`` prints one node, ``name`` the n-th name."""
    order = walk(list(roots))
    named = _to_name(order, roots)
    names: list[Named] = []
    texts: dict[Term, str] = {}
    levels: dict[Term, int] = {}
    for term in order:
        texts[term] = text(term, [texts[a] for a in term.args])
        levels[term] = max((levels[a] for a in term.args), default=0)
        if term in named:
            names.append(Named(name(len(names)), term.sort, texts[term], levels[term]))
            texts[term] = names[-1].name
            levels[term] += 1
    return Printed(tuple(names), texts)


def _to_name(order: Sequence[Term], roots: Sequence[Term]) -> set[Term]:
    """What is used twice, what an operator writes several times, and what is nested deeply."""
    uses: dict[Term, int] = dict(Counter(roots))
    for term in order:
        for a in term.args:
            uses[a] = uses.get(a, 0) + (2 if term.op in REPEATS_ARGUMENTS else 1)
    found: set[Term] = set()
    depths: dict[Term, int] = {}
    for term in order:
        depths[term] = 1 + max((depths[a] for a in term.args), default=0)
        if term.args and (uses.get(term, 0) > 1 or depths[term] > DEEPEST):
            found.add(term)
            depths[term] = 0
    return found
