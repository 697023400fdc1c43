"""Finding and reading spec files: sizes and encodings.  Needs no parser."""

from __future__ import annotations

import os
from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source

MAX_BYTES = 1_000_000
_MOST = 1 << 16  # bytes; most specs are smaller


def find_specs(paths: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Every ``.pod`` file that files and folders name, in order, once; False: no such path."""
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            for name, real in sorted(_below(path)):
                if real not in seen:
                    seen.add(real)
                    yield name, True
        else:
            exists = os.path.exists(path)
            if not exists or os.path.realpath(path) not in seen:
                seen.add(os.path.realpath(path))
                yield path, exists


def _below(path: str) -> Iterator[tuple[str, str]]:
    """The spec files below a folder, with their real paths."""
    for folder, _, names in os.walk(path):
        real = os.path.realpath(folder)
        for name in names:
            if name.endswith(".pod"):
                found = os.path.join(folder, name)
                linked = os.path.islink(found)
                yield found, os.path.realpath(found) if linked else os.path.join(real, name)


def read_source(path: str, shown: str, diagnostics: Diagnostics) -> Source | None:
    """A file's text, or None if it can't be used (the reason is in the diagnostics)."""
    empty = Source(shown, "")
    try:
        with open(path, "rb") as file:
            data = file.read(_MOST)  # a buffer for the largest would slow the usual file down
            if len(data) == _MOST:
                data += file.read(MAX_BYTES + 1 - _MOST)
    except OSError as error:
        message = f"This file can't be read: {error.strerror or error}."
        diagnostics.add("E006", empty.span(0, 0), message)
        return None
    if len(data) > MAX_BYTES:
        message = f"This file is larger than {MAX_BYTES:,} bytes."
        diagnostics.add("E401", empty.span(0, 0), message, "Split it into several files.")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        source = Source(shown, data.decode("utf-8", "replace"))
        offset = len(data[: error.start].decode("utf-8", "replace"))
        message = f"This is not UTF-8: byte 0x{data[error.start]:02x}."
        hint = "Save the file in the encoding UTF-8."
        diagnostics.add("E005", source.span(offset, offset + 1), message, hint)
        return None
    return Source(shown, text.replace("\r\n", "\n"))


def folder_of(path: str) -> str:
    """The folder in which the files stand that a spec file includes."""
    return os.path.dirname(os.path.abspath(path))
