"""`podcheck verify`: the main job."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from podcheck.cli import limits, output, releases, streams
from podcheck.core.effort import LEVELS
from podcheck.report.formats import NAMES, format_of
from podcheck.verification.engines import ENGINES

if TYPE_CHECKING:
    from podcheck.cli.progress import ProgressLine
    from podcheck.loading.sources import Files


def _empty(context: click.Context, parameter: click.Parameter, path: str | None) -> str | None:
    """Refuse a folder that holds something: what is written must not mix with older files."""
    if path is not None and os.path.isdir(path) and os.listdir(path):
        raise click.BadParameter(f"The folder `{path}` is not empty.")
    return path


@click.command(short_help="Prove or refute the claims of spec files.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[FILES or FOLDERS or -]...")
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
    "--kubernetes", "asked", callback=releases.releases, metavar="RELEASES",
    help="Verify under these releases in place of the one that a spec names: 1.34, 1.30..1.34, "
    "1.28,1.36 or all. Several give a matrix of claims by release.",
)  # fmt: skip
@click.option(
    "--bound",
    type=click.IntRange(1, 50),
    help="Search only this many events deep; `HOLDS to k` then counts as success.",
)
@click.option(
    "--engine", type=click.Choice(list(ENGINES)), default="auto", show_default=True,
    help="The engine: `auto` chooses one for each claim; explicit-state search, bounded model "
    "checking, k-induction or property directed reachability (pdr).",
)  # fmt: skip
@click.option(
    "--effort", type=click.IntRange(1, LEVELS), default=1, show_default=True,
    help="How much to try for each claim before it is UNKNOWN. Counted in work, so the verdict is "
    "the same on every machine: about three minutes at 1, four times as long with each level.",
)  # fmt: skip
@click.option(
    "--timeout",
    type=click.FloatRange(0.001),
    help="Stop after this many seconds; the rest is UNKNOWN.",
)
@click.option(
    "--memory", type=click.IntRange(1), callback=limits.enough, metavar="MB",
    help="Stop when podcheck uses more memory than this; the rest is UNKNOWN.",
)  # fmt: skip
@click.option(
    "--dump-smt2", "dump", type=click.Path(file_okay=False), callback=_empty, metavar="FOLDER",
    help="Write checks and finds that stay UNKNOWN into a new folder, as SMT-LIB 2.",
)  # fmt: skip
@click.option(
    "-v", "--verbose", is_flag=True,
    help="Show the counterexamples of refuted beliefs too, and the rules that proofs rest on.",
)  # fmt: skip
@click.option(
    "--affected", is_flag=True,
    help="The files are changes: verify the specs below this folder that are among them, include "
    "one, or take a pod from one (for pre-commit).",
)  # fmt: skip
@click.option(
    "--source-url", callback=output.source_url, default="", metavar="URL",
    help="Link the HTML report to the lines of a repository; the URL has `{path}` and `{line}`, as "
    "in https://github.com/ORG/REPO/blob/REF/{path}#L{line}.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print only what did not pass, and the summary.")
@click.option(
    "--claim", "titles", multiple=True, metavar="TITLE",
    help="Only this claim, by its title or its number in the file (repeatable). `FILE.pod:LINE` "
    "is the claim at a line.",
)  # fmt: skip
@click.option(
    "--certificate", type=click.Path(file_okay=False), callback=_empty, metavar="FOLDER",
    help="Write certificates into a new folder, for `podcheck certify`.",
)  # fmt: skip
@click.option(
    "--cross-check", is_flag=True,
    help="Check every answer with a second, independent engine; bypasses the cache.",
)  # fmt: skip
@click.option(
    "--coverage", is_flag=True,
    help="List the rules that no claim of a file depends on, and events of claims that never "
    "happen.",
)  # fmt: skip
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
def command(
    paths: tuple[str, ...],
    form: str,
    outputs: tuple[str, ...],
    asked: tuple[tuple[int, int], ...],
    bound: int | None,
    engine: str,
    effort: int,
    timeout: float | None,
    memory: int | None,
    dump: str | None,
    verbose: bool,
    quiet: bool,
    titles: tuple[str, ...],
    affected: bool,
    source_url: str,
    certificate: str | None,
    coverage: bool,
    cross_check: bool,
    no_cache: bool,
) -> int:
    """Prove or refute the claims of spec files (default: of the folder `specs`).

    Ctrl-C and SIGTERM end the search and report what was decided by then, and so do `--timeout`
    and `--memory`.

    \b
    In CI:
      podcheck verify specs --format github -o report.html -o junit.xml

    \b
    Exit codes: 0 every claim holds   1 a claim fails     2 the input is wrong, or
                3 nothing was checked 4 not decided         a report can't be written
                5 a fault of podcheck
    """
    from podcheck.checker import output_cache
    from podcheck.checker.chosen_claims import Chosen, NoSuchClaimError
    from podcheck.loading.sources import at_lines, find_specs
    from podcheck.verification.options import Options

    if cross_check and dump is not None:
        raise click.UsageError("`--cross-check` does not go with `--dump-smt2`.")
    if affected:
        from podcheck.loading.affected import affected as affected_by

        paths = tuple(affected_by(paths, (os.curdir,)))
        if not paths:
            click.echo("No spec depends on these files.")
            return 0
    if not paths and not os.path.isdir("specs"):
        raise click.UsageError(_no_specs())
    paths, lines = at_lines(paths)
    chosen = Chosen(titles, lines) if titles or lines else None
    whole = (certificate, "--certificate"), (dump, "--dump-smt2"), (coverage, "--coverage")
    for given, option in whole:
        if chosen is not None and given:
            raise click.UsageError(f"`{option}` is about whole files, not about one claim.")
    if len(asked) > 1 and (certificate is not None or dump is not None or coverage):
        option = "--coverage" if coverage else "--certificate" if certificate else "--dump-smt2"
        raise click.UsageError(f"`{option}` is about one release; `--kubernetes` lists several.")
    if no_cache or cross_check:
        os.environ["PODCHECK_CACHE"] = "off"

    progress = _progress()
    forms = [str(format_of(path)) for path in outputs]
    options = Options(
        bound=bound,
        engine=engine,
        effort=effort,
        expired=limits.limits(timeout, memory),
        stories="all" if verbose or outputs or form != "text" else "failures",
        progress=progress,
        reasons=verbose or coverage or bool({"json", "html"} & {form, *forms}),
        release=asked[0] if len(asked) == 1 else None,
    )
    several = asked if len(asked) > 1 else ()
    colour, width = streams.is_coloured(), streams.width()
    found = [path for path, _ in find_specs(paths or ("specs",))]
    files = _files(paths)
    key = ""
    if certificate is None and dump is None:
        shown = (form, colour, width, verbose, quiet, coverage, several)
        layout = (*map(str, shown), *forms, "claims", *titles, str(sorted(lines.items())))
        key = output_cache.key_of(found, files, options, *layout, source_url)
    run = output_cache.load(key, files)
    if run is not None:
        output.show(run.printed, form)
    else:
        from podcheck.cli.verify_files import Printer, verify
        from podcheck.report.terminal import Style

        printer = Printer(form, Style(colour, width), verbose, quiet, progress)
        try:
            run = verify(
                found, files, options, printer, forms, key, certificate, dump,
                releases=several, coverage=coverage, cross_check=cross_check, chosen=chosen,
                source_url=source_url,
            )  # fmt: skip
        except NoSuchClaimError as error:
            raise click.UsageError(str(error)) from None
    for path, text in zip(outputs, run.reports, strict=True):
        output.write(path, text)
    return run.code


def _no_specs() -> str:
    """What to type in a folder without specs, by what is in it."""
    from podcheck.loading.sources import MANIFESTS

    names = os.listdir()
    if any(name.endswith(".pod") for name in names):
        return (
            "There is no folder `specs` here. To check the specs of this folder: "
            "`podcheck verify .`; manifests: `podcheck audit .`."
        )
    if any(name.endswith(MANIFESTS) for name in names):
        return "There are no specs here. To check the manifests: `podcheck audit .`."
    return (
        "There are no specs here. Name files or folders, as in `podcheck verify FILE.pod`; for "
        "manifests: `podcheck audit .`; to write a first spec: `podcheck init`."
    )


def _files(paths: tuple[str, ...]) -> Files:
    from podcheck.loading.sources import Files

    if "-" not in paths:
        return Files()
    from podcheck.cli.input import files_of

    return files_of(paths)


def _progress() -> ProgressLine | None:
    if not sys.stderr.isatty():
        return None
    from podcheck.cli.progress import ProgressLine

    return ProgressLine(sys.stderr)
