"""What to do about a status: the kubectl commands that show more, and what usually helps."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.declarations.pod import Role
from podcheck.observation.status import ObservedPod
from podcheck.results.explanations import Advice

PULLS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
         "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed")  # fmt: skip
CONFIGS = ("CreateContainerConfigError",)
STARTS = ("CreateContainerError", "RunContainerError", "StartError", "PreCreateHookError",
          "PreStartHookError", "PostStartHookError")  # fmt: skip


def advice(pod: ObservedPod) -> tuple[Advice, ...]:
    """What to do, the most specific first."""
    return tuple(dict.fromkeys([*_of_pod(pod), *_of_containers(pod)]))


def _of_pod(pod: ObservedPod) -> Iterator[Advice]:
    describe = f"kubectl describe pod {_named(pod)}"
    phase, reason = pod.value("phase"), pod.value("reason")
    if pod.value("deleting"):
        if pod.finalizers:
            listed = ", ".join(pod.finalizers)
            yield Advice(
                f"The object stays until its finalizers are removed: {listed}. Find out why the "
                "controller that set them does not remove them.", describe,
            )  # fmt: skip
        else:
            yield Advice(
                "The kubelet removes the object once all containers have stopped. If that takes "
                "longer than terminationGracePeriodSeconds, check whether the node answers.",
                f"kubectl get pod {_named(pod)} -o wide && kubectl get nodes",
            )
    if reason == "Evicted":
        yield Advice(
            "The node ran out of a resource. Set requests for what the pod uses; see the message "
            "and the node's conditions.", describe,
        )  # fmt: skip
    if phase in ("Succeeded", "Failed") and not pod.value("deleting"):
        yield Advice("The pod does not run again. Its logs stay until it is deleted.",
                     f"kubectl logs {_named(pod)} --all-containers")  # fmt: skip
    if phase == "Pending" and all(
        pod.value("apiState", c.name) == "absent" for c in pod.pod.containers
    ):
        yield Advice(
            "No kubelet has reported on this pod yet: it may not be scheduled, or its node does "
            "not answer. The pod's events say which.", describe,
        )  # fmt: skip


def _of_containers(pod: ObservedPod) -> Iterator[Advice]:
    describe = f"kubectl describe pod {_named(pod)}"
    final = pod.value("phase") in ("Succeeded", "Failed")
    for c in pod.pod.containers:
        state, reason = pod.value("apiState", c.name), pod.value("reason", c.name)
        last, code = pod.value("lastReason", c.name), pod.value("exitCode", c.name)
        logs = f"kubectl logs {_named(pod)} -c {c.name}"
        if "OOMKilled" in (reason, last):
            yield Advice(
                f"`{c.name}` was killed because it ran out of memory. Raise "
                "resources.limits.memory, or make it use less.", describe,
            )  # fmt: skip
        if reason in PULLS:
            yield Advice(
                f"The image of `{c.name}` can't be pulled. Check its name and tag, the registry, "
                "and imagePullSecrets.", describe,
            )  # fmt: skip
        elif reason in CONFIGS:
            yield Advice(
                f"`{c.name}` refers to a ConfigMap, a Secret or a key that does not exist.",
                describe,
            )
        elif reason in STARTS or last in STARTS:
            yield Advice(f"`{c.name}` can't be started. The events say why.", describe)
        elif reason == "CrashLoopBackOff":
            yield Advice(f"See why `{c.name}` ended.", f"{logs} --previous")
        elif state == "terminated" and code != 0:
            yield Advice(f"See why `{c.name}` ended.", logs)
        elif state == "running" and pod.value("ready", c.name) is False and not final:
            if c.role is Role.INIT:
                yield Advice(f"See what `{c.name}` is waiting for.", logs)
            elif c.probes:
                text = f"`{c.name}` runs and is not ready. The events show failed probes."
                yield Advice(text, describe)


def _named(pod: ObservedPod) -> str:
    return f"{pod.pod.name} -n {pod.namespace}" if pod.namespace else pod.pod.name
