"""The report as Markdown, for the summary of a job or a comment: a table, then the stories."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from podcheck.report import sentences
from podcheck.report.sentences import ClaimSummary
from podcheck.report.terminal import PLAIN
from podcheck.report.text import render_diagnostic, story_lines
from podcheck.results import matrix
from podcheck.results.verdicts import ClaimResult, FileResult, Report, Verdict

SIGNS = {Verdict.HOLDS: "✅", Verdict.FAILS: "❌"}
OTHER_SIGN = "⚠️"


def render(report: Report) -> str:
    """The whole report, in the Markdown of GitHub and GitLab."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield "## podcheck"
    yield ""
    yield f"**{escaped(sentences.summary(report))}**"
    yield ""
    if sentences.ended(report):
        yield escaped(sentences.ended(report))
        yield ""
    if report.releases:
        yield from _matrix(report)
        report = matrix.grouped(report)
    for file in report.files:
        yield from _file(file)
    if report.claims and not report.releases:
        yield "| verdict | claim | place |"
        yield "|---|---|---|"
        for claim in report.claims:
            place = code(sentences.place(claim.span))
            verdict, title = sentences.headline(claim)
            yield f"| {_sign(claim)} {verdict} | {escaped(title)} | {place} |"
        yield ""
    for claim in report.claims:
        yield from _claim(claim)


def _matrix(report: Report) -> Iterator[str]:
    """Claims by release."""
    yield f"| claim | {' | '.join(report.releases)} |"
    yield f"|---|{'---|' * len(report.releases)}"
    for row in matrix.rows(report):
        cells = [
            "-" if v is None else f"{SIGNS.get(v, OTHER_SIGN)} {v.value}" for v in row.verdicts
        ]
        place = code(sentences.place(row.claim.span))
        title = escaped(sentences.title(row.claim._replace(releases="")))
        yield f"| {title} {place} | {' | '.join(cells)} |"
    yield ""


def _sign(claim: ClaimResult) -> str:
    return SIGNS.get(claim.verdict, OTHER_SIGN)


def _file(file: FileResult) -> Iterator[str]:
    if file.diagnostics:
        lines = [line for d in file.diagnostics for line in (*render_diagnostic(d, PLAIN), "")]
        yield from fence(lines[:-1])
        yield ""
    if file.note:
        sign = f"{OTHER_SIGN} {Verdict.VACUOUS.value}"
        yield f"{sign} {code(file.path)}: {escaped(sentences.sentence(file.note))}"
        yield ""


def _claim(claim: ClaimResult) -> Iterator[str]:
    for told in sentences.told(claim):
        yield from _folded(claim, told) if told.passed else _open(claim, told)


def _open(claim: ClaimResult, told: ClaimSummary) -> Iterator[str]:
    verdict, title = sentences.headline(claim)
    yield f"### {_sign(claim)} {verdict} {escaped(title)}"
    yield ""
    if told.about:
        yield escaped(told.about)
        yield ""
    yield from fence(list(story_lines(told)))
    yield ""


def _folded(claim: ClaimResult, told: ClaimSummary) -> Iterator[str]:
    """The run behind a claim that holds: there for who wants to see it."""
    head = " ".join(sentences.headline(claim))
    yield f"<details><summary>{html.escape(head)}</summary>"
    yield ""
    yield escaped(told.about)
    yield ""
    yield from fence(list(story_lines(told)))
    yield ""
    yield "</details>"
    yield ""


def escaped(text: str) -> str:
    """A text that Markdown shows as it is: HTML by entities, all else by backslashes."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|~$@]|:(?=\w))", r"\\\1", text)


def code(text: str) -> str:
    """A text as inline code, fit for a table's cell."""
    ticks = "`" * (_longest_run([text]) + 1)
    room = " " if "`" in text else ""
    return f"{ticks}{room}{text.replace('|', chr(92) + '|')}{room}{ticks}"


def fence(lines: Sequence[str]) -> list[str]:
    """Lines as a block of code, between more backticks than any of them has."""
    ticks = "`" * max(3, _longest_run(lines) + 1)
    return [f"{ticks}text", *lines, ticks]


def _longest_run(lines: Sequence[str]) -> int:
    return max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
