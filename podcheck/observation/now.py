"""What a status says, in words, and the rule that decides its phase."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from podcheck.declarations.pod import Container, Role
from podcheck.explanation.narrator import Played
from podcheck.observation.status import ObservedPod
from podcheck.observation.subject import Subject
from podcheck.results.explanations import ContainerNow, Now

MOST_SAID = 400  # characters of a message
_CONTAINER = re.compile(r"status\.\w+\[([^\]]+)\]\.(state|lastState)\.")
# Conditions whose messages say more than the status of the containers does
_TELLING = tuple(f"status.conditions[{c}]" for c in ("PodScheduled", "DisruptionTarget"))


def now_of(subject: Subject, played: Sequence[Played]) -> Now:
    """The status; ``played`` is the run that leads there, empty if there is none."""
    observed = subject.observed
    status = ready = restarts = ""
    rule = None
    if played:
        narrator = subject.ground.narrator
        shown = narrator.status(played[-1].end)
        status, ready, restarts = shown.status, shown.ready, shown.restarts
        rules = narrator.phase_rules(played[-1])
        rule = rules[-1] if rules else None
    return Now(
        str(observed.value("phase")), _reason(observed), status, ready, restarts, rule,
        tuple(_container(observed, c) for c in observed.pod.containers),
        tuple(_obstacles(observed)),
    )  # fmt: skip


def _reason(observed: ObservedPod) -> str:
    reason = observed.value("reason")
    return "" if reason in (None, "none") else str(reason)


def _container(observed: ObservedPod, c: Container) -> ContainerNow:
    restarts, ready = observed.value("restartCount", c.name), observed.value("ready", c.name)
    last = ""
    if observed.value("lastState", c.name) == "terminated":
        last = _ended(observed, c.name, "lastExitCode", "lastReason")
    return ContainerNow(
        c.name, c.role.value, state_text(observed, c.name),
        None if restarts is None else int(restarts), None if ready is None else bool(ready), last,
    )  # fmt: skip


def state_text(observed: ObservedPod, container: str) -> str:
    """A container's state in a few words."""
    state = observed.value("apiState", container)
    if state == "absent":
        return "no status yet"
    if state == "terminated":
        return _ended(observed, container, "exitCode", "reason")
    if state == "waiting":
        reason = observed.value("reason", container)
        return "waiting" if reason in (None, "none") else f"waiting: {reason}"
    return "running"


def _ended(observed: ObservedPod, container: str, code: str, reason: str) -> str:
    word = observed.value(reason, container)
    text = f"exited {observed.value(code, container)}"
    return text if word in (None, "none", "Completed", "Error") else f"{text} ({word})"


def _obstacles(observed: ObservedPod) -> Iterator[str]:
    """Which containers keep the pod from being Ready, from starting, from ending."""
    if observed.value("phase") in ("Succeeded", "Failed"):
        return
    for c in observed.pod.of_role(Role.INIT, Role.SIDECAR):
        state = observed.value("apiState", c.name)
        done = state == "terminated" and observed.value("exitCode", c.name) == 0
        started = c.role is Role.SIDECAR and bool(observed.value("started", c.name))
        if not done and not started and state != "absent":
            yield f"`{c.name}` ({state_text(observed, c.name)}) holds up what starts after it."
            break
    if observed.value("conditionStatus_Ready") != "True":
        unready = [
            f"`{c.name}` ({state_text(observed, c.name)})"
            for c in observed.pod.of_role(Role.SIDECAR, Role.MAIN)
            if not observed.value("ready", c.name)
        ]
        if unready:
            yield f"The pod is not Ready because of {_listed(unready)}."
    ended = [c for c in observed.pod.of_role(Role.MAIN)
             if observed.value("apiState", c.name) == "terminated"]  # fmt: skip
    running = [
        f"`{c.name}`" for c in observed.pod.of_role(Role.MAIN) if c not in ended
    ]  # fmt: skip
    if ended and running:
        yield f"The pod can't end while {_listed(running)} has not ended."


def placed(observed: ObservedPod) -> Iterator[str]:
    """That the scheduler has not placed the pod, if it has not."""
    if observed.unscheduled == "SchedulingGated":
        gates = f": {', '.join(observed.gates)}" if observed.gates else ""
        yield f"The scheduler waits until the pod's schedulingGates are removed{gates}."
    elif observed.unscheduled:
        yield f"The scheduler has not placed the pod on a node ({observed.unscheduled})."


def said(observed: ObservedPod) -> Iterator[str]:
    """What Kubernetes and the containers say beside their reasons, as far as it says more."""
    for path, message in observed.messages:
        text = message if len(message) <= MOST_SAID else f"{message[: MOST_SAID - 3]}..."
        of = _CONTAINER.match(path)
        if of is not None and "restarting failed container" not in message:
            last = "Last message" if of[2] == "lastState" else "Message"
            yield f'{last} of `{of[1]}`: "{text}"'
        elif path == "status" or path in _TELLING:
            yield f'Message: "{text}"'


def _listed(texts: Sequence[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
