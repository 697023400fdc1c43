"""Source text and places in it."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple


class Source:
    """A text with a name; places in it are half-open offsets.  Lines and columns count from 1."""

    __slots__ = ("_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._starts: list[int] | None = None

    def _line_starts(self) -> list[int]:
        if self._starts is None:
            self._starts = [0]
            while at := self.text.find("\n", self._starts[-1]) + 1:
                self._starts.append(at)
        return self._starts

    def line_of(self, offset: int) -> int:
        return bisect_right(self._line_starts(), offset)

    def column_of(self, offset: int) -> int:
        return offset - self._line_starts()[self.line_of(offset) - 1] + 1

    def line_text(self, line: int) -> str:
        starts = self._line_starts()
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[starts[line - 1] : end].rstrip("\r")

    def span(self, start: int, end: int) -> Span:
        return Span(self, start, max(start, end))


class Span(NamedTuple):
    """The half-open range of offsets from ``start`` to ``end`` in a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.line_of(self.start)

    @property
    def column(self) -> int:
        return self.source.column_of(self.start)

    def __str__(self) -> str:
        return f"{self.source.name}:{self.line}:{self.column}"
