"""Certificates of claims `from any` state: what they begin with is derived, never believed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from certificate_folders import (
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

from podcheck.certificate import writer
from podcheck.certificate.subject import Asked, Questions
from podcheck.certificate.validator import _questions, certify
from podcheck.checker.spec_files import Checker
from podcheck.core.terms import TRUE
from podcheck.explicit.explorer import Explorer
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import Complete, search
from podcheck.explicit.reachable import reachable
from podcheck.transform.from_any_state import STAGE, rests
from podcheck.verification.options import Options

PODS = "pod one { container app }\npod two { container app  container helper }\n"

SPEC = (
    PODS
    + """
check "exits end it" for one from any Running under Never assuming only exits {
  always phase in {Running, Succeeded, Failed}
}

check "one exit is not enough" for two from any state where app.state = running
    and helper.state = running under Never assuming only exits, at most 1 exits {
  never phase in {Succeeded, Failed}
}

check "nothing fails it, says someone" for two from any Running under Never assuming only exits {
  never phase = Failed
}

find "a restart" for two from any Running under OnFailure assuming only exits {
  app.restartCount >= 1
}

find "success after 3" for two from any state where app.exitCode = 3 under Never
    assuming only exits {
  phase = Succeeded
}

check "it is over some day" for one from any Running under Never
    assuming only exits, every container exits eventually {
  eventually phase in {Succeeded, Failed}
}

check "a deleted pod is gone some day" for one from any Running under Never
    assuming only deletion, exits {
  deleted leads to gone
}

check "it runs until it is over" for two from any Running under Never
    assuming only exits, every container exits eventually {
  phase = Running until phase in {Succeeded, Failed}
}

refute "nothing has to exit" for two from any Running under Never assuming only exits {
  eventually phase in {Succeeded, Failed}
}
"""
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec and its certificates."""
    folder = tmp_path_factory.mktemp("any")
    (folder / "any.pod").write_text(SPEC)
    done = run("verify", "any.pod", "--certificate", "out", cwd=folder)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "9 certificates in out" in done.stdout
    return folder


@pytest.fixture
def copied(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the certificates, to be tampered with; the spec is where it was."""
    shutil.copytree(written / "out", tmp_path / "out")
    monkeypatch.chdir(written)
    return tmp_path / "out" / "any.pod"


def questions_of(folder: Path) -> Questions:
    manifest = json.loads((folder / "manifest.json").read_text())
    return _questions(manifest["spec"], manifest["includes"])[1]


def asked_by(questions: Questions) -> list[Asked]:
    """Every question, under its first policy."""
    found = []
    for pod, number in questions.places():
        policies = questions.of(pod, number)[1].policies
        found.append(questions.asked(pod, number, policies[:1]))
    return found


# ---- what is right is confirmed ----------------------------------------------------------------


def test_every_kind_is_confirmed(written: Path) -> None:
    done = run("certify", "out", cwd=written)
    assert done.returncode == 0, done.stdout + done.stderr
    said = " ".join(done.stdout.split())
    assert "9 checked: 6 proved by cvc5, 6 of them by enumeration too" in said
    assert "3 replayed; none without a certificate." in said
    assert said.count("reaches what it is about") == 6


def test_what_a_claim_begins_with_is_what_verify_begins_with(copied: Path) -> None:
    """State by state, by a search that knows nothing of the larger system."""
    for asked in asked_by(questions_of(copied)):
        way, anywhere = asked.way, asked.anywhere
        assert way is not None and anywhere is not None
        machine = Interpreter(way)
        explorer = Explorer(machine, anywhere.races, 1 << 30)
        created = asked.claim.starts[0]
        settled = reachable(explorer, created, way.events, TRUE)
        found = [r for r in settled if machine.value(anywhere.condition, r.state)]
        larger = asked.safety(1)
        known = [v.name for v in larger.system.variables if v.name in machine.index]
        expected = {tuple(machine.named(r.state)[n] for n in known) for r in found}

        whole = Interpreter(larger.system)
        every = search(
            Explorer(whole, True, 1 << 30), larger.starts, larger.system.events, {}, TRUE
        )
        assert isinstance(every, Complete)
        before = [whole.named(s) for s in every.visited if whole.possible("the claim begins", s)]
        assert {tuple(s[n] for n in known) for s in before} == expected
        assert expected


def test_a_pod_rests_where_no_sync_could_move_it(copied: Path) -> None:
    for asked in asked_by(questions_of(copied)):
        assert asked.way is not None
        system = asked.claim.system._replace(events=asked.way.events)
        machine = Interpreter(system)
        explorer = Explorer(machine, True, 3_000)
        settled = rests(system)
        states = [machine.state_of(asked.claim.starts[0].state)]
        seen = {*states}
        for state in states[:400]:
            after = [s for _, s in explorer.after(system.sync, state)]
            assert machine.value(settled, state) == all(s == state for s in after)
            states += [s for s in dict.fromkeys(after) if s not in seen]
            seen |= {*after}


# ---- what was tampered with is refused ---------------------------------------------------------


def test_every_file_is_guarded(copied: Path) -> None:
    for name, text in files_of(copied).items():
        (copied / name).write_text(text + " ")
        assert words(copied) == ["REFUSED"], name
        (copied / name).write_text(text)


@pytest.mark.parametrize("name", sampled(["initial", "step", "safety"], 3, 1))
def test_an_obligation_that_was_removed_or_changed_is_missed(copied: Path, name: str) -> None:
    for path in sorted(copied.glob(f"*/{name}.smt2")):
        text = path.read_text()
        place = str(path.relative_to(copied))
        path.write_text(text.replace("(assert (and", "(assert (and false"))
        signed_again(copied)
        assert reason(copied) == f"{place} is not what the spec and the rules lead to"
        path.unlink()
        manifest = (copied / "manifest.json").read_text()
        data = json.loads(manifest)
        for row in data["certificates"]:
            row["files"].pop(place, None)
        (copied / "manifest.json").write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        assert reason(copied) == f"{place} is not what the spec and the rules lead to"
        path.write_text(text)
        signed_again(copied)


def _with_invariants(folder: Path, change: Callable[[list[str]], list[str]]) -> list[str]:
    """The words for every certificate with an invariant, after a change of each."""
    about = set()
    for path in sorted(folder.glob("*/invariant.txt")):
        lines = path.read_text().splitlines()
        kept = [line for line in lines if line.startswith("#")]
        conditions = [line for line in lines if not line.startswith("#")]
        path.write_text("\n".join([*kept, *change(conditions), ""]))
        about.add(kept[0].removeprefix("# "))
    found = [c for c in rewritten(folder) if c.about in about]
    assert all(c.detail.startswith("cvc5") for c in found)
    return [c.word for c in found]


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [],  # too weak: implies nothing
        lambda lines: [*lines, f"{STAGE} in {{created, leading}}"],  # the claim never begins
        lambda lines: [*lines, f"{STAGE} in {{begun}}"],  # it has begun with any state at all
        lambda lines: [*lines, f"{STAGE} in {{created, leading}} or app.exitCode in {{0}}"],
    ],
    ids=["too weak", "no start", "begun", "fewer starts"],
)
def test_an_invariant_that_says_something_else_is_refused_by_cvc5(
    copied: Path, change: Callable[[list[str]], list[str]]
) -> None:
    assert _with_invariants(copied, change) == ["REFUSED"] * 3


@pytest.mark.parametrize("place", sampled([0, -1], 2))
def test_a_state_that_was_left_out_is_missed_by_cvc5(copied: Path, place: int) -> None:
    states_changed(lambda data: data["states"].pop(place))(copied)
    lists = {p.parent.name.split(".pod-")[0] for p in copied.glob("*/states.json")}
    found = [c for c in rewritten(copied) if c.word == "REFUSED"]
    assert len(found) == len(lists)
    assert all(c.detail.startswith("cvc5") for c in found)


def test_a_list_without_some_of_the_starts_is_refused(copied: Path) -> None:
    """Who leaves out all that comes of a start has narrowed what the claim is about."""

    def narrow(data: Any) -> None:
        stage = data["variables"].index(STAGE)
        code = data["variables"].index("app.exitCode")
        first = next(s[code] for s in data["states"] if s[stage] == "begun")
        data["states"] = [s for s in data["states"] if s[stage] != "begun" or s[code] == first]

    paths = [p for p in copied.glob("*/states.json") if "app.exitCode" in p.read_text()]
    before = {p: p.read_text() for p in paths}
    states_changed(narrow)(copied)
    changed = [p for p in paths if p.read_text() != before[p]]
    assert changed
    found = [c for c in rewritten(copied) if c.word == "REFUSED"]
    assert len(found) == len(changed)
    assert all(c.detail == "cvc5: step is sat, it must be unsat" for c in found)


RUNS: dict[str, Callable[[Any], object]] = {
    "it ends too early": lambda d: d["moves"].clear(),
    "no way to its start": lambda d: d["before"].clear(),
    "the way ends too early": lambda d: d["before"].append(d["before"].pop()["events"] and {}),
    "another start": lambda d: d["start"].update({"app.exitCode": 5}),
    "the start is a pod just created": lambda d: d["before"][0]["syncs"].clear(),
    "another event on the way": lambda d: d["before"].append(
        {"events": [{"event": "node reboots", "inputs": {}}], "syncs": []}
    ),
    "a step too many on the way": lambda d: d["before"].append(
        {"events": [{"event": "app exits", "inputs": {}}], "syncs": []}
    ),
}


@pytest.mark.parametrize("kind", sampled(RUNS, 9))
def test_a_run_that_is_none_is_refused(copied: Path, kind: str) -> None:
    assert words_of_runs(copied) == ["REPLAYS"] * 3
    for path in sorted(copied.glob("*/run.json")):
        text = path.read_text()
        data = json.loads(text)
        RUNS[kind](data)
        path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
        signed_again(copied)
        assert "REFUSED" in words_of_runs(copied), path
        path.write_text(text)
        signed_again(copied)


def test_the_spec_says_what_a_claim_begins_with(
    written: Path, copied: Path, tmp_path: Path
) -> None:
    (tmp_path / "any.pod").write_text(SPEC.replace("from any state where app.exitCode = 3", ""))
    os.chdir(tmp_path)
    assert "has changed since" in reason(copied)


WITNESSES: dict[str, Callable[[Any], object]] = {
    "it ends too early": lambda d: d["moves"].clear(),
    "another start": lambda d: d["start"].update(phase="Failed"),
    "another policy": lambda d: d.update(policy="OnFailure"),
    "no way to its start": lambda d: d["before"].clear(),
    "no run": lambda d: d.pop("moves"),
}


@pytest.mark.parametrize("kind", sampled(WITNESSES, 9))
def test_a_witness_that_is_none_is_refused(copied: Path, kind: str) -> None:
    (path,) = copied.glob("claim-7*/witness.json")  # `deleted leads to gone`
    data = json.loads(path.read_text())
    WITNESSES[kind](data)
    path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    signed_again(copied)
    assert "REFUSED" in words(copied)


def test_a_witness_that_was_left_out_is_missed(copied: Path) -> None:
    (path,) = copied.glob("claim-7*/witness.json")
    path.unlink()
    place = str(path.relative_to(copied))
    data = json.loads((copied / "manifest.json").read_text())
    for row in data["certificates"]:
        row["files"].pop(place, None)
    (copied / "manifest.json").write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")
    (found,) = [c for c in rewritten(copied) if c.word not in ("PROVED", "REPLAYS")]
    assert found.word == "UNKNOWN"
    assert "no run is shown that reaches what it is about" in found.detail


# ---- no proof of what does not hold ------------------------------------------------------------


def forged(folder: Path, text: str, lines: list[str]) -> str:
    """What becomes of an invariant that somebody writes about the one claim of a spec."""
    (folder / "any.pod").write_text(text)
    os.chdir(folder)
    done = run("verify", "any.pod", "--certificate", "out", "--no-cache", cwd=folder)
    assert done.returncode in (1, 3), done.stdout + done.stderr
    home = folder / "out" / "any.pod"
    manifest = json.loads((home / "manifest.json").read_text())
    (row,) = manifest["certificates"]
    row.pop("nothing", None)
    row["kind"] = "proof"
    place = home / f"claim-1.pod-1.question-1.{row['policies'][0]}"
    place.mkdir(exist_ok=True)
    (place / "run.json").unlink(missing_ok=True)
    (place / "invariant.txt").write_text("\n".join([*lines, ""]))
    row["files"] = {f"{place.name}/invariant.txt": ""}
    (home / "manifest.json").write_text(json.dumps(manifest))
    (found,) = rewritten(home)
    assert found.word == "REFUSED"
    return found.detail


def test_no_invariant_proves_what_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"""{PODS}
    check "no failure" for one from any Running under Never assuming only exits {{
      never phase = Failed
    }}"""
    assert forged(tmp_path, text, ["the claim"]).startswith("cvc5: step is sat")


def test_no_invariant_proves_what_is_vacuous(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = f"""{PODS}
    check "no start" for one from any Succeeded under Always assuming only exits {{
      stays phase = Failed
    }}"""
    assert forged(tmp_path, text, []) == "no run reaches a start that it is about"


# ---- where there are many states ---------------------------------------------------------------


def settled_by(text: str, folder: Path) -> list[str]:
    """What is confirmed of the claims of a spec when lists may not be long."""
    (folder / "any.pod").write_text(text)
    options = Options(stories="none")
    certificates = writer.Certificates(options)
    file = Checker(options._replace(answered=certificates.answered)).open("any.pod")
    file.result()
    assert file.compiled is not None
    texts = certificates.files(file.compiled)
    found = [*certify({n.removeprefix("any.pod/"): t for n, t in texts.items()}, 60)]
    assert {c.word for c in found} == {"PROVED"}, found
    manifest = json.loads(texts["any.pod/manifest.json"])
    return [row["kind"] for row in manifest["certificates"]]


def test_promises_and_scenarios_have_invariants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(writer, "STEPS", 20)
    text = f"""{PODS}
    check "gone some day" for one from any Running under Never, Always
        assuming only exits, deletion {{
      deleted leads to gone
    }}
    check "exits some day" for one from any Running under Never
        assuming only exits, every container exits eventually {{
      app.state = running leads to app.state = terminated
    }}
    scenario "runs or has failed" for one from any Running under Never assuming only exits {{
      when app exits 1 then phase in {{Running, Failed}}
    }}"""
    found = settled_by(text, tmp_path)
    assert found == ["proof", "proof", "proof", "proof"]


def test_what_is_not_known_of_cut_counts_is_proved_too(tmp_path: Path) -> None:
    """A comparison of a count with its next value is open where the count was cut: what is
    certified is that it is never open, as `verify` says, and not that it is never false."""
    (tmp_path / "a.pod").write_text(
        "pod p { activeDeadlineSeconds: 60  container c { readinessProbe } }\n"
        'check "c" for p from any Pending under Never, Always assuming only deletion, exits '
        "{ always next c.restartCount <= c.restartCount }\n"
    )
    done = run("verify", "a.pod", "--certificate", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "1 checked: 1 proved" in run("certify", "out", cwd=tmp_path).stdout
