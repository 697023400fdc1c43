"""Claims from any state: one proof for all starts says what asking about each of them says."""

from __future__ import annotations

import pytest
from sampling import sampled_pairs

from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.report.timeline import BEGINS, of_story
from podcheck.results.verdicts import FileResult, Verdict
from podcheck.verification import any_start
from podcheck.verification.options import Options

ONE = "pod one { container app { livenessProbe } }"
TWO = "pod one { container app  container side }"
ONLY = "assuming only exits, backoff, deletion"

CHECKS = {
    "terminal phases absorb": (
        f"under every policy {ONLY} {{ always (phase in {{Succeeded, Failed}} implies"
        " next phase = phase) }"
    ),
    "a failure is final": f"under Never {ONLY} {{ never phase = Running }}",
    "it never fails": f"under OnFailure {ONLY} {{ never phase = Failed }}",
    "it is never restarted": (
        "under every policy assuming only exits { never app.restartCount > 1 }"
    ),
    "a premise that no run reaches": (
        "under Never assuming only exits, backoff { always (app.restartCount > 2 implies"
        " phase = Failed) }"
    ),
}


def settled(text: str, steps: int = 2_000_000, stories: str = "none") -> FileResult:
    checker = Checker(
        Options(stories=stories, max_steps=steps), load_pack()
    )  # nothing is kept under given rules
    return checker.open_source(Source("any.pod", text), None).result()


def verdicts(result: FileResult) -> list[tuple[str, Verdict]]:
    return [(o.policy, o.verdict) for o in result.claims[0].outcomes]


STARTS = ("Running", "Failed", "state where app.exitCode = 1")


@pytest.mark.parametrize(("title", "start"), sampled_pairs(CHECKS, STARTS))
def test_one_proof_says_the_same(title: str, start: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f'{ONE}\ncheck "{title}" for one from any {start} {CHECKS[title]}\n'
    monkeypatch.setattr(any_start, "FEW", 10**9)
    each = settled(text)
    monkeypatch.setattr(any_start, "FEW", 1)
    assert verdicts(settled(text)) == verdicts(each)


def test_many_starts_are_proved_at_once() -> None:
    title = "terminal phases absorb"
    result = settled(f'{TWO}\ncheck "{title}" for one from any Running {CHECKS[title]}\n')
    assert {o.verdict for o in result.claims[0].outcomes} == {Verdict.HOLDS}
    assert {o.detail for o in result.claims[0].outcomes} == {"one proof for all reachable states"}


def test_a_violation_from_a_far_start_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Under Always the first starts are fresh pods; only a later one has been restarted."""
    text = (
        f'{TWO}\ncheck "c" for one from any Running under Always assuming only exits, backoff'
        " { never side.restartCount > 2 }\n"
    )
    monkeypatch.setattr(any_start, "FEW", 1)
    assert verdicts(settled(text)) == [("Always", Verdict.FAILS)]


SCENARIOS = {
    "when app exits 1 then phase in {Running, Failed}": "HOLDS",
    "when app exits 1 then phase = Running": "FAILS",
    "when app exits 1 followed by side exits 0 then phase = Failed": "HOLDS",
    "when backoff ends then phase = Running": "VACUOUS",
}


@pytest.mark.parametrize("steps", SCENARIOS)
def test_a_scenario_is_proved_from_all_starts_as_from_each(
    steps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (
        f'{TWO}\nscenario "s" for one from any Running under Never assuming only exits, backoff'
        f" {{ {steps} }}\n"
    )
    monkeypatch.setattr(any_start, "MANY", 10**9)
    monkeypatch.setattr(any_start, "MANY_STEPS", 10**9)
    each = settled(text)
    assert verdicts(each) == [("Never", Verdict[SCENARIOS[steps]])]
    monkeypatch.setattr(any_start, "MANY", 1)
    at_once = settled(text)
    assert verdicts(at_once) == verdicts(each)
    (outcome,) = at_once.claims[0].outcomes
    proved = outcome.detail == "one proof for all reachable states"
    assert proved == (SCENARIOS[steps] == "HOLDS")


def test_scenarios_from_more_starts_than_can_be_listed_are_proved() -> None:
    """A start is each of some hundred thousand states."""
    result = settled(
        f'{TWO}\nscenario "s" for one from any Running under Never assuming no lost records'
        " { when app exits 1 then phase in {Running, Failed} }\n"
    )
    assert verdicts(result) == [("Never", Verdict.HOLDS)]


FEW_STEPS = 50  # of explicit search: too few for the start that matters


def test_a_violation_that_the_proof_meets_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing starts comes to an end before one is listed from which the claim fails."""
    text = (
        f'{TWO}\nscenario "s" for one from any Running under Never assuming only exits'
        " { when app exits 1 then phase = Running }\n"
    )
    monkeypatch.setattr(any_start, "MANY", 10**9)
    assert verdicts(settled(text, steps=FEW_STEPS)) == [("Never", Verdict.UNKNOWN)]
    monkeypatch.setattr(any_start, "MANY", 1)
    assert verdicts(settled(text, steps=FEW_STEPS)) == [("Never", Verdict.FAILS)]
    (outcome,) = settled(text, steps=FEW_STEPS, stories="all").claims[0].outcomes
    assert outcome.story is not None
    first, then = [s.event for s in outcome.story.steps][1:]
    assert first.startswith("side exits") and then == "app exits 1"


LOST = "state where phase = Failed and app.reason = ContainerStatusUnknown"


def test_a_find_gets_to_its_start_by_races_too() -> None:
    """The record of an evicted pod's container is lost by a race only."""
    assuming = "under Never assuming only exits, eviction"
    checked = f'check "c" for one from any {LOST} {assuming} {{ always phase = Failed }}\n'
    assert verdicts(settled(f"{ONE}\n{checked}")) == [("Never", Verdict.VACUOUS)]
    raced = checked.replace("eviction", "eviction, races")
    assert verdicts(settled(f"{ONE}\n{raced}")) == [("Never", Verdict.HOLDS)]
    sought = f'find "c" for one from any {LOST} {assuming} {{ phase = Failed }}\n'
    assert verdicts(settled(f"{ONE}\n{sought}")) == [("Never", Verdict.HOLDS)]


def test_the_story_says_where_the_claim_begins() -> None:
    text = (
        f'{ONE}\ncheck "c" for one from any state where app.restartCount = 1 under Always'
        " assuming only exits, backoff { never app.restartCount > 1 }\n"
    )
    checker = Checker(Options())
    (claim,) = checker.open_source(Source("any.pod", text), None).result().claims
    story = claim.outcomes[0].story
    assert story is not None and story.steps[0].event == "a pod just created"
    assert story.begins == 1 and story.steps[1].status.containers[0].restarts == 1
    grid = of_story(story)
    assert [m.step for m in grid.moments if m.mark == BEGINS] == [1]
    from_the_first = text.replace("restartCount = 1", "restartCount = 0")
    (claim,) = checker.open_source(Source("any.pod", from_the_first), None).result().claims
    story = claim.outcomes[0].story
    assert story is not None and story.begins is None
    assert story.steps[0].event == "any state where app.restartCount = 0"
