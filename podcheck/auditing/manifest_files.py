"""Audits files batch by batch; each is handed on as soon as it is done."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, Protocol

from podcheck.auditing.auditor import Auditor
from podcheck.auditing.findings_report import Judge
from podcheck.auditing.neighbours import linked
from podcheck.auditing.work_items import ReadManifest
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.manifest_files import CONFIG, FoundFile, Patterns, find_manifests
from podcheck.loading.sources import MAX_MANIFEST_BYTES, read_source, read_stream
from podcheck.manifests.workload import Manifest
from podcheck.results.verdicts import FileResult, Report

STDIN = "-"
FIRST_BATCH, MOST_FILES = 64, 1_024  # each batch is twice as large as the one before it
MOST_CHARACTERS = 16_000_000


class Progress(Protocol):
    """Who wants to know how far an audit is."""

    def read_one(self) -> None:
        """One more file has been read."""

    def searched(self, count: int, new: int) -> None:
        """Of the new pods in what was read, this many have been searched."""


class _Nobody:
    def read_one(self) -> None:
        pass

    def searched(self, count: int, new: int) -> None:
        pass


class Opened(NamedTuple):
    """A file; without a source if it can't be used, for the reason in the diagnostics."""

    path: str
    source: Source | None
    diagnostics: Diagnostics


def files_of(named: Sequence[str], excluded: Sequence[str]) -> list[FoundFile]:
    """The manifests that files and folders name, without those that globs leave out."""
    patterns = Patterns(os.curdir, excluded)
    return [
        file for file in find_manifests(named)
        if os.path.basename(file.path) != CONFIG and not patterns.match(file.path)
    ]  # fmt: skip


def audited(
    found: Sequence[FoundFile],
    judge: Judge,
    auditor: Auditor,
    show: Callable[[FileResult], None],
    light: bool,
    progress: Progress | None = None,
    stdin: Callable[[], BinaryIO] | None = None,
) -> Report:
    """The report on files, in their order.  Ctrl-C leaves the rest.

    A ``light`` report has no stories and no texts, so that thousands of files take little memory.
    ``stdin`` opens what `-` names.
    """
    named = frozenset("stdin" if file.path == STDIN else file.path for file in found if file.named)
    files: list[FileResult] = []
    watching = progress or _Nobody()
    try:
        for batch in _batches(found, stdin):
            for file in _batch(batch, judge, auditor, watching, named):
                show(file)
                files.append(_lightened(file) if light else file)
    except KeyboardInterrupt:
        pass  # what is decided is reported
    return Report(
        tuple(files), left=tuple(file.path for file in found[len(files) :]), tally=judge.tally()
    )


def _batches(
    found: Sequence[FoundFile], stdin: Callable[[], BinaryIO] | None
) -> Iterator[list[Opened]]:
    """The files, opened, some at a time: no more of their texts is held in memory at once.  Those
    of one folder stay together where that can be: what is said in one counts for the others."""
    batch: list[Opened] = []
    most, size = FIRST_BATCH, 0
    folder = ""
    for file in found:
        path = file.path
        is_full = len(batch) >= 2 * most or size > MOST_CHARACTERS
        if is_full or (len(batch) >= most and os.path.dirname(path) != folder):
            yield batch
            batch, size = [], 0
            most = min(2 * most, MOST_FILES)
        folder = os.path.dirname(path)
        diagnostics = Diagnostics()
        source = _source(file, diagnostics, stdin)
        batch.append(Opened(path, source, diagnostics))
        size += len(source.text) if source is not None else 0
    if batch:
        yield batch


def _source(
    file: FoundFile, diagnostics: Diagnostics, stdin: Callable[[], BinaryIO] | None
) -> Source | None:
    if file.path == STDIN and stdin is not None:
        return read_stream(stdin(), "stdin", diagnostics, MAX_MANIFEST_BYTES)
    return read_source(file.text or file.path, file.path, diagnostics, MAX_MANIFEST_BYTES)


def _batch(
    batch: Sequence[Opened],
    judge: Judge,
    auditor: Auditor,
    progress: Progress,
    named: frozenset[str],
) -> Iterator[FileResult]:
    """The results of some files in order, each as soon as all its pods are known."""
    sources = [opened.source for opened in batch if opened.source is not None]
    manifests: dict[Source, ReadManifest | None] = {}
    for source, manifest in auditor.read(sources, named):
        manifests[source] = manifest
        progress.read_one()
    read = {source: m for source in sources if (m := manifests[source]) is not None}
    found = linked(list(read.values()))
    manifests.update(zip(read, found, strict=True))  # a worker's copy of a source is another one
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
