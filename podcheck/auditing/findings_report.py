"""What of the findings is reported: by severity, without those that are ignored or known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from posixpath import normpath
from typing import NamedTuple, Protocol

from podcheck.auditing.baseline import Fingerprint, fingerprint, of_error
from podcheck.auditing.finding import UNDECIDED, Finding, PodAudit
from podcheck.auditing.ignored import ANNOTATION, Exempt, annotated
from podcheck.auditing.pod_shape import Shape, filled, put_back
from podcheck.auditing.work_items import ReadManifest
from podcheck.declarations.spec import PodDeclaration
from podcheck.language.diagnostics import SEVERITIES, Diagnostic, Diagnostics
from podcheck.language.source import Source, Span
from podcheck.loading.manifest_files import is_chart
from podcheck.manifests.passed_over import KUSTOMIZATION, TEMPLATE
from podcheck.manifests.workload import Workload
from podcheck.results.verdicts import ClaimResult, FileResult, Outcome, Tally, Verdict


class Audits(Protocol):
    """Who knows the hazards of a pod, and says what the API server makes of it."""

    def audit(self, shape: Shape) -> PodAudit: ...

    def refusals(self, declared: PodDeclaration, diagnostics: Diagnostics) -> None: ...


Scoped = tuple[Exempt, str]  # an exception, and a file's path relative to where it is made


class Demands(NamedTuple):
    """What is to be reported: findings of a severity and graver ones (one of ``SEVERITIES``),
    without those of ``exempt`` and ``known``.  ``names`` gives the names of all hazards.

    ``exempt`` gives the exceptions for a file, each with the file's path as it sees it, ``place``
    the path of a file as the baseline has it.
    """

    severity: str
    exempt: Callable[[str], tuple[Scoped, ...]]
    known: frozenset[Fingerprint]
    names: Callable[[], tuple[str, ...]]
    place: Callable[[str], str] = normpath
    is_rendered: bool = False  # have charts and kustomizations been rendered?


class Judge:
    """Turns findings into results, a claim for each workload, and counts what is left out."""

    def __init__(self, demands: Demands) -> None:
        self.demands = demands
        self.seen: dict[Fingerprint, None] = {}  # everything that was found and is not ignored
        self.used: set[Exempt] = set()
        self.paths: set[str] = set()  # of the files that were judged, as a baseline has them
        self._passed: dict[str, int] = {}
        self._examples: dict[str, str] = {}
        self._counts = {"workloads": 0, "skipped": 0, "lesser": 0, "ignored": 0, "known": 0}

    def file(self, read: ReadManifest, audits: Audits) -> FileResult:
        """The result of one manifest."""
        manifest = read.manifest
        diagnostics = Diagnostics()
        diagnostics.found.update(dict.fromkeys(read.diagnostics))
        name = manifest.source.name
        self.paths.add(self.demands.place(name))
        self._counts["skipped"] += sum(count for _, count in manifest.skipped)
        for what, count in manifest.passed:
            self.passed(passed_as(what, name, self.demands.is_rendered), count, name)
        claims = []
        for workload, (shape, names) in zip(manifest.workloads, read.shapes, strict=True):
            found = audits.audit(shape)
            self._counts["workloads"] += 1
            if found.is_refused or found.is_warned:
                audits.refusals(workload.declaration, diagnostics)
            if found.is_refused:
                continue
            exempt = self._exempt(workload, diagnostics)
            claims.append(self._claim(workload, found.findings, names, exempt))
        wrong = tuple(d for d in diagnostics.sorted() if not self._is_accepted(name, d))
        return FileResult(name, wrong, tuple(claims))

    def passed(self, what: str, count: int, path: str = "") -> None:
        """Count what is passed over, and keep the first file of each kind."""
        self._passed[what] = self._passed.get(what, 0) + count
        if path:
            self._examples.setdefault(what, path)

    def unread(self, path: str) -> FileResult:
        """The result of a manifest that could not be read by anybody."""
        span = Source(path, "").span(0, 0)
        outcome = Outcome(
            path, "", UNDECIDED.hazard.name, UNDECIDED.verdict, False, UNDECIDED.detail, None, span,
            None, UNDECIDED.hazard,
        )  # fmt: skip
        claim = ClaimResult(
            "audit", path, Verdict.UNKNOWN, span, (path,), "created", "", (), "", (outcome,)
        )
        return FileResult(path, (), (claim,))

    def tally(self) -> Tally:
        """What was counted so far."""
        gone = [f for f in self.demands.known if f not in self.seen and f.path in self.paths]
        return Tally(
            **self._counts,
            severity=self.demands.severity,
            gone=len(gone),
            passed=tuple(sorted(self._passed.items())),
            examples=tuple(sorted(self._examples.items())),
        )

    def warned(self, warning: Diagnostic) -> FileResult:
        """The result of a file of which there is nothing but a warning."""
        path = warning.span.source.name
        is_shown = not self._is_accepted(path, warning)
        return FileResult(path, (warning,) if is_shown else (), ())

    def _exempt(self, workload: Workload, diagnostics: Diagnostics) -> tuple[Scoped, ...]:
        configured = self.demands.exempt(workload.span.source.name)
        if ANNOTATION not in workload.annotations:
            return configured
        own = annotated(workload, self.demands.names(), diagnostics)
        return (*((exempt, "") for exempt in own), *configured)

    def _is_accepted(self, path: str, diagnostic: Diagnostic) -> bool:
        """Is an input error one that somebody lives with?  Then it is counted."""
        for exempt, seen_as in self.demands.exempt(path):
            if exempt.hazard == diagnostic.code and exempt.is_about(seen_as):
                self.used.add(exempt)
                self._counts["ignored"] += 1
                return True
        if not diagnostic.is_error:
            return False
        mark = of_error(self.demands.place(path), diagnostic)
        self.seen[mark] = None
        self._counts["known"] += mark in self.demands.known
        return mark in self.demands.known

    def _claim(
        self,
        workload: Workload,
        findings: Iterable[Finding],
        names: tuple[str, ...],
        exempt: tuple[Scoped, ...],
    ) -> ClaimResult:
        shown = []
        lesser = self._counts["lesser"]
        for f in findings:
            f = f._replace(hazard=put_back(f.hazard, names))
            if self._is_reported(workload, f, exempt):
                detail, story = put_back((f.detail, f.story), names)
                f = f._replace(detail=detail, story=story)
                if "{" in f.hazard.sentence or "{" in f.hazard.fix:
                    f = filled(f, workload.declaration.members[0], f.hazard.container)
                shown.append(f)
        shown.sort(key=lambda f: SEVERITIES.index(f.hazard.severity))
        outcomes = tuple(_outcome(workload, f) for f in shown)
        policy = workload.declaration.members[0].policy
        return ClaimResult(
            "audit", workload.title, _verdict(outcomes), workload.span, (workload.title,),
            "created", "", (policy,), "", outcomes, hidden=self._counts["lesser"] - lesser,
        )  # fmt: skip

    def _is_reported(
        self, workload: Workload, finding: Finding, exempt: tuple[Scoped, ...]
    ) -> bool:
        """Is a finding to be shown?  If not, it is counted."""
        name = finding.hazard.name
        path = workload.span.source.name
        covering = [e for e, seen_as in exempt if e.covers(workload, name, seen_as)]
        if covering:
            self.used.update(covering)
            self._counts["ignored"] += 1
            return False
        if finding.is_decided:
            mark = fingerprint(self.demands.place(path), workload, finding.hazard)
            self.seen[mark] = None
            if mark in self.demands.known:
                self._counts["known"] += 1
                return False
        rank = SEVERITIES.index
        if rank(finding.hazard.severity) > rank(self.demands.severity):
            self._counts["lesser"] += 1
            return False
        return True


def passed_as(what: str, path: str, is_rendered: bool) -> str:
    """What is passed over, templates with the chart that they belong to."""
    if what == KUSTOMIZATION and not is_rendered:
        return f"{what}, which `--render` builds"
    chart, is_below, _ = path.rpartition("/templates/")
    of_chart = what == TEMPLATE and is_below and is_chart(chart)
    return f"{what} in {normpath(chart)}" if of_chart else what


def _verdict(outcomes: tuple[Outcome, ...]) -> Verdict:
    for verdict in (Verdict.INTERNAL, Verdict.FAILS, Verdict.UNKNOWN):
        if any(o.verdict is verdict for o in outcomes):
            return verdict
    return Verdict.HOLDS


def _outcome(workload: Workload, finding: Finding) -> Outcome:
    hazard, detail = finding.hazard, finding.detail
    policy = workload.declaration.members[0].policy
    verdict = Verdict.FAILS if finding.is_decided else finding.verdict
    return Outcome(
        workload.title, policy, hazard.name, verdict, False, detail, None,
        _place(workload, hazard.container), finding.story, hazard, advice=finding.advice,
    )  # fmt: skip


def _place(workload: Workload, container: str) -> Span:
    return workload.declaration.places.get(container, workload.span)
