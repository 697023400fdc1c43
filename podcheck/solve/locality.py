"""Property directed reachability one container at a time.

Most of what makes a state unreachable is about one container and the pod itself.  So a cube is
first asked about on transitions that follow the pod's variables and those of one container
only, and let everything else have any value at any time: such a transition is small however
many containers the pod has, and what it excludes is excluded in the whole system.

Containers that the system does not tell apart share one engine: swapping two of them maps runs
to runs, so what is excluded for one is excluded, renamed, for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from podcheck.model.system import Variable
from podcheck.solve.check import GaveUpError
from podcheck.solve.cubes import Cube, cube_of, includes, restricted
from podcheck.solve.pdr import Pdr

QUESTIONS = 2_000  # to the solver, for one cube in one frame

Told = Callable[[Cube, int | None], None]
MakeEngine = Callable[[str, Told], Pdr]


class LocalEngines:
    """An engine for the pod alone, and one for each class of containers, made when first asked."""

    def __init__(
        self, variables: Sequence[Variable], classes: Sequence[Sequence[str]], make: MakeEngine
    ) -> None:
        """``classes`` are interchangeable containers; the first of each stands for the others."""
        self.told: Told | None = None
        self._containers = [v.container for v in variables]
        self._make = make
        self._members = {members[0]: tuple(members) for members in classes}
        self._members[""] = ("",)
        self._first = {c: members[0] for members in self._members.values() for c in members}
        places = {(v.container, v.field): i for i, v in enumerate(variables)}
        # for each container, its variables' places to those of the first of its class, and back
        self._inward: dict[str, dict[int, int]] = {}
        self._outward: dict[str, dict[int, int]] = {}
        for container, first in self._first.items():
            pairs = [(i, places[first, f]) for (c, f), i in places.items() if c == container]
            self._inward[container] = dict(pairs)
            self._outward[container] = {b: a for a, b in pairs}
        self._engines: dict[str, Pdr] = {}
        self._reached: dict[str, list[tuple[int, Cube]]] = {}  # parts that a run may come to

    def block(self, cube: Cube, level: int) -> bool:
        """Exclude the cube from a frame; false if no container by itself does."""
        named = dict.fromkeys(self._containers[i] for i, _ in cube)
        return any(self._blocks(c, cube, level) for c in ("", *filter(None, named)))

    def _blocks(self, container: str, cube: Cube, level: int) -> bool:
        first = self._first[container]
        engine = self._engine(first)
        about = restricted(cube, frozenset(i for i, c in enumerate(self._containers)
                                           if c in ("", container)))  # fmt: skip
        part = _renamed(about, self._inward[container])
        if not part:
            return False
        if engine.is_blocked(part, level):
            return True
        reached = self._reached[first]
        if any(level >= depth and includes(part, known) for depth, known in reached):
            return False
        try:
            with engine.limited(QUESTIONS):
                if engine.block(part, level):
                    return True
        except GaveUpError:
            pass
        reached.append((level, part))
        return False

    def propagate(self, top: int) -> None:
        for engine in self._engines.values():
            engine.propagate(top)

    def is_empty(self, level: int) -> bool:
        return all(engine.is_empty(level) for engine in self._engines.values())

    def excluded(self) -> Iterator[tuple[Cube, int | None]]:
        """What the engines exclude, for every container of each class."""
        for first, engine in self._engines.items():
            for cube, level in engine.excluded():
                for copy in self._copies(first, cube):
                    yield copy, level

    def _engine(self, first: str) -> Pdr:
        found = self._engines.get(first)
        if found is None:

            def told(cube: Cube, level: int | None) -> None:
                if self.told is not None:
                    for copy in self._copies(first, cube):
                        self.told(copy, level)

            found = self._engines[first] = self._make(first, told)
            self._reached[first] = []
        return found

    def _copies(self, first: str, cube: Cube) -> Iterator[Cube]:
        """A cube about the first of a class, for each of its members."""
        if all(not self._containers[i] for i, _ in cube):
            yield cube
            return
        for member in self._members[first]:
            yield _renamed(cube, self._outward[member])


def _renamed(cube: Cube, places: dict[int, int]) -> Cube:
    return cube_of({places.get(index, index): mask for index, mask in cube})
