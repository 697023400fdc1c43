"""The report as one picture, for a page that shows a counterexample: light and dark."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from html import escape

from podcheck.report import sentences
from podcheck.report.printable import plain
from podcheck.report.sentences import ClaimSummary
from podcheck.report.text import command_lines, quoted
from podcheck.report.timeline import of_story
from podcheck.report.timeline_svg import DARK, LIGHT, STYLE, Drawing, draw
from podcheck.results.verdicts import ClaimResult, Report, Verdict

PAD = 20
NARROWEST = 860
TEXT_CHARACTER, TITLE_CHARACTER, CODE_CHARACTER = 7.4, 8.6, 7.3  # px, at 14, 15 and 12 px
MONOSPACE = 7.22  # the width of each character of code

BADGES = {Verdict.HOLDS: "run", Verdict.FAILS: "bad"}

PICTURE_STYLE = """text{fill:var(--ink)}
.paper{fill:var(--paper);stroke:var(--line)}
.title{font:600 15px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.words{font:14px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.code{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
white-space:pre}
.badge{font:700 12px system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
.end{text-anchor:end}
.label,.faint{fill:var(--soft)}.rule{stroke:var(--line)}
.run{fill:var(--run)}.bad{fill:var(--bad)}.wait{fill:var(--wait)}
.run-ink{fill:var(--run-ink)}.bad-ink{fill:var(--bad-ink)}.wait-ink{fill:var(--wait-ink)}"""


class _Page:
    """Elements, one below the other; ``y`` is where the next begins."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.y = PAD
        self.parts: list[str] = []

    def text(self, kind: str, text: str, x: int = PAD, height: int = 20) -> None:
        self.parts.append(
            f'<text class="{kind}" x="{x}" y="{self.y + 14}">{escape(plain(text))}</text>'
        )
        self.y += height

    def wrapped(self, kind: str, text: str, x: int = PAD, per: float = TEXT_CHARACTER) -> None:
        for line in textwrap.wrap(text, int((self.width - x - PAD) / per)):
            self.text(kind, line, x)


def render(report: Report) -> str:
    """The picture of a whole report."""
    drawings = [_drawing(told) for c in report.claims for told in sentences.told(c)]
    widths = [d.width + 2 * PAD for d in drawings if d is not None]
    page = _Page(max(NARROWEST, *widths) if widths else NARROWEST)
    for file in report.files:
        for d in file.diagnostics:
            page.wrapped("words", f"{'error' if d.is_error else 'warning'} {d.code} {d.span}:")
            page.wrapped("words", f"{d.message} {d.hint}")
        if file.note:
            page.wrapped("words", f"{Verdict.VACUOUS.value}  {file.path}: {file.note}")
    for number, claim in enumerate(report.claims):
        told = sentences.told(claim)
        if number and (told or sentences.told(report.claims[number - 1])):
            page.y += 10
            line = f'x1="{PAD}" y1="{page.y}" x2="{page.width - PAD}" y2="{page.y}"'
            page.parts.append(f'<line class="rule" {line}/>')
            page.y += 16
        _claim(page, claim, told)
    page.y += 14
    if sentences.ended(report):
        page.wrapped("words", sentences.ended(report))
    page.text("words faint", sentences.summary(report))
    return "\n".join(_frame(page))


def _frame(page: _Page) -> Iterator[str]:
    height = page.y + PAD - 4
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{page.width}" height="{height}"'
        f' viewBox="0 0 {page.width} {height}" role="img" aria-label="a podcheck report">'
    )
    yield f"<style>:root{{{LIGHT}}}"
    yield f"@media (prefers-color-scheme: dark){{:root{{{DARK}}}}}"
    yield f"{PICTURE_STYLE}\n{STYLE}</style>"
    box = f'x="0.5" y="0.5" width="{page.width - 1}" height="{height - 1}" rx="10"'
    yield f'<rect class="paper" {box}/>'
    yield from page.parts
    yield "</svg>"


def _drawing(told: ClaimSummary) -> Drawing | None:
    return None if told.story is None else draw(of_story(told.story))


def _claim(page: _Page, claim: ClaimResult, told: tuple[ClaimSummary, ...]) -> None:
    tone = BADGES.get(claim.verdict, "wait")
    (verdict, title), place = sentences.headline(claim), sentences.place(claim.span)
    room = round(len(verdict) * 9.4) + 20
    box = f'x="{PAD}" y="{page.y - 2}" width="{room}" height="22" rx="11"'
    page.parts.append(f'<rect class="{tone}" {box}/>')
    page.parts.append(
        f'<text class="badge {tone}-ink" x="{PAD + 10}" y="{page.y + 13}">{escape(verdict)}</text>'
    )
    left = PAD + room + 10
    if left + len(title) * TITLE_CHARACTER + len(place) * CODE_CHARACTER < page.width - 2 * PAD:
        page.text("title", title, left, height=0)
        page.text("code faint end", place, page.width - PAD, height=28)
    else:
        page.wrapped("title", title, left, TITLE_CHARACTER)
        page.text("code faint", place, left, height=26)
    for one in told:
        _told(page, one)


def _told(page: _Page, told: ClaimSummary) -> None:
    page.y += 4
    if told.about:
        page.wrapped("words faint", told.about)
    page.wrapped("words", told.why)
    page.y += 6
    _quoted(page, told)
    if told.story is None:
        return
    drawn = draw(of_story(told.story))
    page.y += 10
    page.parts.append(f'<g class="t" transform="translate({PAD} {page.y})">\n{drawn.body}\n</g>')
    page.y += drawn.height + 14
    for label, text in sentences.judgement(told.story, told.kind):
        page.text("code label", label, height=0)
        wrong = label == sentences.labels(told.kind)[1] and not told.passed
        page.wrapped("code bad-ink" if wrong else "code", text, PAD + 80, CODE_CHARACTER)
    page.y += 6
    for sentence in sentences.hindsight(told.story, told.kind):
        page.wrapped("words", sentence)
    if told.story.replay:
        room = int((page.width - 2 * PAD) / CODE_CHARACTER)
        for line in command_lines("$ ", told.story.replay, room):
            page.text("code", line)


def _quoted(page: _Page, told: ClaimSummary) -> None:
    """The line of the spec, with the part that is wrong (or shown) on a coloured ground."""
    room = int((page.width - 2 * PAD) / CODE_CHARACTER) - 8
    line, carets = (x.removeprefix("  ") for x in quoted(told.span, room))
    start, length = carets.index("^"), carets.count("^")
    tone = "run" if told.passed else "bad"
    left, width = PAD + start * MONOSPACE - 3, length * MONOSPACE + 6
    page.parts.append(
        f'<rect class="{tone}" x="{left:.1f}" y="{page.y + 1}" width="{width:.1f}" height="18" '
        'rx="4"/>'
    )
    page.text("code", line, height=15)
    page.text(f"code {tone}-ink", carets, height=15)
