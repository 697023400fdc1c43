"""`podcheck run`: play one sequence of events."""

from __future__ import annotations

import click

from podcheck.cli import releases
from podcheck.declarations.pod import POLICIES


@click.command(short_help="Play a sequence of events and print every status on the way.")
@click.argument("spec", type=click.Path())
@click.argument("events", nargs=-1, metavar="['EVENT']...")
@click.option(
    "--pod",
    help="The pod of the spec; may be left out if there is only one. Of a family a member is named "
    "with its size, `crowd(2)`; the name alone means the largest.",
)
@click.option(
    "--under",
    type=click.Choice(POLICIES),
    help="The restartPolicy; left out: the pod's own.",
)
@click.option(
    "--from",
    "start",
    default="created",
    show_default=True,
    help="Where to start: `created` or `Running`.",
)
@click.option(
    "--kubernetes", "release", callback=releases.release, metavar="RELEASE",
    help="The release, such as 1.34, in place of the one that the spec names.",
)  # fmt: skip
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)
@click.option("-v", "--verbose", is_flag=True, help="Show the rules that fired, with their source.")
def command(
    spec: str,
    events: tuple[str, ...],
    pod: str | None,
    under: str | None,
    start: str,
    release: tuple[int, ...] | None,
    form: str,
    verbose: bool,
) -> int:
    """Play a sequence of events for a pod of SPEC and print every status on the way.

    SPEC is a spec or a manifest, whose pods are called Job/report, Deployment/web.

    \b
    Examples:
      podcheck run job.yaml 'report exits 1'
      podcheck run specs/article.pod --pod two --under Never --from Running \\
          'app is OOMKilled' 'helper exits 0'
    """
    from podcheck.cli.input import open_spec, show_diagnostics, style
    from podcheck.loading.rules import load_pack
    from podcheck.report.json import render_play
    from podcheck.report.play import render
    from podcheck.results.verdicts import EXIT_INPUT
    from podcheck.simulation.play import CannotPlayError, choose_pod, play

    pack = load_pack()
    loaded, diagnostics = open_spec(spec, release)
    if loaded is None:
        return EXIT_INPUT
    try:
        plan = choose_pod(loaded, pack, diagnostics, pod)
        if show_diagnostics(diagnostics):
            return EXIT_INPUT
        played = play(plan, under, start, events, diagnostics)
        if played is None:
            show_diagnostics(diagnostics)
            return EXIT_INPUT
    except CannotPlayError as error:
        raise click.UsageError(str(error)) from error
    if form == "json":
        click.echo(render_play(played))
    else:
        for line in render(played, verbose, style()):
            click.echo(line)
    return 0
