"""What two releases make of a pod, as plain values."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.results.stories import PodStatus, Replay, RuleFired


class Differing(NamedTuple):
    """A rule or gate that two releases have otherwise: ``name`` is what asks for the release,
    ``asked`` the question as written, ``place`` where it stands."""

    name: str
    asked: str
    place: str


class Side(NamedTuple):
    """The end of a run under one release: the status, the rules that decided the last step, and
    the command that plays it."""

    release: str
    status: PodStatus
    rules: tuple[RuleFired, ...]
    replay: Replay


class Difference(NamedTuple):
    """The events after which the status differs, and in what: names, with the value under the
    first release and under the second.

    ``because`` are the rules and gates that make the difference.
    """

    events: tuple[str, ...]
    first: Side
    second: Side
    differing: tuple[tuple[str, str, str], ...]
    because: tuple[Differing, ...] = ()


class Example(NamedTuple):
    """What two releases have otherwise, and a pod that shows it: its text, its policy and a run.

    Without ``run`` none of the pods that were tried shows it.
    """

    asked: tuple[Differing, ...]
    pod: str = ""
    policy: str = ""
    run: Difference | None = None


class Refused(NamedTuple):
    """Why the API server of a release does not take a pod: the code of the error and its text."""

    release: str
    code: str
    text: str


class Comparison(NamedTuple):
    """One pod under one restartPolicy.  ``refused``: one of the two releases does not take it,
    which is all that is said then, without a policy.

    ``verdict`` is ``different``, ``equal`` or ``unknown``; ``proved`` says how it was proved that
    there is no difference, or no other than those listed, and is empty if that is not known.
    """

    pod: str
    policy: str
    verdict: str
    proved: str
    differences: tuple[Difference, ...] = ()
    refused: tuple[Refused, ...] = ()
