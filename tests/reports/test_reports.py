"""The report in every format: golden files, the same facts in all, valid for who reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import xmlschema
from places import TESTS
from report_readers import READERS, Moment, PageReader, read_workflow_commands, squeezed

from podcheck.checker.spec_files import Checker
from podcheck.language.source import Source
from podcheck.report import formats, sentences
from podcheck.report.timeline import timeline
from podcheck.results.stories import PodStatus, Story
from podcheck.results.verdicts import ClaimResult, FileResult, Outcome, Report
from podcheck.storage import package_data
from podcheck.verification.options import Options

FOLDER = TESTS / "reports"
SCHEMAS = TESTS / "schemas"
SPECS = sorted(p.stem for p in FOLDER.glob("*.pod"))


@cache
def report_on(name: str) -> Report:
    """The report on a spec of the folder, as `cd tests/reports; podcheck verify NAME.pod`."""
    source = Source(f"{name}.pod", (FOLDER / f"{name}.pod").read_text(encoding="utf-8"))
    return Report((Checker(Options(stories="all")).check_source(source, None),))


@cache
def everything() -> Report:
    """All of the folder's specs in one report, and a file that was not come to."""
    results: tuple[FileResult, ...] = tuple(f for name in SPECS for f in report_on(name).files)
    return Report(results, left=("specs/later, 50%.pod",))


# ---- golden files ---------------------------------------------------------------------------


@pytest.mark.parametrize("form", formats.FORMATS, ids=lambda f: f.name)
@pytest.mark.parametrize("name", SPECS)
def test_a_report_is_the_golden_one(
    name: str, form: formats.Format, golden: Callable[[Path, str], None]
) -> None:
    text = formats.render(report_on(name), form.name)
    golden(FOLDER / f"{name}{form.suffixes[0]}", text)


def test_the_folder_holds_nothing_else() -> None:
    suffixes = {s for f in formats.FORMATS for s in f.suffixes} | {".pod"}
    expected = {f"{name}{suffix}" for name in SPECS for suffix in suffixes}
    found = {p.name for p in FOLDER.iterdir() if p.is_file() and p.suffix != ".py"}
    assert found == expected | {"README.md"}


@pytest.mark.parametrize("name", formats.NAMES)
def test_rendering_twice_gives_the_same(name: str) -> None:
    assert formats.render(everything(), name) == formats.render(everything(), name)


# ---- the same facts in all --------------------------------------------------------------------


@pytest.mark.parametrize("form", formats.NAMES)
@pytest.mark.parametrize("name", SPECS)
def test_every_format_tells_the_same_facts(name: str, form: str) -> None:
    compare_facts(report_on(name), form)


@pytest.mark.parametrize("form", formats.NAMES)
def test_names_that_the_language_refuses_would_do_no_harm(form: str) -> None:
    """A renderer relies on no check of another part."""
    compare_facts(renamed(report_on("fails"), '<b>"&amp;]]>#'), form)


def renamed(report: Report, name: str) -> Report:
    """The report with another name for every first container of a run."""

    def status(s: PodStatus) -> PodStatus:
        return s._replace(containers=(s.containers[0]._replace(name=name), *s.containers[1:]))

    def outcome(o: Outcome) -> Outcome:
        if o.story is None:
            return o
        steps = tuple(
            x._replace(status=status(x.status), on_the_way=tuple(map(status, x.on_the_way)))
            for x in o.story.steps
        )
        return o._replace(story=o.story._replace(steps=steps))

    (file,) = report.files
    claims = (c._replace(outcomes=tuple(map(outcome, c.outcomes))) for c in file.claims)
    return report._replace(files=(file._replace(claims=tuple(claims)),))


def compare_facts(report: Report, form: str) -> None:
    facts = READERS[form](formats.render(report, form))
    wanted = [(*named(c, form), sentences.place(c.span)) for c in report.claims]
    found = [(verdict, squeezed(title), place) for verdict, title, place in facts.claims]
    # An annotation is at the line that it is about, not at the claim's.
    files_only = form == "github"
    for verdict, title, place in wanted:
        places = {place, place.rpartition(":")[0]} if files_only else {place}
        assert [f for f in found if f[:2] == (verdict, squeezed(title)) and f[2] in places], title
    assert len({f[:2] for f in found}) == len(wanted)
    told = [one for claim in report.claims for one in sentences.told(claim)]
    if facts.runs is not None:
        runs = sorted(rows(one.story) for one in told if one.story is not None)
        assert sorted(facts.runs) == runs
    shown = squeezed(facts.words)
    for one in told:
        for fact in facts_of(one):
            # Only JSON has sentences in parts, which begin and end as a format likes.
            assert squeezed(fact).lower() in shown.lower(), fact
    for diagnostic in (d for f in report.files for d in f.diagnostics):
        for fact in (diagnostic.code, diagnostic.message, diagnostic.hint):
            assert squeezed(fact) in shown, fact


def named(claim: ClaimResult, form: str) -> tuple[str, str]:
    """The verdict and the claim: formats for programs have the verdict's own value."""
    if form in ("json", "junit", "sarif"):
        return claim.verdict.value, sentences.title(claim)
    return sentences.headline(claim)


def rows(story: Story) -> tuple[Moment, ...]:
    grid = timeline(story.steps)
    return tuple(tuple(zip(grid.labels, m.cells, strict=True)) for m in grid.moments)


def facts_of(told: sentences.ClaimSummary) -> list[str]:
    """What is to be found in every format about one outcome."""
    found = [told.about, told.why]
    if told.story is not None:
        story = told.story
        found += [story.expected, sentences.actual(story), *story.would_hold, story.replay]
        found += [rule.name for rule in story.decided_by]
        found += [rule.cites for rule in story.decided_by]
    return found


@pytest.mark.parametrize("form", formats.NAMES)
def test_every_format_names_what_an_interrupted_run_left(form: str) -> None:
    shown = squeezed(READERS[form](formats.render(everything(), form)).words)
    assert squeezed("specs/later, 50%.pod") in shown


# ---- for who reads them ---------------------------------------------------------------------


def test_json_is_valid() -> None:
    schema = json.loads(package_data.read("report", "schema.json"))
    jsonschema.validate(json.loads(formats.render(everything(), "json")), schema)


def test_sarif_is_valid() -> None:
    """Against the schema of OASIS, with its formats (`uri`, ...)."""
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft4Validator(
        schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER
    )
    log = json.loads(formats.render(everything(), "sarif"))
    validator.validate(log)
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert list(validator.iter_errors(log))


def test_sarif_points_at_the_line_and_has_the_run_as_a_code_flow() -> None:
    (run,) = json.loads(formats.render(report_on("fails"), "sarif"))["runs"]
    rules = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    assert {r["ruleId"] for r in run["results"]} <= rules
    first: Any = run["results"][0]
    region = first["locations"][0]["physicalLocation"]["region"]
    line = (FOLDER / "fails.pod").read_text().splitlines()[region["startLine"] - 1]
    assert line[region["startColumn"] - 1 : region["endColumn"] - 1] == "Failed"
    (thread,) = first["codeFlows"][0]["threadFlows"]
    assert [x["executionOrder"] for x in thread["locations"]] == [1, 2]
    assert thread["locations"][1]["state"]["STATUS"] == {"text": "OOMKilled"}
    assert run["invocations"][0]["exitCode"] == 1


def test_sarif_shows_no_link_that_a_title_made_up() -> None:
    (run,) = json.loads(formats.render(report_on("hostile"), "sarif"))["runs"]
    assert not [r for r in run["results"] if "](" in r["message"]["text"]]


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("specs/a b.pod", "specs/a%20b.pod"),
        ("./a.pod", "a.pod"),
        ("/tmp/50%.pod", "file:///tmp/50%25.pod"),
        ("specs\\a.pod", "specs/a.pod"),
    ],
)
def test_sarif_has_paths_as_uris(path: str, uri: str) -> None:
    report = Report((FileResult(path, (), (), note="this file claims nothing"),))
    (run,) = json.loads(formats.render(report, "sarif"))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == uri


def test_junit_is_valid() -> None:
    schema = xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd")
    text = formats.render(everything(), "junit")
    schema.validate(text)
    assert not schema.is_valid(text.replace("<failure", "<broken").replace("</failure", "</broken"))


def test_junit_counts_what_does_not_pass() -> None:
    from xml.etree import ElementTree as ET

    report = everything()
    root = ET.fromstring(formats.render(report, "junit"))
    counts = {name: int(root.get(name, "")) for name in ("tests", "failures", "errors")}
    cases = list(root.iter("testcase"))
    assert counts["tests"] == len(cases)
    assert counts["failures"] == len(list(root.iter("failure")))
    assert counts["errors"] == len(list(root.iter("error")))
    failing = {c.get("name") for c in cases if c.find("failure") is not None}
    assert len(failing) == sum(c.verdict == "FAILS" for c in report.claims)
    passing = [c for c in cases if c.find("failure") is None and c.find("error") is None]
    assert len(passing) == sum(c.verdict == "HOLDS" for c in report.claims)


def test_junit_has_no_character_that_xml_forbids() -> None:
    from xml.etree import ElementTree as ET

    report = Report((FileResult("a\x00\x1b\ufffe.pod", (), (), note="nothing"),))
    (suite,) = ET.fromstring(formats.render(report, "junit"))
    assert suite.get("name") == r"a\x00\x1b\ufffe.pod"


def test_annotations_point_at_what_is_wrong() -> None:
    commands, _ = read_workflow_commands(formats.render(everything(), "github"))
    assert {kind for kind, _, _ in commands} == {"error"}
    places = {(p["file"], p["line"], p["col"]) for _, p, _ in commands}
    assert ("fails.pod", "8", "57") in places
    assert ("wrong.pod", "3", "29") in places
    assert ("specs/later, 50%.pod", "1", "1") in places


def test_a_page_prints_what_kubectl_would() -> None:
    """Of every moment of every run, as far as the page names a pod."""
    page = PageReader()
    page.feed(formats.render(report_on("fails"), "html"))
    cells = page.cells
    told = [t for c in report_on("fails").claims for t in sentences.told(c) if t.story is not None]
    wanted = [(t.pod, *m.cells[-3:]) for t in told for m in timeline(t.story.steps).moments]  # type: ignore[union-attr]
    shown = [tuple(cells[i : i + 4]) for i in range(0, len(cells), 4)]
    assert sorted(shown) == sorted(wanted)  # what fails comes first on the page


@pytest.mark.parametrize("form", formats.NAMES)
def test_every_format_says_where_a_run_repeats(form: str) -> None:
    text = formats.render(report_on("repeats"), form)
    json_fields = ('"loop": 1', '"loop": 0')
    broken = text.replace("%0A", "\n").replace("\\n", "\n")  # lines as GitHub and SARIF have them
    for mark in json_fields if form == "json" else ("[from here it", "[and so it"):
        if form == "mermaid":
            assert {"and again", "and so it stays"} <= set(re.findall("--> .* : (and .*)", text))
        else:
            assert mark in broken


def test_a_page_loads_nothing() -> None:
    text = formats.render(everything(), "html")
    loading = re.sub(r'<a href="[^"]*">', "", text)  # a link is followed by a reader alone
    assert "http://" not in loading.replace("http://www.w3.org/2000/svg", "")
    assert "https://" not in loading
    assert "default-src 'none'" in text


# ---- the table of formats -------------------------------------------------------------------


def test_suffixes_are_told_apart() -> None:
    suffixes = [s for f in formats.FORMATS for s in f.suffixes]
    assert len(suffixes) == len(set(suffixes))
    for form in formats.FORMATS:
        assert {formats.format_of(f"a/b{s}") for s in form.suffixes} == {form.name}
    assert formats.format_of("report.HTML") == "html"
    assert formats.format_of("report.pdf") is None
    assert formats.format_of("html") is None
