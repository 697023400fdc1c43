"""The report as text for a terminal (80 columns, if nothing else is known): the verdict first, then
the story."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Span
from podcheck.report import sentences, timeline, timeline_text
from podcheck.report.cleaning import cleaned
from podcheck.report.printable import plain
from podcheck.report.sentences import ClaimSummary
from podcheck.report.terminal import GREEN, HANG, PLAIN, RED, Style, wrapped
from podcheck.results import matrix
from podcheck.results.stories import Story
from podcheck.results.verdicts import ClaimResult, Coverage, FileResult, Report, Verdict

QUOTED_WORD = r"""(?:'[^']*'|"[^"]*"|[^\s'"])+"""
_OPTION_OR_WORD = re.compile(rf"(?:--\w[\w-]* (?!-))?{QUOTED_WORD}")


def render(report: Report) -> str:
    """The whole report, without colour."""
    return "\n".join(render_lines(report, PLAIN, stories=True))


def render_lines(report: Report, style: Style, stories: bool = False) -> Iterator[str]:
    """The lines of a whole report; ``stories`` shows those of claims that hold, too."""
    if report.releases:
        for _, files in groupby(report.files, key=lambda file: file.path):
            yield from render_releases(list(files), report.releases, style, stories)
    else:
        for file in report.files:
            yield from render_file(file, style, stories)
    yield from render_end(report, style)


def render_end(report: Report, style: Style = PLAIN) -> Iterator[str]:
    """What comes after the files: what was left, and the summary in one line."""
    report = cleaned(report)
    yield from textwrap.wrap(sentences.ended(report), style.prose, break_on_hyphens=False)
    if report.cross_checked is not None:
        yield from _wrapped(sentences.cross_checked(report.cross_checked), style)
    yield sentences.summary(report)
    for line in sentences.passed_over(report):
        yield from _wrapped(plain(line), style)
    for file in report.files:
        if file.coverage is not None:
            yield ""
            yield from _coverage(file.path, file.coverage, style)


def _coverage(path: str, coverage: Coverage, style: Style) -> Iterator[str]:
    """What the claims of a file leave untouched: rules by list, events that never happen."""
    yield from _wrapped(sentences.covered(path, coverage), style)
    lists: dict[str, list[str]] = {}
    for idle in coverage.idle:
        lists.setdefault(idle.decision, []).append(f'"{idle.name}"')
    whole = [name for name in lists if name not in coverage.lists]
    for name, rules in lists.items():
        if name not in whole:
            yield from _wrapped(f"{name}: {', '.join(rules)}", style, "  ", HANG)
    if whole:
        yield from _wrapped(f"all of: {', '.join(whole)}", style, "  ", HANG)
    for unmet in coverage.unmet:
        text = f"{sentences.place(unmet.span)}: {sentences.unmet(unmet)}"
        yield from _wrapped(text, style, "", HANG)


def render_file(file: FileResult, style: Style, stories: bool = False) -> Iterator[str]:
    """The lines of one file: diagnostics, then claims, failures with their story."""
    file = cleaned(file)
    for diagnostic in file.diagnostics:
        yield from render_diagnostic(diagnostic, style)
        yield ""
    if file.note:
        yield f"{style.verdict(Verdict.VACUOUS)} {file.path}: {file.note}"
    for claim in file.claims:
        yield from render_claim(claim, style, stories)


def render_releases(
    files: Sequence[FileResult],
    releases: Sequence[str],
    style: Style,
    stories: bool = False,
    quiet: bool = False,
) -> Iterator[str]:
    """The lines of one file under several releases: the matrix of its claims, then what did not
    pass, once for neighbouring releases that agree."""
    files = [cleaned(file) for file in files]
    found = matrix.rows_of(files, releases)
    shown = [r for r in found if not quiet or set(r.verdicts) != {Verdict.HOLDS}]
    words = [v.value for row in shown for v in row.verdicts if v is not None]
    width = 1 + max(7, *map(len, words), 0)
    if shown:
        yield "".join(f"{release:{width}}" for release in releases).rstrip()
    for row in shown:
        title = sentences.title(row.claim._replace(releases=""))
        yield f"{title}  {sentences.place(row.claim.span)}"
        cells = [f"{'-':7}" if v is None else style.verdict(v) for v in row.verdicts]
        lengths = [7 if v is None else max(7, len(v.value)) for v in row.verdicts]
        gaps = (" " * (width - length) for length in lengths)
        yield "".join(f"{cell}{gap}" for cell, gap in zip(cells, gaps, strict=True)).rstrip()
        if len(set(row.verdicts)) > 1:
            yield from _wrapped(matrix.since(row, releases), style, "  ", HANG)
    for file in matrix.grouped_files(files, releases):
        left = tuple(c for c in file.claims if stories or c.verdict is not Verdict.HOLDS)
        if file.diagnostics or file.note or left:
            yield ""
        if file.release:
            yield f"Under Kubernetes {file.release}:"
        yield from render_file(file._replace(claims=left), style, stories)


# ---- places -----------------------------------------------------------------------------------


def render_diagnostic(d: Diagnostic, style: Style) -> Iterator[str]:
    """An error or warning with its line, a caret under the span, and the hint."""
    d = cleaned(d)
    kind = "error" if d.is_error else "warning"
    head = style.paint(f"{kind}[{d.code}]", "1;31" if d.is_error else "1;33")
    yield f"{head} {sentences.spot(d.span)}: {d.message}"
    if d.span.source.text:
        yield from quoted(d.span, max(100, style.width - 4 - len(str(d.span.line))), style)
    if d.hint:
        yield from wrapped(d.hint, 100, "  ", "  ")


def quoted(span: Span, width: int, style: Style = PLAIN) -> Iterator[str]:
    """The line of a span with carets under it (a longer line is cut around the span)."""
    raw = span.source.line_text(span.line).replace("\t", " ")
    start = span.column - 1
    marked = plain(raw[start : start + span.end - span.start])
    line, start = plain(raw), len(plain(raw[:start]))
    length = max(1, min(len(marked), len(line) - start))
    if len(line) > width:
        left = max(0, min(start - width * 2 // 5, len(line) - width))
        cut = len(line) > left + width
        line = line[left : left + width]
        line = ("..." + line[3:]) if left else line
        line = (line[:-3] + "...") if cut else line
        start -= left
        length = max(1, min(length, len(line) - start))
    number = str(span.line)
    carets = style.paint("^" * length, RED)
    yield f"  {number} | {line}"
    yield f"  {' ' * len(number)} | {' ' * start}{carets}"


# ---- claims -----------------------------------------------------------------------------------


def render_claim(claim: ClaimResult, style: Style, stories: bool = False) -> Iterator[str]:
    """One claim: the verdict and its place, and for what did not pass, why."""
    claim = cleaned(claim)
    yield from headline_lines(claim, style)
    yield from _rests_on(claim, style)
    if claim.verdict is Verdict.HOLDS and not stories and claim.kind != "find":
        return
    shown = sentences.told(claim)
    if claim.verdict is Verdict.HOLDS and not stories:
        shown = shown[:1]
    for one in shown:
        if one.about:
            yield from _wrapped(one.about, style, HANG)
            yield ""
        yield from (f"  {line}".rstrip() for line in story_lines(one, style))
        yield ""


def _rests_on(claim: ClaimResult, style: Style) -> Iterator[str]:
    """The rules that the proofs of a claim need, if that was asked for."""
    found = sentences.rests_on(claim)
    for of, rules in found:
        yield from _wrapped(f"{of} rests on {rules}", style, HANG, HANG + "  ")
    if found:
        yield ""


def headline_lines(claim: ClaimResult, style: Style) -> Iterator[str]:
    """The verdict, the claim, and at the right its place, on a line of its own if need be."""
    (verdict, title), place = sentences.headline(claim), sentences.place(claim.span)
    *head, last = _wrapped(title, style, HANG)
    if len(last) + 2 + len(place) <= style.prose:
        rest = [last + place.rjust(style.prose - len(last))]
    else:
        rest = [last, HANG + place]
    first, *others = [*head, *rest]
    yield f"{style.verdict(claim.verdict, verdict)} {first[len(HANG) :]}"
    yield from others


def _wrapped(text: str, style: Style, indent: str = "", hang: str | None = None) -> list[str]:
    fits = len(indent) + len(text) <= style.prose
    if text and fits and text == text.strip() and text.isprintable():
        return [indent + text]  # as textwrap would, which is slow for hundreds of titles
    later = indent if hang is None else hang
    return wrapped(text, style.prose, indent, later) or [indent]


def story_lines(told: ClaimSummary, style: Style = PLAIN) -> Iterator[str]:
    """Why, the line it is about, and the run with what decided it; two narrower than the style."""
    yield from wrapped(told.why, style.prose - 2, whole_words=False)
    yield ""
    yield from quoted(told.span, style.width - 7 - len(str(told.span.line)), style)
    if told.story is None:
        return
    yield ""
    for line in timeline_text.lines(timeline.of_story(told.story), style, 4):
        yield line[2:]
    yield ""
    yield from _judgement(told, told.story, style)


def _judgement(told: ClaimSummary, story: Story, style: Style) -> Iterator[str]:
    """Expected against actual, the rules, what would have made it hold, how to see it again."""
    expected, shown = sentences.labels(told.kind)
    colours = {expected: GREEN, shown: GREEN if told.passed else RED}
    for label, text in sentences.judgement(story, told.kind):
        yield from _item(label, text, style, colours.get(label, ""))
    after = sentences.hindsight(story, told.kind)
    if after or story.replay:
        yield ""
    for sentence in after:
        yield from (line[2:] for line in _wrapped(sentence, style, " " * 4))
    if story.replay:
        yield from command_lines("  Replay:  ", story.replay, style.prose - 2)


def _item(label: str, text: str, style: Style, colour: str) -> Iterator[str]:
    hang = " " * 14
    for number, line in enumerate(_wrapped(text, style, hang)):
        shown = style.paint(line[14:], colour) if colour else line[14:]
        yield f"  {label if number == 0 else '':<10}{shown}"


def command_lines(label: str, command: str, width: int) -> Iterator[str]:
    """A shell command, continued on further lines where it would be wider: an option stays with
    its value."""
    if len(label) + len(command) <= width:
        yield label + command
        return
    hang = " " * (len(label) - len(label.lstrip()) + 4)
    line = label
    for number, part in enumerate(_OPTION_OR_WORD.findall(command)):
        if number and len(line) + len(part) + 3 > width:
            yield f"{line} \\"
            line = hang + part
        else:
            line += part if number == 0 else f" {part}"
    yield line
