"""Parameters of a test that takes long: some in each run, all of them with ``pytest -m slow``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

import pytest


def sampled(
    values: Iterable[Any], every: int, first: int = 0, ids: Callable[[Any], str] | None = None
) -> list[Any]:
    """The values as parameters in their order; all but each ``every``-th, from ``first`` on, are
    marked slow."""
    return [
        pytest.param(
            value,
            id=None if ids is None else ids(value),
            marks=() if number % every == first else pytest.mark.slow,
        )
        for number, value in enumerate(values)
    ]


def sampled_pairs(values: Iterable[Any], others: Sequence[Any]) -> list[Any]:
    """Every pair; each value with one of the others in each run, in turn, with all when slow."""
    return [
        pytest.param(value, other, marks=() if m == n % len(others) else pytest.mark.slow)
        for (n, value), (m, other) in product(enumerate(values), enumerate(others))
    ]
