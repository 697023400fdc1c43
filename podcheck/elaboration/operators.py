"""What an expression makes of others: connectives, quantifiers, comparisons, sums."""

from __future__ import annotations

from podcheck.core import terms as t
from podcheck.core.sums import compared
from podcheck.core.terms import FALSE, TEXT, TRUE, Sort, Term
from podcheck.core.text_terms import join
from podcheck.declarations.pod import Role
from podcheck.elaboration.expressions import Expressions
from podcheck.elaboration.names import Names
from podcheck.elaboration.scope import GHOST, MAX_COUNT, Scope, Stop
from podcheck.language.parser import Node


class Operators:
    """What connectives, quantifiers and comparisons mean.

    While they ``cancel``, what both sides of a comparison of counts have in common is left out.
    """

    def __init__(self, expressions: Expressions, names: Names) -> None:
        self.exprs = expressions
        self._names = names
        self.settings = expressions.settings
        self.cancel = True

    # ---- connectives ---------------------------------------------------------------------

    def _operands(self, node: Node, scope: Scope, decides: Term) -> list[Term]:
        """The operands of a chain; where there are no ghosts, up to one that decides alone."""
        if scope.ghosts:
            return self._each(node, scope)
        result: list[Term] = []
        for child in node.nodes():
            result.append(self.exprs.boolean(child, scope))
            if result[-1] is decides:
                break
        return result

    def _each(self, node: Node, scope: Scope) -> list[Term]:
        result, stopped = [], False
        for child in node.nodes():
            try:
                result.append(self.exprs.boolean(child, scope))
            except Stop:
                stopped = True
        if stopped:
            raise Stop
        return result

    def on_and_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.and_(*self._operands(node, scope, FALSE))

    def on_or_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.or_(*self._operands(node, scope, TRUE))

    def on_implies(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        a, b = self._each(node, scope)
        return t.implies(a, b)

    def on_not_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.not_(self.exprs.boolean(node.nodes()[0], scope))

    def on_primary(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return self.exprs.expr(node.nodes()[0], scope, want)

    def on_if_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        cond_node, then_node, else_node = node.nodes()
        cond = self.exprs.boolean(cond_node, scope)
        if cond is TRUE:
            return self.exprs.expr(then_node, scope, want)
        if cond is FALSE:
            return self.exprs.expr(else_node, scope, want)
        then = self.exprs.expr(then_node, scope, want)
        other = self.exprs.expr(else_node, scope, then.sort)
        then, other = self._alike(then, other, else_node, scope)
        return t.ite(cond, then, other)

    def _alike(self, a: Term, b: Term, node: Node, scope: Scope) -> tuple[Term, Term]:
        """Two terms of one sort: of two counts, the larger one; else that of the first."""
        if a.sort.kind == b.sort.kind == "count":
            wide = a.sort if len(a.sort.values) >= len(b.sort.values) else b.sort
            return t.resort(a, wide), t.resort(b, wide)
        return a, self.exprs.same_sort(b, a.sort, node, scope)

    def on_next_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.primed(self.exprs.expr(node.nodes()[0], scope, want))

    # ---- quantifiers ---------------------------------------------------------------------

    def _selected(self, selector: Node, scope: Scope) -> list[Scope]:
        """One scope for each member that the selector names."""
        if selector.kind == "bound":
            name = str(selector.tokens("WORD")[0])
            domain = selector.node("set_expr") or selector.node("rules_of")
            assert domain is not None
            members = self.exprs.members(domain, scope)
            if not members and scope.ghosts:
                members = [GHOST]
            return [scope.bind(**{name: m}) for m in members]
        role = selector.node("role")
        containers = self.exprs.ordered
        if role is not None:
            wanted = Role(str(role.tokens()[0]))
            containers = tuple(c for c in self.exprs.ordered if c.role is wanted)
        if not containers and scope.ghosts:
            containers = (GHOST,)
        names = selector.tokens("WORD")
        result = []
        for c in containers:
            inner = scope.inside(c)
            result.append(inner.bind(**{str(names[0]): c}) if names else inner)
        return result

    def on_quantified(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        some = not node.has("EVERY")
        found = []
        for inner in self._selected(selector, scope):
            condition = self.exprs.boolean(rest[0].nodes()[0], inner) if len(rest) > 1 else TRUE
            if condition is FALSE:
                continue
            body = self.exprs.boolean(rest[-1], inner)
            if not inner.speaks_of_ghost:
                found.append(t.and_(condition, body) if some else t.implies(condition, body))
        result = t.or_(*found) if some else t.and_(*found)
        return t.not_(result) if node.has("NO") else result

    def on_first_of(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        result = self.exprs.expr(rest[-1], scope, want)
        members = self._selected(selector, scope)
        if node.has("FIRST"):
            members = members[::-1]
        for inner in members:
            condition = self.exprs.boolean(rest[0].nodes()[0], inner) if len(rest) > 2 else TRUE
            if condition is not FALSE:
                value = self.exprs.expr(rest[-2], inner, result.sort)
                result, value = self._alike(result, value, node, scope)
                if not inner.speaks_of_ghost:
                    result = t.ite(condition, value, result)
        return result

    def on_count(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        members = self._selected(selector, scope)
        sort = Sort("count", "count", tuple(range(len(members) + 1)))
        total = t.const(sort, 0)
        for inner in members:
            parts = [
                self.exprs.boolean(n.nodes()[0] if n.kind == "with_" else n, inner) for n in rest
            ]
            if not inner.speaks_of_ghost:
                one = t.ite(t.and_(*parts), t.const(sort, 1), t.const(sort, 0))
                total = t.add(total, one)
        return total

    def on_sum(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        sort = self.settings.counts
        total = t.const(sort, 0)
        for inner in self._selected(selector, scope):
            condition = self.exprs.boolean(rest[0].nodes()[0], inner) if len(rest) > 1 else TRUE
            value = self.exprs.same_sort(
                self.exprs.expr(rest[-1], inner, sort), sort, rest[-1], scope
            )
            if not inner.speaks_of_ghost:
                total = t.add(total, t.ite(condition, value, t.const(sort, 0)))
        return total

    # ---- comparisons ---------------------------------------------------------------------

    def on_compare(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        left, right = node.nodes()
        operator = next(x.type for x in node.tokens())
        both = (
            self.exprs.container_or_none(left, scope),
            self.exprs.container_or_none(right, scope),
        )
        if both[0] is not None and both[1] is not None:
            same = TRUE if both[0] == both[1] else FALSE
            return same if operator == "EQ" else t.not_(same)
        a, b = self._pair(left, right, scope)
        if operator in ("EQ", "NE"):
            equal = self._compared("eq", a, b)
            return equal if operator == "EQ" else t.not_(equal)
        if a.sort.kind not in ("count", "code"):
            message = f"`{scope.text(left)}` has no order."
            self.exprs.fail("E202", scope, node, message, "Use `=`, `!=` or `in`.")
        if operator in ("GE", "LT"):
            a, b = b, a
        least = self._compared("le", a, b)
        return least if operator in ("LE", "GE") else t.not_(least)

    def _compared(self, operator: str, a: Term, b: Term) -> Term:
        if a.sort.kind == "count" and self.cancel:
            return compared(operator, a, b)
        return t.eq(a, b) if operator == "eq" else t.le(a, b)

    def _pair(self, left: Node, right: Node, scope: Scope) -> tuple[Term, Term]:
        """Both sides of a comparison; the side whose sort is known gives the other its own."""
        if self._is_literal(left, scope) and not self._is_literal(right, scope):
            b = self.exprs.expr(right, scope, None)
            a = self._against(right, left, scope, b.sort)
            return self.exprs.same_sort(a, b.sort, left, scope), b
        else:
            a = self.exprs.expr(left, scope, None)
            b = self._against(left, right, scope, a.sort)
        return self._alike(a, b, right, scope)

    def _against(self, subject: Node, value: Node, scope: Scope, sort: Sort) -> Term:
        """What `subject` is compared with; messages about it name the subject."""
        outer, self.exprs.subject = self.exprs.subject, scope.text(subject)
        try:
            term = self.exprs.expr(value, scope, sort)
            return (
                term
                if term.sort.kind == "count"
                else self.exprs.same_sort(term, sort, value, scope)
            )
        finally:
            self.exprs.subject = outer

    def _is_literal(self, node: Node, scope: Scope) -> bool:
        while node.kind == "primary" and len(node.nodes()) == 1:
            node = node.nodes()[0]
        if node.kind == "name_":
            return not self._names.known(str(node.tokens()[0]), scope)
        return node.kind in ("number", "string", "role_name")

    def on_in_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        subject, *rest = node.nodes()
        term = self.exprs.expr(subject, scope, None)
        found = []
        for member in rest[0].nodes() if rest else ():
            if member.kind == "number_range":
                low, high = (int(x) for x in member.tokens("NUMBER"))
                if term.sort.kind == "count" and high > MAX_COUNT:
                    message = f"Counts are compared with numbers up to {MAX_COUNT}."
                    self.exprs.fail("E204", scope, member, message)
                values = [v for v in range(low, min(high, MAX_COUNT) + 1) if v in term.sort.values]
                found.append(t.member(term, frozenset(values)))
            else:
                value = self._against(subject, member, scope, term.sort)
                a, b = self._alike(term, value, member, scope)
                found.append(self._compared("eq", a, b))
        if found and all(f.op == "in" and f.args[0] is term for f in found):
            return t.member(term, frozenset().union(*(f.value for f in found)))
        return t.or_(*found)

    def on_not_in(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.not_(self.on_in_(node, scope, want))

    def on_is_first(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        c = self.exprs.container_of(node.nodes()[0], scope)
        return TRUE if self.exprs.position.get(c) == 0 else FALSE

    def on_is_last(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        c = self.exprs.container_of(node.nodes()[0], scope)
        return TRUE if self.exprs.position.get(c) == len(self.exprs.position) - 1 else FALSE

    def on_is_next_after(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        a, b = (self.exprs.container_of(n, scope) for n in node.nodes())
        return (
            TRUE if self.exprs.position.get(a, -2) == self.exprs.position.get(b, -9) + 1 else FALSE
        )

    # ---- sums ----------------------------------------------------------------------------

    def on_plus(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        left, right = node.nodes()
        a = self.exprs.expr(left, scope, want)
        if a.sort is TEXT:
            b = self.exprs.same_sort(self.exprs.expr(right, scope, TEXT), TEXT, right, scope)
            return join(a, b)
        b = self.exprs.expr(right, scope, a.sort)
        if a.sort.kind != "count" or b.sort.kind != "count":
            message = f"`{scope.text(left)}` is not a number: nothing can be added to it."
            self.exprs.fail("E202", scope, node, message)
        return t.add(t.resort(a, self.settings.counts), t.resort(b, self.settings.counts))
