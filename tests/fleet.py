"""The manifests of a large company, made up: many files, few pods that are really different."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import NamedTuple

KINDS = ("Deployment",) * 11 + ("StatefulSet",) * 2 + ("DaemonSet",) + ("CronJob",) * 3 + (
    "Job", "Job", "Pod",
)  # fmt: skip
PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
WORDS = "api web auth cart mail feed sync batch proxy cache store index audit queue image".split()
API = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}


class Plain(NamedTuple):
    """A container of a template: what bears on status, without names."""

    role: str  # init, sidecar, main
    probes: tuple[str, ...]
    port: int  # 0: none
    scratch: bool  # does it mount the emptyDir?


class Template(NamedTuple):
    """What many manifests have in common."""

    kind: str
    policy: str
    deadline: bool
    containers: tuple[Plain, ...]


def templates(count: int, seed: int = 1) -> list[Template]:
    """So many templates of pods."""
    dice = random.Random(seed)
    return [_template(dice) for _ in range(count)]


def _template(dice: random.Random) -> Template:
    kind = dice.choice(KINDS)
    ends = kind in API
    listed = [
        Plain("init", (), 0, dice.random() < 0.3) for _ in range(dice.choice((0, 0, 0, 1, 2)))
    ]
    if dice.random() < 0.15:
        listed.append(Plain("sidecar", (), 0, False))
    for number in range(dice.choice((1, 1, 1, 2, 2, 3))):
        probes = tuple(
            p for p in PROBES if not ends and dice.random() < (0.5, 0.6, 0.1)[PROBES.index(p)]
        )
        port = 0 if ends else 8080 + number * (dice.random() < 0.95)
        listed.append(Plain("main", probes, port, dice.random() < 0.3))
    policy = dice.choice(("OnFailure", "Never")) if ends else "Always"
    return Template(kind, policy, ends and dice.random() < 0.3, tuple(listed))


def fleet(count: int, kinds: int = 200, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Manifests, each with the name of a file.  A third of them share a template *and* all names
    with an earlier one; few templates make most of the manifests."""
    dice = random.Random(seed)
    known = templates(kinds, seed)
    weights = [1 / (n + 3) for n in range(kinds)]
    for number in range(count):
        place = number if number < kinds else dice.choices(range(kinds), weights)[0]
        name = f"{dice.choice(WORDS)}-{dice.choice(WORDS)}-{number}"
        stem = dice.choice(WORDS) if dice.random() < 0.7 else f"app{dice.randrange(10**6)}"
        yield f"{name}.yaml", manifest(known[place], name, stem)


def manifest(template: Template, name: str, stem: str) -> str:
    """A file with a template's workload, and the Service or ConfigMap that goes with it."""
    pod = "\n".join(_pod(template, stem))
    kind = template.kind
    head = (
        f"apiVersion: {API.get(kind, 'apps/v1')}\nkind: {kind}\nmetadata:\n  name: {name}\n"
        f"  namespace: team-{len(stem)}\n  labels:\n    app: {name}\n    tier: backend\n"
    )
    template_ = f"metadata:\n  labels:\n    app: {name}\nspec:\n{_indented(pod, 1)}"
    if kind == "Pod":
        body = f"spec:\n{_indented(pod, 1)}"
    elif kind == "CronJob":
        inner = f"template:\n{_indented(template_, 1)}"
        body = (
            "spec:\n  schedule: '*/5 * * * *'\n  concurrencyPolicy: Forbid\n  jobTemplate:\n    spec:\n"
            f"      backoffLimit: 3\n{_indented(inner, 3)}"
        )
    elif kind == "Job":
        body = f"spec:\n  backoffLimit: 3\n  template:\n{_indented(template_, 2)}"
    else:
        service = f"  serviceName: {name}\n" if kind == "StatefulSet" else ""
        replicas = "" if kind == "DaemonSet" else "  replicas: 3\n"
        body = (
            f"spec:\n{replicas}{service}  selector:\n    matchLabels:\n      app: {name}\n"
            f"  template:\n{_indented(template_, 2)}"
        )
    other = (
        f"---\napiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\nspec:\n  selector:\n"
        f"    app: {name}\n  ports:\n  - port: 80\n    targetPort: 8080\n"
    )
    return f"{head}{body}\n{other}"


def _pod(template: Template, stem: str) -> Iterator[str]:
    yield f"restartPolicy: {template.policy}"
    yield "terminationGracePeriodSeconds: 45"
    if template.deadline:
        yield "activeDeadlineSeconds: 3600"
    for field, roles in (("initContainers", ("init", "sidecar")), ("containers", ("main",))):
        listed = [c for c in enumerate(template.containers) if c[1].role in roles]
        if listed:
            yield f"{field}:"
        for number, container in listed:
            yield from _container(container, f"{stem}-{number}")
    yield "volumes:\n- name: scratch\n  emptyDir: {}\n- name: settings\n  configMap:\n    name: settings"


def _container(c: Plain, name: str) -> Iterator[str]:
    yield f"- name: {name}\n  image: registry.example.com/team/{name}:1.4.2"
    yield "  env:\n  - name: LOG_LEVEL\n    value: info\n  - name: REGION\n    value: eu-1"
    yield "  resources:\n    requests:\n      cpu: 100m\n      memory: 128Mi\n    limits:\n      memory: 256Mi"
    if c.role == "sidecar":
        yield "  restartPolicy: Always"
    if c.port:
        yield f"  ports:\n  - name: p{c.port}\n    containerPort: {c.port}\n    protocol: TCP"
    for probe in c.probes:
        yield f"  {probe}:\n    httpGet:\n      path: /health\n      port: {c.port or 8080}\n    periodSeconds: 10"
    yield "  volumeMounts:\n  - name: settings\n    mountPath: /etc/settings\n    readOnly: true"
    if c.scratch:
        yield "  - name: scratch\n    mountPath: /scratch"


def _indented(text: str, levels: int) -> str:
    return "\n".join("  " * levels + line for line in text.split("\n"))
