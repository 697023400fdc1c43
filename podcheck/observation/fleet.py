"""Many pods: each shape and status is explained once, by as many processes as there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import NamedTuple

from podcheck.language.source import Source
from podcheck.observation.explainer import Explainer
from podcheck.observation.status import ObservedPod
from podcheck.results.explanations import Explanation, PodStory

SECONDS_EACH = 1.0  # about as long a story takes that is not cached
MOST_TOGETHER = 8  # statuses of a shape that one process explains in turn


class Batch(NamedTuple):
    """Pods of one shape with different statuses; they share what is computed about the shape."""

    version: tuple[int, ...]
    pods: tuple[ObservedPod, ...]

    @property
    def cost_s(self) -> float:
        return SECONDS_EACH * len(self.pods)


def batches(pods: Sequence[ObservedPod], explainer: Explainer) -> list[Batch]:
    """One pod of each shape and status, those of a shape together."""
    shapes: dict[object, dict[object, ObservedPod]] = {}
    nowhere = Source("", "").span(0, 0)  # what is done elsewhere needs no text
    for pod in pods:
        shape, status = explainer.key(pod)
        shapes.setdefault(shape, {}).setdefault(status, pod._replace(span=nowhere))
    found = []
    for statuses in shapes.values():
        alike = list(statuses.values())
        for n in range(0, len(alike), MOST_TOGETHER):
            found.append(Batch(explainer.version, tuple(alike[n : n + MOST_TOGETHER])))
    return found


def explain_with(
    executor: Executor,
    stories: Callable[[Batch], Sequence[PodStory]],
    work: Sequence[Batch],
    pods: Sequence[ObservedPod],
    explainer: Explainer,
    progress: Callable[[int, int], None],
) -> list[Explanation]:
    """Explain the pods; ``stories`` says what is said of those of a batch, ``progress`` hears how
    many of how many statuses are explained."""
    futures = [executor.submit(stories, batch) for batch in work]
    total = sum(len(batch.pods) for batch in work)
    done = 0
    for batch, future in zip(work, futures, strict=True):
        for pod, story in zip(batch.pods, future.result(), strict=True):
            explainer.learn(pod, story)
        done += len(batch.pods)
        progress(done, total)
    return [explainer.explain(pod) for pod in pods]
