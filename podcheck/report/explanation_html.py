"""Explanations of observed statuses as one HTML file: no network, no script, light and dark.

``explanation.html.jinja`` and ``explanation.css`` beside this file, with the colours and the
drawing of the report.  All text of a cluster goes through the template's escaping.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from podcheck.report import explanation_text as texts
from podcheck.report.cleaning import cleaned
from podcheck.report.timeline import timeline
from podcheck.report.timeline_svg import DARK, LIGHT, STYLE, Drawing, draw
from podcheck.results.explanations import (
    EXPLAINED,
    IMPOSSIBLE,
    ContainerNow,
    Explanation,
    Explanations,
    Impossible,
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
    title = f"{len(explained.pods)} pods" if several else f"Pod {cleaned(explained.pods[0]).title}"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page = environment.from_string(package_data.read("report", "explanation.html.jinja"))
    return page.render(
        title=title,
        groups=list(texts.groups(explained.pods).items()) if several else [],
        anchors=anchors,
        cards=cards,
        style=Markup(_style()),  # noqa: S704 - our own files
        version=VERSION,
    )


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
        differs = [texts.differs(*field) for field in why.nearest]
        yield "The nearest status that a pod can show", _items(differs)
    yield "What may be the cause", _items(why.causes)


def _items(sentences: Sequence[str]) -> tuple[Item, ...]:
    return tuple((_marked(text), "") for text in sentences)


def _marked(text: str) -> Markup:
    """A sentence of ours, with what is in backticks as code."""
    parts = text.split("`")
    code = Markup("<code>{}</code>")
    return Markup("").join(code.format(p) if n % 2 else p for n, p in enumerate(parts))
