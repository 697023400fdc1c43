"""`podcheck audit`: the hazards of manifests."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import click

from podcheck.cli import limits, output, releases
from podcheck.cli.input import show_diagnostics, style
from podcheck.core.effort import LEVELS
from podcheck.language.diagnostics import SEVERITIES, Diagnostics
from podcheck.report.formats import NAMES
from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS, EXIT_INPUT
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.auditing.baseline import Fingerprint


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
    "--exclude", "excluded", multiple=True, metavar="GLOB",
    help="Leave out files, by a pattern as in .gitignore (repeatable).",
)  # fmt: skip
@click.option(
    "--if-any", "if_any", is_flag=True,
    help="Audit the workloads that there are, if any: pass over named files that are no manifests, "
    "and exit with 0 where there is no workload. For a list of changed files.",
)  # fmt: skip
@click.option(
    "--config", type=click.Path(), metavar="FILE",
    help="Which findings to ignore, and why (default: each podcheck.yaml in a manifest's folder "
    "and above).",
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
    "--update-baseline", "update", is_flag=True,
    help="Bring the file of `--baseline` up to date for the files that are audited.",
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
    "--render", is_flag=True,
    help="Audit what `helm template` and `kustomize build` make of charts and kustomizations in "
    "folders.",
)  # fmt: skip
@click.option(
    "--values", "values", multiple=True, metavar="[CHART=]FILE",
    help="Values with which `--render` renders all charts, or the chart in a folder (repeatable).",
)  # fmt: skip
@click.option("--summary", is_flag=True, help="Print counts only, by severity and hazard.")
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
    excluded: tuple[str, ...],
    if_any: bool,
    config: str | None,
    baseline: str | None,
    written: str | None,
    update: bool,
    effort: int,
    timeout: float | None,
    memory: int | None,
    scheduler: str | None,
    render: bool,
    values: tuple[str, ...],
    summary: bool,
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
    by a file podcheck.yaml in the manifest's folder or above. `podcheck explain HAZARD` explains
    one. In folders, what .gitignore leaves out or is not for the API server is passed over.

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
    specs = [path for path in named if path.endswith(".pod")]
    if specs:
        verify = f"`podcheck verify {shlex.join(specs)}`"
        raise click.UsageError(f"Specs are not audited. To check them: {verify}.")
    if update and baseline is None:
        raise click.UsageError("Name the file to update: `--baseline FILE --update-baseline`.")

    from podcheck.auditing.config_files import Configs, relative_to, unused_in
    from podcheck.auditing.manifest_files import audited, files_of

    configs = Configs(config, _names())
    found = files_of(named, excluded)
    configs.find(file.path for file in found)
    known = _baseline(baseline, configs.diagnostics, update)
    if show_diagnostics(configs.diagnostics):
        return 2
    found = [file for file in found if file.path == "-" or not configs.excludes(file.path)]
    if if_any:
        found = [file._replace(named=file.path == "-") for file in found]

    from podcheck.auditing.auditor import Auditor
    from podcheck.auditing.findings_report import Demands, Judge
    from podcheck.cli.audit_progress import AuditProgress
    from podcheck.cli.audit_writers import AuditWriters
    from podcheck.cli.executors import crew_for
    from podcheck.cli.rendering import rendered_files
    from podcheck.cli.streams import standard_input

    base = os.path.dirname(os.path.realpath(written or baseline or os.curdir + "/x"))
    place = relative_to(base)
    judge = Judge(Demands(severity, configs.exempt, known, _names, place, render))
    said = {"style": style(), "summary": summary, "quiet": quiet} if form == "text" else {}
    options = Options(expired=limits.limits(timeout, memory), effort=effort)
    folders = [path for path in named if os.path.isdir(path)]
    with (
        AuditWriters((form, said), outputs) as writers,
        rendered_files(found, values, wanted=render) as it,
    ):
        progress = AuditProgress(len(it.files))
        with crew_for(scheduler) as crew:
            auditor = Auditor(options, crew, severity, version, configs.pod_templates)
            report = audited(
                it.files, judge, auditor, writers.add, writers.are_streams, progress,
                standard_input,
            )  # fmt: skip
        progress.clear()
        extra = tuple(judge.warned(warning) for warning in it.warnings)
        extra += () if report.left else unused_in(configs.unused(judge.used, folders))
        for what, count in it.missing:
            judge.passed(what, count)
        report = report._replace(tally=judge.tally())
        for file in extra:
            writers.add(file)
        report = report._replace(if_any=if_any, files=(*report.files, *extra))
        report = report._replace(source_url=source_url)
        writers.finish(report)
    code = report.exit_code()
    if written is not None:
        from podcheck.auditing.baseline import write_baseline

        output.write(written, write_baseline(judge.seen))
        return EXIT_HOLDS if code in (EXIT_FAILS, EXIT_INPUT) else code
    if update and baseline is not None:
        from podcheck.auditing.baseline import updated, write_baseline
        from podcheck.loading.rendered import place_of

        kept = (f for f in known if os.path.exists(os.path.join(base, place_of(f.path))))
        output.write(baseline, write_baseline(updated(kept, judge.seen, frozenset(judge.paths))))
        return EXIT_HOLDS if code in (EXIT_FAILS, EXIT_INPUT) else code
    return code


def _baseline(
    path: str | None, diagnostics: Diagnostics, may_be_missing: bool
) -> frozenset[Fingerprint]:
    if path is None or (may_be_missing and not os.path.exists(path)):
        return frozenset()
    from podcheck.auditing.baseline import read_baseline
    from podcheck.loading.sources import MAX_MANIFEST_BYTES, read_source

    source = read_source(path, path, diagnostics, MAX_MANIFEST_BYTES)
    return frozenset() if source is None else read_baseline(source, diagnostics)


def _names() -> tuple[str, ...]:
    """The names of all hazards."""
    from podcheck.loading.hazards import load_hazards

    return tuple(h.name for h in load_hazards())
