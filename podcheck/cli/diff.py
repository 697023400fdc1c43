"""`podcheck diff`: what two releases of Kubernetes make of the pods of a spec."""

from __future__ import annotations

import click

from podcheck.cli import limits
from podcheck.core.effort import LEVELS

POLICIES = ("Always", "OnFailure", "Never")


@click.command(short_help="Show what differs between two releases for the pods of a spec.")
@click.argument("old", metavar="RELEASE")
@click.argument("new", metavar="RELEASE")
@click.argument("spec", type=click.Path())
@click.option("--pod", help="Only this pod of the spec.")
@click.option(
    "--under", multiple=True, type=click.Choice(POLICIES),
    help="Only this restartPolicy (repeatable); left out: all three.",
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
    spec: str,
    pod: str | None,
    under: tuple[str, ...],
    effort: int,
    timeout: float | None,
    form: str,
) -> int:
    """Show the events after which two releases of Kubernetes show different statuses for a pod of
    SPEC, each with the rules that make the difference.

    \b
    Example:
      podcheck diff 1.35 1.36 specs/article.pod --pod two

    \b
    Exit codes: 0 proved: no difference   1 some difference   2 the input is wrong
                4 none found, and no proof that there is none
    """
    from podcheck.cli.input import open_spec, show_diagnostics
    from podcheck.comparison.differences import compare
    from podcheck.compiler.plan import make_plan
    from podcheck.declarations.releases import UnknownReleaseError, release_of, text_of
    from podcheck.loading.rules import load_pack
    from podcheck.report import differences
    from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS, EXIT_INPUT, EXIT_UNKNOWN
    from podcheck.verification.options import Options

    try:
        releases = release_of(old), release_of(new)
    except UnknownReleaseError as error:
        raise click.UsageError(str(error)) from error
    pack, plans = load_pack(), []
    for release in releases:
        loaded, diagnostics = open_spec(spec, release)
        if loaded is None:
            return EXIT_INPUT
        loaded.claims.clear()
        plans.append(make_plan(loaded, pack, diagnostics).pods)
        if show_diagnostics(diagnostics):
            return EXIT_INPUT
    pairs = [p for p in zip(*plans, strict=True) if pod in (None, p[0].pod.member, p[0].pod.name)]
    if not pairs:
        listed = ", ".join(p.pod.member for p in plans[0]) or "none"
        raise click.UsageError(f"There is no pod `{pod}`. The file has: {listed}.")
    options = Options(effort=effort, expired=limits.limits(timeout, None))
    named = (text_of(releases[0]), text_of(releases[1]))
    found = [
        compare(spec, pair, named, policy, options)
        for pair in pairs
        for policy in under or POLICIES
    ]
    if form == "json":
        click.echo(differences.as_json(found, *named), nl=False)
    else:
        click.echo(differences.render(found, *named), nl=False)
    verdicts = {c.verdict for c in found}
    if "different" in verdicts:
        return EXIT_FAILS
    return EXIT_UNKNOWN if "unknown" in verdicts else EXIT_HOLDS
