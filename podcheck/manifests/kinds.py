"""The kinds of objects that are pods or make pods: where each has its pod spec."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostics
from podcheck.manifests import schema
from podcheck.manifests.fields import Fields
from podcheck.manifests.job import read_job
from podcheck.manifests.pod import read_pod
from podcheck.manifests.schema import ObjectType
from podcheck.manifests.tree import Mapping, value_of
from podcheck.manifests.workload import Controller, Workload

_MIRROR = "kubernetes.io/config.mirror"  # the API's picture of a static pod


class Kind(NamedTuple):
    """An API version, and what the spec holds."""

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


def read_workload(node: Mapping, kind: str, diagnostics: Diagnostics) -> Workload | None:
    """The workload of an object of one of the ``KINDS``; None if it has no pod spec."""
    top = Fields(node, schema.TOP, diagnostics)
    metadata = top.object("metadata", schema.METADATA)
    annotations = _annotations(metadata)
    name = metadata.text("name") or metadata.text("generateName") if metadata else ""
    named = "name" if metadata and "name" in metadata else "generateName"
    span = metadata.value_place(named) if metadata and name else top.value_place("kind")
    if not name:
        diagnostics.add("E334", span, f"This {kind} has no name.", "Add `metadata.name`.")
    controller = Controller(kind)
    template: Fields | None = None
    spec = top.object("spec", KINDS[kind].spec)
    pod_spec = spec
    if spec is not None and kind == "CronJob":
        job_template = spec.object("jobTemplate", schema.JOB_TEMPLATE)
        spec = job_template.object("spec", schema.JOB_SPEC) if job_template else None
    if spec is not None and kind in ("Job", "CronJob"):
        controller = Controller(kind, job=read_job(spec, diagnostics))
    elif spec is not None and "replicas" in spec.kind.fields:
        controller = Controller(kind, replicas=spec.number("replicas"))
    if kind != "Pod":
        template = spec.object("template", schema.POD_TEMPLATE) if spec else None
        pod_spec = template.object("spec", schema.POD_SPEC) if template else None
        if template is not None:
            below = _annotations(template.object("metadata", schema.METADATA))
            annotations = {**below, **annotations}
    if pod_spec is None:
        diagnostics.add("E334", span, f"This {kind} has no pod spec.")
        return None
    declaration = read_pod(name, pod_spec, span, diagnostics, static=_MIRROR in annotations)
    namespace = metadata.text("namespace") if metadata else ""
    return Workload(kind, name, namespace, declaration, annotations, controller, span)


def _annotations(metadata: Fields | None) -> dict[str, str]:
    node = metadata.mapping("annotations") if metadata else None
    if node is None:
        return {}
    values = {key: value_of(value) for key, (_, value) in node.entries.items()}
    return {key: value for key, value in values.items() if isinstance(value, str)}
