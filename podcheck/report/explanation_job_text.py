"""Explanations of observed Jobs as text, and their sentences for every format."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from podcheck.report.cleaning import cleaned
from podcheck.report.explanation_sentences import (
    INDENT,
    ORDINARY,
    differs,
    prospect_text,
    wrapped,
)
from podcheck.report.terminal import BOLD, Style
from podcheck.report.tones import tone
from podcheck.results.explanations import (
    IMPOSSIBLE,
    UNKNOWN,
    Impossible,
    JobExplanation,
    JobHistory,
    JobNow,
    JobPod,
)

POLICIES = {
    "FailJob": "podFailurePolicy: FailJob",
    "FailIndex": "podFailurePolicy: FailIndex",
    "Ignore": "podFailurePolicy: Ignore, not counted",
    "Count": "podFailurePolicy: counted",
    "": "",
}
MANY = 3  # times, from which on a repetition is shortened
HEAD = ("STATUS", "COMPLETIONS", "MADE", "FAILED", "SUCCEEDED")


def job_lines(jobs: Sequence[JobExplanation], style: Style, verbose: bool = False) -> Iterator[str]:
    """What is said of the Jobs, in their order."""
    for n, job in enumerate(jobs):
        if n:
            yield ""
        yield from _job(cleaned(job), style, verbose)


def title(job: JobExplanation) -> str:
    """The Job, and the verdict in a few words."""
    if job.verdict == IMPOSSIBLE:
        said = f"by the rules, no Job of Kubernetes {job.kubernetes} shows this status"
    elif job.verdict == UNKNOWN:
        said = f"{job.headline}; not all is known"
    else:
        said = job.headline
    return f"Job {job.title}: {said}"


def _job(job: JobExplanation, style: Style, verbose: bool) -> Iterator[str]:
    yield from (style.paint(line, BOLD) for line in textwrap.wrap(title(job), style.prose))
    yield ""
    yield style.paint("Now", BOLD)
    yield from _now(job, style, verbose)
    if job.history is not None:
        yield ""
        yield style.paint("How it got here", BOLD)
        yield from _history(job.history, style)
    if job.impossible is not None:
        yield ""
        yield style.paint("Why it is impossible", BOLD)
        yield from _impossible(job.impossible, style)
    if job.prospects:
        yield ""
        yield style.paint("What comes next", BOLD)
        for sentence in prospects(job):
            yield from wrapped(style, sentence, INDENT)
    if job.advice:
        yield ""
        yield style.paint("What to do", BOLD)
        for advice in job.advice:
            yield from wrapped(style, advice.text, INDENT)
            if advice.command:
                yield f"{INDENT * 2}$ {advice.command}"
    if job.unknown or job.limit:
        yield ""
        yield style.paint("Not considered", BOLD)
        for text in (*job.unknown, *((job.limit,) if job.limit else ())):
            yield from wrapped(style, text, INDENT)


def columns(now: JobNow) -> str:
    """kubectl's columns and the numbers of the status."""
    completions = f", COMPLETIONS {now.completions}" if now.completions else ""
    counts = ", ".join(f"{name} {number}" for name, number in now.counts)
    return f"STATUS {now.status}{completions}{f'; {counts}' if counts else ''}."


def pod_text(pod: JobPod) -> str:
    """What kubectl shows of a pod of the Job, and what becomes of its failure."""
    index = "" if pod.completion_index is None else f"index {pod.completion_index}"
    return "; ".join(t for t in (pod.status, index, POLICIES[pod.policy]) if t)


def _now(job: JobExplanation, style: Style, verbose: bool) -> Iterator[str]:
    now = job.now
    yield from wrapped(style, columns(now), INDENT)
    if now.rule is not None:
        source = f" [{now.rule.cites}]" if verbose and now.rule.cites else ""
        yield from wrapped(style, f"{now.rule.sentence}{source}", INDENT)
    width = max((len(pod.name) for pod in now.pods), default=0)
    for pod in now.pods:
        text = pod_text(pod)
        shown = style.tone(pod.status, tone(pod.status)) + text[len(pod.status) :]
        yield f"{INDENT}{pod.name:<{width}}  {shown}".rstrip()
    for text in (*now.waits, *now.notes):
        yield from wrapped(style, text, INDENT)


def _history(history: JobHistory, style: Style) -> Iterator[str]:
    rows = [
        (s.status, s.completions, str(s.made), str(s.failed), str(s.succeeded))
        for s in history.steps
    ]
    widths = [max(len(row[n]) for row in (HEAD, *rows)) for n in range(len(HEAD))]
    room = max(24, style.width - len(INDENT) - sum(widths) - 2 * len(widths))
    wide = min(max(len(step.event) + 4 for step in history.steps), room)

    def line(label: str, cells: Sequence[str]) -> str:
        shown = "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True))
        if cells != HEAD:
            shown = style.tone(cells[0], tone(cells[0])) + shown[len(cells[0]) :]
        return f"{INDENT}{label:<{wide}}  {shown}".rstrip()

    yield line("", HEAD)
    for n, (step, cells) in enumerate(zip(history.steps, rows, strict=True), 1):
        first, *more = textwrap.wrap(f"{n:>2}. {step.event}", wide, subsequent_indent="    ")
        yield line(first, cells)
        yield from (INDENT + text for text in more)
    for sentence in history_sentences(history):
        yield from wrapped(style, sentence, INDENT)


def history_sentences(history: JobHistory) -> Iterator[str]:
    """What is said beside the steps: how long the status lasts, and how ordinary the events are."""
    if history.passing:
        yield "The status lasts until the next sync of the Job controller or a kubelet."
    if len(history.steps) > 1 or history.plausibility != "ordinary":
        yield ORDINARY[history.plausibility]


def prospects(job: JobExplanation) -> Iterator[str]:
    """How the Job can still end, a sentence each."""
    for prospect in job.prospects:
        shown = prospect._replace(events=shorter(prospect.events))
        yield f"{prospect.name}: {prospect_text(shown)}"


def shorter(events: tuple[str, ...]) -> tuple[str, ...]:
    """Events, of which what repeats at the end stands there one time, with how often it comes."""
    for size in (1, 2):
        part = events[-size:]
        times = 1
        while part and events[-size * (times + 1) : -size * times] == part:
            times += 1
        if times >= MANY:
            text = " and ".join(part)
            return (*events[: -size * times], f"{text}, {times} times")
    return events


def _impossible(why: Impossible, style: Style) -> Iterator[str]:
    least = "These facts exclude each other" if len(why.core) > 1 else "This is never shown"
    yield from wrapped(
        style, f"{least} (proved for every sequence of events that the rules know):", INDENT
    )
    for path, shown in why.core:
        yield from wrapped(style, f"{path}: {shown}", INDENT * 2)
    if why.nearest:
        yield from wrapped(style, "The nearest status that a Job can show differs in this:", INDENT)
        for path, shown, would in why.nearest:
            yield from wrapped(style, differs(path, shown, would), INDENT * 2)
