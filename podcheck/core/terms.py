"""Terms: the typed expressions that every reading of the rules shares.

A term is a node of a directed acyclic graph.  Terms are hash-consed: building the same
node twice gives the same object, so identity is equality and a shared sub-term is built,
compiled and encoded once.  The constructors simplify what is constant, so a grounded pod
carries no dead alternatives.

Rules and claims are elaborated with all 256 exit codes (``CODES``) and with counts that do
not end (``COUNTS``).  ``finite_cut.py`` then makes both finite, and says when that is exact.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn
from weakref import WeakValueDictionary

Value = bool | int | str


class Sort(NamedTuple):
    """A finite set of values, in the order in which a search tries them.

    ``kind`` is one of ``bool``, ``enum``, ``code`` (exit codes, 0 to 255), ``count``
    (0 to the last value, saturating) and ``text`` (the words kubectl prints; its values
    are collected after grounding and the tuple stays empty).
    """

    name: str
    kind: str
    values: Sequence[Value]

    def __str__(self) -> str:
        return self.name


BOOL = Sort("bool", "bool", (False, True))
TEXT = Sort("text", "text", ())
CODES = Sort("exit code", "code", tuple(range(256)))
COUNTS = Sort("count", "count", range(1 << 30))  # no run gets that far: nothing saturates


class Term:
    """One node: an operator, its arguments, its sort, and a value for leaves and tables."""

    __slots__ = ("__weakref__", "_reads", "args", "op", "sort", "value")

    op: str
    args: tuple[Term, ...]
    sort: Sort
    value: Any
    _reads: frozenset[str] | None

    def __bool__(self) -> NoReturn:
        raise TypeError("a term has no truth value; build another term from it")

    def __repr__(self) -> str:
        if self.op in ("const", "var"):
            return f"{self.value}"
        value = sorted(self.value, key=repr) if self.op == "in" else self.value
        extra = "" if value is None else f"{value}" if self.op == "in" else f"[{value}]"
        return f"{self.op}{extra}({', '.join(map(repr, self.args))})"

    @property
    def is_const(self) -> bool:
        return self.op == "const"


MOST_VALUES = 4_096  # of a sort whose memberships are complemented


_table: WeakValueDictionary[tuple[Any, ...], Term] = WeakValueDictionary()


def _make(op: str, args: tuple[Term, ...], sort: Sort, value: Any = None) -> Term:
    key = (op, args, sort, value, type(value))
    term = _table.get(key)
    if term is None:
        term = Term()
        term.op, term.args, term.sort, term.value = op, args, sort, value
        term._reads = None
        _table[key] = term
    return term


TRUE = _make("const", (), BOOL, True)
FALSE = _make("const", (), BOOL, False)


def const(sort: Sort, value: Value) -> Term:
    """A constant of a sort; a count beyond its sort saturates."""
    if sort is BOOL:
        return TRUE if value else FALSE
    if sort.kind == "count":
        value = min(int(value), int(sort.values[-1]))
    return _make("const", (), sort, value)


def var(name: str, sort: Sort) -> Term:
    """A state variable or an input, by its full name, such as ``app.record``."""
    return _make("var", (), sort, name)


def not_(a: Term) -> Term:
    if a is TRUE:
        return FALSE
    if a is FALSE:
        return TRUE
    if a.op == "not":
        return a.args[0]
    return _make("not", (a,), BOOL)


def _junction(op: str, args: tuple[Term, ...], unit: Term, zero: Term) -> Term:
    flat: dict[Term, None] = {}
    for a in args:
        if a is zero:
            return zero
        if a is unit:
            continue
        for b in a.args if a.op == op else (a,):
            flat[b] = None
    flat = _merged(op, flat)
    if zero in flat:
        return zero
    flat.pop(unit, None)
    for a in flat:
        if a.op == "not" and a.args[0] in flat:
            return zero
    if not flat:
        return unit
    if len(flat) == 1:
        return next(iter(flat))
    return _make(op, tuple(flat), BOOL)


def _merged(op: str, flat: dict[Term, None]) -> dict[Term, None]:
    """The same arguments, where several memberships of one term are made into one."""
    places: dict[Term, list[Term]] = {}
    for a in flat:
        negated = a.op == "not"
        inner = a.args[0] if negated else a
        if inner.op == "in" and 0 < len(inner.args[0].sort.values) <= MOST_VALUES:
            places.setdefault(inner.args[0], []).append(a)
    if all(len(found) == 1 for found in places.values()):
        return flat
    result: dict[Term, None] = {}
    for a in flat:
        inner = a.args[0] if a.op == "not" else a
        group = places.get(inner.args[0], []) if inner.op == "in" else []
        if len(group) < 2:
            result[a] = None
        elif a is group[0]:
            sets = [_allowed(b) for b in group]
            first, *rest = sets
            joined = first.intersection(*rest) if op == "and" else first.union(*rest)
            result[member(inner.args[0], joined)] = None
    return result


def _allowed(membership: Term) -> frozenset[Value]:
    """The values for which a membership, or its negation, holds."""
    if membership.op == "not":
        barred: frozenset[Value] = membership.args[0].value
        return frozenset(membership.args[0].args[0].sort.values) - barred
    values: frozenset[Value] = membership.value
    return values


def and_(*args: Term) -> Term:
    return _junction("and", args, TRUE, FALSE)


def or_(*args: Term) -> Term:
    return _junction("or", args, FALSE, TRUE)


def implies(a: Term, b: Term) -> Term:
    return or_(not_(a), b)


def ite(cond: Term, then: Term, other: Term) -> Term:
    """``then`` where ``cond`` holds, ``other`` elsewhere; both of one sort."""
    if cond is TRUE:
        return then
    if cond is FALSE:
        return other
    if then is other:
        return then
    if cond.op == "not":
        cond, then, other = cond.args[0], other, then
    if then.sort is BOOL:
        if then is TRUE:
            return or_(cond, other)
        if then is FALSE:
            return and_(not_(cond), other)
        if other is TRUE:
            return or_(not_(cond), then)
        if other is FALSE:
            return and_(cond, then)
    if other.op == "ite" and other.args[1] is then:
        return ite(or_(cond, other.args[0]), then, other.args[2])
    return _make("ite", (cond, then, other), then.sort)


def eq(a: Term, b: Term) -> Term:
    """Equality of two terms of one sort."""
    if a is b:
        return TRUE
    if a.is_const and b.is_const:
        return TRUE if a.value == b.value else FALSE
    if a.sort is BOOL and (a.is_const or b.is_const):
        if a.is_const:
            return b if a is TRUE else not_(b)
        if b.is_const:
            return a if b is TRUE else not_(a)
    if a.is_const:
        a, b = b, a
    if b.is_const:
        return member(a, frozenset((b.value,)))
    return _make("eq", (a, b), BOOL)


def member(a: Term, values: frozenset[Value]) -> Term:
    """``a in values``."""
    if a.is_const:
        return TRUE if a.value in values else FALSE
    if a.sort.values:
        members = a.sort.values
        if isinstance(members, range):
            values = frozenset(v for v in values if v in members)
        else:
            values = values.intersection(members)
        if len(values) == len(members):
            return TRUE
    if not values:
        return FALSE
    if a.op == "ite" and a.args[1].is_const and a.args[2].is_const:
        return ite(a.args[0], member(a.args[1], values), member(a.args[2], values))
    return _make("in", (a,), BOOL, values)


def lookup(a: Term, mapping: dict[Value, Value], sort: Sort) -> Term:
    """The value that ``mapping`` gives ``a``; it must name every member of ``a``'s sort."""
    if a.is_const:
        return const(sort, mapping[a.value])
    return _make("lookup", (a,), sort, tuple((v, mapping[v]) for v in a.sort.values))


def add(a: Term, b: Term) -> Term:
    """Saturating sum of two counts of one sort."""
    if a.is_const and b.is_const:
        return const(a.sort, a.value + b.value)
    if a.is_const and a.value == 0:
        return b
    if b.is_const and b.value == 0:
        return a
    if a.is_const:
        a, b = b, a
    return _make("add", (a, b), a.sort)


def le(a: Term, b: Term) -> Term:
    """``a <= b`` for two counts, or for an exit code and a constant."""
    if a.is_const and b.is_const:
        return TRUE if a.value <= b.value else FALSE
    if a is b:
        return TRUE
    if b.is_const and a.sort.kind != "count":
        return member(a, frozenset(v for v in a.sort.values if v <= b.value))
    if a.is_const and b.sort.kind != "count":
        return member(b, frozenset(v for v in b.sort.values if v >= a.value))
    return _make("le", (a, b), BOOL)


def resort(a: Term, sort: Sort) -> Term:
    """A count as a member of another count sort (it saturates where that one is smaller)."""
    if a.sort is sort or a.sort == sort:
        return a
    if a.is_const:
        return const(sort, a.value)
    if a.op == "ite":
        return ite(a.args[0], resort(a.args[1], sort), resort(a.args[2], sort))
    if a.op == "add":
        return add(resort(a.args[0], sort), resort(a.args[1], sort))
    top = int(sort.values[-1])
    return lookup(a, {v: min(int(v), top) for v in a.sort.values}, sort)


def primed(term: Term) -> Term:
    """The same expression about the state after a step: every variable gets a prime."""
    done: dict[Term, Term] = {}
    for node in walk([term]):
        if node.op == "var":
            done[node] = var(f"{node.value}'", node.sort)
        elif node.args:
            args = tuple(done[a] for a in node.args)
            done[node] = _make(node.op, args, node.sort, node.value)
        else:
            done[node] = node
    return done[term]


def walk(roots: list[Term], known: Collection[Term] = ()) -> list[Term]:
    """Every term below the roots, once, arguments before the terms that use them.

    What is ``known`` is left out, with all below it.
    """
    done: dict[Term, None] = {}
    stack = [t for t in reversed(roots) if t not in known]
    while stack:
        term = stack[-1]
        if term in done:
            stack.pop()
            continue
        waiting = [a for a in term.args if a not in done and a not in known]
        if waiting:
            waiting.reverse()
            stack.extend(waiting)
        else:
            done[term] = None
            stack.pop()
    return list(done)


def variables(roots: Iterable[Term]) -> set[str]:
    """The names of all variables below the roots."""
    found: set[str] = set()
    for root in roots:
        found |= _reads(root)
    return found


def _reads(root: Term) -> frozenset[str]:
    """The variables below a term; kept with the term, so that shared parts are walked once."""
    if root._reads is None:
        stack = [root]
        while stack:
            term = stack[-1]
            if term._reads is not None:
                stack.pop()
                continue
            waiting = [a for a in term.args if a._reads is None]
            if waiting:
                stack.extend(waiting)
                continue
            own = (term.value,) if term.op == "var" else ()
            term._reads = frozenset(own).union(*(a._reads or () for a in term.args))
            stack.pop()
    assert root._reads is not None
    return root._reads


def rebuilt(op: str, args: tuple[Term, ...], sort: Sort, value: Any) -> Term:
    """The node with exactly these parts, as another process has written it down."""
    return _make(op, args, sort, value)
