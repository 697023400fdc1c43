"""From the bytes of a recording, packed or plain, to the JSON objects in its lines."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Iterator

from podcheck.conform.recording import Json

MAX_LINE = 64 << 20  # characters; the longest line of a real recording has some 100,000
MAX_SIZE = 1 << 30  # bytes, unpacked
_GZIP = b"\x1f\x8b"


class Unreadable(Exception):
    """What is wrong with a recording; ``line`` is 0 where no line can be named."""

    def __init__(self, message: str, line: int = 0) -> None:
        super().__init__(message)
        self.line = line


class Lines:
    """The objects of a recording, one a line; ``number`` is the line read last."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.number = 0

    def __iter__(self) -> Iterator[Json]:
        plain = io.BytesIO(self._data)
        packed = self._data.startswith(_GZIP)
        with gzip.GzipFile(fileobj=plain) if packed else plain as file:
            yield from self._objects(file)

    def _objects(self, file: io.BufferedIOBase) -> Iterator[Json]:
        size = 0
        while True:
            try:
                line = file.readline(MAX_LINE)
            except (EOFError, OSError, zlib.error):
                message = "the packed file is cut off or damaged behind this line"
                raise Unreadable(message, self.number) from None
            if not line:
                return
            self.number += 1
            size += len(line)
            if size > MAX_SIZE:
                raise Unreadable(f"more than {MAX_SIZE >> 20} MB when unpacked", self.number)
            if line.strip():
                yield _object(line, self.number)


def _object(line: bytes, number: int) -> Json:
    if len(line) >= MAX_LINE:
        raise Unreadable("the line is too long", number)
    try:
        value = json.loads(line)
    except UnicodeDecodeError:
        raise Unreadable("the line is not UTF-8", number) from None
    except (ValueError, RecursionError) as error:
        detail = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too large"
        raise Unreadable(f"the line is not JSON ({detail})", number) from None
    if not isinstance(value, dict):
        raise Unreadable("the line is JSON, but no object", number)
    return value


def read_whole(data: bytes) -> object:
    """The one JSON value of a file that is no recording; None if it has none."""
    try:
        return json.loads(gzip.decompress(data) if data.startswith(_GZIP) else data)
    except (ValueError, EOFError, OSError, zlib.error, RecursionError):
        return None
