"""`podcheck watch`: verify again on save."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

from podcheck.cli.streams import CLEAR
from podcheck.report.printable import plain

if TYPE_CHECKING:
    from podcheck.checker.watcher import Watcher
    from podcheck.results.verdicts import FileResult, Report

QUIET_MS = 10  # a save is over when nothing has happened for so long
LOOK_MS = 1000  # and now and then it is looked whether a change went unnoticed


@click.command(short_help="Verify again whenever a spec is saved.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[FILES or FOLDERS]...")
def command(paths: tuple[str, ...]) -> int:
    """Verify spec files (default: the folder `specs`), and again on every save: the
    file, and those that include it. A terminal is cleared first; what does not pass in other files
    is listed below. Ctrl-C ends it.

    Needs the package watchfiles: pip install 'podcheck[watch]'
    """
    try:
        from watchfiles import watch
    except ModuleNotFoundError:
        needs = "`podcheck watch` needs the package watchfiles: pip install 'podcheck[watch]'"
        raise click.UsageError(needs) from None
    from podcheck.checker.spec_files import Checker
    from podcheck.checker.watcher import Watcher
    from podcheck.verification.options import Options

    paths = paths or ("specs",)
    for path in paths:
        if not os.path.exists(path):
            raise click.UsageError(f"There is no file or folder `{path}`.")
    watched = Watcher(Checker(Options()), paths)
    try:
        _tell(watched, first=True)
        watched.warm_up()
        folders = {os.path.dirname(name) or "." for name in watched.sources}
        folders.update(path for path in paths if os.path.isdir(path))
        changes = watch(
            *sorted(folders), watch_filter=None, recursive=False, step=QUIET_MS,
            rust_timeout=LOOK_MS, yield_on_timeout=True,
        )  # fmt: skip
        for noticed in changes:
            _tell(watched, noticed=bool(noticed))
    except KeyboardInterrupt:
        click.echo()
    return 0


def _tell(watched: Watcher, *, first: bool = False, noticed: bool = True) -> None:
    """Verify what changed, and print it: at first only what does not pass, later on a screen of its
    own, with the heads of what does not pass elsewhere."""
    from podcheck.cli.input import style
    from podcheck.report.sentences import summary
    from podcheck.report.text import headline_lines, render_file

    before = watched.report()
    shown = style()
    done: set[str] = set()
    for result in watched.refresh(noticed):
        if not first:
            _head(result.path, before, clear=not done)
        done.add(result.path)
        for line in render_file(_not_passing(result) if first else result, shown):
            click.echo(line)
    report = watched.report()
    if not first and done:
        for other in report.files:
            if other.path not in done:
                for claim in _not_passing(other).claims:
                    for line in headline_lines(claim, shown):
                        click.echo(line)
    if not first and not done and report.files != before.files:
        _gone(before, report)
    if first or report.files != before.files:
        click.echo(summary(report))
    if first:
        click.echo("Waiting for changes; Ctrl-C ends.")


def _head(path: str, before: Report, *, clear: bool) -> None:
    """When which file was saved; above it, a terminal is cleared."""
    if clear and sys.stdout.isatty():
        click.echo(CLEAR, nl=False)
    known = any(file.path == path for file in before.files)
    click.echo(f"{_now()}  {plain(path)} {'changed' if known else 'is new'}")


def _gone(before: Report, report: Report) -> None:
    left = {file.path for file in report.files}
    for file in before.files:
        if file.path not in left:
            click.echo(f"{_now()}  {plain(file.path)} is gone")


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _not_passing(result: FileResult) -> FileResult:
    from podcheck.results.verdicts import Verdict

    return result._replace(claims=tuple(c for c in result.claims if c.verdict is not Verdict.HOLDS))
