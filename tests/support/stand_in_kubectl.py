"""The `kubectl` and the API server of the stand-in cluster, and scripts run against it."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from stand_in_cluster import SHELL, Kubelet, lines

_CLIENT = f"""\
#!{sys.executable} -SE
import json, socket, sys
given = sys.stdin.read() if sys.argv[-1] == "-" else ""
with socket.socket(socket.AF_UNIX) as s:
    s.connect(%(address)r)
    s.sendall(json.dumps([sys.argv[1:], given]).encode() + b"\\n")
    code, out, err = json.loads(s.makefile().readline())
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""

# Seconds pass quickly here; when the script waits for minutes the kubelet hears of it.
_SLEEP = """\
#!/bin/sh
if [ "${1%%.*}" -ge 15 ]; then kubectl sleep "$1"; else exec %(sleep)s 0.02; fi
"""

_TAIL = "#!/bin/sh\nkill -9 $$\n"  # what takes all the memory it gets is killed


class Cluster(Kubelet):
    """A kubelet that obeys kubectl.

    ``final`` is the last object that anybody has seen; ``lie`` changes what is shown of it
    (None: kubectl fails).
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.final: dict[str, Any] = {}
        self.lie: Callable[[str], str | None] = lambda text: text

    def kubectl(self, words: list[str], given: str) -> tuple[int, str, str]:
        """A command of kubectl: exit code, output, errors."""
        if self.object is not None:
            self.look()
        verb, *rest = words
        out = getattr(self, f"on_{verb}")([w for w in rest if not w.startswith("--")], words, given)
        return (1, "", "Error from server (NotFound)\n") if out is None else (0, out, "")

    def on_get(self, rest: list[str], words: list[str], given: str) -> str | None:
        if self.object is None:
            return "" if "--ignore-not-found" in words else None
        if rest[-1] == "name":
            return f"pod/{rest[1]}\n"
        if "metadata.namespace" in rest[-1]:
            return "default"
        self.final = self.api_object()
        return self.lie(lines(self.final))

    def on_exec(self, rest: list[str], words: list[str], given: str) -> str | None:
        instance = self.instances.get(rest[2])
        if instance is None:
            return None
        assert instance.start(rest[3:]).wait() == 0
        return ""

    def on_create(self, rest: list[str], words: list[str], given: str) -> str | None:
        if "--raw" in words:
            assert json.loads(given)["kind"] == "Eviction"
            self.event("pod is drained")
            self.settle()
        elif rest[0] == "configmap":
            self.config_maps.add(rest[1])
            self.configured(rest[1], "start works")
        else:
            self.create(Path(rest[1]).read_text(encoding="utf-8"))
        return "created\n"

    def configured(self, config_map: str, event: str, **inputs: Any) -> None:
        for name in self.containers:
            if self.config_map_of(name) == config_map and self.possible(f"{name} {event}"):
                self.event(f"{name} {event}", **inputs)
                self.settle()

    def on_delete(self, rest: list[str], words: list[str], given: str) -> str | None:
        if rest[0] == "configmap":
            self.config_maps.discard(rest[1])
            self.configured(rest[1], "start fails", failure="CreateContainerConfigError")
        elif self.object is not None:
            forced = "--force" in words
            event = "pod is force deleted" if forced else "pod is deleted"
            if self.possible(event):
                self.event(event)
                self.settle()
            self.remove()
        return "deleted\n"

    def on_patch(self, rest: list[str], words: list[str], given: str) -> str | None:
        patch = json.loads(words[-1])
        assert self.object is not None
        if "metadata" in patch:
            self.object["metadata"].pop("finalizers", None)
            if self.possible("finalizers are removed"):
                self.event("finalizers are removed")
                self.settle()
            self.remove()
        else:
            assert (
                patch["spec"]["activeDeadlineSeconds"]
                < self.object["spec"]["activeDeadlineSeconds"]
            )
            self.event("deadline passes")
            self.settle()
        return "patched\n"

    def remove(self) -> None:
        assert self.object is not None
        if self.value("gone") and not self.object["metadata"].get("finalizers"):
            self.object = None

    def on_set(self, rest: list[str], words: list[str], given: str) -> str | None:
        name, image = rest[2].split("=")
        before, self.containers[name]["image"] = self.containers[name]["image"], image
        if "Busybox" in before:
            self.event(f"{name} start works")
        elif ".invalid" in before:
            self.event(f"{name} image is pulled")
        else:
            self.event(f"{name} image is changed")
        self.settle()
        return "updated\n"

    def on_version(self, rest: list[str], words: list[str], given: str) -> str | None:
        return "Server Version: v1.36.0\n"

    def on_sleep(self, rest: list[str], words: list[str], given: str) -> str | None:
        self.sleep(int(rest[0]))
        return ""


# ---- serving -----------------------------------------------------------------------------------


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    """A cluster whose `kubectl` and `sleep` are in FOLDER/bin."""
    cluster = Cluster(folder)
    address = str(folder / "api")
    programs = folder / "bin"
    programs.mkdir(parents=True)
    sleep = shutil.which("sleep")
    for name, text in (
        ("kubectl", _CLIENT % {"address": address}), ("sleep", _SLEEP % {"sleep": sleep}),
        ("tail", _TAIL),
    ):  # fmt: skip
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            words, given = json.loads(self.rfile.readline())
            try:
                answer = cluster.kubectl(words, given)
            except Exception as error:  # noqa: BLE001 - the script must see that it failed
                answer = (70, "", f"the stand-in failed: {error!r}\n")
            self.wfile.write(json.dumps(answer).encode() + b"\n")

    with socketserver.UnixStreamServer(address, Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield cluster
        finally:
            server.shutdown()
            thread.join()
            for instance in cluster.instances.values():
                instance.kill()


def play(cluster: Cluster, script: Path) -> subprocess.CompletedProcess[str]:
    """Run a script against a cluster."""
    environment = {"PATH": f"{cluster.folder}/bin:{os.environ['PATH']}"}
    return subprocess.run(
        [*SHELL, str(script)], env=environment, capture_output=True, text=True, timeout=120
    )
