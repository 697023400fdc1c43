"""What `verify --certificate` writes, `certify` confirms, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificate_folders import (
    checked,
    files_of,
    reason,
    rewritten,
    run,
    signed_again,
    states_changed,
    words,
    words_of_runs,
)
from sampling import sampled

from podcheck.certificate import cvc5
from podcheck.certificate.invariant_text import UnreadableError, conditions, terms
from podcheck.core.system import Variable
from podcheck.core.terms import BOOL, TRUE, Sort, add, const, eq, member, not_, or_, var

SPEC = """pod web { container app }

check "a final phase absorbs" for web {
  always phase = Succeeded implies next phase != Running
}

check "exits alone never fail the pod" for web under OnFailure assuming only exits, backoff {
  never phase = Failed
}

check "nothing fails it, says someone" for web from Running under Never assuming at most 1 exits {
  never phase = Failed
}

find "a restart" for web from Running under OnFailure assuming only exits {
  app.restartCount >= 1
}
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec and its certificates."""
    folder = tmp_path_factory.mktemp("certificates")
    (folder / "web.pod").write_text(SPEC)
    done = run("verify", "web.pod", "--certificate", "out", cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "4 certificates in out" in done.stdout
    return folder


@pytest.fixture
def copied(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the certificates, to be tampered with; the spec is where it was."""
    shutil.copytree(written / "out", tmp_path / "out")
    monkeypatch.chdir(written)
    return tmp_path / "out" / "web.pod"


# ---- what is right is confirmed ----------------------------------------------------------------


def test_proofs_and_runs_are_confirmed(written: Path) -> None:
    done = run("certify", "out", cwd=written)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("it holds: cvc5 finds initial, step, safety unsat") == 2
    shown = "a run of 1 event reaches what it is about"  # `phase = Succeeded implies ...`
    assert " ".join(done.stdout.split()).count(shown) == 1
    assert done.stdout.count("it fails: a run of 1 event") == 1
    assert done.stdout.count("it is found: a run of 1 event") == 1
    assert "states enumerated" in done.stdout
    assert "4 checked: 2 proved by cvc5, 1 of them by enumeration too" in done.stdout
    assert done.stdout.split()[-6:] == "2 replayed; none without a certificate.".split()


def test_the_bytes_are_the_same_under_any_hash_seed(written: Path) -> None:
    for seed in ("1", "2"):
        done = run("verify", "web.pod", "--certificate", f"seed{seed}", cwd=written, seed=seed)
        assert done.returncode == 1
        assert files_of(written / f"seed{seed}") == files_of(written / "out")


def test_results_in_the_cache_do_not_keep_certificates_from_being_written(
    written: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCHECK_CACHE", str(written / "cache"))
    for name in ("first", "second"):
        run("verify", "web.pod", cwd=written)
        run("verify", "web.pod", "--certificate", name, cwd=written)
        assert files_of(written / name) == files_of(written / "out")


# ---- what was tampered with is refused ---------------------------------------------------------


def test_every_file_is_guarded(copied: Path) -> None:
    for name, text in files_of(copied).items():
        path = copied / name
        path.write_text(text + " ")
        assert words(copied) == ["REFUSED"], name
        if name != "manifest.json":
            path.unlink()
            assert name in reason(copied)
        path.write_text(text)
    assert words(copied) == ["PROVED", "PROVED", "REPLAYS", "REPLAYS"]


def test_a_system_that_was_changed_is_refused_whatever_its_digest(copied: Path) -> None:
    path = next(copied.glob("claim-2*/step.smt2"))
    path.write_text(path.read_text().replace("(assert (and", "(assert (and false"))
    signed_again(copied)
    assert "is not what the spec and the rules lead to" in reason(copied)


def _rewritten(folder: Path, lines: list[str], pattern: str) -> list[str]:
    """The words for certificates with another invariant."""
    path = next(folder.glob(pattern))
    kept = [line for line in path.read_text().splitlines() if line.startswith("#")]
    path.write_text("\n".join([*kept, *lines, ""]))
    return [c.word for c in rewritten(folder)]


@pytest.mark.parametrize(
    "lines",
    [
        [],  # too weak: implies nothing
        ["the claim", "phase in {Succeeded}"],  # does not hold at the start
        ["the claim", "phase in {Pending}"],  # is not kept
    ],
)
def test_an_invariant_that_proves_nothing_is_refused_by_cvc5(
    copied: Path, lines: list[str]
) -> None:
    found = _rewritten(copied, lines, "claim-2*/invariant.txt")
    assert found == ["PROVED", "REFUSED", "REPLAYS", "REPLAYS"]


def test_an_invariant_that_can_not_be_read_is_refused(copied: Path) -> None:
    path = next(copied.glob("claim-2*/invariant.txt"))
    path.write_text("the claim\nmood in {bad}\n")
    signed_again(copied)
    assert reason(copied) == "there is no variable `mood`"


@pytest.mark.parametrize(
    "change",
    [
        lambda moves: moves.pop(),  # ends before the violation
        lambda moves: moves[-1]["events"][0].update(event="sync"),
        lambda moves: moves[-1]["events"][0].update(event="pod flies"),
        lambda moves: moves.append(moves[-1]),  # more exits than are assumed
    ],
)
def test_a_run_that_is_none_is_refused(
    copied: Path, change: Callable[[list[object]], object]
) -> None:
    path = next(copied.glob("claim-3*/run.json"))
    data = json.loads(path.read_text())
    change(data["moves"])
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    signed_again(copied)
    assert "REFUSED" in words(copied)


def test_a_claim_that_was_left_out_is_missed(copied: Path) -> None:
    path = copied / "manifest.json"
    manifest = json.loads(path.read_text())
    row = manifest["certificates"].pop()
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")
    for name in row["files"]:
        (copied / name).unlink()
    assert "leaves out a claim" in reason(copied)


def test_another_spec_is_refused(written: Path, copied: Path, tmp_path: Path) -> None:
    (tmp_path / "web.pod").write_text(SPEC.replace("never phase = Failed", "never gone"))
    os.chdir(tmp_path)
    assert "has changed since" in reason(copied)
    (tmp_path / "web.pod").unlink()
    assert "is not here" in reason(copied)


def test_a_file_beside_the_certificates_is_refused(copied: Path) -> None:
    (copied.parent / "note.txt").write_text("trust me")
    done = run("certify", str(copied.parent), cwd=Path.cwd())
    assert done.returncode == 1
    assert "this file belongs to no certificate" in done.stdout


# ---- what can't be checked -----------------------------------------------------------------------


def test_nothing_to_check_is_vacuous(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("certify", "empty", cwd=tmp_path)
    assert (done.returncode, done.stdout[:7]) == (3, "VACUOUS")
    assert run("certify", "nowhere", cwd=tmp_path).returncode == 2


def test_without_cvc5_proofs_are_unknown(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cvc5", None)
    found = [*checked(copied)]
    assert [c.word for c in found] == ["UNKNOWN", "UNKNOWN", "REPLAYS", "REPLAYS"]
    assert found[0].detail == cvc5.MISSING


def test_cvc5_answers_and_complains() -> None:
    assert cvc5.answer("(set-logic QF_BV)(assert false)(check-sat)", 10) == "unsat"
    assert cvc5.answer("(set-logic QF_BV)(check-sat)", 10) == "sat"
    assert "nonsense" in cvc5.answer("(set-logic QF_BV)(assert nonsense)", 10)


def test_certificates_are_not_mixed_with_others(written: Path) -> None:
    done = run("verify", "web.pod", "--certificate", "out", cwd=written)
    assert done.returncode == 2
    assert "is not empty" in done.stderr


def test_a_claim_without_a_certificate_is_unknown(tmp_path: Path) -> None:
    text = """pod web { container app }
    check "no start" for web from any Succeeded under Always assuming only exits { always gone }
    """
    (tmp_path / "no.pod").write_text(text)
    done = run("verify", "no.pod", "--certificate", "out", cwd=tmp_path)
    named = 'No certificate: check "no start": web, Always: no run leads to a Succeeded state'
    assert named in done.stdout
    done = run("certify", "out", cwd=tmp_path)
    assert done.returncode == 4, done.stdout
    assert "no certificate: no run leads to a Succeeded state" in done.stdout


def test_z3_has_no_part_in_checking(written: Path) -> None:
    program = (
        "import sys; from podcheck.cli.certify import command; "
        "code = command.main(['out'], standalone_mode=False); sys.exit(code or 'z3' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=written, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


# ---- conditions as text -----------------------------------------------------------------------


def test_conditions_are_read_back_as_they_were_written() -> None:
    colours = Sort("colour", "word", ("red", "dark blue", "or"))
    counts = Sort("count", "count", (0, 1, 2))
    variables = [
        Variable("app.colour", colours, "red", "app", "colour"),
        Variable("n", counts, 0, "", "n"),
        Variable("gone", BOOL, False, "", "gone"),
    ]
    colour, n, gone = (var(v.name, v.sort) for v in variables)
    claim = eq(n, const(counts, 1))
    invariant = [
        claim,
        or_(member(colour, frozenset(["dark blue"])), not_(gone)),
        or_(not_(member(n, frozenset([1]))), gone),
    ]
    lines = conditions(invariant, claim)
    assert lines == [
        "the claim", 'app.colour in {"dark blue"} or not gone', "n in {0, 2} or gone",
    ]  # fmt: skip
    read = terms(lines, {v.name: v for v in variables}, claim)
    assert conditions(read, claim) == lines
    assert read[0] is claim
    with pytest.raises(UnreadableError):
        conditions([eq(add(n, n), n)], TRUE)
    for wrong in ("n", "n in {3}", "n in {}", "m in {0}", ""):
        with pytest.raises(UnreadableError):
            terms([wrong], {v.name: v for v in variables}, claim)


# ---- scenarios, tables and promises ------------------------------------------------------------

OTHERS = """pod two { container app  container helper }

table "one of two" for two from Running {
  | event       | Always  | Never   |
  | app exits 0 | Running | Running |
}

scenario "both" for two from Running under Never {
  when app exits 0..1 followed by helper exits 1 then phase = Failed
}

scenario "wherever it runs" for two from any Running under Never assuming only exits, deletion {
  when pod is deleted then phase in {Running, Succeeded, Failed}
}

refute "a deleted pod has succeeded" for two from any Running under Never
    assuming only exits, deletion {
  when pod is deleted then phase = Succeeded
}

refute "the code does not matter" for two from Running under Never {
  when app exits 0 followed by helper exits 0..1 then phase = Succeeded
}

refute "all end" for two from Running under Never assuming only exits {
  eventually phase in {Succeeded, Failed}
}

check "all end if they exit" for two from Running under Never
    assuming only exits, every container exits eventually {
  phase != Failed until phase in {Succeeded, Failed}
}
"""


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec of the other kinds of claims and its certificates."""
    folder = tmp_path_factory.mktemp("others")
    (folder / "two.pod").write_text(OTHERS)
    done = run("verify", "two.pod", "--certificate", "out", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture
def changed(others: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of those certificates, to be tampered with."""
    shutil.copytree(others / "out", tmp_path / "out")
    monkeypatch.chdir(others)
    return tmp_path / "out" / "two.pod"


def test_scenarios_tables_and_promises_are_confirmed(others: Path) -> None:
    done = run("certify", "out", cwd=others)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "none without a certificate" in " ".join(done.stdout.split())
    for part in ("table", "scenario", "refute", "check"):
        assert f" {part} " in done.stdout


def test_every_file_of_the_others_is_guarded(changed: Path) -> None:
    for name, text in files_of(changed).items():
        (changed / name).write_text(text + " ")
        assert words(changed) == ["REFUSED"], name
        (changed / name).write_text(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["states"].pop(0),  # the first start
        lambda data: data["states"].pop(),  # some state on the way
    ],
)
def test_a_state_that_was_left_out_is_missed_by_cvc5(
    changed: Path, change: Callable[[Any], object]
) -> None:
    states_changed(change)(changed)
    found = rewritten(changed)
    assert "PROVED" not in {c.word for c in found}
    assert all("cvc5" in c.detail for c in found if c.word == "REFUSED")


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data["states"][0].pop(),
        lambda data: data["states"][0].__setitem__(0, "nonsense"),
        lambda data: data["variables"].reverse(),
        lambda data: data["states"].clear(),
        lambda data: data.pop("states"),
    ],
)
def test_a_list_that_is_none_is_refused(changed: Path, change: Callable[[Any], object]) -> None:
    states_changed(change)(changed)
    signed_again(changed)
    assert reason(changed)


def _first_event(moves: Any) -> Any:
    return next(m for m in moves if m["events"])["events"][0]


RUNS: dict[str, Callable[[Any], object]] = {
    "it ends too early": lambda d: d["moves"].pop(),
    "another code": lambda d: _first_event(d["moves"])["inputs"].update(
        dict.fromkeys(_first_event(d["moves"])["inputs"], 7)
    ),
    "another event": lambda d: _first_event(d["moves"]).update(event="node reboots"),
    "another step": lambda d: [m.update(step=9) for m in d["moves"] if "step" in m],
    "the last step first": lambda d: d["moves"].reverse(),
    "another start": lambda d: d["start"].update(phase="Pending"),
    "not settled": lambda d: d["moves"][-1]["syncs"].clear(),
    "no syncs forever": lambda d: [m["syncs"].clear() for m in d["moves"]],
    "no such cycle": lambda d: d.update(loop=99),
}


@pytest.mark.parametrize("kind", sampled(RUNS, 3))
def test_a_run_of_another_kind_that_is_none_is_refused(changed: Path, kind: str) -> None:
    refused = 0
    assert set(words_of_runs(changed)) == {"REPLAYS"}
    for path in sorted(changed.glob("*/run.json")):
        text = path.read_text()
        data = json.loads(text)
        try:
            RUNS[kind](data)
        except StopIteration:  # a run without events
            continue
        if json.loads(text) == data:
            continue
        path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        signed_again(changed)
        assert "REFUSED" in words_of_runs(changed), path
        path.write_text(text)
        refused += 1
    assert refused


def test_a_promise_that_is_broken_on_the_way_has_no_certificate(tmp_path: Path) -> None:
    """What comes in the end is not all that `until` says."""
    text = (
        OTHERS.split("\n\n", maxsplit=1)[0]
        + """
    check "never Running" for two from Running under Never
        assuming only exits, every container exits eventually {
      phase = Running until phase in {Succeeded, Failed}
    }
    """
    )
    (tmp_path / "two.pod").write_text(text)
    run("verify", "two.pod", "--certificate", "out", cwd=tmp_path)
    path = next((tmp_path / "out").rglob("states.json"))
    manifest = json.loads((path.parent.parent / "manifest.json").read_text())
    assert manifest["certificates"][0]["rounds"] >= 1
    (tmp_path / "two.pod").write_text(
        text.replace("phase = Running until", "phase = Pending until")
    )
    run("verify", "two.pod", "--certificate", "other", cwd=tmp_path)
    assert not [*(tmp_path / "other").rglob("states.json")]
