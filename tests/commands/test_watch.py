"""`podcheck watch`: what is verified again, and a real process that notices edits."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_line import LISTENING
from places import ROOT

from podcheck.auditing.watcher import ManifestWatcher
from podcheck.checker import open_spec
from podcheck.checker.spec_files import Checker
from podcheck.checker.watcher import Watcher
from podcheck.cli.main import main
from podcheck.report.terminal import Style
from podcheck.report.text import render_file
from podcheck.results.verdicts import ClaimResult, FileResult
from podcheck.verification.options import Options

POD = "pod one { container app }\n"
HOLDS = (
    'scenario "s" for one from Running under Never {\n  when app exits 1 then phase = Failed\n}\n'
)
FAILS = HOLDS.replace("phase = Failed", "phase = Running")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "specs" / "parts").mkdir(parents=True)
    (tmp_path / "specs" / "a.pod").write_text(POD + HOLDS)
    (tmp_path / "specs" / "b.pod").write_text('include "parts/one.inc"\n' + HOLDS)
    (tmp_path / "specs" / "parts" / "one.inc").write_text(POD)
    return tmp_path


# ---- what is verified again ---------------------------------------------------------------------


def again(watched: Watcher, noticed: bool = True) -> list[tuple[str, list[str]]]:
    return [(f.path, [c.verdict.value for c in f.claims]) for f in watched.refresh(noticed)]


@pytest.fixture
def watched(folder: Path) -> Watcher:
    found = Watcher(Checker(Options()), ("specs",))
    assert again(found) == [("specs/a.pod", ["HOLDS"]), ("specs/b.pod", ["HOLDS"])]
    return found


def test_nothing_changed(watched: Watcher) -> None:
    assert again(watched) == []
    assert watched.report().exit_code() == 0


def test_the_file_that_changed(watched: Watcher, folder: Path) -> None:
    (folder / "specs/a.pod").write_text(POD + FAILS)
    assert again(watched) == [("specs/a.pod", ["FAILS"])]
    assert again(watched) == []
    assert watched.report().exit_code() == 1


def test_the_files_that_include_what_changed(watched: Watcher, folder: Path) -> None:
    (folder / "specs/parts/one.inc").write_text("pod one { container app  container more }\n")
    assert again(watched) == [("specs/b.pod", ["FAILS"])]


def test_a_new_file_and_one_that_is_gone(watched: Watcher, folder: Path) -> None:
    (folder / "specs/0.pod").write_text(POD + FAILS)
    assert again(watched) == [("specs/0.pod", ["FAILS"])]
    assert [f.path for f in watched.report().files] == ["specs/0.pod", "specs/a.pod", "specs/b.pod"]
    (folder / "specs/0.pod").unlink()
    assert again(watched) == []
    assert [f.path for f in watched.report().files] == ["specs/a.pod", "specs/b.pod"]


def test_a_file_with_errors_is_tried_again_when_something_happens(
    watched: Watcher, folder: Path
) -> None:
    part = folder / "specs/parts/one.inc"
    part.unlink()
    assert again(watched) == [("specs/b.pod", [])]
    assert watched.report().exit_code() == 2
    assert again(watched) == [], "the same errors are not reported twice"
    part.write_text(POD)
    assert again(watched, noticed=False) == []
    assert again(watched) == [("specs/b.pod", ["HOLDS"])]


# ---- a file in which only claims changed --------------------------------------------------------

EDITED = [
    "kubernetes/finished-pod-is-running-until-its-sidecar-stops.pod",
    "kubernetes/first-restart-is-immediate.pod",
]


def printed(result: FileResult) -> str:
    """All that a report shows of a file, and each outcome's verdict."""
    lines = [*render_file(result, Style(False), stories=True)]
    lines += [str((o.verdict, o.passed, str(o.span))) for c in result.claims for o in c.outcomes]
    return "\n".join(lines)


@pytest.mark.parametrize("name", EDITED)
def test_an_edited_claim_is_settled_as_in_the_whole_file(name: str, folder: Path) -> None:
    """A claim gets a line that says nothing, which also moves all claims after it."""
    text = (ROOT / "specs" / name).read_text()
    file = folder / "specs" / "a.pod"
    file.write_text(text)
    checker = Checker(Options(stories="all"))
    watched = Watcher(checker, ("specs/a.pod",))
    list(watched.refresh())
    heads = list(re.finditer(r"^(table|scenario|check|find|refute) .*\{$", text, re.MULTILINE))
    assert len(heads) >= 3
    for head in heads[:: len(heads) // 3]:
        file.write_text(text[: head.end()] + "\n  # nothing" + text[head.end() :])
        (found,) = watched.refresh()
        assert printed(found) == printed(checker.check_file("specs/a.pod")), head[0]


def test_only_the_claim_that_changed_is_settled(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = folder / "specs" / "a.pod"
    more = HOLDS.replace('"s"', '"more"')
    file.write_text(POD + HOLDS + more)
    watched = Watcher(Checker(Options()), ("specs/a.pod",))
    list(watched.refresh())
    settled: list[str] = []
    plain = open_spec.OpenSpec.decide

    def counted(spec: open_spec.OpenSpec, number: int) -> ClaimResult:
        result = plain(spec, number)
        settled.append(result.title)
        return result

    monkeypatch.setattr(open_spec.OpenSpec, "decide", counted)
    file.write_text(POD + "\n\n" + more + "# a comment\n" + FAILS)
    (result,) = watched.refresh()
    assert settled == ["s"]
    assert [(c.title, c.verdict.value) for c in result.claims] == [
        ("more", "HOLDS"),
        ("s", "FAILS"),
    ]
    assert [c.span.line for c in result.claims] == [4, 8]
    file.write_text((POD + FAILS).replace("app }", "app  container helper }"))
    (result,) = watched.refresh()
    assert settled == ["s", "s"], "with another pod nothing is as it was"
    assert [c.verdict.value for c in result.claims] == ["HOLDS"]
    file.write_text((POD + HOLDS).replace("phase", "phaze"))
    (result,) = watched.refresh()
    assert result.has_errors
    file.write_text(POD)
    (result,) = watched.refresh()
    assert result.note


# ---- a real process -----------------------------------------------------------------------------


class Process:
    """`podcheck watch` on some paths, with its output line by line."""

    def __init__(self, folder: Path, *paths: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", LISTENING, "watch", *paths],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line.rstrip("\n"))

    def until(self, text: str) -> list[str]:
        """The lines up to one that contains a text; fails if there is none for a minute."""
        found: list[str] = []
        while not found or text not in found[-1]:
            try:
                found.append(self._lines.get(timeout=60))
            except queue.Empty:
                pytest.fail(f"no `{text}` after {found}")
        return found

    def interrupt(self) -> int:
        self._process.send_signal(signal.SIGINT)
        return self._process.wait(timeout=60)

    def end(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()


@pytest.fixture
def process(folder: Path) -> Iterator[Process]:
    started = Process(folder, "specs")
    yield started
    started.end()


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_edits_are_noticed_and_ctrl_c_ends_it(process: Process, folder: Path) -> None:
    assert process.until("Waiting")[0] == "2 claims: 2 hold"
    a = folder / "specs" / "a.pod"
    a.write_text(POD + FAILS)
    lines = process.until("claims")
    assert re.fullmatch(r"[-0-9]{10} [:0-9]{8}  specs/a.pod changed", lines[0])
    assert lines[1].startswith('FAILS   scenario "s"')
    assert not [x for x in lines if "b.pod" in x or "\x1b" in x]
    assert lines[-1] == "2 claims: 1 holds, 1 fails"
    fresh = folder / "new"  # as editors save: a new file takes the place of the old one
    fresh.write_text(POD + HOLDS)
    fresh.replace(a)
    assert process.until("claims")[-1] == "2 claims: 2 hold"
    (folder / "specs/parts/one.inc").write_text("pod two { container app }\n")
    assert "specs/b.pod changed" in process.until("claim")[0]
    a.write_text(POD + FAILS)
    process.until("1 fails, 1 error")
    (folder / "specs/parts/one.inc").write_text(POD)
    lines = process.until("claims")
    assert "specs/b.pod changed" in lines[0]
    assert [x for x in lines if "a.pod:2" in x] == [x for x in lines if x.startswith("FAILS")] != []
    a.unlink()
    lines = process.until("claim")
    assert "specs/a.pod is gone" in lines[0] and lines[-1] == "1 claim: 1 holds"
    assert process.interrupt() == 0


# ---- manifests ----------------------------------------------------------------------------------

MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {{name: {0}}}
spec:
  restartPolicy: {1}
  containers: [{{name: a, image: x}}, {{name: b, image: x}}]
"""


def audited(watched: ManifestWatcher) -> list[tuple[str, list[str]]]:
    return [
        (f.path, [o.hazard.name for c in f.claims for o in c.outcomes if o.hazard])
        for f in watched.refresh()
    ]


def test_manifests_are_audited_again_when_something_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    dead = "dead-container-goes-unnoticed"
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(MANIFEST.format(name, "Never"))
    watched = ManifestWatcher(Options(), (".",))
    assert audited(watched) == [("a.yaml", [dead]), ("b.yaml", [dead])]
    assert audited(watched) == []
    (tmp_path / "a.yaml").write_text(MANIFEST.format("a", "Always"))
    assert audited(watched) == [("a.yaml", [])]
    config = tmp_path / "podcheck.yaml"
    config.write_text(f"ignore: [{{hazard: {dead}, reason: known}}]\n")
    assert audited(watched) == [("b.yaml", [])]
    config.write_text("ignore: [x]\n")
    assert audited(watched) == [("podcheck.yaml", [])]
    assert watched.report().exit_code() == 2
    config.unlink()
    assert audited(watched) == [("a.yaml", []), ("b.yaml", [dead])]
    (tmp_path / "a.yaml").unlink()
    assert audited(watched) == []
    assert [file.path for file in watched.report().files] == ["b.yaml"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_edits_of_manifests_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "apps" / "a.yaml"
    path.parent.mkdir()
    path.write_text(MANIFEST.format("a", "Always"))
    process = Process(tmp_path, ".")
    try:
        assert process.until("Waiting")[0].startswith("1 workload: nothing found")
        path.write_text(MANIFEST.format("a", "Never"))
        lines = process.until("1 workload")
        assert lines[0].endswith("apps/a.yaml changed")
        assert "dead-container-goes-unnoticed" in "".join(lines)
        assert process.interrupt() == 0
    finally:
        process.end()


# ---- misuse -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "says"),
    [("", "There is no file or folder `none`."), ("watchfiles", "pip install 'podcheck[watch]'")],
)
def test_misuse(
    hidden: str, says: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    if hidden:
        monkeypatch.setitem(sys.modules, hidden, None)
    with pytest.raises(SystemExit) as stopped:
        main(["watch", "none"])
    assert stopped.value.code == 2
    assert says in capsys.readouterr().err
