"""Every line of the rule pack decides somewhere in the catalogue, and every event happens.

`python tests/rule_coverage.py` prints those that don't, `--all` the specs of each.
"""

from __future__ import annotations

import pytest
import rule_coverage

from podcheck.rules.loader import load_pack


def test_what_fires_in_a_small_spec() -> None:
    _, fired = rule_coverage.fired_in("specs/kubernetes/crash-loop-backoff-is-running.pod")
    assert {"event: c exits", "computedPhase: a restart will come"} <= fired
    assert {"next error: back-off", "STATUS: first main word"} <= fired
    assert not {"event: pod is deleted", "stage: removal"} & fired


def test_what_counts_as_unreachable_is_a_rule() -> None:
    assert rule_coverage.UNREACHABLE.keys() <= set(rule_coverage.identities())


@pytest.mark.slow
def test_every_line_and_every_event_fires_in_some_spec() -> None:
    found = rule_coverage.coverage()
    idle = {name for name, specs in found.items() if not specs}
    assert idle == rule_coverage.UNREACHABLE.keys()


def test_rules_tell_no_exit_codes_apart_but_zero() -> None:
    """Each number that exit codes are compared with makes a class of codes, and systems larger;
    the numbers of refusals speak of other things."""
    assert load_pack().code_tests == {frozenset((0,))}
