"""The same cube about another container.

`Classes`: containers that the system does not tell apart.  Swapping two of them maps runs to runs,
so what is excluded of one is excluded, renamed, of each of them.

`Copies`: containers that are much alike, though not interchangeable.  That what is excluded of
one is excluded of another too is a guess there.  It costs one question; to find the same cube
from the start costs fifty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from podcheck.core.system import Variable
from podcheck.symbolic.cubes import Cube, cube_of


class Classes:
    """The containers of a system in classes of interchangeable ones.

    The first of each class stands for the others.  ``members`` has, by the first, all of a class;
    ``""`` stands for the pod itself.
    """

    def __init__(self, variables: Sequence[Variable], classes: Sequence[Sequence[str]]) -> None:
        self.members = {"": ("",)} | {members[0]: tuple(members) for members in classes}
        self._containers = [v.container for v in variables]
        self._first = {c: first for first, members in self.members.items() for c in members}
        places = {(v.container, v.field): i for i, v in enumerate(variables)}
        # for each container, its variables' places to those of the first of its class, and back
        self._inward: dict[str, dict[int, int]] = {}
        self._outward: dict[str, dict[int, int]] = {}
        for container, first in self._first.items():
            pairs = [(i, places[first, f]) for (c, f), i in places.items() if c == container]
            self._inward[container] = dict(pairs)
            self._outward[container] = {b: a for a, b in pairs}

    def about(self, cube: Cube) -> tuple[str, ...]:
        """The containers of which a cube speaks."""
        named = dict.fromkeys(self._containers[index] for index, _ in cube)
        return tuple(filter(None, named))

    def first(self, container: str) -> str:
        """The container that stands for this one."""
        return self._first[container]

    def limited(self, cube: Cube, container: str) -> Cube:
        """What a cube says of one container and the pod, said of the first of its class."""
        about = tuple(p for p in cube if self._containers[p[0]] in ("", container))
        return _renamed(about, self._inward[container])

    def canonical(self, cube: Cube) -> Cube:
        """One for all cubes that differ only in which container of a class they are about."""
        about = self.about(cube)
        return self.limited(cube, about[0]) if len(about) == 1 else cube

    def copies(self, cube: Cube) -> Iterator[Cube]:
        """The cubes that a canonical one stands for."""
        about = self.about(cube)
        if len(about) != 1:
            yield cube
            return
        for member in self.members[about[0]]:
            yield _renamed(cube, self._outward[member])


def _renamed(cube: Cube, places: dict[int, int]) -> Cube:
    return cube_of({places.get(index, index): mask for index, mask in cube})


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
