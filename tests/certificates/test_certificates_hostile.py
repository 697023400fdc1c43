"""Certificates from somebody who wants to be believed: `certify` says what each is about, takes no
spec that it was not meant to, and refuses whatever is not what podcheck writes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from certificate_folders import reason, signed_again, words
from command_line import Shell
from sampling import sampled

from podcheck.certificate.validator import _rules
from podcheck.cli import certificates
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.specs import spec_of

SPEC = """kubernetes 1.34, kubelet 1.33
pod web { container app }
pod two { container app  container helper }

check "exits alone never fail the pod" for web under OnFailure
    assuming only exits, backoff {
  never phase = Failed
}

check "it may fail" for web from any Running under Never assuming at most 1 exits {
  never phase = Failed
}

scenario "one of two" for two from Running under Always, Never {
  when app exits 0 then phase = Running
}
"""
OWN_RULES = """kubernetes 1.34
gates ContainerRestartRules on, RestartAllContainersOnContainerExits off

rule "an OOM kill is the end" overrides "something runs"
  = (some c in main: c.newState = running) : Running
  -- [an article]
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a spec and its certificates."""
    from click.testing import CliRunner

    from podcheck.cli.verify import command

    folder = tmp_path_factory.mktemp("project")
    (folder / "web.pod").write_text(SPEC)
    before = Path.cwd()
    os.chdir(folder)
    try:
        CliRunner().invoke(command, ["web.pod", "--certificate", "out"])
    finally:
        os.chdir(before)
    return folder


@pytest.fixture
def shell(
    written: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """A copy of that folder, to be tampered with."""
    shutil.copytree(written, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return Shell(tmp_path / "project", capsys)


@pytest.fixture
def home(shell: Shell) -> Path:
    """Where the certificates of the spec are."""
    return shell.folder / "out" / "web.pod"


def flat(text: str) -> str:
    return " ".join(text.split())


# ---- what a certificate is about ----------------------------------------------------------------


def test_each_says_what_it_is_about(shell: Shell) -> None:
    finished = shell("certify", "out")
    assert finished.code == 0, finished.out
    rules = "Kubernetes 1.34, kubelet 1.33"
    shown = {
        'PROVED check "exits alone never fail the pod": web, OnFailure':
        f"web.pod:5, from created, assuming only exits, backoff, {rules} it holds:",
        'REPLAYS check "it may fail": web, Never':
        f"web.pod:10, from any Running, assuming at most 1 exits, {rules} it fails:",
        'PROVED scenario "one of two": two, Always, Never':
        f"web.pod:14, from Running, {rules} it holds:",
    }  # fmt: skip
    for claim, place in shown.items():
        assert f"{claim} {place}" in flat(finished.out)


def test_gates_and_rules_of_its_own_are_shown() -> None:
    spec = spec_of(Source("a.pod", OWN_RULES), None, Diagnostics())
    assert _rules(spec) == (
        "Kubernetes 1.34, ContainerRestartRules on, RestartAllContainersOnContainerExits off, "
        "rules of its own"
    )


def test_a_name_is_shown_with_every_sign_in_it(shell: Shell) -> None:
    name = "a\n::error::x\x1b[31m\udcff.pod"
    shell.write(name, 'pod one { container app }\n\ncheck "c" for one { never phase = Failed }\n')
    shell("verify", name, "--certificate", "odd")
    finished = shell("certify", "odd", "--spec", name)
    assert finished.code == 0
    assert r" a\n::error::x\x1b[31m\udcff.pod:3, from created," in finished.out


# ---- which specs it may be about ----------------------------------------------------------------


def retargeted(home: Path, path: str) -> None:
    """Certificates of another spec, every digest of which is right."""
    manifest = json.loads((home / "manifest.json").read_text())
    manifest["spec"]["path"] = path
    (home / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


@pytest.fixture
def evil(shell: Shell, home: Path) -> Path:
    """Certificates about a spec outside of the project, in a folder of the right name."""
    other = shell.folder.parent / "evil" / "web.pod"
    other.parent.mkdir()
    shutil.move("web.pod", other)
    retargeted(home, "../evil/web.pod")
    moved = home.parent / "evil"
    moved.mkdir()
    shutil.move(home, moved)
    return moved / "web.pod"


def test_a_spec_outside_of_the_current_folder_has_to_be_named(shell: Shell, evil: Path) -> None:
    shell.write("web.pod", SPEC.replace("assuming only exits, backoff", ""))
    finished = shell("certify", "out")
    assert (finished.code, finished.out.count("REFUSED")) == (1, 1)
    assert "they are about ../evil/web.pod, outside of the current folder" in flat(finished.out)
    finished = shell("certify", "out", "--spec", "../evil/web.pod")
    assert finished.code == 0
    assert finished.out.count("../evil/web.pod:") == 3


def test_a_link_to_a_spec_outside_is_seen_through(shell: Shell, home: Path) -> None:
    shutil.move("web.pod", shell.folder.parent / "evil.pod")
    os.symlink("../evil.pod", "web.pod")
    assert "outside of the current folder" in flat(shell("certify", "out").out)


def test_certificates_of_a_spec_of_another_name_are_refused(shell: Shell, home: Path) -> None:
    """They say that they are about one spec, and stand where those of another are looked for."""
    shutil.move("web.pod", "other.pod")
    shell.write("web.pod", "pod web { container app }\n")
    retargeted(home, "other.pod")
    finished = shell("certify", "out")
    assert finished.code == 1
    assert "they are about other.pod, and so should be in a folder other.pod" in flat(finished.out)


def test_with_a_name_no_other_spec_will_do(shell: Shell, home: Path) -> None:
    shell.write("other.pod", SPEC)
    finished = shell("certify", "out", "--spec", "other.pod")
    assert finished.code == 1
    assert "they are about web.pod, which is not the spec that you name" in flat(finished.out)
    finished = shell("certify", "out", "--spec", "other.pod", "--spec", "web.pod")
    assert finished.code == 4
    assert "UNKNOWN other.pod no certificate is about this spec" in flat(finished.out)
    assert "1 without a certificate" in flat(finished.out)
    assert shell("certify", "out", "--spec", "./web.pod").code == 0


def test_beside_its_certificates_a_spec_is_found_from_anywhere(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    absolute = str(shell.folder / "web.pod")
    shutil.rmtree("out")
    shell("verify", absolute, "--certificate", "out")
    monkeypatch.chdir("/")
    assert shell("certify", str(shell.folder / "out")).code == 0


@pytest.mark.parametrize(
    "path", ["", ".", "..", "a\0b", "\ud83d", "/dev/zero", "web.pod/x", "x" * 9999]
)
def test_a_path_that_is_none(path: str, shell: Shell, home: Path) -> None:
    retargeted(home, path)
    finished = shell("certify", "out")
    assert (finished.code, finished.out.count("REFUSED")) == (1, 1)


# ---- what is no regular file --------------------------------------------------------------------


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def a_device(path: Path) -> None:
    os.symlink("/dev/zero", path)


def a_dangling_link(path: Path) -> None:
    os.symlink("nowhere", path)


def a_link_to_itself(path: Path) -> None:
    os.symlink(path.name, path)


def a_folder(path: Path) -> None:
    path.mkdir()
    (path / "file").touch()


def a_link_to_a_folder(path: Path) -> None:
    os.symlink("/usr", path)


def a_huge_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(certificates.LARGEST + 1)  # takes no room on the disk


ODD = [
    a_pipe, a_device, a_dangling_link, a_link_to_itself, a_folder, a_link_to_a_folder, a_huge_file
]  # fmt: skip


@pytest.mark.parametrize("made", ODD)
@pytest.mark.parametrize(
    "name", ["manifest.json", "claim-2*/run.json", "claim-1*/step.smt2", "more"]
)
def test_what_is_no_regular_file_is_refused(
    name: str, made: Callable[[Path], None], shell: Shell, home: Path
) -> None:
    path = next(home.glob(name), home / name)
    path.unlink(missing_ok=True)
    made(path)
    finished = shell("certify", "out")
    assert finished.code == 1
    assert "REFUSED" in finished.out
    assert name == "more" or "PROVED" not in finished.out


# ---- what is no data of certificates ------------------------------------------------------------

NUMBERS = ["Infinity", "-Infinity", "NaN", "1e999", "0.5", "-1", "9" * 5000, "9" * 4000, "null"]
DEEP = ["[" * 200_000, "[" * 990 + "]" * 990, '{"a":' * 200_000, "[" * 300 + "]" * 300]
OTHER_TYPES = ['""', "[]", "{}", "true", '"x"', "[[]]", '[{"a": []}]']


def with_value(text: str, value: str) -> list[str]:
    """A JSON text with each of its members in turn replaced by a value, every digest right."""
    lines = text.splitlines()
    found = []
    for number, line in enumerate(lines):
        name, mark, old = line.partition('": ')
        if mark and not old.startswith(("[", "{")):
            comma = "," * old.endswith(",")
            changed = [*lines[:number], f"{name}{mark}{value}{comma}", *lines[number + 1 :]]
            found.append("\n".join(changed) + "\n")
    return found


@pytest.mark.parametrize("value", [*NUMBERS, *DEEP, *OTHER_TYPES])
def test_values_that_podcheck_never_writes_are_refused(value: str, home: Path) -> None:
    manifest = home / "manifest.json"
    for text in with_value(manifest.read_text(), value)[:12]:
        if text == manifest.read_text():
            continue
        manifest_before = manifest.read_text()
        manifest.write_text(text)
        assert reason(home)
        manifest.write_text(manifest_before)


@pytest.mark.parametrize("name", ["claim-2*/run.json", "claim-3*/states.json"])
@pytest.mark.parametrize("value", sampled([*NUMBERS, *DEEP, *OTHER_TYPES], 3))
def test_so_are_they_in_runs_and_lists(name: str, value: str, home: Path) -> None:
    path = next(home.glob(name))
    plain = path.read_text()
    for text in [value, *with_value(plain, value)[:6], plain.replace("[\n", f"[\n{value},\n", 1)]:
        path.write_text(text)
        signed_again(home)
        assert "REFUSED" in words(home)


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{}", b"[]", b"7", b"null", b"\0" * 100, b'{"spec"'],
)
def test_a_manifest_that_is_none_is_refused(data: bytes, home: Path) -> None:
    (home / "manifest.json").write_bytes(data)
    assert reason(home) == "manifest.json is damaged"


@pytest.mark.parametrize("name", ["manifest.json", "claim-2*/run.json", "claim-1*/invariant.txt"])
def test_what_is_not_utf_8_is_refused(name: str, home: Path) -> None:
    path = next(home.glob(name))
    path.write_bytes(path.read_bytes().replace(b"a", b"\xff", 1))
    assert reason(home)


def test_a_manifest_that_names_itself_or_files_elsewhere(home: Path) -> None:
    manifest = json.loads((home / "manifest.json").read_text())
    for name in ("manifest.json", "../../web.pod", "/etc/passwd", ""):
        manifest["certificates"][0]["files"] = {name: "0"}
        (home / "manifest.json").write_text(json.dumps(manifest))
        assert reason(home)
