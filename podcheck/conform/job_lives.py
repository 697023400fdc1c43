"""Replays recorded lives of the Job controller: the Job's conditions and counts, status by status.

The recorder says what becomes of each pod and when the controller made it; how a delay ends is seen
from that.  A pod that the controller deletes fails with 143 a second later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from podcheck.conform.recording import Json
from podcheck.conform.ruled_pod import COUNTS, VERSION, Unplayable
from podcheck.core.terms import Sort, Value
from podcheck.declarations.job import with_places
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Settings
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.reader import read_manifest
from podcheck.results.agreement import Agreement, Divergence

Status = tuple[int, int, int, tuple[str, ...]]  # active, failed, succeeded, conditions

_SAME_TIME = 0.5  # seconds within which the controller sees what happens in one sync
_STEP = 5  # seconds from a pod's start to its first restart or its end
_STOPPED = 143  # the code of a pod that the controller deletes
_CODES = (0, 1, 137, _STOPPED)
_OUTCOME = re.compile(r"(?:r(\d+))?([SEH]|F(\d+))")


@dataclass(slots=True)
class _Life:
    """One life as it is replayed: where each pod is, and what is still to come."""

    record: Json
    state: State
    statuses: list[Status]
    places: dict[int, str] = field(default_factory=dict)  # of each pod by its number
    coming: list[tuple[float, int, str, int]] = field(default_factory=list)


class _Job:
    """A Job's machine without pods of its own: every place ends as the recording says."""

    def __init__(self, pack: Pack, name: str, spec: Json) -> None:
        self.pod = with_places(_pod_of(name, spec), coupled=False)
        diagnostics = Diagnostics()
        listed = [c for r in self.pod.failure_rules for c in r.codes]
        codes = Sort("exit code", "code", tuple(sorted({*_CODES, *listed, *range(1, 256, 7)})))
        settings = Settings(VERSION, {}, codes=codes, counts=COUNTS)
        self.grounder = Grounder(pack, self.pod, settings, diagnostics)
        ask = self.grounder.observed
        self.shown = {n: ask(n) for n in ("jobActive", "jobFailed", "jobSucceeded", "jobMade")}
        self.shown |= {n: ask(n) for n in ("jobInterim", "jobEnd", "jobReason")}
        asked = [*self.shown.values()]
        for place in self.pod.places:
            for name in ("held", "end", "dying", "code", "disrupted", "restarts"):
                term = ask(name, place)
                asked.append(term)
                self.shown[f"{place.name}.{name}"] = term
        system = self.grounder.system(asked, list(self.grounder.events))
        if diagnostics.has_errors:
            raise Unplayable("\n".join(f"{d.span}: {d.message}" for d in diagnostics.sorted()))
        self.machine = Interpreter(system)
        self._stops = {i.name: _STOPPED for i in system.sync.inputs if i.role == "kill"}

    # ---- a life --------------------------------------------------------------------------

    def play(self, record: Json) -> _Life:
        """Play a recorded life to its end."""
        state = self.machine.initial(self.pod.policy)
        life = _Life(record, state, [self.status(state)])
        self._number(life)
        deadline = next((n for f, n in self.pod.owner_fields if f == "activeDeadlineSeconds"), None)
        if deadline is not None:
            life.coming.append((deadline, -1, "deadline", 0))
        life.coming += [(p["t"], p["n"], "made", 0) for p in record["pods"]]
        self._settle(life)
        while life.coming:
            life.coming.sort()
            now = life.coming[0][0] + _SAME_TIME
            due = [e for e in life.coming if e[0] <= now]
            life.coming = [e for e in life.coming if e[0] > now]
            for _, number, what, code in due:
                self._happen(life, number, what, code)
            self._settle(life)
        return life

    def _happen(self, life: _Life, number: int, what: str, code: int) -> None:
        if what == "deadline":
            self._event(life, "job deadline passes")
            return
        if what == "made":
            if number not in life.places:
                self._event(life, "delay ends")
                for place in self.pod.places:
                    self._event(life, f"delay of {place.name} ends")
            return
        name = life.places.get(number, "")
        if not name or self._value(life, f"{name}.dying"):
            return
        if what == "evicted":
            self._event(life, f"{name} is evicted", code)
        elif what == "fails":
            under = self.pod.policy == "OnFailure"  # where containers are started again
            phrase = "exceeds its own limit" if under else "fails"
            self._event(life, f"{name} {phrase}", code)
        else:
            self._event(life, f"{name} {what}")

    def _event(self, life: _Life, name: str, code: int | None = None) -> None:
        if name not in self.machine.actions:
            return
        inputs = self.machine.actions[name].inputs
        given: dict[str, Value] = {i.name: code for i in inputs if code is not None}
        if self.machine.possible(name, life.state, given):
            life.state = self.machine.apply(name, life.state, given)

    def _settle(self, life: _Life) -> None:
        for state in self.machine.settle(life.state, self._stops):
            life.state = state
            self._number(life)
            status = self.status(state)
            if status != life.statuses[-1]:
                life.statuses.append(status)

    def _number(self, life: _Life) -> None:
        """Give the pods made by this sync their numbers, in the order of their places."""
        made = int(str(self._value(life, "jobMade")))
        last = {place: number for number, place in life.places.items()}
        for place in self.pod.places:
            if len(life.places) >= made:
                return
            fresh = place.name not in last or self._ended(life, last[place.name])
            if self._value(life, f"{place.name}.held") and fresh:
                number = len(life.places)
                life.places[number] = place.name
                self._plan(life, number)

    def _ended(self, life: _Life, number: int) -> bool:
        """Has what the recording says of a pod happened, or been cut short by its deletion?"""
        return not any(n == number and what != "made" for _, n, what, _ in life.coming)

    def _plan(self, life: _Life, number: int) -> None:
        """What becomes of a pod, as the recording says; pods beyond its list succeed."""
        outcomes = life.record["outcomes"]
        text = outcomes[number] if number < len(outcomes) else "S"
        found = _OUTCOME.fullmatch(text)
        start = next((p["t"] for p in life.record["pods"] if p["n"] == number), None)
        if start is None:
            return
        if found is None:
            raise ValueError(f"`{text}` is no outcome of a pod")
        restarts, end, code = found.groups()
        times = int(restarts or 0)
        for i in range(1, times + 1):
            life.coming.append((start + _STEP * i, number, "is restarted", 0))
        when = start + _STEP * (times + 1)
        if end == "S":
            life.coming.append((when, number, "succeeds", 0))
        elif end == "E":
            life.coming.append((when, number, "evicted", 137))
        elif code is not None:
            life.coming.append((when, number, "fails", int(code)))

    # ---- the status ----------------------------------------------------------------------

    def _value(self, life: _Life, name: str) -> Value:
        return self.machine.value(self.shown[name], life.state)

    def status(self, state: State) -> Status:
        """The Job's status in the form of a recorded one."""
        value = {n: self.machine.value(term, state) for n, term in self.shown.items()}
        reason = str(value["jobReason"])
        words = [str(value[n]) for n in ("jobInterim", "jobEnd") if value[n] != "none"]
        counts = (int(str(value[n])) for n in ("jobActive", "jobFailed", "jobSucceeded"))
        active, failed, succeeded = counts
        return active, failed, succeeded, tuple(f"{word}:{reason}" for word in words)

    def made(self, life: _Life) -> int:
        """How many pods the Job has made."""
        return int(str(self._value(life, "jobMade")))


def compare_job_lives(
    pack: Pack, lines: Iterable[Json], specs: Mapping[str, Json], name: str, keep: int = 20
) -> Agreement:
    """Replay each life; it agrees if its last status and the number of its pods do."""
    result = Agreement(name)
    jobs: dict[str, _Job] = {}
    for number, record in enumerate(lines, 1):
        spec = record["spec"]
        if spec not in jobs:
            jobs[spec] = _Job(pack, spec, specs[spec])
        job = jobs[spec]
        life = job.play(record)
        recorded = [_status_of(h) for h in record["history"]]
        wanted = _fields(recorded[-1], len(record["pods"]))
        found = _fields(life.statuses[-1], job.made(life))
        wrong = [f for f in wanted if wanted[f] != found[f]]
        result.steps += 1
        result.equal += not wrong
        result.single += 1
        result.subsequences += _in_order(recorded, life.statuses)
        result.sequences += recorded == life.statuses
        result.compared(wanted)
        result.by_event.update(record["outcomes"])
        result.of_kind("Job", "1.36").count(not wrong, True)
        if not wrong:
            continue
        result.differing(wrong)
        result.wrong_events.update(record["outcomes"])
        if len(result.divergences) < keep:
            expected = tuple((f, wanted[f]) for f in wrong)
            actual = tuple((f, found[f]) for f in wrong)
            events = tuple(record["outcomes"])
            result.divergences.append(
                Divergence(name, number, spec, events, expected, actual, wanted, (found,))
            )
    return result


def _fields(status: Status, made: int) -> dict[str, str]:
    active, failed, succeeded, conditions = status
    shown = " ".join(conditions)
    counts = {"active": active, "failed": failed, "succeeded": succeeded, "pods made": made}
    return {"conditions": shown} | {name: str(count) for name, count in counts.items()}


def _status_of(entry: Json) -> Status:
    return entry["active"], entry["failed"], entry["succeeded"], tuple(entry["conds"])


def _in_order(wanted: list[Status], found: list[Status]) -> bool:
    """Do the recorded statuses occur among the found ones in their order?"""
    rest = iter(found)
    return all(any(status == other for other in rest) for status in wanted)


def _pod_of(name: str, spec: Json) -> Pod:
    manifest = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "job"}, "spec": spec}
    diagnostics = Diagnostics()
    found = read_manifest(Source(name, json.dumps(manifest)), diagnostics)
    if diagnostics.has_errors or not found.workloads:
        raise Unplayable("\n".join(f"{d.span}: {d.message}" for d in diagnostics.sorted()))
    return found.workloads[0].declaration.members[0]
