"""Finding and reading files: sizes and encodings, each file once in a run.  Needs no parser."""

from __future__ import annotations

import errno
import os
import re
import stat
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple

from podcheck.language.diagnostics import Diagnostics, nearest
from podcheck.language.source import Source
from podcheck.storage.cache import digest

MAX_BYTES = 1_000_000
MAX_MANIFEST_BYTES = 32_000_000
MANIFESTS = (".yaml", ".yml", ".json")
PIPE, PIPED = "-", "stdin"  # standard input, as arguments name it and as messages do
NOT_SEARCHED = frozenset((".git", "node_modules", "vendor"))  # copies of what others keep
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")  # how a text in UTF-16 begins; kubectl reads it
PATIENCE_S = 2.0  # for somebody to write to a named pipe
_MOST = 1 << 16  # bytes; most specs are smaller
_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


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
            real = os.path.realpath(path) if exists else path
            if not exists or real not in seen:
                seen.add(real)
                yield path, exists


def _below(path: str, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The files below a folder with one of the suffixes, each with its real path."""
    for folder, below, names in os.walk(path):
        below[:] = [name for name in below if name not in NOT_SEARCHED]
        real = os.path.realpath(folder)
        for name in names:
            if name.endswith(suffixes):
                found = os.path.join(folder, name)
                linked = os.path.islink(found)
                if linked and not os.path.exists(found):
                    continue  # it leads nowhere
                yield found, os.path.realpath(found) if linked else os.path.join(real, name)


class Files:
    """The files that a run reads, each once: whoever asks again gets the same bytes.

    A file is known by its real path, so it has the same bytes under every name that leads to it.
    What a run remembers is therefore about what it has used, whatever others write meanwhile.
    """

    def __init__(self) -> None:
        self._real: dict[str, str] = {}
        self._data: dict[str, bytes | OSError] = {}
        self._given: dict[str, bytes] = {}

    def give(self, path: str, data: bytes) -> None:
        """Say what a path stands for that is no file's, such as `-`; its folder is the current
        one."""
        self._given[path] = data

    def real(self, path: str) -> str:
        """The file that an absolute path leads to, links followed."""
        if path not in self._real:
            try:
                self._real[path] = os.path.realpath(path)
            except ValueError:  # a zero byte, half of a surrogate pair: no file has such a name
                self._real[path] = path
        return self._real[path]

    def folder(self, path: str) -> Folder:
        """A folder that a spec may include files from."""
        return Folder(os.path.realpath(path), self)

    def has(self, real: str) -> bool:
        """Is there such a file, or was there when it was read?"""
        return isinstance(self._data.get(real), bytes) or os.path.isfile(real)

    def source(self, path: str, shown: str, diagnostics: Diagnostics) -> Source | None:
        """A file's text, or None if it can't be used (the reason is in the diagnostics)."""
        if path in self._given:
            shown = PIPED if shown == PIPE else shown
            origin = Source(shown, "", os.path.join(os.getcwd(), path), path)
            return _decoded(self._given[path], origin, diagnostics, MAX_BYTES)
        try:
            path = path if os.path.isabs(path) else os.path.join(os.getcwd(), path)
            real = self.real(path)
            data = self._bytes(real, path)
        except OSError as error:
            unreadable(shown, error, diagnostics)
            return None
        return _decoded(data, Source(shown, "", path, real), diagnostics, MAX_BYTES)

    def unchanged(self, name: str, path: str, stamp: str) -> Source | None:
        """The text that was read from a path, None if it is another one by now (``stamp``)."""
        found = self.source(path, name, Diagnostics())
        return found if found is not None and stamped(found)[-1] == stamp else None

    def _bytes(self, real: str, path: str) -> bytes:
        if real not in self._data:
            exists = os.path.exists(real)  # `/dev/fd/63` leads to a pipe, which has no path
            try:
                with _opened(real if exists else path) as file:
                    self._data[real] = _read(file, MAX_BYTES)
            except OSError as error:
                self._data[real] = error
        found = self._data[real]
        if isinstance(found, OSError):
            raise found
        return found


class Folder(NamedTuple):
    """Where a spec may include files from, itself and all below it: its real path, and the files
    of the run."""

    path: str
    files: Files


def stamped(source: Source) -> tuple[str, str, str]:
    """What a cache entry says of a file that it rests on: its name, its path, and a digest of
    where this path leads and of the text there."""
    return source.name, source.path, digest(source.real, source.text)


def read_source(
    path: str, shown: str, diagnostics: Diagnostics, most: int = MAX_BYTES, *, raw: bool = False
) -> Source | None:
    """A file's text, read now; None if it can't be used (the reason is in the diagnostics).

    ``raw`` leaves the ends of its lines as they are.
    """
    try:
        with _opened(path) as file:
            return _decoded(_read(file, most), Source(shown, ""), diagnostics, most, raw=raw)
    except OSError as error:
        unreadable(shown, error, diagnostics)
        return None


def read_stream(
    stream: BinaryIO, shown: str, diagnostics: Diagnostics, most: int = MAX_BYTES
) -> Source | None:
    """The text of an open file or pipe, of which no more than ``most`` bytes are used; None if it
    can't be used."""
    try:
        return _decoded(_read(stream, most), Source(shown, ""), diagnostics, most)
    except OSError as error:
        unreadable(shown, error, diagnostics)
        return None


def folder_of(path: str) -> str:
    """The real path of the folder that a spec file stands in, from which it may include others."""
    return os.path.realpath(os.path.dirname(path) or os.curdir)


def _opened(path: str) -> BinaryIO:
    """A file, open.  A named pipe too, unless nothing is written to it: opened in the usual way it
    would block until somebody does, maybe forever.  Raises ``OSError``."""
    try:
        handle = os.open(path, _FLAGS)
    except ValueError as error:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path) from error
    try:
        mode = os.fstat(handle).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if stat.S_ISFIFO(mode) and hasattr(os, "set_blocking"):
            import select  # pipes are rare

            if not select.select([handle], [], [], PATIENCE_S)[0]:
                raise TimeoutError(errno.ETIMEDOUT, "No process writes to this pipe", path)
            os.set_blocking(handle, True)
        return open(handle, "rb")
    except OSError:
        os.close(handle)
        raise


def _read(stream: BinaryIO, most: int) -> bytes:
    """All bytes, or one more than ``most``."""
    data = stream.read(_MOST)  # a buffer for the largest would slow the usual file down
    return data + stream.read(most + 1 - _MOST) if len(data) == _MOST else data


def unreadable(shown: str, error: OSError, diagnostics: Diagnostics) -> None:
    """Report that a file can't be read, why, and which one may be meant."""
    message, hint = f"This file can't be read: {error.strerror or error}.", ""
    if error.errno == errno.ENOENT:
        message, hint = "File not found.", _alike(shown)
    diagnostics.add("E006", Source(shown, "").span(0, 0), message, hint)


def _alike(path: str) -> str:
    """The file beside a missing one that is probably meant."""
    folder, name = os.path.split(path)
    try:
        near = nearest(name, os.listdir(folder or os.curdir), 0.75)
    except (OSError, ValueError):
        return ""
    return f"Did you mean `{os.path.join(folder, near)}`?" if near is not None else ""


def _decoded(
    data: bytes, origin: Source, diagnostics: Diagnostics, most: int, *, raw: bool = False
) -> Source | None:
    """The bytes of a file as text; ``origin`` has everything but that."""
    shown = origin.name
    if len(data) > most:
        message = f"This file is larger than {most:,} bytes."
        diagnostics.add("E401", origin.span(0, 0), message, "Split it into several files.")
        return None
    is_wide = data.startswith(_UTF_16) and shown.endswith((*MANIFESTS, PIPED))
    codec = "utf-16" if is_wide else "utf-8"
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        source = Source(shown, data.decode(codec, "replace"))
        offset = len(data[: error.start].decode(codec, "replace"))
        message = f"This is not {codec.upper()}: byte 0x{data[error.start]:02x}."
        hint = "Save the file in the encoding UTF-8."
        diagnostics.add("E005", source.span(offset, offset + 1), message, hint)
        return None
    text = text if raw else text.replace("\r\n", "\n")
    return Source(shown, text, origin.path, origin.real)


def at_lines(paths: Sequence[str]) -> tuple[tuple[str, ...], dict[str, list[int]]]:
    """Paths of files, and the lines that some name behind a colon: `job.pod:12`."""
    names: list[str] = []
    lines: dict[str, list[int]] = {}
    for path in paths:
        found = re.fullmatch(r"(.+):([1-9][0-9]{0,8})", path)
        if found is None or os.path.exists(path) or not os.path.isfile(found[1]):
            names.append(path)
            continue
        names.append(found[1])
        lines.setdefault(found[1], []).append(int(found[2]))
    return tuple(names), lines
