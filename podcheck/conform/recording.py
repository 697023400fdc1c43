"""Recordings of a real kubelet: one pod's life a line, as JSON.

A life is a pod and a sequence of events; after each event stands the status that the API
server showed once the kubelet had come to rest.  Only the format is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from podcheck.model.pods import PROBES, Container, ExitRule, Pod, Role

Json = Mapping[str, Any]


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
    to rest): there is no one answer to compare with.  ``running`` are the containers that ran,
    and ``started`` says that the runtime was told to start one.
    """

    event: tuple[str, ...]
    seen: tuple[Status, ...]
    final: Status | None
    gone: bool
    race: bool
    running: frozenset[str]
    started: bool


@dataclass(frozen=True, slots=True)
class Life:
    """One pod and its steps; ``before`` are the conditions set before it was created."""

    line: int
    spec: str
    before: tuple[tuple[str, ...], ...]
    steps: tuple[RecordedStep, ...]


def read_lives(lines: Iterable[Json]) -> Iterator[Life]:
    """The lives of a trace file, in order; lines are counted from 1."""
    for number, line in enumerate(lines, 1):
        table = [Status(flatten(s)) for s in line["st"]]
        yield Life(
            line=number,
            spec=line["spec"],
            before=tuple(tuple(p.split()) for p in line["pre"]),
            steps=tuple(_step(s, table) for s in line["steps"]),
        )


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
        running=frozenset(step["up"]),
        started=any(call.startswith("CreateContainer") for call in step["cri"]),
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
        fields[f"{name}.state"] = " ".join(map(str, state))
        fields[f"{name}.lastState"] = " ".join(map(str, last))
        fields[f"{name}.restartCount"] = str(restarts)
        fields[f"{name}.ready"] = str(is_ready)
        fields[f"{name}.started"] = str(started)
    return fields


# ---- pods -----------------------------------------------------------------------------------


def pod_of(name: str, spec: Json) -> Pod:
    """The pod of a ``v1.PodSpec`` as JSON."""
    containers = [container_of(c, True) for c in spec.get("initContainers") or ()]
    containers += [container_of(c, False) for c in spec.get("containers") or ()]
    return Pod(
        name,
        tuple(containers),
        policy=spec.get("restartPolicy", "Always"),
        deadline_s=spec.get("activeDeadlineSeconds"),
    )


def container_of(c: Json, init: bool) -> Container:
    """The container of a ``v1.Container`` as JSON."""
    policy = c.get("restartPolicy") or ""
    role = Role.MAIN if not init else Role.SIDECAR if policy == "Always" else Role.INIT
    return Container(
        c["name"],
        role,
        policy=policy,
        rules=tuple(rule_of(r) for r in c.get("restartPolicyRules") or ()),
        probes=frozenset(p for p in PROBES if c.get(p)),
    )


def rule_of(rule: Json) -> ExitRule:
    """The rule of a ``v1.ContainerRestartRule`` as JSON."""
    codes = rule["exitCodes"]
    return ExitRule(codes["operator"], tuple(codes.get("values") or ()), rule["action"])
