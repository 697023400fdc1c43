"""What a spec says about a pod and never changes: the static facts the rules ask for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RestartPolicy(StrEnum):
    """``PodSpec.restartPolicy`` (staging/src/k8s.io/api/core/v1/types.go)."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"


POLICIES: tuple[str, ...] = tuple(p.value for p in RestartPolicy)


class Role(StrEnum):
    """Where a container stands in the pod spec."""

    INIT = "init"
    SIDECAR = "sidecar"
    MAIN = "main"


@dataclass(frozen=True, slots=True)
class ExitRule:
    """One entry of ``restartPolicyRules``: ``operator`` is In or NotIn, codes 0 to 255."""

    operator: str
    codes: tuple[int, ...]
    action: str


@dataclass(frozen=True, slots=True)
class Container:
    """One container; ``policy`` is its own restartPolicy or empty."""

    name: str
    role: Role
    policy: str = ""
    rules: tuple[ExitRule, ...] = ()
    probes: frozenset[str] = frozenset()  # startupProbe, livenessProbe, readinessProbe
    ports: tuple[int, ...] = ()
    host_ports: tuple[int, ...] = ()
    mounts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pod:
    """One pod: init containers and sidecars in their order, then the main containers."""

    name: str
    containers: tuple[Container, ...]
    policy: str = "Always"
    static: bool = False
    deadline_s: int | None = None
    volumes: tuple[str, ...] = ()
    empty_dirs: frozenset[str] = frozenset()  # those of the volumes that are an emptyDir

    def container(self, name: str) -> Container | None:
        for c in self.containers:
            if c.name == name:
                return c
        return None

    def of_role(self, *roles: Role) -> tuple[Container, ...]:
        return tuple(c for c in self.containers if c.role in roles)


PROBES = ("startupProbe", "livenessProbe", "readinessProbe")
