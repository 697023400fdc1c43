"""The kinds of objects that are pods or make pods: where each has its pod spec."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from podcheck.declarations.pod import CONTROLLERS
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.manifests.job import read_job
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.pod import Owner, read_pod
from podcheck.manifests.pod_templates import Place, PodTemplate, completed, places
from podcheck.manifests.rollout import note_rollout
from podcheck.manifests.schema import ObjectType
from podcheck.manifests.tree import Mapping, Scalar, Sequence, entry, value_of
from podcheck.manifests.workload import Controller, JobFacts, Workload
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
    labels: dict[str, str]
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
    labels: dict[str, str]


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
    note_rollout(spec, kind, notes)
    job = read_job(template.job_spec, notes) if template.job_spec is not None else None
    made = _Made(kind, "", kind, replicas, job, _claimed(spec) if kind == "StatefulSet" else ())
    return _workload(head, template, made, notes)


def read_templates(
    node: Mapping, row: PodTemplate, kind: str, diagnostics: Diagnostics
) -> Iterator[Workload]:
    """The workloads of an object of another project, one for each of its pod templates; ``kind``
    is what to call it."""
    for place in places(node, row):
        own = Diagnostics()
        workload = _templated(node, row, kind, place, own)
        # what is no field of a pod spec is a field of the other project
        rest = (d for d in own.found if d.code not in ("E330", "W340"))
        diagnostics.found.update(dict.fromkeys(rest))
        if workload is not None and not diagnostics.has_errors:
            yield workload


def _templated(
    node: Mapping, row: PodTemplate, kind: str, place: Place, diagnostics: Diagnostics
) -> Workload | None:
    head = _head(Fields(node, schema.TOP, diagnostics), kind)
    template = Fields(place.template, schema.POD_TEMPLATE, diagnostics)
    node_of_spec = template.mapping("spec")
    if node_of_spec is None:
        return None
    pod_spec = Fields(completed(node_of_spec, row), schema.POD_SPEC, diagnostics)
    metadata = template.object("metadata", schema.METADATA)
    job, notes = None, Notes()
    if row.like == "Job" and place.parent.entries.keys() <= schema.JOB_SPEC.fields:
        job = read_job(Fields(place.parent, schema.JOB_SPEC, diagnostics), notes)
    read = _Template(pod_spec, None, _annotations(metadata), _labels(metadata))
    return _workload(head, read, _Made(kind, place.part, row.like, None, job), notes)


class _Made(NamedTuple):
    """What makes the pods: its kind, which of its templates it is, the kind of Kubernetes that it
    is like, and what it says of them."""

    kind: str
    part: str
    like: str
    replicas: int | None
    job: JobFacts | None
    claims: tuple[str, ...] = ()  # volumes that it adds


def _workload(head: _Head, template: _Template, made: _Made, notes: Notes) -> Workload:
    annotations = {**template.annotations, **head.annotations}
    for key, (_, place) in annotations.items():
        notes.place(key, place)
    assert template.pod_spec is not None
    marks = {key: text for key, (text, _) in template.annotations.items()} | template.labels
    owner = Owner(
        head.name,
        head.span,
        head.owner if made.kind == "Pod" else "" if made.like == "Pod" else made.like,
        _MIRROR in annotations,
        made.claims,
        made.kind != "Pod",
        head.exists,
        made.job,
        _HELM_HOOK in annotations,
        made.kind not in KINDS
        or any("inject" in key for key in (*annotations, *template.labels, *head.labels)),
        finalizers=made.kind == "Pod" and head.finalizers,
        mesh=_mesh(marks),
    )
    return Workload(
        made.kind,
        head.name,
        head.namespace,
        read_pod(template.pod_spec, owner, notes),
        {key: text for key, (text, _) in annotations.items()},
        Controller(made.like, made.replicas, made.job),
        head.span,
        made.part,
        head.labels if made.kind == "Pod" else template.labels,
        _used_claims(template.pod_spec),
    )


def _mesh(marks: dict[str, str]) -> str:
    """The mesh whose sidecar is asked for as a main container: it outlives the work.  Not one that
    is asked for as a sidecar of Kubernetes."""
    if marks.get("sidecar.istio.io/inject") == "true":
        return "" if marks.get("sidecar.istio.io/nativeSidecar") == "true" else "Istio"
    if marks.get("linkerd.io/inject") in ("enabled", "ingress"):
        native = "proxy-enable-native-sidecar"
        is_native = any(k.endswith(native) and v == "true" for k, v in marks.items())
        return "" if is_native else "Linkerd"
    return ""


def _used_claims(pod_spec: Fields) -> tuple[str, ...]:
    """The names of the PersistentVolumeClaims that a pod uses."""
    found = []
    volumes = entry(pod_spec.node, "volumes")
    for volume in volumes.items if isinstance(volumes, Sequence) else ():
        claim = entry(volume, "persistentVolumeClaim", "claimName")
        name = value_of(claim)
        if isinstance(name, str):
            found.append(name)
    return tuple(dict.fromkeys(found))


def _head(top: Fields, kind: str) -> _Head:
    metadata = top.object("metadata", schema.METADATA)
    named = metadata is not None and "name" in metadata
    if metadata is None or not (named or "generateName" in metadata):
        span = metadata.place("name") if metadata else top.value_place("kind")
        if metadata is not None or "metadata" not in top:
            top.error("E334", span, f"This {kind} has no name.", "Add `name` to its metadata.")
        return _Head("", "", {}, {}, span, "")
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


def _labels(metadata: Fields | None) -> dict[str, str]:
    """The labels; a value that is no text is empty."""
    node = metadata.mapping("labels") if metadata else None
    found = {key: value_of(value) for key, (_, value) in node.entries.items()} if node else {}
    return {key: value if isinstance(value, str) else "" for key, value in found.items()}


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
        return _Template(spec, None, {}, {})
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
