"""The report as one HTML file: no network, readable on a phone, without scripts and on paper.

``page.html.jinja``, ``page.css`` and ``page.js`` beside this file are put into one; all text
of a spec goes through the template's escaping.
"""

from __future__ import annotations

import base64
import hashlib
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Span
from podcheck.report import sentences
from podcheck.report.printable import lines
from podcheck.report.sentences import ClaimSummary
from podcheck.report.text import command_lines
from podcheck.report.timeline import Moment, of_story
from podcheck.report.timeline_svg import DARK, LIGHT, STYLE, Drawing, draw
from podcheck.results import matrix
from podcheck.results.stories import RuleFired, Story, StoryStep
from podcheck.results.verdicts import ClaimResult, FileResult, Outcome, Report, Verdict
from podcheck.storage import package_data
from podcheck.version import VERSION

ERROR, WARNING = "ERROR", "WARNING"
TONES = {
    Verdict.HOLDS.value: "run",
    sentences.REFUTED: "run",
    Verdict.FAILS.value: "bad",
    ERROR: "bad",
}


class Excerpt(NamedTuple):
    """A line of a spec, with the part that is referred to in the middle."""

    line: int
    before: str
    marked: str
    after: str


class Shown(NamedTuple):
    """What the page shows of one moment of a run."""

    step: int
    event: str
    columns: tuple[str, str, str]  # READY, STATUS, RESTARTS
    rules: tuple[RuleFired, ...]
    mark: str


class Run(NamedTuple):
    """A run: its drawing, its moments, and how it is judged."""

    story: Story
    drawing: Drawing
    body: Markup
    moments: tuple[Shown, ...]
    actual: str
    replay: str
    hindsight: tuple[str, ...]


class Section(NamedTuple):
    """What is shown of a claim."""

    told: ClaimSummary
    excerpt: Excerpt
    run: Run | None


class Card(NamedTuple):
    """A claim, or a diagnostic of a file, on the page."""

    verdict: str
    tone: str
    title: str
    place: str
    detail: str
    sections: tuple[Section, ...]
    excerpt: Excerpt | None = None
    outcomes: tuple[tuple[str, str, str, str, str], ...] = ()


def render(report: Report) -> str:
    """The whole page."""
    rows = [_row(row) for row in matrix.rows(report)] if report.releases else []
    grouped = matrix.grouped(report) if report.releases else report
    cards = [card for file in grouped.files for card in _cards(file)]
    why = sentences.sentence(sentences.not_begun(report))
    cards += [_plain_card(Verdict.UNKNOWN.value, path, why) for path in report.left]
    counts: dict[str, int] = {}
    for card in cards:
        counts[card.verdict] = counts.get(card.verdict, 0) + 1
    return page(
        report,
        cards=cards,
        releases=report.releases,
        rows=rows,
        counts=[(verdict, tone(verdict), n) for verdict, n in counts.items()],
    )


def page(report: Report, **shown: object) -> str:
    """The page of a report; ``shown`` is what stands in it."""
    script = package_data.read("report", "page.js")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    names = ("groups", "clean", "common", "cards", "rows", "releases", "counts")
    nothing: dict[str, object] = dict.fromkeys(names, ())
    return environment.from_string(package_data.read("report", "page.html.jinja")).render(
        **(nothing | shown),
        summary=sentences.summary(report),
        interrupted=sentences.ended(report),
        exit_code=report.exit_code(),
        version=VERSION,
        style=Markup(_style()),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _row(row: matrix.Row) -> tuple[str, str, list[tuple[str, str]]]:
    """A claim, its place, and a cell for each release: the verdict and its tone."""
    words = ["-" if v is None else v.value for v in row.verdicts]
    cells = [(word, "" if word == "-" else tone(word)) for word in words]
    title = sentences.title(row.claim._replace(releases=""))
    return title, sentences.place(row.claim.span), cells


def _style() -> str:
    """The colours, light and dark, and what they are used for."""
    return "\n".join(
        (
            f":root{{{LIGHT}}}",
            f"@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{DARK}}}}}",
            f":root[data-theme=dark]{{{DARK}}}",
            f"@media print{{:root:root:root{{{LIGHT}}}}}",
            STYLE,
            package_data.read("report", "page.css"),
        )
    )


def tone(verdict: str) -> str:
    return TONES.get(verdict, "wait")


def _cards(file: FileResult) -> list[Card]:
    cards = [diagnostic_card(d) for d in file.diagnostics]
    if file.note:
        note = sentences.sentence(file.note)
        cards.append(_plain_card(Verdict.VACUOUS.value, file.path, note))
    return [*cards, *(_claim(c) for c in file.claims)]


def _plain_card(verdict: str, path: str, detail: str) -> Card:
    return Card(verdict, tone(verdict), path, path, detail, ())


def diagnostic_card(d: Diagnostic) -> Card:
    """What is wrong with an input."""
    verdict = ERROR if d.is_error else WARNING
    excerpt = _excerpt(d.span) if d.span.source.text else None
    title = f"{d.code}: {d.message}"
    return Card(verdict, tone(verdict), title, sentences.spot(d.span), d.hint, (), excerpt)


def _claim(claim: ClaimResult) -> Card:
    outcomes = tuple(
        (o.label, o.which, o.policy, o.verdict.value, _how(o)) for o in claim.outcomes
    )  # fmt: skip
    verdict, title = sentences.headline(claim)
    return Card(
        verdict,
        tone(verdict),
        title,
        sentences.place(claim.span),
        sentences.about(claim),
        tuple(section(told) for told in sentences.told(claim)),
        outcomes=outcomes,
    )


def _how(outcome: Outcome) -> str:
    """How it was decided and, if that is known, the rules that this rests on."""
    if outcome.rests_on is None:
        return f"{outcome.detail}. {outcome.advice}" if outcome.advice else outcome.detail
    return f"{outcome.detail}; rests on {sentences.named(outcome.rests_on)}"


def section(told: ClaimSummary) -> Section:
    """What is shown of one outcome."""
    run = None if told.story is None else _run(told.story)
    return Section(told, _excerpt(told.span), run)


def _excerpt(span: Span) -> Excerpt:
    line = span.source.line_text(span.line)
    start = span.column - 1
    end = min(len(line), start + span.end - span.start)
    parts = (line[:start].lstrip(), line[start:end], line[end:])
    return Excerpt(span.line, *(lines(part) for part in parts))


def _run(story: Story) -> Run:
    grid = of_story(story)
    drawing = draw(grid)
    return Run(
        story,
        drawing,
        Markup(drawing.body),  # noqa: S704 - every text in it is escaped where it is drawn
        tuple(_moment(moment, story.steps[moment.step]) for moment in grid.moments),
        sentences.actual(story),
        "\n".join(command_lines("", story.replay, 76)) if story.replay else "",
        tuple(sentences.hindsight(story)),
    )


def _moment(moment: Moment, step: StoryStep) -> Shown:
    ready, status, restarts = moment.cells[-3:]
    event = moment.event or f"{step.event}, and the kubelet goes on"
    return Shown(moment.step, event, (ready, status, restarts), step.rules, moment.mark)
