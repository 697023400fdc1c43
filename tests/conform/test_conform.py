"""The rules agree with recordings of the real kubelet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from places import RECORDINGS

from podcheck.conform.event_player import UnknownEvent, beginning, play, prepare
from podcheck.conform.json_lines import Lines
from podcheck.conform.pod_specs import pod_of
from podcheck.conform.recording_kinds import UnknownRecording, compare
from podcheck.conform.ruled_pod import Subject
from podcheck.conform.traces import is_subsequence
from podcheck.loading.rules import load_pack, pack_sources
from podcheck.results.agreement import Agreement

TRACES = ("traces", "traces_random", "traces_probe_rules", "traces_realtime")
CALLS = ("phase_grid", "phase_calls", "restart_decision", "kubectl_columns")


def lines_of(name: str) -> tuple[Any, ...]:
    """The records of a file.  None is kept: a large heap makes all that follows slow."""
    packed = RECORDINGS / f"{name}.jsonl.gz"
    data = packed if packed.exists() else RECORDINGS / f"{name}.jsonl"
    return tuple(Lines(data.read_bytes()))


def specs() -> Any:
    return json.loads((RECORDINGS / "traces_specs.json").read_text(encoding="utf-8"))


SOURCES = (*pack_sources("kubernetes"), *pack_sources("conform"))


FEW = 1000  # records, of which all are compared in each run


def agreement(name: str, every: int = 1) -> Agreement:
    lines = lines_of(name)
    lines = lines[::every] if len(lines) > FEW else lines
    return compare(SOURCES, lines, name, specs() if name in TRACES else None)


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", [*TRACES, *CALLS, "actions_grid"])
def test_the_rules_agree_with_the_recordings(name: str, every: int) -> None:
    """Every third record of them; on demand, all."""
    found = agreement(name, every)
    assert found.steps > 10
    assert not found.divergences
    assert found.share == 1
    assert found.timed == (name == "traces_realtime")
    if name in TRACES:  # a model that allows everything agrees with everything
        assert found.races <= 0.03 * found.steps
        assert found.single >= 0.95 * found.steps
    if name == "traces_probe_rules":  # recorded statuses come in the order of the rules
        assert found.subsequences >= 0.95 * found.equal


# ---- the comparison itself ----------------------------------------------------------------


def test_a_wrong_status_is_found_and_named() -> None:
    lines = json.loads(json.dumps(lines_of("traces_probe_rules")[:20]))
    life = next(n for n, line in enumerate(lines) if not line["pre"] and len(line["steps"]) > 2)
    changed = lines[life]
    status = json.loads(json.dumps(changed["st"][changed["steps"][0]["fin"]]))
    status["ph"] = "Failed"
    changed["st"].append(status)
    changed["steps"][0]["fin"] = len(changed["st"]) - 1
    found = compare(SOURCES, lines, "changed", specs())
    assert found.wrong == 1
    divergence = found.divergences[0]
    assert divergence.line == life + 1
    assert divergence.events == ("create",)
    assert divergence.expected == (("phase", "Failed"),)
    assert divergence.recorded["phase"] == "Failed"
    assert [status["phase"] for status in divergence.allowed] == ["Running"]
    assert "newPhase" in [rule.decision for rule in divergence.rules]
    assert all(rule.cites for rule in divergence.rules)


def test_a_recording_of_no_known_kind_is_refused() -> None:
    with pytest.raises(UnknownRecording):
        compare(pack_sources("kubernetes"), [{"something": "else"}], "else")


def test_an_empty_recording_compares_nothing() -> None:
    assert compare(pack_sources("kubernetes"), [], "empty").steps == 0


def test_an_unknown_event_is_refused() -> None:
    pod = pod_of("one", {"containers": [{"name": "app"}]})
    subject = Subject(load_pack(), pod, (1,))
    at = beginning(subject, "Always")
    with pytest.raises(UnknownEvent):
        play(subject, at, ("explode", "app"))
    with pytest.raises(UnknownEvent):
        prepare(subject, at, ("haunted", "app"))


def test_subsequences() -> None:
    assert is_subsequence([1, 3], [1, 2, 3])
    assert not is_subsequence([3, 1], [1, 2, 3])
    assert is_subsequence([], [1])
