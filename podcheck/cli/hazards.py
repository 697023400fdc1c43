"""The library of hazards, listed and explained."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

import click

from podcheck.cli import streams
from podcheck.declarations.hazard import KINDS, Hazard
from podcheck.language.diagnostics import SEVERITIES
from podcheck.loading.hazards import load_hazards

_GIVEN = re.compile(r"\{(?:\w+[. ])*(\w+)\}")


def show_all() -> None:
    """Print every hazard with its sentence, the gravest first."""
    hazards = load_hazards()
    for severity in SEVERITIES:
        meant = [h for h in hazards if h.severity == severity]
        click.echo(f"{severity} ({len(meant)})")
        for hazard in meant:
            click.echo(f"  {hazard.name}")
            for line in _wrapped(_readable(hazard.sentence, hazard), "      "):
                click.echo(line)
        click.echo()
    click.echo(f"{len(hazards)} hazards; `podcheck explain NAME` tells more about one.")


def named(name: str) -> Hazard | None:
    """The hazard of a name."""
    return next((h for h in load_hazards() if h.name == name), None)


def explained(hazard: Hazard) -> list[str]:
    """A hazard as `podcheck explain` prints it: what goes wrong, the fix, the claim."""
    kinds = "any workload" if hazard.kinds == KINDS else ", ".join(hazard.kinds)
    source, node = hazard.claim.source, hazard.claim.node
    claim = source.text[node.start : node.end]
    return [
        f"{hazard.name}  ({hazard.severity}; {kinds})", "",
        *_wrapped(_readable(hazard.sentence, hazard)), "",
        *_wrapped(f"Fix: {_readable(hazard.fix, hazard)}", "", "     "),
        f"See: {hazard.reference}", "",
        "A pod has it if this is true of it:", "",
        *_claim(claim.splitlines()),
    ]  # fmt: skip


def _claim(lines: Sequence[str]) -> list[str]:
    """The claim without the sentences, which are above."""
    return [f"    {line}" for line in lines if not line.lstrip().startswith("--")]


def _readable(text: str, hazard: Hazard) -> str:
    """A text with capitals for what a manifest gives: `{c}`, `{liveness.seconds}`."""
    text = text.replace(f"{{{hazard.container}}}", hazard.container.upper())
    return _GIVEN.sub(lambda m: m[1].upper(), text)


def _wrapped(text: str, indent: str = "", hang: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, streams.prose(), initial_indent=indent,
        subsequent_indent=indent if hang is None else hang,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
