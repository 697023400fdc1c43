"""Explanations of observed Jobs as Markdown."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.report.cleaning import cleaned
from podcheck.report.explanation_job_text import (
    POLICIES,
    columns,
    history_sentences,
    prospects,
    title,
)
from podcheck.report.explanation_sentences import differs
from podcheck.report.markdown import code, escaped
from podcheck.results.explanations import JobExplanation


def job_markdown(job: JobExplanation) -> Iterator[str]:
    """A section for a Job."""
    job = cleaned(job)
    yield f"## {marked(title(job))}"
    yield ""
    yield escaped(columns(job.now))
    if job.now.rule is not None:
        yield ""
        yield escaped(job.now.rule.sentence)
    if job.now.pods:
        yield ""
        yield "| pod | index | status | podFailurePolicy |"
        yield "|---|---|---|---|"
        for pod in job.now.pods:
            index = "" if pod.completion_index is None else str(pod.completion_index)
            policy = POLICIES[pod.policy].removeprefix("podFailurePolicy: ")
            yield f"| {escaped(pod.name)} | {index} | {escaped(pod.status)} | {policy} |"
    for text in (*job.now.waits, *job.now.notes):
        yield ""
        yield marked(text)
    if job.history is not None:
        yield from _heading("How it got here")
        yield "| step | event | STATUS | COMPLETIONS | made | failed | succeeded |"
        yield "|---|---|---|---|---|---|---|"
        for n, s in enumerate(job.history.steps, 1):
            cells = (s.event, s.status, s.completions, str(s.made), str(s.failed))
            yield f"| {n} | {' | '.join(map(escaped, cells))} | {s.succeeded} |"
        for text in history_sentences(job.history):
            yield ""
            yield marked(text)
    if job.impossible is not None:
        yield from _heading("Why it is impossible")
        for path, shown in job.impossible.core:
            yield f"- {escaped(path)}: {escaped(shown)}"
        if job.impossible.nearest:
            yield ""
            yield "The nearest status that a Job can show:"
            yield ""
            for field in job.impossible.nearest:
                yield f"- {escaped(differs(*field))}"
    if job.prospects:
        yield from _heading("What comes next")
        for text in prospects(job):
            yield f"- {marked(text)}"
    if job.advice:
        yield from _heading("What to do")
        for advice in job.advice:
            command = f" {code(advice.command)}" if advice.command else ""
            yield f"- {marked(advice.text)}{command}"
    if job.unknown or job.limit:
        yield ""
        yield f"Not considered: {escaped(' '.join((*job.unknown, job.limit)).strip())}"


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield f"### {text}"
    yield ""


def marked(text: str) -> str:
    """A sentence of ours, with what is in backticks as code."""
    parts = text.split("`")
    return "".join(code(part) if n % 2 else escaped(part) for n, part in enumerate(parts))
