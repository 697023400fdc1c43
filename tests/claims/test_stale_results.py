"""No result outlives what it rests on: a run reads each file once, and what the cache holds is
about those bytes, under every path that led to them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Shell

import podcheck
from podcheck.checker import spec_files
from podcheck.checker.spec_files import Checker
from podcheck.checker.watcher import Watcher
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading import sources
from podcheck.loading.sources import Files
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

CLAIM = 'scenario "s" for one from Running {\n  when app exits 0 then phase = Succeeded\n}\n'
HOLDS = "pod one { restartPolicy: Never container app }\n"
FAILS = "pod one { restartPolicy: Always container app }\n"
INCLUDING = 'include "common.pod"\n\n' + CLAIM
MANIFEST = """\
apiVersion: v1
kind: Pod
metadata: {{name: w}}
spec: {{restartPolicy: {policy}, containers: [{{name: app, image: i}}]}}
"""
NEVER, ALWAYS = MANIFEST.format(policy="Never"), MANIFEST.format(policy="Always")


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    """A folder with a cache of its own beside it."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PODCHECK_CACHE", str(tmp_path / "cache"))
    return Shell(folder, capsys)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were opened, in order."""
    found: list[str] = []
    plain = sources._opened

    def open_(path: str) -> object:
        found.append(os.path.basename(path))
        return plain(path)

    monkeypatch.setattr(sources, "_opened", open_)
    return found


def link(name: str, target: str) -> None:
    """A symbolic link, made or retargeted."""
    if os.path.lexists(name):
        os.unlink(name)
    os.symlink(target, name)


# ---- a file changes while a run uses it ---------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--coverage",), ("-v",), ("--format", "html")])
def test_a_run_opens_each_file_once(
    options: tuple[str, ...], shell: Shell, opened: list[str]
) -> None:
    shell.write("a.pod", INCLUDING)
    shell.write("b.pod", 'pod one from "w.yaml"\n\n' + CLAIM)
    shell.write("common.pod", FAILS)
    shell.write("w.yaml", ALWAYS)
    for _ in range(3):  # fresh, from the cached run, from the cached results
        opened.clear()
        assert shell("verify", *options, "a.pod", "b.pod").code == 1
        assert sorted(opened) == ["a.pod", "b.pod", "common.pod", "w.yaml"]
        shell.write("c.pod", HOLDS + CLAIM)


@pytest.mark.parametrize("name", ["a.pod", "common.pod"])
@pytest.mark.parametrize("moment", ["open", "result"])
def test_what_changes_during_a_run_is_seen_by_the_next(
    name: str, moment: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file changes between the first look at it, for the cache, and its use; or after."""
    before, after = (HOLDS + CLAIM, FAILS + CLAIM) if name == "a.pod" else (HOLDS, FAILS)
    shell.write("a.pod", INCLUDING)
    shell.write(name, before)
    whose: type = Checker if moment == "open" else spec_files.SpecFile
    plain: Callable[..., object] = getattr(whose, moment)

    def late(*arguments: object) -> object:
        shell.write(name, after)
        return plain(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(whose, moment, late)
        first = shell("verify", "a.pod").code
    assert shell("verify", "a.pod").code == 1
    shell.write(name, before)
    assert shell("verify", "a.pod").code == 0
    seen_late = moment == "open" and name == "common.pod"  # only the spec had been read by then
    assert first == (1 if seen_late else 0)


def test_a_story_is_about_the_text_that_was_verified(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compiled specs come from the cache; the story is made from the text, which is gone."""
    shell.write("a.pod", INCLUDING)
    shell.write("common.pod", FAILS)
    Checker(Options(stories="none")).check_file("a.pod")
    file = Checker(Options()).open("a.pod")
    shell.write("common.pod", "pod one { container other }\n")
    (claim,) = file.result().claims
    story = claim.outcomes[0].story
    assert story is not None
    assert story.steps[-1].event == "app exits 0"


def test_a_pipe_is_read_once(shell: Shell, opened: list[str]) -> None:
    os.mkfifo("p.pod")
    for text, code in ((HOLDS, 0), (FAILS, 1), (HOLDS, 0)):
        writer = threading.Thread(target=Path("p.pod").write_text, args=(text + CLAIM,))
        writer.start()
        assert shell("verify", "p.pod").code == code
        writer.join()
    assert opened == ["p.pod"] * 3


# ---- which file a name leads to -----------------------------------------------------------------


@pytest.mark.parametrize("named", ["x.yaml", "y.yaml"])
def test_each_of_two_names_of_a_manifest_counts(named: str, shell: Shell) -> None:
    shell.write("never.yaml", NEVER)
    shell.write("always.yaml", ALWAYS)
    link("x.yaml", "never.yaml")
    link("y.yaml", "never.yaml")
    claims = [CLAIM.replace("one", p).replace('"s"', f'"{p}"') for p in ("a", "b")]
    shell.write("m.pod", 'pod a from "x.yaml"\npod b from "y.yaml"\n\n' + "\n".join(claims))
    assert shell("verify", "m.pod").code == 0
    link(named, "always.yaml")
    assert shell("verify", "m.pod").code == 1
    link(named, "never.yaml")
    assert shell("verify", "m.pod").code == 0


def test_each_of_two_names_of_an_include_counts(shell: Shell) -> None:
    shell.write("never.pod", HOLDS)
    shell.write("always.pod", FAILS)
    link("x.pod", "never.pod")
    link("y.pod", "never.pod")
    shell.write("a.pod", 'include "x.pod"\ninclude "y.pod"\n\n' + CLAIM)
    assert shell("verify", "a.pod").code == 0
    link("y.pod", "always.pod")
    assert shell("verify", "a.pod").code == 2  # two pods of one name
    link("x.pod", "always.pod")
    assert shell("verify", "a.pod").code == 1
    link("x.pod", "never.pod")
    link("y.pod", "never.pod")
    assert shell("verify", "a.pod").code == 0
    os.unlink("y.pod")
    shell.write("y.pod", HOLDS)  # the same text, but no longer the same file
    assert shell("verify", "a.pod").code == 2


def test_an_include_found_beside_another_file(shell: Shell) -> None:
    """An include is looked up beside the file that a link leads to, so where it leads counts."""
    for folder, text in (("a", HOLDS), ("b", FAILS)):
        shell.write(f"{folder}/shared.pod", 'include "common.pod"\n')
        shell.write(f"{folder}/common.pod", text)
    link("shared.pod", "a/shared.pod")
    shell.write("s.pod", 'include "shared.pod"\n\n' + CLAIM)
    assert shell("verify", "s.pod").code == 0
    link("shared.pod", "b/shared.pod")
    assert shell("verify", "s.pod").code == 1


def test_a_folder_that_leads_elsewhere(shell: Shell) -> None:
    for folder, text in (("a", HOLDS), ("b", FAILS)):
        shell.write(f"{folder}/s.pod", INCLUDING)
        shell.write(f"{folder}/common.pod", text)
    link("now", "a")
    assert shell("verify", "now/s.pod").code == 0
    link("now", "b")
    assert shell("verify", "now/s.pod").code == 1


def test_the_same_names_in_another_current_folder(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, text in (("a", HOLDS), ("b", FAILS)):
        shell.write(f"{folder}/s.pod", INCLUDING)
        shell.write(f"{folder}/common.pod", text)
    codes = []
    for folder in ("a", "b", "a"):
        monkeypatch.chdir(shell.folder / folder)
        codes.append(shell("verify", "s.pod").code)
    assert codes == [0, 1, 0]


@pytest.mark.parametrize("relative", [True, False])
def test_a_text_depends_on_its_folder(
    relative: bool, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, text in (("a", HOLDS), ("b", FAILS)):
        shell.write(f"{folder}/common.pod", text)
    found = []
    for folder in ("a", "b", "a", "b"):
        spec = podcheck.Spec(INCLUDING, "spec", folder if relative else os.path.abspath(folder))
        found += [claim.verdict for claim in podcheck.verify(spec).claims]
    monkeypatch.chdir(shell.folder / "b")
    found += [c.verdict for c in podcheck.verify(podcheck.Spec(INCLUDING, "spec", ".")).claims]
    assert found == [Verdict.HOLDS, Verdict.FAILS, Verdict.HOLDS, Verdict.FAILS, Verdict.FAILS]


# ---- what else may happen to a file -------------------------------------------------------------


def gone(path: Path) -> None:
    path.unlink()


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def not_text(path: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def too_large(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n" * sources.MAX_BYTES)


@pytest.fixture(params=[gone, a_folder, a_pipe, not_text, too_large])
def spoil(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], None]:
    monkeypatch.setattr(sources, "PATIENCE_S", 0.05)
    found: Callable[[Path], None] = request.param
    return found


@pytest.mark.parametrize("name", ["s.pod", "common.pod", "t.pod", "w.yaml"])
def test_what_can_no_longer_be_read_is_an_error(
    name: str, spoil: Callable[[Path], None], shell: Shell
) -> None:
    shell.write("s.pod", INCLUDING)
    shell.write("common.pod", HOLDS)
    shell.write("t.pod", 'pod one from "w.yaml"\n\n' + CLAIM)
    shell.write("w.yaml", NEVER)
    paths: tuple[str, ...] = ("s.pod", "t.pod")
    assert shell("verify", *paths).code == 0
    assert shell("verify", *paths).code == 0
    spoil(Path(name))
    if spoil is a_folder and name in paths:
        paths = (name,)  # the folder itself is fine, but has no spec
        assert shell("verify", *paths).code == 3
        return
    assert shell("verify", *paths).code == 2
    assert shell("verify", *paths).code == 2


def test_line_ends_make_no_other_text(shell: Shell) -> None:
    first = shell("verify", shell.write("s.pod", FAILS + CLAIM))
    Path("s.pod").write_bytes((FAILS + CLAIM).replace("\n", "\r\n").encode())
    assert shell("verify", "s.pod") == first
    assert shell("verify", "--no-cache", "s.pod") == first


def test_an_include_too_many_is_an_error(shell: Shell) -> None:
    for number in range(51):
        pod = f"pod p{number} {{ restartPolicy: Always container app }}\n"
        shell.write(f"{number}.pod", pod)
    included = "".join(f'include "{n}.pod"\n' for n in range(51))
    shell.write("s.pod", included + CLAIM.replace("one", "p0"))
    finished = shell("verify", "s.pod")
    assert finished.code == 2
    assert "no more than 50 files" in finished.out


# ---- the others who read ------------------------------------------------------------------------


def test_a_watched_file_whose_link_is_retargeted(shell: Shell) -> None:
    shell.write("never.pod", HOLDS)
    shell.write("always.pod", FAILS)
    link("x.pod", "never.pod")
    link("y.pod", "never.pod")
    shell.write("s.pod", 'include "x.pod"\ninclude "y.pod"\n\n' + CLAIM)
    watched = Watcher(Checker(Options()), ("s.pod",))
    assert [f.claims[0].verdict for f in watched.refresh()] == [Verdict.HOLDS]
    assert not list(watched.refresh())
    link("y.pod", "always.pod")
    assert [f.has_errors for f in watched.refresh()] == [True]  # two pods of one name
    link("x.pod", "always.pod")
    assert [f.claims[0].verdict for f in watched.refresh()] == [Verdict.FAILS]


def test_an_audit_does_not_remember_another_release_or_file(shell: Shell) -> None:
    """Its cache is about shapes of pods: whatever file they stand in, the shape is read anew."""
    job = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec:\n"
        "  selector: {matchLabels: {a: b}}\n  template:\n    metadata: {labels: {a: b}}\n"
        "    spec: {containers: [{name: app, image: i, livenessProbe: {exec: {command: [a]}}}]}\n"
    )
    plain = job.replace(", livenessProbe: {exec: {command: [a]}}", "")
    outputs = {}
    for text in (job, plain):
        shell.write("d.yaml", text)
        arguments = ("audit", "--severity", "info", "d.yaml")
        fresh = [shell(*arguments, *more, "--no-cache") for more in ((), ("--kubernetes", "1.29"))]
        os.environ["PODCHECK_CACHE"] = str(shell.folder.parent / "cache")  # the option unset it
        for _ in range(2):
            known = [shell(*arguments, *more) for more in ((), ("--kubernetes", "1.29"))]
            assert known == fresh
        outputs[text] = fresh[0]
    assert outputs[job] != outputs[plain]


def test_a_path_that_no_file_can_have(shell: Shell) -> None:
    for path in ("a\0b.pod", "\ud83d.pod"):
        diagnostics = Diagnostics()
        assert Files().source(path, path, diagnostics) is None
        assert sources.read_source(path, path, diagnostics) is None
        assert {d.code for d in diagnostics.found} == {"E006"}


def test_a_pipe_that_nobody_writes_to_blocks_nothing(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PATIENCE_S", 0.05)
    os.mkfifo("p.pod")
    finished = shell("verify", "p.pod")
    assert finished.code == 2
    assert "No process writes to this pipe" in finished.out
