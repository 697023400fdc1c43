"""`podcheck new`: a new spec, with comments or from a manifest."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

import click

if TYPE_CHECKING:
    from podcheck.simulation.first_spec import Described

FIRST = os.path.join("specs", "first.pod")


@click.command(short_help="Write a new spec, with comments or from a manifest.")
@click.argument("spec", required=False, type=click.Path(), metavar="[FILE.pod or -]")
@click.option(
    "--from", "manifest", type=click.Path(), metavar="MANIFEST",
    help="Take the pods from this manifest, each with a table of what is true of it today.",
)  # fmt: skip
def command(spec: str | None, manifest: str | None) -> int:
    """Write a new spec (`-`: to standard output). Without a name it is specs/first.pod, or stands
    beside the manifest. A file that exists is left alone.

    \b
    podcheck new
    podcheck new --from deploy.yaml
    """
    from podcheck.cli import output

    spec = spec or default_name(manifest)
    text = spec_text(spec, manifest)
    if text is None:
        return 2
    if spec == "-":
        output.show(text)
        return 0
    write_new({spec: text})
    click.echo(f"Wrote {spec}. Next: `podcheck verify {spec}`.")
    return 0


def default_name(manifest: str | None) -> str:
    """Where a spec goes for which no name is given."""
    return FIRST if manifest is None else f"{os.path.splitext(manifest)[0]}.pod"


def spec_text(spec: str, manifest: str | None) -> str | None:
    """The text of a new spec, formatted; None if the manifest has errors (they are printed).

    Raises ``click.UsageError`` if there is nothing to write about, or the spec could not name
    the manifest.
    """
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.language.formatter import format_text
    from podcheck.language.source import Source
    from podcheck.simulation.first_spec import COMMENTED

    if spec != "-" and not spec.endswith(".pod"):
        raise click.UsageError(f"A spec's name ends in `.pod`: `{spec}.pod`.")
    text = COMMENTED if manifest is None else _about(spec, manifest)
    return None if text is None else format_text(Source(spec, text), Diagnostics())


def _about(spec: str, manifest: str) -> str | None:
    from podcheck.cli.input import show_diagnostics
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.language.source import Source
    from podcheck.loading.rules import load_pack
    from podcheck.loading.sources import Files, folder_of
    from podcheck.loading.specs import spec_of
    from podcheck.simulation.first_spec import about_manifest, with_tables

    folder = folder_of("x" if spec == "-" else spec)
    named = os.path.relpath(os.path.realpath(manifest), folder).replace(os.sep, "/")
    if named.startswith("../"):
        raise click.UsageError(
            f"A spec takes pods from files of its own folder or below it, and {manifest} is "
            "outside. Write the spec beside the manifest or above it."
        )
    described = _described(manifest)
    if described is None:
        return None
    diagnostics = Diagnostics()
    draft = Source(spec, about_manifest(named, described))
    declared = spec_of(draft, Files().folder(folder), diagnostics)
    if show_diagnostics(diagnostics):
        return None
    return with_tables(named, described, declared, load_pack())


def _described(manifest: str) -> list[Described] | None:
    """The workloads of a manifest, or None if they can't be read (the errors are printed)."""
    from podcheck.cli.input import show_diagnostics
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.loading.sources import MAX_MANIFEST_BYTES, read_source
    from podcheck.manifests.reader import read_manifest
    from podcheck.manifests.selection import path_of
    from podcheck.simulation.first_spec import Described

    diagnostics = Diagnostics()
    source = read_source(manifest, manifest, diagnostics, MAX_MANIFEST_BYTES)
    found = None if source is None else read_manifest(source, diagnostics)
    if show_diagnostics(diagnostics) or found is None:
        return None
    if not found.workloads:
        raise click.UsageError(f"There is no workload in {manifest}.")
    described: list[Described] = []
    names: set[str] = set()
    for workload in found.workloads:
        plain = workload.name or workload.kind.lower()
        tried = (plain, f"{plain}-{workload.kind.lower()}", f"{plain}-{len(names) + 1}")
        name = next(n for n in tried if n not in names)
        names.add(name)
        described.append(Described(name, path_of(workload)))
    return described


def write_new(texts: dict[str, str]) -> None:
    """Write new files, their folders too; none if one exists.  Raises ``click.ClickException``."""
    from podcheck.cli import output

    there = [path for path in texts if os.path.lexists(path)]
    if there:
        refuse(there)
    for path, text in texts.items():
        folder, name = os.path.split(path)
        output.write_below(folder or os.curdir, {name: text})


def refuse(there: Sequence[str]) -> NoReturn:
    """Say which files exist.  Raises ``click.UsageError``."""
    listed = " and ".join(f"`{path}`" for path in there)
    exists = "exists" if len(there) == 1 else "exist"
    raise click.UsageError(f"{listed} {exists} already. Nothing was written.")
