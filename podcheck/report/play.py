"""A played sequence as text."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.report import timeline, timeline_text
from podcheck.report.cleaning import cleaned
from podcheck.report.terminal import PLAIN, Style
from podcheck.results.stories import Play


def render(play: Play, verbose: bool, style: Style = PLAIN) -> Iterator[str]:
    """A column for every status the API server shows, the event where it happened."""
    play = cleaned(play)
    yield f"{play.pod} under {play.policy}"
    yield ""
    yield from timeline_text.lines(timeline.timeline(play.steps), style, fold=False)
    for note in play.notes:
        yield ""
        yield note
    if verbose:
        for number, step in enumerate(play.steps):
            yield ""
            yield f"step {number}: {step.event}"
            for rule in step.rules:
                of = f" of {rule.container}" if rule.container else ""
                yield f'  {rule.decision}{of} = {rule.value}  "{rule.name}"'
                detail = " ".join(
                    x for x in (rule.sentence, f"[{rule.cites}]" if rule.cites else "") if x
                )
                if detail:
                    yield f"      {detail}"
