"""`podcheck verify --cross-check`: two engines answer, and it is said if they disagree.

Of the catalogue: `test_catalogue.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from places import ROOT

from podcheck.checker.cross_check import CrossCheck
from podcheck.checker.spec_files import Checker
from podcheck.cli.main import main
from podcheck.core.answers import Answer, Move, Proved, Refuted, Vacuous
from podcheck.core.claims import ScenarioClaim, Start
from podcheck.explicit.lassos import Kept, LassoSearch
from podcheck.explicit.scenarios import ScenarioSearch
from podcheck.loading.rules import load_pack
from podcheck.report.sentences import cross_checked
from podcheck.results.verdicts import CrossChecked, FileResult, Verdict
from podcheck.symbolic.session import Session
from podcheck.verification import enumeration, promises
from podcheck.verification.options import Options

SPEC = """\
pod one { container app }

check "an exit fails the pod" for one under Never assuming only exits { never phase = Failed }

check "by itself it never fails" for one under OnFailure assuming only exits {
  never phase = Failed
}

find "a restart" for one under Always assuming only exits { app.restartCount = 1 }

table "cells" for one from Running {
  | event       | Always  | Never  |
  | app exits 1 | Running | Failed |
}

scenario "two exits" for one from Running under OnFailure {
  when app exits 1 then phase = Running
  when app exits 0 then phase = Failed
}

check "every attempt ends" for one under Never
  assuming only exits, every container exits eventually {
  eventually phase in {Succeeded, Failed}
}

check "it fails some day" for one under Never { eventually phase = Failed }
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    (tmp_path / "a.pod").write_text(SPEC)
    return tmp_path / "a.pod"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "--cross-check", *arguments, "a.pod"])
    printed = capsys.readouterr()
    return int(stopped.value.code or 0), printed.out, printed.err


def crossed(path: Path, **changes: Any) -> tuple[FileResult, CrossChecked]:
    cross = CrossCheck(Options(stories="none", **changes))
    options = Options(stories="none", answered=cross.answered, **changes)
    file = Checker(options, load_pack()).open(str(path))
    return cross.compared(file, file.result()), cross.counts


# ---- counts ----------------------------------------------------------------------------------


def test_what_two_engines_answered_is_counted(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = run(capsys, "-q")
    assert code == 1 and not err
    assert "\ncross-check: 8 of 8 answers were given by two engines\n" in out
    assert out.endswith("7 claims: 4 hold, 3 fail\n")
    assert not list(spec.parent.glob("*.json"))


@pytest.mark.parametrize(
    ("twice", "once", "told"),
    [
        (0, {}, "there was no answer to give twice"),
        (1, {}, "1 of 1 answer was given by two engines"),
        (0, {"find": 1}, "0 of 1 answer was given by two engines; 1 by one: 1 find"),
        (1, {"check": 1}, "1 of 2 answers was given by two engines; 1 by one: 1 check"),
        (
            7,
            {"table cell": 3, "promise": 1},
            "7 of 11 answers were given by two engines; 4 by one: 1 promise, 3 table cells",
        ),
    ],
)
def test_the_sentence_is_english(twice: int, once: dict[str, int], told: str) -> None:
    assert cross_checked(CrossChecked(twice, once, ())) == f"cross-check: {told}"


def test_what_enumeration_can_not_do_is_one_engines_answer(spec: Path) -> None:
    _, counts = crossed(spec, max_steps=3)
    assert counts.twice < 8 and counts.total == 8
    assert counts.once["table cell"] == 2 and counts.once["scenario"] == 1
    assert not counts.disagreements


def test_what_no_engine_was_asked_about_is_not_counted_as_answered_twice(tmp_path: Path) -> None:
    path = tmp_path / "a.pod"
    path.write_text(
        'pod one { container app }\nscenario "nothing" for one under Never { when app exits 1 }\n'
    )
    result, counts = crossed(path)
    assert result.claims[0].verdict is Verdict.VACUOUS
    assert (counts.twice, dict(counts.once)) == (0, {"scenario": 1})


def test_a_spec_with_an_error_has_no_answers(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spec.write_text("pod one {")
    code, out, _ = run(capsys)
    assert code == 2 and "cross-check: there was no answer to give twice" in out


@pytest.mark.parametrize("bound", [1, 3])
def test_a_bound_makes_no_contradiction(spec: Path, bound: int) -> None:
    result, counts = crossed(spec, bound=bound)
    assert not counts.disagreements and counts.twice >= 5
    assert all(c.verdict is not Verdict.INTERNAL for c in result.claims)


@pytest.mark.parametrize("engine", ["explicit", "bounded", "induction", "pdr"])
def test_another_engine_than_the_chosen_one_is_asked(spec: Path, engine: str) -> None:
    _, counts = crossed(spec, engine=engine)
    assert not counts.disagreements and counts.twice >= 6


# ---- wrong engines ----------------------------------------------------------------------------


def _always_proved(*_: object, **__: object) -> Answer:
    return Proved(None, "explicit search, all 0 reachable states")


def _always_vacuous(self: object, start: Start) -> Answer:
    return Vacuous(start, None, "nothing happens")


def _always_kept(*_: object, **__: object) -> Kept:
    return Kept(0, True)


def _solver_proves(self: Session, claim: ScenarioClaim) -> tuple[Answer, ...]:
    return tuple(Proved(None, "every sequence of the pattern") for _ in claim.starts)


def _never_a_lasso(*_: object, **__: object) -> Answer:
    return Proved(None, "property directed reachability, an invariant of 1 clauses")


WRONG: list[tuple[object, str, Callable[..., object], list[str]]] = [
    (enumeration.Enumeration, "answer", _always_proved, ["an exit fails the pod", "a restart"]),
    (ScenarioSearch, "answer", _always_proved, ["two exits"]),
    (ScenarioSearch, "answer", _always_vacuous, ["cells", "cells", "two exits"]),
    (Session, "scenario", _solver_proves, ["two exits"]),
    (LassoSearch, "run", _always_kept, ["it fails some day"]),
    (promises.Symbolic, "answer", _never_a_lasso, ["it fails some day"]),
]


@pytest.mark.parametrize(("where", "name", "wrong", "about"), WRONG)
def test_a_wrong_engine_is_found(
    spec: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    where: object,
    name: str,
    wrong: Callable[..., object],
    about: list[str],
) -> None:
    monkeypatch.setattr(where, name, wrong)
    code, out, err = run(capsys)
    assert code == 5
    path = spec.parent / "podcheck-disagreement-a.json"
    assert err == f"Two engines disagree, a fault of podcheck. Evidence: {path.name}\n"
    evidence = json.loads(path.read_text())
    assert [e["claim"] for e in evidence] == about
    assert f"{len(set(about))} met an internal error" in out
    told = " ".join(out.split())
    for found in {e["claim"]: e for e in reversed(evidence)}.values():
        assert f"Two engines disagree: {found['summary']}." in told
    for found in evidence:
        assert found["spec"] == "a.pod" and found["texts"] == {"a.pod": SPEC}
        first, second = found["answers"]
        assert first["engine"] != second["engine"] and first["verdict"] != second["verdict"]
        right = [a for a in (first, second) if "run" in a]
        assert all(a["interpreter"] == "it violates the claim" for a in right)


def test_a_run_that_is_not_the_shortest_is_found(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = ScenarioSearch.answer

    def longer(self: ScenarioSearch, start: Start) -> Answer:
        found = answer(self, start)
        if isinstance(found, Refuted):
            moves = found.run.moves
            return Refuted(found.run._replace(moves=(*moves[:1], Move((), ()), *moves[1:])))
        return found

    monkeypatch.setattr(ScenarioSearch, "answer", longer)
    code, out, _ = run(capsys)
    told = "the solver says FAILS after 2 steps but explicit search says FAILS after 3 steps"
    assert code == 5 and told in " ".join(out.split())


def test_the_report_for_programs_has_counts_and_evidence(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    schema = json.loads((ROOT / "podcheck/report/schema.json").read_text())
    code, out, _ = run(capsys, "--format", "json")
    report = json.loads(out)
    jsonschema.validate(report, schema)
    assert code == 1
    assert report["cross_check"] == {"answers": 8, "by_two": 8, "by_one": {}, "disagreements": []}
    monkeypatch.setattr(ScenarioSearch, "answer", _always_proved)
    code, out, _ = run(capsys, "--format", "json")
    report = json.loads(out)
    jsonschema.validate(report, schema)
    saved = json.loads((spec.parent / "podcheck-disagreement-a.json").read_text())
    assert code == 5 and report["cross_check"]["disagreements"] == saved
    assert [m["events"] for m in saved[0]["answers"][0]["run"]["moves"]][1:] == [
        [["app exits", {"app exits: exitCode": 1}]],
        [["app exits", {"app exits: exitCode": 0}]],
    ]


def test_evidence_that_can_not_be_written_is_an_error_in_plain_words(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(ScenarioSearch, "answer", _always_proved)
    (spec.parent / "podcheck-disagreement-a.json").mkdir()
    _, _, err = run(capsys)
    assert "`podcheck-disagreement-a.json` can't be written" in err and "Traceback" not in err


def test_certificates_and_coverage_go_with_it(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "--coverage", "--certificate", "proofs", "-q")
    assert code == 1 and "8 of 8 answers" in out
    assert "certificates in proofs" in out and "depend on" in out
