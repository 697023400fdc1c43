"""Which exit codes are tried: all 256 where little happens, else a generous sample.

The sample does not ask which codes the rules tell apart: it has every number that is written in
the spec, the numbers on both sides of it, some that mean something to Kubernetes, and some others.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from oracle.values import Value
from podcheck.language.parser import Node

USUAL = (0, 1, 2, 127, 128, 137, 143, 255)
SOME = (0, 1, 2, 137)
FEW = (0, 1, 137)
ALL = tuple(range(256))


class Codes(NamedTuple):
    """The codes with which containers exit by themselves, and those of containers that the kubelet
    stops; a pattern that names codes is given those of them that are tried."""

    events: tuple[Value, ...]
    kills: tuple[Value, ...]

    def of(self, named: frozenset[int]) -> tuple[Value, ...]:
        return _some(named, self.events)

    def of_kills(self, named: frozenset[int]) -> tuple[Value, ...]:
        return _some(named, self.kills)


def _some(named: frozenset[int], tried: tuple[Value, ...]) -> tuple[Value, ...]:
    """Those of the named codes that are tried, or their least and their greatest."""
    chosen = tuple(c for c in tried if c in named)
    return chosen or tuple(sorted({min(named), max(named)}))


def every_code() -> Codes:
    return Codes(ALL, ALL)


def sample(written: Iterable[int], chance: random.Random, usual: tuple[int, ...] = USUAL) -> Codes:
    """The sample for a spec with these numbers."""
    near = {n + d for n in written for d in (-1, 0, 1)}
    others = {chance.randrange(3, 255) for _ in range(2)}
    codes: tuple[Value, ...] = tuple(sorted(c for c in {*near, *usual, *others} if 0 <= c <= 255))
    return Codes(codes, codes)


def numbers_in(node: Node) -> Iterator[int]:
    """Every number that is written below a node."""
    for token in node.tokens("NUMBER"):
        yield int(token)
    for child in node.nodes():
        yield from numbers_in(child)


def codes_of(node: Node) -> frozenset[int]:
    """The exit codes that an event's phrase names."""
    if node.kind == "exit_codes_of_event":
        return codes_of(node.nodes()[0])
    if node.kind == "any_code":
        return frozenset(ALL)
    if node.kind == "nonzero":
        return frozenset(ALL[1:])
    if node.kind == "not_in_codes":
        return frozenset(ALL) - codes_of(node.nodes()[0])
    if node.kind == "code_set":
        return frozenset(c for item in node.nodes() for c in codes_of(item))
    numbers = [int(t) for t in node.tokens("NUMBER")]
    return frozenset(range(numbers[0], min(numbers[-1], 255) + 1))
