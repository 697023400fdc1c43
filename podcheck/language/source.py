"""Source text and places in it."""

from __future__ import annotations

from typing import NamedTuple


class Source:
    """A text with a name; places in it are half-open offsets.  Lines and columns count from 1.

    A text that was read from a file says from where: ``path`` is the absolute path that named it,
    ``real`` the file that this path led to.
    """

    __slots__ = ("name", "path", "real", "text")

    def __init__(self, name: str, text: str, path: str = "", real: str = "") -> None:
        self.name = name
        self.text = text
        self.path = path
        self.real = real

    def line_of(self, offset: int) -> int:
        return self.text.count("\n", 0, offset) + 1

    def column_of(self, offset: int) -> int:
        return offset - self.text.rfind("\n", 0, offset)

    def line_text(self, line: int) -> str:
        return self.text.split("\n", line)[line - 1].rstrip("\r")

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
