"""Explanations of observed statuses as text."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from podcheck.report.cleaning import cleaned
from podcheck.report.explanation_job_text import job_lines
from podcheck.report.explanation_sentences import (
    INDENT,
    ORDINARY,
    differs,
    prospect_text,
    wrapped,
)
from podcheck.report.terminal import BOLD, PLAIN, Style
from podcheck.report.tones import tone
from podcheck.results.explanations import (
    EXPLAINED,
    IMPOSSIBLE,
    Explanation,
    Explanations,
    Future,
    History,
    Impossible,
    Now,
    PodLog,
)


def render(explained: Explanations) -> str:
    """All of them, then a summary if there are several."""
    return "\n".join(lines(explained, PLAIN)) + "\n"


def lines(explained: Explanations, style: Style, verbose: bool = False) -> Iterator[str]:
    """The explanations in their order, Jobs first, one for all pods of which the same is true; the
    summary of several comes last."""
    yield from job_lines(explained.jobs, style, verbose)
    if explained.jobs and explained.pods:
        yield ""
    for n, (first, *others) in enumerate(alike(explained.pods)):
        if n:
            yield ""
        yield from pod_lines(first, style, verbose)
        if others:
            yield ""
            yield from wrapped(style, f"The same is true of {named(others)}.", "")
    if len(explained.pods) > 1:
        yield ""
        yield from summary(explained.pods, style)


def alike(pods: Sequence[Explanation]) -> Iterable[Sequence[Explanation]]:
    """The pods in their order, those of which the same is true together."""
    groups: dict[Explanation, list[Explanation]] = {}
    for pod in pods:
        groups.setdefault(pod._replace(namespace="", name="", advice=()), []).append(pod)
    return groups.values()


def pod_lines(pod: Explanation, style: Style, verbose: bool = False) -> Iterator[str]:
    """What is said of one pod."""
    pod = cleaned(pod)
    head = f"Pod {pod.title}: {headline(pod)}"
    yield from (style.paint(line, BOLD) for line in textwrap.wrap(head, style.prose))
    yield ""
    yield style.paint("Now", BOLD)
    yield from _now(pod.now, style, verbose)
    if pod.history is not None:
        yield ""
        yield style.paint("How it got here", BOLD)
        yield from _history(pod.history, style)
    if pod.impossible is not None:
        yield ""
        yield style.paint("Why it is impossible", BOLD)
        yield from _impossible(pod.impossible, pod.kubernetes, style)
    if pod.future is not None:
        yield ""
        yield style.paint("What comes next", BOLD)
        yield from _future(pod.future, style)
    if pod.advice:
        yield ""
        yield style.paint("What to do", BOLD)
        for advice in pod.advice:
            yield from wrapped(style, advice.text, INDENT)
            if advice.command:
                yield f"{INDENT}  $ {advice.command}"
    if pod.unknown:
        yield ""
        yield style.paint("Not considered", BOLD)
        for text in pod.unknown:
            yield from wrapped(style, text, INDENT)


def headline(pod: Explanation) -> str:
    """The verdict in a few words."""
    if pod.verdict == IMPOSSIBLE:
        return f"by the rules, no pod of Kubernetes {pod.kubernetes} shows this status"
    if pod.verdict != EXPLAINED:
        return "no history found within the limits"
    future, now = pod.future, pod.now
    assert future is not None
    shown = now.status or now.phase
    if pod.waits:
        return f"{shown}; waits for {pod.waits}"
    if future.final:
        return f"{shown}; the phase {now.phase} is final"
    if future.stuck:
        waits = f"waits for `{future.repairs[0]}`" if len(future.repairs) == 1 else "stuck"
        return f"{shown}; {waits}"
    never = [p.name.removeprefix("phase ") for p in future.prospects if p.verdict == "never"]
    lost = [name for name in ("Succeeded", "Ready") if name in never]
    if lost:
        return f"{shown}; it can no longer become {' or '.join(lost)}"
    return shown


def _now(now: Now, style: Style, verbose: bool) -> Iterator[str]:
    columns = ""
    if now.status:
        columns = f" (READY {now.ready}, STATUS {now.status}, RESTARTS {now.restarts})"
    reason = f", reason {now.reason}" if now.reason else ""
    yield from wrapped(style, f"Phase {now.phase}{reason}{columns}.", INDENT)
    if now.rule is not None:
        source = f" [{now.rule.cites}]" if verbose and now.rule.cites else ""
        yield from wrapped(style, f"{now.rule.sentence}{source}", INDENT)
    width = max(len(c.name) for c in now.containers)
    for c in now.containers:
        parts = [c.text]
        if c.restarts:
            parts.append(f"{c.restarts} restart{'s' if c.restarts > 1 else ''}")
        if c.last:
            parts.append(f"before: {c.last}")
        if c.ready:
            parts.append("ready")
        role = "" if c.role == "main" else f" ({c.role})"
        text = f"{c.name:<{width}}  {'; '.join(parts)}{role}"
        first, *more = wrapped(style, text, INDENT, INDENT + " " * (width + 2))
        before = len(INDENT) + width + 2
        state = c.text if first[before:].startswith(c.text) else ""
        yield first[:before] + style.tone(state, tone(state)) + first[before + len(state) :]
        yield from more
    for text in now.obstacles:
        yield from wrapped(style, text, INDENT)


def _history(history: History, style: Style) -> Iterator[str]:
    rows = [
        (step.event, step.status.status, step.status.ready, step.status.restarts)
        for step in history.steps
    ]
    head = ("", "STATUS", "READY", "RESTARTS")
    room = (
        style.width
        - len(INDENT)
        - 4
        - sum(max(len(r[n]) for r in (head, *rows)) + 2 for n in (1, 2))
    )
    wide = min(max(len(r[0]) for r in rows) + 4, max(24, room - 10))
    others = [max(len(r[n]) for r in (head, *rows)) for n in (1, 2, 3)]

    def row(label: str, cells: Sequence[str]) -> str:
        shown = "  ".join(c.ljust(w) for c, w in zip(cells, others, strict=True))
        if cells != head[1:]:
            shown = style.tone(cells[0], tone(cells[0])) + shown[len(cells[0]) :]
        return f"{INDENT}{label:<{wide}}  {shown}".rstrip()

    yield row("", head[1:])
    for n, (event, *cells) in enumerate(rows):
        first, *more = textwrap.wrap(f"{n + 1:>2}. {event}", wide, subsequent_indent="    ")
        yield row(first, cells)
        yield from (INDENT + line for line in more)
    for sentence in history_sentences(history):
        yield from wrapped(style, sentence, INDENT)


def history_sentences(history: History, first: int = 1) -> Iterator[str]:
    """What is said beside the steps of a history, of which the first one has this number: what
    repeats, and how ordinary it is."""
    for r in history.repeats:
        begin, end = r.first + first, r.last + first
        steps = f"step {begin}" if begin == end else f"steps {begin} to {end}"
        yield f"{steps.capitalize()}: and so on, {r.times} more times."
    if history.short:
        yield f"Larger counts come about in the same way: {', '.join(history.short)}."
    if history.passing:
        yield "The status lasts until the kubelet's next sync."
    if len(history.steps) > 1 or history.plausibility != "ordinary":
        yield ORDINARY[history.plausibility]


def _future(future: Future, style: Style) -> Iterator[str]:
    for sentence in future_sentences(future):
        yield from wrapped(style, sentence, INDENT)


def future_sentences(future: Future) -> Iterator[str]:
    """What comes next, a sentence each."""
    for event, status in future.itself:
        cause = f"After `{event}`" if event else "The kubelet's next sync changes this status"
        yield f"{cause}: STATUS {status.status}, READY {status.ready}."
    if future.final:
        yield "The phase does not change any more."
    elif future.stuck:
        yield "Nothing inside of the pod changes this status."
    if future.repairs:
        events = " or ".join(f"`{event}`" for event in future.repairs)
        yield f"It waits for {events}."
    if future.stops and not future.repairs:
        events = ", ".join(f"`{event}`" for event in future.stops)
        yield f"It changes only by what comes from outside: {events}."
    for prospect in future.prospects:
        if not future.final or not prospect.name.startswith("phase "):
            yield f"{_capital(prospect.name)}: {prospect_text(prospect)}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _impossible(why: Impossible, kubernetes: str, style: Style) -> Iterator[str]:
    least = "These facts exclude each other" if len(why.core) > 1 else "This is never shown"
    yield from wrapped(
        style, f"{least} (proved for every sequence of events that the rules know):", INDENT
    )
    for path, shown in why.core:
        yield from wrapped(style, f"{path}: {shown}", INDENT * 2)
    if not why.minimal:
        yield from wrapped(style, "A smaller part may be impossible too.", INDENT)
    if why.nearest:
        yield from wrapped(style, "The nearest status that a pod can show differs in this:", INDENT)
        for path, shown, would in why.nearest:
            yield from wrapped(style, differs(path, shown, would), INDENT * 2)
    yield from wrapped(style, "What may be the cause:", INDENT)
    for cause in why.causes:
        yield from wrapped(style, f"- {cause}", INDENT * 2, INDENT * 3)


def log_lines(log: PodLog, style: Style) -> Iterator[str]:
    """A log line by line: what happened before each, or that it can't follow the one before it."""
    log = cleaned(log)
    verdicts = Counter(line.verdict for line in log.lines)
    head = f"Pod {log.name}, {len(log.lines)} statuses: {_log_verdict(verdicts)}"
    yield from (style.paint(line, BOLD) for line in textwrap.wrap(head, style.prose))
    for n, line in enumerate(log.lines, 1):
        yield ""
        if line.verdict == IMPOSSIBLE:
            after = f"can't follow line {n - 1}" if n > 1 else "can't be shown"
            yield from wrapped(style, f"Line {n} {after}: that is proved.", INDENT)
        elif line.verdict != POSSIBLE:
            yield from wrapped(style, f"No events were found that lead to line {n}.", INDENT)
        for event in line.events:
            yield from wrapped(style, event, INDENT, INDENT * 2)
        containers = f" ({', '.join(line.containers)})" if line.containers else ""
        yield from wrapped(style, f"{n}. {line.phase}{containers}", "", INDENT * 2)


POSSIBLE = "possible"


def _log_verdict(verdicts: Counter[str]) -> str:
    if verdicts[IMPOSSIBLE]:
        return "impossible in this order"
    return "possible" if verdicts[POSSIBLE] == verdicts.total() else "not known"


def groups(pods: Sequence[Explanation]) -> dict[str, list[str]]:
    """The pods' names by the heading under which a summary lists them."""
    found: dict[str, list[str]] = {}
    for pod in pods:
        found.setdefault(group(pod), []).append(cleaned(pod).title)
    return found


def summary(pods: Sequence[Explanation], style: Style = PLAIN) -> Iterator[str]:
    """How many pods there are of each kind, with the names of those that need somebody."""
    yield f"{len(pods)} pods"
    for name, titles in groups(pods).items():
        yield from wrapped(style, f"{name}: {len(titles)}", INDENT)
        if name != GOING:
            yield from wrapped(style, _first(titles), INDENT * 2)


def named(pods: Sequence[Explanation]) -> str:
    """The first pods by name, and how many more there are."""
    return _first([cleaned(pod).title for pod in pods])


def _first(titles: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    shown = titles if len(titles) <= MOST_NAMES else titles[: MOST_NAMES - 1]
    more = len(titles) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


MOST_NAMES = 12
GOING = "going on"


def group(pod: Explanation) -> str:
    """Under which heading a summary lists a pod."""
    if pod.verdict == IMPOSSIBLE:
        return "impossible"
    if pod.verdict != EXPLAINED or pod.future is None:
        return "not known"
    if pod.waits:
        return f"waits for {pod.waits}"
    if pod.future.final:
        return f"ended: {pod.now.phase}"
    if pod.future.stuck:
        return "stuck"
    if any(p.verdict == "never" and p.name == "Ready" for p in pod.future.prospects):
        return "can't become Ready any more"
    if any(p.verdict == "never" and p.name == "phase Succeeded" for p in pod.future.prospects):
        return "can't succeed any more"
    return GOING
