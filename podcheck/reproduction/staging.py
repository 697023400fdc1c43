"""A played run as it is staged on a cluster: what each container does, run by run, and for each
step the commands that bring it about and the status that must follow.

Every container carries a script with lines for each of its runs.  A line waits for a file
`step-N` in an emptyDir that all containers of the pod share; how often the container has run
is counted in a file there too, for a restarted container remembers nothing else.  The script
outside makes the files, one after the other, by `kubectl exec` in a container that acts in the
step, and so still runs.  So nothing happens before its time, and the status can be looked at
between any two steps; waiting for some seconds instead would be no more than a hope.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import NamedTuple

from podcheck.core.answers import Move
from podcheck.core.system import Action
from podcheck.core.terms import Value
from podcheck.declarations.pod import Pod
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explicit.interpreter import ReplayDiffers
from podcheck.reproduction.forcing import (
    IMAGE,
    MISSING_IMAGE,
    UNFIT_IMAGES,
    CannotForceError,
    Forced,
    Situation,
    delay_s,
    forced,
    image_command,
)
from podcheck.reproduction.status import shown_status
from podcheck.simulation.play import PlayedRun

PATIENCE_S = 120  # a kubelet looks at a pod that did not start at least that often


class Act(NamedTuple):
    """One line of a container's script, and the step that it waits for."""

    step: int
    line: str


class Life(NamedTuple):
    """One run of a container: what it does, and the code it exits with when it is stopped."""

    acts: tuple[Act, ...] = ()
    stop_code: int = 0


class Step(NamedTuple):
    """One step, counted from 1: the event in words, who has lines for it, and the cluster's
    commands.

    ``status`` must show within ``limit_s`` seconds (the lines of ``status.py``; none: there is
    nothing to see any more), and then, if it is ``gone``, the object is removed.  ``hurry`` says
    what has to be younger than a delay when the step comes.
    """

    number: int
    event: str
    actors: tuple[str, ...]
    commands: tuple[str, ...]
    status: tuple[str, ...]
    gone: bool
    limit_s: int
    hurry: tuple[str, ...] = ()


class Staging(NamedTuple):
    """A run, ready to be written down.

    ``lives`` are the runs of each container.  ``images`` are those of containers that do not
    begin with the usual one, ``never_pulled`` of them those that may not be pulled;
    ``configured`` the containers that need a ConfigMap of their own, ``missing`` those whose
    ConfigMap is not there at first.  ``held`` says that the pod has to stay, once it is
    deleted, until its last status has been seen.
    """

    pod: Pod
    policy: str
    steps: tuple[Step, ...]
    lives: Mapping[str, tuple[Life, ...]]
    images: Mapping[str, str]
    never_pulled: frozenset[str]
    configured: tuple[str, ...]
    missing: frozenset[str]
    held: bool


def stage(run: PlayedRun) -> Staging:
    """How a run is forced; raises ``CannotForceError`` if one of its events can't be."""
    pod = run.narrator.pod
    if pod.static:
        raise CannotForceError("A script can't make a static pod: it is a file on the node.")
    stager = _Stager(run)
    moves = [run.moves[0], *(m for m in run.moves[1:] if m.events)]
    for number, played in enumerate(moves, 1):
        stager.add(number, played)
    return Staging(
        pod, run.policy, tuple(stager.steps), {n: tuple(v) for n, v in stager.lives.items()},
        stager.images, frozenset(stager.never_pulled), tuple(stager.configured),
        frozenset(stager.missing), any(s.gone and s.status for s in stager.steps),
    )  # fmt: skip


class _Stager:
    """Goes through a run move by move."""

    def __init__(self, run: PlayedRun) -> None:
        self.run = run
        self.narrator = run.narrator
        self.steps: list[Step] = []
        self.lives: dict[str, list[Life]] = {c.name: [] for c in run.narrator.pod.containers}
        self.images: dict[str, str] = {}
        self.never_pulled: list[str] = []
        self.configured: list[str] = []
        self.missing: list[str] = []

    def add(self, number: int, played: Played) -> None:
        machine = self.narrator.machine
        there = Situation(machine.named(played.before), number == 1)
        after = Situation(machine.named(played.end), False)
        waiting = [c for c in there.containers() if there.waits(c) and after.waits(c)]
        _refuse_nearest_delay(played, waiting)
        actors, found = self.bring_about(number, played, there)
        commands = [c for what in found for c in what.commands]
        if any(_ends_delays(machine.actions[n].event) for n, _ in played.events):
            commands += _late_images(there)
        status, gone = shown_status(self.narrator, played.end)
        unseen = there.values["gone"] or any(n == "pod is force deleted" for n, _ in played.events)
        limit_s = PATIENCE_S + max((what.wait_s for what in found), default=0)
        step = Step(
            number, _words(number, played), actors, tuple(commands), () if unseen else status,
            gone, limit_s, _hurry(played, there, waiting),
        )  # fmt: skip
        self.steps.append(step)
        self.live_on(played)

    def bring_about(
        self, number: int, played: Played, there: Situation
    ) -> tuple[tuple[str, ...], list[Forced]]:
        """What brings each event of a step about, and the containers that have a line for it."""
        found: list[Forced] = []
        actors: list[str] = []
        for name, inputs in played.events:
            action = self.narrator.machine.actions[name]
            what = forced(action, inputs, there)
            found.append(what)
            if what.act:
                actors.append(action.container)
                life = self.lives[action.container].pop()
                acts = (*life.acts, Act(number, what.act))
                self.lives[action.container].append(life._replace(acts=acts))
            self.note_needs(action, inputs, there.first)
        if len(played.events) > 1 and not there.first:
            _refuse_race(self.narrator, played)
        return tuple(actors), found

    def note_needs(self, action: Action, inputs: Mapping[str, Value], first: bool) -> None:
        """What the manifest has to bring along for an event."""
        name = action.container
        if action.event == "c image pull fails":
            self.images[name] = MISSING_IMAGE
        if action.event == "c start fails":
            failure = str(next(inputs[i.name] for i in action.inputs))
            if failure in UNFIT_IMAGES:
                self.images[name] = UNFIT_IMAGES[failure]
                if failure == "ErrImageNeverPull":
                    self.never_pulled.append(name)
            elif name not in self.configured:
                self.configured.append(name)
                if first:
                    self.missing.append(name)

    def live_on(self, played: Played) -> None:
        """Which containers were started in a move, and with which code others were stopped."""
        named = [self.narrator.machine.named(s) for s in played.states]
        kills = {i.container: i for i in self.narrator.system.sync.inputs if i.role == "kill"}
        for before, after, inputs in zip(named, named[1:], played.inputs, strict=False):
            for name, lives in self.lives.items():
                record, later = before[f"{name}.record"], after[f"{name}.record"]
                restarted = before[f"{name}.attempt"] != after[f"{name}.attempt"]
                if record == "running" and (later != "running" or restarted):
                    code = kills[name]
                    stop_code = int(inputs.get(code.name, code.sort.values[0]))
                    lives.append(lives.pop()._replace(stop_code=stop_code))
                if later == "running" and (record != "running" or restarted):
                    lives.append(Life())


def _words(number: int, played: Played) -> str:
    if number == 1:
        return f"the pod is created, {played.event}" if played.event else "the pod is created"
    return played.event


# ---- delays and races -----------------------------------------------------------------------


def _ends_delays(event: str) -> bool:
    return event in ("c backoff ends", "backoff ends", "time passes")


def _late_images(there: Situation) -> Iterator[str]:
    """Images that can be pulled again, for containers whose delay is over now."""
    for name in there.containers():
        if there.of(name, "image") == "pullable" and there.of(name, "pull") != "untried":
            yield image_command(name, IMAGE)


def _hurry(played: Played, before: Situation, waiting: list[str]) -> tuple[str, ...]:
    """What a step must not come too late for: delays that go on, and a container that is killed
    and put off because its last exit was not long ago."""
    found = [
        f"{c} waits for its delay of {delay_s(before, c)} s; this has to come before it ends."
        for c in waiting
    ]
    for c in before.containers():
        failing = any(n.startswith(f"{c} fails ") for n, _ in played.events)
        if failing and before.of(c, "entry") and before.of(c, "priorRecent"):
            seconds = delay_s(before, c)
            found.append(f"The last exit of {c} has to be younger than its delay of {seconds} s.")
    return tuple(found)


def _refuse_nearest_delay(played: Played, waiting: list[str]) -> None:
    """One delay is to end and another is not: which of them is shorter is not ours to say."""
    for name, _ in played.events:
        if name.endswith("backoff ends") and waiting:
            why = f"the delay of {' and '.join(waiting)} runs too, and may end before"
            raise CannotForceError(f"A script can't force `{name}`: {why}.")


def _refuse_race(narrator: Narrator, played: Played) -> None:
    """Events that the kubelet sees at once on paper come one by one on a cluster: refuse them
    unless every order, settled in between, shows the same in the end."""
    wanted = shown_status(narrator, played.end)
    for order in permutations(played.events):
        state = played.before
        try:
            for event in order:
                state = narrator.play(state, Move((event,), ())).end
        except ReplayDiffers:
            break
        if shown_status(narrator, state) != wanted:
            break
    else:
        return
    raise CannotForceError(
        f"A script can't force `{played.event}`: whether the kubelet sees both at once is a race."
    )
