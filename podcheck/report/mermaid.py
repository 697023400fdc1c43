"""The report as a Mermaid state diagram: a run's statuses as states, its events as arrows.

A claim without a run is a state of its own.  https://mermaid.js.org/syntax/stateDiagram.html
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from podcheck.report import sentences
from podcheck.report.printable import plain
from podcheck.report.sentences import ClaimSummary
from podcheck.report.timeline import STAYS, Moment, Timeline, of_story
from podcheck.results.stories import Story
from podcheck.results.verdicts import ClaimResult, FileResult, Report, Verdict

PLAIN_CHARACTERS = frozenset(" ,.()=/'")
LINE_WIDTH = 44


def render(report: Report) -> str:
    """The whole report as one diagram."""
    return "\n".join(_lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield "---"
    yield f'title: "podcheck, {sentences.summary(report)}"'
    yield "---"
    yield "stateDiagram-v2"
    for number, file in enumerate(report.files, 1):
        yield from _file(file, f"f{number}")
    for number, path in enumerate(report.left, 1):
        yield _state(
            f"left{number}", f"{Verdict.UNKNOWN.value}  {path}", sentences.not_begun(report)
        )
    for number, claim in enumerate(report.claims, 1):
        yield from _claim(claim, f"c{number}")


def _file(file: FileResult, name: str) -> Iterator[str]:
    for number, d in enumerate(file.diagnostics, 1):
        kind = "error" if d.is_error else "warning"
        yield _state(
            f"{name}d{number}", f"{kind} {d.code} {sentences.spot(d.span)}", d.message, d.hint
        )
    if file.note:
        yield _state(name, f"{Verdict.VACUOUS.value}  {file.path}", file.note)


def _claim(claim: ClaimResult, name: str) -> Iterator[str]:
    head = ("  ".join(sentences.headline(claim)), sentences.place(claim.span))
    shown = sentences.told(claim)
    if not shown:
        yield _state(name, *head)
    for number, told in enumerate(shown, 1):
        if told.story is None:
            yield _state(f"{name}t{number}", *head, told.about, told.why)
        else:
            yield from _run(f"{name}t{number}", head, told, told.story)


def _run(name: str, head: tuple[str, str], told: ClaimSummary, story: Story) -> Iterator[str]:
    grid = of_story(story)
    yield f"{_state(name, *head, told.about, told.why)} {{"
    for number, moment in enumerate(grid.moments):
        yield f"    {_state(f'{name}s{number}', *_status(grid, moment))}"
    judged = _judgement(story, told.kind)
    yield f"    {_state(f'{name}end', *judged)}"
    yield f"    [*] --> {name}s0 : {_text(grid.moments[0].event)}"
    for number, moment in enumerate(grid.moments[1:], 1):
        arrow = f"{name}s{number - 1} --> {name}s{number}"
        yield f"    {arrow} : {_text(moment.event or 'the kubelet goes on')}"
    last = f"{name}s{len(grid.moments) - 1}"
    if grid.back is not None:
        again = STAYS if grid.stays else "and again"
        yield f"    {last} --> {name}s{grid.back} : {again}"
    yield f"    {last} --> {name}end"
    yield "}"


def _status(grid: Timeline, moment: Moment) -> list[str]:
    return [f"{name}: {text}" for name, text in zip(grid.labels, moment.cells, strict=True)]


def _judgement(story: Story, kind: str) -> list[str]:
    found = [f"{label} {text}" for label, text in sentences.judgement(story, kind)]
    return [
        *found,
        *sentences.hindsight(story, kind),
        *([story.replay] if story.replay else []),
    ]


def _state(name: str, *lines: str) -> str:
    wrapped = [part for line in lines for part in textwrap.wrap(line, LINE_WIDTH)]
    return f'state "{"<br/>".join(_text(part) for part in wrapped)}" as {name}'


def _text(text: str) -> str:
    """A text in one line; all that might be syntax stands as a character code."""
    return "".join(
        c if c.isalnum() or c in PLAIN_CHARACTERS else f"#{ord(c)};" for c in plain(text)
    )
