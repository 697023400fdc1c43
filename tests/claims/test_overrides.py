"""A spec's own rules take the place of the pack's, for that spec only."""

from __future__ import annotations

from podcheck.api import verify_text
from podcheck.results.verdicts import Verdict

POD = "pod two { container app  container helper }\n"
RULE = """rule "an OOM kill is the end" overrides "something runs"
  = (some c in main: c.newState = running)
    and not (some c in main: c.newReason = OOMKilled) : Running
  -- What a popular table claims. [an article]
"""
CLAIM = """scenario "one OOM kill fails the pod" for two from Running under Never {
  when app is OOMKilled then phase = Failed
}
"""


def test_a_rule_changes_a_verdict_for_its_own_spec() -> None:
    assert verify_text(POD + CLAIM).claims[0].verdict is Verdict.FAILS
    assert verify_text(POD + RULE + CLAIM).claims[0].verdict is Verdict.HOLDS
    assert verify_text(POD + CLAIM).claims[0].verdict is Verdict.FAILS


def test_a_story_names_the_overriding_rule() -> None:
    claim = CLAIM.replace("phase = Failed", "phase = Pending").replace(
        "OOMKilled then", "OOMKilled\n  then"
    )
    rule = (
        RULE.replace(": Running", ": Running")
        .replace("not (some", "(no")
        .replace("OOMKilled) :", "Completed) :")
    )
    report = verify_text(POD + rule + claim)
    outcome = report.claims[0].outcomes[0]
    assert outcome.story is not None
    assert [r.name for r in outcome.story.decided_by] == ["an OOM kill is the end"]
    assert outcome.story.decided_by[0].cites == "an article"


def test_errors_in_a_rule_stand_where_it_is_written() -> None:
    wrong = RULE.replace("c.newState = running", "c.nonsense = running").replace(
        "something runs", "over, all with 0"
    )
    (file,) = verify_text(POD + wrong + CLAIM).files
    assert [(d.code, d.span.line) for d in file.diagnostics] == [("E105", 3)]


def test_a_name_that_several_rules_share() -> None:
    wrong = RULE.replace("something runs", "otherwise")
    (file,) = verify_text(POD + wrong + CLAIM).files
    assert [d.code for d in file.diagnostics] == ["E125"]
    assert "rules are called `otherwise`" in file.diagnostics[0].message
