"""An invariant as text, and back: one condition a line, all of which hold.

A condition is the claim itself, or alternatives about single variables::

    the claim
    app.deleted or pod.phase in {Pending, Running}
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from podcheck.core.system import Variable
from podcheck.core.terms import BOOL, Term, Value, member, or_, var

THE_CLAIM = "the claim"
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_MEMBERSHIP = re.compile(r"(.+?) in \{(.*)\}")


class UnreadableError(Exception):
    """A condition can't be written, or what was written can't be read; the text says why."""


def conditions(invariant: Sequence[Term], claim: Term) -> list[str]:
    """The lines of an invariant; raises ``UnreadableError`` if they can't say it."""
    return [THE_CLAIM if term is claim else _line(term) for term in invariant]


def terms(lines: Iterable[str], variables: Mapping[str, Variable], claim: Term) -> list[Term]:
    """The conditions that lines say; raises ``UnreadableError``."""
    return [claim if line == THE_CLAIM else _condition(line, variables) for line in lines]


# ---- writing ---------------------------------------------------------------------------------


def _line(term: Term) -> str:
    return " or ".join(_literal(part) for part in (term.args if term.op == "or" else (term,)))


def _literal(term: Term) -> str:
    """One variable and the values that it may have."""
    negated = term.op == "not"
    inner = term.args[0] if negated else term
    if inner.op == "in" and inner.args[0].op == "var":
        variable, allowed = inner.args[0], inner.value
    elif inner.op == "var" and inner.sort is BOOL:
        variable, allowed = inner, frozenset([True])
    else:
        raise UnreadableError("the proof's conditions are not about single variables")
    values = [v for v in variable.sort.values if (v in allowed) is not negated]
    if variable.sort is BOOL:
        return f"{variable.value}" if values == [True] else f"not {variable.value}"
    return f"{variable.value} in {{{', '.join(map(_text, values))}}}"


def _text(value: Value) -> str:
    if isinstance(value, str) and _WORD.fullmatch(value):
        return value
    text = json.dumps(value)
    if any(mark in text for mark in (" or ", ", ", "}")):
        raise UnreadableError(f"the value {text} can't be written in a condition")
    return text


# ---- reading ---------------------------------------------------------------------------------


def _condition(line: str, variables: Mapping[str, Variable]) -> Term:
    return or_(*(_alternative(part, variables) for part in line.split(" or ")))


def _alternative(text: str, variables: Mapping[str, Variable]) -> Term:
    found = _MEMBERSHIP.fullmatch(text)
    if found is None:
        positive = text in variables or not text.startswith("not ")
        variable = _variable(text if positive else text.removeprefix("not "), variables)
        if variable.sort is not BOOL:
            raise UnreadableError(f"`{text}` is no condition")
        return member(var(variable.name, BOOL), frozenset([positive]))
    variable = _variable(found[1], variables)
    known = {_text(v): v for v in variable.sort.values}
    named = found[2].split(", ")
    for name in named:
        if name not in known:
            raise UnreadableError(f"`{variable.name}` is never `{name}`")
    return member(var(variable.name, variable.sort), frozenset(known[n] for n in named))


def _variable(name: str, variables: Mapping[str, Variable]) -> Variable:
    if name not in variables:
        raise UnreadableError(f"there is no variable `{name}`")
    return variables[name]
