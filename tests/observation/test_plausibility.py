"""How often events are met, as the rule text has it."""

from __future__ import annotations

from itertools import chain

import pytest

import podcheck
from podcheck.core.system import PLAUSIBILITY
from podcheck.loading.rules import load_pack

CLASSES = [load_pack().groups[f"{word} events"] for word in PLAUSIBILITY]


def test_each_kind_has_at_most_one_class() -> None:
    named = list(chain(*CLASSES))
    assert len(named) == len(set(named))
    assert set(named) <= set(load_pack().kinds())


@pytest.mark.parametrize("place", range(len(PLAUSIBILITY)))
def test_the_class_of_a_kind_is_the_group_that_names_it(place: int) -> None:
    assert {load_pack().plausibility(kind) for kind in CLASSES[place]} == {place}


def test_what_no_group_names_is_rare() -> None:
    assert PLAUSIBILITY[load_pack().plausibility("meteorites")] == "rare"


def test_claims_may_assume_a_class() -> None:
    text = """pod web { container app }
    find "evicted" for web under Always assuming only ordinary events { reason = Evicted }
    find "evicted" for web under Always assuming no rare events { reason = Evicted }
    """
    found = [c.verdict.value for c in podcheck.verify_text(text).files[0].claims]
    assert found == ["FAILS", "HOLDS"]
