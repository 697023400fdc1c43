"""`specs/issues`: public reports as specs, each of which holds in exactly the releases it names.

In a release that it names every claim of a file holds; in any other its first claim, which is what
was reported, does not, or the API server refuses the pod.  A file may name patches.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from places import SPECS

from podcheck.checker.spec_files import Checker
from podcheck.declarations.releases import (
    EARLIEST,
    LATEST,
    Release,
    minor_of,
    release_of,
    releases_of,
)
from podcheck.loading.rules import load_pack
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

FILES = sorted((SPECS / "issues").glob("*.pod"))
RANGE = re.compile(r"^# Holds: Kubernetes ([\d.]+) to ([\d.]+)$", re.MULTILINE)
LINK = re.compile(
    r"^# https://github\.com/([\w.-]+)/([\w.-]+)/(?:issues|pull)/(\d+)$", re.MULTILINE
)
RELEASES = releases_of("all")

# Each run of the tests looks at these, `pytest -m slow` at all.
SAMPLED = FILES[3::12]

by_file = pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)


@cache
def _checker(release: Release) -> Checker:
    return Checker(Options(release=release), load_pack())


def _held(path: Path) -> tuple[Release, Release]:
    (found,) = RANGE.findall(path.read_text(encoding="utf-8"))
    return release_of(found[0]), release_of(found[1])


def _verdicts(path: Path, release: Release) -> list[Verdict]:
    return [claim.verdict for claim in _checker(release).open(str(path)).result().claims]


def _asked(first: Release, last: Release) -> list[Release]:
    """All releases; of a range of patches also these and the one that mended it."""
    if len(first) == 2:
        return list(RELEASES)
    patches = range(first[-1], last[-1] + 2)
    return [*RELEASES, *((*minor_of(first), patch) for patch in patches)]


def _holds_where_it_says(path: Path) -> None:
    first, last = _held(path)
    for release in _asked(first, last):
        found = _verdicts(path, release)
        if len(release) == len(first) and first <= release <= last:
            assert found and set(found) == {Verdict.HOLDS}, (release, found)
        else:
            assert not found or found[0] is Verdict.FAILS, (release, found)


def test_there_are_many() -> None:
    assert len(FILES) >= 40


@by_file
def test_a_file_is_named_after_its_report(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    ((owner, repository, number),) = LINK.findall(text)
    assert path.stem == f"{owner}-{repository}-{number}"
    first, last = _held(path)
    assert EARLIEST <= minor_of(first) <= minor_of(last) <= LATEST
    assert first <= last and (len(first) == 2 or minor_of(first) == minor_of(last))


@pytest.mark.parametrize("path", SAMPLED, ids=lambda p: p.stem)
def test_a_report_holds_in_its_releases(path: Path) -> None:
    _holds_where_it_says(path)


@pytest.mark.slow
@by_file
def test_every_report_holds_in_its_releases(path: Path) -> None:
    _holds_where_it_says(path)
