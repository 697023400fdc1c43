"""Values of finite sorts as numbers: a value's number is its position in its sort."""

from __future__ import annotations

from podcheck.core.terms import Sort, Value

TEXT_WIDTH = 16  # bits; 65,536 different words


class Numbering:
    """The numbers of one export.  Words (sort ``text``) are numbered as they are met."""

    def __init__(self) -> None:
        self._positions: dict[Sort, dict[Value, int]] = {}
        self._words: dict[str, int] = {}

    def width(self, sort: Sort) -> int:
        """Bits of a value of the sort; 0 stands for a Boolean."""
        if sort.kind == "bool":
            return 0
        if sort.kind == "text":
            return TEXT_WIDTH
        return max(1, (len(sort.values) - 1).bit_length())

    def top(self, sort: Sort) -> int:
        """The largest number that stands for a value of the sort."""
        return (1 << TEXT_WIDTH if sort.kind == "text" else len(sort.values)) - 1

    def position(self, sort: Sort, value: Value) -> int:
        """The number that stands for the value."""
        if sort.kind == "text":
            return self._words.setdefault(str(value), len(self._words))
        positions = self._positions.get(sort)
        if positions is None:
            positions = self._positions[sort] = {v: i for i, v in enumerate(sort.values)}
        return positions[value]


def legend(sort: Sort) -> str:
    """What the numbers of a sort stand for, in one line: ``0 Pending, 1 Running``."""
    if sort.kind == "bool":
        return "a Boolean"
    if [*sort.values] == [*range(len(sort.values))]:
        return f"0 to {len(sort.values) - 1}"
    return ", ".join(f"{i} {v}" for i, v in enumerate(sort.values))
