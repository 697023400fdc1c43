"""The catalogue in `specs/`: how its files are written, and that none verifies by accident.

A wrong expectation must be noticed: each status in the article's tables is replaced by every
other one, and the counterexample must show the status that was right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from places import SPECS
from sampling import sampled

from podcheck.checker.spec_files import Checker
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import EXIT_FAILS, FileResult, Report
from podcheck.verification.options import Options

FILES = sorted(SPECS.rglob("*.pod"))
ARTICLE = SPECS / "article.pod"
PHASES = ("Pending", "Running", "Succeeded", "Failed")

by_file = pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(SPECS).as_posix())


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(Options(), load_pack())


def exit_code(result: FileResult) -> int:
    return Report((result,)).exit_code()


# ---- every file ------------------------------------------------------------------------------


@by_file
def test_a_file_is_formatted(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert format_text(Source(path.name, text), Diagnostics()) == text


@by_file
def test_a_file_is_told_as_a_story(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert re.match(r"# \w.*[^.]$", lines[0]), "the first line is a title"
    assert lines[1] == "#", "an empty line follows the title"
    assert lines[2].startswith("# "), "then the story"
    assert [x for x in lines if x.lstrip().startswith("#") and len(x) > 90] == []


@by_file
def test_a_file_refutes_a_belief(path: Path) -> None:
    """Rules that nobody holds a belief about are pinned down without one: `specs/rules`."""
    text = path.read_text(encoding="utf-8")
    assert re.search(r"^refute ", text, re.MULTILINE) or path.parent.name == "rules"


def test_names_say_the_outcome() -> None:
    for path in FILES:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem), path.name


def test_the_index_lists_every_file() -> None:
    index = (SPECS / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"\(([\w/-]+\.pod)\)", index)
    assert sorted(listed) == sorted(p.relative_to(SPECS).as_posix() for p in FILES)


# ---- every expected status of the article ----------------------------------------------------


@dataclass(frozen=True)
class Flip:
    """A spec of the article's pods and one table, with one expected status replaced."""

    text: str
    row: str
    policy: str
    wrong: str
    right: tuple[str, ...]  # the phases that a counterexample may show

    def __str__(self) -> str:
        return f"{self.row} | {self.policy}: {self.wrong}"


def flips() -> Iterator[Flip]:
    """Every wrong status in every cell of the article's tables that holds a phase."""
    text = ARTICLE.read_text(encoding="utf-8")
    pods = {p.split()[1]: p for p in declarations("pod", text)}
    for table in declarations("table", text):
        named = re.findall(r'" for (\w+)', table)
        assert len(named) == 1, "each table of the article is about one pod"
        lines = table.splitlines()
        heads = cells_of(next(x for x in lines if x.strip().startswith("|")))
        for at, line in enumerate(lines):
            cells = cells_of(line)
            for column, cell in enumerate(cells):
                for wrong in replacements(cell):
                    changed = [*cells[:column], wrong, *cells[column + 1 :]]
                    rows = [*lines[:at], f"  | {' | '.join(changed)} |", *lines[at + 1 :]]
                    right = (cell,) if cell in PHASES else others(cell.removeprefix("!"))
                    flipped = pods[named[0]] + "\n".join(rows) + "\n"
                    yield Flip(flipped, cells[0], heads[column], wrong, right)


def declarations(word: str, text: str) -> list[str]:
    """The declarations that begin with a word, each up to its closing brace."""
    pattern = rf"^{word} [^\n]*\}}\n|^{word} .*?^\}}\n"
    return re.findall(pattern, text, re.MULTILINE | re.DOTALL)


def cells_of(line: str) -> list[str]:
    return [c.strip() for c in line.split("|")[1:-1]]


def replacements(cell: str) -> tuple[str, ...]:
    if cell.startswith("!"):
        return (cell.removeprefix("!"),)
    return others(cell) if cell in PHASES else ()


def others(phase: str) -> tuple[str, ...]:
    return tuple(p for p in PHASES if p != phase)


def test_all_cells_are_flipped() -> None:
    """The article has 12 cells; row 4 stands there in its readings too."""
    assert len({(f.text.split("table")[1].split("\n")[0], f.row, f.policy) for f in flips()}) >= 27


@pytest.mark.parametrize("flip", sampled(flips(), 3, ids=str))
def test_a_wrong_status_is_noticed(flip: Flip, checker: Checker) -> None:
    result = checker.check_source(Source("article.pod", flip.text), None)
    assert exit_code(result) == EXIT_FAILS
    failures = [o for claim in result.claims for o in claim.failures]
    assert [(o.label, o.policy) for o in failures] == [(f"{flip.row} | {flip.policy}", flip.policy)]
    story = failures[0].story
    assert story is not None
    assert story.expected in (flip.wrong, f"phase = {flip.wrong}")
    assert story.steps[-1].status.phase in flip.right
