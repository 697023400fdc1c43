"""The numbers of the cases of a long run, which ends in good order when it is asked to."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator


def numbers(first: int, cases: int, seconds: float) -> Iterator[int]:
    """From ``first`` on, as many as ``cases``, until ``seconds`` are spent or a signal asks to end:
    the case at hand is then decided, and the figures are printed."""
    asked_to_end: list[int] = []
    for request in (signal.SIGTERM, signal.SIGINT):
        signal.signal(request, lambda given, _: asked_to_end.append(given))
    started = time.monotonic()
    for number in range(first, first + cases):
        if asked_to_end or time.monotonic() - started > seconds:
            return
        yield number
