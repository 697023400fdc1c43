"""Kinds of other projects: their pod templates are read, and like whose pods they are judged."""

from __future__ import annotations

import json
from typing import Any

import pytest

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.kinds import KINDS
from podcheck.manifests.pod_templates import ANY, LIKE, PodTemplate, built_in
from podcheck.manifests.reader import read_manifest
from podcheck.manifests.workload import Manifest

POD = {"spec": {"containers": [{"image": "a", "ports": [{"containerPort": 80}]}]}}


def made(row: PodTemplate, template: Any = None) -> str:
    """An object of a kind with a pod template where the row says."""
    node: Any = POD if template is None else template
    for step in reversed(row.path):
        node = [{"name": "part", **node}] if step == ANY else {step: node}
    version = row.group if row.group == "v1" else f"{row.group}/v1"
    return json.dumps({"apiVersion": version, "kind": row.kind, "metadata": {"name": "it"}, **node})


def manifest(text: str, *more: PodTemplate) -> tuple[Manifest, Diagnostics]:
    diagnostics = Diagnostics()
    return read_manifest(Source("a.yaml", text), diagnostics, True, more), diagnostics


@pytest.mark.parametrize("row", built_in(), ids=lambda r: f"{r.kind}.{r.path[-2:][0]}")
def test_each_row_leads_to_a_pod(row: PodTemplate) -> None:
    found, diagnostics = manifest(made(row))
    assert not diagnostics.found
    (workload,) = found.workloads
    (pod,) = workload.declaration.members
    assert [c.name for c in pod.containers] == ["user-container"]
    assert pod.policy == (row.policy or "Always")
    assert pod.owner == ("" if row.like == "Pod" else row.like)
    assert row.like in LIKE
    clash = row.kind in KINDS
    assert workload.kind == (f"{row.kind}.{row.group}" if clash else row.kind)


def test_each_template_of_an_object_is_a_workload() -> None:
    text = json.dumps({
        "apiVersion": "jobset.x-k8s.io/v1alpha2", "kind": "JobSet", "metadata": {"name": "it"},
        "spec": {"replicatedJobs": [
            {"name": n, "template": {"spec": {"backoffLimit": 3, "template": POD}}}
            for n in ("driver", "workers")
        ]},
    })  # fmt: skip
    found, _ = manifest(text)
    assert [w.title for w in found.workloads] == ["JobSet it (driver)", "JobSet it (workers)"]
    jobs = [w.controller.job for w in found.workloads]
    assert [j.backoff_limit for j in jobs if j is not None] == [3, 3]


def test_a_field_of_the_other_project_is_no_slip() -> None:
    row = next(r for r in built_in() if r.group == "serving.knative.dev")
    own = {"spec": {"containerConcurrency": 5, "timeoutSeconds": 9, **POD["spec"]}}
    found, diagnostics = manifest(made(row, own))
    assert found.workloads and not diagnostics.found


def test_what_is_wrong_with_a_template_is_reported() -> None:
    row = built_in()[0]
    wrong = {"spec": {"containers": [{"name": "a", "ports": [{"containerPort": 0}]}]}}
    found, diagnostics = manifest(made(row, wrong))
    assert not found.workloads
    assert [d.code for d in diagnostics.found] == ["E333"]


def test_kinds_that_hold_pods_and_are_not_read_are_counted() -> None:
    own = PodTemplate("Widget", "example.org", "Job", ("spec", "pod"), "Never")
    found, _ = manifest(made(own))
    assert not found.workloads
    assert found.passed == (("makes pods and is not read: Widget.example.org", 1),)
    known, _ = manifest(made(own), own)
    assert [w.title for w in known.workloads] == ["Widget it"] and not known.passed


def test_an_object_without_a_template_is_another_kind() -> None:
    found, diagnostics = manifest(
        "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\nmetadata: {name: r}\n"
        "spec: {workloadRef: {kind: Deployment, name: web}}\n"
    )
    assert found.skipped == (("Rollout", 1),) and not diagnostics.found
