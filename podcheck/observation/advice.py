"""What to do about a status: the kubectl commands that show more, and what usually helps."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.declarations.pod import Role
from podcheck.observation.status import ObservedPod
from podcheck.results.explanations import Advice

PULLS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
         "ImageInspectError", "RegistryUnavailable", "SignatureValidationFailed")  # fmt: skip
OF_PODS = {
    "Evicted": "The node ran out of a resource, or the pod exceeded a limit of its own storage. "
    "The message says which; set requests and limits for what the pod uses.",
    "DeadlineExceeded": "The pod ran longer than its activeDeadlineSeconds. Raise it, or find out "
    "why the pod takes so long.",
    "Preempting": "The kubelet stopped the pod to make room for a critical one. Its controller "
    "makes another; set requests for what the pod uses.",
    "Terminated": "The pod's node shut down. Its controller makes another pod; a pod without one "
    "has to be made again.",
    "NodeLost": "The pod's node does not answer. Check it.",
}
COUNTING = "batch.kubernetes.io/job-tracking"  # until the Job controller has counted a pod
CONFIGS = ("CreateContainerConfigError",)
STARTS = ("CreateContainerError", "RunContainerError", "StartError", "PreCreateHookError",
          "PreStartHookError", "PostStartHookError")  # fmt: skip


def advice(pod: ObservedPod) -> tuple[Advice, ...]:
    """What to do, the most specific first."""
    found = dict.fromkeys([*_of_pod(pod), *_of_containers(pod), *_of_helpers(pod)])
    if pod.value("phase") in ("Succeeded", "Failed") and not pod.value("deleting"):
        found[
            Advice(
                "The pod does not run again. Its logs stay until it is deleted.",
                f"kubectl logs {_named(pod)} --all-containers",
            )
        ] = None
    return tuple(found)


def _of_pod(pod: ObservedPod) -> Iterator[Advice]:
    describe = f"kubectl describe pod {_named(pod)}"
    phase, reason = pod.value("phase"), pod.value("reason")
    if pod.value("deleting"):
        ends = phase in ("Succeeded", "Failed")
        kept = [f for f in pod.finalizers if ends or f != COUNTING]
        if kept:
            listed = ", ".join(kept)
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
    if reason in OF_PODS:
        yield Advice(OF_PODS[str(reason)], describe)
    elif reason not in (None, "none"):
        yield Advice(
            f"The kubelet did not admit the pod ({reason}). It is not tried again: delete it, so "
            "that its controller makes another one.", describe,
        )  # fmt: skip
    if phase == "Pending" and all(
        pod.value("apiState", c.name) == "absent" for c in pod.pod.containers
    ):
        yield _unseen(pod)


def _unseen(pod: ObservedPod) -> Advice:
    """Of a pod that no kubelet has reported on."""
    describe = f"kubectl describe pod {_named(pod)}"
    if pod.unscheduled == "SchedulingGated":
        text = "Find out which controller sets the pod's schedulingGates, and why it keeps them."
        return Advice(
            text, f"kubectl get pod {_named(pod)} -o jsonpath='{{.spec.schedulingGates}}'"
        )
    if pod.unscheduled:
        return Advice(
            "No node fits. Compare the message with the pod's requests, nodeSelector, affinity, "
            "tolerations and volumes; add a node or lower what the pod asks for.", describe,
        )  # fmt: skip
    if pod.node:
        text = f"The kubelet of {pod.node} has not reported on this pod yet: does the node answer?"
        return Advice(text, f"kubectl describe node {pod.node}")
    return Advice(
        "No kubelet has reported on this pod yet: it may not be scheduled, or its node does not "
        "answer. The pod's events say which.", describe,
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
        elif state == "terminated" and code != 0 and pod.value("reason") in (None, "none"):
            yield Advice(f"See why `{c.name}` ended.", logs)
        elif state == "running" and pod.value("ready", c.name) is False and not final:
            if c.role is Role.INIT:
                yield Advice(f"See what `{c.name}` is waiting for.", logs)
            elif c.probes:
                text = f"`{c.name}` runs and is not ready. The events show failed probes."
                yield Advice(text, describe)


def _of_helpers(pod: ObservedPod) -> Iterator[Advice]:
    """Of a pod whose work is done, and whose helpers run on."""
    mains = pod.pod.of_role(Role.MAIN)
    done = [
        c.name for c in mains
        if pod.value("apiState", c.name) == "terminated" and pod.value("exitCode", c.name) == 0
    ]  # fmt: skip
    running = [c.name for c in mains if pod.value("apiState", c.name) == "running"]
    if done and running and len(done) + len(running) == len(mains) and not pod.value("deleting"):
        ended, on = (", ".join(f"`{name}`" for name in names) for names in (done, running))
        yield Advice(
            f"{ended} has ended with 0 and {on} runs on, so the pod does not end. If {on} only "
            "helps, make it a sidecar: an init container with restartPolicy Always.",
            f"kubectl logs {_named(pod)} -c {running[0]}",
        )


def _named(pod: ObservedPod) -> str:
    return f"{pod.pod.name} -n {pod.namespace}" if pod.namespace else pod.pod.name
