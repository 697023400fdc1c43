"""Cubes: sets of states in which each of some variables is limited to some of its values.

A cube is written as pairs of a variable's index and its values as a mask of bits: bit *n* of
``5`` is the *n*-th value of the variable's sort.  The pairs stand in the order of the indexes;
a variable that is left out may have any value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from podcheck.model.system import Variable
from podcheck.model.terms import Sort, Term, Value, member, not_, or_, var

Cube = tuple[tuple[int, int], ...]
Positions = Sequence[int]  # a state: for each variable the position of its value in its sort


def cube_of(masks: Mapping[int, int]) -> Cube:
    return tuple(sorted(masks.items()))


def includes(wide: Cube, narrow: Cube) -> bool:
    """Is every state of ``narrow`` one of ``wide``?"""
    masks = dict(narrow)
    return all(index in masks and not masks[index] & ~mask for index, mask in wide)


def contains(cube: Cube, state: Positions) -> bool:
    return all(mask >> state[index] & 1 for index, mask in cube)


def restricted(cube: Cube, indexes: frozenset[int]) -> Cube:
    """The cube of what the cube says of those variables: it has all its states, and more."""
    return tuple(pair for pair in cube if pair[0] in indexes)


def full_mask(variable: Variable) -> int:
    return (1 << len(variable.sort.values)) - 1


def values_of(variable: Variable, mask: int) -> list[Value]:
    return [v for n, v in enumerate(variable.sort.values) if mask >> n & 1]


def clause(cube: Cube, variables: Sequence[Variable]) -> Term:
    """The condition that a state is not in the cube."""
    parts = []
    for index, mask in cube:
        variable = variables[index]
        inside = frozenset(values_of(variable, mask))
        parts.append(not_(member(var(variable.name, variable.sort), inside)))
    return or_(*parts)


def positions(variables: Iterable[Variable], values: Mapping[str, Value]) -> tuple[int, ...]:
    """A state from values by name; other names are passed over."""
    return tuple(_places(v.sort)[values[v.name]] for v in variables)


@cache
def _places(sort: Sort) -> dict[Value, int]:
    return {value: place for place, value in enumerate(sort.values)}
