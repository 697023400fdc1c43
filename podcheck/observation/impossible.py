"""Statuses that no run reaches: which part of one is impossible, and what comes nearest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from podcheck.explicit.interpreter import State
from podcheck.observation.future import Prover
from podcheck.observation.goal import Wanted
from podcheck.observation.subject import Subject
from podcheck.results.explanations import Impossible

MOST_PROOFS = 12
CAUSES = (
    "The cluster runs another release of Kubernetes: try `--kubernetes RELEASE`.",
    "Something other than the kubelet wrote the status: a controller, a virtual kubelet, an edit.",
    "The spec has changed since the status was written, or the two are not of one pod.",
    "The status lasted only milliseconds: not every status between two syncs is in the rules.",
    "The rules are wrong here: `podcheck conform` compares them with a recording of such a pod.",
)


def impossible(subject: Subject, seen: Iterable[State], prover: Prover) -> Impossible:
    """The smallest part of an impossible status that is impossible itself.

    A fact is needed if a state that was seen shows all the others, or if the rest is not proved
    impossible without it.
    """
    states = list(dict.fromkeys(seen))
    shown = [frozenset(subject.goal.missing(state)) for state in states]
    core, proofs, minimal = list(subject.parts), 0, True
    containers = dict.fromkeys(p.fact.container for p in core if p.fact.container)
    groups = [
        [p for p in core if p.fact.name.startswith("condition")],
        *([p for p in core if p.fact.container == c] for c in containers),
        *([p] for p in reversed(core)),
    ]
    for group in groups:
        rest = [p for p in core if p not in group]
        if len(rest) == len(core) or not rest or _is_shown(rest, shown):
            continue
        if proofs == MOST_PROOFS:
            minimal = False
            break
        proofs += 1
        excluded = prover.excluded(rest)
        if excluded:
            core = rest
        minimal = minimal and (excluded is not None or len(group) > 1)
    return Impossible(
        tuple((p.fact.path, p.fact.shown) for p in core), minimal,
        _nearest(subject, states, shown), CAUSES,
    )  # fmt: skip


def _is_shown(parts: Sequence[Wanted], shown: Sequence[frozenset[Wanted]]) -> bool:
    """Does a state that was seen show all of the facts?"""
    wanted = frozenset(parts)
    return any(not wanted & missing for missing in shown)


def _nearest(
    subject: Subject, states: Sequence[State], shown: Sequence[frozenset[Wanted]]
) -> tuple[tuple[str, str, str], ...]:
    """What differs in the state that shows the most."""
    best = min(range(len(states)), key=lambda n: (len(shown[n]), n))
    machine = subject.ground.narrator.machine
    found = []
    for part in subject.parts:
        if part in shown[best]:
            value = machine.value(part.term, states[best])
            text = str(value).lower() if isinstance(value, bool) else str(value)
            found.append((part.fact.path, part.fact.shown, text or "not there"))
    return tuple(found)
