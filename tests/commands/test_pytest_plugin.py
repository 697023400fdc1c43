"""`pytest specs/`: one item a claim, with the verdicts and the stories of `podcheck verify`.

| `podcheck verify` | `pytest` |
|---|---|
| 0 every claim holds | 0 |
| 1 a claim fails | 1 |
| 2 the input is wrong | 2: the file can't be collected |
| 3 nothing was checked | 1 for a claim or a file, 5 where there is no file |
| 4 not decided | 1 |
| 5 a fault of podcheck | 1 |
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from places import ROOT

import podcheck

POD = "pod one { container app }\npod two { container app  container helper }\n\n"
HOLDS = (
    'scenario "it holds" for one from Running under Never {\n'
    "  when app exits 1 then phase = Failed\n}\n"
)
FAILS = HOLDS.replace("it holds", "it fails").replace("Failed", "Running")
VACUOUS = HOLDS.replace("it holds", "it is vacuous").replace("exits 1", "image is pulled")
REFUTE = FAILS.replace("scenario", "refute").replace("it fails", "a belief")
BOUNDED = (
    'scenario "hundreds of images" for two from Running under Never {\n'
    "  when any container image is changed repeatedly then RESTARTS < 900\n}\n"
)
WRONG = HOLDS.replace("phase", "phaze")

Call = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def call(tmp_path: Path) -> Call:
    """Runs pytest in a folder with the files that were written there.  Unless it finds its plugins
    itself, it loads only those that are needed: hypothesis takes longer than the specs."""

    def run(
        *arguments: str, cwd: Path = tmp_path, finds_plugins: bool = False, **environment: str
    ) -> object:
        plugins = ["-p", "no:cacheprovider"]
        if not finds_plugins:
            environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment}
            plugins += ["-p", "podcheck.pytest_plugin"]
            plugins += ["-p", "xdist"] if "-n" in arguments else []
        return subprocess.run(
            [sys.executable, "-m", "pytest", *plugins, *arguments],
            cwd=cwd,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=600,
        )

    return run  # type: ignore[return-value]


def verdicts(path: Path) -> list[tuple[str, str, bool]]:
    """File, verdict and whether it passed of each item in a JUnit file, in order of the names."""
    found = []
    for case in ET.parse(path).getroot().iter("testcase"):
        verdict = case.find("properties/property[@name='verdict']")
        assert verdict is not None
        name = f"{case.attrib['classname']}.{case.attrib['name']}"
        found.append((name, verdict.attrib["value"], case.find("failure") is None))
    return sorted(found)


def expected(*paths: str) -> list[tuple[str, str, bool]]:
    """The same of `podcheck verify`."""
    found = []
    for file in podcheck.verify(*paths).files:
        for claim in file.claims:
            name = f"{file.path.replace('/', '.')}.{claim.title}"
            found.append((name, claim.verdict.value, claim.verdict is podcheck.Verdict.HOLDS))
    return sorted(found)


# ---- verdicts and exit codes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "code", "says"),
    [
        (HOLDS + REFUTE, 0, "2 passed"),
        (HOLDS + FAILS, 1, "FAILED a.pod::it fails - FAILS: The pod is Failed"),
        (WRONG + HOLDS, 2, "Did you mean `phase`?"),
        (HOLDS + VACUOUS, 1, "VACUOUS: `app image is pulled` can't happen"),
        ("", 1, "VACUOUS: this file claims nothing"),
    ],
    ids=["holds", "fails", "wrong", "vacuous", "claims nothing"],
)
def test_exit_codes(claims: str, code: int, says: str, call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.pod").write_text(POD + claims)
    done = call("-q", COLUMNS="100")
    assert done.returncode == code, done.stdout
    assert says in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_no_spec_at_all(call: Call) -> None:
    assert call().returncode == 5


def test_a_fault_of_podcheck_is_no_pass(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.pod").write_text(POD + HOLDS)
    (tmp_path / "conftest.py").write_text(
        "from podcheck.checker import open_spec\n\n"
        "def broken(spec, number):\n    raise ZeroDivisionError('a fault')\n\n"
        "open_spec.OpenSpec.decide = broken\n"
    )
    done = call("-q", PODCHECK_CACHE="off")
    assert done.returncode == 1
    assert "ZeroDivisionError: a fault" in done.stdout


@pytest.mark.parametrize(
    "paths",
    ["specs/article.pod", pytest.param("specs", marks=pytest.mark.slow)],
)
def test_the_verdicts_of_the_catalogue(paths: str, call: Call, tmp_path: Path) -> None:
    """None of them is taken from the cache."""
    junit = tmp_path / "junit.xml"
    done = call("-q", paths, f"--junit-xml={junit}", cwd=ROOT, PODCHECK_CACHE="off")
    assert done.returncode == 0, done.stdout
    command = [sys.executable, "-m", "podcheck", "verify", "--format", "json", paths]
    report = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True).stdout)
    assert verdicts(junit) == sorted(
        (f"{f['path'].replace('/', '.')}.{c['title']}", c["verdict"], c["verdict"] == "HOLDS")
        for f in report["files"]
        for c in f["claims"]
    )


def test_verdicts_of_every_kind(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.pod").write_text(POD + HOLDS + FAILS + VACUOUS)
    (tmp_path / "specs" / "b.pod").write_text(POD + REFUTE + BOUNDED)
    assert call("specs", "--junit-xml=junit.xml").returncode == 1
    bounded = call("specs/b.pod")
    assert bounded.returncode == 1
    assert "HOLDS to k" in bounded.stdout
    monkeypatch.chdir(tmp_path)
    found = verdicts(tmp_path / "junit.xml")
    assert found == expected("specs")
    assert {v for _, v, _ in found} == {"HOLDS", "FAILS", "VACUOUS", "HOLDS to k"}


# ---- what is shown ------------------------------------------------------------------------------


def test_a_failure_is_told_as_verify_tells_it(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.pod").write_text(POD + FAILS)
    monkeypatch.chdir(tmp_path)
    story = str(podcheck.verify("a.pod")).rpartition("\n\n")[0]
    assert "STATUS    Running  Error" in story
    assert "Replay:  podcheck run a.pod" in story
    for options in ([], ["-n", "1"]):
        assert story in call(*options).stdout
    assert "\x1b[1;31mFAILS  \x1b[0m" in call("--color=yes").stdout
    call("--junit-xml=junit.xml")
    failure = ET.parse(tmp_path / "junit.xml").getroot().find(".//failure")
    assert failure is not None
    assert story in (failure.text or "")
    assert failure.attrib["message"].startswith("FAILS: The pod is Failed")


def test_an_error_is_shown_with_its_line(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.pod").write_text(POD + WRONG)
    shown = call("-q").stdout
    assert re.search(r"error\[E\d+\] a\.pod:5:25: .*`phaze`", shown)
    assert "                        ^^^^^\n" in shown


# ---- choosing -----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.pod").write_text(POD + HOLDS + FAILS + REFUTE)
    (tmp_path / "specs" / "b.pod").write_text(POD + FAILS + HOLDS)
    return tmp_path


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["specs"], "2 failed, 3 passed"),
        pytest.param(["specs", "-k", "holds"], "2 passed, 3 deselected", marks=pytest.mark.slow),
        pytest.param(["specs", "-k", "refute"], "1 passed, 4 deselected", marks=pytest.mark.slow),
        pytest.param(
            ["specs", "-k", "b.pod and fails"], "1 failed, 4 deselected", marks=pytest.mark.slow
        ),
        pytest.param(["specs", "-x"], "1 failed, 1 passed", marks=pytest.mark.slow),
        (["specs", "-n", "2"], "2 failed, 3 passed"),
        (["specs/a.pod::it holds", "specs/b.pod::it holds"], "2 passed"),
    ],
    ids=lambda x: " ".join(x) if isinstance(x, list) else "",
)
def test_choosing(options: list[str], says: str, call: Call, project: Path) -> None:
    assert says in call("-q", *options).stdout


def test_only_what_was_chosen_is_settled(call: Call, project: Path) -> None:
    (project / "conftest.py").write_text(
        "from podcheck.checker import open_spec\n\n"
        "settle = open_spec.OpenSpec.decide\n\n"
        "def counted(spec, number):\n"
        "    print('settled', number)\n    return settle(spec, number)\n\n"
        "open_spec.OpenSpec.decide = counted\n"
    )
    done = call("-s", "specs/a.pod", "-k", "refute", PODCHECK_CACHE="off")
    assert done.stdout.count("settled") == 1


def test_claims_of_one_title_are_told_apart(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.pod").write_text(POD + HOLDS + HOLDS)
    shown = call("-q", "--collect-only").stdout
    assert "a.pod::it holds\na.pod::it holds (2)\n" in shown


def test_the_specs_of_these_tests_are_not_collected() -> None:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--collect-only", "-q"]
    done = subprocess.run(
        [*command, "tests/bad", "tests/fmt"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 5
    assert "no tests collected" in done.stdout


# ---- what it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize("with_spec", [False, True])
def test_nothing_is_imported_before_a_spec_is_met(
    with_spec: bool, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "test_one.py").write_text("def test_one():\n    assert True\n")
    (tmp_path / "conftest.py").write_text(
        "import sys\n\n"
        "def pytest_unconfigure():\n"
        "    ours = [m for m in sys.modules if m.split('.')[0] in ('podcheck', 'lark', 'z3')]\n"
        "    print('loaded:', *sorted(ours))\n"
    )
    if with_spec:
        (tmp_path / "a.pod").write_text(POD + HOLDS)
    done = call("-q", finds_plugins=True)
    assert done.returncode == 0
    (loaded,) = [x for x in done.stdout.splitlines() if x.startswith("loaded:")]
    if with_spec:
        assert "podcheck.checker.spec_files" in loaded
    else:
        assert loaded == "loaded: podcheck podcheck.pytest_plugin"
