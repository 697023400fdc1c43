"""The rules of the Job controller against recorded lives of Jobs."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from places import RECORDINGS

from podcheck.conform.job_lives import compare_job_lives
from podcheck.loading.rules import load_pack

Life = dict[str, Any]


def lives() -> list[Life]:
    with gzip.open(RECORDINGS / "job_traces.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def specs() -> dict[str, Any]:
    text = (RECORDINGS / "job_specs.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def test_every_life_ends_as_recorded() -> None:
    """The recorded statuses come in their order, too, but where the recorder saw one status in two
    steps, or a success and a failure of one moment in the other order."""
    found = compare_job_lives(load_pack(), lives(), specs(), "lives")
    assert (found.steps, found.equal, found.divergences) == (643, 643, [])
    assert found.subsequences >= 598 and found.sequences >= 542


def _another_reason(life: Life) -> None:
    last = life["history"][-1]
    last["conds"] = [c.replace("Failed:", "Complete:") for c in last["conds"]]


def _one_failure_more(life: Life) -> None:
    life["history"][-1]["failed"] += 1


def _one_pod_more(life: Life) -> None:
    life["pods"].append({"n": len(life["pods"]), "out": "S", "t": 9_999})


CHANGES: tuple[Callable[[Life], None], ...] = (_another_reason, _one_failure_more, _one_pod_more)


@pytest.mark.parametrize("change", CHANGES, ids=lambda c: c.__name__)
def test_a_changed_recording_is_noticed(change: Callable[[Life], None]) -> None:
    failed = [life for life in lives() if "Failed:" in " ".join(life["history"][-1]["conds"])][::40]
    changed = deepcopy(failed)
    for life in changed:
        change(life)
    found = compare_job_lives(load_pack(), changed, specs(), "changed")
    assert found.steps == len(failed) > 3 and found.equal == 0
    assert found.divergences[0].expected
