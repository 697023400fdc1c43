"""`podcheck explain` on what `kubectl get pods -o yaml` prints."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import click

from podcheck.cli.input import show_diagnostics, style
from podcheck.cli.progress import ProgressLine
from podcheck.cli.streams import standard_input
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import MAX_MANIFEST_BYTES, PIPE, PIPED, read_source, read_stream
from podcheck.results.explanations import EXIT_INPUT, Explanations

if TYPE_CHECKING:
    from podcheck.declarations.pod import Pod
    from podcheck.observation.explainer import Explainer
    from podcheck.observation.fleet import Batch
    from podcheck.observation.reader import Observed
    from podcheck.observation.status import ObservedPod
    from podcheck.results.explanations import Explanation, JobExplanation, PodStory


def explain_pods(path: str, version: tuple[int, ...] | None, form: str, verbose: bool) -> int:
    """Explain every pod and Job of a file; the exit code."""
    from podcheck.declarations.releases import RECORDED
    from podcheck.observation.reader import read_observed

    diagnostics = Diagnostics()
    source = _source(path, diagnostics)
    found = None if source is None else read_observed(source, load_pack(), diagnostics)
    has_errors = show_diagnostics(diagnostics)
    if found is None or not (found.pods or found.jobs):
        return EXIT_INPUT
    explainer = _explainer(version or RECORDED)
    pods = tuple(_explained(found.pods, explainer))
    explained = Explanations(pods, found.skipped, _jobs(found, pods, version or RECORDED))
    _show(explained, form, verbose)
    return EXIT_INPUT if has_errors else explained.exit_code()


def _jobs(
    found: Observed, pods: Sequence[Explanation], version: tuple[int, ...]
) -> tuple[JobExplanation, ...]:
    """What is said of the Jobs, of which these are all pods."""
    if not found.jobs:
        return ()
    from podcheck.observation.job_explainer import JobExplainer
    from podcheck.verification.options import Options

    explainer = JobExplainer(load_pack(), Options(), version)
    known = {pod.title: pod for pod in pods}
    return tuple([explainer.explain(job, known) for job in found.jobs])


def _explained(pods: Sequence[ObservedPod], explainer: Explainer) -> Sequence[Explanation]:
    """The pods' explanations, by several processes where there is enough to do."""
    from podcheck.cli.executors import LocalCrew
    from podcheck.observation.fleet import batches, explain_with

    line = ProgressLine(sys.stderr) if sys.stderr.isatty() else None

    def progress(done: int, total: int) -> None:
        if line is not None:
            line.text(f"{done} of {total} statuses of {len(pods)} pods")

    crew = LocalCrew(len(os.sched_getaffinity(0)))
    try:
        work = batches(pods, explainer)
        progress(0, sum(len(batch.pods) for batch in work))
        return explain_with(crew.executor(work), _stories, work, pods, explainer, progress)
    finally:
        crew.close()
        if line is not None:
            line.clear()


@cache
def _explainer(version: tuple[int, ...]) -> Explainer:
    """One for each release in a process."""
    from podcheck.observation.explainer import Explainer
    from podcheck.verification.options import Options

    return Explainer(load_pack(), Options(), version)


def _stories(batch: Batch) -> Sequence[PodStory]:
    explainer = _explainer(batch.version)
    return [explainer.story(pod) for pod in batch.pods]


def explain_log(
    path: str, version: tuple[int, ...] | None, form: str, manifest: str | None = None
) -> int:
    """Say of each status of one pod, in order, whether it can follow; the exit code."""
    from podcheck.declarations.releases import RECORDED
    from podcheck.observation.log import read_log
    from podcheck.observation.reader import read_observed
    from podcheck.observation.watch_table import is_table, read_table
    from podcheck.report import explanation_json, explanation_text
    from podcheck.verification.options import Options

    diagnostics = Diagnostics()
    source = _source(path, diagnostics)
    pack = load_pack()
    pods: Sequence[ObservedPod] = ()
    if source is not None and is_table(source.text):
        pod = _pod_of_table(source.text, manifest)
        if pod is None:
            return EXIT_INPUT
        pods = read_table(source, pod, diagnostics)
    elif source is not None:
        pods = read_observed(source, pack, diagnostics).pods
    if show_diagnostics(diagnostics) or not pods:
        return EXIT_INPUT
    others = [pod.title for pod in pods if pod.title != pods[0].title]
    if others:
        message = f"This log is of several pods, {pods[0].title} and {others[0]}."
        raise click.UsageError(f"{message} `--log` takes that of one.")
    log = read_log(pods, pack, Options(), version or RECORDED)
    if form == "json":
        click.echo(explanation_json.render_log(log), nl=False)
    else:
        for line in explanation_text.log_lines(log, style()):
            click.echo(line)
    return log.exit_code()


def _pod_of_table(table: str, manifest: str | None) -> Pod | None:
    """The pod that a table is about, as a manifest or a spec has it; None if that has errors (they
    are printed)."""
    from podcheck.cli.input import open_spec
    from podcheck.observation.watch_table import first_name

    if manifest is None:
        hint = "Name its manifest or spec: `--pod web.yaml`."
        raise click.UsageError(f"A table says nothing of the pod's containers. {hint}")
    spec, _ = open_spec(manifest)
    if spec is None:
        return None
    name = first_name(table)
    plain = {declared: declared.rpartition("/")[2] for declared in spec.pods}
    begins = [d for d in spec.pods if name == plain[d] or name.startswith(f"{plain[d]}-")]
    fitting = begins or list(spec.pods)
    if len(fitting) != 1:
        raise click.UsageError(f"Which pod of {manifest} is `{name}`? {', '.join(fitting)}")
    return replace(spec.pods[fitting[0]].members[-1], name=name)


def _source(path: str, diagnostics: Diagnostics) -> Source | None:
    if path == PIPE:
        return read_stream(standard_input(), PIPED, diagnostics, MAX_MANIFEST_BYTES)
    return read_source(path, path, diagnostics, MAX_MANIFEST_BYTES)


def _show(explained: Explanations, form: str, verbose: bool) -> None:
    if form == "json":
        from podcheck.report import explanation_json

        click.echo(explanation_json.render(explained), nl=False)
    elif form == "html":
        from podcheck.report import explanation_html

        click.echo(explanation_html.render(explained), nl=False)
    elif form == "markdown":
        from podcheck.report import explanation_markdown

        click.echo(explanation_markdown.render(explained), nl=False)
    else:
        from podcheck.report import explanation_text

        for line in explanation_text.lines(explained, style(), verbose):
            click.echo(line)
