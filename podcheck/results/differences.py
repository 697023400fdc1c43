"""What two releases make of a pod, as plain values."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.results.stories import PodStatus, Replay, RuleFired


class Side(NamedTuple):
    """The end of a run under one release: the status, the rules that decided the last step, and
    the command that plays it."""

    release: str
    status: PodStatus
    rules: tuple[RuleFired, ...]
    replay: Replay


class Difference(NamedTuple):
    """The events after which the status differs, and in what: names, with the value under the
    first release and under the second."""

    events: tuple[str, ...]
    first: Side
    second: Side
    differing: tuple[tuple[str, str, str], ...]


class Comparison(NamedTuple):
    """One pod under one restartPolicy.

    ``verdict`` is ``different``, ``equal`` or ``unknown``; ``proved`` says how it was proved that
    there is no difference, or no other than those listed, and is empty if that is not known.
    """

    pod: str
    policy: str
    verdict: str
    proved: str
    differences: tuple[Difference, ...] = ()


class Differing(NamedTuple):
    """A rule or gate that two releases have otherwise: ``name`` is what asks for the release,
    ``asked`` the question as written, ``place`` where it stands."""

    name: str
    asked: str
    place: str
