"""What would make a check or a promise hold: proved again from the words of the report."""

from __future__ import annotations

import json
import re

import pytest
from command_line import Shell

from podcheck.core.answers import Proved

POD = "pod two { container app  container helper }\n\n"

CASES = {  # assumptions, claim, what is said
    "an event": (
        "Always", "only exits, deletion", "always phase = Running",
        ["It would hold `assuming no deletion`."],
    ),
    "a policy, and two events": (
        "OnFailure", "only exits, backoff", "never app.restartCount >= 2",
        ["It would hold under Never.",
         "It would hold `assuming no exits` or `assuming no backoff`."],
    ),
    "two events together": (
        "Never", "only exits, deletion, kubelet restart", "always phase = Running",
        ["It would hold `assuming no deletion, exits`."],
    ),
    "a promise": (
        "Never", "only exits, node loss, every container exits eventually",
        "eventually phase in {Succeeded, Failed}",
        ["It would hold `assuming no node loss`."],
    ),
    "a container that may run forever": (
        "Never", "only exits", "eventually phase in {Succeeded, Failed}",
        ["`assuming every container exits eventually` excludes a run in which one never does."],
    ),
    "nothing helps": (
        "Never", "only exits, every container exits eventually", "eventually phase = Succeeded", [],
    ),
}  # fmt: skip


def spec(policy: str, assuming: str, claim: str) -> str:
    head = f'check "x" for two from Running under {policy} assuming {assuming}'
    return f"{POD}{head} {{\n  {claim}\n}}\n"


def said(shell: Shell, text: str) -> list[str]:
    """What the report of a claim that fails says would make it hold."""
    path = shell.write("two.pod", text)
    report = json.loads(shell("verify", "--format", "json", path).out)
    [outcome] = report["files"][0]["claims"][0]["outcomes"]
    assert outcome["verdict"] == "FAILS"
    return [str(sentence) for sentence in outcome["story"]["would_hold"]]


def wrong(shell: Shell, policy: str, assuming: str, claim: str, told: list[str]) -> list[str]:
    """The reported changes under which the claim does not hold, as verified anew."""
    found = []
    for sentence in told:
        policies = re.findall(r"Always|OnFailure|Never", sentence)
        changed = [spec(p, assuming, claim) for p in policies]
        for kinds in re.findall(r"`assuming no (.+?)`", sentence):
            left = [a for a in assuming.removeprefix("only ").split(", ")
                    if a not in kinds.split(", ")]  # fmt: skip
            changed.append(spec(policy, f"only {', '.join(left) or 'probe errors'}", claim))
        found += [text for text in changed if "1 holds" not in shell(
            "verify", shell.write("changed.pod", text)).out]  # fmt: skip
    return found


@pytest.mark.parametrize(("policy", "assuming", "claim", "expected"), CASES.values(), ids=CASES)
def test_what_is_said_is_so(
    shell: Shell, policy: str, assuming: str, claim: str, expected: list[str]
) -> None:
    told = said(shell, spec(policy, assuming, claim))
    assert told == expected
    assert not wrong(shell, policy, assuming, claim, told)


def test_a_wrong_repair_would_be_noticed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podcheck.explanation.repairs._tried", lambda *_: Proved(None, ""))
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    policy, assuming, claim, expected = CASES["two events together"]
    told = said(shell, spec(policy, assuming, claim))
    assert told != expected
    assert wrong(shell, policy, assuming, claim, told)


def test_where_the_budget_ends_nothing_is_said(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podcheck.explanation.repairs.MOST_STEPS", 1)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    policy, assuming, claim, _ = CASES["a promise"]
    assert said(shell, spec(policy, assuming, claim)) == []


def test_what_would_hold_of_nothing_is_not_said(shell: Shell) -> None:
    claim = "always app.record = exited implies phase != Failed"
    told = said(shell, spec("Never", "only exits, deletion", claim))
    assert not any("no exits" in sentence and "deletion" in sentence for sentence in told)
