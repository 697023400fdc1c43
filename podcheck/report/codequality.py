"""The report in GitLab's code quality format: an issue for what does not pass.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import IO, Any

from podcheck.language.source import Span
from podcheck.report import sentences
from podcheck.report.cleaning import cleaned
from podcheck.report.pieces import inserted, pieces_of
from podcheck.results.verdicts import EXIT_HOLDS, ClaimResult, FileResult, Report

SEVERITY = {"error": "critical", "warning": "major", "info": "info"}


def render(report: Report) -> str:
    """The whole report."""
    return json.dumps([i for f in report.files for i in _issues(f, report)], indent=2)


class AuditStream:
    """Keeps what is written so far in a spool."""

    def __init__(self, spool: IO[str]) -> None:
        self._spool = spool
        self._count = 0

    def add(self, file: FileResult) -> None:
        """Write the issues of one more file."""
        file = cleaned(file, names=False)
        for issue in _issues(file, Report((file,))):
            text = json.dumps(issue, indent=2)
            self._spool.write(inserted(text, 2, is_first=not self._count))
            self._count += 1

    def parts(self, report: Report) -> Iterator[str]:
        """The report, in pieces."""
        yield from pieces_of("[]", "[]", self._spool, self._count, 0)
        yield "\n"


def _issues(file: FileResult, report: Report) -> Iterator[dict[str, Any]]:
    for d in file.diagnostics:
        severity = "critical" if d.is_error else "minor"
        yield _issue(f"{d.message} {d.hint}".strip(), d.code, severity, d.span, d.message)
    for claim in file.claims:
        if report.exit_of(claim.verdict) != EXIT_HOLDS:
            yield from _claim(claim)


def _claim(claim: ClaimResult) -> Iterator[dict[str, Any]]:
    for one in sentences.told(claim):
        name, severity = claim.verdict.value, "critical"
        mark = f"{sentences.title(claim)} {one.about}"
        if one.hazard is not None:
            name, severity = one.hazard.name, SEVERITY[one.hazard.severity]
            mark = f"{one.pod} {name} {one.hazard.container}"
        yield _issue(f"{sentences.title(claim)}: {one.why}", name, severity, one.span, mark)


def _issue(text: str, name: str, severity: str, span: Span, mark: str) -> dict[str, Any]:
    """``mark`` is what the issue is, wherever in its file it stands."""
    path = span.source.name.removeprefix("./")
    whole = f"{path}\0{name}\0{mark}".encode("utf-8", "surrogatepass")
    return {
        "description": text,
        "check_name": name,
        "fingerprint": hashlib.sha256(whole).hexdigest(),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": span.line}},
    }
