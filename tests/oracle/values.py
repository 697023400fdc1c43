"""Values, moments and what expressions are: Python functions of a concrete state.

Counts have no limit, an exit code is a number from 0 to 255, every other value is the word that
is written.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from podcheck.declarations.pod import Container, ExitRule

Value = bool | int | str
State = tuple[Value, ...]
Sort = str | tuple[str, ...]  # "bool", "code", "count", "text", or the words of an enumeration
Variable = tuple[str, str]  # a container's name (empty: the pod) and a field


class Undecided(Exception):
    """A choice was read that has not been made: its name and its values."""

    def __init__(self, name: str, values: tuple[Value, ...]) -> None:
        super().__init__(name)
        self.name = name
        self.values = values


class Now:
    """A moment: the state, what the environment chooses in it, and the state one step later.

    A choice that is missing from ``choices`` ends in ``Undecided``; a race does so only with
    ``races``, else it takes its first value.
    """

    __slots__ = ("after", "choices", "kills", "known", "races", "state")

    def __init__(
        self,
        state: State,
        choices: Mapping[str, Value],
        kills: tuple[Value, ...] = (),
        races: bool = False,
        after: State | None = None,
    ) -> None:
        self.state = state
        self.choices = choices
        self.kills = kills
        self.races = races
        self.after = after
        self.known: dict[int, Value] = {}  # values of named rules, by their number

    def later(self) -> Now:
        """The moment one step later."""
        assert self.after is not None, "`next` outside of a claim about steps"
        return Now(self.after, {})


class Meaning(NamedTuple):
    """What an expression is: its value at a moment, its sort, and whether it is ``fixed``, that
    is, depends on the pod's spec alone."""

    value: Callable[[Now], Value]
    sort: Sort
    fixed: bool


Bound = Container | ExitRule | Meaning


class Scope(NamedTuple):
    """What the names of an expression stand for; ``implicit`` is the container of
    `some container: ready`."""

    names: Mapping[str, Bound]
    implicit: Container | None = None

    def bind(self, name: str, what: Bound) -> Scope:
        return self._replace(names={**self.names, name: what})


NOWHERE = Scope({})
TIMELESS = Now((), {})
POLICY: Sort = ("Always", "OnFailure", "Never")
OWN_POLICY: Sort = ("unset", "Always", "OnFailure", "Never")
PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq, "NE": operator.ne, "LT": operator.lt, "LE": operator.le,
    "GT": operator.gt, "GE": operator.ge,
}  # fmt: skip


def fixed(value: Value, sort: Sort) -> Meaning:
    return Meaning(lambda now: value, sort, True)


TRUE, FALSE = fixed(True, "bool"), fixed(False, "bool")


def is_always(meaning: Meaning, value: Value) -> bool:
    """Does an expression have this value whatever the state?"""
    return meaning.fixed and meaning.value(TIMELESS) == value


def made(value: Callable[[Now], Value], sort: Sort, parts: Iterable[Meaning]) -> Meaning:
    """An expression of parts; where no part depends on the state, it does not either."""
    if all(p.fixed for p in parts):
        return fixed(value(TIMELESS), sort)
    return Meaning(value, sort, False)


def both(a: Meaning, b: Meaning) -> Meaning:
    if is_always(a, False) or is_always(b, False):
        return FALSE
    return made(lambda now: a.value(now) and b.value(now), "bool", (a, b))


def either(a: Meaning, b: Meaning) -> Meaning:
    if is_always(a, True) or is_always(b, True):
        return TRUE
    return made(lambda now: a.value(now) or b.value(now), "bool", (a, b))


def opposite(a: Meaning) -> Meaning:
    return made(lambda now: not a.value(now), "bool", (a,))


def choose(condition: Meaning, then: Meaning, other: Meaning) -> Meaning:
    if condition.fixed:
        return then if condition.value(TIMELESS) else other
    return Meaning(
        lambda now: then.value(now) if condition.value(now) else other.value(now), then.sort, False
    )


def sort_of(declared: Any) -> Sort:
    """A declared sort as this reading has it."""
    return tuple(declared.values) if declared.kind == "enum" else str(declared.kind)


def chosen(now: Now, name: str, values: tuple[Value, ...]) -> Value:
    if name not in now.choices:
        raise Undecided(name, values)
    return now.choices[name]
