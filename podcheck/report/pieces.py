"""JSON in which one list is so long that its items are written one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

SIZE = 1 << 16  # characters that are read from a spool at a time


def inserted(text: str, indent: int, *, is_first: bool) -> str:
    """An item of a list as it stands in the list, behind those before it."""
    margin = "\n" + " " * indent
    return ("" if is_first else ",") + margin + text.replace("\n", margin)


def pieces_of(rest: str, empty: str, spool: IO[str], count: int, indent: int) -> Iterator[str]:
    """A JSON text in whose list, which is ``empty`` there, the items in the spool are put."""
    head, _, tail = rest.partition(empty)
    yield head + empty[:-1]
    if count:
        spool.seek(0)
        while piece := spool.read(SIZE):
            yield piece
        yield "\n" + " " * indent
    yield "]" + tail
