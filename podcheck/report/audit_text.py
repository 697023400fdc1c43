"""What an audit found, as text: a workload, and under it each finding with its run and its fix.  Of
many workloads: counts first, then what is alike in groups, the worst first.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import IO

from podcheck.report import sentences, text, timeline, timeline_text
from podcheck.report.audit_groups import MANY, UNDECIDED, Group, Groups, common, counted
from podcheck.report.cleaning import cleaned
from podcheck.report.printable import plain
from podcheck.report.terminal import BOLD, PLAIN, Style, length
from podcheck.results.verdicts import (
    ClaimResult,
    FileResult,
    FoundHazard,
    Outcome,
    Report,
    Verdict,
)

COLOURS = {"error": "1;31", "warning": "1;33", "info": "1;36"}
INDENT = " " * 10
RUNS = 8  # groups of which a run is shown
PLACES = 5  # of a group that are listed
MOST = 50  # workloads; of more those without findings are not listed


def render_workload(claim: ClaimResult, style: Style) -> Iterator[str]:
    """One workload: a line, then what was found."""
    if claim.verdict is Verdict.HOLDS:
        clean = style.paint("clean", "1;32")
        hidden = f" ({claim.hidden} info hidden)" if claim.hidden else ""
        title = f"   {plain(claim.title)}{hidden}"
        yield clean + _placed(title, sentences.place(claim.span), 5, style)
        return
    yield _placed(style.paint(plain(claim.title), BOLD), sentences.place(claim.span), 0, style)
    yield ""
    for outcome in claim.outcomes:
        yield from _finding(outcome, style)
        yield ""


def render_file(file: FileResult, style: Style) -> Iterator[str]:
    """What is wrong with one file, and its workloads."""
    file = cleaned(file)
    for diagnostic in file.diagnostics:
        yield from text.render_diagnostic(diagnostic, style)
        yield ""
    for claim in file.claims:
        yield from render_workload(claim, style)


class AuditStream:
    """Takes results file by file, and knows what to print at the end.

    ``summary`` leaves out everything but the counts, ``quiet`` the workloads without findings.
    """

    def __init__(
        self,
        spool: IO[str] | None = None,
        style: Style = PLAIN,
        *,
        summary: bool = False,
        quiet: bool = False,
    ) -> None:
        self._style = style
        self._summary = summary
        self._quiet = quiet
        self._groups = Groups()
        self._few: list[FileResult] = []  # empty as soon as there are many findings
        self._wrong = 0

    def add(self, file: FileResult) -> None:
        """Take one more file."""
        self._groups.add(file)
        self._wrong += len(file.diagnostics)
        if self._is_many:
            self._few.clear()
        else:
            self._few.append(file.quiet if self._quiet else file)

    @property
    def _is_many(self) -> bool:
        groups = self._groups
        return self._summary or groups.found > MANY or groups.workloads > MOST or self._wrong > MANY

    def parts(self, report: Report) -> Iterator[str]:
        """The text, in pieces."""
        lines = self._grouped() if self._is_many else self._by_file()
        for line in (*lines, *text.render_end(report, self._style)):
            yield f"{line}\n"

    def _by_file(self) -> Iterator[str]:
        for file in self._few:
            yield from render_file(file, self._style)

    def _grouped(self) -> Iterator[str]:
        groups = self._groups
        rows = list(counted(groups))
        for word, findings, workloads, name in rows:
            of = f"{workloads} workload{'s' * (workloads != 1)}"
            number = f"{findings:>6}  " if word != UNDECIDED else " " * 8
            yield f"{self._painted(word)}{number}{plain(name)} ({of})"
        for wrong in groups.wrong:
            word = "error" if wrong.first.is_error else "warning"
            yield f"{self._painted(word)}{len(wrong.places):>6}  {wrong.first.code} (input)"
        if common(groups):
            yield from textwrap.wrap(common(groups), self._style.prose, break_on_hyphens=False)
        if rows or groups.wrong:
            yield ""
        if self._summary:
            return
        for wrong in groups.wrong:
            yield from text.render_diagnostic(wrong.first, self._style)
            yield from _listed(wrong.places[1:], self._style)
            yield ""
        shown = [g for g in groups.sorted() if not groups.is_common(g)]
        for place, group in enumerate(shown):
            yield from self._group(group, with_run=place < RUNS)
            yield ""

    def _group(self, group: Group, *, with_run: bool) -> Iterator[str]:
        count = len(group.places)
        head = f"{plain(group.name)}: {count} finding{'s' * (count != 1)}"
        yield self._painted(group.word) + self._style.paint(head, BOLD)
        outcome = group.outcome if with_run else group.outcome._replace(story=None, detail="")
        yield from _body(outcome, self._style)
        yield ""
        rows = []
        for p in group.places[:PLACES]:
            title = f"{p.title}, {p.container}" if p.container else p.title
            rows.append(_placed(f"{INDENT}{plain(title)}", p.place, 0, self._style))
        yield from rows
        if count > PLACES:
            yield f"{INDENT}and {count - PLACES} more"

    def _painted(self, word: str) -> str:
        return self._style.paint(f"{word:<8}", COLOURS.get(word, "1;35"))


def _listed(places: list[str], style: Style) -> Iterator[str]:
    """Further places of one thing, some of them."""
    if places:
        named = ", ".join(plain(p) for p in places[:PLACES])
        more = f" and {len(places) - PLACES} more" if len(places) > PLACES else ""
        yield from textwrap.wrap(
            f"Also at {named}{more}.", style.prose, initial_indent="  ", subsequent_indent="  ",
            break_on_hyphens=False, break_long_words=False,
        )  # fmt: skip


def _placed(text: str, place: str, before: int, style: Style) -> str:
    """A text with a place at the right."""
    room = style.prose - before - length(text)
    return text + (place.rjust(room) if len(place) + 2 <= room else f"  {place}")


def _finding(outcome: Outcome, style: Style) -> Iterator[str]:
    hazard = outcome.hazard
    assert hazard is not None
    word = "unknown" if outcome.verdict is Verdict.UNKNOWN else hazard.severity
    if outcome.verdict is Verdict.INTERNAL:
        word = "fault"
    head = f"{word:<8}{hazard.name}"
    place = sentences.place(outcome.span)
    line = _placed(head, place, 2, style)
    yield f"  {style.paint(word, COLOURS.get(word, '1;35'))}{line[len(word) :]}"
    yield from _body(outcome, style)


def _body(outcome: Outcome, style: Style) -> Iterator[str]:
    """What goes wrong, the run that shows it, and the fix."""
    hazard = outcome.hazard
    assert hazard is not None
    if outcome.verdict is not Verdict.FAILS:
        yield from _wrapped(
            f"{sentences.sentence(f'not decided: {outcome.detail}')} {outcome.advice}".rstrip(),
            style,
        )
        return
    yield from _wrapped(hazard.sentence, style)
    yield ""
    if outcome.story is not None:
        grid = timeline.of_story(outcome.story)
        yield from timeline_text.lines(grid, style, len(INDENT))
        yield ""
    elif outcome.detail:
        yield from _wrapped(sentences.sentence(f"proved: {outcome.detail}"), style)
        yield ""
    yield from fix_lines(hazard, style)


def fix_lines(hazard: FoundHazard, style: Style = PLAIN) -> Iterator[str]:
    """What to change, and where more is written."""
    yield from _wrapped(f"Fix: {hazard.fix}", style, 5)
    yield f"{INDENT}See: {hazard.reference}"


def _wrapped(text: str, style: Style, hang: int = 0) -> Iterator[str]:
    later = INDENT + " " * hang
    yield from textwrap.wrap(
        text, style.prose, initial_indent=INDENT, subsequent_indent=later,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
