"""What commands that report share: files to write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from podcheck.report.formats import format_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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


def write_below(folder: str, texts: Mapping[str, str]) -> None:
    """Write files by their path below a folder, which is made if it is missing."""
    try:
        os.makedirs(folder, exist_ok=True)
        for name, text in texts.items():
            path = os.path.join(folder, *name.split("/"))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
    except OSError as error:
        reason = error.strerror or error
        raise click.ClickException(f"`{folder}` can't be written: {reason}.") from error


def quieted(file: FileResult) -> FileResult:
    """A file without the claims that hold."""
    from podcheck.verdict import Verdict

    return file._replace(claims=tuple(c for c in file.claims if c.verdict is not Verdict.HOLDS))
