"""A run as a grid: a column for each status on the way, rows for the pod's Job if it has one, a row
for each container, the phase beneath, and under it the columns of ``kubectl get pods``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from podcheck.results.stories import ObservedAt, PodStatus, Story, StoryStep

BELOW = ("phase", "READY", "STATUS", "RESTARTS")
BEGINS, REPEATS, STAYS = "here the claim begins", "from here it repeats", "and so it stays"


class Moment(NamedTuple):
    """A column: a published status.

    ``step`` counts from 0; an event that leads through several statuses has a moment for
    each, and only the first names it.  ``cells`` stand beside ``Timeline.labels``.
    ``mark`` stands where a claim `from any` state begins, where a status is shown that a claim
    observes, and where a run that goes on forever begins to repeat, or to stay; else it is empty.
    """

    step: int
    event: str
    cells: tuple[str, ...]
    changed: tuple[bool, ...]
    mark: str = ""

    @property
    def first(self) -> bool:
        return bool(self.event)


class Timeline(NamedTuple):
    """The rows' names, those of the containers first, and the columns.

    ``back`` is the index of the column to which the last one leads back, None if the run ends.
    """

    labels: tuple[str, ...]
    moments: tuple[Moment, ...]
    back: int | None = None

    @property
    def stays(self) -> bool:
        """Does the run go on forever without a further event?"""
        return self.back == len(self.moments) - 1


def of_story(story: Story) -> Timeline:
    """The grid of a counterexample or witness."""
    return timeline(story.steps, story.loop, story.begins, story.observed)


def timeline(
    steps: Sequence[StoryStep],
    loop: int | None = None,
    begins: int | None = None,
    observed: Sequence[ObservedAt] = (),
) -> Timeline:
    """The grid of a run; after the last step it repeats those after ``steps[loop]``, and the claim
    begins after ``steps[begins]``."""
    first = steps[0].status
    names = (*(name for name, _ in first.job), *(c.name for c in first.containers))
    moments: list[Moment] = []
    before: tuple[str, ...] | None = None
    for number, step in enumerate(steps):
        for place, status in enumerate((*step.on_the_way, step.status)):
            cells = _cells(status)
            changed = tuple(before is None or a != b for a, b in zip(cells, before or cells))  # noqa: B905
            moments.append(Moment(number, step.event if place == 0 else "", cells, changed))
            before = cells
    lasts = {moment.step: place for place, moment in enumerate(moments)}
    back = None if loop is None else lasts[loop]
    marks: dict[int, list[str]] = {}
    if begins is not None:
        marks.setdefault(lasts[begins], []).append(BEGINS)
    if back is not None:
        marks.setdefault(back, []).append(STAYS if back == len(moments) - 1 else REPEATS)
    for place, numbers in _observations(steps, observed).items():
        marks.setdefault(place, []).append(numbers)
    for place, said in marks.items():
        moments[place] = moments[place]._replace(mark=", ".join(said))
    return Timeline((*names, *BELOW), tuple(moments), back)


def _observations(steps: Sequence[StoryStep], observed: Sequence[ObservedAt]) -> dict[int, str]:
    """By column, the numbers of the observations that it shows."""
    firsts = [0, *accumulate(len(step.on_the_way) + 1 for step in steps)]
    found: dict[int, list[str]] = {}
    for number, step, place in observed:
        found.setdefault(firsts[step] + place, []).append(str(number))
    plural = {place: "s" * (len(numbers) > 1) for place, numbers in found.items()}
    return {place: f"observation{plural[place]} {', '.join(n)}" for place, n in found.items()}


def _cells(status: PodStatus) -> tuple[str, ...]:
    shown = (status.phase, status.ready, status.status, status.restarts)
    rows = (*(text for _, text in status.job), *(c.text for c in status.containers))
    return (*rows, *shown)
