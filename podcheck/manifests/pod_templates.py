"""Kinds of other projects that make pods: where each has its pod template, and like which
controller of Kubernetes it treats their end.

The API server does not check what these objects hold, so a template is read for what it says, and
fields that are not those of a pod spec are the other project's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from podcheck.language.source import Span
from podcheck.manifests.tree import Mapping, Node, Scalar, Sequence, entry, value_of

# What the controller does when a pod ends.
LIKE = {
    "Pod": "nothing: the pod stays as it ended",
    "Job": "counts a success, and tries again after a failure",
    "Deployment": "makes another pod",
    "StatefulSet": "makes another pod of the same name",
    "DaemonSet": "makes another pod on the node",
}
ANY = "*"  # each item of a list, each value of an object

# kind, group, like (and the restartPolicy where the template has none), path of the template
_TABLE = """
Rollout         argoproj.io        Deployment    spec.template
DeploymentConfig apps.openshift.io  Deployment    spec.template
Service         serving.knative.dev Deployment    spec.template
Configuration   serving.knative.dev Deployment    spec.template
CloneSet        apps.kruise.io     Deployment    spec.template
StatefulSet     apps.kruise.io     StatefulSet   spec.template
DaemonSet       apps.kruise.io     DaemonSet     spec.template
BroadcastJob    apps.kruise.io     Job:Never     spec.template
JobSet          jobset.x-k8s.io    Job:OnFailure spec.replicatedJobs.*.template.spec.template
ScaledJob       keda.sh            Job:Never     spec.jobTargetRef.template
LeaderWorkerSet leaderworkerset.x-k8s.io StatefulSet   spec.leaderWorkerTemplate.leaderTemplate
LeaderWorkerSet leaderworkerset.x-k8s.io StatefulSet   spec.leaderWorkerTemplate.workerTemplate
RayCluster      ray.io             Deployment    spec.headGroupSpec.template
RayCluster      ray.io             Deployment    spec.workerGroupSpecs.*.template
RayJob          ray.io             Deployment    spec.rayClusterSpec.headGroupSpec.template
RayJob          ray.io             Deployment    spec.rayClusterSpec.workerGroupSpecs.*.template
RayService      ray.io             Deployment    spec.rayClusterConfig.headGroupSpec.template
RayService      ray.io             Deployment    spec.rayClusterConfig.workerGroupSpecs.*.template
Job             batch.volcano.sh   Job:OnFailure spec.tasks.*.template
PyTorchJob      kubeflow.org       Job:OnFailure spec.pytorchReplicaSpecs.*.template
TFJob           kubeflow.org       Job:Never     spec.tfReplicaSpecs.*.template
MPIJob          kubeflow.org       Job:Never     spec.mpiReplicaSpecs.*.template
XGBoostJob      kubeflow.org       Job:Never     spec.xgbReplicaSpecs.*.template
GameServer      agones.dev         Pod           spec.template
Fleet           agones.dev         Deployment    spec.template.spec.template
PodTemplate     v1                 Pod           template
"""


class PodTemplate(NamedTuple):
    """A row: ``group`` is the API group (a version alone for the core group), ``path`` leads to
    the pod template; a spec without restartPolicy gets ``policy``, if there is one."""

    kind: str
    group: str
    like: str
    path: tuple[str, ...]
    policy: str = ""


class Place(NamedTuple):
    """A pod template in an object: its node, the object that it stands in, and which of several
    it is (empty: the only one)."""

    template: Mapping
    parent: Mapping
    part: str


@cache
def built_in() -> tuple[PodTemplate, ...]:
    """The rows that podcheck knows."""
    found = []
    for line in _TABLE.strip().splitlines():
        kind, group, like, path = line.split()
        like, _, policy = like.partition(":")
        found.append(PodTemplate(kind, group, like, tuple(path.split(".")), policy))
    return tuple(found)


def rows_for(kind: str, api: str, more: tuple[PodTemplate, ...] = ()) -> tuple[PodTemplate, ...]:
    """The rows of a kind; those of the user take the place of ours."""
    group = api.rpartition("/")[0] or api
    own = tuple(r for r in more if (r.kind, r.group) == (kind, group))
    return own or tuple(r for r in built_in() if (r.kind, r.group) == (kind, group))


def places(node: Mapping, row: PodTemplate) -> Iterator[Place]:
    """The pod templates of an object, in the order of the text."""
    parts = sum(step == ANY for step in row.path)
    for found, parent, names in _walk(node, node, row.path, ()):
        if isinstance(found, Mapping) and isinstance(entry(found, "spec"), Mapping):
            own = ".".join(names) if parts else _only(row)
            yield Place(found, parent, own)


def _only(row: PodTemplate) -> str:
    """What to call a template of a kind that has several rows: its field, without `Template`."""
    rows = [r for r in built_in() if (r.kind, r.group) == (row.kind, row.group)]
    if len(rows) < 2:
        return ""
    word = next((w for w in reversed(row.path) if w not in ("template", "spec")), "")
    return re.sub(r"(Template|GroupSpec)$", "", word)


def _walk(
    node: Node, parent: Mapping, path: tuple[str, ...], names: tuple[str, ...]
) -> Iterator[tuple[Node, Mapping, tuple[str, ...]]]:
    if not path:
        yield node, parent, names
        return
    step, rest = path[0], path[1:]
    if step != ANY:
        if isinstance(node, Mapping) and step in node.entries:
            yield from _walk(node.entries[step][1], node, rest, names)
    elif isinstance(node, Mapping):
        for key, (_, value) in node.entries.items():
            yield from _walk(value, node, rest, (*names, key))
    elif isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            name = value_of(entry(item, "name")) or value_of(entry(item, "groupName")) or number
            yield from _walk(item, parent, rest, (*names, str(name)))


def has_pod(node: Node) -> bool:
    """Does an object of an unknown kind hold containers with images somewhere?"""
    stack: list[Node] = [node]
    while stack:
        found = stack.pop()
        if isinstance(found, Sequence):
            stack += found.items
        elif isinstance(found, Mapping):
            for key, (_, value) in found.entries.items():
                listed = value.items if isinstance(value, Sequence) else (value,)
                if key in ("containers", "container") and any(_is_container(c) for c in listed):
                    return True
            stack += [value for _, value in found.entries.values()]
    return False


def _is_container(node: Node) -> bool:
    return isinstance(node, Mapping) and "image" in node.entries


def completed(spec: Mapping, row: PodTemplate) -> Mapping:
    """A pod spec with what the other project fills in: a restartPolicy, the name of a container
    (as Knative does: serving/pkg/apis/serving/v1/revision_defaults.go)."""
    entries = dict(spec.entries)
    if row.policy and "restartPolicy" not in entries:
        entries["restartPolicy"] = _filled(spec.span, row.policy)
    listed = entries.get("containers")
    if listed is not None and isinstance(listed[1], Sequence):
        items = []
        for number, item in enumerate(listed[1].items):
            if isinstance(item, Mapping) and "name" not in item.entries:
                name = f"user-container-{number}" if number else "user-container"
                item = item._replace(entries={"name": _filled(item.span, name), **item.entries})
            items.append(item)
        entries["containers"] = (listed[0], listed[1]._replace(items=tuple(items)))
    return spec._replace(entries=entries)


def _filled(span: Span, value: str) -> tuple[Span, Node]:
    return span, Scalar(value, span)
