"""Every example of the README and of docs/ that claims an output is run.

A block ```` ```pod file=NAME ````, or `yaml` or `md`, is a file; a block ```` ```console ```` holds
commands behind `$ ` and what they print; a block ```` ```python ```` is a program that ends well.
`pytest --update-goldens tests/project/test_readme.py` writes the output that is printed now.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from places import ROOT

README = ROOT / "README.md"
PAGES = (README, *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^```(\w+) *([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, kind: str) -> list[tuple[str, str]]:
    """The marks and the text of every block of a kind."""
    return [(m[2], m[3]) for m in BLOCK.finditer(page.read_text(encoding="utf-8")) if m[1] == kind]


def of_pages(kind: str) -> list[pytest.param]:  # type: ignore[valid-type]
    """Every block of a kind, with its page."""
    return [
        pytest.param(page, text, id=f"{page.name}: {text.splitlines()[0].removeprefix('$ ')}")
        for page in PAGES
        for _, text in blocks(page, kind)
    ]


def filled(page: Path, folder: Path) -> None:
    """Makes a folder with the files of a page, the specs, and `podcheck` on the path."""
    for marks, text in (*blocks(page, "pod"), *blocks(page, "yaml"), *blocks(page, "md")):
        if marks.startswith("file="):
            (folder / marks.removeprefix("file=")).write_text(text, encoding="utf-8")
    (folder / "specs").symlink_to(ROOT / "specs")
    script = folder / "bin" / "podcheck"
    script.parent.mkdir()
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m podcheck "$@"\n')
    script.chmod(0o755)


def played(console: str, folder: Path) -> str:
    """The block as a terminal would show it."""
    lines = []
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for command in [c for c in console.splitlines() if c.startswith("$ ")]:
        done = subprocess.run(
            ["sh", "-c", command[2:]],
            cwd=folder,
            env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert not done.stderr, done.stderr
        lines += [command, done.stdout.rstrip("\n")]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(("page", "console"), of_pages("console"))
def test_a_console_block_shows_what_is_printed(
    page: Path, console: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    filled(page, tmp_path)
    now = played(console, tmp_path)
    if request.config.getoption("--update-goldens"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(f"```console\n{console}", f"```console\n{now}"))
        return
    assert console == now


def test_the_picture_is_what_the_spec_gives(
    tmp_path: Path, golden: Callable[[Path, str], None]
) -> None:
    """The README says which command makes its picture; `--update-goldens` makes it anew."""
    text = README.read_text(encoding="utf-8")
    (picture,) = re.findall(r"!\[[^\]]*\]\(([^)]*\.svg)\)", text)
    (command,) = re.findall(rf"`podcheck (verify \S+ -o {re.escape(picture)})`", text)
    made = tmp_path / "picture.svg"
    subprocess.run(
        [sys.executable, "-m", "podcheck", *command.replace(picture, str(made)).split()],
        cwd=ROOT, capture_output=True,
    )  # fmt: skip
    golden(ROOT / picture, made.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("page", "program"), of_pages("python"))
def test_a_python_block_runs(page: Path, program: str, tmp_path: Path) -> None:
    filled(page, tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr


def test_the_two_commands_are_those_that_ci_runs() -> None:
    """Cloning, and putting `podcheck` on the path, is what the reader does beside them."""
    first, second = (text.strip() for _, text in blocks(README, "sh"))
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace('"', "")
    for command in (*re.split(r" && |\n", first), *second.split(" && ")):
        if command.startswith(("git clone ", "cd ", ". .venv/")):
            continue
        wanted = command.replace("python3 -m venv .venv", "-m venv")
        assert wanted.split(" ", 1)[-1] in ci, command


def test_the_first_screen_is_short() -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert len(lines) < 200
    manifest = lines.index("## Check a manifest")
    assert manifest < lines.index("## Your first spec")
    assert any(".svg)" in line for line in lines[:20])


@pytest.mark.parametrize(
    "page",
    sorted(p.relative_to(ROOT).as_posix() for p in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"))),
)
def test_links_lead_somewhere(page: str) -> None:
    check_links(ROOT / page)


def test_the_links_of_the_signs_lead_somewhere() -> None:
    for folder in ("podcheck", "grammar", "specs", "tests"):
        for path in (ROOT / folder).rglob("README.md"):
            check_links(path)


def check_links(path: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        name, _, anchor = target.partition("#")
        found = (path.parent / name).resolve() if name else path
        assert found.exists(), f"{path}: {target}"
        if anchor:
            page = found / "README.md" if found.is_dir() else found
            assert anchor in anchors(page), f"{path}: {target}"


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
