"""Cubes: sets of states in which each of some variables is limited to some of its values.

A cube is written as pairs of a variable's index and its values as a mask of bits: bit *n* of
``5`` is the *n*-th value of the variable's sort.  The pairs stand in the order of the indexes;
a variable that is left out may have any value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from podcheck.core.system import Variable
from podcheck.core.terms import Sort, Term, Value, member, not_, or_, var

Cube = tuple[tuple[int, int], ...]
Positions = Sequence[int]  # a state: for each variable the position of its value in its sort


def cube_of(masks: Mapping[int, int]) -> Cube:
    return tuple(sorted(masks.items()))


def includes(wide: Cube, narrow: Cube) -> bool:
    """Is every state of ``narrow`` one of ``wide``?"""
    masks = dict(narrow)
    return all(index in masks and not masks[index] & ~mask for index, mask in wide)


def contains(cube: Cube, state: Positions | Mapping[int, int]) -> bool:
    return all(mask >> state[index] & 1 for index, mask in cube)


def without(cube: Cube, state: Positions | Mapping[int, int]) -> list[Cube]:
    """The largest cubes in a cube that don't hold one of its states."""
    kept = ((index, mask & ~(1 << state[index])) for index, mask in cube)
    return [cube_of({**dict(cube), index: mask}) for index, mask in kept if mask]


def full_mask(variable: Variable) -> int:
    return (1 << len(variable.sort.values)) - 1


def bits(mask: int) -> Iterator[int]:
    """The bits of a mask, each alone."""
    while mask:
        yield mask & -mask
        mask &= mask - 1


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
