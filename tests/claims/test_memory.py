"""Memory: what a spec needed is freed once it is done with, however many follow.

A solver's memory is some ten megabytes, of which Python's cycle collector knows nothing; so nothing
that holds a solver may be part of a cycle of references.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fleet import fleet
from sampling import sampled_pairs

from podcheck import api
from podcheck.auditing.pod_audit import audit_pod
from podcheck.auditing.work_items import basis, read
from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.symbolic.z3_context import Arena
from podcheck.verification.options import Options

POD = "pod p {\n  container app\n  container helper\n}\n"
CLAIMS = {
    "scenario": 'scenario "s" { when app exits any then phase = Running }',
    "find of a scenario": 'find "s" { when app exits 1 then phase = Failed }',
    "table": 'table "t" { | event | Always | Never |\n | app exits 0 | Running | Running | }',
    "vacuous": 'check "c" { always (phase = Succeeded implies phase != Failed) }',
    "fails": 'check "c" { never phase = Failed }',
    "holds": 'check "c" { always (phase = Failed implies next phase = Failed) }',
    "find": 'find "f" { phase = Failed }',
    "refute": 'refute "r" { never phase = Failed }',
    "promise": 'check "c" { eventually phase = Succeeded }',
    "from any": 'check "c" from any Running { never phase = Failed }',
    "error": 'check "c" { never phase = Fail }',
}
ENGINES = ("auto", "bounded", "pdr")  # `explicit` has no solver

FLAT = """
import resource
from podcheck import api
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize()
for number in range(60):
    if number == 20:
        before = resident()
    text = f'''pod p{number} {{ container app container b }}
        scenario "s" {{ when app exits {number} then phase = Running }}
        refute "never fails" {{ never phase = Failed }}'''
    assert api.verify_text(text).exit_code() in (0, 1)
print((resident() - before) // 1_000_000)
"""


@pytest.fixture(autouse=True)
def uncollected() -> Iterator[None]:
    """Without the cycle collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def solvers() -> int:
    return sum(isinstance(o, Arena) for o in gc.get_objects())


def test_solvers_are_freed_with_their_claim() -> None:
    """Each claim reads something else, so that each has a system of its own."""
    read = ("app.exitCode = 3", "app.restartCount > 1", "helper.reason = Error", "deleted")
    claims = "\n".join(
        f'check "{n}" under Never {{ never ({c} and phase = Pending) }}' for n, c in enumerate(read)
    )
    before = solvers()
    spec = Checker(Options(), load_pack()).open_source(Source("m.pod", POD + claims), None)
    counts = []
    for number in range(len(read)):
        spec.decide(number)
        counts.append(solvers() - before)
    assert counts[-1] == counts[0], counts


@pytest.mark.parametrize(("claim", "engine"), sampled_pairs(CLAIMS, ENGINES))
def test_solvers_are_freed_with_their_file(claim: str, engine: str) -> None:
    before = solvers()
    checker = Checker(Options(stories="all", reasons=True, engine=engine, answered=lambda *_: None))
    file = checker.open_source(Source("a.pod", POD + CLAIMS[claim]), None)
    file.result()
    assert claim == "error" or solvers() > before, "or this test looks at nothing"
    del checker, file
    assert solvers() == before


def test_solvers_are_freed_with_a_report() -> None:
    before = solvers()
    report = api.verify_text(POD + CLAIMS["refute"] + CLAIMS["scenario"])
    assert len(report.claims) == 2
    assert solvers() == before


def test_a_checker_has_the_solvers_of_one_file() -> None:
    """And not of those before: it frees them when it opens the next."""
    checker = Checker(Options(answered=lambda *_: None))
    checker.check_source(Source("a.pod", POD + CLAIMS["table"]), None)
    before = solvers()
    for kind in ("scenario", "refute", "table"):
        checker.check_source(Source("a.pod", POD + CLAIMS[kind]), None)
    assert solvers() == before


def test_solvers_are_freed_with_an_audited_pod() -> None:
    before = solvers()
    for name, text in fleet(3):
        for shaped in read(Source(name, text)).shapes:
            audit_pod(*shaped.shape, basis(Options(), (1, 36), "info"))
    assert solvers() == before


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="asks Linux")
@pytest.mark.slow
def test_many_specs_take_no_more_memory_than_some() -> None:
    """40 specs in one process, of which each took 5 to 10 MB when none was freed."""
    done = subprocess.run([sys.executable, "-c", FLAT], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 60
