"""The rules agree with recordings of the real kubelet."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from podcheck.conform.kinds import UnknownRecording, compare
from podcheck.conform.player import UnknownEvent, beginning, play, prepare
from podcheck.conform.recording import pod_of, read_lines
from podcheck.conform.result import Agreement
from podcheck.conform.subject import Subject
from podcheck.conform.traces import is_subsequence
from podcheck.rules.loader import load_pack, pack_sources

SAMPLE = Path(__file__).parent / "recordings"
FULL = os.environ.get("PODCHECK_RECORDINGS", "")

TRACES = ("traces", "traces_random", "traces_probe_rules", "traces_realtime")
CALLS = ("phase_grid", "phase_calls", "restart_decision", "kubectl_columns", "actions_grid")


def lines_of(folder: Path, name: str) -> Iterator[Any]:
    packed = folder / f"{name}.jsonl.gz"
    with gzip.open(packed, "rt") if packed.exists() else (folder / f"{name}.jsonl").open() as texts:
        yield from read_lines(texts)


def specs_of(folder: Path) -> Any:
    packed = folder / "specs.json.gz"
    if packed.exists():
        return json.loads(gzip.decompress(packed.read_bytes()))
    return json.loads((folder / "traces_specs.json").read_text(encoding="utf-8"))


def agreement(folder: Path, name: str) -> Agreement:
    sources = (*pack_sources("kubernetes"), *pack_sources("conform"))
    specs = specs_of(folder) if name in TRACES else None
    return compare(sources, lines_of(folder, name), name, specs, clock=name == "traces_realtime")


@pytest.mark.parametrize("name", [*TRACES, *CALLS])
def test_the_rules_agree_with_the_sample(name: str) -> None:
    found = agreement(SAMPLE, name)
    assert found.steps > 10
    assert not found.divergences
    assert found.share == 1


@pytest.mark.parametrize("name", ["traces", "traces_random", "traces_probe_rules"])
def test_few_steps_need_a_race(name: str) -> None:
    found = agreement(SAMPLE, name)
    assert found.races <= 0.02 * found.steps


def test_recorded_statuses_come_in_the_order_of_the_rules() -> None:
    found = agreement(SAMPLE, "traces")
    assert found.subsequences >= 0.95 * found.equal


@pytest.mark.slow
@pytest.mark.skipif(not FULL, reason="PODCHECK_RECORDINGS names no folder")
@pytest.mark.parametrize(
    ("name", "share"), [*((n, 1.0) for n in (*TRACES[:3], *CALLS)), ("traces_realtime", 0.998)]
)
def test_the_rules_agree_with_the_full_recordings(name: str, share: float) -> None:
    assert agreement(Path(FULL), name).share >= share


# ---- the comparison itself ----------------------------------------------------------------


def test_a_wrong_status_is_found_and_named() -> None:
    lines = [json.loads(json.dumps(line)) for line in lines_of(SAMPLE, "traces")]
    life = next(n for n, line in enumerate(lines) if not line["pre"] and len(line["steps"]) > 2)
    changed = lines[life]
    status = json.loads(json.dumps(changed["st"][changed["steps"][0]["fin"]]))
    status["ph"] = "Failed"
    changed["st"].append(status)
    changed["steps"][0]["fin"] = len(changed["st"]) - 1
    sources = (*pack_sources("kubernetes"), *pack_sources("conform"))
    found = compare(sources, lines, "changed", specs_of(SAMPLE))
    assert found.wrong == 1
    divergence = found.divergences[0]
    assert divergence.line == life + 1
    assert divergence.events == ("create",)
    assert divergence.expected == (("phase", "Failed"),)


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
