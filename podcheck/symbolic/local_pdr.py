"""Property directed reachability one container at a time.

Most of what makes a state unreachable is about one container and the pod itself.  So a cube is
first asked about on transitions that follow the pod's variables and those of one container
only, and let everything else have any value at any time: such a transition is small however
many containers the pod has, and what it excludes is excluded in the whole system.

Containers that the system does not tell apart share one engine: swapping two of them maps runs
to runs, so what is excluded for one is excluded, renamed, for each of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from podcheck.symbolic.container_symmetry import Classes
from podcheck.symbolic.cubes import Cube, includes
from podcheck.symbolic.pdr import Pdr
from podcheck.symbolic.smt_solver import GaveUpError

QUESTIONS = 2_000  # to the solver, for one cube in one frame

Told = Callable[[Cube, int | None], None]
MakeEngine = Callable[[str, Told], Pdr]


class LocalEngines:
    """An engine for the pod alone, and one for each class of containers, made when first asked.

    Whom they help asks for what is ``news``, rather than being called: so no two of them refer to
    each other, and their solvers' memory is freed as soon as they are done with.
    """

    def __init__(self, classes: Classes, make: MakeEngine) -> None:
        self._classes = classes
        self._news: list[tuple[Cube, int | None]] = []
        self._make = make
        self._engines: dict[str, Pdr] = {}
        self._reached: dict[str, list[tuple[int, Cube]]] = {}  # parts that a run may come to

    def block(self, cube: Cube, level: int) -> bool:
        """Exclude the cube from a frame; false if no container by itself does."""
        return any(self._blocks(c, cube, level) for c in ("", *self._classes.about(cube)))

    def _blocks(self, container: str, cube: Cube, level: int) -> bool:
        first = self._classes.first(container)
        part = self._classes.limited(cube, container)
        if not part:
            return False
        engine = self._engine(first)
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
        for engine in self._engines.values():
            for cube, level in engine.excluded():
                for copy in self._classes.copies(cube):
                    yield copy, level

    def news(self) -> list[tuple[Cube, int | None]]:
        """What they exclude since this was last asked, for every container of each class."""
        found = self._news.copy()
        self._news.clear()
        return found

    def _engine(self, first: str) -> Pdr:
        found = self._engines.get(first)
        if found is None:
            classes, news = self._classes, self._news

            def told(cube: Cube, level: int | None) -> None:
                news.extend((copy, level) for copy in classes.copies(cube))

            found = self._engines[first] = self._make(first, told)
            self._reached[first] = []
        return found
