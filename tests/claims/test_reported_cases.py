"""Specs that podcheck once answered wrong: `tests/reported`.

The first word of each claim's title is the verdict that is right; a comment, or the title, says
why.  Each is a case of a kind that has tests of its own.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from sampling import sampled_pairs

from podcheck.checker.spec_files import Checker
from podcheck.loading.rules import load_pack
from podcheck.verification.options import Options

FOLDER = Path(__file__).parents[1] / "reported"
NAMES = sorted(path.stem for path in FOLDER.glob("*.pod"))
ENGINES = ("explicit", "induction", "pdr", "bounded")
OPEN = ("UNKNOWN", "HOLDS to k")  # what an engine alone may say of any claim


_pack = cache(load_pack)


def _said(name: str, engine: str) -> dict[str, str]:
    options = Options(engine=engine, stories="none")
    if engine == "explicit":
        options = options._replace(max_steps=60_000)
    result = Checker(options, _pack()).open(str(FOLDER / f"{name}.pod")).result()
    assert not [d for d in result.diagnostics if d.is_error]
    assert result.claims
    return {claim.title: str(claim.verdict) for claim in result.claims}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_right(name: str) -> None:
    said = _said(name, "auto")
    assert said == {title: title.partition(":")[0] for title in said}


@pytest.mark.parametrize(("name", "engine"), sampled_pairs(NAMES, ENGINES))
def test_no_engine_says_otherwise(name: str, engine: str) -> None:
    said = {title: word for title, word in _said(name, engine).items() if word not in OPEN}
    assert said == {title: title.partition(":")[0] for title in said}
