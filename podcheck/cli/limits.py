"""The time and the memory that a run may take."""

from __future__ import annotations

import os
import sys
import time

import click

from podcheck.effort import MEMORY, TIME

MEGABYTE = 1_000_000  # bytes


class Limits:
    """Says which limit has been passed, in plain words; nothing while none has.

    A limit that was passed stays passed, whatever memory is freed later, for the run has left
    something out by then.  Limits that are sent to another process go on there: with the seconds
    that are left, and with that process's memory.
    """

    def __init__(self, seconds: float | None = None, megabytes: int | None = None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds
        self._megabytes = megabytes
        self._passed = ""

    def __call__(self, units: int = 0) -> str:
        if not self._passed:
            if self._end is not None and time.monotonic() > self._end:
                self._passed = TIME
            elif self._megabytes is not None and (resident() or 0) > self._megabytes * MEGABYTE:
                self._passed = MEMORY
        return self._passed

    def __reduce__(self) -> tuple[type[Limits], tuple[float | None, int | None]]:
        left = None if self._end is None else self._end - time.monotonic()
        return Limits, (left, self._megabytes)


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
