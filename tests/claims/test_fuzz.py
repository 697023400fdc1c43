"""A small sample of what `tests/tools/fuzz.py` does: never a crash, never a wait."""

from __future__ import annotations

import random

import fuzz
import pytest

from podcheck.declarations.pack import Pack
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import KEYWORDS
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def faults(tally: fuzz.Tally) -> str:
    return "\n\n".join(f"{text}\n{fault}" for text, fault in tally.faults[:3])


def test_random_specs(pack: Pack) -> None:
    tally = fuzz.Tally()
    for i, text in enumerate(fuzz.specs(120, 0, 20, pack)):
        fuzz.attempt(text, pack, tally, verify=i % 60 == 0)
    assert not tally.faults, faults(tally)
    assert tally.counts["clean"] > 20, "random specs should not all be wrong"
    assert tally.counts["with errors"] > 20, "nor all be right"


def test_mutated_specs(pack: Pack) -> None:
    tally = fuzz.Tally()
    for text in fuzz.specs(0, 120, 20, pack):
        fuzz.attempt(text, pack, tally, verify=False)
    assert not tally.faults, faults(tally)


def test_bytes_that_are_no_spec() -> None:
    chance = random.Random("bytes")
    for _ in range(200):
        data = bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
        diagnostics = Diagnostics()
        parse(Source("noise.pod", data.decode("utf-8", "replace")), diagnostics)


def test_words_in_any_order() -> None:
    """Every diagnostic of a syntax error points at something."""
    chance = random.Random("words")
    words = [*sorted(KEYWORDS), *"{}()[]|:;,.=<>+!", "..", "!=", "app", "1", '"text"', "\n"]
    for _ in range(500):
        text = " ".join(chance.choice(words) for _ in range(chance.randrange(1, 20)))
        diagnostics = Diagnostics()
        parse(Source("noise.pod", text), diagnostics)
        for diagnostic in diagnostics.sorted():
            assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(text)
            assert diagnostic.message


def test_the_same_seed_gives_the_same_specs(pack: Pack) -> None:
    assert list(fuzz.specs(5, 5, 3, pack)) == list(fuzz.specs(5, 5, 3, pack))
