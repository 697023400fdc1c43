"""Every line of the rule pack decides somewhere in the catalogue, and every event happens.

`python tests/tools/rule_coverage.py` prints those that don't, `--all` the specs of each.
"""

from __future__ import annotations

import pytest
import rule_coverage

from podcheck.compiler.plan import make_plan
from podcheck.core.finite_cut import needs_of, uncuttable
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of


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


def test_rules_tell_no_exit_codes_apart_but_zero_and_have_an_exact_cut() -> None:
    """Each set that exit codes are tested for makes a class of codes, and systems larger; counts
    that are compared with each other must not matter where both are large
    (`core/finite_cut.py`)."""
    pod = "pod p {\n  init i\n  sidecar s { livenessProbe }\n  container a { readinessProbe }\n}"
    diagnostics = Diagnostics()
    spec = spec_of(Source("p.pod", pod), None, diagnostics)
    (plan,) = make_plan(spec, load_pack(), diagnostics).pods
    assert not diagnostics.found
    system = plan.grounder.system(plan.grounder.every_variable(), plan.grounder.events)
    found = needs_of([x for a in system.actions() for x in (a.guard, *a.updates.values())])
    assert found.codes == {frozenset((0,))}
    assert not found.every_code
    assert found.pairs
    assert not uncuttable(system)
