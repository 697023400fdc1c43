"""Built-in questions about what a pod's spec says: they are answered when a rule is read.

Only what the rule language can't say because it has no lists and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from podcheck.declarations.job import indexes_of
from podcheck.declarations.pod import (
    PROBES,
    Container,
    ExitRule,
    FailureRule,
    Fields,
    Mount,
    Pod,
    SuccessRule,
)

MOST_RULES = 20  # of a container, which the API server takes
_ALL = frozenset(range(256))

Listing = ExitRule | FailureRule  # what lists exit codes
Giver = Container | FailureRule | SuccessRule  # what has literal fields of a manifest


def listens(pod: Pod, c: Container) -> bool:
    """Does a container say that it listens on a port?"""
    return bool(c.ports or c.host_ports)


def shares_port(pod: Pod, c: Container, d: Container) -> bool:
    """Do two containers listen on one port?"""
    return not {*c.ports, *c.host_ports}.isdisjoint({*d.ports, *d.host_ports})


def shares_node_port(pod: Pod, c: Container, d: Container) -> bool:
    """Do two containers ask for one port of the node once a controller has made the pod?"""
    ours, theirs = {*c.host_ports, *c.node_ports}, {*d.host_ports, *d.node_ports}
    return not ours.isdisjoint(theirs)


def shares_host_port(pod: Pod, c: Container, d: Container) -> bool:
    """Do two containers ask for one port of the node?"""
    return not set(c.host_ports).isdisjoint(d.host_ports)


def repeats_host_port(pod: Pod, c: Container) -> bool:
    """Does a container ask for one port of the node twice?"""
    return len(set(c.host_ports)) < len(c.host_ports)


def mounts_unknown(pod: Pod, c: Container) -> bool:
    """Does a container mount a volume that the pod does not have?"""
    return not {m.volume for m in c.mounts} <= set(pod.volumes)


def mounts_empty_dir(pod: Pod, c: Container) -> bool:
    """Does a container mount an emptyDir of its pod, and not only to read?"""
    return any(m.volume in pod.empty_dirs and not m.read_only for m in c.mounts)


def fills_mount(pod: Pod, c: Container, d: Container) -> bool:
    """Does a container mount, not only to read, what another one mounts of an emptyDir?"""
    return any(
        m.volume in pod.empty_dirs and not m.read_only and overlap(m, n)
        for m in c.mounts for n in d.mounts
    )  # fmt: skip


def overlap(m: Mount, n: Mount) -> bool:
    """Are two mounts of one volume, and is the folder of one in that of the other?"""
    ours, theirs = (f"{x.folder.strip('/')}/".lstrip("/") for x in (m, n))
    return m.volume == n.volume and (ours.startswith(theirs) or theirs.startswith(ours))


def lists_nothing(pod: Pod, rule: Listing) -> bool:
    """Does a rule list no exit code at all?"""
    return not rule.codes


def lists_twice(pod: Pod, rule: Listing) -> bool:
    """Does a rule list an exit code twice?"""
    return len(set(rule.codes)) < len(rule.codes)


def lists_in_order(pod: Pod, rule: Listing) -> bool:
    """Does a rule list its exit codes in ascending order, each once?"""
    return all(a < b for a, b in pairwise(rule.codes))


def length_of(pod: Pod, rule: Listing) -> int:
    """How many exit codes does a rule list?"""
    return len(rule.codes)


def names(pod: Pod, rule: FailureRule, c: Container) -> bool:
    """Does a rule of a podFailurePolicy name a container?"""
    return rule.container == c.name


def asks_for(pod: Pod, rule: FailureRule, condition: str) -> bool:
    """Does a rule of a podFailurePolicy match a condition of this type that is True?"""
    return (condition, "True") in rule.conditions


def includes(pod: Pod, rule: SuccessRule, place: Container) -> bool:
    """Is the index of a place among those of a rule of a successPolicy?  Without a list all are."""
    return not rule.indexes or _amount(place.fields, "index") in indexes_of(rule.indexes)


def is_shadowed(pod: Pod, rule: ExitRule, c: Container) -> bool:
    """Do the rules before it match every code that an exit rule matches?

    Of more rules than the API server takes this is not asked: each is compared with all others.
    """
    if len(c.rules) > MOST_RULES:
        return False
    seen: frozenset[int] = frozenset()
    for other in c.rules:
        if other is rule:
            break
        seen |= _matched(other)
    return _matched(rule) <= seen


def _matched(rule: ExitRule) -> frozenset[int]:
    return frozenset(rule.codes) if rule.operator == "In" else _ALL - frozenset(rule.codes)


def gives(pod: Pod, giver: Giver, field: str) -> bool:
    """Does the manifest of a container, or a rule, give a field?"""
    return any(name == field for name, _ in giver.fields)


def amount_of(pod: Pod, giver: Giver, field: str) -> int:
    """The number that a container's manifest, or a rule, gives for a field; 0 if it has none."""
    return _amount(giver.fields, field)


def pod_gives(pod: Pod, field: str) -> bool:
    """Does a pod spec give a field?"""
    return any(name == field for name, _ in pod.fields)


def pod_amount_of(pod: Pod, field: str) -> int:
    """The number that a pod spec gives for a field; 0 if it has none."""
    return _amount(pod.fields, field)


def owner_gives(pod: Pod, field: str) -> bool:
    """Does the manifest of a pod's controller give a field?"""
    return any(name == field for name, _ in pod.owner_fields)


def owner_amount_of(pod: Pod, field: str) -> int:
    """The number that a controller's manifest gives for a field; 0 if it has none."""
    return _amount(pod.owner_fields, field)


def can_run(pod: Pod, c: Container, hook: str) -> bool:
    """Can a hook of a container run?  A spec leaves it open, a manifest says all hooks."""
    return not pod.is_manifest or hook in c.hooks


def can_err(pod: Pod, c: Container) -> bool:
    """Has a container a probe that may end without a result: one that runs a command, or asks a
    port that the container does not declare?

    A spec leaves open what a probe does.
    """
    probes = [probe for probe in PROBES if probe in c.probes]
    without_result = [f"{probe}.{why}" for probe in probes for why in ("exec", "unknown port")]
    return bool(probes) and (
        not pod.is_manifest or any(gives(pod, c, name) for name in without_result)
    )


def _amount(fields: Fields, field: str) -> int:
    return max((number for name, number in fields if name == field), default=0)


# The name in rules, what it is asked of, and the answer.
FACTS: Mapping[str, tuple[tuple[Any, ...], Callable[..., Any]]] = {
    "listens": ((Container,), listens),
    "sharesPort": ((Container, Container), shares_port),
    "sharesHostPort": ((Container, Container), shares_host_port),
    "sharesNodePort": ((Container, Container), shares_node_port),
    "repeatsHostPort": ((Container,), repeats_host_port),
    "mountsUnknown": ((Container,), mounts_unknown),
    "mountsEmptyDir": ((Container,), mounts_empty_dir),
    "fillsMount": ((Container, Container), fills_mount),
    "listsNothing": ((Listing,), lists_nothing),
    "listsTwice": ((Listing,), lists_twice),
    "listsInOrder": ((Listing,), lists_in_order),
    "lengthOf": ((Listing,), length_of),
    "names": ((FailureRule, Container), names),
    "asksFor": ((FailureRule, str), asks_for),
    "includes": ((SuccessRule, Container), includes),
    "isShadowed": ((ExitRule, Container), is_shadowed),
    "gives": ((Giver, str), gives),
    "amountOf": ((Giver, str), amount_of),
    "podGives": ((str,), pod_gives),
    "podAmountOf": ((str,), pod_amount_of),
    "ownerGives": ((str,), owner_gives),
    "ownerAmountOf": ((str,), owner_amount_of),
    "canRun": ((Container, str), can_run),
    "canErr": ((Container,), can_err),
}

# Which field of the API a name in rules looks at, where it is called otherwise there.
FIELDS: Mapping[str, str] = {
    "sharesPort": "ports",
    "sharesHostPort": "ports",
    "sharesNodePort": "ports",
    "repeatsHostPort": "ports",
    "mountsUnknown": "volumeMounts",
    "declaredPolicy": "restartPolicy",
    "lists": "values",
    "listsTwice": "values",
    "listsNothing": "values",
    "listsInOrder": "values",
    "lengthOf": "values",
    "names": "containerName",
    "hasDeadline": "activeDeadlineSeconds",
}
