"""How a script makes an event happen on a real cluster, or why none can.

What happens inside a container (it exits, a probe of it fails) is done by the container
itself, as a line of its own script.  What comes from outside is a command of kubectl.  Delays
only have to be waited for.  The rest is refused: a script that speaks to the API server can
take no node away, and wins no race on purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from podcheck.core.system import Action
from podcheck.core.terms import Value

# Files in a container's own file system, which a restarted container does not find again.
READY, STARTED, NOT_STARTED, UNHEALTHY = "/tmp/ready", "/tmp/started", "/tmp/failed", "/tmp/dead"

# The images: what runs, what runs after a change, and two that no registry has (RFC 2606
# keeps `.invalid` free of hosts; a name may have no capitals).
IMAGE, OTHER_IMAGE = "busybox:1.37", "busybox:1.36"
MISSING_IMAGE, MISNAMED_IMAGE = "registry.invalid/busybox:1.37", "Busybox:1.37"

FIVE_MINUTES_S, TEN_MINUTES_S = 310, 610  # with some seconds to be sure
FIRST_DELAY_S, LONGEST_DELAY_S = 10, 300  # pkg/kubelet/kubelet.go:newCrashLoopBackOff


class CannotForceError(Exception):
    """An event that no script can bring about; the text names it and says why."""


class Forced(NamedTuple):
    """What brings an event about.

    ``act`` is a line of the container's script, ``commands`` are lines of the cluster's; both
    may be missing if it is enough to wait.  ``wait_s`` is how long what follows may take
    longer than usual.
    """

    act: str = ""
    commands: tuple[str, ...] = ()
    wait_s: int = 0


class Situation(NamedTuple):
    """Where an event comes: the variables of the state before it, by name."""

    values: Mapping[str, Value]
    first: bool  # the kubelet has not seen the pod

    def of(self, container: str, field: str) -> Value:
        """A variable of a container."""
        return self.values[f"{container}.{field}"]

    def has_run(self, container: str) -> bool:
        """Has an instance of the container been created before?"""
        return self.of(container, "record") != "none" or bool(self.of(container, "logs"))

    def waits(self, container: str) -> bool:
        """Is its restart put off?"""
        return self.of(container, "record") == "exited" and (
            self.of(container, "error") == "CrashLoopBackOff"
        )

    def containers(self) -> list[str]:
        """The names of all containers."""
        return [n.removesuffix(".record") for n in self.values if n.endswith(".record")]


def forced(action: Action, inputs: Mapping[str, Value], there: Situation) -> Forced:
    """What brings an event about; raises ``CannotForceError``."""
    name, event = action.container, action.event
    if event in _INSIDE:
        codes = [inputs.get(i.name, i.sort.values[0]) for i in action.inputs if i.role == "code"]
        return Forced(_INSIDE[event].format(code=codes[0] if codes else ""))
    if event in _WAITS:
        return Forced(wait_s=_longest_delay(there))
    if event in _SLEEPS:
        return Forced(commands=(f"sleep {_sleep_s(event, name, there)}",))
    if event in _OF_IMAGES:
        return _image_event(action, there)
    if event in _STARTS:
        return _start_event(action, inputs, there)
    if event in _STOPS:
        if there.first:
            raise refusal(action, "whether it comes before the kubelet has seen the pod is a race")
        return Forced(commands=_STOPS[event])
    raise refusal(action, _WHY_NOT.get(action.kind, "nothing that kubectl does brings it about"))


def refusal(action: Action, why: str) -> CannotForceError:
    """Why an event can't be forced, as a sentence."""
    return CannotForceError(f"A script can't force `{action.name}`: {why}.")


_INSIDE = {
    "c exits": "exit {code}",
    "c is OOMKilled": "exec tail /dev/zero",
    "c fails livenessProbe": f"touch {UNHEALTHY}",
    "c fails startupProbe": f"touch {NOT_STARTED}",
    "c passes startupProbe": f"touch {STARTED}",
    "c becomes ready": f"touch {READY}",
    "c becomes unready": f"rm {READY}",
}
OUT_OF_MEMORY = _INSIDE["c is OOMKilled"]

_WAITS = ("nothing happens", "c backoff ends", "backoff ends", "c image pull is tried again")
_SLEEPS = ("c runs for a while", "c runs for ten minutes", "time passes")
_OF_IMAGES = ("c image pull fails", "c image can be pulled", "c image is pulled",
              "c image is changed")  # fmt: skip
_STARTS = ("c start fails", "c start works")
_STOPS = {
    "pod is deleted": ('kubectl delete pod "$pod" --wait=false',),
    "pod is force deleted": ('kubectl delete pod "$pod" --force --grace-period=0 --wait=false',),
    "pod is drained": ("evict",),
    "deadline passes": (
        'kubectl patch pod "$pod" --patch \'{"spec": {"activeDeadlineSeconds": 1}}\'',
    ),
}

_WHY_NOT = {
    "partial OOM kills": "whether the kernel spares the main process depends on the node's cgroups",
    "eviction": "the kubelet evicts a pod when its node runs out of something, and kubectl can't "
    "make it; what the API calls an eviction is a deletion (`pod is drained`)",
    "preemption": "it takes a cluster that is full, and a more important pod",
    "deletion": "it takes a taint on the node, which other pods would feel",
    "rejection": "it takes a node that has no room for the pod or does not fit it",
    "sandbox death": "it takes somebody on the node who stops the sandbox",
    "reboot": "it takes somebody who reboots the node",
    "kubelet restart": "it takes somebody on the node who restarts its kubelet",
    "node loss": "it takes somebody who takes a node away",
    "node shutdown": "it takes somebody who shuts the node down",
    "lost records": "it takes somebody on the node who removes what the runtime knows",
    "start failures": "what fails there is outside the pod: its network, the runtime, a hook",
    "probe errors": "its command is part of the pod and can't go wrong only now and then",
    "volumes": "no status shows it",
}


# ---- delays ----------------------------------------------------------------------------------


def _longest_delay(there: Situation) -> int:
    """The longest of the delays that may be running, in seconds."""
    return max((delay_s(there, c) for c in there.containers()), default=0)


def delay_s(there: Situation, container: str) -> int:
    """The back-off delay before a container's next start, in seconds."""
    if not there.of(container, "entry"):
        return 0
    doubled = min(max(int(there.of(container, "attempt")) - 1, 0), 10)
    return min(FIRST_DELAY_S << doubled, LONGEST_DELAY_S)


def _sleep_s(event: str, container: str, there: Situation) -> int:
    if event == "c runs for a while":
        return delay_s(there, container) + FIRST_DELAY_S
    return TEN_MINUTES_S if event == "c runs for ten minutes" else FIVE_MINUTES_S


# ---- images and starts -----------------------------------------------------------------------


def image_command(container: str, image: str) -> str:
    """The command that gives a container another image."""
    return f'kubectl set image "pod/$pod" {container}={image}'


def _image_event(action: Action, there: Situation) -> Forced:
    name, event = action.container, action.event
    if event == "c image pull fails":
        untouched = there.of(name, "image") == "present" and there.of(name, "error") == "none"
        if there.has_run(name) or not untouched:
            raise refusal(action, "an image that a node has pulled stays there")
        return Forced()  # the manifest names an image that does not exist
    if event == "c image can be pulled" and there.of(name, "pull") != "untried":
        return Forced()  # a new image is pulled without delay: it comes when the delay is over
    image = OTHER_IMAGE if event == "c image is changed" else IMAGE
    return Forced(commands=(image_command(name, image),))


def _start_event(action: Action, inputs: Mapping[str, Value], there: Situation) -> Forced:
    name = action.container
    if action.event == "c start works":
        return _repaired(action, str(there.of(name, "faultWord")))
    failure = str(next((inputs[i.name] for i in action.inputs if i.name in inputs), ""))
    if failure == "CreateContainerConfigError":
        command = f'kubectl delete configmap "$pod-{name}"'
        return Forced() if there.first else Forced(commands=(command,))
    if failure in UNFIT_IMAGES and not there.has_run(name):
        return Forced()
    raise refusal(action, f"{failure} comes from {_CAUSES.get(failure, 'outside the pod')}")


def _repaired(action: Action, word: str) -> Forced:
    if word == "CreateContainerConfigError":
        command = f'kubectl create configmap "$pod-{action.container}" --from-literal=key=value'
        return Forced(commands=(command,))
    if word == "InvalidImageName":
        return Forced(commands=(image_command(action.container, IMAGE),))
    raise refusal(action, f"what {word} comes from can't be changed in a pod")


UNFIT_IMAGES = {"InvalidImageName": MISNAMED_IMAGE, "ErrImageNeverPull": MISSING_IMAGE}
_CAUSES = {
    "RunContainerError": "the container runtime, which may say CreateContainerError instead",
    "CreateContainerError": "the container runtime, which may say RunContainerError instead",
}
