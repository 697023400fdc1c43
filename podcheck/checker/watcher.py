"""Spec files that are verified again when they change, and only then."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.checker.incremental import Outline, edited, outline
from podcheck.checker.spec_files import Checker, SpecFile
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import Files, find_specs, stamped
from podcheck.results.verdicts import FileResult, Report


class Watcher:
    """The spec files that some paths name, each with its latest result.

    ``refresh`` is called whenever something may have happened; what did is seen from the
    texts, so it does not matter how exactly the caller knows, or whether it asks too often.
    """

    def __init__(self, checker: Checker, paths: tuple[str, ...]) -> None:
        self._checker = checker
        self._paths = paths
        self._files: dict[str, tuple[SpecFile, FileResult]] = {}
        self._outlines: dict[str, Outline | None] = {}  # of files that have been edited

    def refresh(self, noticed: bool = True) -> Iterator[FileResult]:
        """The new results: of files that are new, that changed, or that include what changed.

        Files that are gone are forgotten.  ``noticed`` says that something did happen: then a
        file with errors is tried again, as it may include one that was not there.
        """
        files = self._checker.files = Files()
        named = [path for path, _ in find_specs(self._paths)]
        self._files = {path: known for path, known in self._files.items() if path in named}
        for path in named:
            known = self._files.get(path)
            if known is not None and not _is_stale(*known, files, noticed):
                continue
            file = self._opened(path, known)
            new = file, file.result()
            if known is None or _differs(known, new):
                self._files[path] = new
                yield new[1]
                if known is not None:  # whoever edits a file may do so again
                    self._outlines[path] = outline(self._checker, file)
        self._files = {path: self._files[path] for path in named}

    def _opened(self, path: str, known: tuple[SpecFile, FileResult] | None) -> SpecFile:
        source = self._checker.files.source(path, path, Diagnostics())
        if known is not None and source is not None:
            before = self._outlines.pop(path, None) or outline(self._checker, known[0])
            file = edited(self._checker, known[0], before, source) if before else None
            if file is not None:
                return file
        return self._checker.open(path)

    def warm_up(self) -> None:
        """Load what the first change would have to wait for."""
        self._checker.compiler.spec(Source("", ""), None, Diagnostics())  # the parser
        _ = self._checker.compiler.pack

    @property
    def sources(self) -> list[str]:
        """The names of the files, and of those that they include."""
        return [s.name for file, _ in self._files.values() for s in file.sources]

    def report(self) -> Report:
        """The latest result of every file, in the order of the paths."""
        return Report(tuple(result for _, result in self._files.values()))


def _is_stale(file: SpecFile, result: FileResult, files: Files, noticed: bool) -> bool:
    # what could not be read has no path, and is tried again
    changed = any(not s.path or files.unchanged(*stamped(s)) is None for s in file.sources)
    return changed or (noticed and result.has_errors)


def _differs(old: tuple[SpecFile, FileResult], new: tuple[SpecFile, FileResult]) -> bool:
    texts = [[s.text for s in file.sources] for file, _ in (old, new)]
    words = [[(d.message, str(d.span)) for d in result.diagnostics] for _, result in (old, new)]
    return texts[0] != texts[1] or words[0] != words[1]
