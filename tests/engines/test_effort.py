"""Effort: what a claim may cost is counted, not timed, and what runs out of it is never a pass."""

from __future__ import annotations

import re

import pytest
from sampling import sampled

from podcheck import api
from podcheck.arguments import InputError
from podcheck.checker.spec_files import Checker
from podcheck.core import effort
from podcheck.core.effort import ADVICE, SPENT, Effort
from podcheck.language.source import Source
from podcheck.report import formats
from podcheck.results.verdicts import ClaimResult, Verdict
from podcheck.verification.engines import ENGINES
from podcheck.verification.options import Options

POD = "pod p {\n  init setup\n  sidecar side\n  container app\n  container helper\n}\n\n"
CLAIMS = {
    "holds": 'check "c" { always (phase = Failed implies next phase = Failed) }',
    "fails": 'check "c" under Always assuming only exits, backoff { never app.restartCount = 2 }',
    "promise": 'check "c" under Never assuming only exits, every container exits eventually '
    "{ eventually phase in {Succeeded, Failed} }",
    "scenario": 'scenario "c" under Never { when anything x 2 then app.restartCount = 0 }',
    "find": 'find "c" under Never { phase = Succeeded and app.exitCode = 3 }',
    "from any": 'check "c" from any Running under Never { never app.restartCount = 1 }',
}


def checker(**options: object) -> Checker:
    options = {"stories": "none", "answered": lambda *_: None, **options}  # so that nothing is kept
    return Checker(Options(**options))  # type: ignore[arg-type]


def settled(claim: str, **options: object) -> ClaimResult:
    (result,) = checker(**options).check_source(Source("a.pod", POD + claim), None).claims
    return result


class Counted(Effort):
    """Remembers what was spent on all claims."""

    total = 0

    def __call__(self, units: int = 0) -> str:
        Counted.total += units
        return super().__call__(units)


def spent(claim: str, monkeypatch: pytest.MonkeyPatch, engine: str) -> tuple[int, Verdict]:
    monkeypatch.setattr("podcheck.verification.options.Effort", Counted)
    Counted.total = 0
    result = settled(claim, engine=engine)
    return Counted.total, result.verdict


@pytest.mark.parametrize("claim", CLAIMS)
def test_the_same_is_spent_each_time(claim: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = spent(CLAIMS[claim], monkeypatch, "auto")
    assert spent(CLAIMS[claim], monkeypatch, "auto") == first


COUNTED = (
    *(("fails", engine) for engine in ENGINES),
    *(("holds", engine) for engine in ENGINES if engine != "bounded"),
    ("promise", "induction"),  # explicit search needs too few steps to count
    *(("scenario", engine) for engine in ("auto", "explicit")),
)


@pytest.mark.parametrize("asked", sampled(COUNTED, 4, ids="-".join))
def test_every_engine_counts_and_stops(
    asked: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    claim, engine = asked
    units, whole = spent(CLAIMS[claim], monkeypatch, engine)
    assert units > 0
    for part in (0.02, 0.3, 0.7):
        monkeypatch.setattr(effort, "UNITS", int(units * part))
        assert settled(CLAIMS[claim], engine=engine).verdict in (whole, Verdict.UNKNOWN)
    monkeypatch.setattr(effort, "UNITS", -1)
    assert settled(CLAIMS[claim], engine=engine).verdict is Verdict.UNKNOWN


def test_a_level_has_four_times_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    units, whole = spent(CLAIMS["holds"], monkeypatch, "pdr")
    assert whole is Verdict.HOLDS
    monkeypatch.setattr(effort, "UNITS", units // 8)
    assert settled(CLAIMS["holds"], engine="pdr").verdict is Verdict.UNKNOWN
    assert settled(CLAIMS["holds"], engine="pdr", effort=3).verdict is Verdict.HOLDS


def test_each_claim_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """However much the one before it took."""
    units, _ = spent(CLAIMS["scenario"], monkeypatch, "explicit")
    monkeypatch.setattr(effort, "UNITS", units)
    text = POD + "\n".join(CLAIMS["scenario"].replace('"c"', f'"{n}"') for n in range(3))
    found = checker(engine="explicit").check_source(Source("a.pod", text), None)
    assert len({claim.verdict for claim in found.claims} - {Verdict.UNKNOWN}) == 1
    assert all(claim.verdict is not Verdict.UNKNOWN for claim in found.claims)


@pytest.mark.parametrize("form", formats.NAMES)
def test_every_format_says_what_may_help(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(effort, "UNITS", -1)
    report = api.verify_text(POD + CLAIMS["holds"])
    assert report.exit_code() == 4
    text = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), formats.render(report, form))
    assert "--effort" in text.replace("<br/>", "")  # a diagram breaks lines and escapes signs


def test_what_may_help_depends_on_what_ran_out() -> None:
    for why, advice in ADVICE.items():
        if why != SPENT:
            result = settled(CLAIMS["holds"], expired=lambda units=0, why=why: why)
            assert {o.advice for o in result.outcomes} == {advice}
    bounded = settled('find "f" under Always { app.restartCount = 3 }', bound=1)
    assert {o.advice for o in bounded.outcomes} == {"Raise `--bound`, or leave it out."}
    assert not any(o.advice for o in settled(CLAIMS["fails"]).outcomes)


def test_another_level_is_another_run() -> None:
    assert Options().identity() != Options(effort=2).identity()


@pytest.mark.parametrize("level", [0, 9, -1])
def test_there_is_no_such_level(level: int) -> None:
    with pytest.raises(InputError, match="from 1 to 8"):
        api.verify_text(POD, effort=level)
