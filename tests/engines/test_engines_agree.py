"""Every engine on every check and find of the catalogue: none may contradict another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from places import SPECS

from podcheck.checker.spec_files import Checker
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import Verdict
from podcheck.verification.engines import ENGINES
from podcheck.verification.options import Options

ASKED = re.compile(r"^(check|find) ", re.MULTILINE)
FILES = [p for p in sorted(SPECS.rglob("*.pod")) if ASKED.search(p.read_text(encoding="utf-8"))]
DECIDED = (Verdict.HOLDS, Verdict.FAILS, Verdict.VACUOUS)
STEPS = 30_000  # of explicit search, for one question

Outcomes = dict[tuple[str, str, str, str], tuple[Verdict, int | None]]


def outcomes(path: Path, engine: str) -> Outcomes:
    """By claim, question, pod and policy: the verdict, and the events of the run shown."""
    options = Options(engine=engine, max_steps=STEPS, stories="all")
    found: Outcomes = {}
    checker = Checker(options, load_pack())  # nothing is kept under rules that are given
    for claim in checker.check_file(str(path)).claims:
        if claim.kind in ("check", "find"):
            for o in claim.outcomes:
                events = None if o.story is None or o.detail else len(o.story.steps)
                found[claim.title, o.label, o.pod, o.policy] = (o.verdict, events)
    return found


QUICK = {"on-failure-has-no-retry-limit", "image-pulls"}


def _params() -> list[object]:
    slow = pytest.mark.slow
    return [pytest.param(p, marks=() if p.stem in QUICK else slow, id=p.stem) for p in FILES]


@pytest.mark.parametrize("path", _params())
def test_no_engine_contradicts_another(path: Path) -> None:
    usual = outcomes(path, "auto")
    assert usual and all(verdict in DECIDED for verdict, _ in usual.values())
    decided = 0
    for engine in ENGINES:
        if engine == "auto":
            continue
        for question, (verdict, events) in outcomes(path, engine).items():
            if verdict in DECIDED:
                assert (verdict, events) == usual[question], f"{engine}: {question}"
                decided += 1
    assert decided, "only one engine decided anything"
