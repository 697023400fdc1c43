"""`podcheck verify`: the main job."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from podcheck.verdict import FileResult


@click.command(short_help="Prove or refute the claims of spec files.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[FILES or FOLDERS]...")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option(
    "--bound",
    type=click.IntRange(1, 50),
    help="Search only so many events deep; `HOLDS to k` then counts as success.",
)
@click.option(
    "--timeout", type=click.FloatRange(0.001), help="Seconds after which the rest is UNKNOWN."
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show the counterexamples of refuted beliefs too."
)
@click.option("-q", "--quiet", is_flag=True, help="Only what did not pass, and the summary.")
@click.option("--no-cache", is_flag=True, help="Take nothing from the cache and keep nothing.")
def command(
    paths: tuple[str, ...],
    form: str,
    bound: int | None,
    timeout: float | None,
    verbose: bool,
    quiet: bool,
    no_cache: bool,
) -> int:
    """Prove or refute the claims of spec files (without arguments: of the folder `specs`).

    \b
    Exit codes: 0 every claim holds   1 a claim fails     2 the input is wrong
                3 nothing was checked 4 not decided       5 a fault of podcheck
    """
    from podcheck.checking import Checker
    from podcheck.options import Options
    from podcheck.report import text
    from podcheck.verdict import Report

    if no_cache:
        os.environ["PODCHECK_CACHE"] = "off"
    expired = None
    if timeout is not None:
        end = time.monotonic() + timeout

        def expired() -> bool:
            return time.monotonic() > end

    options = Options(
        bound=bound, expired=expired, stories="all" if verbose or form == "json" else "failures"
    )
    style = text.Style(sys.stdout.isatty() and not _no_colour())
    files: list[FileResult] = []
    for file in Checker(options).check_paths(paths or ("specs",)):
        files.append(file)
        if form == "text":
            lines = [*text.render_file(_quieted(file, quiet), style, verbose)]
            click.echo("".join(f"{line}\n" for line in lines), nl=False)
    report = Report(tuple(files), bounded=bound is not None)
    if form == "json":
        from podcheck.report.json import render

        click.echo(render(report))
    else:
        click.echo(text.summary(report))
    return report.exit_code()


def _quieted(file: FileResult, quiet: bool) -> FileResult:
    if not quiet:
        return file

    from podcheck.verdict import Verdict

    return file._replace(claims=tuple(c for c in file.claims if c.verdict is not Verdict.HOLDS))


def _no_colour() -> bool:
    return bool(os.environ.get("NO_COLOR"))
