"""What commands that report share: files to write, and the time they may take."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from podcheck.report.formats import format_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from podcheck.verdict import FileResult, Report


def checked(
    context: click.Context, parameter: click.Parameter, paths: tuple[str, ...]
) -> tuple[str, ...]:
    """Refuse, before anything is solved, what could not be written afterwards."""
    from podcheck.report.formats import FORMATS

    for path in paths:
        if format_of(path) is None:
            known = ", ".join(s for f in FORMATS for s in f.suffixes)
            raise click.BadParameter(f"The suffix of `{path}` is none of {known}.")
        if not os.path.isdir(os.path.dirname(path) or "."):
            raise click.BadParameter(f"There is no folder `{os.path.dirname(path)}`.")
    return paths


class Clock:
    """Says whether so many seconds have passed since it was made.  One that is sent to another
    process goes on there with the seconds that are left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def __call__(self) -> bool:
        return time.monotonic() > self._end

    def __reduce__(self) -> tuple[type[Clock], tuple[float]]:
        return Clock, (self._end - time.monotonic(),)


def clock(timeout: float | None) -> Callable[[], bool] | None:
    """Says whether so many seconds have passed since now; None without a limit."""
    return None if timeout is None else Clock(timeout)


def reports(report: Report, paths: Iterable[str]) -> None:
    """Write the report into files, each in the format of its suffix."""
    from podcheck.report import formats

    for path in paths:
        write(path, formats.render(report, str(format_of(path))))


def write(path: str, text: str) -> None:
    """Write a file, or end with a message that says why not."""
    try:
        with open(path, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"`{path}` can't be written: {reason}.") from error


def quieted(file: FileResult) -> FileResult:
    """A file without the claims that hold."""
    from podcheck.verdict import Verdict

    return file._replace(claims=tuple(c for c in file.claims if c.verdict is not Verdict.HOLDS))
