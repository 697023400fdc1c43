"""A term for each operator."""

from __future__ import annotations

from podcheck.core.terms import (
    BOOL,
    TEXT,
    Sort,
    Term,
    and_,
    const,
    eq,
    ite,
    le,
    lookup,
    member,
    not_,
    or_,
    var,
)

COLOUR = Sort("colour", "enum", ("red", "green", "blue"))
ONE = Sort("one", "enum", ("only",))
CODE = Sort("code", "code", (0, 1, 137, 143, 255))
COUNTS = [Sort(f"up to {n}", "count", tuple(range(n + 1))) for n in (1, 2, 3, 4, 6)]
A, B, C = var("a", BOOL), var("b", BOOL), var("c", BOOL)
X, Y = var("x", COLOUR), var("y", COLOUR)
P, Q = var("p", CODE), var("q", CODE)

TERMS: list[Term] = [
    not_(A),
    and_(A, B, C),
    or_(A, B, C),
    ite(A, B, C),
    ite(A, X, Y),
    eq(A, B),
    eq(X, Y),
    eq(P, Q),
    eq(var("o", ONE), const(ONE, "only")),
    member(X, frozenset(("red", "blue"))),
    member(P, frozenset((1, 143, 255))),
    lookup(X, {"red": 1, "green": 137, "blue": 1}, CODE),
    lookup(X, {"red": "Error", "green": "Completed", "blue": "Error"}, TEXT),
    le(P, const(CODE, 137)),
    le(const(CODE, 1), Q),
]
