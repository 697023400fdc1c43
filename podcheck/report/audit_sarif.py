"""An audit as SARIF, within what GitHub takes: the worst findings of more than it shows.

https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import StringIO
from typing import IO

from podcheck.report import sarif, sentences
from podcheck.report.cleaning import cleaned
from podcheck.report.pieces import inserted, pieces_of
from podcheck.results.verdicts import FileResult, FoundHazard, Report

LIMIT = 5_000  # results of a run; GitHub shows no more
LEVELS = ("error", "warning", "note")


class AuditStream:
    """Keeps the results that fit, as text, by their level; of one level the first are kept."""

    def __init__(self, spool: IO[str]) -> None:
        self._kept: dict[str, list[str]] = {level: [] for level in LEVELS}
        self._hazards: dict[str, FoundHazard] = {}
        self._claims: list[dict[str, str]] = []
        self._left_out = 0

    def add(self, file: FileResult) -> None:
        """Take one more file."""
        file = cleaned(file, names=False)
        for result in sarif.results_of(file, Report((file,))):
            self._take(str(result["level"]), json.dumps(result, indent=2))
        for claim in file.claims:
            self._hazards |= {o.hazard.name: o.hazard for o in claim.outcomes if o.hazard}
            if len(self._claims) < LIMIT:
                place = sentences.place(claim.span)
                row = {"claim": claim.title, "verdict": claim.verdict.value, "place": place}
                self._claims.append(row)

    def _take(self, level: str, text: str) -> None:
        room = LIMIT - sum(map(len, self._kept.values()))
        lesser = LEVELS[LEVELS.index(level) + 1 :]
        worse = next((kept for kept in map(self._kept.get, reversed(lesser)) if kept), None)
        if room <= 0:
            self._left_out += 1
            if worse is None:
                return
            worse.pop()
        self._kept[level].append(text)

    def parts(self, report: Report) -> Iterator[str]:
        """The report, in pieces."""
        spool, count = StringIO(), 0
        report = cleaned(report, names=False)
        for result in sarif.left_of(report):
            self._take("error", json.dumps(result, indent=2))
        run = sarif.run_of(report, self._hazards.values())
        for level in LEVELS:
            for text in self._kept[level]:
                spool.write(inserted(text, 8, is_first=not count))
                count += 1
        run["properties"]["claims"] = self._claims
        run["properties"]["leftOut"] = self._left_out
        yield from pieces_of(sarif.log_of(run), '"results": []', spool, count, 6)
        yield "\n"
