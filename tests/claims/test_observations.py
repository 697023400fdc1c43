"""Statuses observed in order, from the text of a spec to its report."""

from __future__ import annotations

import json

import pytest

from podcheck.checker.result_cache import story_of
from podcheck.checker.spec_files import Checker
from podcheck.compiler.compiled_json import freeze, thaw
from podcheck.compiler.plan import make_plan
from podcheck.compiler.questions import PropertyQuestion
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.report import json as json_report
from podcheck.report.timeline import of_story
from podcheck.results.verdicts import ClaimResult, Report, Verdict
from podcheck.verification.options import Options

POD = "pod one { container app }\npod two { container app  container helper }\n\n"
EXITS = "assuming only exits, backoff"
PACK = load_pack()
NEVER = Verdict.FAILS
AFTER = "no run shows status 2 of these after"


def claim(text: str, **options: str) -> ClaimResult:
    chosen = Options(stories="all", **options)  # type: ignore[arg-type]
    found = Checker(chosen, PACK).check_source(Source("spec.pod", POD + text), None)
    assert not found.diagnostics, found.diagnostics
    return found.claims[0]


LOOP = (
    f'find "a loop" for one under Always {EXITS} {{\n'
    '  observe STATUS = "Running"\n'
    '  then STATUS = "Error"\n'
    '  then STATUS = "CrashLoopBackOff" and RESTARTS = 1\n'
    "  then condition Ready and RESTARTS = 2\n"
    "}\n"
)


def test_a_story_marks_where_each_status_is_shown() -> None:
    found = claim(LOOP)
    assert found.verdict is Verdict.HOLDS
    story = found.outcomes[0].story
    assert story is not None
    moments = of_story(story).moments
    marked = {m.mark: m.cells[3] for m in moments if m.mark}  # STATUS
    assert marked == {
        "observation 1": "Running", "observation 2": "Error",
        "observation 3": "CrashLoopBackOff", "observation 4": "Running",
    }  # fmt: skip
    assert [o.number for o in story.observed] == [1, 2, 3, 4]
    assert moments[-1].mark == "observation 4", "a run ends where the last status is shown"
    assert dict(story.actual) == {"RESTARTS": "2", "condition Ready": "true"}


def test_json_says_where_each_status_is_shown() -> None:
    chosen = Options(stories="all")
    result = Checker(chosen, PACK).check_source(Source("spec.pod", POD + LOOP), None)
    (outcome,) = json.loads(json_report.render(Report((result,))))["files"][0]["claims"][0][
        "outcomes"
    ]
    steps, observed = outcome["story"]["steps"], outcome["story"]["observed"]
    shown = [
        [*steps[o["step"]]["on_the_way"], steps[o["step"]]["status"]][o["place"]]["STATUS"]
        for o in observed
    ]
    assert shown == ["Running", "Error", "CrashLoopBackOff", "Running"]


@pytest.mark.parametrize("engine", ["explicit", "pdr", "bounded"])
def test_engines_agree(engine: str) -> None:
    shown = claim(LOOP, engine=engine)
    assert shown.verdict is Verdict.HOLDS
    if engine == "bounded":
        return
    none = claim(
        f'find "falls" for one from Running under Always {EXITS}, at most 2 exits '
        "{ observe RESTARTS = 1 then RESTARTS = 0 }\n",
        engine=engine,
    )
    assert none.verdict is Verdict.FAILS


@pytest.mark.parametrize(
    ("header", "observations", "verdict"),
    [
        ("for one under Never", "phase = Running then phase = Failed", Verdict.HOLDS),
        ("for one under Never", "phase = Failed then phase = Running", Verdict.FAILS),
        ("for one under Always", "RESTARTS = 1 then RESTARTS = 0", Verdict.FAILS),
        ("for one under Always", "RESTARTS = 1 then app.state = running", Verdict.HOLDS),
        # nothing that was before the start is observed
        ("for one from created under Never", "phase = Pending then phase = Running", Verdict.HOLDS),
        ("for one from Running under Never", "phase = Pending then phase = Running", Verdict.FAILS),
        ("for two from any Running under Never", "app.ready then app.exitCode = 3", Verdict.HOLDS),
        ("for one from any Failed under Never", "phase = Running then phase = Failed", NEVER),
        # one status may be two observations
        ("for one under Never", "phase = Failed then app.exitCode = 1", Verdict.HOLDS),
        ("for one under Never", "phase = Failed", Verdict.HOLDS),
    ],
)  # fmt: skip
def test_finds(header: str, observations: str, verdict: Verdict) -> None:
    found = claim(f'find "it" {header} {EXITS} {{ observe {observations} }}\n')
    assert found.verdict is verdict


@pytest.mark.parametrize(
    ("header", "observations", "verdict"),
    [
        ("for one, two under every policy", "phase = Failed then phase = Running", Verdict.HOLDS),
        ("for one under Never, Always", "phase = Running then phase = Failed", Verdict.FAILS),
        ("for one under Always, OnFailure", "phase = Running then phase = Failed", Verdict.HOLDS),
    ],
)
def test_a_refutation_is_about_every_run(header: str, observations: str, verdict: Verdict) -> None:
    found = claim(f'refute "it" {header} {EXITS} {{ observe {observations} }}\n')
    assert found.verdict is verdict
    if verdict is Verdict.FAILS:
        assert found.detail == "the belief is true: a run shows this"
        assert any(o.story for o in found.outcomes)


@pytest.mark.parametrize(
    ("observations", "why"),
    [
        ("phase = Running then phase = Failed", "no run shows status 2 of these at all"),
        (
            "RESTARTS = 1 then RESTARTS = 2 then RESTARTS = 1 then RESTARTS = 3",
            f"{AFTER.replace('2', '3')} the 2 before it",
        ),
        ("RESTARTS = 1 then RESTARTS = 0", f"{AFTER} the one before it"),
    ],
)  # fmt: skip
def test_the_first_impossible_status_is_named(observations: str, why: str) -> None:
    found = claim(f'find "it" for one under Always {EXITS} {{ observe {observations} }}\n')
    assert found.detail == f"proved: {why}"


def test_a_run_of_the_command_line_shows_the_statuses() -> None:
    story = claim(LOOP).outcomes[0].story
    assert story is not None and story.replayed is not None
    assert story.replayed.events == ("app exits 0", "app exits 1", "app backoff ends")


def test_compiled_questions_survive_the_cache() -> None:
    diagnostics = Diagnostics()
    spec = spec_of(Source("spec.pod", POD + LOOP), None, diagnostics)
    compiled = make_plan(spec, PACK, diagnostics).compiled(())
    again = thaw(json.loads(json.dumps(freeze(compiled))), compiled.sources)
    (before,), (after,) = compiled.pods[0].questions, again.pods[0].questions
    assert isinstance(before, PropertyQuestion)
    assert isinstance(after, PropertyQuestion)
    assert len(after.observed) == len(before.observed) == 4
    assert after.observations == before.observations
    assert [v for v in again.pods[0].system.variables if v.of_claim]
    assert again.claims[0].observes


def test_layout() -> None:
    text = (
        'find "it" for one {\n      observe phase = Running\n    then  phase = Failed\n'
        "then  gone  }\n"
    )
    assert format_text(Source("spec.pod", text), Diagnostics()) == (
        'find "it" for one {\n  observe phase = Running\n  then phase = Failed\n  then gone\n}\n'
    )


def test_a_story_survives_the_cache() -> None:
    story = claim(LOOP).outcomes[0].story
    assert story is not None
    assert story_of(json.loads(json.dumps(story))) == story
