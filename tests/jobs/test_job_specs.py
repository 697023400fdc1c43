"""Every claim about Jobs in the catalogue holds; each run of the tests looks at some files."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import SPECS

from podcheck.checker.spec_files import Checker
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

FILES = sorted((SPECS / "jobs").glob("*.pod"))


def _params() -> list[object]:
    slow = pytest.mark.slow
    return [pytest.param(p, marks=slow if n % 4 else (), id=p.stem) for n, p in enumerate(FILES)]


@pytest.mark.parametrize("path", _params())
def test_every_claim_holds(path: Path) -> None:
    result = Checker(Options(), load_pack()).check_file(str(path))
    assert not result.diagnostics and result.claims
    assert [c.title for c in result.claims if c.verdict is not Verdict.HOLDS] == []
    assert all(o.bound is None for c in result.claims for o in c.outcomes)
