"""The standard streams of a run: what is written to them is fit for a terminal and for a log, and
a stream that can't be written ends the run with a sentence."""

from __future__ import annotations

import errno
import io
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, TextIO

from podcheck.report import printable

OF_A_LOG, NARROWEST = 80, 40  # columns

CLEAR = "\x1b[H\x1b[2J"  # the screen
# What podcheck itself tells a terminal: colours (``Style.paint``), to erase its line or the screen
_OURS = re.compile(r"(\x1b\[[0-9;]*m|\r\x1b\[2?K|\x1b\[H\x1b\[2J)")


def is_coloured() -> bool:
    """Colours on a terminal that has them; NO_COLOR turns them off, FORCE_COLOR on everywhere."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def width() -> int:
    """The width of the terminal that standard output is; that of a log for a pipe or a file."""
    if sys.stdout is None or not sys.stdout.isatty():
        return OF_A_LOG
    return max(NARROWEST, shutil.get_terminal_size((OF_A_LOG, 24)).columns)


def prose() -> int:
    """The width of sentences there."""
    from podcheck.report.terminal import PROSE

    return min(width(), PROSE)


class ReaderGone(Exception):
    """Whoever read our output went away.  Not an OSError, which click turns into exit code 1."""


class Unwritable(Exception):
    """Standard output can't be written; the text says why."""


class Shown:
    """Standard output or error; None: it is closed.

    Texts go through :func:`shown`.  What can't be written to standard output raises ``ReaderGone``
    or ``Unwritable``; to standard error it is lost, as there is nobody left to tell.
    """

    def __init__(self, stream: TextIO | None, *, is_output: bool) -> None:
        self._stream = stream
        self._is_output = is_output

    def write(self, text: str) -> int:
        self.write_data(shown(text))
        return len(text)

    def write_data(self, text: str) -> None:
        """Write a text as it is: data, or what has been made fit before."""
        stream = self._stream
        try:
            if stream is None:
                raise OSError(errno.EBADF, "it is closed")
            try:
                stream.write(text)
            except UnicodeEncodeError:
                encoding = stream.encoding
                stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
        except OSError as error:
            self._failed(error)

    def flush(self) -> None:
        try:
            if self._stream is not None:
                self._stream.flush()
        except OSError as error:
            self._failed(error)

    def isatty(self) -> bool:
        return self._stream is not None and self._stream.isatty()

    def _failed(self, error: OSError) -> None:
        if not self._is_output:
            return
        if isinstance(error, BrokenPipeError):
            raise ReaderGone from None
        raise Unwritable(str(error.strerror or error)) from None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def shown(text: str) -> str:
    """A text without characters that a terminal would act upon, but for our own, and without lines
    that a workflow of GitHub would take for commands."""
    parts = _OURS.split(text) if "\x1b" in text else [text]
    parts[::2] = map(printable.lines, parts[::2])
    return printable.no_command("".join(parts))


def data(text: str) -> None:
    """Print a text as it is, whatever it holds."""
    stream = sys.stdout
    if isinstance(stream, Shown):
        stream.write_data(text)
    elif stream is not None:
        stream.write(text)
    if stream is not None:
        stream.flush()


@contextmanager
def shown_streams() -> Iterator[None]:
    """Within it, everything is printed through ``Shown``."""
    before: tuple[Any, Any] = sys.stdout, sys.stderr
    now: tuple[Any, Any] = Shown(before[0], is_output=True), Shown(before[1], is_output=False)
    sys.stdout, sys.stderr = now
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def standard_input() -> BinaryIO:
    """Standard input; nothing is in it if it is closed."""
    return io.BytesIO() if sys.stdin is None else sys.stdin.buffer


def hold_descriptors() -> None:
    """Fill the places of standard streams that are closed, so that no file that is opened later
    takes one: what some library prints would land in it."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the least number that is free
