"""What is read of a manifest: workloads, each with its pod and its controller's facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from podcheck.declarations.pod import FailureRule, SuccessRule
from podcheck.declarations.spec import PodDeclaration
from podcheck.language.source import Source, Span
from podcheck.manifests.related import Related


@dataclass(frozen=True, slots=True)
class JobFacts:
    """What a Job says of its pods' number and failures; None: not said."""

    backoff_limit: int | None = None
    backoff_limit_per_index: int | None = None
    max_failed_indexes: int | None = None
    completions: int | None = None
    parallelism: int | None = None
    completion_mode: str = "NonIndexed"
    pod_replacement_policy: str = ""
    deadline_s: int | None = None
    suspend: bool = False
    failure_rules: tuple[FailureRule, ...] | None = None
    success_rules: tuple[SuccessRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class Controller:
    """The facts of the object that makes the pods: its kind (Pod for a bare one), the number of
    replicas, and for a Job or CronJob those of the Job."""

    kind: str
    replicas: int | None = None
    job: JobFacts | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """An object that is a pod or makes pods.  ``span`` is its name, or its kind if it has none;
    ``annotations`` are the object's, and those of its pod template where it has none of a name;
    their places stand in the declaration's ``fields``.

    ``part`` says which pod template of the object it is, where it has several.  ``labels`` are
    those of its pods, ``claims`` the PersistentVolumeClaims that they mount."""

    kind: str
    name: str
    namespace: str
    declaration: PodDeclaration
    annotations: Mapping[str, str]
    controller: Controller
    span: Span
    part: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Kind and name, with the namespace if there is one: ``Deployment shop/web``."""
        part = f" ({self.part})" if self.part else ""
        return f"{self.kind} {self.namespace}/{self.name}".replace(" /", " ") + part


@dataclass(frozen=True, slots=True)
class Manifest:
    """A source's workloads in their order, how many objects of other kinds it has, and how many
    that are not for the API server, by what they are.  ``related`` are objects that hazards ask
    about."""

    source: Source
    workloads: tuple[Workload, ...]
    skipped: tuple[tuple[str, int], ...]
    passed: tuple[tuple[str, int], ...] = ()
    related: tuple[Related, ...] = ()
