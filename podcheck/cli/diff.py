"""`podcheck diff`: what two releases of Kubernetes, or changed rules, make of pods."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from podcheck.cli import limits
from podcheck.core.effort import LEVELS

if TYPE_CHECKING:
    from podcheck.comparison.shown import Witness
    from podcheck.compiler.pod_plan import PodPlan
    from podcheck.declarations.pack import Pack
    from podcheck.declarations.releases import Release
    from podcheck.declarations.spec import Spec
    from podcheck.results.differences import Comparison
    from podcheck.verification.options import Options

POLICIES = ("Always", "OnFailure", "Never")
RULES = ".rules"


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

    Without SPEC: the rules and feature gates that differ, each with a run of a small pod that shows
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
    from podcheck.cli.input import show_diagnostics
    from podcheck.declarations.releases import UnknownReleaseError, release_of, text_of
    from podcheck.loading.rules import load_pack
    from podcheck.report import differences
    from podcheck.verification.options import Options

    changed = new.endswith(RULES)
    try:
        older = release_of(old)
        newer = older if changed else release_of(new)
    except UnknownReleaseError as error:
        raise click.UsageError(str(error)) from error
    options = Options(effort=effort, expired=limits.limits(timeout, None))
    packs = (load_pack(), _changed(new) if changed else load_pack())
    if packs[1] is None:
        return 2
    names = (text_of(older), os.path.basename(new) if changed else text_of(newer))
    plans = _plans(spec, packs, (older, newer), show_diagnostics)
    if plans is None:
        return 2
    pairs = [p for p in plans if pod in (None, p[0].pod.member, p[0].pod.name)]
    if not pairs:
        listed = ", ".join(p[0].pod.member for p in plans) or "none"
        raise click.UsageError(f"There is no pod `{pod}`. The file has: {listed}.")
    found, witnesses = _compared(spec, pairs, names, under, options)
    if changed or spec is None or not spec.endswith(".pod"):
        found = [differences.without_replays(c) for c in found]
    if spec is None and not changed:
        listing = _switches(packs[0], (older, newer), witnesses)
        list_them = differences.shown_as_json if form == "json" else differences.render_shown
        click.echo(list_them(listing, *names), nl=False)
        return int(bool(listing))
    show = differences.as_json if form == "json" else differences.render
    click.echo(show(found, *names), nl=False)
    verdicts = {c.verdict for c in found}
    return 1 if "different" in verdicts else 4 if "unknown" in verdicts else 0


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


def _plans(spec, packs, releases, show) -> list[tuple[PodPlan, PodPlan]] | None:  # type: ignore[no-untyped-def]
    """Each pod under both packs and releases; None if the input is wrong."""
    from podcheck.cli.input import files_of
    from podcheck.compiler.plan import make_plan
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.language.source import Source
    from podcheck.loading.specs import load_pods, spec_of
    from podcheck.storage import package_data

    plans = []
    for release, pack in zip(releases, packs, strict=True):
        diagnostics = Diagnostics()
        loaded: Spec | None
        if spec is None:
            text = package_data.read("comparison", "pods.pod")
            loaded = spec_of(Source("pods.pod", text), None, diagnostics)
        else:
            loaded = load_pods(spec, diagnostics, files_of([spec]))
        if loaded is None or diagnostics.has_errors:
            show(diagnostics)
            return None
        loaded.version = loaded.kubelet = release
        loaded.claims.clear()
        plan = make_plan(loaded, pack, diagnostics).pods
        if spec is None:
            plans.append({p.pod.member: p for p in plan})
            continue
        if show(diagnostics):
            return None
        plans.append({p.pod.member: p for p in plan})
    return [(plan, plans[1][name]) for name, plan in plans[0].items() if name in plans[1]]


def _compared(
    spec: str | None,
    pairs: list[tuple[PodPlan, PodPlan]],
    names: tuple[str, str],
    under: tuple[str, ...],
    options: Options,
) -> tuple[list[Comparison], list[Witness]]:
    from podcheck.comparison.differences import EFFORT, GLANCE, compare
    from podcheck.comparison.shown import Witness

    found, witnesses = [], []
    units = EFFORT if spec is not None else GLANCE
    for pair in pairs:
        own = (pair[0].pod.policy,) if spec is None or not spec.endswith(".pod") else POLICIES
        for policy in under or own:
            runs: list = []  # type: ignore[type-arg]
            found.append(compare(spec or "pods.pod", pair, names, policy, options, runs, units))
            witnesses += [Witness(pair[0], policy, *run) for run in runs]
    return found, witnesses


def _switches(pack: Pack, releases: tuple[Release, Release], witnesses: list[Witness]):  # type: ignore[no-untyped-def]
    from podcheck.comparison.shown import shown
    from podcheck.comparison.switches import switches
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.rules import pack_sources, trees_of

    trees = trees_of(pack_sources(), Diagnostics())
    return shown(switches(pack, trees, *releases), witnesses, releases)
