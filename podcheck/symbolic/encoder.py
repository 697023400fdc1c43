"""Terms as z3 nodes: the symbolic reading of the operator table.

A value of a finite sort is its position in the sort, as a bit-vector of the least width
(Bool for Booleans), so the order in which a search tries values is the order of numbers.
Words (sort ``text``) are numbered as they are met.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from podcheck.core.operators import OPERATORS
from podcheck.core.terms import Sort, Term, Value, walk
from podcheck.symbolic.z3_context import Arena, array
from podcheck.symbolic.z3_library import Ast, z3core

TEXT_WIDTH = 16  # bits; 65,536 different words


class Node:
    """An operand in the operator table: ``==`` and ``+`` build nodes, as they do in z3."""

    __slots__ = ("arena", "ast")

    def __init__(self, arena: Arena, ast: Ast) -> None:
        self.arena = arena
        self.ast = ast

    def __eq__(self, other: object) -> Any:
        assert isinstance(other, Node)
        return Node(self.arena, self.arena.eq(self.ast, other.ast))

    def __add__(self, other: Node) -> Node:
        arena = self.arena
        return Node(arena, arena.keep(z3core.Z3_mk_bvadd(arena.ref, self.ast, other.ast)))

    __hash__ = None  # type: ignore[assignment]


class Dialect:
    """The part of the z3 module that the operator table speaks, over :class:`Node`."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena

    def _wrap(self, ast: Ast) -> Node:
        return Node(self._arena, self._arena.keep(ast))

    def Not(self, a: Node) -> Node:  # noqa: N802  (z3's name)
        return self._wrap(z3core.Z3_mk_not(self._arena.ref, a.ast))

    def And(self, nodes: Sequence[Node]) -> Node:  # noqa: N802  (z3's name)
        asts = array([n.ast for n in nodes])
        return self._wrap(z3core.Z3_mk_and(self._arena.ref, len(asts), asts))

    def Or(self, *nodes: Any) -> Node:  # noqa: N802  (z3's name)
        items = nodes[0] if isinstance(nodes[0], list) else nodes
        asts = array([n.ast for n in items])
        return self._wrap(z3core.Z3_mk_or(self._arena.ref, len(asts), asts))

    def If(self, a: Node, b: Node, c: Node) -> Node:  # noqa: N802  (z3's name)
        return self._wrap(z3core.Z3_mk_ite(self._arena.ref, a.ast, b.ast, c.ast))

    def ULE(self, a: Node, b: Node) -> Node:  # noqa: N802  (z3's name)
        return self._wrap(z3core.Z3_mk_bvule(self._arena.ref, a.ast, b.ast))

    def ULT(self, a: Node, b: Node) -> Node:  # noqa: N802  (z3's name)
        return self._wrap(z3core.Z3_mk_bvult(self._arena.ref, a.ast, b.ast))

    def UGT(self, a: Node, b: Node) -> Node:  # noqa: N802  (z3's name)
        return self._wrap(z3core.Z3_mk_bvugt(self._arena.ref, a.ast, b.ast))


class Encoder:
    """Encodes sorts, values and terms in one arena; every term once."""

    def __init__(self, arena: Arena) -> None:
        self.arena = arena
        self._dialect = Dialect(arena)
        self._terms: dict[Term, Node] = {}
        self._positions: dict[Sort, dict[Value, int]] = {}
        self._words: dict[str, int] = {}
        self._literals: dict[tuple[Sort, Value, type], Node] = {}

    # ---- sorts and values -----------------------------------------------------------------

    def width(self, sort: Sort) -> int:
        """Bits of a value of the sort; 0 stands for Bool."""
        if sort.kind == "bool":
            return 0
        if sort.kind == "text":
            return TEXT_WIDTH
        return max(1, (len(sort.values) - 1).bit_length())

    def position(self, sort: Sort, value: Value) -> int:
        """The number that stands for the value."""
        if sort.kind == "text":
            return self._words.setdefault(str(value), len(self._words))
        positions = self._positions.get(sort)
        if positions is None:
            positions = self._positions[sort] = {v: i for i, v in enumerate(sort.values)}
        return positions[value]

    def value(self, sort: Sort, position: int) -> Value:
        """The value that a number stands for."""
        if sort.kind == "text":
            return list(self._words)[position]
        return sort.values[position]

    def literal(self, sort: Sort, value: Value) -> Ast:
        return self.arena.literal(self.width(sort), self.position(sort, value))

    def constant(self, name: str, sort: Sort) -> Ast:
        return self.arena.constant(name, self.width(sort))

    def is_dense(self, sort: Sort) -> bool:
        """True if every bit pattern of the sort's width is a value (or a word)."""
        return sort.kind in ("bool", "text") or len(sort.values) == 1 << self.width(sort)

    def domain(self, sort: Sort, ast: Ast) -> Ast:
        """The constraint that a node of the sort's width is one of its values."""
        if self.is_dense(sort):
            return self.arena.true
        top = self.arena.literal(self.width(sort), len(sort.values) - 1)
        return self.arena.keep(z3core.Z3_mk_bvule(self.arena.ref, ast, top))

    def among(self, sort: Sort, ast: Ast, values: Sequence[Value]) -> Ast:
        """The constraint that a node of the sort's width is one of ``values``."""
        inside = set(values)
        outside = [v for v in sort.values if v not in inside]
        arena = self.arena
        if len(inside) <= len(outside):
            return arena.or_(*[arena.eq(ast, self.literal(sort, v)) for v in sort.values
                               if v in inside])  # fmt: skip
        barred = [arena.not_(arena.eq(ast, self.literal(sort, v))) for v in outside]
        return arena.and_(self.domain(sort, ast), *barred)

    # ---- terms ----------------------------------------------------------------------------

    def encode(self, term: Term) -> Ast:
        """The node of a term; variables and inputs are constants of their own names."""
        found = self._terms.get(term)
        if found is None:
            for part in walk([term], self._terms):
                self._terms[part] = self._node(part)
            found = self._terms[term]
        return found.ast

    def _node(self, term: Term) -> Node:
        if term.op == "var":
            return Node(self.arena, self.constant(term.value, term.sort))
        if term.op == "const":
            return self._code(term.sort, term.value)
        arguments = [self._terms[a] for a in term.args]
        result = OPERATORS[term.op].symbolic(self._dialect, arguments, term, self._code)
        assert isinstance(result, Node)
        return result

    def _code(self, sort: Sort, value: Value) -> Node:
        key = (sort, value, type(value))
        found = self._literals.get(key)
        if found is None:
            found = self._literals[key] = Node(self.arena, self.literal(sort, value))
        return found
