"""From text to a concrete syntax tree: Lark's LALR tables over our tokens.

A file is cut into declarations (a declaration's keyword at the left margin starts one), and
each is parsed by itself, so that one pass reports the syntax errors of every declaration.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lark import Lark, Token
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer

from podcheck.language import parse_tables
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import DECLARATIONS, tokenize
from podcheck.language.source import Source, Span
from podcheck.language.syntax_errors import complain, no_spec_in
from podcheck.language.syntax_trouble import Trouble
from podcheck.language.table_cells import mended

MAX_DEPTH = 120


class Node:
    """A node of the concrete syntax tree: every token is kept, so a tree can be printed."""

    __slots__ = ("children", "depth", "end", "kind", "start")

    depth: int
    start: int
    end: int

    def __init__(self, kind: str, children: list[Any]) -> None:
        self.kind = kind
        self.children = children
        depth = 0
        start = end = -1
        for child in children:
            if isinstance(child, Node):
                if child.depth > depth:
                    depth = child.depth
                if child.start < 0:
                    continue
                if start < 0:
                    start = child.start
                end = child.end
            else:
                if start < 0:
                    start = child.start_pos
                end = child.end_pos
        self.depth = depth + 1
        self.start = start
        self.end = end

    def below(self) -> Iterator[Node]:
        """This node and every node below it."""
        stack = [self]
        while stack:
            at = stack.pop()
            yield at
            stack.extend(child for child in at.children if isinstance(child, Node))

    def nodes(self, kind: str | None = None) -> list[Node]:
        """The child nodes, all or of one kind."""
        return [
            c for c in self.children if isinstance(c, Node) and (kind is None or c.kind == kind)
        ]

    def node(self, kind: str) -> Node | None:
        """The first child node of a kind."""
        for child in self.children:
            if isinstance(child, Node) and child.kind == kind:
                return child
        return None

    def tokens(self, *types: str) -> list[Token]:
        """The child tokens of the given types, or all."""
        return [
            c for c in self.children if not isinstance(c, Node) and (not types or c.type in types)
        ]

    def has(self, token_type: str) -> bool:
        return any(not isinstance(c, Node) and c.type == token_type for c in self.children)

    def __repr__(self) -> str:
        return f"{self.kind}({', '.join(map(repr, self.children))})"


class _Part:
    """What the parser has of a repetition (``rule*``), which soon becomes part of a node.

    It grows by one element at a time, so nothing may be found out about all of them each time.
    """

    __slots__ = ("children",)

    def __init__(self, children: list[Any]) -> None:
        self.children = children


def _built(kind: str, children: list[Any]) -> Node | _Part:
    return _Part(children) if kind.startswith("_") else Node(kind, children)


class _Tokens(Lexer):
    """Hands Lark the tokens we already have."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        return iter(data)


@dataclass(frozen=True, slots=True)
class Tree:
    """A parsed file: its declarations in order, its comments, and where errors cut one off.

    ``broken`` are the names that stand in a declaration with a syntax error, so that a later
    stage does not report them as unknown.
    """

    source: Source
    items: tuple[Node, ...]
    comments: tuple[Token, ...]
    broken: frozenset[str]


_parser: list[Lark] = []


def _lark() -> Lark:
    if not _parser:
        _parser.append(parse_tables.load(_Tokens, _built))
    return _parser[0]


def parse(source: Source, diagnostics: Diagnostics) -> Tree:
    """Parse a whole file; syntax errors go to ``diagnostics``, the rest is kept."""
    if no_spec_in(source, diagnostics):
        return Tree(source, (), (), frozenset())
    tokens, comments = tokenize(source, diagnostics)
    items: list[Node] = []
    broken: set[str] = set()
    faults = _faults(source, diagnostics)
    for chunk in _declarations(source, tokens):
        items.extend(_parse_chunk(source, chunk, diagnostics, broken, faults))
    return Tree(source, tuple(items), tuple(comments), frozenset(broken))


def parse_tokens(source: Source, tokens: list[Token], diagnostics: Diagnostics) -> list[Node]:
    """Parse the tokens of one declaration."""
    return _parse_chunk(source, tokens, diagnostics, set(), _faults(source, diagnostics))


def accepted(tokens: list[Token]) -> frozenset[str]:
    """The types of the tokens that may follow those of a declaration's beginning; none if they
    begin no declaration."""
    try:
        _lark().parse(iter(tokens))
    except UnexpectedToken as error:
        return frozenset(error.accepts) if error.token.type == "$END" else frozenset()
    return frozenset(DECLARATIONS)


def chunk_before(source: Source, tokens: list[Token], offset: int) -> list[Token]:
    """The tokens of the declaration that an offset is in, as far as they end before it."""
    found: list[Token] = []
    for chunk in _declarations(source, tokens):
        if (chunk[0].start_pos or 0) >= offset:
            break
        found = chunk
    return [t for t in found if (t.end_pos or 0) <= offset]


def _faults(source: Source, diagnostics: Diagnostics) -> list[int]:
    """Where the lexer has found fault with a text, in order."""
    return sorted(d.span.start for d in diagnostics.found if d.span.source is source)


def _declarations(source: Source, tokens: list[Token]) -> Iterator[list[Token]]:
    """Cut at a declaration's keyword at the left margin, and after a `}` at any word there."""
    chunk: list[Token] = []
    depth = 0
    for token in tokens:
        assert token.start_pos is not None
        at_margin = token.start_pos == 0 or source.text[token.start_pos - 1] == "\n"
        starts = token.type in DECLARATIONS or (
            token.type == "WORD" and depth == 0 and bool(chunk) and chunk[-1].type == "RBRACE"
        )
        if at_margin and starts and chunk:
            yield chunk
            chunk, depth = [], 0
        if token.type == "LBRACE":
            depth += 1
        elif token.type == "RBRACE":
            depth -= 1
        chunk.append(token)
    if chunk:
        yield chunk


def _parse_chunk(
    source: Source,
    chunk: list[Token],
    diagnostics: Diagnostics,
    broken: set[str],
    faults: Sequence[int],
) -> list[Node]:
    deep = _too_deep(chunk)
    if deep is not None:
        _report_depth(diagnostics, _span(source, deep))
        broken.update(str(t) for t in chunk if t.type == "WORD")
        return []
    rows = Diagnostics()
    chunk = mended(source, chunk, rows)
    diagnostics.found.update(rows.found)
    try:
        root: Any = _lark().parse(_noted(chunk, diagnostics))
    except UnexpectedToken as error:
        at = None if error.token.type == "$END" else error.token
        first, last = chunk[0].start_pos or 0, (at or chunk[-1]).end_pos or 0
        by_lexer = bisect_left(faults, first) < bisect_right(faults, last)
        if not by_lexer and not any(d.span.start <= last for d in rows.found):
            _report(Trouble(source, chunk, at, frozenset(error.accepts)), diagnostics)
        broken.update(str(t).strip('"') for t in chunk if t.type in ("WORD", "STRING"))
        return []
    for item in root.children:
        if item.depth > MAX_DEPTH:
            _report_depth(diagnostics, source.span(item.start, item.start + 1))
    return [item for item in root.children if item.depth <= MAX_DEPTH]


def _report(trouble: Trouble, diagnostics: Diagnostics) -> None:
    """One complaint, where no fault has been found with what stands before."""
    complaint = complain(trouble)
    span = _span(trouble.source, complaint.at)
    diagnostics.add(complaint.code, span, complaint.message, complaint.hint)


def _noted(chunk: list[Token], diagnostics: Diagnostics) -> Iterator[Token]:
    for token in chunk:
        diagnostics.did(1)
        yield token


def _too_deep(chunk: list[Token]) -> Token | None:
    depth = 0
    for token in chunk:
        if token.type in ("LBRACE", "LPAR", "LSQB"):
            depth += 1
            if depth > MAX_DEPTH:
                return token
        elif token.type in ("RBRACE", "RPAR", "RSQB"):
            depth -= 1
    return None


def _report_depth(diagnostics: Diagnostics, span: Span) -> None:
    message = f"This is nested more than {MAX_DEPTH} levels deep."
    diagnostics.add("E402", span, message, "Split it into several claims.")


def _span(source: Source, token: Token) -> Span:
    assert token.start_pos is not None and token.end_pos is not None
    return source.span(token.start_pos, token.end_pos)
