"""Compares the plan of one sync: what the kubelet kills, starts, creates and removes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podcheck.conform.function_calls import count_call, grid_container
from podcheck.conform.partial_pack import Part, part_of_pack
from podcheck.conform.recording import Json
from podcheck.core.terms import Value
from podcheck.declarations.pod import PROBES, Container, Pod, Role
from podcheck.language.source import Source
from podcheck.results.agreement import Agreement

_FILES = (
    "gates.rules",
    "state.rules",
    "basics.rules",
    "restart.rules",
    "actions.rules",
    "plan.rules",
)
_CODES = (0, 1, 42)
_SANDBOXES = {"none": "none", "ready": "ready", "notready": "dead"}


def compare_actions(sources: Iterable[Source], lines: Iterable[Json], name: str) -> Agreement:
    """Plan a sync for every recorded call.

    A call that restarts all containers of a pod without such a rule is counted apart: the
    kubelet can't come to it.
    """
    pack = part_of_pack(sources, _FILES)
    result = Agreement(name)
    parts: dict[tuple[Container, ...], Part] = {}
    for number, call in enumerate(lines, 1):
        pod = _pod(call)
        if call["restartAll"] and not any(
            r.action == "RestartAllContainers" for c in pod.containers for r in c.rules
        ):
            result.apart += 1
            continue
        part = parts.get(pod.containers)
        if part is None:
            part = parts[pod.containers] = Part(pack, pod, _values(pod), _CODES)
        values = _arguments(call, pod)
        ours = {k: _listed(part, pod, k, values) for k in ("startInit", "start", "kill", "reset")}
        ours["createSandbox"] = str(int(bool(part.call("createsSandbox", values))))
        ours["killPod"] = str(int(bool(part.call("killsPod", values))))
        recorded = _recorded(call, pod)
        if recorded["killPod"] == "1":
            recorded["kill"] = ours["kill"] = ""
        count_call(result, number, f"{call}", recorded, ours)
    return result


def _pod(call: Json) -> Pod:
    inits = [
        grid_container(f"i{n}", "sidecar" if config.split(";")[0] == "Always" else "init", config)
        for n, config in enumerate(call["init"])
    ]
    mains = [grid_container(f"m{n}", "main", config) for n, config in enumerate(call["main"])]
    probes = frozenset(PROBES[:2])
    return Pod(
        "plan",
        tuple(Container(c.name, c.role, c.policy, c.rules, probes) for c in (*inits, *mains)),
    )


def _values(pod: Pod) -> tuple[str, ...]:
    names = [f"{c.name}.{v}" for c in pod.containers for v in ("starts", "killed")]
    return ("createsSandbox", "killsPod", "resets", *names)


def _arguments(call: Json, pod: Pod) -> dict[str, Value]:
    values: dict[str, Value] = {
        "policy": call["policy"],
        "sandbox": _SANDBOXES[call["sandbox"]],
        "deleting": call["deleted"],
        "newRestartingCondition": "True" if call["restartAll"] else "unset",
    }
    for c, text in zip(pod.containers, call["st"], strict=True):
        record, _, detail = text.partition("-")
        if record.startswith("exited"):
            values[f"{c.name}.code"] = int(record.removeprefix("exited"))
            record = "exited"
        values[f"{c.name}.record"] = "none" if record == "absent" else record
        values[f"{c.name}.startup"] = {"notstarted": "unknown", "startfail": "failed"}.get(
            detail, "passed"
        )
        values[f"{c.name}.livenessFailed"] = detail == "livefail"
    return values


def _listed(part: Part, pod: Pod, action: str, values: Mapping[str, Value]) -> str:
    """The containers an action is for, in one text."""
    found = []
    for c in pod.containers:
        record = values[f"{c.name}.record"]
        match action:
            case "startInit":
                chosen = c.role is not Role.MAIN and part.call(f"{c.name}.starts", values)
            case "start":
                chosen = c.role is Role.MAIN and part.call(f"{c.name}.starts", values)
            case "kill":
                chosen = part.call(f"{c.name}.killed", values)
            case _:
                chosen = record != "none" and part.call("resets", values)
        if chosen:
            found.append(c.name)
    return " ".join(found)


def _recorded(call: Json, pod: Pod) -> dict[str, str]:
    done = call["a"]
    names = [c.name for c in pod.containers]
    running = {n for n, s in zip(names, call["st"], strict=True) if s.startswith("running")}
    killed = [k.split(":")[0] for k in done.get("kill", ())]
    reset = {k.split(":")[0] for k in done.get("reset", ())}
    return {
        "startInit": " ".join(done.get("startInit", ())),
        "start": " ".join(done.get("start", ())),
        "kill": " ".join(sorted(k for k in killed if k in running)),
        "reset": " ".join(n for n in names if n in reset),
        "createSandbox": str(done.get("createSandbox", 0)),
        "killPod": str(done.get("killPod", 0)),
    }
