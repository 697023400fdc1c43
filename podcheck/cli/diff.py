"""`podcheck diff`: what two releases of Kubernetes, or changed rules, make of pods."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from podcheck.cli import limits
from podcheck.core.effort import LEVELS
from podcheck.declarations.job import policies_of
from podcheck.declarations.pod import POLICIES

if TYPE_CHECKING:
    from podcheck.comparison.differences import Pair
    from podcheck.declarations.pack import Pack
    from podcheck.declarations.releases import Release
    from podcheck.verification.options import Options

RULES, SPEC = ".rules", ".pod"


@click.command(short_help="Show what differs between two releases for the pods of a spec.")
@click.argument("old", metavar="RELEASE")
@click.argument("new", metavar="RELEASE|RULES")
@click.argument("spec", type=click.Path(), required=False)
@click.option("--pod", help="Only this pod of the spec.")
@click.option(
    "--under", multiple=True, type=click.Choice(POLICIES),
    help="Only this restartPolicy (repeatable); left out: all three, of a manifest its own.",
)  # fmt: skip
@click.option(
    "--effort", type=click.IntRange(1, LEVELS), default=1, show_default=True,
    help="How long to look for differences: seconds for each at 1, four times as long with each "
    "level.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(0.001), help="Seconds after which the rest is unknown."
)
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
def command(
    old: str,
    new: str,
    spec: str | None,
    pod: str | None,
    under: tuple[str, ...],
    effort: int,
    timeout: float | None,
    form: str,
) -> int:
    """Show the events after which two releases of Kubernetes show different statuses for a pod of
    SPEC, a spec or a manifest, each with the rules that make the difference.

    Without SPEC: the rules and feature gates that differ, each with a pod and a run that shows
    it. With a file of rules in place of the second release: what these rules change.

    \b
    Examples:
      podcheck diff 1.35 1.36 specs/article.pod --pod two
      podcheck diff 1.34 1.35
      podcheck diff 1.36 my.rules deployment.yaml

    \b
    Exit codes: 0 proved: no difference   1 some difference   2 the input is wrong
                4 none found, and no proof that there is none
    """
    from podcheck.cli.input import style
    from podcheck.declarations.releases import UnknownReleaseError, release_of, text_of
    from podcheck.report import differences
    from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS, EXIT_INPUT, EXIT_UNKNOWN
    from podcheck.verification.options import Options

    changed = new.endswith(RULES)
    try:
        older = release_of(old)
        newer = older if changed else release_of(new)
    except UnknownReleaseError as error:
        raise click.UsageError(str(error)) from error
    names = (text_of(older), os.path.basename(new) if changed else text_of(newer))
    if spec is None:
        if changed:
            raise click.UsageError("Name a spec or a manifest: rules are compared for its pods.")
        options = Options(effort=effort, expired=limits.limits(timeout, None))
        return _rules(older, newer, names, form, options)
    pairs = _pairs(spec, older, newer, new if changed else "")
    if pairs is None:
        return EXIT_INPUT
    chosen = [p for p in pairs if pod in (None, p.pod.member, p.pod.name)]
    if not chosen:
        listed = ", ".join(p.pod.member for p in pairs) or "none"
        raise click.UsageError(f"There is no pod `{pod}`. The file has: {listed}.")
    options = Options(effort=effort, expired=limits.limits(timeout, None))
    is_spec = spec.endswith(SPEC) or not os.path.splitext(spec)[1]
    found = []
    for pair in chosen:
        policies = under or (policies_of(pair.pod) if is_spec else (pair.pod.policy,))
        found += pair.compared(policies, options)
    if changed or not is_spec:
        found = [differences.without_replays(c) for c in found]
    if form == "json":
        click.echo(differences.as_json(found, *names), nl=False)
    else:
        click.echo(differences.render(found, *names, style()), nl=False)
    verdicts = {c.verdict for c in found}
    if "different" in verdicts:
        return EXIT_FAILS
    return EXIT_UNKNOWN if "unknown" in verdicts else EXIT_HOLDS


def _rules(
    older: Release, newer: Release, names: tuple[str, str], form: str, options: Options
) -> int:
    """The rules and gates that differ between two releases, each with a pod that shows it."""
    from podcheck.cli.input import style
    from podcheck.comparison.pairs import all_switches, example
    from podcheck.report import differences
    from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS

    found = [example(older, newer, switch, options) for switch in all_switches(older, newer)]
    if form == "json":
        click.echo(differences.rules_as_json(found, *names), nl=False)
    else:
        click.echo(differences.render_rules(found, *names, style()), nl=False)
    return EXIT_FAILS if found else EXIT_HOLDS


def _changed(path: str) -> Pack | None:
    """The pack with the changes of a file, or None; its errors have been printed."""
    from podcheck.cli.input import show_diagnostics
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.rules import changed_pack
    from podcheck.loading.sources import Files

    diagnostics = Diagnostics()
    source = Files().source(path, path, diagnostics)
    pack = None if source is None else changed_pack(source, diagnostics)
    return None if show_diagnostics(diagnostics) else pack


def _pairs(spec: str, older: Release, newer: Release, rules: str) -> list[Pair] | None:
    """Each pod under both releases, or under the first and changed rules; None if the input is
    wrong."""
    from podcheck.cli.input import files_of, show_diagnostics
    from podcheck.comparison.pairs import of_releases, of_rules
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.specs import load_pods

    other = _changed(rules) if rules else None
    if rules and other is None:
        return None
    diagnostics = Diagnostics()
    loaded = load_pods(spec, diagnostics, files_of([spec]))
    if loaded is None or diagnostics.has_errors:
        show_diagnostics(diagnostics)
        return None
    if other is None:
        pairs = of_releases(spec, loaded, older, newer, diagnostics)
    else:
        name = os.path.basename(rules)
        pairs = of_rules(spec, loaded, older, other, name, diagnostics)
    return None if show_diagnostics(diagnostics) else pairs
