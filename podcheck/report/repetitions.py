"""What repeats in a sequence, so that it need be shown only once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

LONGEST_PERIOD = 8


class Part(NamedTuple):
    """A stretch of a sequence: ``times`` times ``period`` items, which are alike; or once."""

    start: int
    period: int
    times: int


def parts(keys: Sequence[object], least: int) -> Iterator[Part]:
    """The stretches of a sequence, in order.  One that repeats is at least ``least`` items longer
    than its period."""
    place = 0
    while place < len(keys):
        part = _repeated(keys, place, least)
        yield part
        place += part.period * part.times


def _repeated(keys: Sequence[object], start: int, least: int) -> Part:
    """The longest repetition that begins here."""
    best = Part(start, 1, 1)
    for period in range(1, LONGEST_PERIOD + 1):
        end = start + period
        while end < len(keys) and keys[end] == keys[end - period]:
            end += 1
        times = (end - start) // period
        if period * (times - 1) >= least and period * times > best.period * best.times:
            best = Part(start, period, times)
    return best
