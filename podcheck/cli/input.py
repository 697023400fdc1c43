"""What the commands share: opening a spec and showing what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from podcheck.cli import streams
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.report.terminal import Style
from podcheck.report.text import render_diagnostic

if TYPE_CHECKING:
    from podcheck.declarations.spec import Spec
    from podcheck.loading.sources import Files

STDIN = "-"


def style() -> Style:
    """How texts are shown on standard output."""
    return Style(streams.is_coloured(), streams.width())


def show_diagnostics(diagnostics: Diagnostics) -> bool:
    """Print errors (and warnings) to standard error; true if there are errors."""
    return show_found(diagnostics.sorted())


def show_found(found: Sequence[Diagnostic]) -> bool:
    """The same for diagnostics in their order."""
    for diagnostic in found:
        for line in render_diagnostic(diagnostic, style()):
            click.echo(line, err=True)
        click.echo(err=True)
    return any(d.is_error for d in found)


def files_of(paths: Sequence[str]) -> Files:
    """The files of a run over some paths, of which `-` is standard input."""
    from podcheck.loading.sources import MAX_BYTES, Files

    files = Files()
    if STDIN in paths:
        try:
            files.give(STDIN, streams.standard_input().read(MAX_BYTES + 1))
        except OSError as error:
            reason = error.strerror or error
            raise click.UsageError(f"Standard input can't be read: {reason}.") from error
    return files


def open_spec(path: str, release: tuple[int, ...] | None = None) -> tuple[Spec | None, Diagnostics]:
    """A spec without syntax errors, or None (the errors have been printed); about a ``release``
    of Kubernetes, if one is given, whichever it names itself.  Of a manifest: its pods."""
    from podcheck.loading.specs import load_pods

    diagnostics = Diagnostics()
    spec = load_pods(path, diagnostics, files_of([path]))
    if spec is None or diagnostics.has_errors:
        show_diagnostics(diagnostics)
        return None, diagnostics
    if release is not None:
        spec.version = spec.kubelet = release
    return spec, diagnostics
