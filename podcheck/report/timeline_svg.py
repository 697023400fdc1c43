"""A timeline as a drawing in SVG: lanes for containers and phase, a column for each status.

The drawing names classes and no colours; ``STYLE`` gives them, light and dark.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import NamedTuple

from podcheck.report.printable import plain
from podcheck.report.timeline import BELOW, Moment, Timeline
from podcheck.report.tones import tone

CHARACTER = 7.3  # the width of a character of 12 px, in px
LINE = 16
LANE, BAR = 30, 24
GAP = 10
KUBECTL_ROW = 19
NARROWEST, WIDEST_EVENT = 92, 17  # px of a column; characters of a line of an event
ROOM = 840  # px that a drawing may take without need, to keep events in one line

LIGHT = """--ink:#1f2933;--soft:#5f6c7b;--line:#d5dbe3;--paper:#ffffff;--card:#ffffff;--now:#eef4ff;
--run:#d3f1dc;--run-ink:#14532d;--done:#dbe8ff;--done-ink:#1e3a8a;--bad:#fde0e0;--bad-ink:#8a1c1c;
--wait:#fdeec4;--wait-ink:#713f12;--none:#e8ebef;--none-ink:#46525f;--accent:#2f6fde"""
DARK = """--ink:#e4e9f0;--soft:#9aa7b6;--line:#38424f;--paper:#12161c;--card:#1a2028;--now:#222c3b;
--run:#14492a;--run-ink:#c3f2d2;--done:#1d3a78;--done-ink:#d3e2ff;--bad:#6d1f24;--bad-ink:#ffd9d9;
--wait:#5b4310;--wait-ink:#fde9b3;--none:#323b46;--none-ink:#cfd7e0;--accent:#78a8ff"""
STYLE = """.t{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
fill:var(--ink)}
.t .soft{fill:var(--soft)}.t .bold{font-weight:700}.t .tick{stroke:var(--line)}
.t .event-line{stroke:var(--accent);stroke-dasharray:3 3}
.t .number{fill:var(--accent)}.t .number-text{fill:var(--card);font-weight:700;text-anchor:middle}
.t .now,.t .later,.t .behind{fill:none}
.t .run{fill:var(--run)}.t .done{fill:var(--done)}.t .bad{fill:var(--bad)}
.t .wait{fill:var(--wait)}.t .none{fill:var(--none)}
.t .run-ink{fill:var(--run-ink)}.t .done-ink{fill:var(--done-ink)}.t .bad-ink{fill:var(--bad-ink)}
.t .wait-ink{fill:var(--wait-ink)}.t .none-ink{fill:var(--none-ink)}
"""


class Drawing(NamedTuple):
    """Elements of SVG from (0, 0) to (``width``, ``height``), and where the columns are."""

    width: int
    height: int
    left: int
    column: int
    body: str


def draw(grid: Timeline) -> Drawing:
    """The drawing of a timeline."""
    lanes = len(grid.labels) - len(BELOW) + 1
    left = round(max(len(label) for label in grid.labels) * CHARACTER) + 22
    column = _column_width(grid, lanes, left)
    heads = [_head(m, _event_room(column)) for m in grid.moments]
    top = max(len(head) for head in heads) * LINE + 14
    below = top + lanes * LANE + 2 * GAP
    height = below + (len(BELOW) - 1) * KUBECTL_ROW + 4
    width = left + column * len(grid.moments)
    parts = [
        _rect("now", left, 0, column, height),
        *_lines(grid, left, column, top, height),
        *_heads(grid.moments, heads, left, column),
        *_lanes(grid, lanes, left, column, top),
        *_kubectl(grid, lanes, left, column, below),
        _rect("later", width, 0, 0, height),
        *_names(grid, lanes, left, top, below, height),
    ]
    return Drawing(width, height, left, column, "\n".join(parts))


def _column_width(grid: Timeline, lanes: int, left: int) -> int:
    """Wide enough for the longest bar's text, column and word of an event.

    If there is room, for the longest event too.
    """
    event = max(len(m.event) for m in grid.moments) * CHARACTER + 40
    widest = max(float(NARROWEST), min(event, (ROOM - left) / len(grid.moments)))
    for row in range(lanes):
        for start, end, text in _bars(grid, row):
            widest = max(widest, (len(text) * CHARACTER + 24) / (end - start))
    for moment in grid.moments:
        for text in moment.cells[lanes:]:
            widest = max(widest, len(text) * CHARACTER + 16)
        longest = max((len(word) for word in moment.event.split()), default=0)
        widest = max(widest, min(longest, WIDEST_EVENT) * CHARACTER + 36)
    return round(widest)


def _event_room(column: int) -> int:
    return int((column - 34) / CHARACTER)


def _bars(grid: Timeline, row: int) -> Iterator[tuple[int, int, str]]:
    """The stretches of a lane in which its text stays the same: first column, end, text."""
    cells = [m.cells[row] for m in grid.moments]
    starts = [0, *(i for i in range(1, len(cells)) if cells[i] != cells[i - 1]), len(cells)]
    for start, end in pairwise(starts):
        yield start, end, plain(cells[start])


# ---- parts ------------------------------------------------------------------------------------


def _lines(grid: Timeline, left: int, column: int, top: int, height: int) -> Iterator[str]:
    """A line where an event happens; a thinner one where only the kubelet went on."""
    for number, moment in enumerate(grid.moments):
        if number:
            kind = "event-line" if moment.first else "tick"
            x, y = left + number * column, 6 if moment.first else top
            yield f'<line class="{kind}" x1="{x}" y1="{y}" x2="{x}" y2="{height}"/>'


def _head(moment: Moment, room: int) -> list[tuple[str, str]]:
    """The lines over a column, each with its kind: the event, and where the run repeats."""
    event = [("bold", line) for line in textwrap.wrap(plain(moment.event), room)]
    mark = f"[{moment.mark}]" if moment.mark else ""
    return [*event, *(("soft", line) for line in textwrap.wrap(mark, room))]


def _heads(
    moments: Sequence[Moment], heads: Sequence[Sequence[tuple[str, str]]], left: int, column: int
) -> Iterator[str]:
    for number, (moment, head) in enumerate(zip(moments, heads, strict=True)):
        x = left + number * column
        if moment.first:
            yield f'<circle class="number" cx="{x + 14}" cy="11" r="9"/>'
            yield _text("number-text", x + 14, 15, str(moment.step))
        for i, (kind, line) in enumerate(head):
            yield _text(kind, x + 28, 15 + i * LINE, line)


def _lanes(grid: Timeline, lanes: int, left: int, column: int, top: int) -> Iterator[str]:
    for row in range(lanes):
        y = top + row * LANE + (GAP if row == lanes - 1 else 0)
        for start, end, text in _bars(grid, row):
            kind = tone(text)
            x, width = left + start * column + 4, (end - start) * column - 8
            yield _rect(kind, x, y, width, BAR, 'rx="5"')
            yield _text(f"{kind}-ink", x + 8, y + 16, text)


def _kubectl(grid: Timeline, lanes: int, left: int, column: int, top: int) -> Iterator[str]:
    for row in range(len(grid.labels) - lanes):
        y = top + row * KUBECTL_ROW + 13
        for number, moment in enumerate(grid.moments):
            kind = "bold" if number and moment.changed[lanes + row] else "plain"
            text = moment.cells[lanes + row]
            yield _text(kind, left + number * column + 12, y, text)


def _names(
    grid: Timeline, lanes: int, left: int, top: int, below: int, height: int
) -> Iterator[str]:
    """What each row is, together and last: a page can hold it in view while the rest scrolls."""
    yield '<g class="names">'
    yield _rect("behind", 0, 0, left - GAP, height)
    for row, label in enumerate(grid.labels):
        lane = top + row * LANE + (GAP if row == lanes - 1 else 0) + 16
        y = lane if row < lanes else below + (row - lanes) * KUBECTL_ROW + 13
        yield _text("soft", 0, y, label)
    yield "</g>"


def _text(kind: str, x: float, y: float, text: str) -> str:
    return f'<text class="{kind}" x="{x}" y="{y}">{escape(plain(text))}</text>'


def _rect(kind: str, x: int, y: int, width: int, height: int, more: str = "") -> str:
    return (
        f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"'
        f"{' ' + more if more else ''}/>"
    )
