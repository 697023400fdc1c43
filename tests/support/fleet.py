"""The manifests of a large company, made up: many files, few pods that are really different."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from typing import NamedTuple

KINDS = ("Deployment",) * 11 + ("StatefulSet",) * 2 + ("CronJob",) * 3 + ("DaemonSet", "Job", "Pod")
PROBES = {"livenessProbe": 0.5, "readinessProbe": 0.6, "startupProbe": 0.1}
WORDS = "api web auth cart mail feed sync batch proxy cache store index audit queue image".split()
API = {"Pod": "v1", "Job": "batch/v1", "CronJob": "batch/v1"}

SERVICE = """\
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports:
  - port: 80
    targetPort: 8080
"""
SETTINGS = """\
  image: registry.example.com/team/{name}:1.4.2
  env:
  - name: LOG_LEVEL
    value: info
  - name: REGION
    value: eu-1
  resources:
    requests:
      cpu: 100m
      memory: 128Mi
    limits:
      memory: 256Mi
  volumeMounts:
  - name: settings
    mountPath: /etc/settings
    readOnly: true
"""
VOLUMES = """\
volumes:
- name: scratch
  emptyDir: {}
- name: settings
  configMap:
    name: settings
"""


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


def fleet(count: int, kinds: int = 200, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Manifests, each with the name of a file: a few templates make most of them, and a third
    gives the containers names that are all their own."""
    dice = random.Random(seed)
    known = templates(kinds, seed)
    weights = [1 / (n + 3) for n in range(kinds)]
    for number in range(count):
        place = number if number < kinds else dice.choices(range(kinds), weights)[0]
        name = f"{dice.choice(WORDS)}-{dice.choice(WORDS)}-{number}"
        stem = dice.choice(WORDS) if dice.random() < 0.7 else f"app{dice.randrange(10**6)}"
        yield f"{name}.yaml", manifest(known[place], name, stem)


def templates(count: int, seed: int = 1) -> list[Template]:
    """This many templates; some differ only in what has no bearing on status."""
    dice = random.Random(seed)
    return [_template(dice) for _ in range(count)]


def _template(dice: random.Random) -> Template:
    kind = dice.choice(KINDS)
    ends = kind in API
    inits = dice.choice((0, 0, 0, 1, 2))
    listed = [Plain("init", (), 0, dice.random() < 0.3) for _ in range(inits)]
    if dice.random() < 0.15:
        listed.append(Plain("sidecar", (), 0, False))
    for number in range(dice.choice((1, 1, 1, 2, 2, 3))):
        probes = tuple(p for p, often in PROBES.items() if not ends and dice.random() < often)
        port = 0 if ends else 8080 + number * (dice.random() < 0.95)
        listed.append(Plain("main", probes, port, dice.random() < 0.3))
    policy = dice.choice(("OnFailure", "Never")) if ends else "Always"
    return Template(kind, policy, ends and dice.random() < 0.3, tuple(listed))


# ---- as YAML -----------------------------------------------------------------------------------


def manifest(template: Template, name: str, stem: str) -> str:
    """A file with a template's workload, and the Service that goes with it."""
    kind = template.kind
    head = f"apiVersion: {API.get(kind, 'apps/v1')}\nkind: {kind}\n"
    meta = f"metadata:\n  name: {name}\n  namespace: team-{len(stem)}\n  labels: {{app: {name}}}\n"
    return (
        head
        + meta
        + "spec:\n"
        + _indented(_spec(template, name, stem), 1)
        + SERVICE.format(name=name)
    )


def _spec(template: Template, name: str, stem: str) -> str:
    pod = "".join(_pod(template, stem))
    if template.kind == "Pod":
        return pod
    made = f"metadata:\n  labels: {{app: {name}}}\nspec:\n{_indented(pod, 1)}"
    job = f"backoffLimit: 3\ntemplate:\n{_indented(made, 1)}"
    if template.kind == "Job":
        return job
    if template.kind == "CronJob":
        return f"schedule: '*/5 * * * *'\njobTemplate:\n  spec:\n{_indented(job, 2)}"
    replicas = "" if template.kind == "DaemonSet" else "replicas: 3\n"
    service = f"serviceName: {name}\n" if template.kind == "StatefulSet" else ""
    selector = f"selector:\n  matchLabels: {{app: {name}}}\n"
    return f"{replicas}{service}{selector}template:\n{_indented(made, 1)}"


def _pod(template: Template, stem: str) -> Iterator[str]:
    yield f"restartPolicy: {template.policy}\nterminationGracePeriodSeconds: 45\n"
    if template.deadline:
        yield "activeDeadlineSeconds: 3600\n"
    for field, roles in (("initContainers", ("init", "sidecar")), ("containers", ("main",))):
        listed = [(n, c) for n, c in enumerate(template.containers) if c.role in roles]
        if listed:
            yield f"{field}:\n"
        for number, container in listed:
            yield from _container(container, f"{stem}-{number}")
    yield VOLUMES


def _container(c: Plain, name: str) -> Iterator[str]:
    yield f"- name: {name}\n{SETTINGS.format(name=name)}"
    if c.scratch:
        yield "  - name: scratch\n    mountPath: /scratch\n"
    if c.role == "sidecar":
        yield "  restartPolicy: Always\n"
    if c.port:
        yield f"  ports:\n  - name: p{c.port}\n    containerPort: {c.port}\n    protocol: TCP\n"
    for probe in c.probes:
        port = c.port or 8080
        yield f"  {probe}:\n    httpGet:\n      path: /health\n      port: {port}\n"


def _indented(text: str, levels: int) -> str:
    return "".join("  " * levels + line for line in text.splitlines(keepends=True))


# ---- work that goes wrong, for any process to do -----------------------------------------------


class Deadly(NamedTuple):
    """Work that kills whoever does it, as a system does that is out of memory: as long as the
    file is shorter than this many bytes, one for each time."""

    path: str
    times: int
    cost_s: float = 10.0

    def do(self) -> str:
        with open(self.path, "a+", encoding="utf-8") as file:
            file.seek(0)
            if len(file.read()) < self.times:
                file.write("x")
                file.flush()
                os.kill(os.getpid(), signal.SIGKILL)
        return "done"
