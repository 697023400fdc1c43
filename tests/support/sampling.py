"""Parameters of a test that takes long: some in each run, all of them with ``pytest -m slow``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import product
from typing import Any

import pytest


def sampled(
    values: Iterable[Any],
    every: int,
    first: int = 0,
    ids: Callable[[Any], str] | None = None,
    dear: Collection[str] = (),
) -> list[Any]:
    """The values as parameters in their order; all but each ``every``-th, from ``first`` on, are
    marked slow, and so are those whose ids are ``dear``."""
    found = []
    for number, value in enumerate(values):
        name = None if ids is None else ids(value)
        is_slow = number % every != first or name in dear
        found.append(pytest.param(value, id=name, marks=pytest.mark.slow if is_slow else ()))
    return found


def sampled_pairs(values: Iterable[Any], others: Sequence[Any]) -> list[Any]:
    """Every pair; each value with one of the others in each run, in turn, with all when slow."""
    return [
        pytest.param(value, other, marks=() if m == n % len(others) else pytest.mark.slow)
        for (n, value), (m, other) in product(enumerate(values), enumerate(others))
    ]
