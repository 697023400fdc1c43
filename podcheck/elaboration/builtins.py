"""Built-in questions about what a pod's spec says: they are answered when a rule is read.

Only what the rule language can't say because it has no lists and numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from podcheck.declarations.pod import Container, ExitRule, Fields, Pod

MOST_RULES = 20  # of a container, which the API server takes
_ALL = frozenset(range(256))


def listens(pod: Pod, c: Container) -> bool:
    """Does a container say that it listens on a port?"""
    return bool(c.ports or c.host_ports)


def shares_port(pod: Pod, c: Container, d: Container) -> bool:
    """Do two containers listen on one port?"""
    return not {*c.ports, *c.host_ports}.isdisjoint({*d.ports, *d.host_ports})


def shares_host_port(pod: Pod, c: Container, d: Container) -> bool:
    """Do two containers ask for one port of the node?"""
    return not set(c.host_ports).isdisjoint(d.host_ports)


def repeats_host_port(pod: Pod, c: Container) -> bool:
    """Does a container ask for one port of the node twice?"""
    return len(set(c.host_ports)) < len(c.host_ports)


def mounts_unknown(pod: Pod, c: Container) -> bool:
    """Does a container mount a volume that the pod does not have?"""
    return not set(c.mounts) <= set(pod.volumes)


def mounts_empty_dir(pod: Pod, c: Container) -> bool:
    """Does a container mount an emptyDir of its pod?"""
    return not pod.empty_dirs.isdisjoint(c.mounts)


def shares_empty_dir(pod: Pod, c: Container, d: Container) -> bool:
    """Do two containers mount one emptyDir?"""
    return not pod.empty_dirs.isdisjoint(set(c.mounts) & set(d.mounts))


def lists_nothing(pod: Pod, rule: ExitRule) -> bool:
    """Does an exit rule list no code at all?"""
    return not rule.codes


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


def gives(pod: Pod, c: Container, field: str) -> bool:
    """Does a container's manifest give a field that nothing but a refusal asks for?"""
    return any(name == field for name, _ in c.fields)


def amount_of(pod: Pod, c: Container, field: str) -> int:
    """The number that a container's manifest gives for a field; 0 if it has none."""
    return _amount(c.fields, field)


def owner_gives(pod: Pod, field: str) -> bool:
    """Does the manifest of a pod's controller give a field?"""
    return any(name == field for name, _ in pod.fields)


def owner_amount_of(pod: Pod, field: str) -> int:
    """The number that a controller's manifest gives for a field; 0 if it has none."""
    return _amount(pod.fields, field)


def _amount(fields: Fields, field: str) -> int:
    return max((number for name, number in fields if name == field), default=0)


# The name in rules, what it is asked of, and the answer.
FACTS: Mapping[str, tuple[tuple[type, ...], Callable[..., Any]]] = {
    "listens": ((Container,), listens),
    "sharesPort": ((Container, Container), shares_port),
    "sharesHostPort": ((Container, Container), shares_host_port),
    "repeatsHostPort": ((Container,), repeats_host_port),
    "mountsUnknown": ((Container,), mounts_unknown),
    "mountsEmptyDir": ((Container,), mounts_empty_dir),
    "sharesEmptyDir": ((Container, Container), shares_empty_dir),
    "listsNothing": ((ExitRule,), lists_nothing),
    "isShadowed": ((ExitRule, Container), is_shadowed),
    "gives": ((Container, str), gives),
    "amountOf": ((Container, str), amount_of),
    "ownerGives": ((str,), owner_gives),
    "ownerAmountOf": ((str,), owner_amount_of),
}

# Which field of the API a name in rules looks at, where it is called otherwise there.
FIELDS: Mapping[str, str] = {
    "sharesPort": "ports",
    "sharesHostPort": "ports",
    "repeatsHostPort": "ports",
    "mountsUnknown": "volumeMounts",
    "declaredPolicy": "restartPolicy",
    "hasDeadline": "activeDeadlineSeconds",
}
