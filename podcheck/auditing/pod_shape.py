"""What of a pod its audit depends on: pods of one shape are audited once.

A shape is itself a pod, in which what has no bearing has been made the same.  Its containers are
called by signs that no text of podcheck holds, so that in whatever is said of it the names of
another pod of the same shape can be put in exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

from podcheck.declarations.pod import Container, FailureRule, Fields, Mount, Pod, Port, Role
from podcheck.elaboration import builtins
from podcheck.manifests.workload import Controller, JobFacts

_NAME = re.compile(r"\{([\w. ]+)\}")
FIRST_SIGN = 0xE000  # the first code point that Unicode leaves to private use

Told = TypeVar("Told")


class Shape(NamedTuple):
    """A pod and its controller, without what their audit does not depend on."""

    pod: Pod
    controller: Controller

    def key(self) -> str:
        """A text that two shapes share only if they are the same."""
        pod = self.pod
        told = (pod.policy, pod.static, pod.deadline_s, pod.volumes, sorted(pod.empty_dirs))
        ended = (pod.grace_s, pod.finalizers)
        rules = (pod.failure_rules, pod.success_rules, pod.owner_fields, pod.is_manifest)
        made = (pod.owner, sorted(facts_of(self.controller).items()), rules)
        return repr((made, told, ended, pod.fields, [_told(c) for c in pod.containers]))


class Shaped(NamedTuple):
    """A shape, and the names of the containers in the order of their signs."""

    shape: Shape
    names: tuple[str, ...]


def facts_of(controller: Controller) -> dict[str, bool]:
    """What hazards may ask of the object that makes the pods, by name."""
    job = controller.job
    return {"jobHasDeadline": job is not None and job.deadline_s is not None}


def shaped(pod: Pod, controller: Controller) -> Shaped:
    """The shape of a pod.

    Names count in one way: main containers are gone through in the order of their names, so the
    signs are given in that order.
    """
    mains = sorted(pod.of_role(Role.MAIN), key=lambda c: c.name)
    ordered = (*pod.of_role(Role.INIT, Role.SIDECAR), *mains)
    signs = {c.name: chr(FIRST_SIGN + n) for n, c in enumerate(ordered)}
    ports, mounts = _ports(pod), _mounts(pod)
    containers = tuple(
        replace(c, name=signs[c.name], ports=p, host_ports=h, node_ports=n, mounts=m, shown=())
        for c, (p, h, n), m in zip(pod.containers, ports, mounts, strict=True)
    )
    mounted = (m.volume for listed in mounts for m in listed)
    volumes = tuple(dict.fromkeys(v for v in mounted if v != UNKNOWN))
    plain = replace(
        pod, name="pod", containers=containers, volumes=volumes, empty_dirs=frozenset(volumes),
        deadline_s=None if pod.deadline_s is None else 1,
        grace_s=0 if pod.grace_s == 0 else None,
        shown=(),
        owner_fields=_owner_fields(pod),
        failure_rules=tuple(_failure_rule(r, signs) for r in pod.failure_rules),
    )  # fmt: skip
    has_deadline = facts_of(controller)["jobHasDeadline"]
    job = JobFacts(deadline_s=1) if has_deadline else None
    return Shaped(
        Shape(plain, Controller(controller.kind, job=job)), tuple(c.name for c in ordered)
    )


def _owner_fields(pod: Pod) -> Fields:
    """What the controller gives, without what counts only beside something that the pod lacks."""
    missing = set()
    if not any(name == "a claim of one node" for name, _ in pod.fields):
        missing.add("a new pod before the old one")
    if not any(name == "a port of the node" for c in pod.containers for name, _ in c.fields):
        missing.add("no pod may be missing")
    return tuple(f for f in pod.owner_fields if f[0] not in missing)


def put_back(told: Told, names: tuple[str, ...]) -> Told:
    """What was reported of a shape, with a pod's names in the place of the signs."""
    signs = {FIRST_SIGN + n: name for n, name in enumerate(names)}

    def named(text: str) -> str:
        return text if text.isascii() else text.translate(signs)

    found: Told = _changed(told, named)
    return found


def filled(told: Told, pod: Pod, container: str) -> Told:
    """What was reported, with what the manifest of the pod says in the place of `{NAME}`."""
    own = pod.container(container)
    texts = dict((*pod.shown, *(own.shown if own else ())))
    found: Told = _changed(told, lambda text: _filled(text, texts))
    return found


def _filled(text: str, texts: dict[str, str]) -> str:
    if "{" not in text:
        return text
    return _NAME.sub(lambda m: texts.get(m[1], m[0]), text)


def _changed(value: Any, how: Callable[[str], str]) -> Any:
    if type(value) is str:
        return how(value)
    if not isinstance(value, tuple):
        return value
    parts = [_changed(part, how) for part in value]
    if all(new is old for new, old in zip(parts, value, strict=True)):
        return value  # pods of one shape share what has no name in it
    return type(value)._make(parts) if hasattr(value, "_make") else tuple(parts)


# ---- ports and volumes: only who shares one counts -----------------------------------------------

UNKNOWN = "unknown"  # a volume that the pod does not have


def _pairs(pod: Pod) -> Iterator[tuple[int, int, Container, Container]]:
    for (i, c), (j, d) in combinations(enumerate(pod.containers), 2):
        yield i, j, c, d


def _ports(pod: Pod) -> list[tuple[tuple[Port, ...], ...]]:
    """The ports of each container, those of its node, and those that it gets of its node: one that
    is its own, and one for each container with which it shares one."""
    count = len(pod.containers)
    found: list[tuple[list[Port], list[Port], list[Port]]] = []
    for i, c in enumerate(pod.containers):
        times = 2 if builtins.repeats_host_port(pod, c) else 1 if c.host_ports else 0
        own = [Port(i)] if builtins.listens(pod, c) else []
        found.append((own, [Port(i)] * times, [Port(i)] if c.node_ports else []))
    for i, j, c, d in _pairs(pod):
        of_node = builtins.shares_host_port(pod, c, d)
        for n in (i, j):
            if builtins.shares_port(pod, c, d):
                found[n][of_node].append(Port(count * (i + 1) + j))
            if builtins.shares_node_port(pod, c, d) and not of_node:
                found[n][2].append(Port(count * (i + 1) + j))
    return [tuple(map(tuple, listed)) for listed in found]


def _mounts(pod: Pod) -> list[tuple[Mount, ...]]:
    """The volumes of each container: an emptyDir of its own, one for each container that finds
    there what it writes, and one that the pod does not have."""
    found: list[list[Mount]] = []
    for i, c in enumerate(pod.containers):
        own = [Mount(str(i))] if builtins.mounts_empty_dir(pod, c) else []
        found.append(own + [Mount(UNKNOWN)] * builtins.mounts_unknown(pod, c))
    for i, j, c, d in _pairs(pod):
        fills = builtins.fills_mount(pod, c, d), builtins.fills_mount(pod, d, c)
        if any(fills):
            for n, writes in zip((i, j), fills, strict=True):
                found[n].append(Mount(f"{i} and {j}", read_only=not writes))
    return [tuple(mounts) for mounts in found]


def _failure_rule(rule: FailureRule, signs: dict[str, str]) -> FailureRule:
    """A rule with the sign of the container that it names."""
    return replace(rule, container=signs.get(rule.container, UNKNOWN if rule.container else ""))


def _told(c: Container) -> tuple[object, ...]:
    rules = [(r.operator, r.codes, r.action) for r in c.rules]
    ports = [[tuple(p) for p in listed] for listed in (c.ports, c.host_ports, c.node_ports)]
    sets = (sorted(c.probes), sorted(c.hooks))
    mounts = [tuple(m) for m in c.mounts]
    return (c.name, str(c.role), str(c.policy), rules, sets, ports, mounts, c.fields)
