"""An audit as annotations of GitHub Actions: the worst findings, as many as GitHub shows of a step.

https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from podcheck.report import github, sentences
from podcheck.report.audit_groups import MANY, Groups, counted
from podcheck.report.cleaning import cleaned
from podcheck.results.verdicts import FileResult, Report

SHOWN = 10  # annotations of a kind that GitHub shows of a step
KINDS = ("error", "warning", "notice")


class AuditStream:
    """Keeps the first annotations of each kind, and counts the others."""

    def __init__(self, spool: IO[str]) -> None:
        self._kept: dict[str, list[str]] = {kind: [] for kind in KINDS}
        self._more = dict.fromkeys(KINDS, 0)
        self._clean: list[str] = []
        self._groups = Groups()

    def add(self, file: FileResult) -> None:
        """Take one more file."""
        file = cleaned(file, names=False)
        self._groups.add(file)
        for kind, line in github.commands_of(file):
            if len(self._kept[kind]) < SHOWN:
                self._kept[kind].append(line)
            else:
                self._more[kind] += 1
        for claim in file.claims:
            if not claim.outcomes and len(self._clean) <= MANY:
                head = "  ".join(sentences.headline(claim))
                self._clean.append(github.log(f"{head}  {sentences.place(claim.span)}"))

    def parts(self, report: Report) -> Iterator[str]:
        """The report, in pieces."""
        report = cleaned(report, names=False)
        lines = [line for kind in KINDS for line in self._kept[kind]]
        lines += [
            f"{more} more of the kind {kind}: GitHub shows {SHOWN} of a step"
            for kind, more in self._more.items() if more
        ]  # fmt: skip
        if any(self._more.values()):
            rows = counted(self._groups)
            lines += [github.log(f"{word:<8}{n:>6}  {name}") for word, n, _, name in rows]
        lines += self._clean if len(self._clean) <= MANY else []
        lines += github.left_of(report)
        yield "".join(f"{line}\n" for line in lines)
