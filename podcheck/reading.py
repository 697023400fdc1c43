"""Finding and reading files: sizes and encodings.  Needs no parser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source

MAX_BYTES = 1_000_000
MAX_MANIFEST_BYTES = 32_000_000
MANIFESTS = (".yaml", ".yml", ".json")
_MOST = 1 << 16  # bytes; most specs are smaller


def find_specs(paths: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Every ``.pod`` file that files and folders name, in order, once; False: no such path."""
    return find_files(paths, (".pod",))


def find_files(paths: tuple[str, ...], suffixes: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Every file that paths name, and those with one of the suffixes in folders that they name,
    in order, once; False: no such path."""
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            for name, real in sorted(_below(path, suffixes)):
                if real not in seen:
                    seen.add(real)
                    yield name, True
        else:
            exists = os.path.exists(path)
            if not exists or os.path.realpath(path) not in seen:
                seen.add(os.path.realpath(path))
                yield path, exists


def _below(path: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The files below a folder with one of the suffixes, each with its real path."""
    for folder, _, names in os.walk(path):
        real = os.path.realpath(folder)
        for name in names:
            if name.endswith(suffixes):
                found = os.path.join(folder, name)
                linked = os.path.islink(found)
                yield found, os.path.realpath(found) if linked else os.path.join(real, name)


def read_source(
    path: str, shown: str, diagnostics: Diagnostics, most: int = MAX_BYTES
) -> Source | None:
    """A file's text, or None if it can't be used (the reason is in the diagnostics)."""
    try:
        with open(path, "rb") as file:
            return read_stream(file, shown, diagnostics, most)
    except OSError as error:
        message = f"This file can't be read: {error.strerror or error}."
        diagnostics.add("E006", Source(shown, "").span(0, 0), message)
        return None


def read_stream(
    stream: BinaryIO, shown: str, diagnostics: Diagnostics, most: int = MAX_BYTES
) -> Source | None:
    """The text of an open file or pipe, of which no more than ``most`` bytes are read; None if it
    can't be used.  May raise ``OSError``."""
    data = stream.read(_MOST)  # a buffer for the largest would slow the usual file down
    if len(data) == _MOST:
        data += stream.read(most + 1 - _MOST)
    if len(data) > most:
        message = f"This file is larger than {most:,} bytes."
        span = Source(shown, "").span(0, 0)
        diagnostics.add("E401", span, message, "Split it into several files.")
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
