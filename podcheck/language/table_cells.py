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
    columns = 0
    for number, line in enumerate(_lines(source, chunk[body:])):
        if line[0].type == "DASHES":
            _dashes(source, line, number, columns, diagnostics)
            result += line[1:]
            continue
        row = _row(source, line, diagnostics)
        columns = columns or sum(token.type == "BAR" for token in row) - 1
        result += row
    return result


def _dashes(
    source: Source, line: list[Token], number: int, columns: int, diagnostics: Diagnostics
) -> None:
    """The row under the head that makes a table one of Markdown: it says nothing, and is left
    out."""
    span = _span(source, line[0], line[0])
    if number != 1:
        message = "A row of dashes belongs under the head of a table."
        diagnostics.add("E008", span, message, "Take the line out.")
    elif line[0].count("|") - 1 != columns:
        message = f"This row of dashes has {line[0].count('|') - 1} cells, the head {columns}."
        diagnostics.add("E008", span, message, "Write one for each column.")


def _body(chunk: list[Token]) -> int | None:
    """Where the first row of a table begins."""
    if chunk[0].type != "TABLE":
        return None
    for i in range(1, len(chunk)):
        if chunk[i].type in ("BAR", "DASHES") and chunk[i - 1].type == "LBRACE":
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
        message = "`--` begins a note, which has no place in a row."
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
