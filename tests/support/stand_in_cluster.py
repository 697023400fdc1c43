"""A kubelet with one pod, for scripts of `podcheck repro` (its `kubectl`: `stand_in_kubectl.py`).

The kubelet runs the containers of a manifest as processes of this machine, with a folder for
the emptyDir and one for each instance's own files.  It knows nothing of the script or of the
run that the script is to force: what it sees (a process ends, a probe's command fails, kubectl
asks for something) it gives to podcheck's interpreter as an event, on the pod as it reads it
from the manifest, and starts and stops processes as the rules say.  A delay is over when the
status has been asked for `PATIENCE` times in vain.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Settings
from podcheck.explanation.narrator import Narrator
from podcheck.explicit.interpreter import State
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.manifests.reader import read_manifest

PATIENCE = 25
SHELL = ["busybox", "sh"] if shutil.which("busybox") else ["sh"]


def pod_of_manifest(text: str) -> Pod:
    """The pod of a manifest, as podcheck reads it."""
    diagnostics = Diagnostics()
    found = read_manifest(Source("pod.yaml", text), diagnostics)
    assert not diagnostics.found, list(diagnostics.found)
    return found.workloads[0].declaration.members[0]


class Instance:
    """One run of a container: a process, its own files, and its startup probe."""

    def __init__(self, kubelet: Kubelet, name: str, number: int) -> None:
        self.spec = kubelet.containers[name]
        self.kubelet = kubelet
        self.files = kubelet.folder / f"{name}-{number}"
        self.files.mkdir()
        self.stopped = False
        self.process = self.start(self.spec["command"])
        self.startup: subprocess.Popen[str] | None = None
        if "startupProbe" in self.spec:
            self.startup = self.start(self.spec["startupProbe"]["exec"]["command"])

    def start(self, command: Sequence[str]) -> subprocess.Popen[str]:
        """A command in the container."""
        places = {"/podcheck/": f"{self.kubelet.empty_dir}/", "/tmp/": f"{self.files}/"}
        words = [re.sub("/podcheck/|/tmp/", lambda m: places[m[0]], word) for word in command]
        if words[0] == "sh":
            words = [*SHELL, *words[1:]]
        environment = {"PATH": f"{self.kubelet.folder}/bin:{os.environ['PATH']}"}
        return subprocess.Popen(
            words, env=environment, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def succeeds(self, probe: str) -> bool:
        """Does a probe's command succeed?"""
        return self.start(self.spec[probe]["exec"]["command"]).wait() == 0

    def stop(self) -> int:
        """Stop it as a kubelet does; the exit code."""
        self.stopped = True
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=10)
        self.kill()
        return code

    def kill(self) -> None:
        for process in (self.process, self.startup):
            if process is not None:
                try:
                    os.killpg(process.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                process.wait()


class Kubelet:
    """The kubelet and what it knows of the one pod."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.empty_dir = folder / "emptyDir"
        self.containers: dict[str, dict[str, Any]] = {}
        self.instances: dict[str, Instance] = {}
        self.exits: list[tuple[str, int]] = []  # every exit of a container's own, in order
        self.config_maps: set[str] = set()
        self.release: tuple[int, ...] = (1, 36)
        self.gates = dict[str, bool]()
        self.object: dict[str, Any] | None = None
        self.narrator: Narrator
        self.state: State
        self.waiting = 0
        self.started = 0

    # ---- the pod -------------------------------------------------------------------------

    def create(self, manifest: str) -> None:
        self.object = yaml.safe_load(manifest)
        assert self.object is not None
        spec = self.object["spec"]
        listed = [*spec.get("initContainers", ()), *spec["containers"]]
        self.containers = {c["name"]: c for c in listed}
        self.empty_dir.mkdir()
        pack, pod = load_pack(), pod_of_manifest(manifest)
        settings = Settings(self.release, self.gates)
        self.narrator = Narrator(Grounder(pack, pod, settings, Diagnostics()))
        self.state = self.narrator.start(pod.policy)
        for name, c in self.containers.items():
            if "Busybox" in c["image"]:
                self.event(f"{name} start fails", failure="InvalidImageName")
            elif ".invalid" in c["image"] and c.get("imagePullPolicy") == "Never":
                self.event(f"{name} start fails", failure="ErrImageNeverPull")
            elif ".invalid" in c["image"]:
                self.event(f"{name} image pull fails")
            if self.config_map_of(name) not in {"", *self.config_maps}:
                self.event(f"{name} start fails", failure="CreateContainerConfigError")
        self.settle()

    def config_map_of(self, name: str) -> str:
        for variable in self.containers[name].get("env", ()):
            return str(variable["valueFrom"]["configMapKeyRef"]["name"])
        return ""

    def value(self, name: str) -> Any:
        return self.narrator.machine.named(self.state)[name]

    def possible(self, name: str) -> bool:
        machine = self.narrator.machine
        return name in machine.actions and machine.possible(name, self.state)

    def event(self, name: str, **inputs: Any) -> None:
        machine = self.narrator.machine
        given = {f"{name}: {key}": value for key, value in inputs.items()}
        assert machine.possible(name, self.state, given), name
        self.state = machine.apply(name, self.state, given)
        self.waiting = 0

    def settle(self) -> None:
        """Sync until nothing changes; processes follow what the rules say."""
        machine = self.narrator.machine
        for _ in range(64):
            planned = machine.sync(self.state)
            if planned == self.state:
                return
            kills = {i.container: i.name for i in self.narrator.system.sync.inputs
                     if i.role == "kill"}  # fmt: skip
            stopped = [c for c in self.instances if self.replaced(c, planned)]
            codes = {kills[c]: self.instances.pop(c).stop() for c in stopped}
            self.state = machine.sync(self.state, codes)
            for c in self.containers:
                if self.value(f"{c}.record") == "running" and c not in self.instances:
                    self.started += 1
                    self.instances[c] = Instance(self, c, self.started)
        raise AssertionError("the pod does not settle")

    def replaced(self, name: str, after: State) -> bool:
        now, then = self.narrator.machine.named(self.state), self.narrator.machine.named(after)
        same = now[f"{name}.attempt"] == then[f"{name}.attempt"]
        return then[f"{name}.record"] != "running" or not same

    # ---- what the kubelet sees -----------------------------------------------------------

    def look(self) -> None:
        """Give what has happened meanwhile to the interpreter."""
        before = self.state
        for name, instance in list(self.instances.items()):
            code = instance.process.poll()
            if code is not None and self.instances.get(name) is instance:
                instance.kill()
                del self.instances[name]
                self.exits.append((name, code))
                if code == -signal.SIGKILL:
                    assert "memory" in instance.spec["resources"]["limits"]
                    self.event(f"{name} is OOMKilled")
                else:
                    self.event(f"{name} exits", exitCode=code)
                self.settle()
        for name, instance in list(self.instances.items()):
            if self.instances.get(name) is instance:
                self.probe(name, instance)
        self.waiting = 0 if self.state != before else self.waiting + 1
        if self.waiting > PATIENCE and self.possible("backoff ends"):
            self.event("backoff ends")
            self.settle()

    def probe(self, name: str, instance: Instance) -> None:
        answer = None if instance.startup is None else instance.startup.poll()
        if answer is not None:
            instance.startup = None
            self.event(f"{name} {'fails' if answer else 'passes'} startupProbe")
        elif self.possible(f"{name} fails livenessProbe"):
            if not instance.succeeds("livenessProbe"):
                self.event(f"{name} fails livenessProbe")
        if "readinessProbe" in instance.spec:
            ready = "ready" if instance.succeeds("readinessProbe") else "unready"
            if self.possible(f"{name} becomes {ready}"):
                self.event(f"{name} becomes {ready}")
        self.settle()

    def sleep(self, seconds: int) -> None:
        self.look()
        for name in self.containers:
            longer = "ten minutes" if seconds > 600 else "a while"
            if self.possible(f"{name} runs for {longer}"):
                self.event(f"{name} runs for {longer}")
        if seconds > 300:
            self.event("time passes")
        self.settle()

    # ---- what kubectl prints -------------------------------------------------------------

    def api_object(self) -> dict[str, Any]:
        """The pod as the API server has it."""
        values = self.narrator.machine.named(self.state)
        status: dict[str, Any] = {"phase": values["phase"]}
        if values["reason"] != "none":
            status["reason"] = values["reason"]
        assert self.object is not None
        for kind, field in (("initContainers", "initContainerStatuses"),
                            ("containers", "containerStatuses")):  # fmt: skip
            names = [c["name"] for c in self.object["spec"].get(kind, ())]
            names = sorted(names) if kind == "containers" else names
            shown = [
                container_status(values, n) for n in names if values[f"{n}.apiState"] != "absent"
            ]
            if shown:
                status[field] = shown
        return {**self.object, "status": status}


def container_status(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A `v1.ContainerStatus` of a state."""

    def terminated(code: str, reason: str) -> dict[str, Any]:
        found = {"exitCode": values[f"{name}.{code}"], "finishedAt": "2026-01-01T00:00:00Z"}
        word = values[f"{name}.{reason}"]
        return found if word == "none" else {**found, "reason": word}

    kind, why = values[f"{name}.apiState"], values[f"{name}.reason"]
    if kind == "terminated":
        inner = terminated("exitCode", "reason")
    elif kind == "waiting" and why != "none":
        inner = {"reason": why}
    else:
        inner = {"startedAt": "2026-01-01T00:00:00Z"} if kind == "running" else {}
    last = {}
    if values[f"{name}.lastState"] == "terminated":
        last = {"terminated": terminated("lastExitCode", "lastReason")}
    return {
        "name": name, "state": {kind: inner}, "lastState": last,
        "ready": values[f"{name}.ready"], "restartCount": values[f"{name}.restartCount"],
    }  # fmt: skip


def lines(pod: Mapping[str, Any]) -> str:
    """What the script's template makes of a pod (`test_the_template...` has kubectl do it)."""
    status = pod["status"]
    found = [" ".join([f"pod: {status['phase']}", *filter(None, [status.get("reason")])])]
    for c in (*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())):
        ((kind, inner),) = c["state"].items()
        words = [kind, inner.get("reason"), inner.get("exitCode")]
        line = " ".join([f"{c['name']}:", *(str(w) for w in words if w is not None)])
        line += f", restarts {c['restartCount']}, ready {str(c['ready']).lower()}"
        last = c["lastState"].get("terminated")
        if last is not None:
            words = ["last", last.get("reason"), last["exitCode"]]
            line += ", " + " ".join(str(w) for w in words if w is not None)
        found.append(line)
    return "\n".join(found) + "\n"
