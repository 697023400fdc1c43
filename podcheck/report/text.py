"""The report as text for a terminal of 80 columns: the verdict first, then the story."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Span
from podcheck.verdict import ClaimResult, FileResult, Outcome, PodStatus, Report, Story, Verdict

WIDTH = 80


class Style:
    """Colours for a terminal, or nothing."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def paint(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def verdict(self, verdict: Verdict) -> str:
        code = {Verdict.HOLDS: "32", Verdict.FAILS: "31"}.get(verdict, "33")
        return self.paint(f"{verdict.value:<7}", f"1;{code}")


def render(report: Report, style: Style, stories: bool = False) -> Iterator[str]:
    """The lines of a whole report."""
    for file in report.files:
        yield from render_file(file, style, stories)
    if report.note:
        yield report.note
    yield summary(report)


def render_file(file: FileResult, style: Style, stories: bool = False) -> Iterator[str]:
    """The lines of one file: diagnostics, then claims, failures with their story."""
    for diagnostic in file.diagnostics:
        yield from render_diagnostic(diagnostic, style)
        yield ""
    if file.note:
        yield f"{style.verdict(Verdict.VACUOUS)} {file.path}: {file.note}"
    for claim in file.claims:
        yield from render_claim(claim, style, stories)


def render_diagnostic(d: Diagnostic, style: Style) -> Iterator[str]:
    """An error or warning with its line, a caret under the span, and the hint."""
    kind = "error" if d.is_error else "warning"
    head = style.paint(f"{kind}[{d.code}]", "1;31" if d.is_error else "1;33")
    yield f"{head} {d.span}: {d.message}"
    if d.span.source.text:
        yield from _quoted(d.span)
    if d.hint:
        yield f"  {d.hint}"


def _quoted(span: Span) -> Iterator[str]:
    """The line of a span with carets under it (a long line is cut around the span)."""
    line = span.source.line_text(span.line).replace("\t", " ")
    start = span.column - 1
    length = max(1, min(span.end - span.start, len(line) - start))
    if len(line) > 100:
        left = max(0, start - 40)
        line = line[left : left + 100]
        start -= left
        length = max(1, min(length, len(line) - start))
    line = "".join(c if c.isprintable() else "?" for c in line)
    number = str(span.line)
    yield f"  {number} | {line}"
    yield f"  {' ' * len(number)} | {' ' * start}{'^' * length}"


def render_claim(claim: ClaimResult, style: Style, stories: bool = False) -> Iterator[str]:
    """One claim: a line with the verdict, and for what did not pass, why."""
    place = f"{claim.span.source.name}:{claim.span.line}"
    title = f'{claim.kind} "{claim.title}"'
    gap = max(2, WIDTH - 8 - len(title) - len(place))
    yield f"{style.verdict(claim.verdict)} {title}{' ' * gap}{place}"
    if claim.verdict is Verdict.HOLDS:
        if stories or claim.kind == "find":
            for outcome in claim.outcomes:
                if outcome.story is not None and (stories or outcome.passed):
                    yield from render_outcome(claim, outcome, style)
                    if claim.kind == "find" and not stories:
                        break
        return
    if not claim.outcomes or claim.kind in ("refute", "find"):
        if claim.outcomes:
            yield f"        {about(claim)}"
            yield ""
        yield f"  {_sentence(claim.detail)}"
        for outcome in claim.outcomes:
            if outcome.story is not None:
                yield from render_outcome(claim, outcome, style)
        yield ""
        return
    for policies, outcome in _grouped([o for o in claim.outcomes if not o.passed]):
        yield from render_outcome(claim, outcome, style, policies)


def about(claim: ClaimResult) -> str:
    """Which pods, from where, under which policies, with which assumptions."""
    if not claim.outcomes:
        return ""
    text = f"for {', '.join(claim.pods)}, from {claim.start}, under {', '.join(claim.policies)}"
    return text + (f", assuming {claim.assuming}" if claim.assuming else "")


def _grouped(outcomes: Sequence[Outcome]) -> list[tuple[str, Outcome]]:
    """Outcomes without a story that differ in nothing but the policy are told once."""
    groups: dict[object, list[Outcome]] = {}
    for number, o in enumerate(outcomes):
        key = (o.pod, o.label, o.verdict, o.detail, o.bound) if o.story is None else number
        groups.setdefault(key, []).append(o)
    return [(", ".join(o.policy for o in group), group[0]) for group in groups.values()]


def render_outcome(
    claim: ClaimResult, outcome: Outcome, style: Style, policies: str = ""
) -> Iterator[str]:
    """What was found for one pod and policy (or for several that do not differ)."""
    label = f"[{outcome.label}] " if outcome.label else ""
    under = policies or outcome.policy
    yield f"        {label}for {outcome.pod}, from {claim.start}, under {under}"
    if claim.assuming:
        yield f"        assuming {claim.assuming}"
    yield ""
    if outcome.story is None:
        if outcome.verdict is Verdict.HOLDS:
            yield f"  It was to be refuted, but it holds (proved: {outcome.detail})."
        else:
            yield from (f"  {line}" for line in _wrapped(_sentence(_detail(outcome)), WIDTH - 2))
        yield ""
        yield from (f"  {line}" for line in _quoted(outcome.span))
        yield ""
        return
    yield from render_story(outcome.story, outcome, style)


def _detail(outcome: Outcome) -> str:
    if outcome.verdict is Verdict.BOUNDED:
        return f"no violation up to {outcome.bound} events; not proved beyond"
    if outcome.verdict is Verdict.UNKNOWN and outcome.bound:
        return f"{outcome.detail}; no violation up to {outcome.bound} events"
    return outcome.detail


def _sentence(text: str) -> str:
    if not text.startswith("`"):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "?")) else text + "."


def render_story(story: Story, outcome: Outcome, style: Style) -> Iterator[str]:
    """A counterexample or witness, as section by section of the report."""
    for line in _wrapped(story.why, WIDTH - 2):
        yield f"  {line}"
    yield ""
    yield from (f"  {line}" for line in _quoted(outcome.span))
    yield ""
    yield from (f"    {line}" for line in _timeline(story, style))
    yield ""
    yield f"    expected  {story.expected}"
    actual = ", ".join(f"{name} = {value}" for name, value in story.actual)
    yield f"    actual    {actual}"
    for rule in story.decided_by:
        where = f" ({rule.cites})" if rule.cites else ""
        yield f'    rule      "{rule.name}"{where}'
    yield ""
    for sentence in story.would_hold:
        yield f"    {sentence}"
    if story.replay:
        yield f"    Replay:  {story.replay}"
    yield ""


def _wrapped(text: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, width) or [""]


def _timeline(story: Story, style: Style) -> list[str]:
    """A table: a row for the start and for each event, a column for each container."""
    containers = [c.name for c in story.steps[0].status.containers]
    head = ["step", "event", *containers, "phase", "kubectl get pods"]
    rows = [head]
    before: PodStatus | None = None
    marked = 0  # rows down to the step to which a cycle leads back
    for number, step in enumerate(story.steps):
        for i, status in enumerate((*step.on_the_way, step.status)):
            first = [str(number), step.event] if i == 0 else ["", ""]
            rows.append([*first, *_cells(status, before)])
            before = status
        if number == story.loop:
            marked = len(rows)
    lines = table(rows)
    if story.loop is not None:
        stays = story.loop == len(story.steps) - 1
        lines.insert(marked, "      and so it stays" if stays else "      from here it repeats:")
    return lines


def _cells(status: PodStatus, before: PodStatus | None) -> list[str]:
    """What changed; what did not is a dot."""
    cells = []
    old = {c.name: c for c in before.containers} if before else {}
    for c in status.containers:
        changed = c.name not in old or old[c.name].text != c.text
        cells.append(c.text if changed else ".")
    cells.append(status.phase if before is None or before.phase != status.phase else ".")
    columns = f"{status.ready}  {status.status}  {status.restarts}"
    return [*cells, columns]


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned text; long columns keep their width."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def summary(report: Report) -> str:
    """One line: how many claims, how many of each verdict, how many errors."""
    claims = report.claims
    errors = sum(d.is_error for f in report.files for d in f.diagnostics)
    words = {
        Verdict.HOLDS: ("holds", "hold"),
        Verdict.FAILS: ("fails", "fail"),
        Verdict.VACUOUS: ("is vacuous", "are vacuous"),
        Verdict.UNKNOWN: ("is unknown", "are unknown"),
        Verdict.BOUNDED: ("holds to its bound", "hold to their bound"),
        Verdict.INTERNAL: ("met an internal error", "met an internal error"),
    }
    parts = []
    for verdict, (one, many) in words.items():
        n = sum(c.verdict is verdict for c in claims)
        if n:
            parts.append(f"{n} {one if n == 1 else many}")
    if errors:
        parts.append(f"{errors} error{'s' if errors != 1 else ''}")
    if not report.files:
        return "No spec was found: nothing was checked."
    plural = "" if len(claims) == 1 else "s"
    counted = ", ".join(parts) if parts else "nothing was checked"
    return f"{len(claims)} claim{plural}: {counted}"
