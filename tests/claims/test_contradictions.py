"""Claims that contradict each other are reported, and no others."""

from __future__ import annotations

import random

import pytest

from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import FileResult, Verdict
from podcheck.verification.options import Options

PODS = "pod one { container app }\npod two { container app  container b }\n"
EVENTS = (
    "app exits 1",
    "app exits 0",
    "app is OOMKilled",
    "any container exits 1",
    "pod is deleted",
)
CONDITIONS = (
    "phase = Running", "phase = Failed", "phase = Succeeded", "phase in {Running, Pending}",
    "phase != Running", "app.restartCount = 1", "app.restartCount = 0", "app.restartCount > 1",
    'STATUS = "Error"', 'STATUS = "Completed"', "app.exitCode in {1, 2}", "app.exitCode = 3",
    "app.state = running", "app.ready", "not app.ready", "deleted",
    "not (phase = Running and app.ready)",
)  # fmt: skip
ASSUMPTIONS = (" assuming only exits", " assuming races, only exits")


def checked(text: str) -> FileResult:
    options = Options(stories="none", engine="explicit")
    return Checker(options, load_pack()).check_source(Source("c.pod", PODS + text), None)


def warned(text: str) -> list[str]:
    result = checked(text)
    assert all(d.code == "W206" for d in result.diagnostics), result.diagnostics
    return [d.message for d in result.diagnostics]


def scenario(then: str, *, title: str = "s", head: str = "for one from Running under Never") -> str:
    return f'scenario "{title}" {head} {{ when app exits 1 {then} }}\n'


def check(body: str, *, kind: str = "check", policies: str = "Never", pod: str = "one") -> str:
    return f'{kind} "{body}" for {pod} under {policies} assuming races, only exits {{ {body} }}\n'


RUNNING, FAILED = scenario("then phase = Running"), scenario("then phase = Failed", title="t")
NEVER = check("never phase = Failed", policies="Never, OnFailure")


@pytest.mark.parametrize(
    "text",
    [
        RUNNING + FAILED,
        RUNNING + scenario("then phase != Running"),
        scenario("at once phase = Running then app.ready")
        + scenario("at once app.ready then not app.ready"),
        scenario('then STATUS = "Error"') + scenario('then STATUS = "Completed"'),
        scenario("then app.restartCount = 1") + scenario("then app.restartCount = 2 and app.ready"),
        RUNNING
        + 'table "t" for one from Running { | event | Never |\n| app exits 1 | !Running |\n}\n',
        RUNNING + RUNNING.replace("scenario", "refute"),
        scenario("then phase = Running", head="for one from Running under Never assuming races")
        + FAILED.replace("scenario", "find").replace("Never", "Never assuming races"),
        NEVER + check("phase = Failed", kind="find"),
        NEVER + check("never phase = Failed", kind="refute"),
        NEVER + check("always phase = Failed", policies="every policy"),
        check("never phase = Failed  always phase = Failed"),
    ],
)
def test_a_contradiction_is_reported_once(text: str) -> None:
    (message,) = warned(text)
    assert "contradict" in message


@pytest.mark.parametrize(
    "text",
    [
        RUNNING + scenario("then phase in {Running, Failed}"),
        RUNNING + scenario("at once phase = Failed"),  # another status
        RUNNING + FAILED.replace("under Never", "under Always"),
        RUNNING + FAILED.replace("from Running ", ""),
        RUNNING + FAILED.replace("app exits 1", "app exits 2"),
        RUNNING + FAILED.replace("under Never", "under Never assuming races"),
        RUNNING + FAILED.replace("for one", "for two"),
        RUNNING + FAILED.replace("scenario", "refute"),  # some run that does not end Failed
        RUNNING.replace("scenario", "refute") + FAILED.replace("scenario", "refute"),
        # a find's run may have races
        (
            'check "a" for one under Never assuming only exits { never phase = Failed }\n'
            'find "b" for one under Never assuming only exits { phase = Failed }\n'
        ),
        # a find needs one run, of whichever policy or pod
        NEVER + check("phase = Failed", kind="find", policies="every policy"),
        NEVER + check("phase = Failed", kind="find", pod="one, two"),
        NEVER + check("never phase = Failed", kind="refute", policies="every policy"),
        NEVER + check("always phase = Running implies phase != Failed"),
        check("never phase = Failed") + check("phase != Failed", kind="find"),
        check("always phase != phase") + NEVER,  # impossible by itself
        check("eventually phase = Failed", kind="check").replace("races, ", "") + NEVER,
    ],
)
def test_what_is_no_contradiction_is_not_reported(text: str) -> None:
    assert warned(text) == []


def test_members_of_a_family_and_policies_are_reported_once() -> None:
    text = """pod crowd { container c[1..3] }
scenario "a" for crowd from Running under every policy { when c1 exits 1 then phase = Running }
scenario "b" for crowd from Running under every policy { when c1 exits 1 then phase = Failed }
"""
    (message,) = warned(text)
    assert message == (
        'Scenario "b" contradicts scenario "a" in line 4: for `crowd` under '
        "Always, OnFailure, Never they can't both hold."
    )


def a_claim(chance: random.Random, number: int) -> str:
    kind = chance.choice(("scenario", "scenario", "check", "check", "find", "refute"))
    pod, policy = chance.choice(("one", "two")), chance.choice(("Never", "Always", "every policy"))
    said = chance.choice(CONDITIONS)
    if chance.random() < 0.3:
        said = f"{said} {chance.choice(('and', 'or'))} {chance.choice(CONDITIONS)}"
    head = f'{kind} "{number}" for {pod}'
    if kind == "scenario" or (kind == "refute" and chance.random() < 0.5):
        timing = chance.choice(("then", "then", "at once"))
        event = chance.choice(EVENTS)
        return f"{head} from Running under {policy} {{ when {event} {timing} {said} }}\n"
    formula = said if kind == "find" else f"{chance.choice(('always', 'never'))} ({said})"
    return f"{head} under {policy}{chance.choice(ASSUMPTIONS)} {{ {formula} }}\n"


@pytest.mark.parametrize("seed", range(3))
def test_two_claims_that_are_reported_never_both_hold(seed: int) -> None:
    chance = random.Random(seed)
    text = "".join(a_claim(chance, n) for n in range(60))
    result = checked(text)
    verdicts = {c.title: c.verdict for c in result.claims}
    contradicting = [d for d in result.diagnostics if d.code == "W206"]
    assert len(contradicting) >= 3
    for d in contradicting:
        both = {verdicts[d.message.split('"')[place]] for place in (1, 3)}
        assert both != {Verdict.HOLDS}, d.message
