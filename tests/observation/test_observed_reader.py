"""What is read of a status, and what is said of a wrong one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from observed import pod_of, recorded

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.observation.reader import Observed, read_observed

STATUS = {
    "ph": "Running", "k": ["0/1", "CrashLoopBackOff", "3"],
    "cond": {"Ready": "F:ContainersNotReady"},
    "c": {"c1": [["W", "CrashLoopBackOff"], ["T", 1, "Error"], 3, 0, 0]},
}  # fmt: skip


def read(text: str) -> tuple[Observed, list[str]]:
    diagnostics = Diagnostics()
    found = read_observed(Source("pod", text), load_pack(), diagnostics)
    return found, [f"{d.code} {d.span.line} {d.message}" for d in diagnostics.sorted()]


def pod(**status: Any) -> dict[str, Any]:
    """A crash-looping pod; its status with these fields changed."""
    found = pod_of("1c/Always", STATUS)
    found["status"].update(status)
    return found


def test_every_field_that_the_rules_publish_is_read() -> None:
    found, wrong = read(json.dumps(pod()))
    assert not wrong
    assert not found.pods[0].unknown
    facts = {(f.container, f.name): f.value for f in found.pods[0].facts}
    assert facts["", "phase"] == "Running"
    assert facts["", "deleting"] is False
    assert facts["", "conditionStatus_Ready"] == "False"
    assert facts["", "conditionReason_Ready"] == "ContainersNotReady"
    assert facts["", "conditionStatus_Initialized"] == ""
    assert facts["c1", "apiState"] == "waiting"
    assert facts["c1", "reason"] == "CrashLoopBackOff"
    assert facts["c1", "lastState"] == "terminated"
    assert facts["c1", "lastExitCode"] == 1
    assert facts["c1", "restartCount"] == 3
    assert facts["c1", "started"] is False


def test_yaml_json_and_lists_say_the_same() -> None:
    import yaml

    one = pod()
    other = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}}
    texts = (
        json.dumps(one), yaml.safe_dump(one),
        json.dumps({"apiVersion": "v1", "kind": "List", "items": [one, other]}),
        json.dumps({"apiVersion": "v1", "kind": "PodList", "items": [one]}),
        yaml.safe_dump_all([other, one]),
    )  # fmt: skip
    first = read(texts[0])[0].pods[0]
    for text in texts:
        found, wrong = read(text)
        assert not wrong
        assert [p._replace(span=first.span) for p in found.pods] == [first]


def test_what_the_rules_do_not_know_is_named_and_passed_over() -> None:
    status = pod(
        reason="SomeReason",
        conditions=[
            {"type": "example.com/ok", "status": "False"}, {"type": "Ready", "status": "True"},
        ],
        ephemeralContainerStatuses=[],
    )  # fmt: skip
    status["status"]["containerStatuses"].append({"name": "ghost", "restartCount": 0})
    found, wrong = read(json.dumps(status))
    assert not wrong
    said = " ".join(found.pods[0].unknown)
    assert all(word in said for word in ("SomeReason", "example.com/ok", "Ephemeral", "ghost"))
    assert found.pods[0].value("reason") is None


def test_a_readiness_gate_takes_ready_away_from_the_rules() -> None:
    status = pod()
    status["spec"] = {**status["spec"], "readinessGates": [{"conditionType": "example.com/lb"}]}
    found, _ = read(json.dumps(status))
    assert found.pods[0].value("conditionStatus_Ready") is None
    assert "readiness gates" in " ".join(found.pods[0].unknown)


@pytest.mark.parametrize(
    ("status", "messages"),
    [
        ({"phase": "Unknown"}, ["The phase `Unknown` is not in use any more."]),
        ({"phase": "Runing"}, ["`Runing` is not a phase."]),
        ({"conditions": [{"type": "Ready", "status": True}]},
         ["Condition Ready is True, False or Unknown."]),
        ({"conditions": "none"}, ["`conditions` is a list."]),
        ({"conditions": [{"type": "", "status": "True"}]}, ["A condition has a type."]),
        ({"containerStatuses": [{"name": "c1", "state": "running"}]}, ["`state` is an object."]),
        ({"containerStatuses": [{"name": "c1", "state": {"running": "yes"}}]},
         ["`running` is an object."]),
        ({"containerStatuses": [{"name": "c1", "restartCount": -1, "ready": "yes"}]},
         ["`restartCount` is a whole number from 0 to 1073741823.", "`ready` is true or false."]),
        ({"containerStatuses": [{"name": "c1", "state": {"running": {}, "waiting": {}}}]},
         ["`state` of `c1` is one of waiting, running, terminated."]),
        ({"containerStatuses": [{"name": "c1", "lastState": {"running": {}, "waiting": {}}}]},
         ["`lastState` of `c1` is one of waiting, running, terminated."]),
        ({"containerStatuses": [{"name": "c1"}, {"name": "c1"}, {}, 7]},
         ["The status of container `c1` is listed twice.", "A container status has a name.",
          "Each item of `containerStatuses` is an object."]),
        ({"containerStatuses": [{"name": "c1", "state": {"terminated": {"exitCode": 300}}}]},
         ["`exitCode` is a whole number from 0 to 255."]),
    ],
)  # fmt: skip
def test_all_that_is_wrong_is_said_at_once(status: dict[str, Any], messages: list[str]) -> None:
    found, wrong = read(json.dumps(pod(**status), indent=1))
    assert not found.pods
    assert [w.split(" ", 2)[2] for w in wrong] == messages
    assert all(w.startswith("E382") for w in wrong)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind: Service\napiVersion: v1\n", "There is no Pod in this input."),
        ("", "There is no Pod in this input."),
        (
            "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: a}]}\n",
            "The pod `web` has no status.",
        ),
    ],
)
def test_no_status_to_explain(text: str, message: str) -> None:
    found, wrong = read(text)
    assert not found.pods
    assert [w.split(" ", 2)[2] for w in wrong] == [message]
    assert wrong[0].startswith("E381")


def test_a_wrong_pod_hides_no_other() -> None:
    items = [pod(phase="Runing"), pod()]
    found, wrong = read(json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    assert len(found.pods) == 1
    assert len(wrong) == 1


def test_recorded_statuses_are_known_in_full() -> None:
    statuses = list(recorded("traces.jsonl.gz"))[::400]
    assert len(statuses) > 20
    for spec, status in statuses:
        found, wrong = read(json.dumps(pod_of(spec, status)))
        assert not wrong
        assert not found.pods[0].unknown


@pytest.mark.parametrize(
    ("metadata", "code"),
    [("{name: import}", "E334"), ('{name: "a b; c"}', "E336"), ("[]", "E331")],
)
def test_a_job_that_is_none_is_refused(metadata: str, code: str) -> None:
    text = f"apiVersion: batch/v1\nkind: Job\nmetadata: {metadata}\nstatus: {{failed: 2}}\n"
    diagnostics = Diagnostics()
    assert not read_observed(Source("job", text), load_pack(), diagnostics).jobs
    assert code in [d.code for d in diagnostics.sorted()]


def test_a_container_that_waited_before() -> None:
    """A runtime that leaves failed instances created: `lastState` is `waiting` then."""
    given = {"name": "c1", "lastState": {"waiting": {}}, "restartCount": 21}
    found, wrong = read(json.dumps(pod(containerStatuses=[given])))
    assert not wrong
    assert not found.pods[0].unknown
    assert found.pods[0].value("lastState", "c1") == "waiting"


def test_a_container_that_ran_before_is_named_as_not_known() -> None:
    given = {"name": "c1", "lastState": {"running": {}}, "restartCount": 21}
    found, wrong = read(json.dumps(pod(containerStatuses=[given])))
    assert not wrong
    (sentence,) = found.pods[0].unknown
    assert sentence.startswith("status.containerStatuses[c1].lastState is running:")
    assert found.pods[0].value("lastState", "c1") is None
    assert found.pods[0].value("restartCount", "c1") == 21
