"""States that are known to be reachable: no cube that holds one of them can be excluded."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.system import Variable
from podcheck.symbolic.cubes import Cube, cube_of


class KnownStates:
    """A set of states, asked by cubes.

    For each value of each variable there is a mask of the states that have it, so that a
    question costs a few operations on whole numbers however many states there are.
    """

    def __init__(self, variables: Sequence[Variable], states: Sequence[Sequence[int]]) -> None:
        self.states: list[tuple[int, ...]] = []
        self._having = [[0] * len(v.sort.values) for v in variables]
        self._all = 0
        self.add(states)

    def add(self, states: Sequence[Sequence[int]]) -> None:
        """Know more states; they come after those known already."""
        for number, state in enumerate(states, len(self.states)):
            for index, position in enumerate(state):
                self._having[index][position] |= 1 << number
        self.states += [tuple(s) for s in states]
        self._all = (1 << len(self.states)) - 1

    def within(self, cube: Cube) -> int:
        """The states of the cube, as a mask over :attr:`states`."""
        found = self._all
        for index, mask in cube:
            having = self._having[index]
            some = 0
            position = 0
            while mask:
                if mask & 1:
                    some |= having[position]
                mask >>= 1
                position += 1
            found &= some
            if not found:
                return 0
        return found

    def first_within(self, cube: Cube) -> int | None:
        """The place of the first of the states that the cube holds; None: it holds none."""
        found = self.within(cube)
        return (found & -found).bit_length() - 1 if found else None

    def apart(self, kept: Cube, cube: Cube) -> Cube:
        """``kept`` with as many pairs of ``cube`` more as it takes to hold none of the states.

        ``cube``, of which ``kept`` is a part, holds none.
        """
        found = self.within(kept)
        while found:
            first = self.states[(found & -found).bit_length() - 1]
            index, mask = next((i, m) for i, m in cube if not m >> first[i] & 1)
            kept = cube_of({**dict(kept), index: mask})
            found = self.within(kept)
        return kept
