"""What an audit found, as text: a workload, and under it each finding with its run and its fix."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from podcheck.report import sentences, timeline
from podcheck.report.printable import plain
from podcheck.report.terminal import BOLD, WIDTH, Style
from podcheck.results.verdicts import ClaimResult, FoundHazard, Outcome, Verdict

COLOURS = {"error": "1;31", "warning": "1;33", "info": "1;36"}
INDENT = " " * 10


def render_workload(claim: ClaimResult, style: Style) -> Iterator[str]:
    """One workload: a line, then what was found."""
    if claim.verdict is Verdict.HOLDS:
        clean = style.paint("clean", "1;32")
        yield clean + _placed(f"   {plain(claim.title)}", sentences.place(claim.span), 5)
        return
    yield _placed(style.paint(plain(claim.title), BOLD), sentences.place(claim.span), 0)
    yield ""
    for outcome in claim.outcomes:
        yield from _finding(outcome, style)
        yield ""


def _placed(text: str, place: str, before: int) -> str:
    """A text with a place at the right."""
    room = WIDTH - before - len(text)
    return text + (place.rjust(room) if len(place) + 2 <= room else f"  {place}")


def _finding(outcome: Outcome, style: Style) -> Iterator[str]:
    hazard = outcome.hazard
    assert hazard is not None
    word = "unknown" if outcome.verdict is Verdict.UNKNOWN else hazard.severity
    if outcome.verdict is Verdict.INTERNAL:
        word = "fault"
    head = f"{word:<8}{hazard.name}"
    place = sentences.place(outcome.span)
    line = _placed(head, place, 2)
    yield f"  {style.paint(word, COLOURS.get(word, '1;35'))}{line[len(word) :]}"
    if outcome.verdict is not Verdict.FAILS:
        yield from _wrapped(
            f"{sentences.sentence(f'not decided: {outcome.detail}')} {outcome.advice}".rstrip()
        )
        return
    yield from _wrapped(hazard.sentence)
    yield ""
    if outcome.story is not None:
        grid = timeline.of_story(outcome.story)
        yield from (f"{INDENT}{x}".rstrip() for x in timeline.lines(grid, WIDTH - len(INDENT)))
    else:
        yield from _wrapped(sentences.sentence(f"proved: {outcome.detail}"))
    yield ""
    yield from fix_lines(hazard)


def fix_lines(hazard: FoundHazard) -> Iterator[str]:
    """What to change, and where more is written."""
    yield from _wrapped(f"Fix: {hazard.fix}", 5)
    yield f"{INDENT}See: {hazard.reference}"


def _wrapped(text: str, hang: int = 0) -> Iterator[str]:
    later = INDENT + " " * hang
    yield from textwrap.wrap(
        text, WIDTH, initial_indent=INDENT, subsequent_indent=later,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
