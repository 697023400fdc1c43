"""A Job around its pod: its numbers, and the places that it keeps pods in.

An Indexed Job has a place for each index, any other one for each pod that may run at once.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from podcheck.declarations.pod import Container, Pod, Role

MAX_PLACES = 16  # of more, verdicts would take too long
LARGEST = 1000  # a number of a Job that counts are compared with


def number_of(pod: Pod, field: str) -> int | None:
    """What the pod's controller gives for a number; None if it does not."""
    return next((n for name, n in pod.owner_fields if name == field), None)


def places_wanted(pod: Pod) -> int:
    """How many places for pods a Job has."""
    completions, parallelism = number_of(pod, "completions"), number_of(pod, "parallelism")
    if number_of(pod, "completionMode.Indexed"):
        return completions or 0
    width = 1 if parallelism is None else parallelism
    if completions is None and parallelism is None:
        completions = 1
    return width if completions is None else min(width, completions)


def with_places(pod: Pod, coupled: bool = True) -> Pod:
    """A Job's pod with the places for its pods.

    The pod itself runs in every place where no two pods are active at a time, else in the first
    place only.  Not ``coupled``, no place has more of its pods than how they end.
    """
    indexed = number_of(pod, "completionMode.Indexed")
    one_by_one = number_of(pod, "parallelism") in (None, 1)
    taken = {c.name for c in pod.containers}
    places = []
    for index in range(places_wanted(pod)):
        name = f"index{index}" if indexed else f"pod{index + 1}"
        while name in taken:
            name += "_"
        own = coupled and (one_by_one or index == 0)
        fields = (("index", index), *((("pod", 1),) if own else ()))
        places.append(Container(name, Role.PLACE, fields=fields))
    return replace(pod, owner="Job", places=tuple(places))


@lru_cache(maxsize=64)
def indexes_of(text: str) -> frozenset[int]:
    """The indexes of a list such as `1,3-5`."""
    found: set[int] = set()
    for part in text.split(","):
        low, _, high = part.partition("-")
        found.update(range(int(low), int(high or low) + 1))
    return frozenset(found)
