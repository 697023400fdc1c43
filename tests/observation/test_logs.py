"""Logs: the statuses of recorded lives, in order and without their events."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from observed import lives, pod_of

from podcheck.cli.group import cli
from podcheck.storage import package_data

LIVES = [life for life in list(lives("traces.jsonl.gz"))[::1_301] if len(life[1]) > 2]


def run(path: Path, pods: list[dict[str, Any]], *options: str) -> tuple[str, int]:
    path.write_text("\n".join(json.dumps(pod) for pod in pods), encoding="utf-8")
    result = CliRunner().invoke(
        cli, ["explain", "--log", str(path), *options], standalone_mode=False
    )
    assert result.exception is None
    code: int = result.return_value
    return result.stdout, code


@pytest.mark.parametrize(("spec", "statuses"), LIVES)
def test_a_recorded_life_is_possible(
    spec: str, statuses: list[dict[str, Any]], tmp_path: Path
) -> None:
    text, code = run(tmp_path / "log", [pod_of(spec, s) for s in statuses], "--format", "json")
    found = json.loads(text)
    jsonschema.validate(found, json.loads(package_data.read("report", "explanation.schema.json")))
    assert [line["verdict"] for line in found["lines"]] == ["possible"] * len(statuses)
    assert code == 0


@pytest.mark.slow
def test_every_recorded_life_is_possible(tmp_path: Path) -> None:
    """On demand, for hours: `pytest -m slow tests/observation/test_logs.py`."""
    verdicts = Counter[str]()
    for spec, statuses in lives("traces.jsonl.gz"):
        pods = [pod_of(spec, s) for s in statuses]
        text, _ = run(tmp_path / "log", pods, "--format", "json") if pods else ('{"lines":[]}', 0)
        verdicts.update(line["verdict"] for line in json.loads(text)["lines"])
    assert not verdicts["impossible"]
    assert verdicts["unknown"] * 100 <= verdicts.total(), verdicts


def crash(restarts: int, state: list[Any], last: list[Any]) -> dict[str, Any]:
    running = state == ["R"]
    ready = "T" if running else "F:ContainersNotReady"
    status = {
        "ph": "Running",
        "cond": {"ContainersReady": ready, "Initialized": "T", "PodReadyToStartContainers": "T",
                 "Ready": ready},
        "c": {"c1": [state, last, restarts, int(running), int(running)]},
    }  # fmt: skip
    return pod_of("1c/Always", status)


FRESH, RESTARTED = crash(0, ["R"], ["-"]), crash(1, ["R"], ["T", 1, "Error"])
ENDED = crash(0, ["T", 1, "Error"], ["-"])


def test_the_events_between_the_lines_are_shown(tmp_path: Path) -> None:
    text, code = run(tmp_path / "log", [FRESH, ENDED, RESTARTED])
    assert code == 0
    assert text.splitlines()[0] == "Pod default/web, 3 statuses: possible"
    assert "  c1 exits 1" in text
    assert text.endswith("3. Running (c1: running, 1 restart)\n")


def test_what_cannot_follow_is_proved_and_the_log_goes_on(tmp_path: Path) -> None:
    failed = pod_of("1c/Never", {
        "ph": "Failed",
        "cond": {"ContainersReady": "F:PodFailed", "Initialized": "T",
                 "PodReadyToStartContainers": "F", "Ready": "F:PodFailed"},
        "c": {"c1": [["T", 1, "Error"], ["-"], 0, 0, 0]},
    })  # fmt: skip
    before = pod_of("1c/Never", {
        "ph": "Running",
        "cond": {"ContainersReady": "T", "Initialized": "T", "PodReadyToStartContainers": "T",
                 "Ready": "T"},
        "c": {"c1": [["R"], ["-"], 0, 1, 1]},
    })  # fmt: skip
    text, code = run(tmp_path / "log", [before, failed])
    assert code == 0
    text, code = run(tmp_path / "log", [failed, before, failed])
    assert code == 1
    assert "Line 2 can't follow line 1: that is proved." in text
    assert "Line 3" not in text


def test_watch_events_and_a_removed_object(tmp_path: Path) -> None:
    deleted = json.loads(json.dumps(ENDED))
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    events = [
        {"type": "ADDED", "object": FRESH}, {"type": "MODIFIED", "object": ENDED},
        {"type": "DELETED", "object": deleted},
    ]  # fmt: skip
    text, _ = run(tmp_path / "log", events)
    assert "3. Running, removed" in text


def test_a_log_is_of_one_pod(tmp_path: Path) -> None:
    other = json.loads(json.dumps(FRESH))
    other["metadata"]["name"] = "other"
    path = tmp_path / "log"
    path.write_text(json.dumps(FRESH) + json.dumps(other), encoding="utf-8")
    result = CliRunner().invoke(cli, ["explain", "--log", str(path)])
    assert result.exit_code == 2
    assert "default/web and default/other" in result.stderr


# ---- the table that kubectl prints -------------------------------------------------------------

MANIFEST = """apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: app, image: x, readinessProbe: {httpGet: {path: /, port: 80}}}]}
"""
TABLE = """NAME   READY   STATUS              RESTARTS     AGE
web    0/1     ContainerCreating   0            1s
web    1/1     Running             0            9s
web    0/1     Error               0            20s
web    0/1     Running             1 (1s ago)   21s
web    0/1     CrashLoopBackOff    1 (5s ago)   40s
"""


def table(folder: Path, text: str, *options: str) -> tuple[str, int]:
    (folder / "log").write_text(text, encoding="utf-8")
    (folder / "web.yaml").write_text(MANIFEST, encoding="utf-8")
    words = ["explain", "--log", str(folder / "log"), *options]
    result = CliRunner().invoke(cli, words, standalone_mode=False)
    code: int = result.return_value if result.exception is None else 2
    return result.output + str(result.exception or ""), code


def test_a_table_is_read_where_a_manifest_has_the_pod(tmp_path: Path) -> None:
    text, code = table(tmp_path, TABLE, "--pod", str(tmp_path / "web.yaml"))
    assert code == 0
    assert text.startswith("Pod web, 5 statuses: possible")
    events = [line.strip() for line in text.splitlines() if line.startswith("  ")]
    assert events[:2] == ["app becomes ready", "app exits 1"], "one run leads over all lines"


def test_what_is_no_row_is_said_with_its_place(tmp_path: Path) -> None:
    pod = ("--pod", str(tmp_path / "web.yaml"))
    text, code = table(tmp_path, f"{TABLE}web    up\ndb    1/1   Running   0   1s\n", *pod)
    assert code == 2
    assert "log:7:1" in text and "log:8:1" in text
    text, code = table(tmp_path, TABLE)
    assert code == 2
    assert "--pod web.yaml" in text


def test_a_table_that_counts_down_is_not_possible(tmp_path: Path) -> None:
    lines = TABLE.splitlines()
    swapped = "\n".join([*lines[:3], lines[5], lines[3]]) + "\n"
    text, code = table(tmp_path, swapped, "--pod", str(tmp_path / "web.yaml"))
    assert code in (1, 4)
    assert "line 4" in text
