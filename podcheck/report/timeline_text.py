"""A timeline as text: states coloured by their meaning, what repeats shown once."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podcheck.report.repetitions import parts
from podcheck.report.terminal import BOLD, DIM, PLAIN, Style
from podcheck.report.timeline import Moment, Timeline
from podcheck.report.tones import tone

EVENT_WIDTH = 16  # an event's words are wrapped to this, where the column is no wider anyway
LABEL_WIDTH = 24
LEAST_HIDDEN = 3  # steps, for which one column stands
SAME = "."  # as in the column before
UNCOLOURED = ("READY", "RESTARTS")


class _Column(NamedTuple):
    """A column: the lines over it, and its cells (none if it is in place of many)."""

    head: tuple[str, ...]
    cells: tuple[str, ...]

    @property
    def width(self) -> int:
        return max(len(line) for line in (*self.head, *self.cells))


def lines(grid: Timeline, style: Style = PLAIN, indent: int = 0, *, fold: bool = True) -> list[str]:
    """The grid as text, as wide as the style says but for the indent; columns that do not fit go
    into a further block.

    Only what changed is written, a dot stands for the rest; a block begins with all of it.  What
    repeats is written at first and at last; a column in between says how often.
    """
    labels = [textwrap.wrap(label, LABEL_WIDTH) for label in ("step", *grid.labels)]
    margin = max(len(part) for label in labels for part in label) + 2
    shown: list[str] = []
    moments = list(folded(grid)) if fold else list(grid.moments)
    start = 0
    while start < len(moments):
        columns: list[_Column] = []
        used = margin
        whole = True
        for number in range(start, len(moments)):
            column = _column(moments[number], whole)
            needed = column.width + 2
            if columns and used + needed - 2 > style.width - indent:
                break
            columns.append(column)
            used += needed
            whole = whole and not column.cells
        start += len(columns)
        block = _block(labels, margin, columns, style)
        shown += [*([""] if shown else []), *(" " * indent + line for line in block)]
    return [line.rstrip() for line in shown]


# ---- what repeats -----------------------------------------------------------------------------


class Fold(NamedTuple):
    """In place of steps that repeat others."""

    first: int
    last: int
    of: tuple[int, int]
    times: int

    def head(self) -> str:
        a, b = self.of
        named = f"step {a}" if a == b else f"steps {a}-{b}"
        return f"{named} again, {self.times} time{'s' * (self.times != 1)}"


def folded(grid: Timeline) -> Iterator[Moment | Fold]:
    """The columns, with one in place of repetitions: neither the first nor the last."""
    steps: dict[int, list[Moment]] = {}
    for moment in grid.moments:
        steps.setdefault(moment.step, []).append(moment)
    order = list(steps)
    keys = [_key(grid, steps[number]) for number in order]
    for place, period, times in parts(keys, LEAST_HIDDEN):
        shown = order[place : place + period * times]
        first, last = shown[:period], shown[-period:]
        hidden = shown[period:-period]
        if len(hidden) < LEAST_HIDDEN:
            first, hidden, last = shown, [], []
        for number in first:
            yield from steps[number]
        if hidden:
            yield Fold(hidden[0], hidden[-1], (first[0], first[-1]), times - 2)
        for number in last:
            yield from steps[number]


def _key(grid: Timeline, moments: Sequence[Moment]) -> object:
    """What is alike in steps that repeat each other: all but what is counted."""
    if any(moment.mark for moment in moments):
        return moments[0].step  # like no other
    counts = [label == "RESTARTS" for label in grid.labels]
    cells = [
        tuple(
            re.sub(r"[0-9]+", "", text) if counted else text
            for text, counted in zip(m.cells, counts, strict=True)
        )
        for m in moments
    ]
    return moments[0].event, tuple(cells)


# ---- columns ----------------------------------------------------------------------------------


def _column(moment: Moment | Fold, whole: bool) -> _Column:
    """The cells of a column; the head has the number and the event."""
    if isinstance(moment, Fold):
        what = textwrap.wrap(moment.head(), EVENT_WIDTH, break_on_hyphens=False)
        return _Column((f"{moment.first}-{moment.last}", *what), ())
    pairs = zip(moment.cells, moment.changed, strict=True)
    cells = tuple([text if whole or changed else SAME for text, changed in pairs])
    room = max(EVENT_WIDTH, *(len(c) for c in cells))
    number = str(moment.step) if moment.first or whole else ""
    event = textwrap.wrap(moment.event, room) if moment.first else ["then"]
    mark = textwrap.wrap(f"[{moment.mark}]", room) if moment.mark else []
    return _Column((number, *event, *mark), cells)


def _block(
    labels: Sequence[Sequence[str]], margin: int, columns: Sequence[_Column], style: Style
) -> Iterator[str]:
    height = max(len(column.head) for column in columns)
    for i in range(max(height, len(labels[0]))):
        yield _line(labels[0], i, margin) + "".join(
            style.paint(_at(column.head, i), BOLD * (i > 0))
            + " " * (column.width + 2 - len(_at(column.head, i)))
            for column in columns
        )
    for number, label in enumerate(labels[1:]):
        for i in range(len(label)):
            cells = [_at(column.cells, number) if i == 0 else "" for column in columns]
            yield _line(label, i, margin) + "".join(
                _painted(text, label[0], style) + " " * (column.width + 2 - len(text))
                for text, column in zip(cells, columns, strict=True)
            )


def _line(label: Sequence[str], i: int, margin: int) -> str:
    return _at(label, i).ljust(margin)


def _at(texts: Sequence[str], i: int) -> str:
    return texts[i] if i < len(texts) else ""


def _painted(text: str, label: str, style: Style) -> str:
    """A cell in the colour of what it means."""
    if text == SAME or not text:
        return style.paint(text, DIM)
    return text if label in UNCOLOURED else style.tone(text, tone(text))
