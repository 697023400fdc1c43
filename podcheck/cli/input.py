"""What the commands share: opening a spec and showing what is wrong with it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from podcheck.language.diagnostics import Diagnostics
from podcheck.report.text import Style, render_diagnostic

if TYPE_CHECKING:
    from podcheck.model.spec import Spec


def style() -> Style:
    """Colour only on a terminal, and not with NO_COLOR."""
    return Style(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))


def show_diagnostics(diagnostics: Diagnostics) -> bool:
    """Print errors (and warnings) to standard error; true if there are errors."""
    for diagnostic in diagnostics.sorted():
        for line in render_diagnostic(diagnostic, style()):
            click.echo(line, err=True)
        click.echo(err=True)
    return diagnostics.has_errors


def open_spec(path: str) -> tuple[Spec | None, Diagnostics]:
    """A spec without syntax errors, or None (the errors have been printed)."""
    from podcheck.loading import load_spec

    diagnostics = Diagnostics()
    spec = load_spec(path, diagnostics)
    if spec is None or diagnostics.has_errors:
        show_diagnostics(diagnostics)
        return None, diagnostics
    return spec, diagnostics
