"""`podcheck audit --render`: what helm and kustomize make of the files to audit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from podcheck.loading.manifest_files import FoundFile

if TYPE_CHECKING:
    from podcheck.loading.rendered import Rendered, Values


@contextmanager
def rendered_files(
    found: list[FoundFile], values: Sequence[str], *, wanted: bool
) -> Iterator[Rendered]:
    """The files to audit, rendered if that is ``wanted``; what was rendered is there until the end
    of the block."""
    from podcheck.loading.rendered import Rendered, rendered

    given = [_values(text) for text in values]
    if not wanted:
        if given:
            raise click.UsageError("`--values` needs `--render`.")
        yield Rendered(found, (), ())
        return
    with TemporaryDirectory(prefix="podcheck-") as folder:
        yield rendered(found, given, folder)


def _values(text: str) -> Values:
    from podcheck.loading.rendered import Values

    chart, _, path = text.rpartition("=")
    if os.path.exists(text):
        chart, path = "", text
    if chart and not os.path.isdir(chart):
        raise click.UsageError(f"There is no folder `{chart}`: write `--values CHART=FILE`.")
    if not os.path.isfile(path):
        raise click.UsageError(f"There is no file `{path}`.")
    return Values(path, chart)
