"""Manifests that are audited again when one of them changes, or a podcheck.yaml above them."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from podcheck.auditing.auditor import Auditor
from podcheck.auditing.config_files import Configs
from podcheck.auditing.findings_report import Demands, Judge
from podcheck.auditing.manifest_files import audited, files_of
from podcheck.auditing.work_items import library
from podcheck.auditing.work_pool import Alone
from podcheck.language.diagnostics import SEVERITIES
from podcheck.loading.manifest_files import FoundFile, stamps
from podcheck.results.verdicts import FileResult, Report
from podcheck.verification.options import Options

SEVERITY = SEVERITIES[1]  # as `podcheck audit` reports by default


class ManifestWatcher:
    """The manifests that some paths name, each with its latest result.

    ``refresh`` may be called as often as somebody likes: while no file has changed it does nothing.
    """

    def __init__(self, options: Options, paths: tuple[str, ...]) -> None:
        self._options = options
        self._paths = paths
        self._auditor: Auditor | None = None  # remembers the shapes that it has searched
        self._stamps: dict[str, tuple[int, int]] = {}
        self._shown: dict[str, Hashable] = {}
        self._report = Report(())
        self.sources: list[str] = []

    def warm_up(self) -> None:
        """The first audit has loaded all."""

    def refresh(self, noticed: bool = True) -> Iterator[FileResult]:
        """The new results: of files that are new, that changed, or whose findings did, as a file
        beside them changed."""
        found = files_of(self._paths, ())
        self.sources = [file.path for file in found]
        before, self._stamps = self._stamps, stamps(found)
        if before == self._stamps:
            return
        self._report = self._audited(found)
        shown, self._shown = self._shown, {f.path: _seen_as(f) for f in self._report.files}
        for file in self._report.files:
            changed = before.get(file.path) != self._stamps.get(file.path)
            if changed or shown.get(file.path) != self._shown[file.path]:
                yield file

    def report(self) -> Report:
        """The latest result of every file, in the order of the paths."""
        return self._report

    def _audited(self, found: list[FoundFile]) -> Report:
        names = tuple(hazard.name for hazard in library()[0])
        configs = Configs(None, names)
        configs.find(file.path for file in found)
        if configs.diagnostics.found:
            wrong = configs.diagnostics.sorted()
            paths = dict.fromkeys(d.span.source.name for d in wrong)
            return Report(tuple(
                FileResult(path, tuple(d for d in wrong if d.span.source.name == path), ())
                for path in paths
            ))  # fmt: skip
        found = [file for file in found if not configs.excludes(file.path)]
        judge = Judge(Demands(SEVERITY, configs.exempt, frozenset(), lambda: names))
        if self._auditor is None or self._auditor.templates != configs.pod_templates:
            self._auditor = Auditor(
                self._options, Alone(), SEVERITY, templates=configs.pod_templates
            )
        return audited(found, judge, self._auditor, lambda file: None, False)


def _seen_as(file: FileResult) -> Hashable:
    """What a reader sees of a result."""
    wrong = tuple((str(d.span), d.code, d.message) for d in file.diagnostics)
    found = tuple(
        (claim.title, str(o.span), o.hazard, o.verdict, o.detail)
        for claim in file.claims for o in claim.outcomes
    )  # fmt: skip
    return wrong, found
