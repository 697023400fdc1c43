"""The rules refer to pods of any shape: ten containers of every kind, with rules of every kind."""

from __future__ import annotations

from podcheck.api import verify_text
from podcheck.results.verdicts import Verdict

BIG = """pod big {
  restartPolicy: OnFailure
  init i1
  init i2 { restartPolicy: Never  on exit 3: Restart }
  sidecar s1 { startupProbe }
  init i3
  sidecar s2 { livenessProbe  on exit 9: RestartAllContainers }
  container a
  container b { restartPolicy: Always }
  container c { restartPolicy: Never  on exit not in {0}: Restart }
  container d { livenessProbe  readinessProbe }
  container e { restartPolicy: OnFailure  on exit 42: RestartAllContainers }
}
"""


def verdict_of(claim: str) -> Verdict:
    report = verify_text(BIG + claim)
    assert not report.files[0].has_errors, report.files[0].diagnostics
    return report.claims[0].verdict


def test_one_failure_ends_nothing() -> None:
    claim = """scenario "one failure" for big from Running under every policy {
      when a exits nonzero then phase = Running and READY != "0/7"
    }"""
    assert verdict_of(claim) is Verdict.HOLDS


def test_all_restart_from_the_first_init_container() -> None:
    claim = """scenario "all restart" for big from Running under every policy {
      when e exits 42 then phase = Pending and i1.state = running and a.state = waiting
      when i1 exits 0 then i2.state = running
    }"""
    assert verdict_of(claim) is Verdict.HOLDS


def test_the_first_rule_that_matches_decides() -> None:
    claim = """refute "a matching rule is ignored under Never" for big under Never {
      when i1 exits 0
      when i2 exits 3 then phase = Failed
    }"""
    assert verdict_of(claim) is Verdict.HOLDS


def test_a_wrong_belief_is_refuted() -> None:
    claim = """scenario "all end together" for big from Running under Never {
      when every main container at once exits 0 then phase = Succeeded
    }"""
    assert verdict_of(claim) is Verdict.FAILS  # b and a failing c are started again
