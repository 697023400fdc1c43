"""`podcheck audit --render`: what helm and kustomize make of charts and kustomizations is audited
in the place of their files.  The tools are stand-ins on PATH, and kubectl where there is one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
from command_line import Shell

DEAD = "dead-container-goes-unnoticed"
POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: {policy}
  containers: [{{name: a, image: x}}, {{name: b, image: x}}]
"""
TEMPLATE = POD.format(name="'{{ .Release.Name }}'", policy="'{{ .Values.policy }}'")
CHART = "apiVersion: v2\nname: web\nversion: 0.1.0\n"
KUSTOMIZATION = (
    "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [{}]\n"
)

# Renders a template by what its values files say; fails as helm does where there are none.
HELM = """\
import pathlib, re, sys
assert sys.argv[1] == "template"
chart, values = pathlib.Path(sys.argv[3]), sys.argv[5::2]
text = "".join(pathlib.Path(path).read_text() for path in [chart / "values.yaml", *values])
policy = dict(re.findall(r"(\\w+): (\\w+)", text)).get("policy")
if policy is None:
    sys.exit("Error: execution error at (web/templates/pod.yaml:4:20): policy is required")
for template in sorted(chart.glob("templates/*.yaml")):
    text = template.read_text().replace("'{{ .Values.policy }}'", policy)
    print("---\\n" + text.replace("'{{ .Release.Name }}'", chart.name))
"""
KUSTOMIZE = """\
import pathlib, re, sys
assert sys.argv[1] == "build"
def build(folder):
    text = (folder / "kustomization.yaml").read_text()
    for name in re.search(r"resources: \\[(.*)\\]", text)[1].split(", "):
        part = folder / name
        if not part.exists():
            sys.exit(f"Error: accumulating resources: '{part}' does not exist")
        yield from build(part) if part.is_dir() else [part.read_text()]
print("---\\n".join(build(pathlib.Path(sys.argv[2]))))
"""


@pytest.fixture
def tools(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for tools, which is all of PATH."""
    folder = tmp_path_factory.mktemp("bin")
    monkeypatch.setenv("PATH", str(folder))
    return folder


def install(folder: Path, name: str, text: str) -> None:
    tool = folder / name
    tool.write_text(f"#!{sys.executable}\n{text}", encoding="utf-8")
    tool.chmod(0o755)


def written(shell: Shell, values: str = "policy: Never\n") -> None:
    """A chart, a base with two overlays, and a pod that belongs to none of them."""
    shell.write("charts/web/Chart.yaml", CHART)
    shell.write("charts/web/values.yaml", values)
    shell.write("charts/web/templates/pod.yaml", TEMPLATE)
    shell.write("base/kustomization.yaml", KUSTOMIZATION.format("pod.yaml"))
    shell.write("base/pod.yaml", POD.format(name="based", policy="Never"))
    for name in ("test", "prod"):
        shell.write(f"overlays/{name}/kustomization.yaml", KUSTOMIZATION.format("../../base"))
    shell.write("other/pod.yaml", POD.format(name="other", policy="Never"))


def found(shell: Shell, *arguments: str) -> tuple[list[tuple[str, str]], dict[str, int], list[str]]:
    """Where which workload has the hazard, what was passed over, and the codes of warnings."""
    report = json.loads(shell("audit", ".", "--format", "json", *arguments).out)
    places = [
        (file["path"], claim["title"]) for file in report["files"] for claim in file["claims"]
        if DEAD in (outcome["hazard"]["name"] for outcome in claim["outcomes"])
    ]  # fmt: skip
    codes = [d["code"] for file in report["files"] for d in file["diagnostics"]]
    return places, report["audit"]["passed"], codes


def test_what_is_rendered_is_audited_in_the_place_of_its_files(shell: Shell, tools: Path) -> None:
    install(tools, "helm", HELM)
    install(tools, "kustomize", KUSTOMIZE)
    written(shell)
    places, passed, codes = found(shell, "--render")
    assert sorted(places) == [
        ("charts/web/(helm template)", "Pod web"),
        ("other/pod.yaml", "Pod other"),
        ("overlays/prod/(kustomize build)", "Pod based"),
        ("overlays/test/(kustomize build)", "Pod based"),
    ]
    assert not codes
    assert not any("Helm" in what or "kustomizations" in what for what in passed)


def test_without_it_their_files_are_audited_as_they_are(shell: Shell, tools: Path) -> None:
    install(tools, "helm", HELM)
    written(shell)
    places, passed, _ = found(shell)
    assert sorted(places) == [("base/pod.yaml", "Pod based"), ("other/pod.yaml", "Pod other")]
    assert passed["kustomizations, which `--render` builds"] == 3
    assert passed["Helm templates in charts/web"] == 1


def test_values_are_for_all_charts_or_for_one(shell: Shell, tools: Path) -> None:
    install(tools, "helm", HELM)
    written(shell, "replicas: 1\n")
    shell.write("never.yml", "policy: Never\n")
    shell.write("always.yml", "policy: Always\n")
    assert "charts/web/(helm template)" not in dict(found(shell, "--render")[0])
    for given in ("never.yml", "charts/web=never.yml", "./charts/web/=never.yml"):
        assert "charts/web/(helm template)" in dict(found(shell, "--render", "--values", given)[0])
    later = ("--values", "never.yml", "--values", "always.yml")
    assert "charts/web/(helm template)" not in dict(found(shell, "--render", *later)[0])
    wrong = shell("audit", ".", "--render", "--values", "nowhere.yml")
    assert wrong.code == 2
    assert "There is no file `nowhere.yml`." in wrong.err
    wrong = shell("audit", ".", "--render", "--values", "charts/wen=never.yml")
    assert "There is no folder `charts/wen`" in wrong.err
    assert "needs `--render`" in shell("audit", ".", "--values", "never.yml").err


def test_what_cannot_be_rendered_is_a_warning_and_is_audited_as_it_is(
    shell: Shell, tools: Path
) -> None:
    install(tools, "helm", HELM)
    install(tools, "kustomize", KUSTOMIZE)
    written(shell, "replicas: 1\n")
    shell.write("base/kustomization.yaml", KUSTOMIZATION.format("pod.yaml, gone.yaml"))
    places, passed, codes = found(shell, "--render")
    assert sorted(places) == [("base/pod.yaml", "Pod based"), ("other/pod.yaml", "Pod other")]
    assert codes == ["W346"] * 3
    assert passed["Helm templates in charts/web"] == 1
    done = shell("audit", ".", "--render")
    assert "helm can't render this chart: execution error at (web/templates/pod.yaml" in done.out
    assert "--values FILE" in done.out
    assert done.code == 1
    shell.write("podcheck.yaml", "ignore: [{code: W346, files: '*', reason: known}]\n")
    assert not found(shell, "--render")[2]


def test_a_tool_that_is_not_installed_is_named(shell: Shell, tools: Path) -> None:
    written(shell)
    places, passed, codes = found(shell, "--render")
    assert sorted(places) == [("base/pod.yaml", "Pod based"), ("other/pod.yaml", "Pod other")]
    assert not codes
    assert passed["charts that need `helm`, which is not installed"] == 1
    assert passed["kustomizations that need `kustomize` or `kubectl`, which are not installed"] == 2


def test_parts_of_charts_libraries_and_components_are_not_rendered(
    shell: Shell, tools: Path
) -> None:
    install(tools, "helm", HELM)
    install(tools, "kustomize", KUSTOMIZE)
    written(shell)
    shell.write("charts/web/charts/part/Chart.yaml", CHART)
    shell.write("charts/common/Chart.yaml", CHART + "type: library\n")
    shell.write("component/kustomization.yaml", "kind: Component\nresources: [gone.yaml]\n")
    shell.write("remote/kustomization.yaml", "resources: [\n")
    places, _, codes = found(shell, "--render")
    assert len(places) == 4
    assert not codes


def test_a_baseline_keeps_what_was_rendered(shell: Shell, tools: Path) -> None:
    install(tools, "helm", HELM)
    written(shell)
    shell("audit", ".", "--render", "--write-baseline", "known.json")
    assert shell("audit", ".", "--render", "--baseline", "known.json").code == 0
    shell("audit", "other", "--baseline", "known.json", "--update-baseline")
    assert shell("audit", ".", "--render", "--baseline", "known.json").code == 0


KUBECTL = shutil.which("kubectl")


@pytest.mark.skipif(KUBECTL is None, reason="kubectl is not installed")
def test_kubectl_itself_builds_kustomizations(shell: Shell, tools: Path) -> None:
    os.symlink(str(KUBECTL), tools / "kubectl")
    written(shell)
    change = "- op: replace\\n  path: /spec/restartPolicy\\n  value: Always\\n"
    patch = f'patches:\n- {{target: {{kind: Pod}}, patch: "{change}"}}\n'
    shell.write("overlays/prod/kustomization.yaml", KUSTOMIZATION.format("../../base") + patch)
    places, _, codes = found(shell, "--render")
    assert sorted(places) == [
        ("other/pod.yaml", "Pod other"),
        ("overlays/test/(kustomize build)", "Pod based"),
    ]
    assert not codes
