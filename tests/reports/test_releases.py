"""Claims by release of Kubernetes: `verify --kubernetes`, and how each format shows it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import jsonschema
import pytest
from command_line import Shell
from places import PACKAGE

from podcheck.checker.spec_files import Checker
from podcheck.declarations.releases import (
    EARLIEST,
    LATEST,
    UnknownReleaseError,
    release_of,
    releases_of,
)
from podcheck.language.source import Source
from podcheck.results.matrix import grouped_files, labelled, rows_of
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

# The API server of 1.29 has the condition by default, that of 1.28 has not.
SINCE = """kubernetes 1.30
pod p { container app  container helper }

scenario "the sandbox has a condition" for p from Running under Never {
  when app exits 1 then condition PodReadyToStartContainers
}

check "a failed pod stays failed" for p under Never {
  always (phase = Failed implies next phase = Failed)
}
"""
OWN_POLICY = """pod p { container app { restartPolicy: Never } }
check "a failed pod stays failed" for p under Never {
  always (phase = Failed implies next phase = Failed)
}
"""


def test_releases_are_listed_in_ranges() -> None:
    assert releases_of("1.34") == ((1, 34),)
    assert releases_of("v1.34.2") == ((1, 34, 2),)
    assert release_of("v1.34.2-eks-1") == (1, 34, 2)
    assert releases_of("1.30..1.32, 1.36,1.31") == ((1, 30), (1, 31), (1, 32), (1, 36))
    every = releases_of("all")
    assert (every[0], every[-1]) == (EARLIEST, LATEST)
    assert release_of("1.28") == EARLIEST


@pytest.mark.parametrize("text", ["", "1", "1.2", "1.99", "1.30..", "1.32..1.30", "x", "1.3-1.4"])
def test_what_is_no_release_is_refused(text: str) -> None:
    with pytest.raises(UnknownReleaseError):
        releases_of(text)


def test_one_release_takes_the_place_of_the_specs_own(shell: Shell) -> None:
    name = shell.write("a.pod", SINCE)
    own = shell("verify", name)
    assert shell("verify", name, "--kubernetes", "1.30").out == own.out
    other = shell("verify", name, "--kubernetes", "1.28")
    assert other.out != own.out
    written = shell.write("b.pod", SINCE.replace("1.30", "1.28"))
    words = [w for w in shell("verify", written).out.split() if w != "\\"]
    left = [w for w in other.out.split() if w not in ("--kubernetes", "1.28", "\\")]
    assert words == [w.replace("a.pod", "b.pod") for w in left]


def test_the_matrix_says_since_when(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", SINCE), "--kubernetes", "1.28..1.31")
    lines = done.out.splitlines()
    assert lines[0].split() == ["1.28", "1.29", "1.30", "1.31"]
    row = lines[lines.index('scenario "the sandbox has a condition"  a.pod:4') + 1]
    assert row.split() == ["FAILS", "HOLDS", "HOLDS", "HOLDS"]
    assert "  HOLDS 1.29 to 1.31, FAILS 1.28" in lines
    assert sum("FAILS   scenario" in line for line in lines) == 1
    assert done.code == 1


def test_a_release_that_does_not_accept_a_file_is_no_wrong_input(shell: Shell) -> None:
    name = shell.write("a.pod", OWN_POLICY)
    done = shell("verify", name, "--kubernetes", "all")
    assert done.code == 0
    assert "Under Kubernetes 1.28:" in done.out
    assert "not accepted 1.28" in done.out
    assert shell("verify", name, "--kubernetes", "1.28").code == 2
    wrong = shell.write(
        "b.pod", OWN_POLICY.replace("phase = Failed implies", "phaze = Failed implies")
    )
    assert shell("verify", wrong, "--kubernetes", "1.34..1.36").code == 2


def test_every_format_has_the_matrix(shell: Shell, tmp_path: Path) -> None:
    forms = ("json", "md", "html", "xml", "sarif", "github", "txt")
    options = [part for form in forms for part in ("-o", f"r.{form}")]
    shell("verify", shell.write("a.pod", SINCE), "--kubernetes", "1.28..1.30", *options)
    texts = {form: (tmp_path / f"r.{form}").read_text(encoding="utf-8") for form in forms}
    report = json.loads(texts["json"])
    jsonschema.validate(report, json.loads((PACKAGE / "report" / "schema.json").read_text()))
    assert report["releases"] == ["1.28", "1.29", "1.30"]
    assert [row["verdicts"] for row in report["matrix"]] == [
        ["FAILS", "HOLDS", "HOLDS"],
        ["HOLDS", "HOLDS", "HOLDS"],
    ]
    assert [file["release"] for file in report["files"]] == report["releases"]
    assert "| claim | 1.28 | 1.29 | 1.30 |" in texts["md"]
    assert re.search(r"\| ❌ FAILS \| ✅ HOLDS \| ✅ HOLDS \|", texts["md"])
    assert re.search(r'<th scope="col">1\.28</th>', texts["html"])
    assert texts["html"].count(' data-verdict="FAILS">') == 1
    assert 'name="a.pod (1.29)"' in texts["xml"]
    for form in ("sarif", "github", "html"):
        assert "(1.29 to 1.30)" in texts[form], form


def test_the_replay_names_the_release(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", SINCE), "--kubernetes", "1.28")
    (command,) = re.findall(r"Replay: +podcheck (run (?:.*\\\n)*.*)", done.out)
    words = re.findall(r"'[^']*'|[^\s\\]+", command)
    assert words[words.index("--kubernetes") + 1] == "1.28"
    played = shell(*(word.strip("'") for word in words))
    assert played.code == 0
    assert "app exits 1" in played.out


@pytest.mark.parametrize("option", ["--certificate", "--dump-smt2"])
def test_what_is_about_one_release_is_refused_for_several(shell: Shell, option: str) -> None:
    name = shell.write("a.pod", SINCE)
    done = shell("verify", name, "--kubernetes", "all", option, "folder")
    assert done.code == 2
    assert f"`{option}` is about one release" in done.err


def test_a_release_that_the_run_did_not_reach_is_unknown() -> None:
    """A run that ends between two releases of a file says nothing about the second."""
    found = Checker(Options(release=(1, 30))).check_source(Source("a.pod", SINCE), None)
    (row, _) = rows_of([labelled(found, "1.30")], ("1.30", "1.31"))
    assert row.verdicts == (Verdict.HOLDS, Verdict.UNKNOWN)
    (grouped,) = grouped_files([labelled(found, "1.30")], ("1.30", "1.31"))
    assert [claim.releases for claim in grouped.claims] == ["1.30", "1.30"]
