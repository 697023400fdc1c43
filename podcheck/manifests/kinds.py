"""The kinds of objects that are pods or make pods: where each has its pod spec."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.declarations.pod import CONTROLLERS
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.manifests.job import read_job
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.pod import Owner, read_pod
from podcheck.manifests.schema import ObjectType
from podcheck.manifests.tree import Mapping, Scalar, value_of
from podcheck.manifests.workload import Controller, Workload
from podcheck.manifests.yaml_errors import shown

_HELM_HOOK = "helm.sh/hook"
_MIRROR = "kubernetes.io/config.mirror"  # the API's picture of a static pod


class Kind(NamedTuple):
    """The API version, and what the spec holds."""

    api: str
    spec: ObjectType


KINDS: dict[str, Kind] = {
    "Pod": Kind("v1", schema.POD_SPEC),
    "ReplicationController": Kind("v1", schema.REPLICATION_CONTROLLER_SPEC),
    "Deployment": Kind("apps/v1", schema.DEPLOYMENT_SPEC),
    "ReplicaSet": Kind("apps/v1", schema.REPLICA_SET_SPEC),
    "StatefulSet": Kind("apps/v1", schema.STATEFUL_SET_SPEC),
    "DaemonSet": Kind("apps/v1", schema.DAEMON_SET_SPEC),
    "Job": Kind("batch/v1", schema.JOB_SPEC),
    "CronJob": Kind("batch/v1", schema.CRON_JOB_SPEC),
}


class _Head(NamedTuple):
    """What an object's metadata says."""

    name: str
    namespace: str
    annotations: dict[str, tuple[str, Span]]
    labels: tuple[str, ...]
    span: Span
    owner: str
    finalizers: bool = False
    exists: bool = False  # the object was read from a cluster


class _Template(NamedTuple):
    """Where an object's pods are described: their spec, the Job's (for Jobs and CronJobs), and
    the template's own annotations."""

    pod_spec: Fields | None
    job_spec: Fields | None
    annotations: dict[str, tuple[str, Span]]
    labels: tuple[str, ...] = ()


def read_workload(node: Mapping, kind: str, diagnostics: Diagnostics) -> Workload | None:
    """The workload of an object of one of the ``KINDS``; None if it has no pod spec."""
    top = Fields(node, schema.TOP, diagnostics)
    head = _head(top, kind)
    spec = top.object("spec", KINDS[kind].spec)
    template = _template(spec, kind)
    if spec is None or template.pod_spec is None:
        if not diagnostics.has_errors:
            where = {"Pod": "spec", "CronJob": "spec.jobTemplate.spec.template.spec"}
            hint = f"It stands under `{where.get(kind, 'spec.template.spec')}`."
            top.error("E334", head.span, f"This {kind} has no pod spec.", hint)
        return None
    notes = Notes()
    replicas = spec.number("replicas") if "replicas" in KINDS[kind].spec.fields else None
    job = read_job(template.job_spec, notes) if template.job_spec is not None else None
    annotations = {**template.annotations, **head.annotations}
    for key, (_, place) in annotations.items():
        notes.place(key, place)
    owner = Owner(
        head.name,
        head.span,
        head.owner if kind == "Pod" else kind,
        _MIRROR in annotations,
        _claimed(spec) if kind == "StatefulSet" else (),
        kind != "Pod",
        head.exists,
        job,
        _HELM_HOOK in annotations,
        any("inject" in key for key in (*annotations, *template.labels, *head.labels)),
        finalizers=kind == "Pod" and head.finalizers,
    )
    return Workload(
        kind,
        head.name,
        head.namespace,
        read_pod(template.pod_spec, owner, notes),
        {key: text for key, (text, _) in annotations.items()},
        Controller(kind, replicas, job),
        head.span,
    )


def _head(top: Fields, kind: str) -> _Head:
    metadata = top.object("metadata", schema.METADATA)
    named = metadata is not None and "name" in metadata
    if metadata is None or not (named or "generateName" in metadata):
        span = metadata.place("name") if metadata else top.value_place("kind")
        if metadata is not None or "metadata" not in top:
            top.error("E334", span, f"This {kind} has no name.", "Add `name` to its metadata.")
        return _Head("", "", {}, (), span, "")
    field = "name" if named else "generateName"
    return _Head(
        metadata.name(field),
        metadata.name("namespace"),
        _annotations(metadata),
        _labels(metadata),
        metadata.value_place(field),
        _owner(metadata),
        bool(metadata.items("finalizers")),
        "uid" in metadata,
    )


def _owner(metadata: Fields) -> str:
    """The kind of the controller that an existing pod belongs to, if it is one that we know."""
    for reference in metadata.objects("ownerReferences", schema.OWNER_REFERENCE):
        kind = reference.text("kind")
        if reference.flag("controller") and kind in CONTROLLERS:
            return kind if reference.text("apiVersion") == KINDS[kind].api else ""
    return ""


def _labels(metadata: Fields | None) -> tuple[str, ...]:
    """The keys of the labels."""
    node = metadata.mapping("labels") if metadata else None
    return tuple(node.entries) if node else ()


def _annotations(metadata: Fields | None) -> dict[str, tuple[str, Span]]:
    """The text and the place of each annotation."""
    node = metadata.mapping("annotations") if metadata else None
    if metadata is None or node is None:
        return {}
    found = {}
    for key, (span, value) in node.entries.items():
        text = value_of(value)
        if isinstance(text, str):
            found[key] = text, value.span
        elif not isinstance(value, Scalar) or text is not None:
            message = f"The annotation `{shown(key)}` is not a text."
            metadata.error("E331", span, message, "Put its value in quotes.")
    return found


def _template(spec: Fields | None, kind: str) -> _Template:
    if spec is None or kind == "Pod":
        return _Template(spec, None, {})
    if kind == "CronJob":
        job_template = spec.object("jobTemplate", schema.JOB_TEMPLATE)
        spec = job_template.object("spec", schema.JOB_SPEC) if job_template else None
    template = spec.object("template", schema.POD_TEMPLATE) if spec else None
    pod_spec = template.object("spec", schema.POD_SPEC) if template else None
    metadata = template.object("metadata", schema.METADATA) if template else None
    is_job = kind in ("Job", "CronJob")
    job_spec = spec if is_job else None
    return _Template(pod_spec, job_spec, _annotations(metadata), _labels(metadata))


def _claimed(spec: Fields) -> tuple[str, ...]:
    """The names of a StatefulSet's volume claims, which its pods have as volumes."""
    found = []
    for claim in spec.objects("volumeClaimTemplates", schema.CLAIM):
        metadata = claim.object("metadata", schema.METADATA)
        found.append(metadata.text("name") if metadata else "")
    return tuple(found)
