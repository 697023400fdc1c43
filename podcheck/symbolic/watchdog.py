"""Somebody who looks at the clock, and at the memory, while a solver works on one question.

A solver asks nobody while it works; one question may take seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from podcheck.core.effort import Watched

LOOK_S = 0.1


class Watch:
    """Ends the work of a solver once a limit has been passed.

    While ``stop`` is set, to what interrupts the solver that works, a thread of its own looks at
    the limit ten times a second.  An interrupt may come late, when the solver is done; whoever asks
    the next question has to expect one that was meant for the one before.
    """

    def __init__(self, limit: Watched) -> None:
        self._limit = limit
        self.stop: Callable[[], object] | None = None
        threading.Thread(target=self._look, daemon=True, name="podcheck watch").start()

    def _look(self) -> None:
        never = threading.Event()
        while not never.wait(LOOK_S):
            stop = self.stop
            if stop is not None and self._limit():
                stop()


_watches: dict[int, tuple[Watched, Watch]] = {}


def watch_for(limit: Watched) -> Watch:
    """The one watch of a limit."""
    if id(limit) not in _watches:
        _watches[id(limit)] = limit, Watch(limit)
    return _watches[id(limit)][1]
