"""Every guard of the rule pack matters: negated, some spec of the catalogue notices.

A sample is tried on every run; `python tests/tools/mutation.py` tries all and prints the score.
"""

from __future__ import annotations

from collections.abc import Iterator

import mutation
import pytest


@pytest.fixture(scope="module", autouse=True)
def _parsed() -> Iterator[None]:
    """The catalogue is not kept for the tests that follow."""
    yield
    mutation.specs.cache_clear()


def test_a_sample_of_negated_guards_is_noticed() -> None:
    sample = [g for g in mutation.guards() if mutation.identity(g) not in mutation.EQUIVALENT]
    sample = sample[7::300]
    assert len(sample) >= 2
    assert [mutation.identity(g) for g in sample if mutation.noticed_by(g) is None] == []


def test_what_counts_as_equivalent_is_a_rule() -> None:
    assert mutation.EQUIVALENT.keys() <= {mutation.identity(g) for g in mutation.guards()}


@pytest.mark.slow
def test_negated_guards_are_noticed() -> None:
    unnoticed = {mutation.identity(g) for g in mutation.guards() if mutation.noticed_by(g) is None}
    assert unnoticed <= mutation.EQUIVALENT.keys()
