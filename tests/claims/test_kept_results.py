"""Results kept in the cache: the same bytes as without, and never more than was proved."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from places import ROOT

from podcheck.checker import result_cache
from podcheck.checker.spec_files import Checker
from podcheck.cli.main import main
from podcheck.language.source import Source
from podcheck.loading.sources import Files
from podcheck.results.verdicts import FileResult, Verdict
from podcheck.storage import cache, package_data
from podcheck.verification.options import Options

MIXED = """\
pod one { container app { port 80 }  container twin { port 80 } }

scenario "holds" for one from Running under Never {
  when every container at once exits 1 then phase = Failed
}

scenario "fails" for one from Running under Never {
  when app exits 1 then phase = Failed
}

scenario "vacuous" for one from Running under Never {
  when app image is pulled then phase = Failed
}

refute "a belief" for one from Running under Never {
  when any container exits nonzero then phase = Failed
}

find "a state" for one under Never { phase = Succeeded and app.exitCode = 0 }

table "cells" for one from Running {
  | event       | Always  | OnFailure | Never   |
  | app exits 0 | Running | Running   | Failed  |
}
"""
DEEP = """\
pod one { container app }

check "deep" under Always assuming only exits, backoff {
  never app.restartCount = 200
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a cache of its own below it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODCHECK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "a.pod").write_text(MIXED)
    return tmp_path


Run = Callable[..., tuple[int, str]]


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs podcheck in this process; the exit code and what it printed."""

    def call(*arguments: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        code = stopped.value.code
        assert isinstance(code, int)
        printed = capsys.readouterr()
        assert not printed.err
        return code, printed.out

    return call


@pytest.fixture
def proved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files that were given to the engines, in order."""
    from podcheck.checker import open_spec

    found: list[str] = []
    plain = open_spec.OpenSpec.decide

    def settle(spec: open_spec.OpenSpec, number: int) -> Any:
        found.append(spec._source.name)
        return plain(spec, number)

    monkeypatch.setattr(open_spec.OpenSpec, "decide", settle)
    return found


def facts(result: FileResult) -> Any:
    """Everything in a result, with sources by name and text."""
    return json.loads(json.dumps(result, default=lambda s: [s.name, s.text]))


BEGINNINGS = {"result": '[[],["a.pod",', "run": '[[],"'}


def kept_files(folder: Path, what: str = "result") -> list[Path]:
    """The kept results of `a.pod`, or the kept runs: the files of the cache that begin so."""
    found = sorted((folder / "cache").glob("*.json"))
    return [
        p
        for p in found
        if p.read_text(errors="replace").partition("\n")[2].startswith(BEGINNINGS[what])
    ]


def forget_runs(folder: Path) -> None:
    """What is left are the results, from which a run is described anew."""
    for path in kept_files(folder, "run"):
        path.unlink()


# ---- the same as without ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [(), ("-v",), ("-q",), ("--format", "json"), ("--bound", "2")],
    ids=lambda o: " ".join(o) or "plain",
)
def test_the_same_bytes_as_without_a_cache(
    options: tuple[str, ...],
    folder: Path,
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    proved: list[str],
) -> None:
    first = run("verify", *options, "a.pod")
    assert len(proved) == 6
    assert run("verify", *options, "a.pod") == first
    forget_runs(folder)
    assert run("verify", *options, "a.pod") == first
    assert len(proved) == 6, "the second or third run proved something again"
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    assert run("verify", *options, "a.pod") == first
    assert len(proved) == 12
    assert first[0] == 1


def test_every_field_comes_back(folder: Path) -> None:
    sidecar = ROOT / "specs/kubernetes/finished-pod-is-running-until-its-sidecar-stops.pod"
    lasso = ROOT / "tests/reports/repeats.pod"
    paths = ("a.pod", str(sidecar), str(lasso))
    fresh, again = ([*Checker(Options(stories="all")).check_paths(paths)] for _ in range(2))
    outcomes = [o for f in again for c in f.claims for o in c.outcomes]
    wanted = [o for f in fresh for c in f.claims for o in c.outcomes]
    assert {o.verdict for o in outcomes} == {Verdict.HOLDS, Verdict.FAILS, Verdict.VACUOUS}
    stories = [o.story for o in outcomes if o.story]
    assert any(s.would_hold for s in stories)
    assert any(s.loop for s in stories)
    assert any(step.on_the_way for s in stories for step in s.steps)
    assert [d.code for f in again for d in f.diagnostics] == ["W301"]
    assert [facts(f) for f in again] == [facts(f) for f in fresh]
    for outcome, other in zip(outcomes, wanted, strict=True):
        assert outcome._replace(span=other.span) == other  # lists are tuples again


def test_a_claim_does_not_depend_on_what_was_settled_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    path = str(ROOT / "specs" / "article.pod")
    in_order = Checker(Options(stories="all")).check_file(path)
    file = Checker(Options(stories="all")).open(path)
    backwards = [file.decide(n) for n in reversed(range(len(file.claims)))]
    assert facts(file.result()) == facts(in_order)
    assert len(backwards) == len(in_order.claims)


def test_a_second_run_loads_neither_parser_nor_solver(folder: Path) -> None:
    code = (
        "import sys\n"
        "from podcheck.cli.main import main\n"
        "try:\n    main(['verify', 'a.pod'])\n"
        "except SystemExit:\n    pass\n"
        "sys.stderr.write(' '.join(sys.modules))\n"
    )
    command = [sys.executable, "-c", code]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def process() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    first, second = process(), process()
    forget_runs(folder)
    third = process()
    assert first.stdout == second.stdout == third.stdout
    heavy = {"lark", "podcheck.symbolic.z3_library", "podcheck.checker.open_spec", "dataclasses"}
    assert heavy <= set(first.stderr.split())
    assert not heavy & set(third.stderr.split())
    assert not {"podcheck.results.verdicts", "podcheck.checker.spec_files"} & set(
        second.stderr.split()
    )


def test_reports_come_back_too(folder: Path, run: Run) -> None:
    outputs = [part for name in ("r.html", "r.xml", "r.svg") for part in ("-o", name)]
    first = run("verify", *outputs, "a.pod")
    written = {name: (folder / name).read_bytes() for name in outputs[1::2]}
    for name in written:
        (folder / name).unlink()
    assert run("verify", *outputs, "a.pod") == first
    assert {name: (folder / name).read_bytes() for name in written} == written


# ---- what a kept result depends on --------------------------------------------------------------


def test_a_changed_text_is_proved_again(folder: Path, run: Run, proved: list[str]) -> None:
    assert run("verify", "a.pod")[0] == 1
    (folder / "a.pod").write_text(MIXED.replace("| Failed  |", "| !Failed |"))
    run("verify", "a.pod")
    assert len(proved) == 12


def test_a_changed_include_is_proved_again(folder: Path, run: Run) -> None:
    holds = 'include "pods.pod"\n\nscenario "s" for p from Running under Never {\n'
    (folder / "b.pod").write_text(holds + "  when a exits 1 then phase = Failed\n}\n")
    (folder / "pods.pod").write_text("pod p { container a }\n")
    assert run("verify", "b.pod")[0] == 0
    assert run("verify", "b.pod")[0] == 0
    (folder / "pods.pod").write_text("pod p { container a  container b }\n")
    assert run("verify", "b.pod")[0] == 1
    (folder / "pods.pod").unlink()
    assert run("verify", "b.pod")[0] == 2


def test_other_options_are_another_question(run: Run, proved: list[str]) -> None:
    for options in [(), ("--bound", "2"), ("--bound", "3"), ("-v",)]:
        before = len(proved)
        run("verify", *options, "a.pod")
        assert len(proved) > before, options


@pytest.mark.parametrize(
    ("changed", "again"),
    [(["stamps", "code"], True), (["versions"], True), (["stamps"], False)],
    ids=["code", "versions", "fresh installation"],
)
def test_another_podcheck_proves_again(
    changed: list[str],
    again: bool,
    run: Run,
    proved: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run("verify", "a.pod")
    before = len(proved)
    for name in changed:
        plain = getattr(package_data, name)
        monkeypatch.setattr(
            package_data, name, lambda *names, plain=plain: [*plain(*names), "a fix"]
        )
    run("verify", "a.pod")
    assert len(proved) == before * (2 if again else 1)


def test_the_digest_covers_code_rules_grammar_and_libraries() -> None:
    names = [n for n in package_data.code() if isinstance(n, str)]
    assert {"podcheck.lark", "phase.rules", "dispatcher.py", "encoder.py", "verdicts.py"} <= set(
        names
    )
    assert any(v.startswith("z3_solver-") for v in package_data.versions("z3"))
    assert any(v.startswith("lark-") for v in package_data.versions("lark"))
    assert any(v.lower().startswith("pyyaml-") for v in package_data.versions("yaml"))


def test_the_same_text_elsewhere_is_another_question() -> None:
    source = Source("a.pod", MIXED)
    folders = [None, Files().folder("."), Files().folder("specs")]
    assert len({result_cache.key_of("", Options(), source, folder) for folder in folders}) == 3


# ---- what is not kept ---------------------------------------------------------------------------


def test_what_time_left_open_is_not_kept(folder: Path, run: Run, proved: list[str]) -> None:
    (folder / "b.pod").write_text(DEEP)
    code, printed = run("verify", "--timeout", "0.001", "b.pod")
    assert (code, "UNKNOWN" in printed) == (4, True)
    run("verify", "--timeout", "0.001", "b.pod")
    assert proved == ["b.pod", "b.pod"]


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.INTERNAL, Verdict.BOUNDED])
def test_what_is_not_settled_is_not_kept(folder: Path, verdict: Verdict) -> None:
    result = Checker(Options()).check_file("a.pod")
    assert result_cache.is_settled(result, Options())
    assert not result_cache.is_settled(result, Options(expired=lambda units=0: "late"))
    claim = result.claims[0]
    outcome = claim.outcomes[0]._replace(verdict=verdict)
    for worse in (claim._replace(verdict=verdict), claim._replace(outcomes=(outcome,))):
        changed = result._replace(claims=(worse, *result.claims[1:]))
        assert not result_cache.is_settled(changed, Options())
        assert result_cache.is_settled(changed, Options(bound=2)) == (verdict is Verdict.BOUNDED)


def test_errors_are_not_kept(folder: Path) -> None:
    (folder / "b.pod").write_text(MIXED.replace("Running", "Runing"))
    result = Checker(Options()).check_file("b.pod")
    assert result.has_errors
    assert not result_cache.is_settled(result, Options())


# ---- a cache that can't be trusted --------------------------------------------------------------


def damaged(path: Path) -> dict[str, bytes]:
    """Ways in which a kept result may have been changed."""
    whole = path.read_bytes()
    lie = whole.replace(b'"FAILS",false', b'"HOLDS",true').replace(b"FAILS", b"HOLDS")
    assert lie != whole
    ways = {f"cut at {n}": whole[:n] for n in (0, 1, 32, 33, len(whole) // 2, len(whole) - 1)}
    ways |= {"a lie": lie, "not text": b"\xff\xfe" + whole, "empty list": b"[]", "null": b"null"}
    text = lie.partition(b"\n")[2]
    ways["a lie of an older format"] = text
    ways["nested"] = b"0" * 32 + b"\n" + b"[" * 200_000
    for shape in (
        "null",
        "[]",
        '[[],"",[],"one"]',
        '[[["a.pod"]],"",[],1]',
        "[[],[]]",
        '[[],["a.pod",[],[[]],""]]',
        "[[[1,2]],[]]",
        "{}",
        "7",
    ):
        ways[f"sealed {shape}"] = f"{cache.digest(path.stem, shape)}\n{shape}".encode()
    return ways


@pytest.mark.parametrize("what", ["result", "run"])
def test_a_damaged_file_is_as_none(what: str, folder: Path, run: Run) -> None:
    expected = run("verify", "a.pod")
    (path,) = kept_files(folder, what)
    for way, data in damaged(path).items():
        path.write_bytes(data)
        if what == "result":
            forget_runs(folder)
        assert run("verify", "a.pod") == expected, way
        assert path.read_bytes() != data, f"{way}: it was not written anew"


def test_a_result_under_another_name_is_as_none(folder: Path, run: Run) -> None:
    """Whoever may rename files can't make one spec's result that of another."""
    expected = run("verify", "a.pod")
    (path,) = kept_files(folder)
    (folder / "a.pod").write_text(MIXED[: MIXED.index("scenario")] + MIXED[MIXED.index("refute") :])
    run("verify", "a.pod")
    (other,) = set(kept_files(folder)) - {path}
    other.replace(path)
    forget_runs(folder)
    (folder / "a.pod").write_text(MIXED)
    assert run("verify", "a.pod") == expected


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs POSIX permissions")
def test_a_file_that_others_may_write_is_as_none(
    folder: Path, run: Run, proved: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = run("verify", "a.pod")
    (path,) = kept_files(folder)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o666)
    forget_runs(folder)
    assert run("verify", "a.pod") == expected
    assert len(proved) == 12
    assert path.stat().st_mode & 0o777 == 0o600
    me = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: me + 1)
    assert run("verify", "a.pod") == expected
    assert len(proved) == 18


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_in_the_place_of_a_file_blocks_nothing(folder: Path, run: Run) -> None:
    expected = run("verify", "a.pod")
    (path,) = kept_files(folder)
    forget_runs(folder)
    path.unlink()
    os.mkfifo(path)
    assert run("verify", "a.pod") == expected


def test_a_cache_that_can_not_be_written(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").write_text("")
    monkeypatch.setenv("PODCHECK_CACHE", str(folder / "file" / "cache"))
    first = run("verify", "a.pod")
    assert first[0] == 1
    assert run("verify", "a.pod") == first


def test_files_of_more_than_a_month_ago_are_removed_once_a_day(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PODCHECK_CACHE", str(tmp_path))
    month = 30 * 24 * 3600

    def made(name: str, seconds_ago: float) -> Path:
        path = tmp_path / name
        path.write_text("", encoding="utf-8")
        then = path.stat().st_mtime - seconds_ago
        os.utime(path, (then, then))
        return path

    old, unfinished = made("old.json", month + 60), made("unfinished-tmp", month + 60)
    recent = made("recent.json", month - 60)
    cache.write_json("new", 1)
    assert not old.exists() and not unfinished.exists()
    assert recent.exists() and cache.read_json("new") == 1
    old = made("old.json", month + 60)
    cache.write_json("newer", 2)
    assert old.exists()  # for today the folder has been swept
    made("swept", 24 * 3600 + 60)
    cache.write_json("newest", 3)
    assert not old.exists()


def test_many_processes_at_once(folder: Path) -> None:
    command = [sys.executable, "-m", "podcheck", "verify", "a.pod"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(4)
    ]
    printed = {process.communicate(timeout=300)[0] for process in running}
    assert len(printed) == 1
    assert printed.pop().endswith(b"6 claims: 2 hold, 1 refuted, 2 fail, 1 is vacuous\n")
    assert len(kept_files(folder)) == 1
    left = {p.name for p in (folder / "cache").iterdir() if p.suffix != ".json"}
    assert left == {cache.SWEPT}


def test_no_cache(folder: Path, run: Run, proved: list[str]) -> None:
    first = run("verify", "--no-cache", "a.pod")
    assert not (folder / "cache").exists()
    assert run("verify", "--no-cache", "a.pod") == first
    assert len(proved) == 12
