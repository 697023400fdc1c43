"""The wheel, the source distribution and a bare checkout, each used as a stranger would."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from places import ROOT

from podcheck.version import VERSION

SPEC = """\
pod one { container app }

check "OnFailure never fails by itself" for one under OnFailure assuming only exits {
  never phase = Failed
}

scenario "a failure is final" for one from Running under Never {
  when app exits nonzero then phase = Failed
}
"""


def call(*command: str | Path, cwd: Path, **environment: str) -> str:
    """The output of a command that knows nothing of this checkout."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV_"))}
    done = subprocess.run(
        [str(c) for c in command],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def pip(*arguments: str | Path, cwd: Path = ROOT) -> str:
    return call(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, cwd=cwd)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment that sees the dependencies of this one, but not its podcheck."""
    folder = tmp_path_factory.mktemp("environment")
    call(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder)
    site = next(folder.glob("lib/python*/site-packages"))
    # A path in a .pth file is searched, the .pth files there (editable installs) are not read.
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def installed(wheel: Path, python: Path) -> Path:
    pip("--python", python, "install", "-q", "--no-deps", "--no-index", wheel)
    return python


def test_the_wheel_works_outside_of_the_checkout(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "one.pod").write_text(SPEC)
    command = installed.parent / "podcheck"
    where = call(installed, "-c", "import podcheck; print(podcheck.__file__)", cwd=tmp_path)
    assert str(installed.parent.parent) in where
    output = call(command, "verify", "one.pod", cwd=tmp_path, PODCHECK_CACHE="off")
    assert output.endswith("2 claims: 2 hold\n")
    assert call(installed, "-m", "podcheck", "verify", "one.pod", cwd=tmp_path) == output


CARRIED = """
import lark
from podcheck.language import parser
from podcheck.loading import hazards, rules

def no_tables(*arguments, **options): raise SystemExit("the tables are built")

def no_text(source, diagnostics): raise SystemExit(f"{source.name} is parsed")

lark.Lark.__init__ = no_tables
rules.parse = no_text
rules.load_pack(); hazards.load_hazards(); parser._lark()
print("carried")
"""


def test_the_wheel_carries_what_is_derived_from_its_texts(wheel: Path, tmp_path: Path) -> None:
    """And does not use it any more when one of them has changed."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    clean = {"PYTHONPATH": str(tmp_path), "PODCHECK_CACHE": "off"}
    assert call(sys.executable, "-c", CARRIED, cwd=tmp_path, **clean) == "carried\n"
    package = tmp_path / "podcheck"
    for path in ("rules/kubernetes/phase.rules", "language/lexer.py", "grammar/podcheck.lark"):
        text = (package / path).read_text()
        comment = "//" if path.endswith("lark") else "#"
        (package / path).write_text(f"{text}\n{comment} changed\n")
        with pytest.raises(AssertionError, match=r"is parsed|are built"):
            call(sys.executable, "-c", CARRIED, cwd=tmp_path, **clean)
        (package / path).write_text(text)


def test_the_wheel_knows_its_version(installed: Path, tmp_path: Path) -> None:
    command = installed.parent / "podcheck"
    assert call(command, "--version", cwd=tmp_path) == f"podcheck {VERSION}\n"
    asked = "from importlib.metadata import version; print(version('podcheck'))"
    assert call(installed, "-c", asked, cwd=tmp_path) == f"{VERSION}\n"


def test_the_wheel_holds_all_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for path in (ROOT / "podcheck").rglob("*"):
        if path.suffix in (".py", ".rules", ".json", ".typed", ".jinja", ".css", ".js"):
            assert path.relative_to(ROOT).as_posix() in names
    assert "podcheck/grammar/podcheck.lark" in names
    assert any(n.endswith("licenses/LICENSE") for n in names)
    tops = {n.split("/")[0] for n in names}
    assert tops == {"podcheck", f"podcheck-{VERSION}.dist-info"}
    assert not [n for n in names if "__pycache__" in n]


def test_the_source_distribution_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    build = "from hatchling.build import build_sdist; print(build_sdist({!r}))"
    call(sys.executable, "-c", build.format(str(tmp_path)), cwd=ROOT)
    source = next(tmp_path.glob("*.tar.gz"))
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path, filter="data")
    folder = next(p for p in tmp_path.iterdir() if p.is_dir())
    assert (folder / "specs").is_dir()
    assert (folder / "tests").is_dir()
    pip("wheel", "-q", "--no-deps", "--no-build-isolation", "-w", tmp_path / "out", folder)
    again = next((tmp_path / "out").glob("*.whl"))
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert sorted(first.namelist()) == sorted(second.namelist())


def test_a_bare_checkout_works(python: Path, tmp_path: Path) -> None:
    (tmp_path / "one.pod").write_text(SPEC)
    output = call(python, "-m", "podcheck", "verify", "one.pod", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert output.endswith("2 claims: 2 hold\n")
    version = call(python, "-m", "podcheck", "--version", cwd=tmp_path, PYTHONPATH=str(ROOT))
    assert version == f"podcheck {VERSION}\n"


def test_the_version_is_written_once() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "version" in settings["project"]["dynamic"]
    try:
        installed = metadata.version("podcheck")
    except metadata.PackageNotFoundError:
        return  # a bare checkout
    assert installed == VERSION


def test_the_changelog_knows_the_version() -> None:
    """Both pages have a heading for it, and the newest release is the first."""
    for page in (ROOT / "CHANGELOG.md", ROOT / "docs" / "verdicts-that-change.md"):
        releases = re.findall(
            r"^## (\d+\.\d+\.\d+)", page.read_text(encoding="utf-8"), re.MULTILINE
        )
        assert VERSION in releases
        assert releases == sorted(
            releases, key=lambda r: [int(x) for x in r.split(".")], reverse=True
        )


def test_the_pinned_tools_are_those_that_are_asked_for() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = settings["project"]["optional-dependencies"]
    asked = [*settings["project"]["dependencies"], *(r for extra in extras.values() for r in extra)]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0].lower() for line in lines if "==" in line}
    for requirement in asked:
        name = requirement.split(">")[0].split("=")[0].strip().lower()
        assert name in pinned, f"constraints.txt does not pin {name}"
    for line in lines:
        assert line.startswith("#") or line.count("==") == 1, line
