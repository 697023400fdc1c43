"""Plays recorded events on the rules, with the habits of the recorder's environment.

The recorder plays everything around the kubelet: it answers probes, chooses the code
with which a container exits when it is stopped, and lets time pass.  None of that is a rule
of the kubelet, so it is here:

- a probe that is not said to fail succeeds as soon as it can;
- a probe said to fail goes on failing until the kubelet stops the container;
- a container that is stopped exits with the code that a probe event named for it, else with
  the last code that an event of the pod named, at first 143;
- the deadline is an hour away, so until it passes every delay is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from podcheck.conform.ruled_pod import Choices, Subject
from podcheck.explicit.interpreter import NotSettled, State

MAX_SYNCS = 40
MAX_UNRECORDED = 12  # events of which every subset is tried
STOP_CODE = 143

# What the recorder does at times, and no rule of the kubelet's.
OTHER_CODE = "another stop code"
DEAD_SANDBOX = "a start in the dead sandbox"
RECORDER = {
    OTHER_CODE: "A container that had a code from a probe event exited with that of a later one.",
    DEAD_SANDBOX: (
        "A delay ended right before the kubelet saw that the sandbox had died, and the recorder's "
        "runtime, unlike a real one, started the container in it."
    ),
}

Event = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Habits:
    """What the recorder keeps in mind between events."""

    code: int = STOP_CODE  # what containers exit with when they are stopped
    own: frozenset[tuple[str, int]] = frozenset()  # and those that have a code of their own
    failing: frozenset[tuple[str, str]] = frozenset()  # (probe, container)

    def code_of(self, container: str) -> int:
        return next((code for c, code in self.own if c == container), self.code)

    def with_own(self, container: str, code: int) -> Habits:
        others = frozenset((c, k) for c, k in self.own if c != container)
        return replace(self, own=others | {(container, code)})

    def fails(self, probe: str, container: str) -> Habits:
        return replace(self, failing=self.failing | {(probe, container)})

    def passes(self, probe: str, container: str) -> Habits:
        return replace(self, failing=self.failing - {(probe, container)})


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is: the rules' state and the recorder's memory."""

    state: State
    habits: Habits


@dataclass(frozen=True, slots=True)
class Course:
    """Where a step ends, and every state on the way.

    ``races`` names what came otherwise than it usually does: inputs of the rules that are left
    to timing, events that a recording does not name, `RECORDER` for a habit of the recorder.
    """

    end: Position
    path: tuple[State, ...]
    races: tuple[str, ...] = ()


class UnknownEvent(Exception):
    """A recording holds an event that the player does not know."""


def beginning(subject: Subject, policy: str) -> Position:
    """A pod that is created but not seen by the kubelet."""
    return Position(subject.machine.initial(policy), Habits())


def prepare(subject: Subject, at: Position, condition: tuple[str, ...]) -> Position:
    """The position after a condition that held before the pod was created."""
    word, container, *rest = condition
    match word:
        case "imgfail":
            return Position(subject.happen(f"{container} image pull fails", at.state), at.habits)
        case "startupfail":
            habits = at.habits.fails("startup", container).with_own(container, int(rest[0]))
            return Position(at.state, habits)
        case "readinessfail":
            return Position(at.state, at.habits.fails("readiness", container))
        case _:
            raise UnknownEvent(" ".join(condition))


def play(subject: Subject, at: Position, event: Event, races: Choices = ()) -> Course:
    """What an event comes to, with the given outcomes of what is left to timing."""
    path: list[State] = []
    for part in _parts(event):
        at = _inject(subject, at, part)
        path.append(at.state)
        at = _settle(subject, at, races, path)
    return Course(at, tuple(path), tuple(name for name, happens in races if happens))


def unrecorded(subject: Subject, at: Position, clock: bool) -> list[Course]:
    """What may have come by itself, so that a recording does not name it: every subset.

    With a ``clock`` delays end by themselves while the recorder waits.
    """
    names = [f"{c} image pull is tried again" for c in subject.names.containers]
    if clock:
        names += [f"{c} {e}" for c in subject.names.containers for e in _DELAYS]
    races: list[Choices] = [()]
    if clock:
        races.append(tuple((n, True) for n in subject.names.races if n.endswith(_GROWING)))
    found = [Course(at, ())]
    for name in names[:MAX_UNRECORDED]:
        possible = [p for p in found if subject.possible(name, p.end.state)]
        found += [_add(subject, p, name, choices) for p in possible for choices in races]
    return found[1:]


def started_unseen(subject: Subject, at: Position, event: Event) -> list[Course]:
    """What the end of a sandbox comes to if a delay ended right before the kubelet saw it.

    The kubelet then starts a container in the sandbox that is dead already.  The recorder's
    runtime lets it, and such a container runs until the kubelet stops it with the old sandbox.
    """
    if event[0] not in ("sandboxdie", "reboot"):
        return []
    found = []
    for c in subject.names.containers:
        if not subject.possible(f"{c} backoff ends", at.state):
            continue
        ended = subject.happen(f"{c} backoff ends", at.state)
        for grows in (False, True):
            choices = _choices(subject, at.habits, ((f"{c}{_GROWING}", grows),))
            started = subject.sync(ended, choices)
            struck = _inject(subject, Position(started, at.habits), event)
            state = subject.merged(struck.state, started, _begun(subject, ended, started))
            path = [started, state]
            end = _settle(subject, replace(struck, state=state), (), path)
            found.append(Course(end, tuple(path), (DEAD_SANDBOX,)))
    return found


def _begun(subject: Subject, before: State, after: State) -> set[str]:
    """The containers that a sync has started."""
    running = [f"{c}.record" for c in subject.names.containers]
    return {
        name.removesuffix(".record")
        for name in running
        if subject.get(after, name) == "running" and subject.get(before, name) != "running"
    }


_DELAYS = ("runs for a while", "backoff ends")
_GROWING = ".delayGrows"


def _add(subject: Subject, played: Course, event: str, races: Choices) -> Course:
    """A run that goes on with an event and the kubelet's reaction."""
    state = subject.happen(event, played.end.state)
    path = [*played.path, state]
    end = _settle(subject, Position(state, played.end.habits), races, path)
    return Course(end, tuple(path), (*played.races, event, *(name for name, _ in races)))


def _parts(event: Event) -> tuple[tuple[str, ...], ...]:
    """The events that a recorded one stands for, each followed by the kubelet's reaction."""
    if event[0] == "deadline":
        return ("elapse",), ("elapse",), event
    return (event,)


def _inject(subject: Subject, at: Position, event: Event) -> Position:
    """The position right after one event."""
    state, habits = at.state, at.habits
    match event:
        case ("create",) | ("wait", _):
            return at
        case ("exit", c, code):
            return Position(subject.happen(f"{c} exits", state, int(code)), habits)
        case ("oom", c):
            return Position(subject.happen(f"{c} is OOMKilled", state), habits)
        case ("elapse",):
            return Position(subject.happen("time passes", state), habits)
        case ("liveness" | "startup" as probe, c, code):
            return Position(state, habits.fails(probe, c).with_own(c, int(code)))
        case ("readiness", c):
            return Position(state, habits.fails("readiness", c))
        case ("probeok", c, probe):
            return Position(state, habits.passes(probe, c))
        case ("imgok", c):
            return Position(subject.happen(f"{c} image can be pulled", state), habits)
        case ("reboot",):
            return Position(subject.happen("node reboots", state), habits)
        case ("sandboxdie" | "delete" | "evict" | "deadline" as word, code):
            return Position(
                subject.happen(_POD_EVENTS[word], state), replace(habits, code=int(code))
            )
        case _:
            raise UnknownEvent(" ".join(event))


_POD_EVENTS = {
    "sandboxdie": "sandbox dies",
    "delete": "pod is deleted",
    "evict": "pod is evicted",
    "deadline": "deadline passes",
}


def _settle(subject: Subject, at: Position, races: Choices, path: list[State]) -> Position:
    """Syncs and probe results until nothing changes; every state on the way goes to ``path``."""
    state, habits = at.state, at.habits
    for _ in range(MAX_SYNCS):
        before = state
        state = subject.sync(state, _choices(subject, habits, races))
        if state != before:
            habits = _forget(subject, before, state, habits)
        else:
            state = _probe(subject, state, habits)
            if state == before:
                return Position(state, habits)
        path.append(state)
    raise NotSettled(subject.pod.name)


def _choices(subject: Subject, habits: Habits, races: Choices) -> Choices:
    return (*((k, habits.code_of(k.rpartition(".")[0])) for k in subject.names.kills), *races)


def _forget(subject: Subject, before: State, after: State, habits: Habits) -> Habits:
    """Probes of a container that the kubelet has stopped do not fail any more."""
    if not habits.failing:
        return habits
    for probe, c in habits.failing:
        ran = subject.get(before, f"{c}.record") == "running"
        runs = subject.get(after, f"{c}.record") == "running"
        again = subject.get(before, f"{c}.attempt") != subject.get(after, f"{c}.attempt")
        if ran and (not runs or again):
            habits = habits.passes(probe, c)
    return habits


def _probe(subject: Subject, state: State, habits: Habits) -> State:
    """The state after every probe has given its result."""
    for c in subject.names.containers:
        for probe, fails, passes in _PROBE_EVENTS:
            failing = (probe, c) in habits.failing
            name = f"{c} {fails if failing else passes}" if failing or passes else ""
            if name and subject.possible(name, state):
                state = subject.happen(name, state)
    return state


_PROBE_EVENTS = (
    ("startup", "fails startupProbe", "passes startupProbe"),
    ("readiness", "becomes unready", "becomes ready"),
    ("liveness", "fails livenessProbe", ""),
)
