"""What stands among manifests and is not for the API server: a folder's audit passes it over."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from command_line import Shell

WORKLOAD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: nginx}
"""
JOB = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: web}\n"
MOUNTED = "{name: web, volumeMounts: [{name: data, mountPath: /data}]}"
HEAD = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"

# A file, and what it is counted as; empty: it holds nothing but what makes no pods.
OTHERS = [
    ("settings.json", '{\n  // a comment\n  "tabSize": 2,\n}\n', "JSON of another kind"),
    ("notes.yaml", "a: b: c\n", "YAML of another kind"),
    ("Chart.yaml", "apiVersion: v1\nname: web\nversion: 0.1.0\n", "files without a kind"),
    ("index.yaml", "apiVersion: v1\nentries: {web: []}\n", "files without a kind"),
    ("values.yaml", "image: {tag: 1}\n", "values of charts"),
    ("values-prod.yaml", "kind: DaemonSet\nimage: {tag: 1}\n", "values of charts"),
    ("config.yaml", "apiVersion: v1\nkind: Config\nclusters: []\n", "kubeconfigs"),
    ("secret.yaml", "apiVersion: v1\nkind: Secret\nsops: {mac: ENC}\n", "SOPS-encrypted files"),
    ("delete.yaml", HEAD + "$patch: delete\n", "patches"),
    ("replicas.yaml", HEAD + "spec: {replicas: 3}\n", "patches"),
    ("mount.yaml", f"{HEAD}spec: {{template: {{spec: {{containers: [{MOUNTED}]}}}}}}\n", "patches"),
    ("labels.yaml", WORKLOAD[: WORKLOAD.index("    spec:")], "patches"),
    ("tolerations.yaml", WORKLOAD[: WORKLOAD.index("  containers")] + "  tolerations: []\n",
     "patches"),
    ("job.yaml", JOB + "spec: {template: {spec: {containers: [{name: a}]}}}\n", "patches"),
    ("flux.yaml", WORKLOAD.replace("spec:\n  sel", "spec:\n  replicas: ${REPLICAS:=2}\n  sel"),
     "manifests with values that are substituted later"),
    ("named.yaml", WORKLOAD.replace("name: web}\nspec", "name: '${APP}'}\nspec"),
     "manifests with values that are substituted later"),
    ("charts/web/templates/a.yaml", "kind: {{ .Values.kind }}\n", "Helm templates"),
    ("quoted.yaml", WORKLOAD.replace("{name: web, image", "{name: '{{ .name }}', image"),
     "Helm templates"),
    ("upper.yaml", WORKLOAD.replace("name: web}\nspec", "name: APP_NAME}\nspec"),
     "manifests with values that are substituted later"),
    ("analysis.yaml", "apiVersion: argoproj.io/v1\nkind: Thing\nspec:\n  a:\n - b\n   c: 1\n",
     "YAML of another kind"),
    ("policy.json", '{"apiVersion": "v1", "kind": "Policy", "priorities": []}\n', ""),
    ("build.yaml", "kind: BuildConfig\napiVersion: v1\nmetadata: {name: web}\n", ""),
    (".git/broken.yaml", "kind: [\n", ""),
    ("vendor/x/broken.yaml", "kind: [\n", ""),
    ("node_modules/x/broken.json", '{"kind"\n', ""),
]  # fmt: skip


def counted(shell: Shell) -> tuple[int, dict[str, int], int, int]:
    """The exit code, what was passed over, input errors and workloads."""
    done = shell("audit", ".", "--severity=error", "--format=json")
    report = json.loads(done.out)
    errors = sum(len(f["diagnostics"]) for f in report["files"])
    return done.code, report["audit"]["passed"], errors, report["audit"]["workloads"]


@pytest.mark.parametrize(("name", "text", "what"), OTHERS, ids=[o[0] for o in OTHERS])
def test_a_folder_is_searched_without_what_is_not_for_the_api_server(
    name: str, text: str, what: str, shell: Shell
) -> None:
    shell.write("web.yaml", WORKLOAD)
    shell.write(name, text)
    assert counted(shell) == (0, {what: 1} if what else {}, 0, 1)


def test_each_kind_has_a_line_with_its_count(shell: Shell) -> None:
    shell.write("web.yaml", WORKLOAD)
    for name, text, _ in OTHERS:
        shell.write(name, text)
    shell.write("charts/web/Chart.yaml", "apiVersion: v2\nname: web\n")
    for n in range(20):
        shell.write(f"charts/web/templates/{n}.yaml", "{{- if .Values.x }}\na: {{ .x }}\n{{ end }}")
    done = shell("audit", ".", "--severity=error")
    assert done.code == 0
    words = " ".join(done.out.split())
    assert "Helm templates in charts/web (21): render them, `helm template charts/web" in words
    assert "passed over: patches (6), such as" in words
    assert "passed over: kubeconfigs (1): " in words
    assert len(done.out.splitlines()) < 20


@pytest.mark.parametrize("name", ["settings.json", "config.yaml", "delete.yaml", "flux.yaml"])
def test_a_file_that_is_named_is_judged(name: str, shell: Shell) -> None:
    text = next(text for other, text, _ in OTHERS if other == name)
    done = shell("audit", shell.write(name, text))
    assert done.code == 2
    assert f" {name}:" in done.out and "passed over: " not in done.out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (WORKLOAD.replace("containers:", "containers: ["), "E320"),
        (WORKLOAD.replace("image: nginx", "image: nginx, ports: [{containerPort: 0}]"), "E333"),
        (WORKLOAD.replace("Deployment", "Deploymnet"), "E335"),
        (WORKLOAD.replace("    spec:\n", "    spec:\n      restartPolicy: Never\n"), "E350"),
    ],
)
def test_a_workload_with_a_fault_is_no_other_thing(text: str, code: str, shell: Shell) -> None:
    shell.write("web.yaml", text)
    done = shell("audit", ".")
    assert done.code == 2
    assert f"error[{code}]" in done.out and "passed over" not in done.out


def test_one_document_hides_no_other(shell: Shell) -> None:
    template = "apiVersion: v1\nkind: ConfigMap\ndata: {a: {{ .Values.a }}}\n"
    shell.write("all.yaml", f"{WORKLOAD}---\n{template}---\n{WORKLOAD.replace('web', 'other')}")
    assert counted(shell) == (0, {"Helm templates": 1}, 0, 2)


def test_what_kubectl_reads_is_read(shell: Shell, tmp_path: Path) -> None:
    shell.write("comment.yaml", f"{WORKLOAD}---# another\n{WORKLOAD.replace('web', 'other')}")
    (tmp_path / "wide.yaml").write_bytes(WORKLOAD.replace("web", "wide").encode("utf-16"))
    os.symlink("nowhere", tmp_path / "link.yaml")
    assert counted(shell) == (0, {}, 0, 3)


def test_of_two_keys_the_last_counts(shell: Shell) -> None:
    twice = WORKLOAD.replace("    spec:\n", "    spec:\n      restartPolicy: Never\n", 1)
    twice += "      restartPolicy: Always\n"
    done = shell("audit", shell.write("web.yaml", twice))
    assert done.code == 0
    assert "warning[W344] web.yaml:12:" in done.out


def test_a_volume_may_be_injected(shell: Shell) -> None:
    mounts = "image: nginx, volumeMounts: [{name: certs, mountPath: /c}]"
    text = WORKLOAD.replace("image: nginx", mounts)
    assert shell("audit", shell.write("a.yaml", text)).code == 2
    injected = text.replace(
        "{app: web}}\n    spec", "{app: web, sidecar.istio.io/inject: 'true'}}\n    spec"
    )
    done = shell("audit", shell.write("b.yaml", injected))
    assert done.code == 0
    assert "warning[W313] b.yaml:10:" in done.out


def test_a_controller_of_another_project_may_add_a_volume(shell: Shell) -> None:
    mounts = "image: nginx, volumeMounts: [{name: certs, mountPath: /c}]"
    text = WORKLOAD.replace("image: nginx", mounts)
    rollout = text.replace("apps/v1", "argoproj.io/v1alpha1").replace("Deployment", "Rollout")
    done = shell("audit", shell.write("a.yaml", rollout))
    assert done.code == 0
    assert "warning[W313] a.yaml:10:" in done.out
