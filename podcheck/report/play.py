"""A played sequence as text."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.report.text import table
from podcheck.verdict import Play, PodStatus


def render(play: Play, verbose: bool) -> Iterator[str]:
    """A row for every status the API server shows, the event where it happened."""
    yield f"{play.pod} under {play.policy}"
    yield ""
    containers = [c.name for c in play.steps[0].status.containers]
    rows = [["step", "event", *containers, "phase", "kubectl get pods"]]
    for number, step in enumerate(play.steps):
        shown = [*step.on_the_way, step.status]
        for i, status in enumerate(shown):
            first = i == 0
            rows.append(
                [str(number) if first else "", step.event if first else "", *_cells(status)]
            )
    yield from table(rows)
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


def _cells(status: PodStatus) -> list[str]:
    columns = f"{status.ready}  {status.status}  {status.restarts}"
    return [*(c.text for c in status.containers), status.phase, columns]
