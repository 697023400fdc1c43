"""The pod of a staged run as a manifest: restart policies, rules, probes and ports as in the pod,
and in every container a script of its own."""

from __future__ import annotations

import re
from typing import Any

from podcheck.declarations.pod import Container, Pod, Port, Role
from podcheck.reproduction.forcing import (
    IMAGE,
    MISSING_IMAGE,
    NOT_STARTED,
    OUT_OF_MEMORY,
    READY,
    STARTED,
    UNHEALTHY,
    CannotForceError,
)
from podcheck.reproduction.staging import Life, Staging

FOLDER = "/podcheck"  # where every container finds the emptyDir of the steps
FINALIZER = "podcheck/last-status"  # keeps a deleted pod until its last status has been seen
LONG_S = 86400  # longer than any script takes
MEMORY_LIMIT = "32Mi"  # enough for a shell; `tail` takes all it gets

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

Json = dict[str, Any]


def pod_name(pod: Pod) -> str:
    """The name of the pod on the cluster."""
    return f"podcheck-{pod.name}"


def manifest(staging: Staging, heading: tuple[str, ...]) -> str:
    """The manifest as YAML; raises ``CannotForceError`` for a pod that can't be written so."""
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc] # yaml ships no types
        """Plain YAML, with texts of several lines as they are."""

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
        style = "|" if "\n" in value else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    Dumper.ignore_aliases = lambda self, data: True
    comment = "".join(f"# {line}\n" for line in heading)
    body: str = yaml.dump(pod_object(staging), Dumper=Dumper, sort_keys=False, width=200)
    return comment + body


def pod_object(staging: Staging) -> Json:
    """The manifest as a JSON object."""
    pod = staging.pod
    steps = _free_volume_name(pod)
    _check_names(pod)
    metadata: Json = {"name": pod_name(pod)}
    if staging.held:
        metadata["finalizers"] = [FINALIZER]
    spec: Json = {"restartPolicy": staging.policy}
    if pod.deadline_s is not None:
        # It is shortened when it is to pass; until then the script needs its time.
        spec["activeDeadlineSeconds"] = max(pod.deadline_s, LONG_S)
    early = [c for c in pod.containers if c.role is not Role.MAIN]
    if early:
        spec["initContainers"] = [_container(staging, c, steps) for c in early]
    spec["containers"] = [_container(staging, c, steps) for c in pod.of_role(Role.MAIN)]
    spec["volumes"] = [{"name": name, "emptyDir": {}} for name in (steps, *pod.volumes)]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _check_names(pod: Pod) -> None:
    for name in (pod.name, *(c.name for c in pod.containers), *pod.volumes):
        if not _LABEL.fullmatch(name):
            why = "Kubernetes takes small letters, digits and `-` between them, 63 at most"
            raise CannotForceError(f"`{name}` can't be a name on a cluster: {why}.")
    for name in pod.volumes:
        if name not in pod.empty_dirs:
            why = "what it needs on a cluster is not in the spec"
            raise CannotForceError(f"The volume `{name}` is not an emptyDir: {why}.")


def _free_volume_name(pod: Pod) -> str:
    name = "podcheck"
    while name in pod.volumes:
        name += "-steps"
    return name


# ---- containers ------------------------------------------------------------------------------


def _container(staging: Staging, c: Container, steps: str) -> Json:
    image = staging.images.get(c.name, IMAGE)
    lives = staging.lives[c.name]
    found: Json = {"name": c.name, "image": image}
    if image == MISSING_IMAGE and c.name in staging.never_pulled:
        found["imagePullPolicy"] = "Never"
    found["command"] = ["sh", "-c", container_script(c.name, lives)]
    policy = "Always" if c.role is Role.SIDECAR else c.policy
    if policy:
        found["restartPolicy"] = policy
    if c.rules:
        found["restartPolicyRules"] = [
            {"action": r.action, "exitCodes": {"operator": r.operator, "values": list(r.codes)}}
            for r in c.rules
        ]
    found.update(_probes(c))
    if c.ports or c.host_ports:
        found["ports"] = _ports(c)
    if c.name in staging.configured:
        key = {"name": f"{pod_name(staging.pod)}-{c.name}", "key": "key"}
        found["env"] = [{"name": "KEY", "valueFrom": {"configMapKeyRef": key}}]
    if any(act.line == OUT_OF_MEMORY for life in lives for act in life.acts):
        found["resources"] = {"limits": {"memory": MEMORY_LIMIT}}
    mounts = [{"name": steps, "mountPath": FOLDER}]
    mounts += [
        {"name": v, "mountPath": f"/volumes/{v}"} for v in dict.fromkeys(m.volume for m in c.mounts)
    ]
    found["volumeMounts"] = mounts
    return found


def _ports(c: Container) -> list[Json]:
    """Ports; a host port goes with the port in its place, else it is one itself."""
    found = [_port(p) for p in c.ports]
    for place, port in enumerate(c.host_ports):
        if place == len(found):
            found.append(_port(port))
        found[place]["hostPort"] = port.number
        if port.address:
            found[place]["hostIP"] = port.address
    return found


def _port(port: Port) -> Json:
    protocol = {"protocol": port.protocol} if port.protocol != "TCP" else {}
    return {"containerPort": port.number, **protocol}


def _probes(c: Container) -> Json:
    """Probes that ask for files.  One failure is enough; a startup probe is put once and waits
    for its answer, so that it neither fails nor succeeds before it is asked to."""
    wait = f"until [ -e {STARTED} ] || [ -e {NOT_STARTED} ]; do sleep 1; done; [ -e {STARTED} ]"
    once: Json = {"periodSeconds": 1, "failureThreshold": 1}
    kinds: dict[str, Json] = {
        "startupProbe": {
            "exec": {"command": ["sh", "-c", wait]}, "timeoutSeconds": LONG_S, **once
        },
        "livenessProbe": {"exec": {"command": ["test", "!", "-e", UNHEALTHY]}, **once},
        "readinessProbe": {"exec": {"command": ["test", "-e", READY]}, **once},
    }  # fmt: skip
    return {kind: probe for kind, probe in kinds.items() if kind in c.probes}


def container_script(name: str, lives: tuple[Life, ...]) -> str:
    """What a container does in each of its runs, in the words of `sh`."""
    runs = f"{FOLDER}/{name}.runs"
    lines = [
        f'step() {{ until [ -e "{FOLDER}/step-$1" ]; do sleep 0.2 & wait $!; done; sleep 0.5; }}',
        "trap 'exit 0' TERM",
    ]
    told = [(n, life) for n, life in enumerate(lives, 1) if life.acts or life.stop_code]
    if told:
        lines += [f"echo run >>{runs}", f"case $(wc -l <{runs}) in"]
        for number, life in told:
            lines.append(f"{number})")
            if life.stop_code:
                lines.append(f"  trap 'exit {life.stop_code}' TERM")
            lines += [f"  step {act.step}; {act.line}" for act in life.acts]
            lines.append("  ;;")
        lines.append("esac")
    lines.append("step never # waits to be stopped")
    return "\n".join(lines) + "\n"
