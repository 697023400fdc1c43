"""`podcheck config`: the schema of podcheck.yaml."""

from __future__ import annotations

import click

from podcheck.storage import package_data


@click.command(short_help="Print the JSON schema of podcheck.yaml.")
@click.argument("what", type=click.Choice(["schema"]))
def command(what: str) -> int:
    """Print the JSON schema of podcheck.yaml, for editors and other tools:

    \b
    podcheck config schema > podcheck.schema.json
    # yaml-language-server: $schema=podcheck.schema.json
    """
    assert what == "schema"
    click.echo(package_data.read("auditing", "config.schema.json"), nl=False)
    return 0
