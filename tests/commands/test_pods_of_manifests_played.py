"""`run` and `table` on manifests."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcheck.cli.main import main

JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: nightly}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: report, image: x}]
"""
TWO = (
    JOB
    + """---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec: {containers: [{name: app, image: x}]}
"""
)


def said(
    capsys: pytest.CaptureFixture[str], folder: Path, text: str, *words: str
) -> tuple[int, str]:
    path = folder / "job.yaml"
    path.write_text(text, encoding="utf-8")
    command, *rest = words
    with pytest.raises(SystemExit) as ended:
        main([command, str(path), *rest])
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out + shown.err


def test_the_only_pod_is_played(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, shown = said(capsys, tmp_path, JOB, "run", "report exits 1")
    assert code == 0
    assert shown.startswith("Job/nightly under Never")
    assert "Failed" in shown


@pytest.mark.parametrize("name", ["Deployment/web", "web"])
def test_a_pod_is_chosen(name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, shown = said(capsys, tmp_path, TWO, "table", "--pod", name, "--from", "Running")
    assert code == 0
    assert "app exits 0" in shown


def test_which_pods_there_are_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, shown = said(capsys, tmp_path, TWO, "run")
    assert code == 2
    assert "Job/nightly" in shown and "Deployment/web" in shown


def test_what_is_wrong_with_a_manifest_is_said(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    code, shown = said(capsys, tmp_path, JOB.replace("Never", "Nevr"), "run")
    assert code == 2
    assert "Nevr" in shown and "job.yaml:7" in shown
    code, shown = said(capsys, tmp_path, "kind: ConfigMap\napiVersion: v1\n", "run")
    assert code == 2
