"""`podcheck certify`: certificates that `podcheck verify --certificate` wrote, checked again."""

from __future__ import annotations

import textwrap

import click

COLOURS = {"PROVED": "32", "REPLAYS": "32", "REFUSED": "31"}


@click.command(short_help="Check certificates again, with a second solver.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False), metavar="FOLDER")
@click.option(
    "--timeout", type=click.FloatRange(0.001), default=60.0, show_default=True,
    help="Seconds for each question to cvc5.",
)  # fmt: skip
def command(folder: str, timeout: float) -> int:
    """Check what `podcheck verify --certificate FOLDER` wrote, without trusting it.

    Every file is written anew from the spec and compared; cvc5 decides the obligations of a
    proof, and where there are few states, each is looked at with no solver; runs are replayed.
    The last line says how many were checked by what, and how many have no certificate.

    \b
    Exit codes: 0 every certificate is right   1 one is refused   2 there is no such folder
                3 there is none                4 one is missing or could not be decided
    """
    from podcheck.certificate.checking import Checked, certify, summary
    from podcheck.cli.certificates import read
    from podcheck.cli.input import style
    from podcheck.verdict import EXIT_FAILS, EXIT_HOLDS, EXIT_UNKNOWN, EXIT_VACUOUS

    paint = style().paint
    every: list[Checked] = []

    def show(checked: Checked) -> None:
        every.append(checked)
        word, about, detail = checked[:3]
        first, *more = textwrap.wrap(about, 72, break_on_hyphens=False)
        click.echo(f"{paint(f'{word:<7}', '1;' + COLOURS.get(word, '33'))} {first}")
        for line in [*more, *textwrap.wrap(detail, 72, break_on_hyphens=False)]:
            click.echo(f"        {line}")

    specs, strays = read(folder)
    for stray in strays:
        show(Checked("REFUSED", stray, "this file belongs to no certificate"))
    for place, texts in specs.items():
        for checked in certify(texts, timeout):
            show(checked._replace(about=checked.about or place))
    if not every:
        click.echo(f"VACUOUS {folder}: there are no certificates")
        return EXIT_VACUOUS
    click.echo(textwrap.fill(summary(every), 80))
    words = {c.word for c in every}
    if "REFUSED" in words:
        return EXIT_FAILS
    return EXIT_UNKNOWN if "UNKNOWN" in words else EXIT_HOLDS
