"""The step after which nothing could avoid a violation."""

from __future__ import annotations

import json

import pytest
from command_line import Shell

POD = "pod two { container app  container helper }\n\n"
NOTHING = "Every run allowed by this claim fails the same way."

CASES = {
    "one event, one code": ("when app exits 1 then phase = Failed", 0, NOTHING),
    "every container, every code": (
        "when any container exits then phase != Running",
        0,
        NOTHING,
    ),
    "the first code decides": (
        "when app exits 0..1 followed by helper exits 0 then phase = Succeeded",
        1,
        "Step 1 makes the failure unavoidable.",
    ),
    "the last code decides": (
        "when app exits 0 followed by helper exits then phase = Succeeded",
        2,
        "Step 2 makes the failure unavoidable.",
    ),
    "what comes later does not count": (
        "when any container exits 0 then phase = Failed  when helper exits 0 then phase = Failed",
        0,
        NOTHING,
    ),
}


@pytest.mark.parametrize(("steps", "since", "sentence"), CASES.values(), ids=CASES)
def test_scenarios(shell: Shell, steps: str, since: int, sentence: str) -> None:
    spec = f'{POD}scenario "x" from Running under Never {{\n  {steps}\n}}\n'
    path = shell.write("two.pod", spec)
    assert sentence in shell("verify", path).out
    report = json.loads(shell("verify", "--format", "json", path).out)
    [outcome] = report["files"][0]["claims"][0]["outcomes"]
    assert outcome["story"]["unavoidable"] == since


PROPERTIES = {
    "the pod might have rested": (
        "under Never assuming only exits { never phase = Failed }",
        1,
        "Step 1 makes the failure unavoidable.",
    ),
    "what must come comes": (
        (
            "under Never assuming only exits, every container exits eventually"
            " { never phase in {Succeeded, Failed} }"
        ),
        0,
        NOTHING,
    ),
    "a back-off passes by itself": (
        "under OnFailure assuming only exits, backoff { never app.restartCount >= 2 }",
        2,
        "Step 2 makes the failure unavoidable.",
    ),
    "the last of those that are allowed": (
        (
            "under OnFailure assuming only exits, backoff, at most 1 exits"
            " { never app.restartCount >= 1 }"
        ),
        1,
        "Step 1 makes the failure unavoidable.",
    ),
}


@pytest.mark.parametrize(("claim", "since", "sentence"), PROPERTIES.values(), ids=PROPERTIES)
def test_checks(shell: Shell, claim: str, since: int, sentence: str) -> None:
    path = shell.write(
        "one.pod", f'pod one {{ container app }}\n\ncheck "x" from Running {claim}\n'
    )
    assert sentence in shell("verify", path).out
    report = json.loads(shell("verify", "--format", "json", path).out)
    [outcome] = report["files"][0]["claims"][0]["outcomes"]
    assert outcome["story"]["unavoidable"] == since


def test_finds_and_steps_say_nothing(shell: Shell) -> None:
    head = "from Running under Never assuming only exits"
    for claim in (f'find "x" {head} {{ phase = Failed }}',
                  f'check "x" {head} {{ always next phase = Running }}'):  # fmt: skip
        out = shell("verify", "-v", shell.write("two.pod", f"{POD}{claim}\n")).out
        assert "step " in out
        assert "avoid" not in out


def test_where_the_budget_ends_nothing_is_said(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podcheck.explanation.unavoidable.MOST_STEPS", 1)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    steps, _, _ = CASES["the first code decides"]
    spec = f'{POD}scenario "x" from Running under Never {{\n  {steps}\n}}\n'
    out = shell("verify", shell.write("two.pod", spec)).out
    assert "FAILS" in out
    assert "avoid" not in out
