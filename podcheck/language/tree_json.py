"""Syntax trees without errors as JSON and back, for the cache: reading them back takes a quarter
of the time of parsing."""

from __future__ import annotations

from typing import Any

from lark import Token

from podcheck.language.parser import Node, Tree
from podcheck.language.source import Source


def freeze(trees: list[Tree]) -> Any:
    """The declarations of trees as JSON data."""
    return [[_plain(item) for item in tree.items] for tree in trees]


def thaw(data: Any, sources: list[Source]) -> list[Tree]:
    """The trees of the sources, in their order; comments are gone.

    Raises ``TypeError``, ``ValueError`` or ``LookupError`` if something else was frozen.
    """
    nodes = [tuple([_node(item) for item in items]) for items in data]
    return [Tree(s, n, (), frozenset()) for s, n in zip(sources, nodes, strict=True)]


def _plain(node: Node) -> list[Any]:
    children = [
        _plain(c) if isinstance(c, Node) else [c.type, str(c), c.start_pos, c.end_pos]
        for c in node.children
    ]
    return [node.kind, children]


def _node(data: list[Any]) -> Node:
    kind, children = data
    return Node(kind, [_node(c) if len(c) == 2 else _token(*c) for c in children])


def _token(kind: str, text: str, start: int, end: int) -> Token:
    return Token(kind, text, start, end_pos=end)
