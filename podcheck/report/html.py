"""The report as one HTML file: no network, readable on a phone, without scripts and on paper.

``page.html.jinja``, ``page.css`` and ``page.js`` beside this file are put into one; all text
of a spec goes through the template's escaping.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Span
from podcheck.report import links, sentences
from podcheck.report.printable import lines
from podcheck.report.sentences import ClaimSummary
from podcheck.report.text import command_lines
from podcheck.report.timeline import Moment, of_story
from podcheck.report.timeline_svg import DARK, LIGHT, STYLE, Drawing, draw
from podcheck.results import matrix
from podcheck.results.stories import RuleFired, Story, StoryStep
from podcheck.results.verdicts import (
    ClaimResult,
    FileResult,
    FoundHazard,
    Outcome,
    Report,
    Verdict,
)
from podcheck.storage import package_data
from podcheck.version import VERSION

ERROR, WARNING = "ERROR", "WARNING"
TONES = {
    Verdict.HOLDS.value: "run",
    sentences.REFUTED: "run",
    Verdict.FAILS.value: "bad",
    ERROR: "bad",
    "error": "bad",
    "clean": "run",
}
_INDENT = re.compile(r"\n +<")  # of the template; in a `pre` no line begins with a tag
GRAVITY = {"bad": 0, "wait": 1, "run": 2}  # of tones: what did not pass comes first


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
    labels: tuple[str, str]  # of what is expected, and of what is shown
    actual: str
    replay: str
    hindsight: tuple[str, ...]


class Section(NamedTuple):
    """What is shown of a claim; ``anchor`` is its name on the page, ``pod`` the pod's name;
    ``hazard`` is one that was found, with its fix."""

    told: ClaimSummary
    about: str
    why: str
    pod: str
    excerpt: Excerpt
    run: Run | None
    hazard: FoundHazard | None = None
    anchor: str = ""


class Cell(NamedTuple):
    """A verdict in a matrix, and the section that shows its run (empty: none)."""

    word: str
    tone: str
    target: str


class Matrix(NamedTuple):
    """The outcomes of a claim: a row for each cell or formula and pod, a column for each policy."""

    policies: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Cell | None, ...]], ...]
    several_pods: bool


class Card(NamedTuple):
    """A claim, or a diagnostic of a file, on the page.  ``link`` leads to its place in a
    repository."""

    verdict: str
    tone: str
    title: str
    place: str
    detail: str
    sections: tuple[Section, ...]
    excerpt: Excerpt | None = None
    outcomes: tuple[tuple[str, str, str, str, str], ...] = ()
    matrix: Matrix | None = None
    anchor: str = ""
    link: str = ""
    severities: tuple[str, ...] = ()  # of an audit's findings
    places: tuple[tuple[str, str, str], ...] = ()  # of findings that are alike


class Group(NamedTuple):
    """The cards of a file, the gravest first, and how many there are of each verdict."""

    path: str
    cards: tuple[Card, ...]
    counts: tuple[tuple[str, str, int], ...]


def render(report: Report) -> str:
    """The whole page."""
    rows = [_row(row) for row in matrix.rows(report)] if report.releases else []
    grouped = matrix.grouped(report) if report.releases else report
    return page(report, _groups(grouped), rows)


def page(
    report: Report,
    groups: Sequence[Group],
    rows: Sequence[tuple[str, str, list[tuple[str, str]]]] = (),
) -> str:
    """The page of a report, with these cards."""
    counts = counted([card for group in groups for card in group.cards])
    script = package_data.read("report", "page.js")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["code"] = _with_code
    environment.filters["cited"] = _with_links
    text = environment.from_string(package_data.read("report", "page.html.jinja")).render(
        groups=groups,
        rules=_rules(groups),
        total=sum(n for _, _, n in counts),
        releases=report.releases,
        rows=rows,
        counts=counts,
        summary=sentences.summary(report),
        interrupted=sentences.ended(report),
        exit_code=report.exit_code(),
        version=VERSION,
        style=Markup(_style()),  # noqa: S704 - our own file
        script=Markup(script),  # noqa: S704 - our own file
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    return _INDENT.sub("\n<", text)


def _rules(groups: Sequence[Group]) -> dict[tuple[str, str, str], int]:
    """The rules of all runs, each with a number: it is written once, at the end of the page."""
    found = {
        (rule.name, rule.sentence, rule.cites): None
        for group in groups
        for card in group.cards
        for section in card.sections
        if section.run is not None
        for moment in section.run.moments
        for rule in moment.rules
    }
    return {rule: number for number, rule in enumerate(found, start=1)}


def _groups(report: Report) -> list[Group]:
    """The cards by file: files and claims that did not pass first, else in their order."""
    why = sentences.sentence(sentences.not_begun(report))
    by_file = [(file.path, _cards(file, report.source_url)) for file in report.files]
    by_file += [(p, [_plain_card(Verdict.UNKNOWN.value, p, why)]) for p in report.left]
    found = []
    names: dict[str, int] = {}
    for path, cards in by_file:
        cards.sort(key=lambda card: GRAVITY[card.tone])
        named = tuple(anchored(card, path, names) for card in cards)
        found.append(Group(path, named, counted(named)))
    found.sort(key=lambda group: min((GRAVITY[c.tone] for c in group.cards), default=len(GRAVITY)))
    return [group for group in found if group.cards]


def counted(cards: Sequence[Card]) -> tuple[tuple[str, str, int], ...]:
    """How many there are of each verdict, the gravest first; of findings that are alike, each."""
    counts: dict[tuple[str, str], int] = {}
    for card in sorted(cards, key=lambda card: GRAVITY[card.tone]):
        kind = card.verdict, card.tone
        counts[kind] = counts.get(kind, 0) + max(1, len(card.places))
    return tuple((verdict, tone, n) for (verdict, tone), n in counts.items())


def anchored(card: Card, path: str, names: dict[str, int]) -> Card:
    """A card with a name on the page that stays as long as the file's name and the title do."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{path} {card.title}".lower()).strip("-")[:80]
    names[plain] = names.get(plain, 0) + 1
    name = f"{plain}-{names[plain]}" if names[plain] > 1 else plain
    sections = tuple(
        section._replace(anchor=f"{name}--{n}") for n, section in enumerate(card.sections, start=1)
    )
    of_sections = {n: s.anchor for n, s in enumerate(sections)}
    shown = card.matrix
    if shown is not None:
        rows = tuple(
            (label, pod, tuple(
                c and c._replace(target=of_sections.get(int(c.target), "") if c.target else "")
                for c in cells
            ))
            for label, pod, cells in shown.rows
        )  # fmt: skip
        shown = shown._replace(rows=rows)
    return card._replace(anchor=name, sections=sections, matrix=shown)


def _with_code(text: str) -> Markup:
    """A text whose parts in backticks are code."""
    parts = re.split(r"`([^`\n]+)`", text)
    shown = [
        Markup("<code>{}</code>").format(p) if n % 2 else escape(p) for n, p in enumerate(parts)
    ]
    return Markup("").join(shown)


def _with_links(text: str) -> Markup:
    """A citation whose sources are links."""
    link = Markup('<a href="{}">{}</a>')
    shown = [link.format(to, part) if to else escape(part) for part, to in links.cited(text)]
    return Markup("").join(shown)


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


def _cards(file: FileResult, url: str) -> list[Card]:
    cards = [diagnostic_card(d, url) for d in file.diagnostics]
    if file.note:
        note = sentences.sentence(file.note)
        cards.append(_plain_card(Verdict.VACUOUS.value, file.path, note))
    return [*cards, *(claim_card(c, url) for c in file.claims)]


def _plain_card(verdict: str, path: str, detail: str) -> Card:
    return Card(verdict, tone(verdict), path, path, detail, ())


def diagnostic_card(d: Diagnostic, url: str) -> Card:
    """What is wrong with an input."""
    verdict = ERROR if d.is_error else WARNING
    excerpt = _excerpt(d.span) if d.span.source.text else None
    title = f"{d.code}: {d.message}"
    link = links.of_source(url, d.span)
    return Card(
        verdict, tone(verdict), title, sentences.spot(d.span), d.hint, (), excerpt, link=link
    )


def claim_card(claim: ClaimResult, url: str) -> Card:
    """A claim with its outcomes."""
    outcomes = tuple(
        (o.label, o.which, o.policy, o.verdict.value, _how(o)) for o in claim.outcomes
    )  # fmt: skip
    verdict, title = sentences.headline(claim)
    summaries = sentences.told(claim)
    severities = dict.fromkeys(s.hazard.severity for s in summaries if s.hazard is not None)
    return Card(
        verdict,
        tone(verdict),
        title,
        sentences.place(claim.span),
        sentences.about(claim),
        tuple(_section(told) for told in summaries),
        outcomes=outcomes,
        matrix=_matrix(claim, summaries),
        link=links.of_source(url, claim.span),
        severities=tuple(severities),
    )


def _matrix(claim: ClaimResult, summaries: Sequence[ClaimSummary]) -> Matrix | None:
    """The outcomes as a matrix, if there are several."""
    if len(claim.outcomes) < 2 or any(o.hazard is not None for o in claim.outcomes):
        return None
    policies = tuple(dict.fromkeys(o.policy for o in claim.outcomes))
    rows: dict[tuple[str, str], dict[str, Cell]] = {}
    for o in claim.outcomes:
        places = [n for n, told in enumerate(summaries) if _shows(told, o)]
        word = o.verdict.value
        passed = tone(word) if claim.kind != "refute" or not o.passed else "run"
        cell = Cell(word, passed, str(places[0]) if places else "")
        label = o.label.removesuffix(f" | {o.policy}")  # a cell of a table is named with its column
        rows.setdefault((label, o.which), {})[o.policy] = cell
    listed = tuple(
        (label or claim.kind, pod, tuple(cells.get(p) for p in policies))
        for (label, pod), cells in rows.items()
    )
    return Matrix(policies, listed, len({pod for _, pod, _ in listed}) > 1)


def _shows(told: ClaimSummary, outcome: Outcome) -> bool:
    """Is a section about an outcome?"""
    if told.story is not None or outcome.story is not None:
        return any(story is outcome.story for story in told.stories)
    return (told.span, told.pod) == (outcome.span, outcome.which) and not outcome.passed


def _how(outcome: Outcome) -> str:
    """How it was decided and, if that is known, the rules that this rests on."""
    if outcome.rests_on is None:
        return f"{outcome.detail}. {outcome.advice}" if outcome.advice else outcome.detail
    return f"{outcome.detail}; rests on {sentences.named(outcome.rests_on)}"


def _section(told: ClaimSummary) -> Section:
    run = None if told.story is None else _run(told.story, told.kind)
    section = Section(told, told.about, told.why, told.pod, _excerpt(told.span), run)
    hazard = told.hazard
    if hazard is None:
        return section
    return section._replace(  # the severity, the fix and the reference have their own places
        about=hazard.name,
        why=told.why.removesuffix(f" {sentences.fix(hazard)}"),
        pod=sentences.name_of_pod(told.pod),
        run=run and run._replace(hindsight=()),
        hazard=hazard if told.why.startswith(hazard.sentence) else None,
    )


def _excerpt(span: Span) -> Excerpt:
    line = span.source.line_text(span.line)
    start = span.column - 1
    end = min(len(line), start + span.end - span.start)
    parts = (line[:start].lstrip(), line[start:end], line[end:])
    return Excerpt(span.line, *(lines(part) for part in parts))


def _run(story: Story, kind: str) -> Run:
    grid = of_story(story)
    drawing = draw(grid)
    return Run(
        story,
        drawing,
        Markup(drawing.body),  # noqa: S704 - every text in it is escaped where it is drawn
        tuple(_moment(moment, story.steps[moment.step]) for moment in grid.moments),
        sentences.labels(kind),
        sentences.actual(story),
        "\n".join(command_lines("", story.replay, 76)) if story.replay else "",
        tuple(sentences.hindsight(story, kind)),
    )


def _moment(moment: Moment, step: StoryStep) -> Shown:
    ready, status, restarts = moment.cells[-3:]
    event = moment.event or f"{step.event}, and the kubelet goes on"
    return Shown(moment.step, event, (ready, status, restarts), step.rules, moment.mark)
