"""One z3 context and the nodes made in it, through z3's C interface.

The engines build hundreds of thousands of nodes, and z3's Python expressions cost ten times
what the C call below them costs.  A node is a bare ``Ast`` handle.  Every node is kept alive
until its arena goes, so a handle can never dangle; two nodes of one structure have one
address, so equality of addresses is structural equality.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from ctypes import Array
from typing import TypeAlias

from podcheck.symbolic.z3_library import Ast, z3core

AstArray: TypeAlias = Array[Ast]
UNITS = "rlimit count"  # what z3 calls the units that it has used
NARROW = 8  # bits; every literal of so few is made at once


def _raise_later(context: object, code: int) -> None:
    """z3's own handler would end the process; each call checks for errors when it returns."""


class Arena:
    """A z3 context; makes Boolean and bit-vector nodes and rewrites them."""

    def __init__(self, *, lasting: bool = False) -> None:
        self._lasting = lasting
        config = z3core.Z3_mk_config()
        self.ref = z3core.Z3_mk_context_rc(config)
        z3core.Z3_del_config(config)
        self._on_error = z3core.Z3_set_error_handler(self.ref, _raise_later)
        self._solvers: list[z3core.SolverObj] = []
        self._symbols = 0
        self._worked = 0  # units that were asked about
        self._constants: dict[tuple[str, int], Ast] = {}
        self._literals: dict[tuple[int, int], Ast] = {}
        self._sorts: dict[int, z3core.Sort] = {}
        self._positions: dict[int, int] = {}  # address of a literal -> its number
        self._leaves: set[int] = set()  # addresses of free constants
        self._parts: dict[int, list[Ast]] = {}
        self.bool_sort = z3core.Z3_mk_bool_sort(self.ref)
        self.true = self.keep(z3core.Z3_mk_true(self.ref))
        self.false = self.keep(z3core.Z3_mk_false(self.ref))
        self._true, self._false = self.true.value, self.false.value
        self._positions[self._false] = 0
        self._positions[self._true] = 1

    def __del__(self, ends: Callable[[], bool] = sys.is_finalizing) -> None:
        if self._lasting or ends():  # then z3 itself may be gone, and the names of this module
            return
        # one finaliser for all that lives in the context, so that the order is certain
        for solver in self._solvers:
            z3core.Z3_solver_dec_ref(self.ref, solver)
        z3core.Z3_del_context(self.ref)

    def solver(self, logic: str) -> z3core.SolverObj:
        """A solver of this context; it lives as long as the arena."""
        symbol = z3core.Z3_mk_string_symbol(self.ref, logic)
        made = z3core.Z3_mk_solver_for_logic(self.ref, symbol)
        z3core.Z3_solver_inc_ref(self.ref, made)
        self._solvers.append(made)
        return made

    def worked(self, solver: z3core.SolverObj) -> int:
        """What was done in this context since this was last asked, in z3's resource units."""
        found = z3core.Z3_solver_get_statistics(self.ref, solver)
        z3core.Z3_stats_inc_ref(self.ref, found)
        try:
            places = range(z3core.Z3_stats_size(self.ref, found) - 1, -1, -1)
            key = z3core.Z3_stats_get_key
            place = next((n for n in places if key(self.ref, found, n) == UNITS), None)
            now = 0 if place is None else z3core.Z3_stats_get_uint_value(self.ref, found, place)
        finally:
            z3core.Z3_stats_dec_ref(self.ref, found)
        done, self._worked = now - self._worked, now
        return done % (1 << 32)  # it counts in 32 bits

    def interrupt(self) -> None:
        """End what z3 is doing here, called from another thread; nothing if it does nothing."""
        z3core.Z3_interrupt(self.ref)

    def keep(self, ast: Ast) -> Ast:
        """Hold a node for as long as the arena lives."""
        z3core.Z3_inc_ref(self.ref, ast)
        return ast

    # ---- leaves ---------------------------------------------------------------------------

    def sort(self, width: int) -> z3core.Sort:
        """The sort of ``width`` bits; width 0 is Bool."""
        if width == 0:
            return self.bool_sort
        found = self._sorts.get(width)
        if found is None:
            found = z3core.Z3_mk_bv_sort(self.ref, width)
            z3core.Z3_inc_ref(self.ref, z3core.Z3_sort_to_ast(self.ref, found))
            self._sorts[width] = found
        return found

    def literal(self, width: int, number: int) -> Ast:
        """A number of ``width`` bits; of width 0, false or true."""
        if width == 0:
            return self.true if number else self.false
        found = self._literals.get((width, number))
        if found is None:
            # of a narrow width all at once, so that results of rewriting are recognised
            for each in range(1 << width) if width <= NARROW else (number,):
                made = z3core.Z3_mk_unsigned_int64(self.ref, each, self.sort(width))
                self._literals[width, each] = self.keep(made)
                self._positions[made.value] = each
            found = self._literals[width, number]
        return found

    def constant(self, name: str, width: int) -> Ast:
        """The free constant of that name and width."""
        found = self._constants.get((name, width))
        if found is None:
            symbol = z3core.Z3_mk_string_symbol(self.ref, name)
            found = self.keep(z3core.Z3_mk_const(self.ref, symbol, self.sort(width)))
            self._constants[name, width] = found
            self._leaves.add(found.value)
        return found

    def fresh(self, width: int) -> Ast:
        """A free constant that nothing else uses."""
        self._symbols += 1
        return self.constant(f"!{self._symbols}", width)

    def number(self, ast: Ast) -> int | None:
        """The number that a literal stands for, or ``None`` for any other node."""
        return self._positions.get(ast.value)

    def is_leaf(self, ast: Ast) -> bool:
        """True for a literal or a free constant."""
        return ast.value in self._positions or ast.value in self._leaves

    def is_true(self, ast: Ast) -> bool:
        return bool(ast.value == self._true)

    def is_false(self, ast: Ast) -> bool:
        return bool(ast.value == self._false)

    # ---- operators ------------------------------------------------------------------------

    def not_(self, a: Ast) -> Ast:
        if a.value == self._true:
            return self.false
        if a.value == self._false:
            return self.true
        return self.keep(z3core.Z3_mk_not(self.ref, a))

    def and_(self, *args: Ast) -> Ast:
        """The conjunction, folded where an argument is constant."""
        rest = [a for a in args if a.value != self._true]
        if not rest:
            return self.true
        if any(a.value == self._false for a in rest):
            return self.false
        if len(rest) == 1:
            return rest[0]
        return self.keep(z3core.Z3_mk_and(self.ref, len(rest), array(rest)))

    def or_(self, *args: Ast) -> Ast:
        """The disjunction, folded where an argument is constant."""
        rest = [a for a in args if a.value != self._false]
        if not rest:
            return self.false
        if any(a.value == self._true for a in rest):
            return self.true
        if len(rest) == 1:
            return rest[0]
        return self.keep(z3core.Z3_mk_or(self.ref, len(rest), array(rest)))

    def ite(self, condition: Ast, then: Ast, other: Ast) -> Ast:
        if condition.value == self._true or then.value == other.value:
            return then
        if condition.value == self._false:
            return other
        return self.keep(z3core.Z3_mk_ite(self.ref, condition, then, other))

    def eq(self, a: Ast, b: Ast) -> Ast:
        if a.value == b.value:
            return self.true
        if a.value in self._positions and b.value in self._positions:
            return self.false
        return self.keep(z3core.Z3_mk_eq(self.ref, a, b))

    def sum(self, numbers: Sequence[Ast], width: int) -> Ast:
        """The sum of nodes of ``width`` bits, modulo 2 to the width."""
        total = self.literal(width, 0)
        for number in numbers:
            total = self.keep(z3core.Z3_mk_bvadd(self.ref, total, number))
        return total

    # ---- tuples and rewriting -------------------------------------------------------------

    def tuple_of(self, parts: Sequence[Ast]) -> Ast:
        """One node that holds all parts, so that one rewriting serves them all."""
        sorts = (z3core.Sort * len(parts))(*[z3core.Z3_get_sort(self.ref, p) for p in parts])
        symbol = z3core.Z3_mk_string_symbol(self.ref, f"tuple {len(parts)}")
        function = z3core.Z3_mk_func_decl(self.ref, symbol, len(parts), sorts, self.bool_sort)
        z3core.Z3_inc_ref(self.ref, z3core.Z3_func_decl_to_ast(self.ref, function))
        return self.keep(z3core.Z3_mk_app(self.ref, function, len(parts), array(parts)))

    def parts(self, tuple_node: Ast, count: int) -> list[Ast]:
        """The parts of a node made by :meth:`tuple_of`."""
        found = self._parts.get(tuple_node.value)
        if found is None:
            get, ref = z3core.Z3_get_app_arg, self.ref
            found = [get(ref, tuple_node, index) for index in range(count)]
            self._parts[tuple_node.value] = found
        return found

    def simplify(self, node: Ast) -> Ast:
        return self.keep(z3core.Z3_simplify(self.ref, node))

    def rewrite(self, node: Ast, sources: AstArray, targets: Sequence[Ast]) -> Ast:
        """``node`` with every source replaced by its target, simplified."""
        count = len(targets)
        replaced = z3core.Z3_substitute(self.ref, node, count, sources, array(targets))
        z3core.Z3_inc_ref(self.ref, replaced)
        result = self.keep(z3core.Z3_simplify(self.ref, replaced))
        z3core.Z3_dec_ref(self.ref, replaced)
        return result


def array(nodes: Sequence[Ast]) -> AstArray:
    """A C array of nodes."""
    return (Ast * len(nodes))(*nodes)
