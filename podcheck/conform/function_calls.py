"""Compares single functions of the kubelet with the rules that stand for them.

The recordings give arguments and results of the phase function, of the restart predicate and
of kubectl's columns, also for arguments that never occur in a pod's life.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations_with_replacement, product
from typing import Any

from podcheck.conform.partial_pack import Part, part_of_pack
from podcheck.conform.pod_specs import container_of, rule_of
from podcheck.conform.recording import Json
from podcheck.core.terms import Value
from podcheck.declarations.pod import Container, Pod, Role
from podcheck.language.source import Source
from podcheck.results.agreement import Agreement, Divergence
from podcheck.results.stories import RuleFired

Columns = Mapping[str, Value]

_PHASE_FILES = (
    "gates.rules",
    "state.rules",
    "restart.rules",
    "phase.rules",
    "phase_function.rules",
)

# The grid's states: newState, exit code, reason, last state, code, reason, started.
_STATES: dict[str, tuple[Value, ...]] = {
    "absent": ("absent", 0, "none", "absent", 0, "none", False),
    "W": ("waiting", 0, "none", "absent", 0, "none", False),
    "W/T0": ("waiting", 0, "none", "terminated", 0, "Completed", False),
    "W/T1": ("waiting", 0, "none", "terminated", 1, "Error", False),
    "R": ("running", 0, "none", "absent", 0, "none", False),
    "R+started": ("running", 0, "none", "absent", 0, "none", True),
    "T0": ("terminated", 0, "Completed", "absent", 0, "none", False),
    "T1": ("terminated", 1, "Error", "absent", 0, "none", False),
    "T137OOM": ("terminated", 137, "OOMKilled", "absent", 0, "none", False),
    "T137RAC": ("terminated", 137, "RestartingAllContainers", "absent", 0, "none", False),
    "W/T137RAC": ("waiting", 0, "none", "terminated", 137, "RestartingAllContainers", False),
}
_FIELDS = (
    "newState",
    "newExitCode",
    "newReason",
    "newLastState",
    "newLastExitCode",
    "newLastReason",
    "startedInStatus",
)


_PLAIN_STATES = 9  # the section "plain" uses only the first of the header's states


# ---- the phase on a grid ----------------------------------------------------------------------


def compare_phase_grid(
    sources: Iterable[Source], lines: Iterable[Json], name: str, keep: int = 20
) -> Agreement:
    """Call the phase rules with every argument of the grid; a step is a call."""
    pack = part_of_pack(sources, _PHASE_FILES)
    calls = iter(lines)
    header = next(calls)
    result = Agreement(name)
    parts: dict[object, Part] = {}
    for number, line in enumerate(calls, 2):
        pod = _grid_pod(line)
        key = (pod.containers, line["gates"])
        if key not in parts:
            gates = {gate: bool(line["gates"]) for gate in _GATES}
            parts[key] = Part(pack, pod, ("computedPhase",), (0, 1, 137), gates)
        _compare_line(parts[key], pod, line, header, number, result, keep)
    return result


_GATES = ("ContainerRestartRules", "RestartAllContainersOnContainerExits")


def _grid_pod(line: Json) -> Pod:
    if line["section"] == "plain":
        inits = [grid_container(f"i{n}", kind, "none") for n, kind in enumerate(line["inits"])]
        mains = [grid_container(f"m{n}", "main", "none") for n in range(line["nMain"])]
    else:
        own = line.get("initConfig", "none")
        inits = [] if line["init"] == "none" else [grid_container("i0", line["init"], own)]
        mains = [grid_container(f"m{n}", "main", c) for n, c in enumerate(line["mains"])]
    return Pod("grid", (*inits, *mains))


def grid_container(name: str, kind: str, config: str) -> Container:
    """A container from a configuration such as ``Never;In[1]->Restart``."""
    policy, *rules = config.split(";")
    if policy == "none":
        policy = "Always" if kind == "sidecar" else ""
    given: dict[str, Any] = {"name": name, "restartPolicy": policy}
    given["restartPolicyRules"] = [_rule(r) for r in rules]
    container = container_of(given, kind != "main")
    role = Role(kind)
    return Container(name, role, container.policy, container.rules)


def _rule(text: str) -> Json:
    condition, _, action = text.partition("->")
    operator, _, values = condition.rstrip("]").partition("[")
    codes = [int(v) for v in values.split(",") if v]
    return {"action": action, "exitCodes": {"operator": operator, "values": codes}}


def _compare_line(
    part: Part, pod: Pod, line: Json, header: Json, number: int, result: Agreement, keep: int
) -> None:
    names = header["states"][: _PLAIN_STATES if line["section"] == "plain" else None]
    letters = {phase: letter for letter, phase in header["phaseChars"].items()}
    tails = _tails(part, pod, line, names)
    head = {
        "policy": line["policy"],
        "initializedHere": line["podHasInitialized"],
        "stopIsFinal": line["podIsTerminal"],
    }
    start = tuple(head[v] for v in part.variables if v in head)
    phase = part.function("computedPhase")
    found = [letters[str(phase(start + tail))] for tail in tails]
    expected = line["phases"]
    result.steps += len(expected)
    result.fields["phase"] += len(expected)
    wrong = [n for n, (a, b) in enumerate(zip(found, expected, strict=True)) if a != b]
    result.equal += len(expected) - len(wrong)
    result.wrong_fields["phase"] += len(wrong)
    for n in wrong[: max(0, keep - len(result.divergences))]:
        state = tails[n]
        result.divergences.append(
            Divergence(
                result.source,
                number,
                _described(line),
                (_assigned(part.variables[len(start) :], state),),
                (("phase", header["phaseChars"][expected[n]]),),
                (("phase", header["phaseChars"][found[n]]),),
                rules=part.rules("computedPhase", start + state),
            )
        )


def _described(line: Json) -> str:
    """The pod and the flags of a line of the grid."""
    return ", ".join(f"{k} {v}" for k, v in line.items() if k not in ("phases", "n", "section"))


def _assigned(names: Iterable[str], values: Iterable[Value]) -> str:
    return ", ".join(f"{n} = {v}" for n, v in zip(names, values, strict=True))


def _tails(part: Part, pod: Pod, line: Json, names: Sequence[str]) -> list[tuple[Value, ...]]:
    """The containers' variables for every call of a line, in the line's order."""
    blocks = []
    for c in pod.containers:
        places = [n for n, f in enumerate(_FIELDS) if f"{c.name}.{f}" in part.variables]
        known = [v for v in part.variables if v.startswith(f"{c.name}.")]
        order = [next(p for p in places if v == f"{c.name}.{_FIELDS[p]}") for v in known]
        blocks.append([tuple(_STATES[s][p] for p in order) for s in names])
    inits = [b for c, b in zip(pod.containers, blocks, strict=True) if c.role is not Role.MAIN]
    mains = [b for c, b in zip(pod.containers, blocks, strict=True) if c.role is Role.MAIN]
    if line["section"] == "plain":
        choices = combinations_with_replacement(range(len(names)), len(mains))
        main_rows = [_joined(b[i] for b, i in zip(mains, c, strict=True)) for c in choices]
    else:
        main_rows = [_joined(row) for row in product(*mains)]
    init_rows = [_joined(row) for row in product(*inits)]
    return [i + m for i in init_rows for m in main_rows]


def _joined(rows: Iterable[tuple[Value, ...]]) -> tuple[Value, ...]:
    return tuple(v for row in rows for v in row)


# ---- the phase as the kubelet's own tests call it ----------------------------------------------


def compare_phase_calls(sources: Iterable[Source], lines: Iterable[Json], name: str) -> Agreement:
    """Call the phase rules with the statuses of the kubelet's own tests."""
    pack = part_of_pack(sources, _PHASE_FILES)
    result = Agreement(name)
    for number, call in enumerate(lines, 1):
        pod, statuses = _call_pod(call)
        values, codes = _call_values(call, pod, statuses)
        part = Part(pack, pod, ("computedPhase",), codes, call["gates"])
        ours = str(part.call("computedPhase", values))
        rules = part.rules("computedPhase", part.machine.state_of(values))
        recorded = {"phase": call["phase"]}
        count_call(result, number, call["test"], recorded, {"phase": ours}, rules)
    return result


def _call_pod(call: Json) -> tuple[Pod, dict[str, Json]]:
    """The pod, its containers named apart, and the status each one's name finds."""
    by_name: dict[str, Json] = {}
    for status in call["statuses"]:
        by_name.setdefault(status["name"], status)
    containers, statuses = [], {}
    for init, listed in ((True, call["initContainers"]), (False, call["containers"])):
        for n, given in enumerate(listed):
            name = f"{'i' if init else 'm'}{n}"
            containers.append(_renamed(given, name, init))
            if given["name"] in by_name:
                statuses[name] = by_name[given["name"]]
    return Pod("call", tuple(containers), static=call["static"]), statuses


def _renamed(given: Json, name: str, init: bool) -> Container:
    rules = [r for r in given.get("restartPolicyRules") or () if r.get("exitCodes")]
    return container_of({**given, "name": name, "restartPolicyRules": rules}, init)


def _call_values(
    call: Json, pod: Pod, statuses: Mapping[str, Json]
) -> tuple[dict[str, Value], set[int]]:
    values: dict[str, Value] = {
        "policy": call["restartPolicy"] or "Always",
        "initializedHere": call["podHasInitialized"],
        "stopIsFinal": call["podIsTerminal"],
    }
    codes = {code for c in pod.containers for r in c.rules for code in r.codes}
    for c in pod.containers:
        status = statuses.get(c.name)
        if status is None:
            continue
        state, code, _ = _api_state(status["state"])
        last, last_code, _ = _api_state(status["lastTerminationState"])
        values[f"{c.name}.newState"] = state
        values[f"{c.name}.newExitCode"] = code
        values[f"{c.name}.newReason"] = _known_reason(status["state"])
        values[f"{c.name}.newLastState"] = "terminated" if last == "terminated" else "absent"
        values[f"{c.name}.newLastExitCode"] = last_code if last == "terminated" else 0
        values[f"{c.name}.newLastReason"] = _known_reason(status["lastTerminationState"])
        values[f"{c.name}.startedInStatus"] = bool(status.get("started"))
        codes |= {code, last_code}
    return values, codes


def _api_state(state: Json) -> tuple[str, int, str]:
    """Kind, exit code and reason of a ``v1.ContainerState``."""
    for kind in ("running", "terminated", "waiting"):
        if kind in state:
            value = state[kind] or {}
            return kind, int(value.get("exitCode", 0)), value.get("reason", "") or "none"
    return "absent", 0, "none"


def _printed(state: Json) -> tuple[str, int, str]:
    """The same for kubectl, for which a signal is the reason of an end that has none."""
    kind, code, reason = _api_state(state or {"waiting": {}})
    signal = (state.get("terminated") or {}).get("signal", 0)
    return kind, code, f"Signal:{signal}" if signal and reason == "none" else reason


def _known_reason(state: Json) -> str:
    reason = _api_state(state)[2]
    return reason if reason == "RestartingAllContainers" else "none"


# ---- the restart predicate -----------------------------------------------------------------------


def compare_restart_decisions(
    sources: Iterable[Source], lines: Iterable[Json], name: str
) -> Agreement:
    """Ask the restart rules about every recorded container, policy and exit code."""
    pack = part_of_pack(sources, ("gates.rules", "state.rules", "restart.rules"))
    values = {
        "shouldRestart": "restarts(app, app.code)",
        "allContainersCouldRestart": "canRestartAll",
    }
    result = Agreement(name)
    parts: dict[Container, Part] = {}
    for number, row in enumerate(lines, 1):
        rules = tuple(rule_of(r) for r in row["rules"] or ())
        c = Container("app", Role.MAIN, row["containerPolicy"], rules)
        if c not in parts:
            parts[c] = Part(pack, Pod("call", (c,)), tuple(values.values()), range(256))
        arguments = {"policy": row["podPolicy"] or "Always", "app.code": row["exitCode"]}
        ours = {k: str(parts[c].call(v, arguments)) for k, v in values.items()}
        count_call(result, number, row["container"], {k: str(row[k]) for k in values}, ours)
    return result


# ---- kubectl's columns ------------------------------------------------------------------------


def compare_columns(sources: Iterable[Source], lines: Iterable[Json], name: str) -> Agreement:
    """Print the recorded statuses; restarts are compared up to the first blank.

    Statuses of a pod that no kubelet has seen (scheduling gates) are counted apart.
    """
    sources = tuple(sources)
    result = Agreement(name)
    for number, call in enumerate(lines, 1):
        if any(c.get("reason") == "SchedulingGated" for c in call["conditions"] or ()):
            result.apart += 1
            continue
        recorded = {k: call[k].split(" ")[0] for k in ("READY", "STATUS", "RESTARTS")}
        count_call(result, number, call["test"], recorded, _columns(sources, call))
    return result


def _columns(sources: Sequence[Source], call: Json) -> dict[str, str]:
    containers = [
        *(_renamed(c, f"i{n}", True) for n, c in enumerate(call["initContainers"])),
        *(_renamed(c, f"m{n}", False) for n, c in enumerate(call["containers"])),
    ]
    values: dict[str, Value] = {
        "phase": call["phase"],
        "reason": call["reason"] or "none",
        "deleting": call["deleted"],
    }
    for condition in call["conditions"] or ():
        if condition["status"] == "True":
            values.update(dict.fromkeys(_CONDITIONS.get(condition["type"], ()), "True"))
    words = {"Phase": {call["phase"]}, "PodReason": {values["reason"]}, "Reason": set()}
    codes = set()
    for prefix, statuses in (("i", "initContainerStatuses"), ("m", "containerStatuses")):
        for n, status in enumerate(call[statuses]):
            name = f"{prefix}{n}"
            state, code, reason = _printed(status["state"])
            values[f"{name}.apiState"] = state
            values[f"{name}.exitCode"] = code
            values[f"{name}.reason"] = reason
            values[f"{name}.ready"] = status["ready"]
            values[f"{name}.started"] = bool(status.get("started"))
            values[f"{name}.restartCount"] = status["restartCount"]
            words["Reason"].add(reason)
            codes.add(code)
    files = ("gates.rules", "state.rules", "restart.rules", "names.rules", "kubectl.rules")
    pack = part_of_pack(sources, files, _wider_sorts(sources, words))
    part = Part(pack, Pod("call", tuple(containers)), ("READY", "STATUS", "RESTARTS"), codes)
    return {k: str(part.call(k, values)) for k in ("READY", "STATUS", "RESTARTS")}


_CONDITIONS = {"Ready": ("readyCondition",), "Initialized": ("initializedCondition",)}


def _wider_sorts(sources: Sequence[Source], words: Mapping[str, set[Value]]) -> Source:
    """The sorts of the pack with words added that only occur in tests."""
    sorts = part_of_pack(sources, ("gates.rules", "state.rules")).sorts
    lines = []
    for name, more in words.items():
        values = dict.fromkeys((*map(str, sorts[name].values), *sorted(map(str, more))))
        lines.append(f"sort {name} {{ {', '.join(_quoted(values))} }}\n")
    return Source("words", "".join(lines))


def _quoted(values: Iterable[str]) -> Iterator[str]:
    return (f'"{v}"' for v in values)


def count_call(
    result: Agreement,
    line: int,
    name: str,
    recorded: Mapping[str, str],
    ours: Mapping[str, str],
    rules: tuple[RuleFired, ...] = (),
) -> None:
    """Count one call, and keep it if the rules answer otherwise."""
    result.steps += 1
    result.compared(recorded)
    wrong = [k for k in recorded if recorded[k] != ours[k]]
    if not wrong:
        result.equal += 1
        return
    result.differing(wrong)
    expected = tuple((k, recorded[k]) for k in wrong)
    actual = tuple((k, ours[k]) for k in wrong)
    result.divergences.append(
        Divergence(result.source, line, name, (), expected, actual, rules=rules)
    )
