"""Statuses and logs of every recorded release, as they are and changed: nothing crashes, and what
is said to lead to a status does when it is played again."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from functools import cache
from typing import Any

import pytest
from observed import Recorded, lives_of_releases
from sampling import sampled

from podcheck.core.answers import Move
from podcheck.explanation.narrator import Played
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.observation.explainer import Explainer, shape
from podcheck.observation.goal import Goal
from podcheck.observation.log import read_log
from podcheck.observation.reader import read_observed
from podcheck.observation.status import ObservedPod
from podcheck.observation.subject import Ground, Subject
from podcheck.results.explanations import EXPLAINED, IMPOSSIBLE, UNKNOWN, Explanation
from podcheck.verification.options import Options

LIVES = [life for life in lives_of_releases(61) if life.rests]


def version(life: Recorded) -> tuple[int, ...]:
    return tuple(int(n) for n in life.release.split("."))


@cache
def explainer(release: tuple[int, ...]) -> Explainer:
    return Explainer(load_pack(), Options(), release)


def observed(pod: dict[str, Any]) -> ObservedPod:
    diagnostics = Diagnostics()
    found = read_observed(Source("pod", json.dumps(pod)), load_pack(), diagnostics)
    assert not diagnostics.has_errors
    return found.pods[0]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[list[Move]]:
    """The moves of the histories that are shown, as they are played last."""
    found: list[list[Move]] = []
    played = Subject.played

    def noting(self: Subject, moves: list[Move]) -> list[Played]:
        found.append(list(moves))
        return played(self, moves)

    monkeypatch.setattr(Subject, "played", noting)
    return found


def judged(pod: dict[str, Any], life: Recorded, runs: list[list[Move]]) -> Explanation:
    """What is said of a pod; its history, if it has one, is played by rules grounded anew."""
    seen = observed(pod)
    runs.clear()
    found = explainer(version(life)).explain(seen)
    if found.verdict == EXPLAINED and runs:
        assert found.history is not None
        moves = runs[-1]
        fresh = Subject.of(Ground.of(load_pack(), shape(seen.pod), version(life)), seen)
        end = fresh.played(moves)[-1].end
        parts = fresh.parts
        exact = not found.history.short
        assert Goal(fresh.ground.narrator.machine, parts, exact=exact).met(end)
    return found


@pytest.mark.parametrize("life", sampled(LIVES, len(LIVES), 465))
def test_a_status_of_any_release_has_a_history(life: Recorded, runs: list[list[Move]]) -> None:
    found = judged(life.rests[-1], life, runs)
    assert found.verdict in (EXPLAINED, UNKNOWN)
    assert found.verdict == EXPLAINED or found.limit


def changed(pod: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """The pod with one field of its status changed."""
    found = deepcopy(pod)
    status = found["status"]
    kinds = [*status.get("containerStatuses", ()), *status.get("initContainerStatuses", ())]
    choice = rng.randrange(7) if kinds else rng.randrange(2)
    if choice == 0:
        others = {"Pending", "Running", "Succeeded", "Failed"} - {status["phase"]}
        status["phase"] = rng.choice(sorted(others))
    elif choice == 1:
        if found["metadata"].pop("deletionTimestamp", None) is None:
            found["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    elif choice == 2 and status["conditions"]:
        condition = rng.choice(status["conditions"])
        condition["status"] = "False" if condition["status"] == "True" else "True"
    else:
        container = rng.choice(kinds or [{}])
        match choice:
            case 3:
                container["ready"] = not container.get("ready")
            case 4:
                container["restartCount"] = container.get("restartCount", 0) + 1
            case 5:
                container["state"] = {"terminated": {"exitCode": 3, "reason": "Error"}}
            case _:
                container["lastState"] = {"terminated": {"exitCode": 2, "reason": "Error"}}
    return found


@pytest.mark.parametrize("number", sampled(range(len(LIVES)), len(LIVES), 1))
def test_a_changed_status_is_judged(number: int, runs: list[list[Move]]) -> None:
    """Impossible, or explained by a run that is played again."""
    life, rng = LIVES[number], random.Random(number)
    found = judged(changed(rng.choice(life.pods), rng), life, runs)
    assert found.verdict in (EXPLAINED, IMPOSSIBLE, UNKNOWN)
    if found.verdict == IMPOSSIBLE:
        assert found.impossible is not None
        assert found.impossible.core


LOGS = [life for life in LIVES if 2 < len(life.rests) < 6]


@pytest.mark.parametrize("life", sampled(LOGS, len(LOGS) // 2))
def test_a_log_of_any_release_is_possible(life: Recorded) -> None:
    """The events between the lines lead from each to the next: ``read_log`` plays them."""
    log = read_log([observed(p) for p in life.rests], load_pack(), Options(), version(life))
    verdicts = [line.verdict for line in log.lines]
    assert "impossible" not in verdicts, verdicts


@pytest.mark.parametrize("number", sampled(range(len(LOGS)), len(LOGS), 3))
def test_a_log_with_two_lines_exchanged_is_judged(number: int) -> None:
    life, rng = LOGS[number], random.Random(number)
    lines, first = [observed(p) for p in life.rests], rng.randrange(len(life.rests) - 1)
    lines[first : first + 2] = lines[first + 1], lines[first]
    log = read_log(lines, load_pack(), Options(), version(life))
    verdicts = [line.verdict for line in log.lines]
    assert len(verdicts) == len(lines)
    assert set(verdicts) <= {"possible", "impossible", "unknown"}
    assert verdicts[: max(first - 1, 0)] == ["possible"] * max(first - 1, 0)
