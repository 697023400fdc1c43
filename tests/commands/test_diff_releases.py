"""Ten pods under neighbouring releases, as golden files, and that each changed rule is shown by a
run."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from podcheck.comparison.pairs import all_switches, example, examples, of_releases
from podcheck.declarations.pod import POLICIES
from podcheck.declarations.releases import Release, release_of, releases_of, text_of
from podcheck.declarations.spec import Spec
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.specs import spec_of
from podcheck.report.differences import render, without_replays
from podcheck.results.differences import Comparison
from podcheck.verification.options import Options

GOLDENS = Path(__file__).parent / "diff"
NEIGHBOURS = list(pairwise(releases_of("all")))
USUAL = """pod web {
  init setup
  sidecar proxy { startupProbe }
  container app { livenessProbe readinessProbe }
  container helper { startupProbe }
}
"""
SAMPLED = (release_of("1.31"), release_of("1.32"))
SMALL = ("one", "assisted")

by_neighbours = pytest.mark.parametrize("pair", NEIGHBOURS, ids=lambda p: text_of(p[1]))


def spec(text: str) -> Spec:
    diagnostics = Diagnostics()
    found = spec_of(Source("examples.pod", text), None, diagnostics)
    assert not diagnostics.has_errors
    return found


@cache
def compared(old: Release, new: Release, small: bool) -> str:
    """Each pod under one policy; of some, that neither release takes them."""
    found: list[Comparison] = []
    refused: list[str] = []
    for number, text in enumerate([*(source.text for source in examples()), USUAL]):
        pods, diagnostics = spec(text), Diagnostics()
        (name,) = pods.pods
        if small and name not in SMALL:
            continue
        for pair in of_releases("", pods, old, new, diagnostics):
            policy = POLICIES[number % len(POLICIES)]
            found += map(without_replays, pair.compared([policy], Options()))
        if diagnostics.has_errors:
            refused.append(f"Neither takes {name}.\n")
    assert len(found) + len(refused) == (len(SMALL) if small else 12)
    return render(found, text_of(old), text_of(new)) + "".join(refused)


def test_small_pods_are_as_in_the_golden_file(golden) -> None:  # type: ignore[no-untyped-def]
    golden(GOLDENS / "small.txt", compared(*SAMPLED, small=True))


@pytest.mark.slow
@by_neighbours
def test_ten_pods_are_as_in_the_golden_file(pair, golden) -> None:  # type: ignore[no-untyped-def]
    old, new = pair
    golden(GOLDENS / f"{text_of(old)}-{text_of(new)}.txt", compared(old, new, small=False))


# What no status of a pod can show: fields that an API server drops or refuses, what a Job
# controller does, and what the last patches of two releases have in common.
NOT_SHOWN = {
    "JobBackoffLimitPerIndex", "JobPodReplacementPolicy", "JobSuccessPolicy", "hasInterim",
    "PodLifecycleSleepAction", "PodLifecycleSleepActionAllowZero", "InPlacePodVerticalScaling",
    "warn W307", "warn W308", "triesStuckInit", "waitsForTurn", "remakesProber", "inferredDone",
}  # fmt: skip


@pytest.mark.slow
@by_neighbours
def test_each_rule_that_differs_is_shown_by_a_run(pair: tuple[Release, Release]) -> None:
    for switch in all_switches(*pair):
        found = example(*pair, switch, Options())
        name = switch.asked[0].name
        assert found.run is not None or name in NOT_SHOWN, name
        assert found.run is None or found.run.differing


# What the releases are known to differ in: the older one, the newer one, a pod, its policy, the
# events after which both differ, and in what.
KNOWN = [
    ("1.35", "1.36", "pod p { container app }", "Always", "app.lastState"),
    ("1.35", "1.36", "pod p { init setup  container app }", "Always", "setup.restartCount"),
    ("1.35", "1.36", "pod p { container a  container b }", "OnFailure",
     "condition PodReadyToStartContainers"),
    ("1.34", "1.35", "pod p { sidecar s  container app }", "Always", "phase"),
    ("1.34", "1.35", "pod p { container a  container b }", "Never", "STATUS"),
    ("1.32", "1.33", "pod p { sidecar s  container app }", "Always", "phase"),
    ("1.32", "1.33", "pod p { sidecar s { startupProbe }  container app { readinessProbe } }",
     "Never", "s.started"),
    ("1.31", "1.32", "pod p { sidecar s  container app }", "Always", "s.restartCount"),
    ("1.30", "1.31", "pod p { container app }", "Never", "STATUS"),
    ("1.28", "1.29", "pod p { sidecar s  container app }", "Never", "app.state"),
    ("1.36", "1.37", USUAL, "Always", "STATUS"),
]  # fmt: skip
CHEAP = KNOWN[3:9:5]


def shows(old: str, new: str, text: str, policy: str, name: str) -> None:
    """Both releases differ in it, and each run that is shown ends in what is said."""
    (pair,) = of_releases("", spec(text + "\n"), release_of(old), release_of(new), Diagnostics())
    found = pair.compare(policy, Options())
    assert found.verdict == "different"
    rows = [row for d in found.differences for row in d.differing]
    assert name in {row[0] for row in rows}
    assert all(row[1] != row[2] for row in rows)
    assert all(d.because for d in found.differences)


@pytest.mark.parametrize("known", CHEAP, ids=lambda k: f"{k[1]}-{k[4]}")
def test_a_known_difference_is_found(known: tuple[str, str, str, str, str]) -> None:
    shows(*known)


@pytest.mark.slow
@pytest.mark.parametrize("known", KNOWN, ids=lambda k: f"{k[1]}-{k[4]}")
def test_every_known_difference_is_found(known: tuple[str, str, str, str, str]) -> None:
    shows(*known)
