"""`podcheck watch`: verify specs and audit manifests again on save."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeAlias

import click

from podcheck.cli.streams import CLEAR
from podcheck.report.printable import plain

if TYPE_CHECKING:
    from podcheck.report.terminal import Style
    from podcheck.results.verdicts import FileResult, Report

QUIET_MS = 10  # a save is over when nothing has happened for so long
LOOK_MS = 1000  # and now and then it is looked whether a change went unnoticed


class Watched(Protocol):
    """Files that are checked again when they change."""

    @property
    def sources(self) -> list[str]:
        """The names of all files that count."""

    def warm_up(self) -> None:
        """Load what the first change would have to wait for."""

    def refresh(self, noticed: bool = True) -> Iterator[FileResult]:
        """The new results."""

    def report(self) -> Report:
        """The latest result of every file."""


Render: TypeAlias = "Callable[[FileResult, Style], Iterator[str]]"


@click.command(short_help="Verify or audit again on save.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[FILES or FOLDERS]...")
def command(paths: tuple[str, ...]) -> int:
    """Verify spec files (default: the folder `specs`), and again on every save: the
    file, and those that include it. Manifests that you name, or that are in folders that you
    name, are audited, and again when one of them changes. A terminal is cleared first; what does
    not pass in other files is listed below. Ctrl-C ends it.

    Needs the package watchfiles: pip install 'podcheck[watch]'
    """
    try:
        from watchfiles import watch
    except ModuleNotFoundError:
        needs = "`podcheck watch` needs the package watchfiles: pip install 'podcheck[watch]'"
        raise click.UsageError(needs) from None
    paths = paths or ("specs",)
    for path in paths:
        if not os.path.exists(path):
            raise click.UsageError(f"There is no file or folder `{path}`.")
    watched = list(_watched(paths))
    try:
        for one, render in watched:
            _tell(one, render, first=True)
        click.echo("Waiting for changes; Ctrl-C ends.")
        for one, _ in watched:
            one.warm_up()
        folders = {os.path.dirname(name) or "." for one, _ in watched for name in one.sources}
        folders.update(path for path in paths if os.path.isdir(path))
        changes = watch(
            *sorted(folders), watch_filter=None, recursive=False, step=QUIET_MS,
            rust_timeout=LOOK_MS, yield_on_timeout=True,
        )  # fmt: skip
        for noticed in changes:
            for one, render in watched:
                _tell(one, render, noticed=bool(noticed))
    except KeyboardInterrupt:
        click.echo()
    return 0


def _watched(paths: tuple[str, ...]) -> Iterator[tuple[Watched, Render]]:
    """The specs and the manifests that paths name, and how a result of each is shown."""
    from podcheck.loading.manifest_files import find_manifests
    from podcheck.loading.sources import MANIFESTS, find_specs
    from podcheck.verification.options import Options

    specs = tuple(path for path in paths if not path.endswith(MANIFESTS) or os.path.isdir(path))
    named = tuple(path for path in paths if path.endswith(MANIFESTS) or os.path.isdir(path))
    has_manifests = any(True for _ in find_manifests(named))
    if not has_manifests or any(True for _ in find_specs(specs)):
        from podcheck.checker.spec_files import Checker
        from podcheck.checker.watcher import Watcher
        from podcheck.report import text

        yield Watcher(Checker(Options()), specs), text.render_file
    if has_manifests:
        from podcheck.auditing.watcher import ManifestWatcher
        from podcheck.report import audit_text

        yield ManifestWatcher(Options(), named), audit_text.render_file


def _tell(watched: Watched, render: Render, *, first: bool = False, noticed: bool = True) -> None:
    """Check what changed, and print it: at first only what does not pass, later on a screen of its
    own, with the heads of what does not pass elsewhere."""
    from podcheck.cli.input import style
    from podcheck.report.sentences import summary
    from podcheck.report.text import headline_lines

    before = watched.report()
    shown = style()
    done: set[str] = set()
    for result in watched.refresh(noticed):
        if not first:
            _head(result.path, before, clear=not done)
        done.add(result.path)
        for line in render(_not_passing(result) if first else result, shown):
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
