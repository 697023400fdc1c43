"""The time and the memory that a run may take."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

import click

from podcheck.core.effort import MEMORY, TIME

MEGABYTE = 1_000_000  # bytes


class Limits:
    """Says which limit has been passed, in plain words; nothing while none has.

    A limit that was passed stays passed, whatever memory is freed later, for the run has left
    something out by then; what was only ``allow``ed to one of several claims is another matter
    (``checker/time_shares.py``).  Limits that are sent to another process go on there: with the
    seconds that are left, and with that process's memory.
    """

    def __init__(
        self,
        seconds: float | None = None,
        megabytes: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._pause: float | None = None  # when the time is over that was allowed
        self._megabytes = megabytes
        self._passed = ""
        self.cut = False

    def __call__(self, units: int = 0) -> str:
        if not self._passed:
            if self._end is not None and self._clock() > self._end:
                self._passed = TIME
            elif self._megabytes is not None and (resident() or 0) > self._megabytes * MEGABYTE:
                self._passed = MEMORY
        if not self._passed and (self._pause is None or self._clock() <= self._pause):
            return ""
        self.cut = True
        return self._passed or TIME

    def left(self) -> float | None:
        """Seconds until the end, if there is one."""
        return None if self._end is None else self._end - self._clock()

    def allow(self, seconds: float | None) -> None:
        """Say that the time ran out after this many seconds from now; None: only when it did."""
        self._pause = None if seconds is None else self._clock() + seconds
        if seconds is not None:
            self.cut = False

    def __reduce__(self) -> tuple[type[Limits], tuple[float | None, int | None]]:
        return Limits, (self.left(), self._megabytes)


def limits(seconds: float | None, megabytes: int | None) -> Limits | None:
    """The limits of a run that begins now, if there are any."""
    return None if seconds is None and megabytes is None else Limits(seconds, megabytes)


def enough(context: click.Context, parameter: click.Parameter, megabytes: int | None) -> int | None:
    """Refuse a limit that podcheck has passed before it begins, or that can't be watched."""
    if megabytes is not None:
        taken = resident()
        if taken is None:
            raise click.BadParameter("This system does not say how much memory a process takes.")
        if taken > megabytes * MEGABYTE:
            raise click.BadParameter(
                f"podcheck takes more than {megabytes} MB before it begins; give it 200 or more."
            )
    return megabytes


def resident() -> int | None:
    """The bytes of this process that are in memory now; where a system does not say so, the most
    that ever were; None where it says neither.

    z3 could limit its own memory (``memory_max_size``), but then it may end the process.
    """
    try:
        with open("/proc/self/statm", "rb") as file:  # Linux; in pages
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        pass
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024
