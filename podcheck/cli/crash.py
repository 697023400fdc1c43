"""What happens when podcheck itself is at fault: the evidence is saved, exit code 5."""

from __future__ import annotations

import os
import tempfile
import traceback

import click

from podcheck.verdict import EXIT_INTERNAL


def report_crash(error: Exception) -> int:
    """Save the traceback in a file and say where it is."""
    handle, path = tempfile.mkstemp(prefix="podcheck-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    click.echo(
        f"internal error[E901]: {type(error).__name__}. This is a fault of podcheck.", err=True
    )
    click.echo(f"The details are in {path}; please report them.", err=True)
    return EXIT_INTERNAL
