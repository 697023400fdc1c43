"""Audits of many manifests: whoever does the work, the report is the same and nothing is lost."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from command_line import LISTENING, on_terminal
from fleet import Deadly, fleet
from places import TESTS

from podcheck.auditing import manifest_files
from podcheck.auditing.auditor import Auditor
from podcheck.auditing.findings_report import Demands, Judge
from podcheck.auditing.manifest_files import audited, files_of
from podcheck.auditing.work_items import Reading, Work
from podcheck.auditing.work_pool import LOST, Crew, Here, all_done
from podcheck.cli.executors import LocalCrew
from podcheck.cli.limits import Limits
from podcheck.language.source import Source
from podcheck.report import formats
from podcheck.report import json as as_json
from podcheck.report import text as as_text
from podcheck.results.verdicts import EXIT_UNKNOWN, Report, Verdict
from podcheck.verification.options import Options

FILES, KINDS = 12, 4


class Given:
    """A crew with one executor, however much there is to do."""

    lost: tuple[type[Exception], ...] = (BrokenExecutor,)

    def __init__(self, executor: Executor) -> None:
        self._executor = executor

    def executor(self, work: Sequence[Work]) -> Executor:
        return self._executor

    def renew(self) -> None:
        pass


class DeadTo(Executor):
    """Every worker dies of some work."""

    def __init__(self, dies: Callable[[Any], bool]) -> None:
        self._dies = dies

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self._dies(args[0]):
            raise BrokenExecutor
        return Here().submit(fn, *args, **kwargs)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A few pods under many names, a text that is no manifest, and one with an error."""
    folder = tmp_path_factory.mktemp("fleet")
    for name, text in fleet(FILES, KINDS):
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "broken.yaml").write_text("kind: [", encoding="utf-8")
    (folder / "latin.yaml").write_bytes(b"kind: \xe9")
    return str(folder)


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is found anew."""
    monkeypatch.setenv("PODCHECK_CACHE", "off")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> str:
    """More pods, so that other processes are started for them."""
    folder = tmp_path_factory.mktemp("many")
    for name, text in fleet(10, 10):
        (folder / name).write_text(text, encoding="utf-8")
    return str(folder)


def report(folder: str, crew: Crew, light: bool = False) -> Report:
    judge = Judge(Demands("info", lambda path: (), frozenset(), tuple))
    return audited(
        files_of((folder,), ()), judge, Auditor(Options(), crew), lambda file: None, light
    )


class Counting(Here):
    """Keeps what it is given to do."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[Work] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.given.append(args[0])
        return super().submit(fn, *args, **kwargs)


class Audited(NamedTuple):
    """What an audit in this process says, and the work that it was."""

    found: Report
    work: list[Work]

    @property
    def text(self) -> str:
        return as_json.render(self.found)


@pytest.fixture(scope="module")
def here(folder: str) -> Audited:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODCHECK_CACHE", "off")
        counting = Counting()
        return Audited(report(folder, Given(counting)), counting.given)


# ---- the same report ---------------------------------------------------------------------------


def test_threads_in_small_portions(
    folder: str, here: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("podcheck.auditing.auditor.CHUNK", 1)
    monkeypatch.setattr("podcheck.auditing.auditor.MOST_KEPT", 1)
    monkeypatch.setattr(manifest_files, "FIRST_BATCH", 1)
    monkeypatch.setattr(manifest_files, "MOST_FILES", 3)
    with ThreadPoolExecutor(3) as threads:
        assert as_json.render(report(folder, Given(threads))) == here.text


def test_processes(folder: str, here: Audited, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("podcheck.cli.executors.PAYS_S", 0)
    crew = LocalCrew(2)
    try:
        assert as_json.render(report(folder, crew)) == here.text
        assert not isinstance(crew.executor(()), Here)
    finally:
        crew.close()


def test_neighbours_count_whoever_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where each file is read by another process, as copies."""
    for path in ("rollout-waits-for-its-volume", "budget-blocks-every-drain"):
        text = (TESTS / "hazards" / f"{path}.yaml").read_text(encoding="utf-8")
        for number, document in enumerate(text.split("---\n")):
            (tmp_path / f"{path}-{number}.yaml").write_text(document, encoding="utf-8")
    monkeypatch.setattr("podcheck.auditing.auditor.CHUNK", 1)
    monkeypatch.setattr("podcheck.cli.executors.PAYS_S", 0)
    crew = LocalCrew(2)
    try:
        found = report(str(tmp_path), crew)
    finally:
        crew.close()
    names = {o.label for c in found.claims for o in c.outcomes}
    assert {"rollout-waits-for-its-volume", "budget-blocks-every-drain"} <= names


def test_a_light_report_counts_as_a_full_one(folder: str, here: Audited) -> None:
    full, light = here.found, report(folder, Given(Here()), light=True)
    assert list(as_text.render_end(full)) == list(as_text.render_end(light))
    assert full.exit_code() == light.exit_code()
    assert any(o.story for c in full.claims for o in c.outcomes)
    assert not any(o.story or o.span.source.text for c in light.claims for o in c.outcomes)


def test_pods_of_one_shape_are_searched_once(here: Audited) -> None:
    assert len(here.found.claims) == FILES
    assert sum(not isinstance(work, Reading) for work in here.work) <= KINDS


# ---- who does the work -------------------------------------------------------------------------


def test_little_work_is_done_here() -> None:
    crew = LocalCrew(2)
    texts = Source("a.yaml", "x" * 1000)
    assert isinstance(crew.executor([Reading((texts,))] * 5), Here)
    assert isinstance(LocalCrew(1).executor([Reading((texts,) * 10**5)] * 5), Here)


def test_a_clock_goes_on_in_another_process() -> None:
    assert pickle.loads(pickle.dumps(Limits(0)))()
    assert not pickle.loads(pickle.dumps(Limits(60)))()


@pytest.mark.parametrize(("times", "comes_of_it"), [(1, "done"), (9, LOST)])
def test_work_whose_process_dies_is_done_again(
    tmp_path: Path, times: int, comes_of_it: object
) -> None:
    """And the work of the others is not lost with it."""
    harmless = Deadly(str(tmp_path / "none"), 0)
    deadly = Deadly(str(tmp_path / "deaths"), times)
    crew = LocalCrew(2)
    try:
        found = dict(all_done(crew, [harmless, deadly, harmless]))  # type: ignore[list-item]
    finally:
        crew.close()
    assert found == {0: "done", 1: comes_of_it, 2: "done"}


def test_a_pod_that_kills_every_process_is_not_decided(folder: str) -> None:
    dead = Given(DeadTo(lambda work: not isinstance(work, Reading)))
    found = report(folder, dead)
    assert {c.verdict for c in found.claims} == {Verdict.UNKNOWN}
    shown = formats.render(found, "text")
    (line,) = (x for x in shown.splitlines() if x.startswith("unknown ") and "workloads)" in x)
    assert line.endswith(f"each process that worked on it has died ({FILES} workloads)")
    assert f"{FILES} workloads: {FILES} not decided" in shown


def test_a_file_that_kills_every_process_is_not_decided(tmp_path: Path) -> None:
    for name, text in fleet(3, 1):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("kind: Pod # bad", encoding="utf-8")

    def dies(work: Any) -> bool:
        return isinstance(work, Reading) and any("# bad" in s.text for s in work.sources)

    found = report(str(tmp_path), Given(DeadTo(dies)))
    undecided = [c.title for c in found.claims if c.verdict is Verdict.UNKNOWN]
    assert undecided == [str(tmp_path / "bad.yaml")]
    assert len(found.claims) == 4
    (file,) = (f for f in found.files if f.path == undecided[0])
    assert Report((file,)).exit_code() == EXIT_UNKNOWN


def test_what_is_wrong_with_the_work_is_told(folder: str) -> None:
    class Wrong(Here):
        def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
            return super().submit(lambda: 1 // 0)

    with pytest.raises(ZeroDivisionError):
        report(folder, Given(Wrong()))


# ---- at a terminal -----------------------------------------------------------------------------

SLOW = ["audit", "--severity", "info", "--no-cache"]


def test_a_terminal_shows_how_far_it_is(many: str) -> None:
    shown = on_terminal(*SLOW, many)
    assert "10 of 10 files read, " in shown
    assert " of 10 pods unlike any before, " in shown


@pytest.mark.slow  # on a busy machine the signal may come when all is done
def test_ctrl_c_reports_what_is_settled_and_leaves_no_process(many: str) -> None:
    command = [sys.executable, "-c", LISTENING, *SLOW, many]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        _wait_until(lambda: len(_members(process.pid)) > 2)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
        out, err = process.communicate(timeout=60)
    assert process.returncode == EXIT_UNKNOWN
    assert b"Interrupted; not decided: " in out
    assert not err
    _wait_until(lambda: not _members(process.pid))


def _members(session: int) -> list[int]:
    """The processes of a session that are alive."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            told = Path(f"/proc/{name}/stat").read_text(encoding="utf-8")
        except OSError:
            continue  # it has ended meanwhile
        fields = told.rpartition(")")[2].split()
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(int(name))
    return found


def _wait_until(holds: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)
