"""The rows of a table as lines.

The grammar sees no line ends, so what only they tell is looked after here: a row that does
not end, a cell left empty, a line of dashes.  Each is reported and mended, so that the rest
of the table is still checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source, Span


def mended(source: Source, chunk: list[Token], diagnostics: Diagnostics) -> list[Token]:
    """The tokens of a declaration; of a table, with every row made whole."""
    body = _body(chunk)
    if body is None:
        return chunk
    result = chunk[:body]
    for line in _lines(source, chunk[body:]):
        result += _row(source, line, diagnostics)
    return result


def _body(chunk: list[Token]) -> int | None:
    """Where the first row of a table begins."""
    if chunk[0].type != "TABLE":
        return None
    for i in range(1, len(chunk)):
        if chunk[i].type == "BAR" and chunk[i - 1].type == "LBRACE":
            return i
    return None


def _lines(source: Source, tokens: list[Token]) -> Iterator[list[Token]]:
    line: list[Token] = []
    number = 0
    for token in tokens:
        assert token.start_pos is not None
        at = source.line_of(token.start_pos)
        if line and at != number:
            yield line
            line = []
        number = at
        line.append(token)
    if line:
        yield line


def _row(source: Source, line: list[Token], diagnostics: Diagnostics) -> list[Token]:
    if line[0].type != "BAR":
        return line
    closing = _outside(line)
    line = line[: len(line) - len(closing)]
    if any(token.type == "DOC" for token in line):
        message = "A table needs no line of dashes under its head."
        diagnostics.add("E008", _span(source, line[0], line[-1]), message, "Take the line out.")
        return closing
    if line[-1].type != "BAR":
        message = "This row does not end with a `|`."
        hint = "Add a `|` at the end of the line."
        diagnostics.add("E008", _span(source, line[-1], line[-1]), message, hint)
        line = [*line, _made("BAR", line[-1])]
    result: list[Token] = []
    for token in line:
        if result and result[-1].type == token.type == "BAR":
            message = "This cell is empty."
            hint = "Fill it in; `any` under a policy claims nothing."
            diagnostics.add("E008", _span(source, result[-1], token), message, hint)
            result.append(_made("ANY", result[-1]))
        result.append(token)
    return result + closing


def _outside(line: list[Token]) -> list[Token]:
    """The braces at the line's end that close more than it opens."""
    kinds = [token.type for token in line]
    more = max(0, kinds.count("RBRACE") - kinds.count("LBRACE"))
    last = next(n for n, kind in enumerate(reversed(kinds)) if kind != "RBRACE")
    return line[len(line) - min(more, last) :]


def _made(kind: str, after: Token) -> Token:
    assert after.end_pos is not None
    return Token(kind, "", after.end_pos, end_pos=after.end_pos)


def _span(source: Source, first: Token, last: Token) -> Span:
    return source.span(first.start_pos or 0, last.end_pos or 0)
