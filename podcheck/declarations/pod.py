"""What a spec says about a pod and never changes: the static facts the rules ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class RestartPolicy(StrEnum):
    """``PodSpec.restartPolicy`` (staging/src/k8s.io/api/core/v1/types.go)."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


POLICIES: tuple[str, ...] = tuple(p.value for p in RestartPolicy)


class Role(StrEnum):
    """Where a container stands in the pod spec; a PLACE is none: a Job keeps a pod in it."""

    INIT = "init"
    SIDECAR = "sidecar"
    MAIN = "main"
    PLACE = "place"


CONTAINER_ROLES = (Role.INIT, Role.SIDECAR, Role.MAIN)


Fields = tuple[tuple[str, int], ...]  # literal fields of a manifest by their path, as numbers
Texts = tuple[tuple[str, str], ...]  # what messages show of a manifest, by name


@dataclass(frozen=True, slots=True)
class ExitRule:
    """One entry of ``restartPolicyRules``: ``operator`` is In or NotIn, codes 0 to 255 in the
    order of the text."""

    operator: str
    codes: tuple[int, ...]
    action: str


@dataclass(frozen=True, slots=True)
class FailureRule:
    """A rule of a Job's ``podFailurePolicy``: exit codes of a container (any, if empty), or
    conditions (type and status) of the pod.  ``fields`` are those that it gives."""

    action: str  # FailJob, Ignore, Count, FailIndex
    operator: str = ""  # In, NotIn; empty: the rule asks for conditions
    codes: tuple[int, ...] = ()
    container: str = ""
    conditions: tuple[tuple[str, str], ...] = ()
    fields: Fields = ()


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """A rule of a Job's ``successPolicy``; ``fields`` are those that it gives, and what its
    ``succeededIndexes`` come to."""

    indexes: str
    count: int | None
    fields: Fields = ()


class Port(NamedTuple):
    """A port of a container or of its node."""

    number: int
    protocol: str = "TCP"
    address: str = ""  # of the node, where only one of its addresses is meant


class Mount(NamedTuple):
    """A volume, or a folder of it, in a container."""

    volume: str
    folder: str = ""  # subPath
    read_only: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """One container; ``policy`` is its own restartPolicy or empty.

    ``node_ports`` are ports of the node that it gets because the pod uses the node's network, once
    a controller makes the pod.  ``fields`` are those that only refusals and hazards ask for,
    ``shown`` what no rule asks for: the texts of hazards name it.
    """

    name: str
    role: Role
    policy: str = ""
    rules: tuple[ExitRule, ...] = ()
    probes: frozenset[str] = frozenset()  # startupProbe, livenessProbe, readinessProbe
    ports: tuple[Port, ...] = ()
    host_ports: tuple[Port, ...] = ()
    mounts: tuple[Mount, ...] = ()
    hooks: frozenset[str] = frozenset()  # postStart, preStop
    fields: Fields = ()
    node_ports: tuple[Port, ...] = ()
    shown: Texts = ()


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod: init containers and sidecars in their order, then the main containers.

    ``owner`` is the kind of the controller whose pod it is, empty for a pod of its own.  ``fields``
    are those of the pod spec, ``owner_fields`` and the rules those of the controller, that only
    refusals and hazards ask for; ``shown`` is as with containers.  ``is_manifest`` says that every
    field is as the API has it: what is not given (a hook, a finalizer) is not there.  A
    member of a family has the ``sizes`` of its family containers, in the order of the text.
    ``places`` are those of a Job that is modelled with the pod, for its pods (``job.py``).
    """

    name: str
    containers: tuple[Container, ...]
    policy: str = "Always"
    static: bool = False
    deadline_s: int | None = None
    volumes: tuple[str, ...] = ()
    empty_dirs: frozenset[str] = frozenset()  # those of the volumes that are an emptyDir
    owner: str = ""
    fields: Fields = ()
    owner_fields: Fields = ()
    failure_rules: tuple[FailureRule, ...] = ()
    success_rules: tuple[SuccessRule, ...] = ()
    is_manifest: bool = False
    sizes: tuple[int, ...] = ()
    grace_s: int | None = None  # terminationGracePeriodSeconds
    finalizers: bool = False  # something keeps the object when it is deleted
    places: tuple[Container, ...] = ()
    shown: Texts = ()

    @property
    def member(self) -> str:
        """What reports call it, and `--pod` takes: of a family with the sizes, as `crowd(2)`."""
        return f"{self.name}({','.join(map(str, self.sizes))})" if self.sizes else self.name

    def container(self, name: str) -> Container | None:
        for c in self.containers:
            if c.name == name:
                return c
        return None

    def of_role(self, *roles: Role) -> tuple[Container, ...]:
        return tuple(c for c in self.containers if c.role in roles)


PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
HOOKS = ("postStart", "preStop")
CONTROLLERS = (
    "Deployment", "ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Job",
    "CronJob",
)  # fmt: skip
