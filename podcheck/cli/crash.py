"""What happens when podcheck itself is at fault: the evidence is saved, exit code 5."""

from __future__ import annotations

import os
import tempfile
import traceback

import click

from podcheck.results.verdicts import EXIT_INTERNAL


def report_crash(error: Exception) -> int:
    """Save the traceback in a file and say where it is."""
    click.echo(
        f"internal error[E901]: {type(error).__name__}. This is a fault of podcheck.", err=True
    )
    details = "".join(traceback.format_exception(error))
    try:
        handle, path = tempfile.mkstemp(prefix="podcheck-", suffix=".log")
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(details)
        click.echo(f"The details are in {path}; please report them.", err=True)
    except OSError:  # there is no room for a file
        click.echo(f"Please report these details:\n{details}", err=True)
    return EXIT_INTERNAL
