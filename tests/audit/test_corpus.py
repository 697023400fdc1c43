"""Files as repositories have them: what is reported of each, alone and in the folder."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from command_line import Shell
from places import TESTS

FOLDER = TESTS / "corpus"

# What a file is counted as in a folder; named, most are input errors.
PASSED = {
    "chart-v1.yaml": "files without a kind",
    "flux-substitution.yaml": "manifests with values that are substituted later",
    "helm-index.yaml": "files without a kind",
    "jsonc-settings.json": "JSON of another kind",
    "kubeconfig.yaml": "kubeconfigs",
    "patch-annotations.yaml": "patches",
    "patch-delete.yaml": "patches",
    "patch-mount.yaml": "patches",
    "sops.yaml": "SOPS-encrypted files",
    "values-with-kind.yaml": "values of charts",
}
# The findings of warning or above, with the container.
FOUND = {
    "broken-probe-tcp.yaml": ["liveness-kills-a-slow-start db"],
    "cron-forbid-hang.yaml": ["hung-run-stops-the-schedule"],
    "hostport-rolling.yaml": ["rollout-waits-for-its-port edge"],
    "init-clone.yaml": ["init-cannot-run-twice fetch"],
    "injected-volume.yaml": [],
    "liveness-before-readiness.yaml": ["liveness-kills-before-readiness slow"],
    "mesh-job.yaml": ["mesh-sidecar-keeps-the-job-running"],
    "one-bad-doc.yaml": ["server-keeps-the-job-running proxy"] * 2,
    "pdb-blocks-drain.yaml": ["budget-blocks-every-drain"],
    "pods-in-crds.yaml": ["server-keeps-the-job-running proxy", "two-containers-one-port a"],
    "prestop-longer-than-grace.yaml": ["prestop-takes-the-grace-period web"],
    "probe-unknown-port.yaml": ["probe-asks-an-unknown-port web"],
    "rwo-rolling.yaml": ["rollout-waits-for-its-volume"],
    "separator-comment.yaml": [],
}  # fmt: skip
NUMBERS = {
    "liveness-before-readiness.yaml": ("30 s after its start", "waits 60 s"),
    "prestop-longer-than-grace.yaml": ("sleeps 30 s of the 30 s",),
    "hostport-rolling.yaml": ("port 80",),
    "pdb-blocks-drain.yaml": ("minAvailable 1, and there is 1 pod",),
    "rwo-rolling.yaml": ("`data`, which is ReadWriteOncePod",),
    "mesh-job.yaml": ("Istio adds its proxy",),
    "probe-unknown-port.yaml": ("`htpp`",),
}


@pytest.fixture
def folder(shell: Shell) -> Path:
    shutil.copytree(FOLDER, shell.folder / "repo", ignore=shutil.ignore_patterns("*.md"))
    return shell.folder / "repo"


def findings(file: dict[str, Any]) -> list[str]:
    outcomes = [o for claim in file["claims"] for o in claim["outcomes"]]
    return [f"{o['hazard']['name']} {o['hazard']['container']}".strip() for o in outcomes]


def test_each_file_is_of_a_kind() -> None:
    names = {p.name for p in FOLDER.iterdir()} - {"README.md"}
    assert names == {*PASSED, *FOUND}


def test_a_folder_is_judged_file_by_file(shell: Shell, folder: Path) -> None:
    done = shell("audit", folder.name, "--format", "json")
    assert done.code == 1
    report = json.loads(done.out)
    for file in report["files"]:
        name = Path(file["path"]).name
        assert findings(file) == FOUND.get(name, [])
        assert all(d["severity"] == "warning" for d in file["diagnostics"]), name
        for text in NUMBERS.get(name, ()):
            sentences = [o["hazard"]["sentence"] for c in file["claims"] for o in c["outcomes"]]
            assert any(text in sentence for sentence in sentences)
    counted: dict[str, int] = {}
    for what in (*PASSED.values(), "Helm templates"):  # one document of one-bad-doc.yaml
        counted[what] = counted.get(what, 0) + 1
    assert report["audit"]["passed"] == counted


def test_a_named_file_is_judged(shell: Shell, folder: Path) -> None:
    wanted = {name: 1 if listed else 0 for name, listed in FOUND.items()}
    wanted |= dict.fromkeys(PASSED, 2)
    wanted |= {"one-bad-doc.yaml": 2, "separator-comment.yaml": 3, "sops.yaml": 3}
    for name, code in wanted.items():
        done = shell("audit", f"repo/{name}")
        assert done.code == code, name
        if name == "one-bad-doc.yaml":
            assert "Job first" in done.out and "Job second" in done.out
