"""What the repository offers to CI services: the commands in it run, as far as they can here."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT

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
    assert set(ACTION["inputs"]) == {"paths", "options", "requirement", "cache"}
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
    step = STEPS["podcheck verify"]
    done = shell(step["run"], project, **given(step, installed, inputs))
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout + done.stderr
    assert ("::error " in done.stdout) == (code != 0)  # an annotation in the pull request


def test_the_action_keeps_verdicts_where_its_cache_is(installed: Path, project: Path) -> None:
    cached = next(s["with"] for s in ACTION["runs"]["steps"] if "cache@" in s.get("uses", ""))
    step = STEPS["podcheck verify"]
    shell(step["run"], project, **given(step, installed, {}))
    folder = Path(cached["path"].replace("${{ runner.temp }}", str(installed)))
    assert list(folder.glob("*.json"))


# ---- pre-commit ---------------------------------------------------------------------------------

HOOKS = {h["id"]: h for h in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def test_the_hooks() -> None:
    assert set(HOOKS) == {"podcheck-verify", "podcheck-audit", "podcheck-fmt"}
    for name, hook in HOOKS.items():
        assert hook["language"] == "python"
        if name != "podcheck-audit":
            assert re.search(hook["files"], "specs/kubernetes/a.pod")
            assert not re.search(hook["files"], "specs/README.md")
    # a claim may be about the pod of a manifest
    assert re.search(HOOKS["podcheck-verify"]["files"], "deploy/web.yaml")
    assert HOOKS["podcheck-audit"]["types_or"] == ["yaml", "json"]


def test_the_hook_verifies_everything(project: Path) -> None:
    hook = HOOKS["podcheck-verify"]
    assert hook["pass_filenames"] is False
    assert shell(hook["entry"], project).stdout == "1 claim: 1 holds\n"
    (project / "specs" / "b.pod").write_text(POD + FAILS)
    done = shell(f"{hook['entry']} specs", project)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "2 claims: 1 holds, 1 fails")


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
