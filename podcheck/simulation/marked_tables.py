"""Tables of podcheck in pages of Markdown: found by the comment above them, compared with what the
rules give, and rewritten.

A comment marks a table: the words of the command that would print it, and the spec, unless the
command names one.

    <!-- podcheck table --from Running
    pod two { container app  container helper }
    -->
    | event       | OnFailure | Never   |
    |-------------|-----------|---------|
    | app exits 1 | Running   | Running |

Rows begin with an event.  Columns that are no restartPolicy, and all that is no table, stay as
the author wrote them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from podcheck.declarations.pod import POLICIES

_MARK = re.compile(r"^[ \t]*<!--\s*podcheck table\b:?[ \t]*([^\n]*?)[ \t]*(?:-->|\r?\n(.*?)-->)"
                   r"[ \t]*\r?$", re.MULTILINE | re.DOTALL)  # fmt: skip
_HELD = re.compile(r"(?:^|\s)(pod\s[^\n]*\{.*)$")  # a spec in the first line of a mark
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)[^\n]*\n.*?(?:^ {0,3}\1[`~]*\s*?$|\Z)",
                    re.MULTILINE | re.DOTALL)  # fmt: skip
_DASHES = re.compile(r"\s*\|?(?:\s*:?-+:?\s*\|)*\s*:?-+:?\s*\|?\s*")
_BAR = re.compile(r"(?<!\\)\|")


class Cell(NamedTuple):
    """What is written in a cell, and where in the page."""

    text: str
    start: int
    end: int

    @property
    def plain(self) -> str:
        """The words, without the marks of Markdown around them."""
        text = self.text
        while len(text) > 1 and text[0] == text[-1] and text[0] in "`*_":
            text = text[1:-1]
        return text.replace("\\|", "|").strip()


class MarkedTable(NamedTuple):
    """A table with its mark: the command's words, the spec in the mark (empty: the command names
    one), its rows (the head first), and the offsets of the mark, the spec and the whole table."""

    words: str
    spec: str
    rows: tuple[tuple[Cell, ...], ...]
    mark: int
    spec_at: int
    start: int
    end: int

    @property
    def columns(self) -> Mapping[str, int]:
        """The place of each column that is a policy."""
        return {c.plain: n for n, c in enumerate(self.rows[0]) if c.plain in POLICIES and n}

    @property
    def body(self) -> tuple[tuple[Cell, ...], ...]:
        return self.rows[1:]


class Wrong(NamedTuple):
    """A mark without a table that can be checked: where it is, and what is wrong."""

    at: int
    message: str


def marked_tables(page: str) -> Iterator[MarkedTable | Wrong]:
    """The marked tables of a page, in order; blocks of code are passed over."""
    fences = [range(*m.span()) for m in _FENCE.finditer(page)]
    for mark in _MARK.finditer(page):
        if any(mark.start() in fence for fence in fences):
            continue
        start = mark.end() + 1
        while page[start : page.find("\n", start)].strip() == "" and page.find("\n", start) > 0:
            start = page.find("\n", start) + 1
        lines = list(_lines(page, start))
        at = mark.start() + len(mark[0]) - len(mark[0].lstrip())
        if len(lines) < 2 or not _DASHES.fullmatch(lines[1][0]) or "-" not in lines[1][0]:
            yield Wrong(at, "No table with a row of dashes follows this comment.")
            continue
        rows = tuple(_row(text, offset) for text, offset in (lines[0], *lines[2:]))
        words, spec, spec_at = _parts(mark)
        end = lines[-1][1] + len(lines[-1][0])
        table = MarkedTable(words, spec, rows, at, spec_at, start, end)
        if not table.columns:
            message = f"This table has no column for a policy: {', '.join(POLICIES)}."
            yield Wrong(rows[0][0].start, message)
        elif not table.body:
            yield Wrong(rows[0][0].start, "This table has no rows: nothing would be checked.")
        elif any(len(row) != len(rows[0]) for row in rows):
            short = next(row for row in rows if len(row) != len(rows[0]))
            message = f"This row has {len(short)} cells, the head {len(rows[0])}."
            yield Wrong(short[0].start, message)
        else:
            yield table


def has_marks(page: str) -> bool:
    """Does a page have tables of its own to check?"""
    return next(marked_tables(page), None) is not None


def _parts(mark: re.Match[str]) -> tuple[str, str, int]:
    """The words of the command, the spec that the mark holds, and where that begins."""
    held = _HELD.search(mark[1])
    if held is not None:  # it may go on in the next lines
        at = mark.start(1) + held.start(1)
        end = mark.end(2) if mark[2] else mark.start(1) + len(mark[1])
        return mark[1][: held.start()], mark.string[at:end], at
    return mark[1], mark[2] or "", mark.start(2) if mark[2] else mark.start()


def _lines(page: str, start: int) -> Iterator[tuple[str, int]]:
    """The lines of the table that begins here."""
    while start < len(page):
        end = page.find("\n", start)
        end = len(page) if end < 0 else end
        line = page[start:end]
        if "|" not in line:
            return
        yield line, start
        start = end + 1


def _row(line: str, offset: int) -> tuple[Cell, ...]:
    stripped = line.strip()
    begin = line.index(stripped[0])
    end = begin + len(stripped)
    begin += stripped.startswith("|")
    end -= stripped.endswith("|") and not stripped.endswith("\\|")
    cells = []
    for place in (*(m.start() for m in _BAR.finditer(line, begin, end)), end):
        text = line[begin:place]
        left = begin + len(text) - len(text.lstrip())
        cells.append(Cell(text.strip(), offset + left, offset + left + len(text.strip())))
        begin = place + 1
    return tuple(cells)


def rewritten(page: str, table: MarkedTable, values: Mapping[int, Mapping[int, str]]) -> str:
    """The page with new texts for some cells, by row of the body and column; the table is
    padded anew, the rest of the page stays."""
    texts = [[cell.text for cell in row] for row in table.rows]
    for number, cells in values.items():
        for column, text in cells.items():
            texts[number + 1][column] = _marked_like(table.body[number][column], text)
    lines = page[table.start : table.end].split("\n")
    colons = [
        (c.startswith(":"), c.endswith(":"))
        for c in lines[1].strip().strip("|").replace(" ", "").split("|")
    ]
    widths = [max(3, *(len(row[i]) for row in texts)) for i in range(len(texts[0]))]
    rule = [
        ":" * left + "-" * (width - left - right) + ":" * right
        for (left, right), width in zip(colons, widths, strict=False)
    ]
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    end = "\r" * lines[0].endswith("\r")  # as the page ends its lines
    shown = [indent + _written(row, widths) + end for row in (texts[0], rule, *texts[1:])]
    return page[: table.start] + "\n".join(shown) + page[table.end :]


def _marked_like(cell: Cell, text: str) -> str:
    """A new text with the marks of Markdown that the old one had."""
    around = len(cell.text) - len(cell.text.lstrip("`*_"))
    marks = cell.text[:around] if cell.plain else ""
    return f"{marks}{text}{marks[::-1]}"


def _written(row: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(c.ljust(w) for c, w in zip(row, widths, strict=True))} |"
