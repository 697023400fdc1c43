"""An audit as JSON, file by file: the same text as ``json.render`` makes of the whole report."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from podcheck.report import json
from podcheck.report.cleaning import cleaned
from podcheck.report.pieces import inserted, pieces_of
from podcheck.report.printable import encodable
from podcheck.results.verdicts import FileResult, Report


class AuditStream:
    """Keeps what is written so far in a spool."""

    def __init__(self, spool: IO[str]) -> None:
        self._spool = spool
        self._count = 0

    def add(self, file: FileResult) -> None:
        """Write one more file."""
        text = json.dump(json.of_file(cleaned(file, encodable)))
        self._spool.write(inserted(text, 4, is_first=not self._count))
        self._count += 1

    def parts(self, report: Report) -> Iterator[str]:
        """The report, in pieces."""
        data = json.summarized(cleaned(report._replace(files=()), encodable))
        rest = json.dump(data | {"exit_code": report.exit_code()})
        yield from pieces_of(rest, '"files": []', self._spool, self._count, 2)
        yield "\n"
