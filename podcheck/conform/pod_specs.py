"""Pod specs of recordings: `v1.PodSpec` as JSON, and what of it the rules read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.conform.recording import Json
from podcheck.declarations.pod import POLICIES, PROBES, Container, ExitRule, Pod, Role


class UnknownSpec(Exception):
    """A pod spec that can't be read; the message says why."""


# Fields that make no difference to restarts and statuses, as far as a recording can show.
_POD_IDLE = frozenset(
    """affinity automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks hostAliases
    hostIPC hostNetwork hostPID hostUsers hostname imagePullSecrets nodeName nodeSelector os
    overhead preemptionPolicy priority priorityClassName resourceClaims resources runtimeClassName
    schedulerName securityContext serviceAccount serviceAccountName setHostnameAsFQDN
    shareProcessNamespace subdomain terminationGracePeriodSeconds tolerations
    topologySpreadConstraints volumes""".split()
)
_CONTAINER_IDLE = frozenset(
    """args command env envFrom image imagePullPolicy ports resources securityContext stdin
    stdinOnce terminationMessagePath terminationMessagePolicy tty volumeDevices volumeMounts
    workingDir""".split()
)
_POD_READ = frozenset(("containers", "initContainers", "restartPolicy", "activeDeadlineSeconds"))
_CONTAINER_READ = frozenset(("name", "restartPolicy", "restartPolicyRules", *PROBES))


def pod_of(name: str, spec: Json) -> Pod:
    """The pod of a ``v1.PodSpec`` as JSON; raises ``UnknownSpec``."""
    try:
        containers = [container_of(c, True) for c in spec.get("initContainers") or ()]
        containers += [container_of(c, False) for c in spec.get("containers") or ()]
        policy = spec.get("restartPolicy") or "Always"
        deadline = spec.get("activeDeadlineSeconds")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        detail = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise UnknownSpec(f"the pod spec `{name}` can't be read ({detail})") from None
    _check(name, policy, containers)
    grace = spec.get("terminationGracePeriodSeconds")
    return Pod(name, tuple(containers), policy=policy, deadline_s=deadline, grace_s=grace)


def _check(name: str, policy: str, containers: Sequence[Container]) -> None:
    words = [(policy, POLICIES), *((c.policy, ("", *POLICIES)) for c in containers)]
    for c in containers:
        words += [(r.operator, ("In", "NotIn")) for r in c.rules]
        words += [(r.action, ("Restart", "RestartAllContainers")) for r in c.rules]
    for word, known in words:
        if word not in known:
            raise UnknownSpec(f"the pod spec `{name}` says `{word}`, which is not known")
    names = [c.name for c in containers]
    if len({*names}) < len(names) or not any(c.role is Role.MAIN for c in containers):
        message = "needs a main container, and a name of its own for each container"
        raise UnknownSpec(f"the pod spec `{name}` {message}")


def bystanders(spec: Json) -> frozenset[str]:
    """The names of a spec's ephemeral containers, which decide nothing."""
    return frozenset(str(c.get("name")) for c in spec.get("ephemeralContainers") or ())


def unstartable(spec: Json) -> tuple[tuple[str, ...], ...]:
    """Conditions, in a recording's words, for containers that a spec keeps from starting.

    Their image has no valid name, or their postStart hook sleeps for hours.
    """
    containers = (*(spec.get("initContainers") or ()), *(spec.get("containers") or ()))
    invalid = [c for c in containers if c.get("image") and not _IMAGE.fullmatch(c["image"])]
    found = [("startfail", str(c["name"]), "InvalidImageName") for c in invalid]
    return (*found, *(("hookhangs", str(c["name"])) for c in containers if _hook_ms(c) > HANGS_MS))


HANGS_MS = 600_000  # a hook that takes longer does not end within a recording


def _hook_ms(container: Json) -> int:
    """How long the recorder's hook of a container takes."""
    hook = (container.get("lifecycle") or {}).get("postStart") or {}
    words = (hook.get("exec") or {}).get("command") or ("0",)
    return int(words[-1]) if str(words[-1]).isdigit() else 0


def node_needs(spec: Json, static: bool) -> frozenset[str]:
    """The changes of a node, in a recording's words, that the pod of a spec does not stand."""
    needs = set() if static else {"nodetaint"}
    if spec.get("nodeSelector"):
        needs.add("nodelabel")
    resources = (c.get("resources") or {} for c in spec.get("containers") or ())
    if any("cpu" in (r.get("requests") or {}) for r in resources):
        needs.add("nodecpu")
    return frozenset(needs)


class ProbeTimes(NamedTuple):
    """How many seconds after a start a probe gives its first result, if it succeeds or fails."""

    probe: str
    container: str
    passes_s: int
    fails_s: int


def probe_times(spec: Json) -> tuple[ProbeTimes, ...]:
    """When each probe of a spec gives its result."""
    found = []
    for c in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        for probe in PROBES:
            if c.get(probe):
                delay = c[probe].get("initialDelaySeconds") or 0
                period = c[probe].get("periodSeconds") or 10
                fails = delay + period * (c[probe].get("failureThreshold") or 3)
                name = probe.removesuffix("Probe")
                found.append(ProbeTimes(name, c["name"], delay + 1, fails))
    return tuple(found)


# [github.com/distribution/reference: regexp.go], without the limits on lengths
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_NAME = rf"(?:{_HOST}/)?{_PART}(?:/{_PART})*"
_IMAGE = re.compile(rf"{_NAME}(?::[\w][\w.-]*)?(?:@[\w.+-]+:[0-9a-fA-F]+)?")


def _unread_fields(spec: Json) -> tuple[str, ...]:
    """The fields of a spec and its containers that the rules take no account of."""
    found = {k for k, v in spec.items() if v} - _POD_READ - _POD_IDLE
    for c in (*(spec.get("initContainers") or ()), *(spec.get("containers") or ())):
        found |= {
            f"containers.{k}"
            for k in {k for k, v in c.items() if v} - _CONTAINER_READ - _CONTAINER_IDLE
        }
    return tuple(sorted(found))


def unread(specs: Mapping[str, Json]) -> list[str]:
    """A note for each field of some pods that the rules take no account of."""
    pods: dict[str, list[str]] = {}
    for name, spec in specs.items():
        for field in _unread_fields(spec["podSpec"]):
            pods.setdefault(field, []).append(name)
    notes = []
    for field, names in pods.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        notes.append(f"the rules take no account of `{field}` (pod `{names[0]}`{more})")
    return notes


def container_of(c: Json, init: bool) -> Container:
    """The container of a ``v1.Container`` as JSON."""
    policy = c.get("restartPolicy") or ""
    role = Role.MAIN if not init else Role.SIDECAR if policy == "Always" else Role.INIT
    return Container(
        c["name"],
        role,
        policy=policy,
        rules=tuple(rule_of(r) for r in c.get("restartPolicyRules") or ()),
        probes=frozenset(p for p in PROBES if c.get(p)),
    )


def rule_of(rule: Json) -> ExitRule:
    """The rule of a ``v1.ContainerRestartRule`` as JSON."""
    codes = rule["exitCodes"]
    return ExitRule(codes["operator"], tuple(codes.get("values") or ()), rule["action"])
