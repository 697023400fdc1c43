"""`podcheck table --check page.md`: the marked tables of pages of Markdown."""

from __future__ import annotations

import os
import shlex
from typing import Any

import click

from podcheck.cli import releases
from podcheck.cli.input import show_diagnostics
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import Files, folder_of, read_source
from podcheck.loading.specs import load_spec, spec_of
from podcheck.report.printable import plain
from podcheck.results.stories import TransitionTable
from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS, EXIT_INPUT, EXIT_VACUOUS
from podcheck.simulation.marked_tables import MarkedTable, Wrong, marked_tables, rewritten
from podcheck.simulation.play import CannotPlayError, choose_pod
from podcheck.simulation.transition_table import transition_table

CODE = "E008"  # a table that can't be read
OPTIONS = ("--pod", "--from", "--column", "--kubernetes")


class _WrongMark(Exception):
    """What is wrong with a mark, as a sentence."""


def check_pages(paths: tuple[str, ...], write: bool, *, lenient: bool = False) -> int:
    """Check the marked tables of pages, and with ``write`` rewrite them; the exit code.  With
    ``lenient`` a page may have none."""
    codes = [_check_page(path, write) for path in paths]
    codes = [EXIT_HOLDS if lenient and code == EXIT_VACUOUS else code for code in codes]
    for code in (EXIT_INPUT, EXIT_FAILS, EXIT_VACUOUS):
        if code in codes:
            return code
    return EXIT_HOLDS


def _check_page(path: str, write: bool) -> int:
    from podcheck.cli import output

    diagnostics = Diagnostics()
    page = read_source(path, path, diagnostics, raw=True)
    if page is None:
        show_diagnostics(diagnostics)
        return EXIT_INPUT
    name = plain(path)
    tables = differing = 0
    text = page.text
    for found in reversed(list(marked_tables(page.text))):  # from the end: earlier places stay
        if isinstance(found, Wrong):
            diagnostics.add(CODE, page.span(found.at, found.at + 1), found.message)
            continue
        tables += 1
        now = _now(page, path, found, diagnostics)
        if now is None:
            continue
        values = _differences(found, now)
        differing += bool(values)
        text = rewritten(text, found, values) if values else text
        for number, cells in values.items():
            for column, value in cells.items():
                cell = found.body[number][column]
                where = f"{name}:{page.line_of(cell.start)}"
                event = found.body[number][0].plain
                policy = found.rows[0][column].plain
                click.echo(f"{where}: {event}, {policy}: written {cell.plain or '-'}, is {value}")
    if show_diagnostics(diagnostics):
        return EXIT_INPUT
    if not tables:
        click.echo(
            f"{name} has no marked table: nothing was checked (see `podcheck table --help`)."
        )
        return EXIT_VACUOUS
    if not differing:
        click.echo(f"{name}: {tables} table{'s' * (tables != 1)} agree{'s' * (tables == 1)}.")
        return EXIT_HOLDS
    if write:
        output.write(path, text)
        click.echo(f"{name}: rewrote {differing} of {tables} table{'s' * (tables != 1)}.")
        return EXIT_HOLDS
    click.echo(f"{name}: {differing} of {tables} table{'s' * (tables != 1)} differ from the rules; "
               "`--write` rewrites them.")  # fmt: skip
    return EXIT_FAILS


def _now(
    page: Source, path: str, table: MarkedTable, diagnostics: Diagnostics
) -> TransitionTable | None:
    """What the rules give for a table; None if something is wrong (it is in the diagnostics)."""
    mark = page.span(table.mark, table.mark + len("<!-- podcheck table"))
    try:
        spec, options = _command(table)
        release = releases.named(options.get("--kubernetes"))
        files = Files()
        if spec is None:
            # the text of the mark at its own place, so that an error is reported at its line
            before = "".join(c if c == "\n" else " " for c in page.text[: table.spec_at])
            declared = spec_of(
                Source(page.name, before + table.spec), files.folder(folder_of(path)), diagnostics
            )
        else:
            beside = os.path.join(os.path.dirname(path), spec)
            loaded = load_spec(beside, diagnostics, files)
            if loaded is None:
                return None
            declared = loaded
        if diagnostics.has_errors:
            return None
        if release is not None:
            declared.version = declared.kubelet = release
        plan = choose_pod(declared, load_pack(), diagnostics, options.get("--pod"))
        if any(d.is_error for d in diagnostics.found):
            return None
        events = [row[0].plain for row in table.body]
        wrong = Diagnostics()
        found = transition_table(
            plan, options.get("--from", "Running"), events, tuple(table.columns),
            options.get("--column", "phase"), wrong,
        )  # fmt: skip
    except (CannotPlayError, _WrongMark) as error:
        diagnostics.add(CODE, mark, str(error))
        return None
    except click.BadParameter as error:
        diagnostics.add(CODE, mark, error.message)
        return None
    for fault in wrong.sorted():
        cell = next((r[0] for r in table.body if r[0].plain == fault.span.source.text), None)
        at = page.span(cell.start, cell.end) if cell else mark
        diagnostics.add(fault.code, at, fault.message, fault.hint)
    return found


def _command(table: MarkedTable) -> tuple[str | None, dict[str, Any]]:
    """The spec that the words of a mark name, and their options.  Raises ``_WrongMark``."""
    try:
        words = shlex.split(table.words)
    except ValueError:
        raise _WrongMark("A quotation mark is not closed in this comment.") from None
    spec: str | None = None
    options: dict[str, Any] = {}
    while words:
        word, *words = words
        option, _, value = word.partition("=")
        if option in OPTIONS:
            if not value and not words:
                raise _WrongMark(f"`{option}` needs a value.")
            options[option] = value or words.pop(0)
        elif word.startswith("-") or spec is not None:
            raise _WrongMark(f"Unexpected `{word}`. Expected a spec or {', '.join(OPTIONS)}.")
        else:
            spec = word
    columns = ("phase", "STATUS", "READY", "RESTARTS")
    if options.get("--column", "phase") not in columns:
        raise _WrongMark(f"There is no column `{options['--column']}`: {', '.join(columns)}.")
    if spec is None and not table.spec.strip():
        raise _WrongMark(
            "This comment names no spec, and holds none. Write `<!-- podcheck table FILE.pod -->`, "
            "or the pod in the lines below `<!-- podcheck table`."
        )
    if spec is not None and table.spec.strip():
        raise _WrongMark("This comment names a spec and holds one. Remove one of them.")
    return spec, options


def _differences(table: MarkedTable, now: TransitionTable) -> dict[int, dict[int, str]]:
    """The cells that the rules fill in another way, by row and column."""
    found: dict[int, dict[int, str]] = {}
    for number, (row, (_, values)) in enumerate(zip(table.body, now.rows, strict=True)):
        for column, value in zip(table.columns.values(), values, strict=True):
            if row[column].plain != value:
                found.setdefault(number, {})[column] = value
    return found
