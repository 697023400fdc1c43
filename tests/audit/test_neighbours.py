"""What volume claims, budgets and autoscalers beside a workload say of it."""

from __future__ import annotations

import pytest

from podcheck.auditing.neighbours import linked
from podcheck.auditing.work_items import ReadManifest, read
from podcheck.language.source import Source
from podcheck.manifests.related import Budget

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web{namespace}}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web, tier: front}}}}
    spec:
      containers: [{{name: web, image: nginx}}]
      volumes: [{{name: data, persistentVolumeClaim: {{claimName: data}}}}]
"""
BUDGET = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {{name: b}}\nspec: {{{}}}\n"
EXPRESSION = "maxUnavailable: 0, selector: {{matchExpressions: [{{key: tier, operator: {}}}]}}"
SELECTOR = "selector: {matchLabels: {app: web}}"
CLAIM = """\
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce]}
"""
SCALER = """\
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: web}}
spec: {{scaleTargetRef: {{kind: Deployment, name: web}}, minReplicas: {}}}
"""
BLOCKS = "a budget that allows no disruption"
BOUND = "a claim of one node"


def facts(*files: tuple[str, str]) -> set[str]:
    """What is noted of the pod of the first file."""
    found = [read(Source(name, text)) for name, text in files]
    assert not [d for r in found for d in r.diagnostics]
    return noted(linked(found)[0])


def noted(one: ReadManifest) -> set[str]:
    (pod,) = one.manifest.workloads[0].declaration.members
    assert one.shapes[0].shape.pod.owner_fields == tuple(
        f for f in pod.owner_fields if f[0] == BLOCKS or (f[0] == "a new pod before the old one"
        and (BOUND, 1) in pod.fields)
    )  # fmt: skip
    return {name for name, _ in (*pod.fields, *pod.owner_fields)} & {BLOCKS, BOUND}


def web(replicas: int = 1, namespace: str = "") -> tuple[str, str]:
    text = f", namespace: {namespace}" if namespace else ""
    return "a/web.yaml", DEPLOYMENT.format(replicas=replicas, namespace=text)


@pytest.mark.parametrize(
    ("says", "replicas", "blocks"),
    [
        (f"minAvailable: 1, {SELECTOR}", 1, True),
        (f"minAvailable: 1, {SELECTOR}", 2, False),
        (f"minAvailable: 50%, {SELECTOR}", 1, True),
        (f"minAvailable: 50%, {SELECTOR}", 2, False),
        (f"minAvailable: 100%, {SELECTOR}", 9, True),
        (f"maxUnavailable: 0, {SELECTOR}", 9, True),
        (f"maxUnavailable: 0%, {SELECTOR}", 9, True),
        (f"maxUnavailable: 1%, {SELECTOR}", 2, False),
        (SELECTOR, 1, True),
        ("maxUnavailable: 0, selector: {}", 2, True),
        ("maxUnavailable: 0", 2, False),
        ("maxUnavailable: 0, selector: {matchLabels: {app: other}}", 2, False),
        (EXPRESSION.format("In, values: [front, back]"), 2, True),
        (EXPRESSION.format("In, values: [back]"), 2, False),
        (EXPRESSION.format("Exists"), 2, True),
        (EXPRESSION.format("DoesNotExist"), 2, False),
        (f"minAvailable: 1, {SELECTOR}", 0, False),
    ],
)
def test_a_budget_may_allow_no_disruption(says: str, replicas: int, blocks: bool) -> None:
    found = facts(web(replicas), ("a/b.yaml", BUDGET.format(says)))
    assert (BLOCKS in found) is blocks


@pytest.mark.parametrize(
    ("least", "most", "count", "said"),
    [
        ("67%", "", 3, "minAvailable 67% (3 of 3)"),
        ("", "1%", 9, "maxUnavailable 1% (1 of 9)"),
        ("1", "", 1, "minAvailable 1"),
        ("", "", 1, "minAvailable 1"),
        ("x%", "", 1, "minAvailable x%"),
    ],
)
def test_a_percentage_is_shown_with_its_number(
    least: str, most: str, count: int, said: str
) -> None:
    assert Budget("", "b", least, most, ()).says(count) == said


@pytest.mark.parametrize(("least", "blocks"), [(1, True), (2, False)])
def test_an_autoscaler_sets_the_number(least: int, blocks: bool) -> None:
    budget = ("a/b.yaml", BUDGET.format(f"minAvailable: 1, {SELECTOR}"))
    assert (BLOCKS in facts(web(5), budget, ("a/c.yaml", SCALER.format(least)))) is blocks


def test_only_what_is_in_the_folder_counts() -> None:
    assert facts(web(), ("a/c.yaml", CLAIM)) == {BOUND}
    assert facts(web(), ("b/c.yaml", CLAIM)) == set()
    assert facts(web(namespace="shop"), ("a/c.yaml", CLAIM)) == set()


@pytest.mark.parametrize("modes", ["ReadWriteMany", "ReadWriteOnce, ReadOnlyMany"])
def test_a_claim_of_several_nodes_binds_nothing(modes: str) -> None:
    assert facts(web(), ("a/c.yaml", CLAIM.replace("ReadWriteOnce", modes))) == set()
