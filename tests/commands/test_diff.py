"""`podcheck diff`: every difference is played under both releases before it is shown."""

from __future__ import annotations

import json
import shlex

import pytest
from command_line import Shell

from podcheck.comparison.pairs import all_switches

POD = "pod one { container app }\n"


def test_what_differs_is_shown_with_its_replays(shell: Shell) -> None:
    name = shell.write("a.pod", POD)
    done = shell("diff", "1.28", "1.29", name, "--under", "Never", "--format", "json")
    assert done.code == 1
    (found,) = json.loads(done.out)["comparisons"]
    assert found["verdict"] == "different"
    assert found["proved"]  # nothing else
    (difference,) = found["differences"]
    assert difference["differing"] == [
        {"name": "condition PodReadyToStartContainers", "1.28": "false", "1.29": "true"}
    ]
    for side in difference["sides"]:
        words = shlex.split(side["replay"])
        assert words[:2] == ["podcheck", "run"]
        assert shell(*words[1:]).code == 0


@pytest.mark.slow
def test_events_are_sought_not_only_first_states(shell: Shell) -> None:
    """The last state of a container is carried over since 1.36."""
    name = shell.write("a.pod", POD)
    done = shell("diff", "1.35", "1.36", name, "--under", "OnFailure", "--format", "json")
    assert done.code == 1
    (found,) = json.loads(done.out)["comparisons"]
    first = found["differences"][0]
    assert first["events"]
    names = {row["name"] for row in first["differing"]}
    assert "app.lastState" in names
    assert not names & {"app.apiState", "condition_Ready"}  # what a claim can't read


def test_where_no_rule_differs_that_is_a_proof(shell: Shell) -> None:
    done = shell("diff", "1.33", "1.34", shell.write("a.pod", POD))
    assert done.code == 0
    assert done.out.count("EQUAL      one under ") == 3


REFUSED = """pod ruled {
  container app {
    restartPolicy: Never
    on exit 42: RestartAllContainers
  }
}
"""


def test_a_pod_that_one_release_does_not_take_differs(shell: Shell) -> None:
    name = shell.write("a.pod", REFUSED + POD)
    done = shell("diff", "1.34", "1.35", name, "--under", "Always", "--under", "Never")
    assert done.code == 1
    assert done.out.count("DIFFERENT  ruled\n") == 1
    assert "1.35 does not take this pod: Container `app` has a rule" in done.out
    assert " one under Always: " in done.out
    found = shell("diff", "1.34", "1.35", name, "--pod", "ruled", "--format", "json")
    (only,) = json.loads(found.out)["comparisons"]
    assert only["refused"][0]["code"] == "E306"


def test_a_pod_that_neither_release_takes_is_wrong_input(shell: Shell) -> None:
    done = shell("diff", "1.35", "1.35.1", shell.write("a.pod", REFUSED + POD))
    assert done.code == 2
    assert "E306" in done.err + done.out


def test_a_release_is_equal_to_itself(shell: Shell) -> None:
    text = "pod p { init i  sidecar s { startupProbe }  container a { livenessProbe } }\n"
    assert shell("diff", "1.36", "1.36", shell.write("a.pod", text)).code == 0


def test_what_time_does_not_allow_is_unknown(shell: Shell) -> None:
    done = shell(
        "diff", "1.34", "1.35", shell.write("a.pod", POD), "--under", "Never", "--timeout", "0.001"
    )
    assert done.code == 4
    assert "there is no proof that there is none" in " ".join(done.out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1.28", "1.99", "a.pod"), "podcheck knows Kubernetes"),
        (("1.28", "1.29", "a.pod", "--pod", "two"), "There is no pod `two`"),
        (("1.28", "1.29", "none.pod"), "none.pod"),
        (("1.36", "none.rules", "a.pod"), "none.rules"),
        (("1.36", "my.rules"), "Name a spec or a manifest"),
    ],
)
def test_wrong_input(shell: Shell, arguments: tuple[str, ...], said: str) -> None:
    shell.write("a.pod", POD)
    done = shell("diff", *arguments)
    assert done.code == 2
    assert said in done.err + done.out


def test_without_a_pod_the_rules_that_differ_are_shown_by_runs(shell: Shell) -> None:
    done = shell("diff", "1.31", "1.32", "--format", "json")
    assert done.code == 1
    rules = {rule["name"]: rule for rule in json.loads(done.out)["rules"]}
    changed = rules['event "c image is changed"']
    assert changed["asked"] == "since 1.32"
    assert changed["example"]["events"][-1].startswith("proxy image is changed")
    assert {row["name"] for row in changed["example"]["differing"]} >= {"proxy.restartCount"}
    same = shell("diff", "1.36", "1.36")
    assert (same.code, same.out) == (0, "1.36 and 1.36: 0 rules and gates differ\n")


def test_patches_differ() -> None:
    asked = [a.asked for s in all_switches((1, 35, 1), (1, 35)) for a in s.asked]
    assert asked == ["since 1.35.4"]


OVERRIDE = """rule "one failure is enough" overrides "something runs"
  = (some c in main: c.newState = terminated and c.newExitCode != 0) : Failed
"""
DEFINITION = """define byPolicy(p, code) = p != Never
  -- Whatever the code.
"""


@pytest.mark.slow
@pytest.mark.parametrize(("rules", "policy"), [(OVERRIDE, "Never"), (DEFINITION, "OnFailure")])
def test_changed_rules_are_compared(shell: Shell, rules: str, policy: str) -> None:
    name = shell.write("a.pod", "pod one { container app }\n")
    changed = shell.write("my.rules", rules)
    done = shell("diff", "1.36", changed, name, "--under", policy, "--format", "json")
    (found,) = json.loads(done.out)["comparisons"]
    assert found["verdict"] == "different"
    assert any(d["differing"] for d in found["differences"])
    assert all(not s["replay"] for d in found["differences"] for s in d["sides"])


def test_a_difference_of_a_job_alone_is_shown(shell: Shell) -> None:
    """Under the policies that its pods may have, where no field of the pod differs."""
    job = "job nightly { pod { restartPolicy: Never  container work } }\n"
    done = shell("diff", "1.30", "1.31", shell.write("a.pod", job))
    assert (done.code, done.err) == (1, "")
    assert "  nightly under OnFailure\n" in done.out and "  nightly under Never\n" in done.out
    assert "Always" not in done.out
    assert "    condition SuccessCriteriaMet  false  true\n" in done.out


def test_a_manifest_is_compared_under_its_own_policy(shell: Shell) -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec:\n  restartPolicy: Never\n"
    text += "  containers: [{name: app, image: x}]\n"
    done = shell("diff", "1.33", "1.34", shell.write("pod.yaml", text))
    assert done.code == 0
    assert "EQUAL      Pod/web under Never" in done.out
