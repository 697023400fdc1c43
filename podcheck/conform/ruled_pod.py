"""One pod under the rules, ready to be played: steps, choices and the status it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from podcheck.core.sensitivity import sensitivity
from podcheck.core.terms import Sort, Term, Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Settings
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source

VERSION = (1, 36)
COUNTS = Sort("count", "count", range(61))  # no recorded life gets that far

CONDITIONS = (
    "ContainersReady",
    "Ready",
    "Initialized",
    "PodReadyToStartContainers",
    "AllContainersRestarting",
    "DisruptionTarget",
)

# What the kubelet remembers of the status that it wrote.
_STATUS_CACHE = ("kubeletPhase", "kubeletReason", "kubeletDisruption", "hadNotInitialized")

Choices = tuple[tuple[str, Value], ...]


class Unplayable(Exception):
    """The rules have no meaning for a pod; the message says why."""


@dataclass(frozen=True, slots=True)
class Names:
    """The container names of a pod, and the inputs of its syncs by role."""

    containers: tuple[str, ...]
    kills: tuple[str, ...]
    races: tuple[str, ...]


class Subject:
    """A pod's machine.  Steps and statuses are remembered: recordings repeat themselves."""

    def __init__(
        self,
        pack: Pack,
        pod: Pod,
        codes: Iterable[int],
        version: tuple[int, ...] = VERSION,
        gates: Mapping[str, bool] | None = None,
    ) -> None:
        diagnostics = Diagnostics()
        sort = Sort("exit code", "code", tuple(sorted({0, 128, 137, 255, *codes})))
        settings = Settings(version, gates or {}, codes=sort, counts=COUNTS)
        self.grounder = Grounder(pack, pod, settings, diagnostics)
        self._diagnostics = diagnostics
        fields = self._fields(pod)
        roots = [*self.grounder.every_variable(), *fields.values()]
        system = self.grounder.system(roots, list(self.grounder.events))
        if diagnostics.has_errors:
            raise Unplayable("\n".join(f"{d.span}: {d.message}" for d in diagnostics.sorted()))
        self.pod = pod
        self.machine = Interpreter(system)
        inputs = system.sync.inputs
        self.names = Names(
            tuple(c.name for c in pod.containers),
            tuple(i.name for i in inputs if i.role == "kill"),
            tuple(i.name for i in inputs if i.role == "race"),
        )
        self._shown = fields
        matters = sensitivity(self.machine.system.sync)
        self._matters = [(name, matters[name]) for name in self.names.races]
        self._open: dict[State, tuple[str, ...]] = {}
        self._statuses: dict[State, Mapping[str, str]] = {}
        self._syncs: dict[tuple[State, Choices], State] = {}

    # ---- steps ---------------------------------------------------------------------------

    def sync(self, state: State, choices: Choices) -> State:
        """The state after one sync with the given choices of the environment."""
        key = (state, choices)
        found = self._syncs.get(key)
        if found is None:
            found = self._syncs[key] = self.machine.sync(state, dict(choices))
        return found

    def open_races(self, state: State) -> tuple[str, ...]:
        """The races whose outcome may make a difference to a sync of this state."""
        found = self._open.get(state)
        if found is None:
            value = self.machine.value
            names = tuple(name for name, where in self._matters if value(where, state))
            found = self._open[state] = names
        return found

    def choices_between(self, before: State, after: State) -> Choices | None:
        """The choices of a sync that was seen to lead from one state to the other."""
        for (state, choices), reached in self._syncs.items():
            if state == before and reached == after:
                return choices
        return None

    def has_event(self, name: str) -> bool:
        return name in self.machine.actions

    def possible(self, name: str, state: State) -> bool:
        return self.has_event(name) and self.machine.possible(name, state)

    def happen(self, name: str, state: State, detail: Value | None = None) -> State:
        """The state after an event; ``detail`` is the exit code or word it names, if any."""
        inputs = self.machine.actions[name].inputs
        given = {i.name: detail for i in inputs if detail is not None}
        return self.machine.apply(name, state, given)

    def merged(self, state: State, other: State, containers: Collection[str]) -> State:
        """A state, but for these containers as in another."""
        declared = self.machine.system.variables
        rows = zip(declared, state, other, strict=True)
        return tuple(b if v.container in containers else a for v, a, b in rows)

    def kept(self, before: State, after: State, field: str) -> State:
        """A state in which what was true of any container's field before still is."""
        declared = self.machine.system.variables
        rows = zip(declared, before, after, strict=True)
        return tuple(b or a if v.field == field else a for v, b, a in rows)

    def changed(self, state: State, variable: str, value: Value) -> State:
        """A state in which a variable has another value."""
        place = self.machine.index[variable]
        return (*state[:place], value, *state[place + 1 :])

    def with_fields(self, state: State, c: str, values: Mapping[str, Value]) -> State:
        """A state in which some fields of a container have other values."""
        for field, value in values.items():
            state = self.changed(state, f"{c}.{field}", value)
        return state

    def half_way(self, before: State, after: State) -> State:
        """A state in a sync that has written its status and has not acted yet.

        A stop that has begun computes no status until it is over.
        """
        rows = zip(self.machine.system.variables, before, after, strict=True)
        state = tuple(b if v.published or v.name in _STATUS_CACHE else a for v, a, b in rows)
        begins = self.get(before, "worker") in ("running", "stopping")
        if begins and self.get(after, "worker") in ("killing", "stopped"):
            state = self.changed(state, "worker", "killing")
        return state

    def get(self, state: State, variable: str) -> Value:
        return state[self.machine.index[variable]]

    # ---- the status ----------------------------------------------------------------------

    def status(self, state: State) -> Mapping[str, str]:
        """The status that the API server shows, in the fields of a recorded one."""
        found = self._statuses.get(state)
        if found is None:
            values = {k: self.machine.value(t, state) for k, t in self._shown.items()}
            found = self._statuses[state] = _texts(values, self.names.containers)
        return found

    def _fields(self, pod: Pod) -> dict[str, Term]:
        texts = [f"conditionStatus_{c}" for c in CONDITIONS]
        texts += [f"conditionReason_{c}" for c in CONDITIONS]
        texts += ["phase", "reason", "deleting", "gone", "READY", "STATUS", "RESTARTS"]
        for c in pod.containers:
            shown = ("apiState", "exitCode", "reason", "lastState", "lastExitCode", "lastReason")
            texts += [f"{c.name}.{f}" for f in (*shown, "restartCount", "ready", "started")]
        return {text: self.term(text) for text in texts}

    def term(self, text: str) -> Term:
        """The term of a name as a claim would write it."""
        owner, _, field = text.rpartition(".")
        quoted = f'"{owner}".{field}' if owner else field
        source = Source("status", f"define shown = {quoted}\n")
        tree = parse(source, self._diagnostics)
        node = tree.items[0].nodes()[0]
        return self.grounder.elaborator.expr(node, Scope(source, {}), None)


def _texts(values: Mapping[str, Value], containers: Iterable[str]) -> dict[str, str]:
    fields = {k: str(values[k]) for k in ("phase", "deleting", "READY", "STATUS", "RESTARTS")}
    fields["reason"] = _word(values["reason"])
    for name in CONDITIONS:
        status = str(values[f"conditionStatus_{name}"])
        reason = str(values[f"conditionReason_{name}"])
        if status:
            fields[f"condition {name}"] = status[0] + (f":{reason}" if reason else "")
    for c in containers:
        if values[f"{c}.apiState"] == "absent":
            continue
        fields[f"{c}.state"] = _state(values, c, "apiState", "exitCode", "reason")
        fields[f"{c}.lastState"] = _state(values, c, "lastState", "lastExitCode", "lastReason")
        fields[f"{c}.restartCount"] = str(values[f"{c}.restartCount"])
        fields[f"{c}.ready"] = str(int(values[f"{c}.ready"]))
        fields[f"{c}.started"] = str(int(values[f"{c}.started"]))
    return fields


def _state(values: Mapping[str, Value], c: str, state: str, code: str, reason: str) -> str:
    match values[f"{c}.{state}"]:
        case "running":
            return "R"
        case "waiting" if state == "lastState":
            return "W"
        case "waiting":
            return f"W {_word(values[f'{c}.{reason}'])}".strip()
        case "terminated":
            return f"T {values[f'{c}.{code}']} {_word(values[f'{c}.{reason}'])}".strip()
        case _:
            return "-"


def _word(value: Value) -> str:
    return "" if value == "none" else str(value)
