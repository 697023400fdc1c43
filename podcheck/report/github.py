"""The report as workflow commands of GitHub Actions: an annotation for what does not pass.

Claims that hold are plain lines of the log.
https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Source, Span
from podcheck.report import sentences
from podcheck.report.printable import no_command, plain
from podcheck.report.text import story_lines
from podcheck.results.verdicts import EXIT_HOLDS, ClaimResult, FileResult, Report

LEVELS = {"error": "error", "warning": "warning", "info": "notice"}


def render(report: Report) -> str:
    """The whole report, a line for each command."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    for file in report.files:
        for d in file.diagnostics:
            yield _diagnostic(d)
        if file.note:
            yield _whole(file.path, sentences.sentence(file.note))
        for claim in file.claims:
            yield from _claim(claim, report)
    yield from left_of(report)


def left_of(report: Report) -> Iterator[str]:
    """What was not begun, and the summary."""
    for path in report.left:
        yield _whole(path, sentences.sentence(sentences.not_begun(report)))
    if sentences.ended(report):
        yield log(sentences.ended(report))
    yield log(sentences.summary(report))


def _whole(path: str, message: str) -> str:
    return _command("error", Source(path, "").span(0, 0), path, message)


def commands_of(file: FileResult) -> Iterator[tuple[str, str]]:
    """The annotations of a file of an audit, each with its kind: error, warning, notice."""
    for d in file.diagnostics:
        yield "error" if d.is_error else "warning", _diagnostic(d)
    for claim in file.claims:
        for line in _claim(claim, Report((file,))):
            if line.startswith("::"):
                yield line[2:].partition(" ")[0], line


def _claim(claim: ClaimResult, report: Report) -> Iterator[str]:
    head = "  ".join(sentences.headline(claim))
    passed = report.exit_of(claim.verdict) == EXIT_HOLDS
    if passed:
        yield log(f"{head}  {sentences.place(claim.span)}")
    for one in sentences.told(claim):
        story = [*sentences.heading(one), *story_lines(one)]
        if passed:
            yield from (log(f"    {line}".rstrip()) for line in story)
        else:
            kind, title = "error", head
            if one.hazard is not None:
                kind = LEVELS[one.hazard.severity]
                title = f"{sentences.title(claim)}: {one.hazard.name}"
            yield _command(kind, one.span, title, "\n".join(story))


def _diagnostic(d: Diagnostic) -> str:
    message = f"{d.message}\n{d.hint}".rstrip()
    return _command("error" if d.is_error else "warning", d.span, f"podcheck {d.code}", message)


def _command(kind: str, span: Span, title: str, message: str) -> str:
    source = span.source
    end = source.line_of(span.end)
    fields = {"file": source.name, "line": str(span.line), "endLine": str(end)}
    if end == span.line:  # columns are only allowed within one line
        fields |= {"col": str(span.column), "endColumn": str(source.column_of(span.end))}
    fields["title"] = title
    listed = ",".join(f"{name}={_property(value)}" for name, value in fields.items())
    return f"::{kind} {listed}::{_data(message)}"


def log(line: str) -> str:
    """A line of the log that is no command, whatever is in the spec."""
    return no_command(line)


def _data(text: str) -> str:
    text = text.replace("##[", "# #[")
    return plain(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
