"""`podcheck audit --scheduler`: a Dask cluster on this machine, one of whose workers is killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import Shell
from fleet import fleet

from podcheck.cli import cluster

AUDIT = ("audit", "--severity", "info", "--format", "json", ".")


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is found anew, and nobody is waited for as long as a user would wait."""
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    monkeypatch.setattr(cluster, "WAIT_S", 2)


@pytest.fixture
def manifests(shell: Shell) -> Shell:
    for name, text in fleet(12, 6):
        shell.write(name, text)
    return shell


class Processes:
    """A scheduler and its workers, as somebody would start them."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
        self._folder = folder
        self.started: list[subprocess.Popen[bytes]] = []
        port = self.address.rpartition(":")[2]
        self.start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-show")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "dask", *arguments, "--no-dashboard"]
        process = subprocess.Popen(
            command, cwd=self._folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.started.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.start("worker", self.address, "--nthreads", "1", "--no-nanny")

    def end(self) -> None:
        for process in self.started:
            process.kill()
            process.wait()


@pytest.fixture
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    pytest.importorskip("distributed", reason="pip install -e '.[distributed]'")
    processes = Processes(tmp_path_factory.mktemp("dask"))
    yield processes
    processes.end()


def connected(address: str) -> Any:
    import distributed

    return distributed.Client(address, timeout=30, set_as_default=False)


def when(holds: Callable[[], bool], act: Callable[[], None]) -> threading.Thread:
    def watch() -> None:
        while not holds():
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.mark.cluster
def test_a_worker_that_is_killed_takes_nothing_with_it(manifests: Shell, dask: Processes) -> None:
    expected = manifests(*AUDIT)
    first = dask.worker()
    with connected(dask.address) as client:
        client.wait_for_workers(1, timeout=30)
        (victim,) = client.scheduler_info()["workers"]
        dask.worker()
        client.wait_for_workers(2, timeout=30)

        def is_busy() -> bool:
            tasks = client.processing().get(victim, ())
            return any("done" in str(task) for task in tasks)

        seen: list[int] = []

        def kill() -> None:
            os.kill(first.pid, signal.SIGKILL)
            seen.append(first.wait())

        watching = when(is_busy, kill)
        found = manifests(*AUDIT, "--scheduler", dask.address)
        watching.join(timeout=1)
        assert seen == [-signal.SIGKILL], "the worker was killed while it had work"
    assert found == expected


@pytest.mark.cluster
def test_a_worker_with_another_podcheck_is_not_believed(
    manifests: Shell, dask: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    dask.worker()
    monkeypatch.setattr("podcheck.auditing.work_pool.own_state", lambda: "another")
    monkeypatch.setattr(cluster, "WAIT_S", 30)
    done = manifests(*AUDIT, "--scheduler", dask.address)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"Error: A worker of `{dask.address}` has podcheck ")
    assert len(done.err.splitlines()) == 1


@pytest.mark.cluster
def test_a_scheduler_without_workers(manifests: Shell, dask: Processes) -> None:
    with connected(dask.address):
        done = manifests(*AUDIT, "--scheduler", dask.address)
    message = f"Error: The scheduler at `{dask.address}` has no workers.\n"
    assert done == (2, "", message)


@pytest.mark.cluster
def test_nobody_at_the_address(manifests: Shell) -> None:
    pytest.importorskip("distributed", reason="pip install -e '.[distributed]'")
    done = manifests(*AUDIT, "--scheduler", "tcp://127.0.0.1:1")
    assert done == (2, "", "Error: No Dask scheduler answers at `tcp://127.0.0.1:1`.\n")


def test_the_package_is_missing(manifests: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    done = manifests(*AUDIT, "--scheduler", "tcp://127.0.0.1:1")
    hint = "Install it: pip install 'podcheck[distributed]'."
    assert done == (2, "", f"Error: --scheduler needs the package distributed. {hint}\n")
