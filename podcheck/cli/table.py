"""`podcheck table`: print or check a pod's transition table."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from podcheck.cli import releases
from podcheck.declarations.pod import POLICIES

if TYPE_CHECKING:
    from podcheck.language.source import Source


COLUMNS = (
    "phase", "STATUS", "READY", "RESTARTS", "job.phase", "job.reason", "job.STATUS",
    "job.COMPLETIONS",
)  # fmt: skip


@click.command(short_help="Print or check the transition table of a pod.")
@click.argument("spec", required=False, type=click.Path(), metavar="[SPEC]")
@click.argument("events", nargs=-1, metavar="['EVENT']...")
@click.option(
    "--pod",
    help="The pod of the spec; may be left out if there is only one. Of a family a member is named "
    "with its size, `crowd(2)`; the name alone means the largest.",
)
@click.option(
    "--from",
    "start",
    default="Running",
    show_default=True,
    help="Where to start: `Running` or `created`.",
)
@click.option(
    "--under", multiple=True, type=click.Choice(POLICIES), help="Only these policies (repeatable)."
)
@click.option(
    "--column",
    type=click.Choice(COLUMNS),
    default="phase",
    show_default=True,
    help="What the cells show; those of a Job for a pod that a spec declares with its Job.",
)
@click.option(
    "--kubernetes", "release", callback=releases.release, metavar="RELEASE",
    help="The release, such as 1.34, in place of the one that the spec names.",
)  # fmt: skip
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "csv"]),
    default="text",
    show_default=True,
)
@click.option(
    "--check", multiple=True, type=click.Path(), metavar="FILE",
    help="Compare with a saved table (.md, .csv or text), do not print; exit 1 if they differ. "
    "Without SPEC: the tables of a page of Markdown that a comment marks (repeatable).",
)  # fmt: skip
@click.option(
    "--pages", is_flag=True, help="All arguments are pages, as after --check (for pre-commit)."
)
@click.option("--write", is_flag=True, help="With --check of pages: rewrite what differs.")
def command(
    spec: str | None, events: tuple[str, ...], pod: str | None, start: str, under: tuple[str, ...],
    column: str, release: tuple[int, ...] | None, form: str,
    check: tuple[str, ...], pages: bool, write: bool,
) -> int:  # fmt: skip
    """Print what each event leads to under each policy (without events: every possible one).

    A cell names every outcome over all exit codes and orders of the kubelet's own steps;
    `-` means that the event can't happen there.

    \b
    In CI:
      podcheck table specs/article.pod --pod two --format markdown > table.md
      podcheck table specs/article.pod --pod two --check table.md
      podcheck table --check README.md

    A table of a page is marked by a comment above it: the command, and the spec unless the command
    names one.

    \b
      <!-- podcheck table --from Running
      pod two { container app  container helper }
      -->
    """
    if pages:
        from podcheck.cli.pages import check_pages

        named = [*check, *([spec] if spec else []), *events]
        return check_pages(tuple(named), write, lenient=True)
    if spec is None:
        if not check:
            raise click.UsageError("Name a spec, or pages to check: `podcheck table --check PAGE`.")
        from podcheck.cli.pages import check_pages

        return check_pages(check, write)
    if write or len(check) > 1:
        raise click.UsageError("`--write` and several `--check` are for pages, without a SPEC.")
    return _table(
        spec, events, pod, start, under, column, release, form, check[0] if check else None
    )


def _table(
    spec: str, events: tuple[str, ...], pod: str | None, start: str, under: tuple[str, ...],
    column: str, release: tuple[int, ...] | None, form: str, check: str | None,
) -> int:  # fmt: skip
    """Print a table, or compare it with a saved one."""
    from podcheck.cli.input import open_spec, show_diagnostics, show_found, style
    from podcheck.loading.rules import load_pack
    from podcheck.report.cleaning import cleaned
    from podcheck.report.printable import plain
    from podcheck.report.tables import cells, differences, form_of, in_file, parse, render
    from podcheck.results.verdicts import EXIT_FAILS, EXIT_INPUT, EXIT_VACUOUS
    from podcheck.simulation.play import CannotPlayError, choose_pod
    from podcheck.simulation.transition_table import transition_table

    pack = load_pack()
    loaded, diagnostics = open_spec(spec, release)
    if loaded is None:
        return EXIT_INPUT
    kept: list[list[str]] = []
    saved = None
    if check is not None:
        saved = _saved(check)
        if saved is None:
            return EXIT_INPUT
        kept = parse(saved.text, form_of(check))
        if not events:
            events = tuple(row[0] for row in kept[1:])
    try:
        plan = choose_pod(loaded, pack, diagnostics, pod)
        if show_diagnostics(diagnostics):
            return EXIT_INPUT
        chosen = under or POLICIES
        table = transition_table(plan, start, events, chosen, column, diagnostics)
        if table is None:
            show_found(diagnostics.sorted() if saved is None else in_file(saved, diagnostics))
            return EXIT_INPUT
    except CannotPlayError as error:
        raise click.UsageError(str(error)) from error
    table = cleaned(table)
    if check is None:
        click.echo(render(table, form, style() if style().colour or sys.stdout.isatty() else None))
        return 0
    name = plain(check)
    if len(kept) < 2:
        click.echo(f"{name} has no rows: nothing was checked.")
        return EXIT_VACUOUS
    lines = list(differences(kept, cells(table)))
    for line in lines:
        click.echo(line)
    if lines:
        click.echo(f"{name} differs from what the rules give.")
        return EXIT_FAILS
    click.echo(f"{name}: all {len(table.rows)} rows agree.")
    return 0


def _saved(check: str) -> Source | None:
    """The file of one saved table; None if it can't be read (the error is printed).

    Raises ``click.UsageError`` for a page of Markdown that has more than one table in it.
    """
    from podcheck.cli.input import show_diagnostics
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.sources import read_source
    from podcheck.report.tables import form_of, is_table
    from podcheck.simulation.marked_tables import has_marks

    found = Diagnostics()
    source = read_source(check, check, found)
    if source is None:
        show_diagnostics(found)
    elif form_of(check) == "markdown" and has_marks(source.text):
        raise click.UsageError(
            f"{check} is a page: each marked table names its own spec. Leave SPEC out: "
            f"`podcheck table --check {check}`."
        )
    elif form_of(check) == "markdown" and not is_table(source.text):
        raise click.UsageError(
            f"{check} has more in it than one table. Mark its tables with a comment, as `podcheck "
            f"table --help` shows, and leave SPEC out: `podcheck table --check {check}`."
        )
    return source
