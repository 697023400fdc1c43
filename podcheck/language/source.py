"""Source text and places in it."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

_NEWLINE = re.compile("\n")


class Source:
    """A text with a name; places in it are half-open offsets.  Lines and columns count from 1.

    A text that was read from a file says from where: ``path`` is the absolute path that named it,
    ``real`` the file that this path led to.
    """

    __slots__ = ("_starts", "name", "path", "real", "text")

    def __init__(self, name: str, text: str, path: str = "", real: str = "") -> None:
        self.name = name
        self.text = text
        self.path = path
        self.real = real
        self._starts: list[int] = []  # of the lines; found when a line is first asked about

    @property
    def starts(self) -> list[int]:
        """The offset at which each line starts."""
        if not self._starts:
            self._starts = [0, *(found.end() for found in _NEWLINE.finditer(self.text))]
        return self._starts

    def line_of(self, offset: int) -> int:
        return bisect_right(self.starts, offset)

    def column_of(self, offset: int) -> int:
        return offset - self.starts[self.line_of(offset) - 1] + 1

    def line_text(self, line: int) -> str:
        start = self.starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")

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
