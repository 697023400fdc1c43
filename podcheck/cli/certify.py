"""`podcheck certify`: certificates that `podcheck verify --certificate` wrote, checked again."""

from __future__ import annotations

import textwrap
from functools import partial

import click

COLOURS = {"PROVED": "32", "REPLAYS": "32", "REFUSED": "31"}


@click.command(short_help="Check certificates again, with a second solver.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False), metavar="FOLDER")
@click.option(
    "--timeout", type=click.FloatRange(0.001), default=60.0, show_default=True,
    help="Seconds for each question to cvc5.",
)  # fmt: skip
@click.option(
    "--spec", "specs", multiple=True, type=click.Path(), metavar="FILE",
    help="The spec that the certificates must be about (repeatable); left out: any below the "
    "current folder, or beside FOLDER.",
)  # fmt: skip
def command(folder: str, timeout: float, specs: tuple[str, ...]) -> int:
    """Check what `podcheck verify --certificate FOLDER` wrote, without trusting it.

    Every file is written anew from the spec and compared; cvc5 decides the obligations of a
    proof, and where there are few states, each is looked at with no solver; runs are replayed.
    The last line says how many were checked by what, and how many have no certificate.

    A certificate says itself which spec it is about, by the path that `verify` was given. It is
    refused if that is not the spec you name, or lies outside of the current folder. Each line shows
    the claim with its spec, pod, policies, start, assumptions and release: see that they are yours.

    \b
    Exit codes: 0 every certificate is right   1 one is refused   2 there is no such folder
                3 there is none                4 one is missing or could not be decided
    """
    from podcheck.certificate.validator import Checked, certify, summary
    from podcheck.cli.certificates import Trusted, read
    from podcheck.cli.input import style
    from podcheck.report.printable import plain
    from podcheck.results.verdicts import EXIT_FAILS, EXIT_HOLDS, EXIT_UNKNOWN, EXIT_VACUOUS

    paint = style().paint
    every: list[Checked] = []

    def show(checked: Checked) -> None:
        every.append(checked)
        texts = (checked.about, checked.place, checked.detail)
        lines = (textwrap.wrap(plain(text), 72, break_on_hyphens=False) for text in texts)
        first, *more = [line for text in lines for line in text]
        colour = "1;" + COLOURS.get(checked.word, "33")
        click.echo(f"{paint(f'{checked.word:<7}', colour)} {first}")
        for line in more:
            click.echo(f"        {line}")

    trusted = Trusted(folder, specs)
    found, strays = read(folder)
    for stray in strays:
        show(Checked("REFUSED", stray.path, stray.reason))
    for home, texts in found.items():
        for checked in certify(texts, timeout, partial(trusted.objection, home)):
            show(checked._replace(about=checked.about or home))
    for path in trusted.missing() if found else ():
        show(Checked("UNKNOWN", path, "no certificate is about this spec", none=True))
    if not every:
        click.echo(f"VACUOUS {plain(folder)}: there are no certificates")
        return EXIT_VACUOUS
    click.echo(textwrap.fill(summary(every), 80))
    words = {c.word for c in every}
    if "REFUSED" in words:
        return EXIT_FAILS
    return EXIT_UNKNOWN if "UNKNOWN" in words else EXIT_HOLDS
