"""Writes an audit's reports: file by file where the format can, else when all is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from tempfile import SpooledTemporaryFile
from typing import IO, Self, cast

from podcheck.cli import output
from podcheck.report import formats
from podcheck.report.formats import STREAMS, AuditStream, audit_stream, format_of
from podcheck.results.verdicts import FileResult, Report

IN_MEMORY = 4_000_000  # characters of a report that are kept before a temporary file is


class AuditWriters:
    """One for what is printed (its format and options), and one for each of the files."""

    def __init__(self, printed: tuple[str, Mapping[str, object]], files: Sequence[str]) -> None:
        self._spools = ExitStack()
        form, options = printed
        self._form = form
        self._printed = self._stream(form, options)
        self._files = [(path, self._stream(str(format_of(path)), {})) for path in files]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._spools.close()

    @property
    def are_streams(self) -> bool:
        """Can all of them do without the findings of files that they were given?"""
        return None not in (self._printed, *(stream for _, stream in self._files))

    def add(self, file: FileResult) -> None:
        """One more file has been audited."""
        for stream in (self._printed, *(stream for _, stream in self._files)):
            if stream is not None:
                stream.add(file)

    def finish(self, report: Report) -> None:
        """Print and write the reports."""
        if self._printed is None:
            output.show(formats.render(report, self._form), self._form)
        else:
            for part in self._printed.parts(report):
                output.show(part, self._form)
        for path, stream in self._files:
            if stream is None:
                output.reports(report, (path,))
            else:
                output.write_parts(path, stream.parts(report))

    def _stream(self, form: str, options: Mapping[str, object]) -> AuditStream | None:
        if form not in STREAMS:
            return None
        spool = self._spools.enter_context(
            SpooledTemporaryFile(  # noqa: SIM115 - the stack closes it
                IN_MEMORY, "w+", encoding="utf-8", errors="surrogatepass", newline=""
            )
        )
        return audit_stream(form, cast("IO[str]", spool), **options)
