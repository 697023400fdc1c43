"""Recorded statuses as `kubectl get pod -o json` prints them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from places import RECORDINGS

Json = dict[str, Any]
SPECS = json.loads((RECORDINGS / "traces_specs.json").read_text(encoding="utf-8"))
WORDS = {"T": "True", "F": "False"}


def recorded(name: str) -> Iterator[tuple[str, Json]]:
    """Each distinct status of a file of recorded lives, with the name of the pod's spec."""
    seen: set[str] = set()
    with gzip.open(RECORDINGS / name, "rt", encoding="utf-8") as file:
        for line in file:
            life = json.loads(line)
            for status in life["st"]:
                key = json.dumps([life["spec"], status], sort_keys=True)
                if key not in seen:
                    seen.add(key)
                    yield life["spec"], status


def lives(name: str) -> Iterator[tuple[str, list[Json]]]:
    """The statuses at which each recorded life came to rest, in order, without what is removed."""
    with gzip.open(RECORDINGS / name, "rt", encoding="utf-8") as file:
        for line in file:
            life = json.loads(line)
            rests = [step["fin"] for step in life["steps"] if not step.get("nd")]
            yield life["spec"], [life["st"][n] for n in rests if n != "gone"]


class Recorded(NamedTuple):
    """A recorded life: the release, the pod at each rest in order, and at all other times too."""

    release: str
    rests: list[Json]
    pods: list[Json]


def lives_of_releases(every: int) -> Iterator[Recorded]:
    """Each ``every``-th life of those that were recorded of several releases, with the gates that
    these have by default."""
    number = 0
    for folder in ("second", "third"):
        specs = json.loads((RECORDINGS / folder / "traces_specs.json").read_text(encoding="utf-8"))
        for path in sorted((RECORDINGS / folder).glob("traces_*.jsonl.gz")):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                for line in file:
                    number += 1
                    if number % every == 0 and '"gates"' not in line:
                        yield _recorded(json.loads(line), specs)


def _recorded(life: Json, specs: Json) -> Recorded:
    kept = any(text.startswith("finalizer") for text in life.get("pre", ()))
    pods = [pod_of(life["spec"], status, specs=specs) for status in life["st"]]
    for pod in pods:
        if kept:
            pod["metadata"]["finalizers"] = ["example.com/keep"]
        if specs[life["spec"]].get("static"):
            pod["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "hash"}
    ends = [s["fin"] for s in life["steps"] if not (s.get("nd") or s.get("unsettled"))]
    release = ".".join(life["kubernetes"].split(".")[:2])
    return Recorded(release, [pods[n] for n in ends if n != "gone"], pods)


def pod_of(spec: str, status: Json, name: str = "web", specs: Json = SPECS) -> Json:
    """A pod of a recorded spec with a recorded status, as the API shows it."""
    pod_spec = specs[spec]["podSpec"]
    metadata: Json = {"name": name, "namespace": "default"}
    if status.get("del"):
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    shown: Json = {"phase": status["ph"], "conditions": _conditions(status["cond"])}
    if status.get("rsn"):
        shown["reason"] = status["rsn"]
    for listed, kept in (
        ("containers", "containerStatuses"),
        ("initContainers", "initContainerStatuses"),
    ):
        names = [c["name"] for c in pod_spec.get(listed) or ()]
        shown[kept] = [_container(n, status["c"][n]) for n in names if n in status["c"]]
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec, "status": shown,
    }  # fmt: skip


def _conditions(given: Json) -> list[Json]:
    found = []
    for kind, text in given.items():
        status, _, reason = text.partition(":")
        condition = {"type": kind, "status": WORDS[status]}
        found.append({**condition, "reason": reason} if reason else condition)
    return found


def _container(name: str, given: list[Any]) -> Json:
    state, last, restarts, ready, started = given
    found: Json = {
        "name": name, "state": _state(state), "lastState": _state(last),
        "restartCount": restarts, "ready": bool(ready),
    }  # fmt: skip
    if started is not None:
        found["started"] = bool(started)
    return found


def _state(given: list[Any]) -> Json:
    match given:
        case ["R"]:
            return {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        case ["W", *reason]:
            return {"waiting": {"reason": reason[0]} if reason and reason[0] else {}}
        case ["T", code, *reason]:
            return {"terminated": {"exitCode": code, "reason": reason[0] if reason else ""}}
        case _:
            return {}
