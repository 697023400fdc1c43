"""Recordings of a real kubelet: one pod's life a line, as JSON.

A life is a pod and a sequence of events; after each event stands the status that the API
server showed once the kubelet had come to rest.  Only the format is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]

# Of lives that do not say: the first recordings are of one release and of settled pods.
RELEASE = "1.36.2"
KIND = "settled"


@dataclass(frozen=True, slots=True)
class Status:
    """A status, flattened to its fields: ``phase``, ``c1.state``, ``condition Ready``, ..."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RecordedStep:
    """One event and what came of it.

    ``event`` holds its words.  ``seen`` are the statuses a watcher saw after it, in order;
    ``final`` the last one at the end of the step, and ``gone`` says that the object was
    removed.  ``race`` marks a step that a second run ended differently (or that never came
    to rest): there is no one answer to compare with.  ``cut`` marks a step that the next event
    interrupted before the kubelet had settled: it has no end to compare with.  ``started`` says
    that the runtime was asked to start a container.  ``moment`` is the call at whose beginning an
    early event came, as `StartContainer c1`.
    """

    event: tuple[str, ...]
    seen: tuple[Status, ...]
    final: Status | None
    gone: bool
    race: bool
    started: bool
    cut: bool = False
    moment: str = ""


@dataclass(frozen=True, slots=True)
class Life:
    """One pod and its steps; ``before`` are the conditions set before it was created.

    ``release`` and ``gates`` (those set otherwise than by default) are those of the kubelet that
    was recorded, ``kind`` is what its recorder calls a life of this sort.  ``logs_stay`` is true
    of the first recorder, which names no release: its runtime kept the log files of instances that
    the kubelet removed.
    """

    line: int
    spec: str
    before: tuple[tuple[str, ...], ...]
    steps: tuple[RecordedStep, ...]
    release: str = RELEASE
    gates: tuple[tuple[str, bool], ...] = ()
    static: bool = False
    kind: str = KIND
    logs_stay: bool = False

    @property
    def version(self) -> tuple[int, ...]:
        """The minor release: (1, 36)."""
        major, minor = self.release.split(".")[:2]
        return int(major), int(minor)


def read_lives(lines: Iterable[Json]) -> Iterator[Life]:
    """The lives of a trace file, in order; lines are counted from 1."""
    for number, line in enumerate(lines, 1):
        table = [Status(flatten(s)) for s in line["st"]]
        yield Life(
            line=number,
            spec=line["spec"],
            before=tuple(tuple(p.removeprefix("pre:").split()) for p in line.get("pre") or ()),
            steps=tuple(_step(s, table) for s in line["steps"]),
            release=line.get("kubernetes") or RELEASE,
            gates=_gates(line.get("gates") or ()),
            static=bool(line.get("static")),
            kind=line.get("kind") or KIND,
            logs_stay="kubernetes" not in line,
        )


def _gates(gates: Any) -> tuple[tuple[str, bool], ...]:
    """Gates, from texts such as `NAME=true`."""
    texts = gates.split(",") if isinstance(gates, str) else gates
    pairs = (text.partition("=") for text in texts)
    return tuple(sorted((name, value == "true") for name, _, value in pairs))


def _step(step: Json, table: list[Status]) -> RecordedStep:
    seen = tuple(table[h[1]] for h in step["h"] if h[1] != "gone")
    gone = step["fin"] == "gone"
    last = seen[-1] if seen else None
    return RecordedStep(
        event=tuple(step["ev"].split()),
        seen=seen,
        final=last if gone else table[step["fin"]],
        gone=gone,
        race=bool(step.get("nd") or step.get("unsettled")),
        cut=bool(step.get("cut")),
        moment=early if isinstance(early := step.get("early"), str) else "",
        started=any(call.startswith("CreateContainer") for call in step.get("cri") or ()),
    )


def flatten(status: Json) -> dict[str, str]:
    """The fields of a recorded status by name, all as texts."""
    ready, word, restarts = status["k"]
    fields = {
        "phase": status["ph"],
        "reason": status.get("rsn", ""),
        "deleting": str(bool(status.get("del"))),
        "READY": ready,
        "STATUS": word,
        "RESTARTS": restarts,
    }
    for name, value in status["cond"].items():
        fields[f"condition {name}"] = value
    for name, (state, last, restarts, is_ready, started) in status["c"].items():
        fields[f"{name}.state"] = " ".join(map(str, state)).strip()
        fields[f"{name}.lastState"] = " ".join(map(str, last)).strip()
        fields[f"{name}.restartCount"] = str(restarts)
        fields[f"{name}.ready"] = str(is_ready)
        fields[f"{name}.started"] = str(started)
    return fields
