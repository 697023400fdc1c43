"""`podcheck export`: a claim for other model checkers."""

from __future__ import annotations

import click

from podcheck.declarations.pod import POLICIES


@click.command(short_help="Write a claim for Spin or for a solver of Horn clauses.")
@click.argument("spec", type=click.Path())
@click.option(
    "--to",
    "language",
    type=click.Choice(["smt2", "promela"]),
    required=True,
    help="SMT-LIB 2 (constrained Horn clauses), or a model for Spin.",
)
@click.option("--claim", help="Its title or number; may be left out if there is only one.")
@click.option(
    "--pod",
    help="The pod; may be left out if the claim is about one. Of a family a member is named with "
    "its size, `crowd(2)`; the name alone means the largest.",
)
@click.option(
    "--under", multiple=True, type=click.Choice(POLICIES), help="Only these policies (repeatable)."
)
@click.option("-o", "--output", type=click.Path(), help="A file; left out: standard output.")
def command(
    spec: str, language: str, claim: str | None, pod: str | None, under: tuple[str, ...],
    output: str | None,
) -> int:  # fmt: skip
    """Write a check or find as a model of its own: the same states, steps and condition.

    \b
      podcheck export job.pod --to smt2 -o job.smt2 && z3 job.smt2
      podcheck export job.pod --to promela -o job.pml && spin -search -DNOREDUCE job.pml

    z3 answers `sat` and Spin `errors: 0` if the claim holds.
    """
    from podcheck.cli.input import open_spec, show_diagnostics
    from podcheck.cli.output import write as write_file
    from podcheck.cli.streams import data
    from podcheck.compiler.plan import make_plan
    from podcheck.export import promela, smt
    from podcheck.export.exporter import CannotExportError, export
    from podcheck.loading.rules import load_pack
    from podcheck.results.verdicts import EXIT_INPUT

    loaded, diagnostics = open_spec(spec)
    if loaded is None:
        return EXIT_INPUT
    plan = make_plan(loaded, load_pack(), diagnostics)
    if show_diagnostics(diagnostics):
        return EXIT_INPUT
    try:
        found = export(plan.compiled(()), claim, pod, under)
    except CannotExportError as error:
        raise click.UsageError(str(error)) from error
    write = smt.horn if language == "smt2" else promela.program
    text = "\n".join(write(found.asked, found.heading))
    if output is None:
        data(f"{text}\n")
    else:
        write_file(output, f"{text}\n")
    return 0
