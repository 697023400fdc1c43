"""Explanations of observed statuses as one HTML file: no network, no script, light and dark.

``explanation.html.jinja`` and ``explanation.css`` beside this file, with the colours and the
drawing of the report.  All text of a cluster goes through the template's escaping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from podcheck.report import explanation_job_text as job_texts
from podcheck.report import explanation_text as texts
from podcheck.report.cleaning import cleaned
from podcheck.report.explanation_sentences import differs
from podcheck.report.timeline import timeline
from podcheck.report.timeline_svg import DARK, LIGHT, STYLE, Drawing, draw
from podcheck.results.explanations import (
    EXPLAINED,
    IMPOSSIBLE,
    ContainerNow,
    Explanation,
    Explanations,
    Impossible,
    JobExplanation,
    JobStep,
)
from podcheck.storage import package_data
from podcheck.version import VERSION

Item = tuple[Markup, str]  # a sentence, and a command (or empty)


class Card(NamedTuple):
    """What the page shows of pods of which the same is true."""

    anchor: str
    verdict: str
    tone: str
    title: str
    place: str
    phase: str
    rule: str
    containers: tuple[ContainerNow, ...]
    obstacles: tuple[Markup, ...]
    drawing: Drawing | None
    body: Markup
    steps: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    lists: tuple[tuple[str, tuple[Item, ...]], ...]
    others: str


def render(explained: Explanations) -> str:
    """The whole page."""
    anchors: dict[str, str] = {}
    cards = []
    for n, pods in enumerate(texts.alike(explained.pods), 1):
        cards.append(_card(cleaned(pods[0]), f"pod-{n}", texts.named(pods[1:])))
        anchors |= {cleaned(pod).title: f"pod-{n}" for pod in pods}
    several = len(explained.pods) > 1
    jobs = [_job_card(cleaned(job), n) for n, job in enumerate(explained.jobs, 1)]
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(package_data.read("report", "explanation.html.jinja"))
    return page.render(
        title=_title(explained),
        groups=list(texts.groups(explained.pods).items()) if several else [],
        anchors=anchors,
        jobs=jobs,
        cards=cards,
        style=Markup(_style()),  # noqa: S704 - our own files
        version=VERSION,
    )


def _title(explained: Explanations) -> str:
    """What the page is about."""
    jobs, pods = explained.jobs, explained.pods
    if len(jobs) == 1:
        return f"Job {cleaned(jobs[0]).title}"
    if len(pods) == 1 and not jobs:
        return f"Pod {cleaned(pods[0]).title}"
    return f"{len(jobs)} Jobs, {len(pods)} pods" if jobs else f"{len(pods)} pods"


class JobCard(NamedTuple):
    """What the page shows of a Job."""

    anchor: str
    verdict: str
    tone: str
    title: str
    place: str
    columns: str
    rule: str
    pods: tuple[tuple[str, str], ...]
    sentences: tuple[Markup, ...]
    steps: tuple[JobStep, ...]
    remarks: tuple[str, ...]
    lists: tuple[tuple[str, tuple[Item, ...]], ...]


def _job_card(job: JobExplanation, number: int) -> JobCard:
    now, history = job.now, job.history
    return JobCard(
        anchor=f"job-{number}",
        verdict=job.verdict.upper(),
        tone={EXPLAINED: "run", IMPOSSIBLE: "bad"}.get(job.verdict, "wait"),
        title=job_texts.title(job),
        place=f"Kubernetes {job.kubernetes}, {job.policy}",
        columns=job_texts.columns(now),
        rule="" if now.rule is None else now.rule.sentence,
        pods=tuple((pod.name, job_texts.pod_text(pod)) for pod in now.pods),
        sentences=tuple(map(_marked, (*now.waits, *now.notes))),
        steps=() if history is None else history.steps,
        remarks=() if history is None else tuple(job_texts.history_sentences(history)),
        lists=tuple(_job_lists(job)),
    )


def _job_lists(job: JobExplanation) -> Iterator[tuple[str, tuple[Item, ...]]]:
    if job.impossible is not None:
        yield from _impossible(job.impossible)
    if job.prospects:
        yield "What comes next", _items(list(job_texts.prospects(job)))
    if job.advice:
        yield "What to do", tuple((_marked(a.text), a.command) for a in job.advice)
    if job.unknown or job.limit:
        yield "Not considered", _items([t for t in (*job.unknown, job.limit) if t])


def _style() -> str:
    return "\n".join(
        (
            f":root{{{LIGHT}}}",
            f"@media (prefers-color-scheme: dark){{:root{{{DARK}}}}}",
            f"@media print{{:root:root{{{LIGHT}}}}}",
            STYLE,
            package_data.read("report", "page.css"),
            package_data.read("report", "explanation.css"),
        )
    )


def _card(pod: Explanation, anchor: str, others: str) -> Card:
    now, history = pod.now, pod.history
    grid = None if history is None else timeline(history.steps)
    drawing = None if grid is None else draw(grid)
    shown = f", READY {now.ready}, STATUS {now.status}, RESTARTS {now.restarts}"
    reason = f", reason {now.reason}" if now.reason else ""
    steps = () if history is None else history.steps
    return Card(
        anchor=anchor,
        verdict=pod.verdict.upper(),
        tone={EXPLAINED: "run", IMPOSSIBLE: "bad"}.get(pod.verdict, "wait"),
        title=f"{pod.title}: {texts.headline(pod)}",
        place=f"Kubernetes {pod.kubernetes}, {pod.policy}",
        phase=f"Phase {now.phase}{reason}{shown if now.status else ''}.",
        rule="" if now.rule is None else now.rule.sentence,
        containers=now.containers,
        obstacles=tuple(map(_marked, now.obstacles)),
        drawing=drawing,
        body=Markup("" if drawing is None else drawing.body),  # noqa: S704 - escaped where drawn
        steps=tuple((s.event, f"{s.status.ready} {s.status.status}") for s in steps),
        remarks=() if history is None else tuple(texts.history_sentences(history, 0)),
        lists=tuple(_lists(pod)),
        others=f"The same is true of {others}." if others else "",
    )


def _lists(pod: Explanation) -> Iterator[tuple[str, tuple[Item, ...]]]:
    if pod.impossible is not None:
        yield from _impossible(pod.impossible)
    if pod.future is not None:
        yield "What comes next", _items(list(texts.future_sentences(pod.future)))
    if pod.advice:
        yield "What to do", tuple((_marked(a.text), a.command) for a in pod.advice)
    if pod.unknown:
        yield "Not considered", _items(pod.unknown)


def _impossible(why: Impossible) -> Iterator[tuple[str, tuple[Item, ...]]]:
    yield "Why it is impossible", _items([f"{path}: {shown}" for path, shown in why.core])
    if why.nearest:
        fields = [differs(*field) for field in why.nearest]
        yield "The nearest status that a pod can show", _items(fields)
    yield "What may be the cause", _items(why.causes)


def _items(sentences: Sequence[str]) -> tuple[Item, ...]:
    return tuple((_marked(text), "") for text in sentences)


def _marked(text: str) -> Markup:
    """A sentence of ours, with what is in backticks as code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(p) if n % 2 else p for n, p in enumerate(parts))
