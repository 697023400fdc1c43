"""States as whole numbers: a field for each variable, in it a small number for its value.

Of such a state a projection is one `and` with a mask, and what an action makes of it is one `and`
and one `or`; each takes a fraction of what it takes on tuples of values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import getitem
from struct import pack, unpack
from typing import Any

from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Sort, Term, Value, rebuilt, walk
from podcheck.explicit.interpreter import State

Packed = int
NARROW, WIDE = 1, 4  # bytes of a field


class Packing:
    """The fields of one system's states, and its terms with numbers in place of values.

    A truth value and a count stand for themselves, any other value is its position in its sort.
    All fields have one byte, or four if some count may need more than one.
    """

    def __init__(self, system: TransitionSystem) -> None:
        sorts = [v.sort for v in system.variables]
        self.width = 8 * (NARROW if all(map(_is_small, sorts)) else WIDE)
        self.full: Packed = (1 << self.width * len(sorts)) - 1
        self._size = self.width * len(sorts) // 8
        self._words = f"<{len(sorts)}I"
        self._counts: Any = range(1 << self.width)  # each stands for itself
        self._values = [self._counts if s.kind == "count" else s.values for s in sorts]
        self._positions: dict[Sort, dict[Value, int]] = {}
        self._numbers = [self.numbers(sort) for sort in sorts]
        field = (1 << self.width) - 1
        self._bits = {v.name: field << self.width * n for n, v in enumerate(system.variables)}

    # ---- states ----------------------------------------------------------------------------

    def pack(self, state: State) -> Packed:
        return self.joined(
            [numbers[value] for numbers, value in zip(self._numbers, state, strict=True)]
        )

    def unpack(self, packed: Packed) -> State:
        return tuple(map(getitem, self._values, self.fields(packed)))

    def fields(self, packed: Packed) -> Sequence[int]:
        """The numbers of a state, by the variables' places."""
        data = packed.to_bytes(self._size, "little")
        return data if self.width == 8 * NARROW else unpack(self._words, data)

    def joined(self, fields: Sequence[int]) -> Packed:
        """The state with those numbers.  More numbers than the state has fields go above it."""
        if self.width == 8 * NARROW:
            return int.from_bytes(bytes(fields), "little")
        return int.from_bytes(pack(f"<{len(fields)}I", *fields), "little")

    def mask(self, names: Iterable[str]) -> Packed:
        """The bits of some variables; what is no variable is passed over."""
        found = 0
        for name in names:
            found |= self._bits.get(name, 0)
        return found

    # ---- terms -----------------------------------------------------------------------------

    def numbered(self, roots: Sequence[Term]) -> list[Term]:
        """The same terms with numbers in place of values."""
        new: dict[Term, Term] = {}
        for term in walk(list(roots)):
            new[term] = self._term(term, tuple(new[a] for a in term.args))
        return [new[root] for root in roots]

    def _term(self, term: Term, args: tuple[Term, ...]) -> Term:
        value = term.value
        if term.op == "const":
            value = self._constant(term.sort, value)
        elif term.op == "in":
            value = frozenset(self._constant(term.args[0].sort, v) for v in value)
        elif term.op == "lookup":
            read = term.args[0].sort
            value = tuple((self._constant(read, k), self._constant(term.sort, v)) for k, v in value)
        sort = term.sort
        if _has_positions(sort):
            sort = Sort(sort.name, "number", range(len(sort.values)))
        return rebuilt(term.op, args, sort, value)

    def _constant(self, sort: Sort, value: Value) -> Value:
        return self.numbers(sort)[value] if _has_positions(sort) else value

    def numbers(self, sort: Sort) -> Mapping[Value, int]:
        """The number that stands for each of a sort's values."""
        if sort.kind == "count":
            counts: Mapping[Value, int] = self._counts
            return counts
        if sort not in self._positions:
            self._positions[sort] = {value: n for n, value in enumerate(sort.values)}
        return self._positions[sort]


def _has_positions(sort: Sort) -> bool:
    """Does a position stand for a value of the sort, not the value itself?"""
    return sort.kind not in ("bool", "count", "text")


def _is_small(sort: Sort) -> bool:
    """Does a byte hold each value's number?"""
    if sort.kind == "count":
        return bool(sort.values) and int(sort.values[-1]) < 256
    return len(sort.values) <= 256
