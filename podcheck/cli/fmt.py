"""`podcheck fmt`: formats spec files."""

from __future__ import annotations

import difflib
import os
import tempfile

import click

from podcheck.cli import streams


@click.command(short_help="Format spec files.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="FILES or FOLDERS...")
@click.option("--check", is_flag=True, help="Change nothing: show what would change, exit with 1.")
def command(paths: tuple[str, ...], check: bool) -> int:
    """Format spec files in place (`-`: standard input to standard output).

    \b
    Exit codes: 0 done, or nothing to do   1 --check: some file would change
                2 a file can't be read or has syntax errors; it is left alone
    """
    from podcheck.loading.sources import find_specs

    if paths == ("-",):
        return _filter()
    seen = changed = bad = 0
    for path, _ in find_specs(paths):
        seen += 1
        result = _one(path, check)
        changed += result == "changed"
        bad += result == "bad"
    if not seen:
        click.echo("No spec was found: nothing was formatted.", err=True)
        return 2
    done = "would change" if check else "reformatted"
    same = seen - changed - bad
    parts = [f"{changed} {done}"] * bool(changed) + [f"{same} left unchanged"] * bool(same)
    parts += [f"{bad} with errors"] * bool(bad)
    click.echo(f"{seen} file{'s' if seen != 1 else ''}: {', '.join(parts)}", err=True)
    return 2 if bad else int(check and changed > 0)


def _one(path: str, check: bool) -> str:
    """Format one file: what became of it, "changed", "same" or "bad"."""
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.language.formatter import format_text
    from podcheck.language.source import Source
    from podcheck.loading.sources import read_source
    from podcheck.report.printable import plain

    name = plain(path)
    if os.path.isfile(path) and not path.endswith(".pod"):
        click.echo(f"{name} is no spec: only .pod files are formatted.", err=True)
        return "bad"
    if os.path.exists(path) and not os.path.isfile(path):
        click.echo(f"{name} is not a regular file: only such files are formatted.", err=True)
        return "bad"
    diagnostics = Diagnostics()
    raw = read_source(path, path, diagnostics, raw=True)
    before = "" if raw is None else raw.text
    source = Source(path, before.replace("\r\n", "\n"))
    text = None if raw is None else format_text(source, diagnostics)
    if text is None:
        _report(diagnostics)
        return "bad"
    if text == before:
        return "same"
    if check:
        click.echo(_difference(name, before, text), nl=False)
        return "changed"
    try:
        _write(path, text)
    except OSError as error:
        click.echo(f"{name} can't be written: {error.strerror or error}.", err=True)
        return "bad"
    click.echo(f"reformatted {name}", err=True)
    return "changed"


def _filter() -> int:
    """Standard input to standard output, for editors."""
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.language.formatter import format_text
    from podcheck.language.source import Source
    from podcheck.loading.sources import PIPED

    diagnostics = Diagnostics()
    try:
        data = streams.standard_input().read()
        text = format_text(Source(PIPED, data.decode("utf-8")), diagnostics)
    except OSError as error:
        reason = error.strerror or error
        raise click.UsageError(f"Standard input can't be read: {reason}.") from error
    except UnicodeDecodeError:
        raise click.UsageError("Standard input is not UTF-8.") from None
    if text is None:
        _report(diagnostics)
        return 2
    streams.data(text)
    return 0


def _report(diagnostics: object) -> None:
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.report.terminal import Style
    from podcheck.report.text import render_diagnostic

    assert isinstance(diagnostics, Diagnostics)
    for diagnostic in diagnostics.sorted():
        click.echo("\n".join(render_diagnostic(diagnostic, Style(False))), err=True)


def _difference(path: str, before: str, after: str) -> str:
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), path, f"{path} formatted"
    )
    note = "\n\\ No newline at end of file\n"
    return "".join(line if line.endswith("\n") else line + note for line in lines)


def _write(path: str, text: str) -> None:
    """Others see the old file or the whole new one; a link stays a link."""
    target = os.path.realpath(path)
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(target), prefix=".podcheck-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        os.chmod(temporary, os.stat(target).st_mode & 0o7777)
        os.replace(temporary, target)
    except BaseException:  # a Ctrl-C too
        os.unlink(temporary)
        raise
