"""`podcheck diff`: what two releases of Kubernetes, or changed rules, make of pods."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from podcheck.cli import limits
from podcheck.core.effort import LEVELS
from podcheck.declarations.pod import POLICIES

if TYPE_CHECKING:
    from podcheck.compiler.pod_plan import PodPlan
    from podcheck.declarations.pack import Pack
    from podcheck.declarations.releases import Release

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

    Without SPEC: the rules and feature gates that differ. With a file of rules in place of the
    second release: what these rules change.

    \b
    Examples:
      podcheck diff 1.35 1.36 specs/article.pod --pod two
      podcheck diff 1.34 1.35
      podcheck diff 1.36 my.rules deployment.yaml

    \b
    Exit codes: 0 proved: no difference   1 some difference   2 the input is wrong
                4 none found, and no proof that there is none
    """
    from podcheck.comparison.differences import compare
    from podcheck.declarations.releases import UnknownReleaseError, release_of, text_of
    from podcheck.loading.rules import load_pack
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
        return _rules(older, newer, names, form)
    other = _changed(new) if changed else load_pack()
    plans = _plans(spec, (load_pack(), other), (older, newer)) if other is not None else None
    if plans is None:
        return EXIT_INPUT
    pairs = [p for p in plans if pod in (None, p[0].pod.member, p[0].pod.name)]
    if not pairs:
        listed = ", ".join(p[0].pod.member for p in plans) or "none"
        raise click.UsageError(f"There is no pod `{pod}`. The file has: {listed}.")
    options = Options(effort=effort, expired=limits.limits(timeout, None))
    is_spec = spec.endswith(SPEC) or not os.path.splitext(spec)[1]
    found = [
        compare(spec, pair, names, policy, options)
        for pair in pairs
        for policy in under or (POLICIES if is_spec else (pair[0].pod.policy,))
    ]
    if changed or not is_spec:
        found = [differences.without_replays(c) for c in found]
    show = differences.as_json if form == "json" else differences.render
    click.echo(show(found, *names), nl=False)
    verdicts = {c.verdict for c in found}
    if "different" in verdicts:
        return EXIT_FAILS
    return EXIT_UNKNOWN if "unknown" in verdicts else EXIT_HOLDS


def _rules(older: Release, newer: Release, names: tuple[str, str], form: str) -> int:
    """The rules and gates that differ between two releases."""
    from podcheck.comparison.switches import switches
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.rules import load_pack, pack_sources, trees_of
    from podcheck.report import differences
    from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS

    found = switches(load_pack(), trees_of(pack_sources(), Diagnostics()), older, newer)
    show = differences.rules_as_json if form == "json" else differences.render_rules
    click.echo(show(found, *names), nl=False)
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


def _plans(
    spec: str, packs: tuple[Pack, Pack], releases: tuple[Release, Release]
) -> list[tuple[PodPlan, PodPlan]] | None:
    """Each pod under both packs and releases; None if the input is wrong."""
    from podcheck.cli.input import files_of, show_diagnostics
    from podcheck.compiler.plan import make_plan
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.specs import load_pods

    plans = []
    for release, pack in zip(releases, packs, strict=True):
        diagnostics = Diagnostics()
        loaded = load_pods(spec, diagnostics, files_of([spec]))
        if loaded is None or diagnostics.has_errors:
            show_diagnostics(diagnostics)
            return None
        loaded.version = loaded.kubelet = release
        loaded.claims.clear()
        plans.append(make_plan(loaded, pack, diagnostics).pods)
        if show_diagnostics(diagnostics):
            return None
    return list(zip(*plans, strict=True))
