"""Statuses of recorded lives are explained, and the history leads to them when it is replayed."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from observed import pod_of, recorded

from podcheck.core.answers import Proved
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.observation.explainer import Explainer
from podcheck.observation.reader import read_observed
from podcheck.observation.status import ObservedPod
from podcheck.observation.story_cache import restored
from podcheck.observation.subject import Ground, Subject
from podcheck.results.explanations import EXPLAINED, IMPOSSIBLE, UNKNOWN, Explanation, PodStory
from podcheck.verification.options import Options

EXPLAINER = Explainer(load_pack(), Options())

# A sample of the statuses in each file of recorded lives.
SAMPLE = [
    (name, *found)
    for name, every in (
        ("traces.jsonl.gz", 2_001), ("traces_probe_rules.jsonl.gz", 401),
        ("traces_realtime.jsonl.gz", 901),
    )
    for found in list(recorded(name))[::every]
]  # fmt: skip


def observed(pod: dict[str, Any]) -> ObservedPod:
    diagnostics = Diagnostics()
    found = read_observed(Source("pod", json.dumps(pod)), load_pack(), diagnostics)
    assert not diagnostics.has_errors
    return found.pods[0]


def explained(pod: dict[str, Any]) -> Explanation:
    return EXPLAINER.explain(observed(pod))


@pytest.mark.parametrize(("name", "spec", "status"), SAMPLE)
def test_a_recorded_status_has_a_history(name: str, spec: str, status: dict[str, Any]) -> None:
    """The last step shows kubectl's columns as they were recorded, and each container's state.

    With short delays several records may be lost in one life: the search may not find that.
    """
    found = explained(pod_of(spec, status))
    if name == "traces_realtime.jsonl.gz" and found.verdict == UNKNOWN:
        assert found.limit
        return
    assert found.verdict == EXPLAINED
    assert found.history is not None
    ready, word, restarts = status["k"]
    assert (found.now.ready, found.now.status, found.now.restarts) == (ready, word, restarts)
    last = found.history.steps[-1].status
    assert last.phase == status["ph"]
    if not found.history.short and not found.history.repeats:
        assert (last.ready, last.status, last.restarts) == (ready, word, restarts)


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["traces.jsonl.gz", "traces_probe_rules.jsonl.gz", "traces_realtime.jsonl.gz"]
)
def test_every_recorded_status_has_a_history(name: str) -> None:
    """On demand, for hours: `pytest -m slow tests/observation/test_histories.py`."""
    verdicts = Counter[str]()
    impossible = []
    for spec, status in recorded(name):
        found = explained(pod_of(spec, status)).verdict
        verdicts[found] += 1
        if found == IMPOSSIBLE:
            impossible.append((spec, status))
    assert not impossible
    assert verdicts[UNKNOWN] * 100 <= verdicts.total(), verdicts


@pytest.mark.slow
def test_a_status_is_searched_for_longer_where_the_engines_do_not_know_it() -> None:
    """An init container that ran again, unseen, after the sandbox had died."""
    status = {
        "ph": "Running", "k": ["0/1", "Completed", "0"],
        "c": {
            "c1": [["T", 0, "Completed"], ["-"], 0, 0, 0],
            "i1": [["T", 137, "OOMKilled"], ["T", 0, "Completed"], 1, 0, 0],
        },
        "cond": {
            "ContainersReady": "F:PodCompleted", "Initialized": "T:PodCompleted",
            "PodReadyToStartContainers": "T", "Ready": "F:PodCompleted",
        },
    }  # fmt: skip
    history = explained(pod_of("1i1c/OnFailure", status)).history
    assert history is not None
    assert "i1 is OOMKilled" in [step.event for step in history.steps]


def test_a_pod_that_no_node_takes_waits_for_the_scheduler() -> None:
    pod = pod_of("1c/Always", {"ph": "Pending", "k": [], "cond": {}, "c": {}})
    pod["status"]["conditions"] = [
        {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3"}
    ]
    found = explained(pod)
    assert found.waits == "the scheduler"
    assert found.now.obstacles == (
        "The scheduler has not placed the pod on a node (Unschedulable).", 'Message: "0/3"',
    )  # fmt: skip
    assert found.history is not None and not found.history.passing
    assert found.future is not None
    ready = next(p for p in found.future.prospects if p.name == "Ready")
    assert ready.events == ("pod is scheduled",)


def crash_loop(restarts: int) -> dict[str, Any]:
    return pod_of(
        "1c/Always",
        {
            "ph": "Running", "k": [],
            "cond": {
                "ContainersReady": "F:ContainersNotReady", "Initialized": "T",
                "PodReadyToStartContainers": "T", "Ready": "F:ContainersNotReady",
            },
            "c": {"c1": [["W", "CrashLoopBackOff"], ["T", 137, "OOMKilled"], restarts, 0, 0]},
        },
    )  # fmt: skip


@pytest.mark.parametrize("restarts", [1, 2, 3, 57])
def test_a_large_count_is_reached_by_what_repeats(restarts: int) -> None:
    found = explained(crash_loop(restarts))
    history = found.history
    assert history is not None
    assert not history.short
    assert found.now.restarts == str(restarts)
    assert history.plausibility == "ordinary"
    shown = int(history.steps[-1].status.restarts)
    more = sum(r.times for r in history.repeats)
    assert shown + more == restarts
    assert {s.event for s in history.steps[1:]} <= {"c1 is OOMKilled", "c1 backoff ends"}


def test_an_ordinary_history_is_preferred_to_a_shorter_rare_one() -> None:
    """The record of a container that is lost also makes its count grow, in one event."""
    status = {
        "ph": "Running", "k": [],
        "cond": {"ContainersReady": "T", "Initialized": "T", "PodReadyToStartContainers": "T",
                 "Ready": "T"},
        "c": {"c1": [["R"], ["T", 1, "Error"], 2, 1, 1]},
    }  # fmt: skip
    history = explained(pod_of("1c/Always", status)).history
    assert history is not None
    assert history.plausibility == "ordinary"


def test_a_status_that_no_run_reaches_is_impossible_and_its_core_says_why() -> None:
    pod = crash_loop(3)
    pod["status"]["phase"] = "Succeeded"
    found = explained(pod)
    assert found.verdict == IMPOSSIBLE
    assert found.impossible is not None
    paths = dict(found.impossible.core)
    assert paths["status.phase"] == "Succeeded"
    assert len(paths) < len(observed(pod).facts) / 3
    assert found.impossible.nearest


def test_a_core_is_proved_impossible_and_each_fact_of_it_is_needed() -> None:
    from podcheck.observation.future import Prover

    pod = crash_loop(3)
    pod["status"]["phase"] = "Succeeded"
    found = explained(pod).impossible
    assert found is not None
    assert found.minimal
    seen = observed(pod)
    subject = Subject.of(Ground.of(load_pack(), seen.pod, (1, 36)), seen)
    prover = Prover(subject, Options())
    core = [p for p in subject.parts if (p.fact.path, p.fact.shown) in found.core]
    assert isinstance(prover.reaches(core), Proved)
    for part in core:
        assert not isinstance(prover.reaches([p for p in core if p is not part]), Proved)


def test_a_changed_field_is_explained_by_another_run() -> None:
    """The same pod, not yet ready: a status that lasts only until the next sync."""
    pod = crash_loop(1)
    pod["status"]["containerStatuses"][0]["state"] = {
        "terminated": {"exitCode": 137, "reason": "OOMKilled"}
    }
    found = explained(pod)
    assert found.verdict == EXPLAINED
    assert found.history is not None
    assert found.history.passing
    assert found.history.steps[-1].status.containers[0].text == "OOMKilled 137"


def test_a_finished_pod_is_final() -> None:
    """Under Never a failed pod keeps its phase, whatever comes: that is proved."""
    status = {
        "ph": "Failed", "k": [],
        "cond": {"Ready": "F:PodFailed", "ContainersReady": "F:PodFailed", "Initialized": "T",
                 "PodReadyToStartContainers": "F"},
        "c": {"c1": [["T", 1, "Error"], ["-"], 0, 0, 0]},
    }  # fmt: skip
    future = explained(pod_of("1c/Never", status)).future
    assert future is not None
    assert future.final
    verdicts = {p.name: p.verdict for p in future.prospects}
    assert verdicts["phase Running"] == verdicts["phase Succeeded"] == verdicts["Ready"] == "never"
    assert verdicts["removed"] == "can"


def test_what_can_come_is_played_and_leads_there() -> None:
    found = explained(crash_loop(1)).future
    assert found is not None
    ready = next(p for p in found.prospects if p.name == "Ready")
    assert ready.verdict == "can"
    assert ready.inside
    assert ready.events == ("c1 backoff ends",)
    assert [event for event, _ in found.itself] == ["c1 backoff ends"]
    assert not found.stuck


def test_pods_that_are_alike_are_explained_once() -> None:
    explainer = Explainer(load_pack(), Options())
    first = explainer.explain(observed(crash_loop(1)))
    pod = crash_loop(1)
    pod["metadata"]["name"] = "other"
    other = explainer.explain(observed(pod))
    assert other.name == "other"
    assert other.history is first.history


def test_a_story_comes_back_from_the_cache_as_it_was() -> None:
    for pod in (crash_loop(57), crash_loop(3)):
        observed_pod = observed(pod)
        found = EXPLAINER.explain(observed_pod)
        story = PodStory(
            found.verdict, found.now, found.history, found.future, found.impossible, found.limit
        )
        assert restored(PodStory, json.loads(json.dumps(story))) == story
    with pytest.raises(TypeError):
        restored(PodStory, [1, 2, 3, 4, 5, 6])
