"""Audits files batch by batch, and shows each as soon as it is done."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from podcheck.audit.auditor import Auditor
from podcheck.audit.findings_report import Judge
from podcheck.audit.ignored import CONFIG
from podcheck.audit.neighbours import linked
from podcheck.audit.work_items import ReadManifest
from podcheck.cli.progress import ProgressLine
from podcheck.cli.streams import standard_input
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import (
    MANIFESTS,
    MAX_MANIFEST_BYTES,
    find_files,
    read_source,
    read_stream,
)
from podcheck.manifests.workload import Manifest
from podcheck.results.verdicts import FileResult, Report

STDIN = "-"
FIRST_BATCH, MOST_FILES = 64, 1_024  # each batch is twice as large as the one before it
MOST_CHARACTERS = 16_000_000


class Opened(NamedTuple):
    """A file; without a source if it can't be used, for the reason in the diagnostics."""

    path: str
    source: Source | None
    diagnostics: Diagnostics


def audited(
    named: tuple[str, ...],
    judge: Judge,
    auditor: Auditor,
    show: Callable[[FileResult], None],
    light: bool,
) -> Report:
    """The report on files and folders, in their order.  Ctrl-C leaves the rest.

    A ``light`` report has no stories and no texts, so that thousands of files take little memory.
    """
    paths = [p for p, _ in find_files(named, MANIFESTS) if os.path.basename(p) != CONFIG]
    files: list[FileResult] = []
    progress = _Progress(len(paths))
    try:
        for batch in _batches(paths):
            for file in _batch(batch, judge, auditor, progress, frozenset((*named, "stdin"))):
                with progress.away():
                    show(file)
                files.append(_lightened(file) if light else file)
    except KeyboardInterrupt:
        pass  # what is decided is reported
    progress.clear()
    return Report(tuple(files), left=tuple(paths[len(files) :]), tally=judge.tally())


def _batches(paths: Sequence[str]) -> Iterator[list[Opened]]:
    """The files, opened, some at a time: no more of their texts is held in memory at once."""
    batch: list[Opened] = []
    most, size = FIRST_BATCH, 0
    for path in paths:
        diagnostics = Diagnostics()
        source = _source(path, diagnostics)
        batch.append(Opened(path, source, diagnostics))
        size += len(source.text) if source is not None else 0
        if len(batch) == most or size > MOST_CHARACTERS:
            yield batch
            batch, size = [], 0
            most = min(2 * most, MOST_FILES)
    if batch:
        yield batch


def _source(path: str, diagnostics: Diagnostics) -> Source | None:
    if path == STDIN:
        return read_stream(standard_input(), "stdin", diagnostics, MAX_MANIFEST_BYTES)
    return read_source(path, path, diagnostics, MAX_MANIFEST_BYTES)


def _batch(
    batch: Sequence[Opened],
    judge: Judge,
    auditor: Auditor,
    progress: _Progress,
    named: frozenset[str],
) -> Iterator[FileResult]:
    """The results of some files in order, each as soon as all its pods are known."""
    sources = [opened.source for opened in batch if opened.source is not None]
    manifests: dict[Source, ReadManifest | None] = {}
    for source, manifest in auditor.read(sources, named):
        manifests[source] = manifest
        progress.read_one()
    found = linked([m for source in sources if (m := manifests[source]) is not None])
    manifests.update({read.manifest.source: read for read in found})
    unknown = auditor.unknown(s.shape for manifest in found for s in manifest.shapes)
    search = auditor.search(unknown)
    progress.searched(0, len(unknown))
    for opened in batch:
        if opened.source is None:
            nothing = Manifest(Source(opened.path, ""), (), ())
            unread = ReadManifest(nothing, (), tuple(opened.diagnostics.found))
            yield judge.file(unread, auditor)
            continue
        manifest = manifests[opened.source]
        if manifest is None:
            yield judge.unread(opened.path)
            continue
        while not all(auditor.knows(s.shape) for s in manifest.shapes):
            progress.searched(next(search), len(unknown))
        yield judge.file(manifest, auditor)


def _lightened(file: FileResult) -> FileResult:
    """A file's result with all that is counted at the end, and no more."""
    nowhere = Source(file.path, "").span(0, 0)
    claims = []
    for claim in file.claims:
        outcomes = tuple(o._replace(span=nowhere, story=None) for o in claim.outcomes)
        claims.append(claim._replace(span=nowhere, outcomes=outcomes))
    diagnostics = tuple(d._replace(span=nowhere) for d in file.diagnostics)
    return file._replace(diagnostics=diagnostics, claims=tuple(claims))


class _Progress:
    """How far an audit is, on a terminal."""

    def __init__(self, files: int) -> None:
        self._line = ProgressLine(sys.stderr) if sys.stderr.isatty() else None
        self._total = files
        self._read = 0
        self._text = ""

    def read_one(self) -> None:
        """One more file has been read."""
        self._read += 1
        self._show(f"{self._read:,} of {self._total:,} files read")

    def searched(self, count: int, new: int) -> None:
        """Of the new pods in what was read, this many have been searched."""
        files = f"{self._read:,} of {self._total:,} files read"
        self._show(f"{files}, {count} of {new} pods unlike any before" if new else files)

    @contextmanager
    def away(self) -> Iterator[None]:
        """While something else is printed the line is not there."""
        self.clear()
        yield
        self._show(self._text)

    def clear(self) -> None:
        if self._line is not None:
            self._line.clear()

    def _show(self, text: str) -> None:
        self._text = text
        if self._line is not None:
            self._line.text(text)
