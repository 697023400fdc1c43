"""`podcheck audit`: the hazards of manifests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from podcheck.cli import limits, output, releases
from podcheck.cli.input import show_diagnostics, style
from podcheck.core.effort import LEVELS
from podcheck.language.diagnostics import SEVERITIES, Diagnostics
from podcheck.report.formats import NAMES
from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.audit.baseline import Fingerprint
    from podcheck.audit.ignored import Exempt
    from podcheck.results.verdicts import FileResult


@click.command(short_help="Find the hazards of Kubernetes manifests.")
@click.argument("paths", nargs=-1, type=click.Path(), metavar="[FILES or FOLDERS or -]...")
@click.option(
    "-f", "--filename", "more", multiple=True, type=click.Path(), metavar="FILE",
    help="A file or folder, as kubectl takes it (repeatable); `-` is standard input.",
)  # fmt: skip
@click.option(
    "--severity", type=click.Choice(SEVERITIES), default="warning", show_default=True,
    help="Report findings of at least this severity, and exit with 1 if there are any.",
)  # fmt: skip
@click.option(
    "--kubernetes", "version", callback=releases.release, metavar="RELEASE",
    help="The release of the cluster, such as 1.34 (left out: the latest that podcheck knows).",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(NAMES), default="text", show_default=True,
    help="What to print.",
)  # fmt: skip
@click.option(
    "-o", "--output", "outputs", multiple=True, type=click.Path(dir_okay=False),
    callback=output.checked, metavar="FILE",
    help="Write a report too, in the format of the suffix (repeatable).",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(), metavar="FILE",
    help="Which findings to ignore, and why (default: podcheck.yaml beside the manifests).",
)  # fmt: skip
@click.option(
    "--baseline", type=click.Path(dir_okay=False), metavar="FILE",
    help="Don't report the findings that this file records.",
)  # fmt: skip
@click.option(
    "--write-baseline", "written", type=click.Path(dir_okay=False), metavar="FILE",
    help="Record all current findings in a file for `--baseline`.",
)  # fmt: skip
@click.option(
    "--effort", type=click.IntRange(1, LEVELS), default=1, show_default=True,
    help="How much to try for each hazard of a pod before it is not decided. Counted in work, so "
    "the result is the same on every machine: about three minutes at 1, four times as long with "
    "each level.",
)  # fmt: skip
@click.option(
    "--timeout",
    type=click.FloatRange(0.001),
    help="Stop after this many seconds; the rest is not decided.",
)
@click.option(
    "--memory", type=click.IntRange(1), callback=limits.enough, metavar="MB",
    help="Stop when a process uses more memory than this; the rest is not decided.",
)  # fmt: skip
@click.option(
    "--scheduler", metavar="ADDRESS",
    help="Let a Dask cluster do the work, such as tcp://HOST:8786.",
)  # fmt: skip
@click.option(
    "--source-url", callback=output.source_url, default="", metavar="URL",
    help="Link the HTML report to the lines of a repository; the URL has `{path}` and `{line}`.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Print only findings, and the summary.")
@click.option("--no-cache", is_flag=True, help="Neither read nor write the cache.")
@click.option("--list", "listed", is_flag=True, help="List all hazards, and do nothing else.")
def command(
    paths: tuple[str, ...],
    more: tuple[str, ...],
    severity: str,
    version: tuple[int, ...] | None,
    form: str,
    outputs: tuple[str, ...],
    config: str | None,
    baseline: str | None,
    written: str | None,
    effort: int,
    timeout: float | None,
    memory: int | None,
    scheduler: str | None,
    source_url: str,
    quiet: bool,
    no_cache: bool,
    listed: bool,
) -> int:
    """Find out what can go wrong with the pods of Kubernetes manifests: each finding has a run that
    shows it, or a proof, and a fix.

    \b
    podcheck audit deploy.yaml
    helm template CHART | podcheck audit -
    kubectl get deploy,job -A -o yaml | kubectl podcheck audit -f -

    A finding is ignored by an annotation `podcheck.dev/ignore: "HAZARD: REASON"` of the object, or
    by a file podcheck.yaml. `podcheck explain HAZARD` explains one.

    \b
    Exit codes: 0 nothing was found   1 findings     2 the input is wrong
                3 nothing to audit    4 not decided  5 a fault of podcheck
    """
    if no_cache:
        os.environ["PODCHECK_CACHE"] = "off"
    if listed:
        from podcheck.cli import hazards

        hazards.show_all()
        return 0
    named = (*paths, *more)
    if not named:
        raise click.UsageError("Name a file or a folder with manifests, or `-` for a pipe.")
    diagnostics = Diagnostics()
    exempt = _exempt(named, config, diagnostics)
    known = _baseline(baseline, diagnostics)
    if show_diagnostics(diagnostics):
        return 2

    from podcheck.audit.auditor import Auditor
    from podcheck.audit.findings_report import Demands, Judge
    from podcheck.cli.audit_files import audited
    from podcheck.cli.executors import crew_for
    from podcheck.report import formats, text

    judge = Judge(Demands(severity, exempt, known, _names))
    shown = style()

    def show(file: FileResult) -> None:
        file = output.quieted(file) if quiet else file
        lines = text.render_file(file, shown) if form == "text" else ()
        output.show("".join(f"{line}\n" for line in lines))

    options = Options(expired=limits.limits(timeout, memory), effort=effort)
    light = form == "text" and not outputs
    with crew_for(scheduler) as crew:
        auditor = Auditor(options, crew, severity, version)
        report = audited(named, judge, auditor, show, light)
    report = report._replace(source_url=source_url)
    if form == "text":
        click.echo("\n".join(text.render_end(report)))
    else:
        output.show(formats.render(report, form), form)
    output.reports(report, outputs)
    code = report.exit_code()
    if written is not None:
        from podcheck.audit.baseline import write_baseline

        output.write(written, write_baseline(judge.seen))
        return EXIT_HOLDS if code == EXIT_FAILS else code
    return code


def _exempt(
    named: tuple[str, ...], config: str | None, diagnostics: Diagnostics
) -> tuple[Exempt, ...]:
    """What the config file says, or those beside what is named."""
    from podcheck.audit.ignored import CONFIG, configured
    from podcheck.loading.sources import read_source

    folders = dict.fromkeys(p if os.path.isdir(p) else os.path.dirname(p) for p in named)
    beside = [os.path.join(folder, CONFIG) for folder in folders]
    paths = [config] if config is not None else [p for p in beside if os.path.isfile(p)]
    found: list[Exempt] = []
    for path in paths:
        source = read_source(path, path, diagnostics)
        if source is not None:
            found += configured(source, _names(), diagnostics)
    return tuple(found)


def _baseline(path: str | None, diagnostics: Diagnostics) -> frozenset[Fingerprint]:
    if path is None:
        return frozenset()
    from podcheck.audit.baseline import read_baseline
    from podcheck.loading.sources import MAX_MANIFEST_BYTES, read_source

    source = read_source(path, path, diagnostics, MAX_MANIFEST_BYTES)
    return frozenset() if source is None else read_baseline(source, diagnostics)


def _names() -> tuple[str, ...]:
    """The names of all hazards."""
    from podcheck.loading.hazards import load_hazards

    return tuple(h.name for h in load_hazards())
