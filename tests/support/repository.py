"""A repository of 3,000 files, made up: charts, kustomizations, patches, values, CRDs, secrets,
editors' settings, and 400 workloads of 60 shapes.

    python tests/support/repository.py FOLDER [FILES] [--planted]

`--planted` puts one workload with each of some hazards among them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

FILES, WORKLOADS, SHAPES = 3_000, 400, 60
API = {"Job": "batch/v1", "CronJob": "batch/v1"}
TEAMS = "pay search mail web data auth".split()

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {0}}}\ndata: {{key: value}}\n"
SERVICE = (
    "apiVersion: v1\nkind: Service\nmetadata: {{name: {0}}}\nspec: {{selector: {{app: {0}}}, "
    "ports: [{{port: 80}}]}}\n"
)
CRD = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{name: {0}.example.org}}
spec:
  group: example.org
  names: {{kind: {0}, plural: {0}}}
  versions:
  - name: v1
    schema: {{openAPIV3Schema: {{type: object, properties: {{containers: {{type: array}}}}}}}}
"""
SOPS = """\
apiVersion: v1
kind: Secret
metadata: {{name: {0}}}
stringData: {{key: "ENC[AES256_GCM,data:abc=,type:str]"}}
sops: {{mac: "ENC[AES256_GCM,data:abc,type:str]", version: 3.9.0}}
"""
PATCH = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {0}}}
spec: {{replicas: 3, template: {{spec: {{containers: [{{name: main, env: []}}]}}}}}}
"""
TEMPLATE = """\
{{{{- if .Values.enabled }}}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{{{ include "{0}.name" . }}}}
spec:
  template: {{{{ toYaml .Values.template | nindent 4 }}}}
{{{{- end }}}}
"""
VALUES = "kind: Deployment\nimage: {{name: {0}, tag: '1'}}\nreplicas: 2\n"
FLUX = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: "${{APP}}-{0}"}}
spec:
  replicas: ${{REPLICAS}}
  selector: {{matchLabels: {{app: a}}}}
  template: {{metadata: {{labels: {{app: a}}}}, spec: {{containers: [{{name: a, image: a}}]}}}}
"""
SETTINGS = '{{\n  // settings of an editor\n  "name": "{0}",\n}}\n'
KUSTOMIZATION = "resources: [{0}.yaml]\npatches: [{{path: patch.yaml}}]\n"
OTHERS = (
    ("config/{0}.yaml", CONFIG_MAP), ("services/{0}.yaml", SERVICE), ("crds/{0}.yaml", CRD),
    ("secrets/{0}.enc.yaml", SOPS), ("overlays/prod/{0}/patch.yaml", PATCH),
    ("overlays/prod/{0}/kustomization.yaml", KUSTOMIZATION), ("charts/{0}/values.yaml", VALUES),
    ("charts/{0}/templates/deployment.yaml", TEMPLATE), ("clusters/{0}/app.yaml", FLUX),
    ("tools/{0}/.vscode/settings.json", SETTINGS), ("charts/{0}/Chart.yaml", "name: {0}\n"),
)  # fmt: skip


def repository(
    files: int = FILES, *, planted: bool = False, seed: int = 1
) -> Iterator[tuple[str, str]]:
    """The files of a repository, each with its path."""
    dice = random.Random(seed)
    known = shapes()[:SHAPES]
    workloads = min(WORKLOADS, files // 2)
    for number in range(workloads):
        kind, body = known[number % len(known)]
        name = f"{dice.choice(TEAMS)}-{number}"
        yield f"apps/{dice.choice(TEAMS)}/{name}.yaml", workload(kind, name, body)
    listed = PLANTED if planted else ()
    for name, text in listed:
        yield f"apps/planted/{name}.yaml", text
    for number in range(files - workloads - len(listed)):
        path, text = OTHERS[number % len(OTHERS)]
        name = f"{dice.choice(TEAMS)}{number}"
        yield path.format(name), text.format(name)


def shapes() -> list[tuple[str, str]]:
    """Kinds and pod specs without a hazard above info, each unlike the others."""
    found = []
    for kind, inits, sidecars, mains, volume in product(
        ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob"),
        (0, 1, 2),
        (0, 1),
        (1, 2),
        (0, 1),
    ):
        ends = kind in API
        if ends and mains > 1:
            continue
        lines = ["restartPolicy: Never" if ends else "restartPolicy: Always"]
        if volume:
            lines.append("volumes: [{name: scratch, emptyDir: {}}]")
        extra = ["image: i"]
        if volume:
            extra.append("volumeMounts: [{name: scratch, mountPath: /scratch}]")
        listed = [[f"name: init{n}", *extra] for n in range(inits)]
        listed += [[f"name: side{n}", "image: i", "restartPolicy: Always"] for n in range(sidecars)]
        if listed:
            lines.append("initContainers:")
            lines += [line for one in listed for line in _item(one)]
        lines.append("containers:")
        probe = "{httpGet: {path: /ready, port: 8080}}"
        for n in range(mains):
            ready = [] if ends else [f"readinessProbe: {probe.replace('8080', str(8080 + n))}"]
            lines += _item([f"name: main{n}", *extra, *ready])
        found.append((kind, "\n".join(lines)))
    return found


def _item(lines: list[str]) -> list[str]:
    return [("- " if n == 0 else "  ") + line for n, line in enumerate(lines)]


def workload(kind: str, name: str, body: str) -> str:
    """A manifest."""
    head = (
        f"apiVersion: {API.get(kind, 'apps/v1')}\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
    )
    template = f"template:\n  metadata: {{labels: {{app: {name}}}}}\n  spec:\n{_in(body, 2)}"
    if kind == "CronJob":
        job = f"activeDeadlineSeconds: 600\n{template}"
        return f"{head}  schedule: '@hourly'\n  jobTemplate:\n    spec:\n{_in(job, 3)}"
    if kind == "Job":
        return head + _in(template, 1)
    return f"{head}  selector: {{matchLabels: {{app: {name}}}}}\n" + _in(template, 1)


def _in(text: str, levels: int) -> str:
    return "".join("  " * levels + line + "\n" for line in text.splitlines())


_MAIN = "restartPolicy: Always\ncontainers:\n- name: main\n  image: i\n"
_JOB = "restartPolicy: Never\ncontainers:\n- name: work\n  image: i\n"
_WEB = "{httpGet: {path: /, port: 80}"
# A hazard, and a manifest that has it.
PLANTED = (
    ("liveness-kills-a-slow-start", workload(
        "Deployment", "slow", f"{_MAIN}  livenessProbe: {_WEB}}}\n")),
    ("liveness-kills-before-readiness", workload(
        "Deployment", "late",
        f"{_MAIN}  livenessProbe: {_WEB}}}\n"
        f"  readinessProbe: {_WEB}, initialDelaySeconds: 90}}\n")),
    ("liveness-kills-what-is-only-busy", workload(
        "StatefulSet", "busy", f"{_MAIN}  livenessProbe: {_WEB}, initialDelaySeconds: 60}}\n"
        f"  readinessProbe: {_WEB}}}\n")),
    ("probe-asks-an-unknown-port", workload(
        "Deployment", "misspelt", f"{_MAIN}  readinessProbe: {{tcpSocket: {{port: htpp}}}}\n")),
    ("prestop-takes-the-grace-period", workload(
        "Deployment", "hasty", f"{_MAIN}  lifecycle: {{preStop: {{sleep: {{seconds: 30}}}}}}\n")),
    ("server-keeps-the-job-running", workload(
        "Job", "proxied", f"{_JOB}- name: proxy\n  image: i\n  ports: [{{containerPort: 1}}]\n")),
    ("dead-container-goes-unnoticed", workload(
        "CronJob", "pair", f"{_JOB}- name: other\n  image: i\n")),
    ("liveness-kill-counts-as-success", workload(
        "Job", "probed", f"{_JOB}  livenessProbe: {_WEB}, initialDelaySeconds: 60}}\n")),
    ("two-containers-one-port", workload(
        "Deployment", "twins", "containers:\n- {name: a, image: i, ports: [{containerPort: 80}]}\n"
        "- {name: b, image: i, ports: [{containerPort: 80}]}\n")),
    ("init-container-serves", workload(
        "Deployment", "stuck", "initContainers:\n- {name: proxy, image: i, ports: "
        f"[{{containerPort: 9}}]}}\n{_MAIN}")),
    ("rollout-waits-for-its-port", workload(
        "Deployment", "edge", f"{_MAIN}  ports: [{{containerPort: 80, hostPort: 80}}]\n")),
    ("mesh-sidecar-keeps-the-job-running", workload("Job", "meshed", _JOB).replace(
        "{app: meshed}", "{app: meshed, sidecar.istio.io/inject: 'true'}")),
)  # fmt: skip


def main() -> None:
    """Write one."""
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    files = int(arguments[1]) if len(arguments) > 1 else FILES
    for path, text in repository(files, planted="--planted" in sys.argv):
        target = Path(arguments[0]) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
