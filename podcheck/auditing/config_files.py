"""The config files of an audit: found from each manifest upwards, and each read once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from podcheck.auditing.config import Config, read_config
from podcheck.auditing.findings_report import Scoped
from podcheck.auditing.ignored import Exempt
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.loading.manifest_files import CONFIG, Patterns, folders_above
from podcheck.loading.sources import read_source
from podcheck.manifests.pod_templates import PodTemplate
from podcheck.results.verdicts import FileResult


class Configs:
    """What the files podcheck.yaml say about each manifest.

    ``chosen`` is the only one that counts, if somebody names one; it counts for every manifest.
    What is wrong with one is reported in ``diagnostics``.
    """

    def __init__(self, chosen: str | None, names: tuple[str, ...]) -> None:
        self.diagnostics = Diagnostics()
        self._names = names
        self._read: dict[str, tuple[Config, Patterns] | None] = {}
        self._above: dict[str, tuple[str, ...]] = {}
        self._chosen = chosen
        if chosen is not None:
            self._load(os.path.dirname(os.path.realpath(chosen)), chosen)

    def find(self, paths: Iterable[str]) -> None:
        """Read those that are about some manifests."""
        for path in paths:
            self._folders(path)

    def excludes(self, path: str) -> bool:
        """Does one of them leave a manifest out?"""
        return any(patterns.match(path) for _, (_, patterns) in self._of(path))

    def exempt(self, path: str) -> tuple[Scoped, ...]:
        """The exceptions for a manifest, the innermost first, each with its path from there."""
        found = []
        for folder, (config, _) in self._of(path):
            seen_as = os.path.relpath(os.path.realpath(path), folder).replace(os.sep, "/")
            found += [(exempt, seen_as) for exempt in config.ignore]
        return tuple(found)

    @property
    def pod_templates(self) -> tuple[PodTemplate, ...]:
        """Where kinds have their pod templates, of all of them, in the order of their folders."""
        read = (self._read[folder] for folder in sorted(self._read))
        return tuple(dict.fromkeys(t for one in read if one for t in one[0].pod_templates))

    def unused(self, used: set[Exempt], searched: Iterable[str]) -> Iterator[tuple[Exempt, str]]:
        """The exceptions that were of no use although all their manifests were searched, which are
        in these folders; and the path of the file."""
        roots = [os.path.join(os.path.realpath(folder), "") for folder in searched]
        for folder in sorted(self._read):
            one = self._read[folder]
            if one is not None and os.path.join(folder, "").startswith(tuple(roots)):
                yield from ((e, one[0].source.name) for e in one[0].ignore if e not in used)

    def _of(self, path: str) -> Iterator[tuple[str, tuple[Config, Patterns]]]:
        for folder in self._folders(path)[::-1]:
            one = self._read[folder]
            if one is not None:
                yield folder, one

    def _folders(self, path: str) -> tuple[str, ...]:
        """The folders whose config files are about a manifest."""
        if self._chosen is not None:
            return tuple(self._read)
        folder = os.path.dirname(path)
        if folder not in self._above:
            above = folders_above(folder or os.curdir)
            for one in above:
                if one not in self._read:
                    self._load(one, os.path.join(one, CONFIG))
            self._above[folder] = tuple(above)
        return self._above[folder]

    def _load(self, folder: str, path: str) -> None:
        self._read[folder] = None
        if self._chosen is None and not os.path.isfile(path):
            return
        shown = path if self._chosen is not None else os.path.relpath(path)
        source = read_source(path, shown, self.diagnostics)
        if source is not None:
            config = read_config(source, self._names, self.diagnostics)
            self._read[folder] = config, Patterns(folder, config.exclude)


def relative_to(folder: str) -> Callable[[str], str]:
    """How a file is called in a baseline of a folder."""

    @cache
    def place(path: str) -> str:
        if path in ("-", "stdin"):
            return "-"
        return os.path.relpath(os.path.realpath(path), folder).replace(os.sep, "/")

    return place


def unused_in(found: Iterable[tuple[Exempt, str]]) -> tuple[FileResult, ...]:
    """A warning for each exception that is of no use, in the file that makes it."""
    files: dict[str, list[Diagnostic]] = {}
    for exempt, path in found:
        if exempt.span is not None:
            message = f"Nothing is found that this exception for `{exempt.hazard}` ignores."
            warning = Diagnostic("W345", exempt.span, message, "Take it out, or mend the pattern.")
            files.setdefault(path, []).append(warning)
    return tuple(FileResult(path, tuple(wrong), ()) for path, wrong in files.items())
