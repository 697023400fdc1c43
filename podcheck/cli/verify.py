"""`podcheck verify`: the main job."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from podcheck.cli import output
from podcheck.options import ENGINES
from podcheck.report.formats import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from podcheck.certificate.writing import Certificates
    from podcheck.checking import SpecFile
    from podcheck.cli.progress import ProgressLine
    from podcheck.options import Options
    from podcheck.verdict import FileResult, Report


def _empty(context: click.Context, parameter: click.Parameter, path: str | None) -> str | None:
    """Refuse a folder that holds something: certificates must not mix with older ones."""
    if path is not None and os.path.isdir(path) and os.listdir(path):
        raise click.BadParameter(f"The folder `{path}` is not empty.")
    return path


@click.command(short_help="Prove or refute the claims of spec files.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[FILES or FOLDERS]...")
@click.option(
    "--format", "form", type=click.Choice(NAMES), default="text", show_default=True,
    help="What to print.",
)  # fmt: skip
@click.option(
    "-o", "--output", "outputs", multiple=True, type=click.Path(dir_okay=False),
    callback=output.checked, metavar="FILE",
    help="Write a report too, in the format of the suffix (repeatable): .html, .xml (JUnit), "
    ".sarif, .json, .md, .mmd (Mermaid), .svg, .txt, .github.",
)  # fmt: skip
@click.option(
    "--bound",
    type=click.IntRange(1, 50),
    help="Search only so many events deep; `HOLDS to k` then counts as success.",
)
@click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True,
    help="What decides checks and finds: every state one by one, bounded search, search and "
    "k-induction, or property directed reachability.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(0.001), help="Seconds after which the rest is UNKNOWN."
)
@click.option(
    "-v", "--verbose", is_flag=True, help="Show the counterexamples of refuted beliefs too."
)
@click.option("-q", "--quiet", is_flag=True, help="Only what did not pass, and the summary.")
@click.option(
    "--certificate", type=click.Path(file_okay=False), callback=_empty, metavar="FOLDER",
    help="Write into a new folder what makes checks and finds checkable by `podcheck certify`.",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Take nothing from the cache and keep nothing.")
def command(
    paths: tuple[str, ...],
    form: str,
    outputs: tuple[str, ...],
    bound: int | None,
    engine: str,
    timeout: float | None,
    verbose: bool,
    quiet: bool,
    certificate: str | None,
    no_cache: bool,
) -> int:
    """Prove or refute the claims of spec files (without arguments: of the folder `specs`).

    Ctrl-C ends the search and reports what was settled by then.

    \b
    In CI:
      podcheck verify specs --format github -o report.html -o junit.xml

    \b
    Exit codes: 0 every claim holds   1 a claim fails     2 the input is wrong
                3 nothing was checked 4 not decided       5 a fault of podcheck
    """
    from podcheck.options import Options
    from podcheck.report import formats, text

    if no_cache:
        os.environ["PODCHECK_CACHE"] = "off"

    progress = _progress()
    options = Options(
        bound=bound,
        engine=engine,
        expired=output.clock(timeout),
        stories="all" if verbose or outputs or form != "text" else "failures",
        progress=progress,
    )
    style = text.Style(sys.stdout.isatty() and not os.environ.get("NO_COLOR"))

    written = _certificates(options) if certificate is not None else None
    if written is not None:
        options = options._replace(answered=written.answered)

    def show(file: FileResult) -> None:
        if progress is not None:
            progress.clear()
        if form == "text":
            lines = [*text.render_file(_quieted(file, quiet), style, verbose)]
            click.echo("".join(f"{line}\n" for line in lines), nl=False)

    def settled(file: SpecFile) -> None:
        if certificate is not None and written is not None and file.compiled is not None:
            _certify(written.files(file.compiled), certificate, form == "text")

    report = _check(paths or ("specs",), options, show, settled)
    if form == "text":
        for line in text.render_end(report):
            click.echo(line)
    else:
        click.echo(formats.render(report, form), nl=False)
    output.reports(report, outputs)
    return report.exit_code()


def _check(
    paths: Sequence[str],
    options: Options,
    show: Callable[[FileResult], None],
    settled: Callable[[SpecFile], None],
) -> Report:
    """The report, with each file shown as soon as it is done.  Ctrl-C leaves the rest."""
    from podcheck.checking import Checker, InterruptedCheck
    from podcheck.reading import find_specs
    from podcheck.verdict import Report

    checker = Checker(options)
    found = [path for path, _ in find_specs(tuple(paths))]
    files: list[FileResult] = []
    try:
        for path in found:
            file = checker.open(path)
            files.append(file.result())
            show(files[-1])
            settled(file)
    except InterruptedCheck as stopped:
        files.append(stopped.result)
        show(files[-1])
    except KeyboardInterrupt:
        pass  # between two files, or while one was compiled
    return Report(tuple(files), options.bound is not None, tuple(found[len(files) :]))


def _certificates(options: Options) -> Certificates:
    from podcheck.certificate.writing import Certificates

    return Certificates(options)


def _certify(texts: Mapping[str, str], folder: str, told: bool) -> None:
    """Write a spec's certificates, and say where they are."""
    from podcheck.cli import certificates

    certificates.write(folder, texts)
    if told and texts:
        places = {os.path.dirname(name) for name in texts}
        count = len(places) - 1  # the manifest stands above the others
        click.echo(f"{count} certificate{'s' * (count != 1)} in {folder}")


def _progress() -> ProgressLine | None:
    if not sys.stderr.isatty():
        return None
    from podcheck.cli.progress import ProgressLine

    return ProgressLine(sys.stderr)


def _quieted(file: FileResult, quiet: bool) -> FileResult:
    if not quiet:
        return file

    from podcheck.verdict import Verdict

    return file._replace(claims=tuple(c for c in file.claims if c.verdict is not Verdict.HOLDS))
