"""Who audits or explains many pods: this process, processes of this machine, or a Dask cluster."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from podcheck.auditing.work_pool import Here
from podcheck.cli.main import COLLECTED

if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor

    from podcheck.auditing.work_pool import Crew

PAYS_S = 2.0  # work that other processes are started for: their start takes half a second


@contextmanager
def crew_for(scheduler: str | None) -> Iterator[Crew]:
    """The workers of a cluster, or those of this machine; they are let go at the end."""
    if scheduler is not None:
        from podcheck.cli.cluster import cluster_at

        with cluster_at(scheduler) as cluster:
            yield cluster
        return
    crew = LocalCrew(len(os.sched_getaffinity(0)))
    try:
        yield crew
    finally:
        crew.close()


class Costly(Protocol):
    """Work that says about how long it takes."""

    @property
    def cost_s(self) -> float:
        """Seconds on a machine of today."""


class LocalCrew:
    """This process, and as many others as there are processors once there is enough to do."""

    lost: tuple[type[Exception], ...] = (BrokenExecutor,)

    def __init__(self, processors: int) -> None:
        self._processors = processors
        self._pool: ProcessPoolExecutor | None = None

    def executor(self, work: Sequence[Costly]) -> Executor:
        cost_s = sum(piece.cost_s for piece in work)
        if self._pool is None and self._processors > 1 and len(work) > 1 and cost_s > PAYS_S:
            self._start()
        return self._pool or Here()

    def renew(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._start()

    def close(self) -> None:
        """End the other processes, whatever they are at."""
        if self._pool is None:
            return
        from multiprocessing import active_children

        for process in active_children():
            process.terminate()
        self._pool.shutdown(cancel_futures=True)
        self._pool = None
        gc.collect()  # the console script leaves without tidying up: semaphores would stay behind

    def _start(self) -> None:
        """Start processes; where none can be started, this one does all the work."""
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        # a process that is forked would share the threads' locks and the solver's memory
        self._pool = ProcessPoolExecutor(self._processors, get_context("spawn"), _begin)
        try:
            self._pool.submit(_begin).result()
        except (BrokenExecutor, OSError):
            self._pool, self._processors = None, 1


def _begin() -> None:
    """What a process does first: Ctrl-C goes to all processes of a terminal, but the first one
    tells the others; and memory is tidied up as seldom as there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*COLLECTED)
