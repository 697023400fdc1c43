"""What other objects in the same folder or stream say of a workload: its volume claims, the
disruption budgets that select its pods, and the autoscaler that sets their number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from posixpath import dirname

from podcheck.auditing.pod_shape import shaped
from podcheck.auditing.work_items import ReadManifest
from podcheck.declarations.pod import Fields, Pod, Texts
from podcheck.manifests.related import Budget, Claim, Related, Scaler
from podcheck.manifests.workload import Workload

CONTROLLED = ("Deployment", "ReplicaSet", "StatefulSet", "ReplicationController")


def linked(manifests: Sequence[ReadManifest]) -> list[ReadManifest]:
    """The manifests, each workload with what its neighbours say of it."""
    known: dict[str, list[Related]] = {}
    for read in manifests:
        if read.manifest.related:
            known.setdefault(_folder(read), []).extend(read.manifest.related)
    if not known:
        return list(manifests)
    return [_linked(read, known.get(_folder(read), ())) for read in manifests]


def _folder(read: ReadManifest) -> str:
    return dirname(read.manifest.source.name.replace("\\", "/"))


def _linked(read: ReadManifest, known: Iterable[Related]) -> ReadManifest:
    if not known or not read.manifest.workloads:
        return read
    workloads, shapes = [], []
    for workload, shape in zip(read.manifest.workloads, read.shapes, strict=True):
        (pod,) = workload.declaration.members
        other = _with_budget(_with_claim(pod, workload, known), workload, known)
        if other is not pod:
            declared = replace(workload.declaration, members=(other,))
            workload = replace(workload, declaration=declared)
            shape = shaped(other, workload.controller)
        workloads.append(workload)
        shapes.append(shape)
    manifest = replace(read.manifest, workloads=tuple(workloads))
    return read._replace(manifest=manifest, shapes=tuple(shapes))


def _with_claim(pod: Pod, workload: Workload, known: Iterable[Related]) -> Pod:
    """The pod, with the claim that binds it to one node, if it uses one."""
    for claim in known:
        if not isinstance(claim, Claim) or not claim.mode:
            continue
        if claim.namespace == workload.namespace and claim.name in workload.claims:
            fields: Fields = (*pod.fields, ("a claim of one node", 1))
            texts: Texts = (*pod.shown, ("claim", claim.name), ("claim.mode", claim.mode))
            return replace(pod, fields=fields, shown=texts)
    return pod


def _with_budget(pod: Pod, workload: Workload, known: Iterable[Related]) -> Pod:
    """The pod, with the budget that never lets one of them be evicted, if there is one."""
    if workload.controller.kind not in CONTROLLED or workload.part:
        return pod
    count = 1 if workload.controller.replicas is None else workload.controller.replicas
    for scaler in known:
        target = (workload.namespace, workload.kind, workload.name)
        if isinstance(scaler, Scaler) and scaler[:3] == target:
            count = scaler.least
    labels = dict(workload.labels)
    for budget in known:
        if not isinstance(budget, Budget) or budget.namespace != workload.namespace:
            continue
        if budget.selector is None or not all(r.matches(labels) for r in budget.selector):
            continue
        allowed = budget.allows(count)
        if count > 0 and allowed is not None and allowed <= 0:
            fields: Fields = (*pod.owner_fields, ("a budget that allows no disruption", 1))
            pods = "is 1 pod" if count == 1 else f"are {count} pods"
            texts: Texts = (
                *pod.shown, ("budget", budget.name), ("budget.says", budget.says(count)),
                ("budget.pods", pods),
            )  # fmt: skip
            return replace(pod, owner_fields=fields, shown=texts)
    return pod
