"""Every state that runs come to, as a list: the invariant of a system that has few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from podcheck.certificate.invariant_text import UnreadableError
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import TRUE, Term, Value, and_, const, eq, or_, var
from podcheck.explicit.interpreter import State


def listed(system: TransitionSystem, states: Iterable[State]) -> Any:
    """States as JSON data: the names of the variables, then a row of values for each."""
    names = [v.name for v in system.variables]
    return {"variables": names, "states": [list(state) for state in states]}


def states_in(data: Any, system: TransitionSystem) -> list[State]:
    """The states that data lists; raises ``UnreadableError``."""
    try:
        names, rows = data["variables"], [tuple(row) for row in data["states"]]
        if names != [v.name for v in system.variables] or not rows:
            raise UnreadableError("the list of states is about other variables")
        known = [frozenset(map(_typed, v.sort.values)) for v in system.variables]
        for row in rows:
            for variable, values, value in zip(system.variables, known, row, strict=True):
                if values and _typed(value) not in values:
                    raise UnreadableError(f"`{variable.name}` is never `{value}`")
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError("the list of states is damaged") from error
    return rows


def one_of(states: Sequence[State], system: TransitionSystem) -> Term:
    """That the state is one of those, as a decision: variable by variable, each value of it with
    what may follow.  What is the same in all states is said once."""
    known: dict[tuple[int, frozenset[tuple[Value, ...]]], Term] = {}
    variables = [var(v.name, v.sort) for v in system.variables]
    values = [{_typed(s[n]) for s in states} for n in range(len(variables))]
    alike = [n for n, found in enumerate(values) if len(found) == 1]
    order = [n for n, found in enumerate(values) if len(found) > 1]

    def is_(place: int, value: Value) -> Term:
        return eq(variables[place], const(variables[place].sort, value))

    def decision(depth: int, rows: Iterable[tuple[Value, ...]]) -> Term:
        key = (depth, frozenset(rows))
        if depth == len(order):
            return TRUE
        if key not in known:
            following: dict[Value, list[tuple[Value, ...]]] = {}
            for row in rows:
                following.setdefault(row[0], []).append(row[1:])
            parts = [
                and_(is_(order[depth], value), decision(depth + 1, dict.fromkeys(rest)))
                for value, rest in following.items()
            ]
            known[key] = or_(*parts)
        return known[key]

    rows = [tuple(s[n] for n in order) for s in states]
    return and_(*(is_(n, states[0][n]) for n in alike), decision(0, dict.fromkeys(rows)))


def _typed(value: Value) -> tuple[type, Value]:
    """A value that equals no value of another type (as 1 equals True)."""
    return type(value), value
