"""A repository of thousands of files: exit codes, what is planted and what is not, length, time and
memory of reports."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from command_line import Shell
from places import PACKAGE, TESTS
from repository import FILES, PLANTED, WORKLOADS, repository

from podcheck.language.source import Source
from podcheck.report import audit_github, audit_sarif
from podcheck.report.audit_groups import Groups, common, counted
from podcheck.report.audit_text import AuditStream
from podcheck.report.formats import NAMES, STREAMS, render
from podcheck.results.verdicts import (
    ClaimResult,
    FileResult,
    FoundHazard,
    Outcome,
    Report,
    Tally,
    Verdict,
)

SMALL = 16  # more than the workloads that are planted
MOST_LINES = 400
MOST_KB = 200_000


def written(folder: Path, files: int = SMALL, *, planted: bool = True) -> Path:
    for path, text in repository(files, planted=planted):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def findings(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (Path(file["path"]).stem, outcome["hazard"]["name"])
        for file in report["files"] for claim in file["claims"] for outcome in claim["outcomes"]
    ]  # fmt: skip


@pytest.mark.parametrize("planted", [False, True])
def test_the_exit_code_is_as_planted(planted: bool, shell: Shell) -> None:
    written(shell.folder / "repo", planted=planted)
    done = shell("audit", "repo", "--format", "json")
    report = json.loads(done.out)
    assert done.code == report["exit_code"] == int(planted)
    assert not [d for file in report["files"] for d in file["diagnostics"]]
    found = findings(report)
    assert bool(found) is planted
    assert not planted or {name for _, name in found} >= {name for name, _ in PLANTED}
    for file, name in found:
        assert file in dict(PLANTED), (file, name)
        assert (file, file) in found


def test_many_findings_are_grouped_the_worst_first(shell: Shell) -> None:
    written(shell.folder / "repo")
    twins = dict(PLANTED)["two-containers-one-port"]
    shell.write("repo/others.yaml", twins.replace("name: twins", "name: others"))
    out = shell("audit", "repo").out
    lines = out.splitlines()
    assert len(lines) < MOST_LINES
    assert lines[0].split() == ["warning", "2", "two-containers-one-port", "(2", "workloads)"]
    assert "warning two-containers-one-port: 2 findings" in lines
    assert sum("Fix: " in line for line in lines) == len(PLANTED)
    summary = shell("audit", "repo", "--summary").out.splitlines()
    head = lines[: lines.index("")]
    assert summary == [
        *head,
        "",
        *lines[lines.index(next(x for x in lines if " workloads: " in x)) :],
    ]


def test_what_holds_of_nearly_all_is_one_line() -> None:
    """Of thirty workloads, twenty-nine have one info, and one has another."""
    groups = Groups()
    for number in range(30):
        groups.add(FileResult("a.yaml", (), (claim(number, "common" if number else "rare"),)))
    assert common(groups) == (
        "info, of nearly all workloads: common (29); `podcheck explain NAME` explains one"
    )
    assert [name for _, _, _, name in counted(groups)] == ["rare"]
    report = Report((), tally=Tally(30, 0, "info", 0, 0, 0, 0))
    stream = AuditStream()
    for number in range(30):
        stream.add(FileResult("a.yaml", (), (claim(number, "common" if number else "rare"),)))
    shown = "".join(stream.parts(report))
    assert "info    rare: 1 finding" in shown and "common: 29" not in shown


def claim(number: int, name: str) -> ClaimResult:
    """A workload with one info."""
    span = Source("a.yaml", "kind: Pod\n").span(0, 4)
    hazard = FoundHazard(name, "info", "", "It is so.", "Change it.", "https://example.org")
    outcome = Outcome(
        f"Pod p{number}", "Never", name, Verdict.FAILS, False, "", None, span, None, hazard
    )
    return ClaimResult(
        "audit", f"Pod p{number}", Verdict.FAILS, span, (), "created", "", (), "", (outcome,)
    )


def test_hidden_findings_are_counted_where_a_workload_is_clean(shell: Shell) -> None:
    written(shell.folder / "repo", 10, planted=False)
    out = shell("audit", "repo").out
    (line,) = (x for x in out.splitlines() if "-0" in x and x.startswith("clean"))
    assert " info hidden) " in line


# ---- formats -------------------------------------------------------------------------------------


def test_a_streamed_report_is_the_same_as_a_whole_one(shell: Shell) -> None:
    written(shell.folder / "repo")
    printed = {}
    outputs = [part for n, name in enumerate(STREAMS) for part in ("-o", f"r{n}.{_suffix(name)}")]
    for form in STREAMS:
        printed[form] = shell("audit", "repo", "--format", form).out
    shell("audit", "repo", *outputs)
    for n, form in enumerate(STREAMS):
        assert (shell.folder / f"r{n}.{_suffix(form)}").read_text("utf-8") == printed[form], form
    schema = json.loads((PACKAGE / "report" / "schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(json.loads(printed["json"]), schema)
    sarif = json.loads((TESTS / "schemas" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(sarif).validate(json.loads(printed["sarif"]))


def _suffix(form: str) -> str:
    known = {"text": "txt", "codequality": "codequality.json"}
    return known.get(form, form)


def test_an_audit_of_nothing_is_a_report_in_every_format() -> None:
    tally = Tally(0, 0, "warning", 0, 0, 0, 0)
    report = Report((FileResult("a.yaml", (), ()),), tally=tally)
    for form in NAMES:
        assert render(report, form).endswith("\n")


def test_only_what_github_shows_is_sent(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst of it."""
    monkeypatch.setattr(audit_sarif, "LIMIT", 5)
    monkeypatch.setattr(audit_github, "SHOWN", 3)
    written(shell.folder / "repo")
    shell.write(
        "repo/apps/bad.yaml", dict(PLANTED)["two-containers-one-port"].replace("80}]", "0}]")
    )
    (run,) = json.loads(shell("audit", "repo", "--format=sarif").out)["runs"]
    levels = [r["level"] for r in run["results"]]
    assert len(levels) == 5 and levels[0] == "error" and set(levels[2:]) == {"warning"}
    assert run["properties"]["leftOut"] > 5
    lines = shell("audit", "repo", "--format=github").out.splitlines()
    kinds = [line.split()[0] for line in lines if line.startswith("::")]
    assert kinds == ["::error"] * kinds.count("::error") + ["::warning"] * 3
    assert any("more of the kind warning: GitHub shows 3 of a step" in line for line in lines)
    assert len(lines) < 60


# ---- the whole repository ------------------------------------------------------------------------


@pytest.mark.slow
def test_the_whole_repository_keeps_within_its_limits(tmp_path: Path) -> None:
    """3,000 files: at most 10 s cold and 1.5 s again on two processors that are free; other work on
    the machine is allowed for by counting the processors' time."""
    folder = written(tmp_path / "repo", FILES)
    environment = dict(os.environ, PODCHECK_CACHE=str(tmp_path / "cache"))
    spent = []
    for form in ("json", *NAMES):
        command = [sys.executable, "-m", "podcheck", "audit", ".", "--format", form]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, check=False
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        spent.append(min(used, time.monotonic() - started))
        assert done.returncode == 1, form
        assert after.ru_maxrss < MOST_KB, form
        if form == "json":
            report = json.loads(done.stdout)
            assert report["audit"]["workloads"] == WORKLOADS + len(PLANTED)
        if form == "text":
            assert len(done.stdout.splitlines()) < MOST_LINES
    assert spent[0] < 2 * 10
    assert max(spent[1:]) < 1.5
