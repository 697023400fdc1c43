"""What commands that report share: files to write."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

from podcheck.cli import streams
from podcheck.loading.sources import PATIENCE_S
from podcheck.report.formats import format_of
from podcheck.report.printable import plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from podcheck.results.verdicts import FileResult, Report

NAMES = "surrogateescape"  # names of files need not be UTF-8, and stay the bytes that they are


def checked(
    context: click.Context, parameter: click.Parameter, paths: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse, before anything is solved, what could not be written afterwards."""
    from podcheck.report.formats import FORMATS

    for path in paths:
        if format_of(path) is None:
            known = ", ".join(s for f in FORMATS for s in f.suffixes)
            raise click.BadParameter(f"The suffix of `{plain(path)}` is none of {known}.")
        folder = os.path.dirname(path) or "."
        if not os.path.isdir(folder):
            raise click.BadParameter(f"There is no folder `{plain(folder)}`.")
        if not os.access(path if os.path.exists(path) else folder, os.W_OK):
            raise click.BadParameter(f"You may not write `{plain(path)}`.")
    return paths


def source_url(context: click.Context, parameter: click.Parameter, url: str) -> str:
    """Refuse an address that no line of a file could have, or that a browser would run."""
    if url and (not url.startswith(("https://", "http://")) or "{path}" not in url):
        raise click.BadParameter("It begins with https:// and has `{path}`, maybe `{line}`.")
    return url


def reports(report: Report, paths: Iterable[str]) -> None:
    """Write the report into files, each in the format of its suffix."""
    from podcheck.report import formats

    for path in paths:
        write(path, formats.render(report, str(format_of(path))))


def write(path: str, text: str) -> None:
    """Write a file, or end with a message that says why not."""
    with _written(path), _opened(path) as file:
        file.write(text)


def write_below(folder: str, texts: Mapping[str, str]) -> None:
    """Write files by their path below a folder, which is made if it is missing."""
    with _written(folder):
        os.makedirs(folder, exist_ok=True)
        for name, text in texts.items():
            path = os.path.join(folder, *name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", errors=NAMES, newline="\n") as file:
                file.write(text)


@contextmanager
def _written(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"`{plain(path)}` can't be written: {reason}.") from error


def _opened(path: str) -> TextIO:
    """A file, open to be written, from its beginning.  A named pipe too, if somebody reads it:
    opened in the usual way it would block until somebody does, maybe forever."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NONBLOCK", 0)
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            handle = os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > end:
                raise OSError(errno.ENXIO, "No process reads this pipe", path) from None
            time.sleep(0.02)
    if hasattr(os, "set_blocking"):
        os.set_blocking(handle, True)
    return open(handle, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def show(text: str, form: str = "text") -> None:
    """Print a text; one in the format of GitHub, whose lines are commands, as it is."""
    if form == "github":
        streams.data(text)
    else:
        click.echo(text, nl=False)


def quieted(file: FileResult) -> FileResult:
    """A file without the claims that hold."""
    from podcheck.results.verdicts import Verdict

    return file._replace(claims=tuple(c for c in file.claims if c.verdict is not Verdict.HOLDS))
