"""`podcheck verify --cross-check`: two engines decide, and say so if they disagree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from podcheck import proving
from podcheck.cli.main import main
from podcheck.crosscheck import crossed
from podcheck.model.claims import Answer, PropertyClaim, Proved, Start
from podcheck.options import Options
from podcheck.verdict import Verdict

SPECS = Path(__file__).parent.parent / "specs"
ASKED = re.compile(r"^(check|find) ", re.MULTILINE)
FILES = [p for p in sorted(SPECS.rglob("*.pod")) if ASKED.search(p.read_text(encoding="utf-8"))]
SPEC = """\
pod one { container app }

check "an exit fails the pod" for one under Never assuming only exits { never phase = Failed }

check "by itself it never fails" for one under OnFailure assuming only exits {
  never phase = Failed
}

find "a restart" for one under Always assuming only exits { app.restartCount = 1 }

table "cells" for one from Running {
  | event       | Never  |
  | app exits 1 | Failed |
}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    (tmp_path / "a.pod").write_text(SPEC)
    return tmp_path / "a.pod"


def test_what_two_engines_decided_is_counted(
    spec: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "--cross-check", "-q", "a.pod"])
    assert stopped.value.code == 1
    printed = capsys.readouterr()
    assert "cross-check: 3 answers by two engines, 1 by one only\n" in printed.out
    assert printed.out.endswith("4 claims: 3 hold, 1 fails\n") and not printed.err


def test_a_wrong_engine_is_found(
    spec: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def careless(
        self: proving.Properties, claim: PropertyClaim, start: Start, most: int | None = None
    ) -> Answer:
        return Proved(None, "explicit search, all 0 reachable states")

    monkeypatch.setattr(proving.Properties, "_explicit", careless)
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "--cross-check", "a.pod"])
    assert stopped.value.code == 5
    printed = capsys.readouterr()
    told = " ".join(printed.out.split())
    assert "Two engines disagree: for one under Never, FAILS by bounded but HOLDS by exp" in told
    assert "2 met an internal error" in printed.out
    (path,) = spec.parent.glob("podcheck-disagreement-*.json")
    assert str(path) in printed.err
    (fails, finds) = json.loads(path.read_text())
    assert fails["text"] == SPEC and fails["claim"] == "an exit fails the pod"
    assert [a["engine"] for a in fails["answers"]] == ["bounded", "explicit"]
    assert fails["answers"][0]["run"] == ["a pod just created", "app exits 1"]
    assert finds["claim"] == "a restart"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_engine_contradicts_another(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    found = crossed(str(path), Options(stories="all"))
    assert not found.disagreements
    assert all(c.verdict is Verdict.HOLDS for c in found.result.claims)
