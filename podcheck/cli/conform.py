"""`podcheck conform`: the rules against recordings of a real kubelet."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from podcheck.conform.survey import Recording
    from podcheck.results.agreement import PassedOver, Unread

LARGEST = 256 << 20  # bytes of a file
PATIENCE_S = 1.0  # before progress is shown


@click.command(short_help="Replay recordings of a real kubelet against the rules.")
@click.argument("paths", nargs=-1, required=True, type=click.Path(), metavar="FILES or FOLDERS...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--show",
    type=click.IntRange(0, 50),
    default=3,
    show_default=True,
    help="How many differences of each file to show in full.",
)
def command(paths: tuple[str, ...], form: str, show: int) -> int:
    """Replay recordings of a real kubelet: is each recorded status one that the rules allow?

    What a file holds is seen from its content; it may be packed with gzip.  The pod specs of
    traces are found in the .json files beside them.

    \b
    Exit codes: 0 everything agrees      1 something differs   2 the input is wrong
                3 nothing was replayed   5 a fault of podcheck
    """
    from podcheck.conform.survey import Recording, replay
    from podcheck.loading.rules import pack_sources
    from podcheck.report.agreement import exit_code, render_json, render_outcome, summary
    from podcheck.report.printable import plain
    from podcheck.results.agreement import Outcome

    sources = (*pack_sources("kubernetes"), *pack_sources("conform"))
    ticker = _Ticker()
    outcomes: list[Outcome] = []
    for path, named in _files(paths):
        found = _read(path, named)
        outcome = replay(sources, found, ticker.tick) if isinstance(found, Recording) else found
        ticker.clear()
        outcomes.append(outcome)
        if form == "text":
            for line in render_outcome(outcome, show):
                click.echo(plain(line))
    if form == "json":
        click.echo(render_json(outcomes, show))
    else:
        click.echo(summary(outcomes))
    return exit_code(outcomes)


def _files(paths: tuple[str, ...]) -> list[tuple[Path, bool]]:
    """The files named, with true, and those of the folders named, by name, with false."""
    from podcheck.report.printable import plain

    found: dict[Path, bool] = {}
    for path in map(Path, paths):
        if not path.exists():
            raise click.UsageError(f"There is no file or folder `{plain(str(path))}`.")
        inner = sorted(p for p in path.iterdir() if p.is_file()) if path.is_dir() else [path]
        for file in inner:
            found.setdefault(file, not path.is_dir())
    return list(found.items())


def _read(path: Path, named: bool) -> Recording | PassedOver | Unread:
    from podcheck.conform.survey import Recording
    from podcheck.results.agreement import PassedOver, Unread

    if not named and not path.name.removesuffix(".gz").endswith((".json", ".jsonl")):
        return PassedOver(str(path), "recordings of a folder are its .jsonl and .jsonl.gz files")
    try:
        if path.stat().st_size > LARGEST:
            return Unread(str(path), 0, f"the file is larger than {LARGEST >> 20} MB")
        data = path.read_bytes()
        beside = tuple(
            (str(p), p.read_bytes()) for p in sorted(path.parent.iterdir()) if _may_hold_specs(p)
        )
    except OSError as error:
        return Unread(str(path), 0, error.strerror or "it can't be read")
    return Recording(str(path), data, beside)


def _may_hold_specs(path: Path) -> bool:
    plain = path.name.removesuffix(".gz")
    return plain.endswith(".json") and path.is_file() and path.stat().st_size <= LARGEST


class _Ticker:
    """Says on a terminal how far a recording has come, once that takes a while."""

    def __init__(self) -> None:
        self._begun = self._shown = time.monotonic()
        self._used = False
        self._terminal = sys.stderr.isatty()

    def tick(self, name: str, records: int) -> None:
        now = time.monotonic()
        if self._terminal and now - self._begun > PATIENCE_S and now - self._shown > 0.2:
            click.echo(f"\r\x1b[K{name}: {records:,} records", nl=False, err=True)
            self._shown, self._used = now, True

    def clear(self) -> None:
        if self._used:
            click.echo("\r\x1b[K", nl=False, err=True)
        self._begun, self._used = time.monotonic(), False
