"""`podcheck conform` on pods of other shapes than the recordings kept here, and with other names.

There is no kubelet to ask, so lives are written down from the rules themselves, in the format
of a recording: what is tested is the replay, not the rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from podcheck.cli.group import cli
from podcheck.conform.event_player import Position, beginning, play, prepare
from podcheck.conform.pod_specs import pod_of
from podcheck.conform.ruled_pod import Subject
from podcheck.loading.rules import load_pack

CROWD: dict[str, Any] = {
    "restartPolicy": "OnFailure",
    "activeDeadlineSeconds": 3600,
    "terminationGracePeriodSeconds": 30,
    "initContainers": [
        {"name": "2048"},
        {"name": "proxy", "restartPolicy": "Always", "startupProbe": {"periodSeconds": 1}},
        {
            "name": "exit",
            "restartPolicy": "Never",
            "restartPolicyRules": [
                {"action": "Restart", "exitCodes": {"operator": "In", "values": [3]}}
            ],
        },
        {"name": "log-shipper", "restartPolicy": "Always", "livenessProbe": {}},
        {"name": "last"},
    ],
    "containers": [
        {"name": "app"},
        {"name": "b", "restartPolicy": "Always"},
        {"name": "c", "readinessProbe": {"periodSeconds": 1}, "restartPolicy": "Never"},
        {"name": "container", "image": "busybox"},
        {
            "name": "e-1",
            "restartPolicy": "OnFailure",
            "restartPolicyRules": [
                {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [42]}}
            ],
        },
    ],
}
LIVES: tuple[tuple[str, ...], ...] = (
    ("exit 2048 0", "exit exit 3", "exit exit 0", "exit last 1", "exit last 1", "elapse",
     "exit last 0", "exit app 0", "exit e-1 42", "sandboxdie 143", "delete 0"),
    ("exit 2048 0", "exit exit 0", "exit last 0", "oom b", "reboot", "evict 0"),
    ("exit 2048 0", "exit exit 0", "exit last 0", "readiness c", "exit log-shipper 1",
     "liveness log-shipper 0", "elapse", "exit c 1", "deadline 0"),
    ("exit 2048 0", "exit exit 1"),
)  # fmt: skip


def as_recorded(fields: Mapping[str, str], containers: Sequence[str]) -> dict[str, Any]:
    """A status in the format of a recording."""

    def state(text: str) -> list[Any]:
        words = text.split()
        return [int(w) if w.isdigit() else w for w in words] if words[0] == "T" else words

    known = [c for c in containers if f"{c}.state" in fields]
    return {
        "ph": fields["phase"],
        "rsn": fields["reason"],
        "del": fields["deleting"] == "True",
        "k": [fields["READY"], fields["STATUS"], fields["RESTARTS"]],
        "cond": {
            k.removeprefix("condition "): v for k, v in fields.items() if k.startswith("condition ")
        },
        "c": {
            c: [
                state(fields[f"{c}.state"]),
                state(fields[f"{c}.lastState"]),
                *(int(fields[f"{c}.{f}"]) for f in ("restartCount", "ready", "started")),
            ]
            for c in known
        },
    }


def life(
    spec: Mapping[str, Any], name: str, events: Sequence[str], before: Sequence[str] = ()
) -> dict[str, Any]:
    """What the rules make of a life, as a line of a recording."""
    pod = pod_of(name, spec)
    codes = {int(n) for e in events for n in re.findall(r"\b\d+$", e)}
    subject = Subject(load_pack(), pod, {*codes, 3, 42, 143})
    at: Position = beginning(subject, pod.policy)
    for condition in before:
        at = prepare(subject, at, tuple(condition.removeprefix("pre:").split()))
    table: list[Any] = []
    steps = []
    for event in ("create", *events):
        played = play(subject, at, tuple(event.split()))
        seen = [
            subject.status(s) for s in played.path if not subject.get(s, "gone")
        ] or [subject.status(played.end.state)]  # fmt: skip
        gone = bool(subject.get(played.end.state, "gone"))
        final = subject.status(played.end.state)
        places = []
        for status in (*seen, final):
            table.append(as_recorded(status, subject.names.containers))
            places.append(len(table) - 1)
        steps.append(
            {
                "ev": event,
                "h": [[0, p, 0] for p in places] + ([[0, "gone", 0]] if gone else []),
                "fin": "gone" if gone else places[-1],
            }
        )
        at = played.end
    return {"spec": name, "pre": list(before), "ev": list(events), "st": table, "steps": steps}


def write(folder: Path, lives: Sequence[Any], specs: Mapping[str, Any], stem: str = "odd") -> Path:
    path = folder / f"{stem}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lives))
    wrapped = {name: {"podSpec": spec} for name, spec in specs.items()}
    (folder / f"{stem}-pods.json").write_text(json.dumps(wrapped))
    return path


def conform(path: Path) -> tuple[Any, Any]:
    """The exit code and what is said, as JSON."""
    arguments = ["conform", "--format", "json", str(path)]
    result = CliRunner().invoke(cli, arguments, standalone_mode=False)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.return_value, json.loads(result.stdout)


@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_a_pod_of_ten_containers(policy: str, tmp_path: Path) -> None:
    spec = {**CROWD, "restartPolicy": policy}
    name = f"3i2s5c/{policy}"
    path = write(tmp_path, [life(spec, name, events) for events in LIVES[:2]], {name: spec})
    code, said = conform(path)
    (recording,) = said["recordings"]
    assert (code, recording["differ"]) == (0, 0), recording["differences"][:1]
    assert recording["notes"] == []


def test_probes_deadlines_and_failures_of_a_large_pod(tmp_path: Path) -> None:
    lives = [life(CROWD, "crowd", events) for events in LIVES[2:]]
    before = ("pre:imgfail 2048", "startupfail proxy 1")
    events = ("imgok 2048", "elapse", "exit 2048 0", "probeok proxy startup", "delete 143")
    lives.append(life(CROWD, "crowd", events, before))
    path = write(tmp_path, lives, {"crowd": CROWD})
    assert conform(path)[0] == 0
    lives[0]["st"][lives[0]["steps"][3]["fin"]]["c"]["log-shipper"][2] += 7
    code, said = conform(write(tmp_path, lives, {"crowd": CROWD}))
    (difference,) = said["recordings"][0]["differences"]
    assert code == 1
    assert [f["name"] for f in difference["fields"]] == ["log-shipper.restartCount"]


def test_a_pod_whose_images_all_fail(tmp_path: Path) -> None:
    spec = {"containers": [{"name": f"c{n}"} for n in range(1, 6)], "restartPolicy": "Never"}
    before = [f"pre:imgfail c{n}" for n in range(1, 6)]
    events = ("elapse", "imgok c3", "elapse", "exit c3 0", "evict 0")
    code, said = conform(write(tmp_path, [life(spec, "bad", events, before)], {"bad": spec}))
    assert code == 0
    assert said["recordings"][0]["compared"] == 6


def test_ephemeral_containers_stand_by_and_unknown_fields_are_noted(tmp_path: Path) -> None:
    plain = {"containers": [{"name": "app"}]}
    spec = {
        "containers": [{"name": "app", "lifecycle": {"preStop": {}}}],
        "ephemeralContainers": [{"name": "debug"}],
        "readinessGates": [{"conditionType": "x"}],
    }
    line = life(plain, "one", ("exit app 1",))
    for status in line["st"]:
        status["c"]["debug"] = [["T", 0, "Completed"], ["-"], 0, 0, 0]
    code, said = conform(write(tmp_path, [line], {"one": spec}))
    assert code == 0
    notes = " ".join(said["recordings"][0]["notes"])
    assert "`readinessGates`" in notes
    assert "`containers.lifecycle`" in notes
    assert "`ephemeralContainers`" in notes


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"containers": []}, "needs a main container"),
        ({"containers": [{"image": "x"}]}, "'name' is missing"),
        ({"containers": [{"name": "a"}], "restartPolicy": "Often"}, "says `Often`"),
        ({"containers": [{"name": "a"}, {"name": "a"}]}, "a name of its own"),
        (
            {"containers": [{"name": "a", "restartPolicyRules": [{"action": "Restart"}]}]},
            "'exitCodes' is missing",
        ),
        ({"containers": 3}, "can't be read"),
        ([], "can't be read"),
    ],
)
def test_a_spec_that_can_not_be_read(spec: Any, message: str, tmp_path: Path) -> None:
    line = life({"containers": [{"name": "app"}]}, "one", ())
    code, said = conform(write(tmp_path, [line], {"one": spec}))
    assert code == 2
    assert message in said["errors"][0]["message"]


def test_a_spec_that_no_life_names_does_no_harm(tmp_path: Path) -> None:
    spec = {"containers": [{"name": "app"}]}
    line = life(spec, "one", ("exit app 0",))
    assert conform(write(tmp_path, [line], {"one": spec, "other": {"containers": 3}}))[0] == 0


def test_of_two_specs_of_one_name_the_nearer_file_counts(tmp_path: Path) -> None:
    always = {"containers": [{"name": "app"}]}
    never = {"containers": [{"name": "app"}], "restartPolicy": "Never"}
    write(tmp_path, [], {"one": never}, "aaa")
    path = write(tmp_path, [life(always, "one", ("exit app 1",))], {"one": always}, "odd")
    write(tmp_path, [], {"one": never}, "zzz")
    assert conform(path)[0] == 0
