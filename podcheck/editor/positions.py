"""Places of a text as editors count them: lines from 0, and columns in units of UTF-16."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.language.source import Source


class Place(NamedTuple):
    line: int
    character: int


class Extent(NamedTuple):
    """From one place up to another."""

    start: Place
    end: Place


def place_of(source: Source, offset: int) -> Place:
    """Where an offset is."""
    line = source.line_of(min(offset, len(source.text)))
    start = source.starts[line - 1]
    return Place(line - 1, _units(source.text[start:offset]))


def extent_of(source: Source, start: int, end: int) -> Extent:
    return Extent(place_of(source, start), place_of(source, end))


def offset_of(source: Source, place: Place) -> int:
    """The offset of a place; one behind the end of its line, or of the text, means that end."""
    if place.line >= len(source.starts):
        return len(source.text)
    start = source.starts[max(0, place.line)]
    text = source.line_text(max(0, place.line) + 1)
    units = 0
    for number, character in enumerate(text):
        if units >= place.character:
            return start + number
        units += _units(character)
    return start + len(text)


def _units(text: str) -> int:
    return len(text) + sum(ord(c) > 0xFFFF for c in text)
