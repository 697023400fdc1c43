"""`podcheck repro`: force a claim's run on a real cluster."""

from __future__ import annotations

import click


@click.command(short_help="Write a manifest and a script that force a counterexample on a cluster.")
@click.argument("spec", type=click.Path())
@click.option("--claim", help="Its title or number; may be left out if there is only one.")
@click.option(
    "-o", "--output", type=click.Path(file_okay=False), default="repro", show_default=True,
    metavar="FOLDER", help="Where pod.yaml and run.sh go.",
)  # fmt: skip
def command(spec: str, claim: str | None, output: str) -> int:
    """Write what forces a claim's counterexample (or witness) on a real cluster: FOLDER/pod.yaml,
    a pod of busybox containers that exit on command, and FOLDER/run.sh, which
    commands them and checks each status on the way.

    \b
      podcheck repro job.pod --claim "one failure fails the pod"
      sh repro/run.sh

    run.sh exits with 0 if the cluster did what podcheck says, and with 1 if it did not.
    """
    from podcheck.checker.spec_files import Checker
    from podcheck.cli.input import show_found
    from podcheck.cli.output import write_below
    from podcheck.report.printable import plain
    from podcheck.report.text import command_lines
    from podcheck.reproduction.writer import CannotReproduceError, reproduction
    from podcheck.results.verdicts import EXIT_INPUT
    from podcheck.verification.options import Options

    checker = Checker(Options(stories="all"))
    file = checker.open(spec)
    if show_found(file.diagnostics):
        return EXIT_INPUT
    try:
        found = reproduction(file, claim, checker.compiler.pack)
    except CannotReproduceError as error:
        raise click.UsageError(str(error)) from error
    write_below(output, {"pod.yaml": found.manifest, "run.sh": found.script})
    folder = plain(output)
    click.echo(f"{folder}/pod.yaml and {folder}/run.sh force this run on a cluster:")
    for line in command_lines("  ", found.run.command, 80):
        click.echo(line)
    return 0
