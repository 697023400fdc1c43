"""A Job around its pod: its numbers, and the places that it keeps pods in.

An Indexed Job has a place for each index, any other one for each pod that may run at once.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from podcheck.declarations.pod import Container, Pod, Role

MAX_PLACES = 16  # of more, verdicts would take too long
LARGEST = 1000  # a number of a Job that counts are compared with
_LONGEST = 64 * 1024  # characters of succeededIndexes
_INDEX = re.compile(r"[0-9]{1,9}")


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


class Undecidable(NamedTuple):
    """Why nothing can be said of a Job, and what to write instead."""

    message: str
    hint: str


def undecidable(pod: Pod) -> Undecidable | None:
    """What of a Job podcheck can't decide; None if it can."""
    places = places_wanted(pod)
    if not 1 <= places <= MAX_PLACES:
        message = f"This Job has places for {places:,} pods; podcheck decides 1 to {MAX_PLACES}."
        return Undecidable(message, "Lower completions or parallelism: it makes a smaller Job.")
    for name, number in pod.owner_fields:
        if name in ("backoffLimit", "backoffLimitPerIndex", "maxFailedIndexes", "completions"):
            if LARGEST < number < 2**31 - 1:
                message = f"{name} is {number:,}; podcheck counts to {LARGEST}."
                return Undecidable(message, "Lower it.")
    for rule in pod.failure_rules:
        for kind, _ in rule.conditions:
            if kind != "DisruptionTarget":
                message = f"A rule of podFailurePolicy asks for condition {kind}."
                hint = "Of the conditions that a rule may ask for, podcheck knows DisruptionTarget."
                return Undecidable(message, hint)
    named = any(rule.container for rule in pod.failure_rules) and len(pod.containers) > 1
    if places > 1 and not one_by_one(pod) and named:
        message = "Several pods at once, with a rule of podFailurePolicy that names a container."
        return Undecidable(message, "Set parallelism to 1, or leave out the container's name.")
    own_rules = any(c.rules or (c.policy and c.role is not Role.SIDECAR) for c in pod.containers)
    if places > 1 and not one_by_one(pod) and own_rules:
        message = "Several pods at once, with containers that have a restartPolicy of their own."
        return Undecidable(message, "Set parallelism to 1.")
    return None


def one_by_one(pod: Pod) -> bool:
    """Is no more than one of the Job's pods active at a time?"""
    return number_of(pod, "parallelism") in (None, 1)


def with_places(pod: Pod, coupled: bool = True) -> Pod:
    """A Job's pod with the places for its pods.

    The pod itself runs in every place where no two pods are active at a time, else in the first
    place only.  Not ``coupled``, no place has more of its pods than how they end.
    """
    indexed = number_of(pod, "completionMode.Indexed")
    taken = {c.name for c in pod.containers}
    places = []
    for index in range(places_wanted(pod)):
        name = f"index{index}" if indexed else f"pod{index + 1}"
        while name in taken:
            name += "_"
        own = coupled and (one_by_one(pod) or index == 0)
        fields = (("index", index), *((("pod", 1),) if own else ()))
        places.append(Container(name, Role.PLACE, fields=fields))
    return replace(pod, owner="Job", places=tuple(places))


def intervals(text: str) -> list[tuple[int, int]] | None:
    """The intervals of `1,3-5,7`, each behind the one before; None: it is no such list."""
    if len(text) > _LONGEST:
        return None
    found: list[tuple[int, int]] = []
    for part in text.split(",") if text else ():
        low, dash, high = part.partition("-")
        if not _INDEX.fullmatch(low) or (dash and not _INDEX.fullmatch(high)):
            return None
        first, last = int(low), int(high) if dash else int(low)
        if (dash and first >= last) or (found and first <= found[-1][1]):
            return None
        found.append((first, last))
    return found


@lru_cache(maxsize=64)
def indexes_of(text: str) -> frozenset[int]:
    """The indexes of a list such as `1,3-5`; none of what is no such list."""
    spans = intervals(text) or []
    return frozenset(i for low, high in spans for i in range(low, high + 1))
