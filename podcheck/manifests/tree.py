"""A document as a tree of values, each with its place in the source."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from podcheck.language.source import Span

Value: TypeAlias = "str | int | float | bool | None"


class Scalar(NamedTuple):
    """A text, a number, true, false or null (None)."""

    value: Value
    span: Span
    size: int = 1


class Sequence(NamedTuple):
    """A list; ``size`` counts the values in it, those of aliases as often as they occur."""

    items: tuple[Node, ...]
    span: Span
    size: int


class Mapping(NamedTuple):
    """An object: for each key its place and its value."""

    entries: dict[str, tuple[Span, Node]]
    span: Span
    size: int


Node: TypeAlias = "Scalar | Sequence | Mapping"


def value_of(node: Node | None) -> Value:
    """The value of a scalar; None for all else."""
    return node.value if isinstance(node, Scalar) else None


def entry(node: Node | None, *path: str) -> Node | None:
    """What stands under a path of keys, or None."""
    for key in path:
        if not isinstance(node, Mapping) or key not in node.entries:
            return None
        node = node.entries[key][1]
    return node
