"""Expressions of the rule language: connectives, quantifiers, comparisons, sums."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from oracle.values import (
    COMPARISONS,
    FALSE,
    TIMELESS,
    TRUE,
    Meaning,
    Scope,
    Sort,
    Variable,
    both,
    choose,
    either,
    fixed,
    is_always,
    made,
    opposite,
)
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Container, Pod
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node


class Expressions:
    """The expressions of a pack and of claims, for one pod under one release; what names mean is
    said by ``Reading``.

    ``places`` gives each state variable's place in a state; a subclass fills it.
    """

    def __init__(
        self, pack: Pack, pod: Pod, release: tuple[int, ...], gates: Mapping[str, bool]
    ) -> None:
        self.pack = pack
        self.pod = pod
        self.release = release
        self.gates = gates
        self.places: dict[Variable, int] = {}
        self.order = {c.name: i for i, c in enumerate(pod.containers)}
        mains = sorted((c for c in pod.containers if c.role == "main"), key=lambda c: c.name)
        self.containers = (*(c for c in pod.containers if c.role != "main"), *mains)
        self._named: dict[tuple[str, ...], Meaning] = {}
        self._numbers = count()
        self._handlers: dict[str, Callable[[Node, Scope, Sort | None], Meaning]] = {
            name[3:]: getattr(self, name) for name in dir(self) if name.startswith("on_")
        }

    def expr(self, node: Node, scope: Scope, want: Sort | None = None) -> Meaning:
        """What an expression means; ``want`` is the sort that a word there would have."""
        return self._handlers[node.kind](node, scope, want)

    # ---- connectives -----------------------------------------------------------------------

    def on_primary(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return self.expr(node.nodes()[0], scope, want)

    def on_true(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return TRUE

    def on_false(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return FALSE

    def on_and_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        found = TRUE
        for part in node.nodes():
            found = both(found, self.expr(part, scope))
            if is_always(found, False):
                return FALSE
        return found

    def on_or_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        found = FALSE
        for part in node.nodes():
            found = either(found, self.expr(part, scope))
            if is_always(found, True):
                return TRUE
        return found

    def on_implies(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        left, right = (self.expr(n, scope) for n in node.nodes())
        return either(opposite(left), right)

    def on_not_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return opposite(self.expr(node.nodes()[0], scope))

    def on_if_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        condition = self.expr(node.nodes()[0], scope)
        if condition.fixed:
            return self.expr(node.nodes()[1 if condition.value(TIMELESS) else 2], scope, want)
        then = self.expr(node.nodes()[1], scope, want)
        return choose(condition, then, self.expr(node.nodes()[2], scope, then.sort))

    def on_next_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        inner = self.expr(node.nodes()[0], scope, want)
        return made(lambda now: inner.value(now.later()), inner.sort, (inner,))

    # ---- containers ------------------------------------------------------------------------

    def container(self, word: str, scope: Scope) -> Container:
        bound = scope.names.get(word)
        return bound if isinstance(bound, Container) else self.containers_by_name[word]

    @property
    def containers_by_name(self) -> dict[str, Container]:
        return {c.name: c for c in self.containers}

    def members(self, domain: Node, scope: Scope) -> list[Any]:
        """The containers (or exit rules) of a set, in their order."""
        words = [str(w) for w in domain.tokens("WORD")]
        if domain.kind == "rules_of":
            return list(self.container(words[0], scope).rules)
        sets = {str(n.tokens()[0]) for n in domain.nodes("set_name")}
        found = [c for c in self.containers if c.role in sets or "all" in sets]
        if not words:
            return found
        pivot = self.order[self.container(words[0], scope).name]
        if domain.has("BEFORE"):
            return [c for c in found if self.order[c.name] < pivot]
        return [c for c in found if self.order[c.name] > pivot]

    def of_role(self, role: Node | None) -> list[Container]:
        """The containers of which `some container` or `some main container` speaks."""
        return [c for c in self.containers if role is None or c.role == str(role.tokens()[0])]

    def selected(self, selector: Node, scope: Scope) -> list[Scope]:
        """A scope for each member of a quantifier's range."""
        words = [str(w) for w in selector.tokens("WORD")]
        if selector.kind == "bound":
            domain = selector.node("set_expr") or selector.node("rules_of")
            assert domain is not None
            return [scope.bind(words[0], m) for m in self.members(domain, scope)]
        found = []
        for c in self.of_role(selector.node("role")):
            inner = scope._replace(implicit=c)
            found.append(inner.bind(words[0], c) if words else inner)
        return found

    def _ranged(self, node: Node, scope: Scope) -> tuple[list[tuple[Scope, Meaning]], list[Node]]:
        """The members of a quantifier's range with the condition of its `with`, and the rest."""
        selector, *rest = node.nodes()
        limit = rest.pop(0).nodes()[0] if rest[0].kind == "with_" else None
        found = []
        for inner in self.selected(selector, scope):
            condition = TRUE if limit is None else self.expr(limit, inner)
            if not is_always(condition, False):
                found.append((inner, condition))
        return found, rest

    def on_quantified(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        members, (body,) = self._ranged(node, scope)
        if node.has("EVERY"):
            every = TRUE
            for inner, condition in members:
                every = both(every, either(opposite(condition), self.expr(body, inner)))
            return every
        some = FALSE
        for inner, condition in members:
            some = either(some, both(condition, self.expr(body, inner)))
        return opposite(some) if node.has("NO") else some

    def on_first_of(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        members, (body, otherwise) = self._ranged(node, scope)
        result = self.expr(otherwise, scope, want)
        for inner, condition in reversed(members) if node.has("FIRST") else members:
            result = choose(condition, self.expr(body, inner, result.sort), result)
        return result

    def on_count(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        members, (body,) = self._ranged(node, scope)
        found = [both(condition, self.expr(body, inner)) for inner, condition in members]
        return made(lambda now: sum(bool(f.value(now)) for f in found), "count", found)

    def on_sum(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        members, (body,) = self._ranged(node, scope)
        zero = fixed(0, "count")
        found = [choose(condition, self.expr(body, inner), zero) for inner, condition in members]
        return made(lambda now: sum(int(f.value(now)) for f in found), "count", found)

    # ---- comparisons -----------------------------------------------------------------------

    def _container_named(self, node: Node, scope: Scope) -> Container | None:
        bound = scope.names.get(str(node.tokens()[0])) if node.kind == "name_" else None
        return bound if isinstance(bound, Container) else None

    def on_compare(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        left, right = node.nodes()
        compare = COMPARISONS[next(t.type for t in node.tokens())]
        named = [self._container_named(n, scope) for n in (left, right)]
        if None not in named:
            return fixed(compare(*named), "bool")
        a, b = self._pair(left, right, scope)
        return made(lambda now: compare(a.value(now), b.value(now)), "bool", (a, b))

    def _pair(self, left: Node, right: Node, scope: Scope) -> tuple[Meaning, Meaning]:
        """Both sides; a word alone is a value of the other side's sort."""
        if self._is_literal(left, scope) and not self._is_literal(right, scope):
            b = self.expr(right, scope)
            return self.expr(left, scope, b.sort), b
        a = self.expr(left, scope)
        return a, self.expr(right, scope, a.sort)

    def _is_known(self, word: str, scope: Scope) -> bool:
        """Does a word name something, so that it is not a value?"""
        raise NotImplementedError

    def _is_literal(self, node: Node, scope: Scope) -> bool:
        while node.kind == "primary":
            node = node.nodes()[0]
        if node.kind == "name_":
            return not self._is_known(str(node.tokens()[0]), scope)
        return node.kind in ("number", "string", "role_name")

    def on_in_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        subject, *listed = node.nodes()
        one = self.expr(subject, scope)
        result = FALSE
        for member in listed[0].nodes() if listed else ():
            result = either(result, self._is_member(one, member, scope))
        return result

    def _is_member(self, one: Meaning, member: Node, scope: Scope) -> Meaning:
        if member.kind == "number_range":
            low, high = (int(x) for x in member.tokens("NUMBER"))
            return made(lambda now: low <= int(one.value(now)) <= high, "bool", (one,))
        other = self.expr(member, scope, one.sort)
        return made(lambda now: one.value(now) == other.value(now), "bool", (one, other))

    def on_not_in(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return opposite(self.on_in_(node, scope, want))

    def _places(self, node: Node, scope: Scope) -> list[int]:
        return [self.order[self.container(str(n.tokens()[0]), scope).name] for n in node.nodes()]

    def on_is_first(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return fixed(self._places(node, scope) == [0], "bool")

    def on_is_last(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return fixed(self._places(node, scope) == [len(self.order) - 1], "bool")

    def on_is_next_after(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        one, other = self._places(node, scope)
        return fixed(one == other + 1, "bool")

    def on_plus(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        left, right = node.nodes()
        a = self.expr(left, scope, want)
        b = self.expr(right, scope, a.sort)
        return made(lambda now: a.value(now) + b.value(now), a.sort, (a, b))  # type: ignore[operator]

    def on_number(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return fixed(int(node.tokens()[0]), "code" if want == "code" else "count")

    def on_string(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return fixed(unquote(str(node.tokens()[0])), want or "text")

    def on_role_name(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return fixed(str(node.tokens()[0]), ("init", "sidecar", "main"))
