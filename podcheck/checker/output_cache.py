"""Cached output of whole runs: replayed while nothing has changed.

A run is kept under a digest of everything that its output depends on, if all its claims were
settled.  In CI, where specs rarely change, a report then costs no more than reading it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import Files, folder_of, stamped
from podcheck.storage import cache
from podcheck.verification.options import Options


class CachedOutput(NamedTuple):
    """What a run printed, the text of each report that it wrote, and its exit code."""

    printed: str
    reports: tuple[str, ...]
    code: int


def key_of(paths: Iterable[str], files: Files, options: Options, *layout: str) -> str:
    """What a run over spec files is kept under; ``layout`` says which reports, and how they look.

    ``files`` are those of the run, so that the key is about the texts that it verifies.  Empty if
    a run can't be kept: the cache is off, or a file can't be read.
    """
    state = cache.state_of_podcheck()
    sources = [files.source(path, path, Diagnostics()) for path in paths]
    if state is None or None in sources:
        return ""
    specs = [p for s in sources if s is not None for p in (s.name, folder_of(s.path), s.text)]
    return cache.digest("told", state, *options.identity(), "", *layout, "", *specs)


def store(key: str, told: CachedOutput, included: Sequence[Source]) -> None:
    """Keep a run; ``included`` are the files that its specs include."""
    cache.write_json(key, [[stamped(s) for s in included], *told])


def load(key: str, files: Files) -> CachedOutput | None:
    """The run kept under a key, or None: there is none, or an included file has changed."""
    kept = cache.read_json(key) if key else None
    if kept is None:
        return None
    try:
        included, printed, reports, code = kept
        if any(files.unchanged(*row) is None for row in included):
            return None
        return CachedOutput(str(printed), tuple(map(str, reports)), int(code))
    except (TypeError, ValueError):
        return None  # written by something that is not podcheck
