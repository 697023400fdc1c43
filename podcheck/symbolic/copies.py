"""The same cube about another container: a guess at what else is not reached.

Containers are much alike even where they are not interchangeable, and so is what they can't
do.  A guess costs one question; to find the same cube from the start costs fifty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from podcheck.core.system import Variable
from podcheck.symbolic.cubes import Cube, cube_of


class Copies:
    """Cubes over some of the variables, with one container's name in the place of another's."""

    def __init__(self, variables: Sequence[Variable], visible: Iterable[int]) -> None:
        self._variables = variables
        self._places = {(variables[i].container, variables[i].field): i for i in visible}
        self._containers = list(dict.fromkeys(c for c, _ in self._places if c))

    def of(self, cube: Cube) -> Iterator[Cube]:
        """The cube with another container in the place of one it is about."""
        about = {self._variables[index].container for index, _ in cube}
        named = [c for c in self._containers if c in about]
        others = [c for c in self._containers if c not in about]
        for container in named:
            for other in others:
                copy = self._renamed(cube, container, other)
                if copy is not None:
                    yield copy

    def _renamed(self, cube: Cube, container: str, other: str) -> Cube | None:
        """None if the other container has no such variables."""
        masks: dict[int, int] = {}
        for index, mask in cube:
            variable = self._variables[index]
            place = index
            if variable.container == container:
                found = self._places.get((other, variable.field))
                if found is None or self._variables[found].sort != variable.sort:
                    return None
                place = found
            masks[place] = mask
        return cube_of(masks)
