"""Finds the hazards of pods, each shape once; what was found before is taken from the cache."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from podcheck.auditing import kept_manifests
from podcheck.auditing.finding import UNDECIDED, Finding, PodAudit
from podcheck.auditing.pod_shape import Shape
from podcheck.auditing.work_items import Reading, ReadManifest, Searching, basis
from podcheck.auditing.work_pool import LOST, Crew, all_done
from podcheck.checker import result_cache
from podcheck.declarations.releases import RECORDED
from podcheck.declarations.spec import PodDeclaration
from podcheck.language.diagnostics import SEVERITIES, Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.pod_templates import PodTemplate
from podcheck.results.verdicts import FoundHazard, Verdict
from podcheck.storage import cache
from podcheck.verification.options import Options

MOST_KEPT = 1_000  # shapes whose audit stays in memory from one batch of files to the next
CHUNK = 50_000  # characters that are read in one piece of work


class Auditor:
    """Asks the library of hazards that ships; a crew does what takes long.

    Of findings that are less grave than ``told`` no run is shown.  ``version`` is the release of
    the cluster (None: the latest that the rules know), ``templates`` say of further kinds where
    they have their pod templates.
    """

    def __init__(
        self,
        options: Options,
        crew: Crew,
        told: str = SEVERITIES[-1],
        version: tuple[int, ...] | None = None,
        templates: tuple[PodTemplate, ...] = (),
    ) -> None:
        self._options = options
        self._crew = crew
        self._told = told
        self._version = version or RECORDED
        self.templates = templates
        self._kinds = repr(templates)
        self._state = cache.state_of_podcheck()
        self._found: dict[Shape, PodAudit] = {}

    def read(
        self, sources: Sequence[Source], named: frozenset[str]
    ) -> Iterator[tuple[Source, ReadManifest | None]]:
        """Each text as a manifest, None if whoever reads it dies; in any order.  ``named`` are the
        paths that were not found in a folder."""
        unread = []
        for source in sources:
            kept = self._read_before(source, named)
            if kept is None:
                unread.append(source)
            else:
                yield source, kept
        for source, manifest in self._read_now(unread, named):
            if manifest is not None and self._state is not None:
                cache.write_bytes(self._key_of(source, named), kept_manifests.dumped(manifest))
            yield source, manifest

    def _read_now(
        self, sources: Sequence[Source], named: frozenset[str]
    ) -> Iterator[tuple[Source, ReadManifest | None]]:
        work = [
            Reading(chunk, named & {s.name for s in chunk}, self.templates)
            for chunk in _chunks(sources)
        ]
        for n, results in all_done(self._crew, work):
            chunk = work[n].sources
            if results is not LOST:
                yield from zip(chunk, results, strict=True)
            elif len(chunk) > 1:
                alone = [work[n]._replace(sources=(source,)) for source in chunk]
                for k, result in all_done(self._crew, alone):
                    yield chunk[k], None if result is LOST else result[0]
            else:
                yield chunk[0], None

    def unknown(self, shapes: Iterable[Shape]) -> list[Shape]:
        """Those of the shapes, each once, of which neither memory nor cache knows the hazards."""
        wanted = dict.fromkeys(shapes)
        for shape in [s for s in self._found if s not in wanted][:-MOST_KEPT]:
            del self._found[shape]
        return [s for s in wanted if s not in self._found and not self._remembered(s)]

    def search(self, unknown: Sequence[Shape]) -> Iterator[int]:
        """Find the hazards of shapes, in their order as far as that can be: how many have been
        searched."""
        work = [Searching(shape, self._options, self._version, self._told) for shape in unknown]
        for count, (n, found) in enumerate(all_done(self._crew, work), start=1):
            self._keep(unknown[n], PodAudit(False, (UNDECIDED,)) if found is LOST else found)
            yield count

    def knows(self, shape: Shape) -> bool:
        """Has a shape been searched?"""
        return shape in self._found

    def audit(self, shape: Shape) -> PodAudit:
        """What was found of a shape."""
        return self._found[shape]

    def refusals(self, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
        """Report what the API server refuses of a pod, drops and warns of."""
        from podcheck.auditing.pod_audit import refusals_of

        refusals_of(declared, basis(self._options, self._version, self._told), diagnostics)

    def _read_before(self, source: Source, named: frozenset[str]) -> ReadManifest | None:
        """A text as a manifest, if the cache knows it."""
        if self._state is None:
            return None
        data = cache.read_bytes(self._key_of(source, named))
        return None if data is None else kept_manifests.loaded(data, source)

    def _key_of(self, source: Source, named: frozenset[str]) -> str:
        is_named = "named" if source.name in named else "found"
        given = (self._state or "", is_named, self._kinds, source.name, source.text)
        return cache.digest("manifest", *given)

    def _keep(self, shape: Shape, found: PodAudit) -> None:
        self._found[shape] = found
        decided = all(f.is_decided for f in found.findings)
        if self._state is not None and decided and not self._options.stopped():
            cache.write_json(self._key(shape), found)

    def _remembered(self, shape: Shape) -> bool:
        """Does the cache know a shape?"""
        found = _read(self._key(shape)) if self._state is not None else None
        if found is not None:
            self._found[shape] = found
        return found is not None

    def _key(self, shape: Shape) -> str:
        o = self._options
        chosen = (o.engine, o.bound, o.steps, self._told, self._version)
        return cache.digest("audit", self._state or "", repr(chosen), shape.key())


def _chunks(sources: Sequence[Source]) -> Iterable[tuple[Source, ...]]:
    """Texts in pieces of about the same length."""
    chunk: list[Source] = []
    size = 0
    for source in sources:
        chunk.append(source)
        size += len(source.text)
        if size >= CHUNK:
            yield tuple(chunk)
            chunk, size = [], 0
    if chunk:
        yield tuple(chunk)


def _read(key: str) -> PodAudit | None:
    """What was kept of a pod, or None."""
    kept_rows = cache.read_json(key)
    if kept_rows is None:
        return None
    try:
        is_refused, rows, is_warned = kept_rows
        return PodAudit(bool(is_refused), tuple([_finding(row) for row in rows]), bool(is_warned))
    except (TypeError, ValueError, LookupError, AttributeError):
        return None  # written by something that is not podcheck


def _finding(row: list[Any]) -> Finding:
    hazard, verdict, detail, story, advice = row
    told = None if story is None else result_cache.story_of(story)
    return Finding(FoundHazard(*hazard), Verdict(verdict), detail, told, advice)
