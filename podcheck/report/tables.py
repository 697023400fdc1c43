"""Transition tables as text, Markdown and CSV, and the comparison with a kept one."""

from __future__ import annotations

import csv
import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.report.terminal import PLAIN, Style
from podcheck.report.tones import tone
from podcheck.results.stories import TransitionTable


def cells(table: TransitionTable) -> list[list[str]]:
    """The head and the rows."""
    head = ["event", *table.policies]
    return [head, *([event, *values] for event, values in table.rows)]


def render(table: TransitionTable, form: str, style: Style | None = None) -> str:
    """The table in ``text``, ``markdown`` or ``csv``, without a newline at the end; as text, for
    a terminal, in its width and colours (None: a line for each row)."""
    rows = cells(table)
    if form == "csv":
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(rows)
        return out.getvalue().rstrip("\n")
    widths = [max(len(r[i]) for r in rows) for i in range(len(rows[0]))]
    padded = [[c.ljust(w) for c, w in zip(r, widths, strict=True)] for r in rows]
    if form == "markdown":
        rule = ["-" * w for w in widths]
        return "\n".join(f"| {' | '.join(r)} |" for r in (padded[0], rule, *padded[1:]))
    if style is not None:
        _narrow(rows, widths, style.width)
    coloured = style if style is not None and table.column in ("phase", "STATUS") else PLAIN
    return "\n".join(_lines(rows, widths, coloured))


def _narrow(rows: Sequence[Sequence[str]], widths: list[int], width: int) -> None:
    """Make the widest columns narrower until all fit; no word is cut."""
    words = [[w for cell in column for w in cell.split()] for column in zip(*rows, strict=True)]
    least = [max(map(len, column), default=1) for column in words]
    while sum(widths) + 2 * (len(widths) - 1) > width:
        spares = [now - word for now, word in zip(widths, least, strict=True)]
        spare, widest = max((spare, n) for n, spare in enumerate(spares))
        if not spare:
            break
        widths[widest] -= 1


def _lines(rows: Sequence[Sequence[str]], widths: Sequence[int], style: Style) -> Iterator[str]:
    """Rows whose cells are wrapped; what each value means is its colour."""
    for number, row in enumerate(rows):
        wrapped = [textwrap.wrap(c, w) or [""] for c, w in zip(row, widths, strict=True)]
        for line in zip_longest(*wrapped, fillvalue=""):
            shown = [
                (_painted(c, style) if number and n else c) + " " * (w - len(c))
                for n, (c, w) in enumerate(zip(line, widths, strict=True))
            ]
            yield "  ".join(shown).rstrip()


def _painted(cell: str, style: Style) -> str:
    """The values of a cell, `Running or Failed`, each in its colour."""
    return " ".join(w if w == "or" else style.tone(w, tone(w)) for w in cell.split())


def parse(text: str, form: str) -> list[list[str]]:
    """The head and the rows of a kept table."""
    if form == "csv":
        return [r for r in csv.reader(io.StringIO(text)) if r]
    lines = [line for line in text.splitlines() if line.strip()]
    if form == "markdown":
        split = [[c.strip() for c in line.strip().strip("|").split("|")] for line in lines]
        return [r for r in split if not all(set(c) <= {"-", ":"} for c in r)]
    return [[c.strip() for c in line.split("  ") if c.strip()] for line in lines]


def is_table(text: str) -> bool:
    """Is a text of Markdown one table and nothing else?"""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    dashes = [n for n, line in enumerate(lines) if set(line) <= set("-:| ") and "-" in line]
    return dashes == [1] and all("|" in line for line in lines)


def in_file(source: Source, diagnostics: Diagnostics) -> list[Diagnostic]:
    """What is wrong with the events of a saved table, at their places in its file."""
    found = []
    for fault in diagnostics.sorted():
        text = fault.span.source.text
        row = re.search(rf"^[|\s\"]*({re.escape(text)})", source.text, re.MULTILINE)
        if row is not None:
            at = row.start(1)
            span = source.span(at + fault.span.start, at + fault.span.end)
            fault = fault._replace(span=span)
        found.append(fault)
    return found


def form_of(path: str) -> str:
    """The form that a file's name asks for."""
    if path.endswith((".md", ".markdown")):
        return "markdown"
    return "csv" if path.endswith(".csv") else "text"


def differences(kept: list[list[str]], now: list[list[str]]) -> Iterator[str]:
    """What differs, row by row; nothing if the tables agree."""
    if not kept:
        yield "the kept table is empty"
        return
    if kept[0] != now[0]:
        yield f"- {' | '.join(kept[0])}"
        yield f"+ {' | '.join(now[0])}"
        return
    old = {r[0]: r for r in kept[1:]}
    new = {r[0]: r for r in now[1:]}
    for event, row in old.items():
        if event not in new:
            yield f"- {' | '.join(row)}"
        elif new[event] != row:
            for policy, was, becomes in zip(kept[0][1:], row[1:], new[event][1:], strict=False):
                if was != becomes:
                    yield f"  {event}, {policy}: kept {was}, now {becomes}"
    for event, row in new.items():
        if event not in old:
            yield f"+ {' | '.join(row)}"
