"""Explanations of observed statuses as Markdown, for an issue or a chat."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.report.cleaning import cleaned
from podcheck.report.explanation_job_markdown import job_markdown, marked
from podcheck.report.explanation_sentences import prospect_text
from podcheck.report.explanation_text import headline, summary
from podcheck.report.markdown import code, escaped
from podcheck.results.explanations import Explanation, Explanations


def render(explained: Explanations) -> str:
    """A section for each pod; first the summary of several."""
    lines: list[str] = []
    if len(explained.pods) > 1:
        lines += ["```", *summary(explained.pods), "```", ""]
    for job in explained.jobs:
        lines += [*job_markdown(job), ""]
    for pod in explained.pods:
        lines += [*_pod(cleaned(pod)), ""]
    return "\n".join(lines)


def _pod(pod: Explanation) -> Iterator[str]:
    yield f"## {marked(f'Pod {pod.title}: {headline(pod)}')}"
    yield ""
    if pod.now.rule is not None:
        yield escaped(pod.now.rule.sentence)
        yield ""
    yield "| container | state | restarts | before |"
    yield "|---|---|---|---|"
    for c in pod.now.containers:
        restarts = "" if c.restarts is None else str(c.restarts)
        yield f"| {escaped(c.name)} | {escaped(c.text)} | {restarts} | {escaped(c.last)} |"
    for text in pod.now.obstacles:
        yield ""
        yield marked(text)
    if pod.history is not None:
        yield ""
        yield "### How it got here"
        yield ""
        yield "| step | event | STATUS | READY | RESTARTS |"
        yield "|---|---|---|---|---|"
        for n, step in enumerate(pod.history.steps, 1):
            status = step.status
            cells = (step.event, status.status, status.ready, status.restarts)
            yield f"| {n} | {' | '.join(map(escaped, cells))} |"
        for r in pod.history.repeats:
            yield ""
            yield f"Steps {r.first + 1} to {r.last + 1}: and so on, {r.times} more times."
    if pod.impossible is not None:
        yield ""
        yield "### Why it is impossible"
        yield ""
        for path, shown in pod.impossible.core:
            yield f"- {escaped(path)}: {escaped(shown)}"
        if pod.impossible.nearest:
            yield ""
            yield "The nearest status that a pod can show:"
            yield ""
            for path, shown, would in pod.impossible.nearest:
                yield f"- {escaped(path)}: {escaped(would)}, not {escaped(shown)}"
    if pod.future is not None:
        yield ""
        yield "### What comes next"
        yield ""
        for prospect in pod.future.prospects:
            yield f"- {marked(f'{prospect.name}: {prospect_text(prospect)}')}"
    if pod.advice:
        yield ""
        yield "### What to do"
        yield ""
        for advice in pod.advice:
            command = f" {code(advice.command)}" if advice.command else ""
            yield f"- {marked(advice.text)}{command}"
    if pod.unknown:
        yield ""
        yield f"Not considered: {escaped(' '.join(pod.unknown))}"
