"""`podcheck explain` on what `kubectl get pods -o yaml` prints."""

from __future__ import annotations

import sys

import click

from podcheck.cli.input import show_diagnostics, style
from podcheck.cli.progress import ProgressLine
from podcheck.cli.streams import standard_input
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import MAX_MANIFEST_BYTES, read_source, read_stream
from podcheck.results.explanations import EXIT_INPUT, Explanations

STDIN = "-"


def explain_pods(path: str, version: tuple[int, int] | None, form: str, verbose: bool) -> int:
    """Explain every pod of a file; the exit code."""
    from podcheck.declarations.spec import LATEST
    from podcheck.observation.explainer import Explainer
    from podcheck.observation.reader import read_observed
    from podcheck.verification.options import Options

    diagnostics = Diagnostics()
    source = _source(path, diagnostics)
    pack = load_pack()
    found = None if source is None else read_observed(source, pack, diagnostics)
    has_errors = show_diagnostics(diagnostics)
    if found is None or not found.pods:
        return EXIT_INPUT
    explainer = Explainer(pack, Options(), version or LATEST)
    progress = ProgressLine(sys.stderr)
    pods = []
    for n, pod in enumerate(found.pods, 1):
        progress.text(f"pod {n} of {len(found.pods)}: {pod.title}")
        pods.append(explainer.explain(pod))
    progress.clear()
    explained = Explanations(tuple(pods), found.skipped)
    _show(explained, form, verbose)
    return EXIT_INPUT if has_errors else explained.exit_code()


def _source(path: str, diagnostics: Diagnostics) -> Source | None:
    if path == STDIN:
        return read_stream(standard_input(), "standard input", diagnostics, MAX_MANIFEST_BYTES)
    return read_source(path, path, diagnostics, MAX_MANIFEST_BYTES)


def _show(explained: Explanations, form: str, verbose: bool) -> None:
    if form == "json":
        from podcheck.report import explanation_json

        click.echo(explanation_json.render(explained), nl=False)
    elif form == "markdown":
        from podcheck.report import explanation_markdown

        click.echo(explanation_markdown.render(explained), nl=False)
    else:
        from podcheck.report import explanation_text

        for line in explanation_text.lines(explained, style(), verbose):
            click.echo(line)
