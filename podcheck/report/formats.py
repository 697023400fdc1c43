"""The formats of a report: name, suffixes, and the module that renders it.

A module is imported when its format is asked for, so that what one format needs (a template
engine, an XML writer) costs the others nothing.
"""

from __future__ import annotations

import importlib
from io import StringIO
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from podcheck.results.verdicts import FileResult, Report


class Format(NamedTuple):
    """A module of ``podcheck.report`` with a function ``render(report) -> str``.

    It gets texts that can be shown as they are, unless ``is_data`` says that they have to come
    back unchanged from whoever reads it.  ``has_files``: whoever reads it opens files by their
    names, which are as they are.  Under several releases it gets one result for neighbouring ones
    that agree, unless it shows each of them (``shows_releases``).
    """

    name: str
    suffixes: tuple[str, ...]
    module: str
    is_data: bool = False
    has_files: bool = False
    shows_releases: bool = False


class AuditStream(Protocol):
    """Takes an audit's results file by file, and writes the report when all are there.  What it
    keeps meanwhile is little, or in the ``spool`` (a text file) that it was made with."""

    def add(self, file: FileResult) -> None: ...

    def parts(self, report: Report) -> Iterator[str]:
        """The report in pieces; ``report`` has everything but the findings' runs."""


# The modules that have an ``AuditStream``; the other formats need a whole report.
STREAMS = {
    "text": "audit_text",
    "json": "audit_json",
    "sarif": "audit_sarif",
    "github": "audit_github",
    "html": "audit_html",
    "codequality": "codequality",
}

FORMATS = (
    Format("text", (".txt",), "text", shows_releases=True),
    Format("codequality", (".codequality.json",), "codequality"),
    Format("json", (".json",), "json", is_data=True, shows_releases=True),
    Format("junit", (".xml",), "junit", shows_releases=True),
    Format("sarif", (".sarif",), "sarif", has_files=True),
    Format("github", (".github",), "github", has_files=True),
    Format("markdown", (".md",), "markdown", shows_releases=True),
    Format("html", (".html",), "html", shows_releases=True),
    Format("mermaid", (".mmd",), "mermaid"),
    Format("svg", (".svg",), "svg"),
)
NAMES = tuple(f.name for f in FORMATS)


def format_of(path: str) -> str | None:
    """The name of the format that a file's suffix asks for; None if no format has it."""
    lowered = path.lower()
    return next((f.name for f in FORMATS if lowered.endswith(f.suffixes)), None)


def audit_stream(name: str, spool: IO[str], **options: object) -> AuditStream:
    """What writes an audit in one of the formats of ``STREAMS``."""
    module = importlib.import_module(f"podcheck.report.{STREAMS[name]}")
    made: AuditStream = module.AuditStream(spool, **options)
    return made


def render(report: Report, name: str) -> str:
    """The report in a format; it ends with a newline."""
    from podcheck.report.cleaning import cleaned
    from podcheck.report.printable import encodable
    from podcheck.results.matrix import grouped

    chosen = next(f for f in FORMATS if f.name == name)
    if report.tally is not None and name in STREAMS:
        stream = audit_stream(name, StringIO())
        for file in report.files:
            stream.add(file)
        return "".join(stream.parts(report))
    if chosen.is_data:
        report = cleaned(report, encodable)
    else:
        report = cleaned(report, names=not chosen.has_files)
    if report.releases and not chosen.shows_releases:
        report = grouped(report)
    module = importlib.import_module(f"podcheck.report.{chosen.module}")
    text: str = module.render(report)
    return text if text.endswith("\n") else text + "\n"
