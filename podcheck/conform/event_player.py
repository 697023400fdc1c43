"""Plays recorded events on the rules, with the habits of the recorder's environment.

The recorder plays everything around the kubelet: it answers probes, chooses the code
with which a container exits when it is stopped, and lets time pass.  None of that is a rule
of the kubelet, so it is here:

- a probe that is not said to fail succeeds as soon as it can;
- a probe said to fail goes on failing until the container ends, or in every instance
  (`probefail`);
- a container that is stopped exits with the code that a probe event named for it, else with
  the last code that an event of the pod named, at first 143;
- a probe whose first result takes longer than the recorder waits gives it in a later step;
- the deadline is an hour away, so until it passes every delay is over;
- log files go with the instances that the kubelet removes, but for those of the first recorder;
- while the kubelet is stopped nothing reacts to what happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from podcheck.conform.ruled_pod import Choices, Subject
from podcheck.core.terms import Value
from podcheck.explicit.interpreter import NotSettled, State

MAX_SYNCS = 40
MAX_UNRECORDED = 12  # events of which every subset is tried
STOP_CODE = 143

# What the recorder does at times, and no rule of the kubelet's.
OTHER_CODE = "another stop code"
SHORT_STEP = "a short step"
OWN_END = "an end of its own during a stop"
DEAD_SANDBOX = "a start in the dead sandbox"
SLOW_PROBE = "a slow probe"
EARLY_PROBE = "an early liveness probe"
RECORDER = {
    SLOW_PROBE: (
        "A probe's first result takes longer than the recorder waits, so it came in another step "
        "than it usually does."
    ),
    EARLY_PROBE: (
        "The liveness probe of a new instance that is shown started failed before its startup "
        "probe was run."
    ),
    OWN_END: ("The kubelet was about to stop the container, which ended by itself before that."),
    SHORT_STEP: (
        "A kubelet that starts takes some four seconds to stop a pod that it does not admit; the "
        "step was over before."
    ),
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
    lasting: frozenset[tuple[str, str]] = frozenset()  # those that fail in every instance
    logs_stay: bool = False  # the log files of removed instances stay
    stopped: bool = False  # no kubelet runs
    needs: frozenset[str] = frozenset()  # the changes of the node that the pod does not stand
    late: frozenset[str] = frozenset()  # that take longer to stop than an eviction allows
    refused: str = ""  # why a kubelet that starts would not admit the pod
    early: bool = False  # liveness probes fail before startup probes in this step
    held: frozenset[tuple[str, str]] = frozenset()  # probes that give no result in this step
    once: frozenset[tuple[str, str]] = frozenset()  # and those that give only one

    def code_of(self, container: str) -> int:
        return next((code for c, code in self.own if c == container), self.code)

    def with_own(self, container: str, code: int) -> Habits:
        others = frozenset((c, k) for c, k in self.own if c != container)
        return replace(self, own=others | {(container, code)})

    def fails(self, probe: str, container: str) -> Habits:
        return replace(self, failing=self.failing | {(probe, container)})

    def killed(self) -> Habits:
        """Those that take too long to stop are killed."""
        habits = self
        for container in sorted(self.late):
            habits = habits.with_own(container, 137)
        return habits

    def begun(self, containers: Iterable[str]) -> Habits:
        """A stop is under way: what is stopped keeps its code, whatever event comes next."""
        return replace(self, own=frozenset((c, self.code_of(c)) for c in containers))

    def ended(self, container: str) -> Habits:
        """The startup and liveness probes of a container that has ended do not fail any more."""
        left = frozenset(
            p for p in self.failing if p[1] != container or p[0] == "readiness" or p in self.lasting
        )
        return replace(self, failing=left) if left != self.failing else self

    def passes(self, probe: str, container: str) -> Habits:
        pair = {(probe, container)}
        return replace(self, failing=self.failing - pair, lasting=self.lasting - pair)

    def stopping(self, codes: str) -> Habits:
        """With the codes of an event that stops the pod: `143`, or `c1=0,s1=137`."""
        if "=" not in codes:
            return replace(self, code=int(codes))
        habits = self
        for container, _, code in (pair.partition("=") for pair in codes.split(",")):
            habits = habits.with_own(container, int(code))
        return habits


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is: the rules' state and the recorder's memory."""

    state: State
    habits: Habits


@dataclass(frozen=True, slots=True)
class Course:
    """Where a step ends, and every position on the way.

    ``races`` names what came otherwise than it usually does: inputs of the rules that are left
    to timing, events that a recording does not name, `RECORDER` for a habit of the recorder.
    """

    end: Position
    way: tuple[Position, ...]
    races: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[State, ...]:
        """The states on the way."""
        return tuple(p.state for p in self.way)


class UnknownEvent(Exception):
    """A recording holds an event that the player does not know."""


class Unexpressed(Exception):
    """The rules have no event for what happened, or not there; the message names it."""


def _refused(subject: Subject, at: Position, reason: str) -> Position:
    """A pod that is rejected when it comes, and then looked at again, as the recorder has it."""
    state = subject.happen("pod is rejected", at.state, reason)
    return Position(subject.changed(state, "worker", "stopping"), at.habits)


def beginning(
    subject: Subject, policy: str, logs_stay: bool = False, needs: frozenset[str] = frozenset()
) -> Position:
    """A pod that is created but not seen by the kubelet.

    ``needs`` are the events of the node that the pod does not stand.  With ``logs_stay`` the log
    files of instances that the kubelet removed stay.
    """
    habits = Habits(logs_stay=logs_stay, needs=needs)
    return Position(subject.machine.initial(policy), habits)


def unseen(subject: Subject, at: Position) -> Position:
    """The position of a pod that the kubelet has not seen, or said nothing about yet."""
    policy = str(subject.get(at.state, "policy"))
    return Position(subject.machine.initial(policy), at.habits)


def prepare(subject: Subject, at: Position, condition: tuple[str, ...]) -> Position:
    """The position after a condition that held before the pod was created."""
    match condition:
        case ("imgfail", container):
            return Position(subject.happen(f"{container} image pull fails", at.state), at.habits)
        case ("startupfail", container, code):
            habits = at.habits.fails("startup", container).with_own(container, int(code))
            return Position(at.state, habits)
        case ("startupfail" | "readinessfail" as word, container):
            return Position(at.state, at.habits.fails(word.removesuffix("fail"), container))
        case ("pullslow", container, seconds) if int(seconds) > SLOWEST:
            raise Unexpressed(f"pull of {container} that never ends")
        case ("hookhangs", container):
            raise Unexpressed(f"postStart hook of {container} that never ends")
        case ("pullslow", _, _) | ("finalizer",):
            return at
        case ("stoplat", c, milliseconds):
            if int(milliseconds) < EVICTION_MS:
                return at
            return replace(at, habits=replace(at.habits, late=at.habits.late | {c}))
        case ("node", "shutdown", _):
            if subject.pod.static:
                raise Unexpressed("a static pod of a node that shuts down already")
            return _refused(subject, at, "NodeShutdown")
        case ("volattach",):
            return _refused(subject, at, _REFUSALS["volattach"])
        case ("nodelabel" | "nodecpu" | "nodetaint", *_):
            at = inject(subject, at, condition)
            return _refused(subject, at, at.habits.refused) if at.habits.refused else at
        case ("startfail" | "hookfail" | "sandboxfail", *_):
            return inject(subject, at, condition)
        case (word, *_) if word in _UNEXPRESSED:
            raise Unexpressed(word)
        case _:
            raise UnknownEvent(" ".join(condition))


def play(subject: Subject, at: Position, event: Event, races: Choices = ()) -> Course:
    """What an event comes to, with the given outcomes of what is left to timing."""
    way: list[Position] = []
    held = at.habits.held
    for part in _parts(event):
        at = inject(subject, at, part)
        way.append(at)
        at = _settle(subject, at, races, way)
    if held or at.habits.once or at.habits.early:
        way, at = [_released(p) for p in way], _released(at)
    return Course(at, tuple(way), tuple(name for name, happens in races if happens))


def _released(at: Position) -> Position:
    """The position without what was so in one step only."""
    habits = replace(at.habits, early=False, held=frozenset(), once=frozenset())
    return replace(at, habits=habits)


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
            struck = inject(subject, Position(started, at.habits), event)
            state = subject.merged(struck.state, started, _begun(subject, ended, started))
            way = [Position(started, at.habits), replace(struck, state=state)]
            end = _settle(subject, way[-1], (), way)
            found.append(Course(end, tuple(way), (DEAD_SANDBOX,)))
    return found


def _begun(subject: Subject, before: State, after: State) -> set[str]:
    """The containers that a sync has started."""
    return {
        c
        for c in subject.names.containers
        if subject.get(after, f"{c}.record") == "running"
        and (
            subject.get(before, f"{c}.record") != "running"
            or subject.get(before, f"{c}.attempt") != subject.get(after, f"{c}.attempt")
        )
    }


_DELAYS = ("runs for a while", "backoff ends")
_GROWING = ".delayGrows"


def _add(subject: Subject, played: Course, event: str, races: Choices) -> Course:
    """A run that goes on with an event and the kubelet's reaction."""
    at = Position(subject.happen(event, played.end.state), played.end.habits)
    way = [*played.way, at]
    end = _settle(subject, at, races, way)
    return Course(end, tuple(way), (*played.races, event, *(name for name, _ in races)))


def _parts(event: Event) -> tuple[tuple[str, ...], ...]:
    """The events that a recorded one stands for, each followed by the kubelet's reaction."""
    if event[0] == "deadline":
        return ("elapse",), ("elapse",), event
    return (event,)


def inject(subject: Subject, at: Position, event: Event) -> Position:
    """The position right after one event."""
    state, habits = at.state, at.habits
    match event:
        case ("create",) | ("wait", _):
            return at
        case ("exit", c, code):
            return Position(subject.happen(f"{c} exits", state, int(code)), habits.ended(c))
        case ("oom", c):
            return Position(subject.happen(f"{c} is OOMKilled", state), habits.ended(c))
        case ("oom0", c):
            struck = subject.happen(f"a process of {c} is OOMKilled", state)
            return Position(subject.happen(f"{c} exits", struck, 0), habits.ended(c))
        case ("elapse",):
            return Position(subject.happen("time passes", state), habits)
        case ("liveness" | "startup" as probe, c, code):
            return Position(state, habits.fails(probe, c).with_own(c, int(code)))
        case ("readiness", c):
            return Position(state, habits.fails("readiness", c))
        case ("probefail", c, probe):
            habits = habits.fails(probe, c)
            return Position(state, replace(habits, lasting=habits.lasting | {(probe, c)}))
        case ("probeok", c, probe):
            return Position(state, habits.passes(probe, c))
        case ("stopcode", c, code):
            return Position(state, habits.with_own(c, int(code)))
        case ("imgok", c):
            return Position(subject.happen(f"{c} image can be pulled", state), habits)
        case ("startfail", c, failure):
            if ":" in failure:
                raise Unexpressed("a runtime that leaves failed instances created")
            state = _start_works(subject, state, c)
            return Position(subject.happen(f"{c} start fails", state, failure), habits)
        case ("hookfail", c, code):
            state = subject.happen(f"{c} postStart hook fails", _start_works(subject, state, c))
            return Position(state, habits.with_own(c, int(code)))
        case ("startok", c):
            return Position(_start_works(subject, state, c), habits)
        case ("sandboxfail",):
            return Position(subject.happen("sandbox creation fails", state), habits)
        case ("sandboxok",):
            return Position(subject.happen("sandbox creation works", state), habits)
        case ("image", c, _, code):
            state = _happen(subject, f"{c} image is changed", state)
            return Position(state, habits.stopping(code))
        case ("reboot",):
            return Position(subject.happen("runtime crashes", state), habits)
        case ("node", "reboot"):
            return _started(subject, at, "node reboots")
        case ("node", "reboot", "gone"):
            return _started(subject, at, "node reboots without records")
        case ("nodelabel" | "nodecpu" | "nodetaint" as word, *what):
            reason = "" if word not in habits.needs or what[-1] in _SUITS else _REFUSALS[word]
            return Position(state, replace(habits, refused=reason))
        case ("volattach",):
            reason = _REFUSALS["volattach"]
            if subject.possible("pod is rejected", state) and habits.refused != reason:
                state = subject.happen("pod is rejected", state, reason)
            return Position(state, habits)
        case ("mirrordelete",):
            return Position(_happen(subject, "pod is deleted", state), habits)
        case ("mirrorforce",):
            return Position(_happen(subject, "pod is force deleted", state), habits)
        case ("unfinalize",):
            return Position(_happen(subject, "finalizers are removed", state), habits)
        case ("unmanifest", code):
            state = _happen(subject, "file of the pod is removed", state)
            return Position(state, habits.stopping(code))
        case ("node", "shutdown", codes):
            if not subject.possible("node shuts down", state):
                raise Unexpressed("node shutdown of a pod that is over")
            return Position(subject.happen("node shuts down", state), habits.stopping(codes))
        case ("limit", _, codes):
            name = "pod exceeds its own limit"
            return Position(_happen(subject, name, state), habits.stopping(codes).killed())
        case ("kubelet", "restart" | "start"):
            return _started(subject, at, "kubelet restarts")
        case ("kubelet", "stop"):
            return Position(state, replace(habits, stopped=True))
        case ("evict", codes):
            state = subject.happen(_POD_EVENTS["evict"], state)
            return Position(state, habits.stopping(codes).killed())
        case (word, codes) if word in _POD_EVENTS:
            return Position(subject.happen(_POD_EVENTS[word], state), habits.stopping(codes))
        case (word, *_) if word in _UNEXPRESSED:
            raise Unexpressed(word)
        case _:
            raise UnknownEvent(" ".join(event))


def in_the_call(
    subject: Subject, before: Position, after: Position, moment: str
) -> Iterator[Position]:
    """Where a pod is at the moment of a call for a container, if a sync makes it.

    A sync is one step to the rules, but one that dies with its node ends in the middle: what comes
    after the call has not been done.
    """
    call, _, c = moment.partition(" ")
    begun = _begun(subject, before.state, after.state)
    if call not in _CALLS or c not in begun:
        return
    names = subject.names.containers
    left = begun & {*names[names.index(c) :]} - ({c} if call != "CreateContainer" else set())
    written = subject.half_way(before.state, after.state)
    state = subject.merged(after.state, written, left)
    if call == "StartContainer":
        state = subject.changed(state, f"{c}.record", "created")
    yield replace(after, state=state)


def while_starting(
    subject: Subject, before: Position, after: Position, moment: str
) -> Iterator[Position]:
    """Where a pod is if its sandbox is lost while a sync starts containers in it.

    The runtime can neither create nor start a container in a dead sandbox, so the starts that are
    left fail; of the first of them the runtime may have an instance, which has exited then.
    """
    begun = _begun(subject, before.state, after.state)
    names = [c for c in subject.names.containers if c in begun]
    call, _, named = moment.partition(" ")
    for n, c in enumerate(names):
        if named not in ("", c):
            continue
        for created in (False, True):
            if call and created != (call == "StartContainer"):
                continue
            left = names[n + created :]
            state = subject.merged(after.state, before.state, left)
            for d in left:
                kept = {f: subject.get(after.state, f"{d}.{f}") for f in ("entry", "age")}
                state = subject.with_fields(state, d, {**_NO_CREATE, **kept})
            if created:
                state = subject.with_fields(state, c, _NO_START)
            yield replace(after, state=state)


def while_stopping(
    subject: Subject, before: Position, after: Position, moment: str
) -> Iterator[Position]:
    """Where a pod is if its kubelet goes down while it stops containers.

    The runtime has stopped some of them, and no status says so yet.
    """
    ended = [
        c
        for c in subject.names.containers
        if subject.get(before.state, f"{c}.record") == "running"
        and subject.get(after.state, f"{c}.record") == "exited"
    ]
    _, _, named = moment.partition(" ")
    for names in dict.fromkeys((tuple(ended), tuple(c for c in ended if c == named))):
        state = before.state
        for c in names:
            kept = {field: subject.get(after.state, f"{c}.{field}") for field in _OF_AN_END}
            state = subject.with_fields(state, c, kept)
        yield replace(after, state=state)


# What is known of the end of a container, but for the status.
_OF_AN_END = ("record", "code", "word", "recent")

# What a start in a dead sandbox leaves behind.
_NO_CREATE: dict[str, Value] = {"failing": True, "error": "CreateContainerError"}
_NO_START: dict[str, Value] = {
    "record": "exited",
    "code": 128,
    "word": "StartError",
    "failing": True,
    "error": "RunContainerError",
    "recent": True,
}

# The calls for a container, in the order in which they are made.
_CALLS = ("CreateContainer", "StartContainer", "Started", "hook")


def can_meet(subject: Subject, at: Position, event: Event) -> bool:
    """Can the event happen there?  A recorder never injects one that can't."""
    match event:
        case ("exit" | "oom" | "oom0" as word, c, *_):
            name = f"{c} exits" if word == "exit" else f"{c} is OOMKilled"
        case (word, *_) if word in _POD_EVENTS:
            name = _POD_EVENTS[word]
        case _:
            return True
    if not subject.has_event(name):
        raise KeyError(name)
    return subject.possible(name, at.state)


def _started(subject: Subject, at: Position, event: str) -> Position:
    """The position after a kubelet has started, which admits the pod anew or does not."""
    state = _happen(subject, event, at.state)
    if at.habits.refused and subject.possible("pod is rejected", state):
        state = subject.happen("pod is rejected", state, at.habits.refused)
    return Position(state, replace(at.habits, stopped=False))


def _happen(subject: Subject, event: str, state: State) -> State:
    """The state after an event; one that changes nothing where it can't happen."""
    return subject.happen(event, state) if subject.possible(event, state) else state


def _start_works(subject: Subject, state: State, c: str) -> State:
    """The state without what kept a container from starting."""
    return _happen(subject, f"{c} start works", state)


EVICTION_MS = 2000  # that a container has to stop when the kubelet evicts its pod
SLOWEST = 600  # seconds that a pull may take and still come to an end

_POD_EVENTS = {
    "sandboxdie": "sandbox dies",
    "delete": "pod is deleted",
    "forcedelete": "pod is force deleted",
    "evict": "pod is evicted",
    "deadline": "deadline passes",
}
# What a recorder did and the rules have no event for.
_UNEXPRESSED = frozenset("""edit manifest volok""".split())
_REFUSALS = {
    "nodelabel": "NodeAffinity",
    "nodecpu": "OutOfcpu",
    "nodetaint": "TaintToleration",
    "volattach": "VolumeAttachmentLimitExceeded",
}
_SUITS = ("a", "100")  # the label and the number of CPUs that suit every pod


def _settle(subject: Subject, at: Position, races: Choices, way: list[Position]) -> Position:
    """Syncs and probe results until nothing changes; every position goes to ``way``."""
    if at.habits.stopped:
        return at
    state, habits = at.state, at.habits
    for _ in range(MAX_SYNCS):
        before = state
        state = subject.sync(state, _choices(subject, habits, races))
        if habits.logs_stay:
            state = subject.kept(before, state, "logs")
        if state != before:
            habits = _forget(subject, before, state, habits)
        else:
            state, habits = _probe(subject, state, habits)
            if state == before:
                return Position(state, habits)
        way.append(Position(state, habits))
    raise NotSettled(subject.pod.name)


def _choices(subject: Subject, habits: Habits, races: Choices) -> Choices:
    kills = ((k, habits.code_of(k.rpartition(".")[0])) for k in subject.names.kills)
    return (*kills, *races)


def _forget(subject: Subject, before: State, after: State, habits: Habits) -> Habits:
    """Probes of a container that the kubelet has stopped do not fail any more."""
    if not habits.failing:
        return habits
    for probe, c in habits.failing - habits.lasting:
        ran = subject.get(before, f"{c}.record") == "running"
        runs = subject.get(after, f"{c}.record") == "running"
        again = subject.get(before, f"{c}.attempt") != subject.get(after, f"{c}.attempt")
        if ran and (not runs or again):
            habits = habits.passes(probe, c)
    return habits


def _probe(subject: Subject, state: State, habits: Habits) -> tuple[State, Habits]:
    """The state after every probe has given its result."""
    for c in subject.names.containers:
        if _is_early(subject, state, c) and ("liveness", c) in habits.failing:
            if habits.early:
                state = subject.happen(f"{c} fails livenessProbe", state)
                return state, replace(habits, early=False)
        for probe, fails, passes in _PROBE_EVENTS:
            failing = (probe, c) in habits.failing
            name = f"{c} {fails if failing else passes}" if failing or passes else ""
            if probe == "liveness" and _is_early(subject, state, c):
                continue
            if (probe, c) not in habits.held and name and subject.possible(name, state):
                state = subject.happen(name, state)
                if (probe, c) in habits.once:
                    habits = replace(habits, held=habits.held | {(probe, c)})
    return state, habits


def _is_early(subject: Subject, state: State, c: str) -> bool:
    """Can the liveness probe of a container fail before its startup probe has given a result?"""
    events = (f"{c} fails livenessProbe", f"{c} passes startupProbe")
    return all(subject.possible(name, state) for name in events)


_PROBE_EVENTS = (
    ("startup", "fails startupProbe", "passes startupProbe"),
    ("readiness", "becomes unready", "becomes ready"),
    ("liveness", "fails livenessProbe", ""),
)
