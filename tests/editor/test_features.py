"""What the language server answers, without a server."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path

import pytest
from places import ROOT

from podcheck.editor import completion, features, keywords
from podcheck.editor.analysis import Analysis, analysed
from podcheck.editor.file_names import file_names
from podcheck.editor.positions import Place, offset_of, place_of
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import KEYWORDS
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import Files, folder_of

PODS = 'pod two { container app  container "node" }\npod one { container app { livenessProbe } }\n'


def analysis(text: str) -> Analysis:
    return analysed(Source("spec", text), None, load_pack())


MANIFEST = """\
{apiVersion: batch/v1, kind: Job, metadata: {name: report},
 spec: {template: {spec: {restartPolicy: Never, containers: [{name: c}]}}}}
---
{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: c}]}}
"""
JOB_CLAIM = (
    'job work { pod { restartPolicy: Never  container work } }\ncheck "c" for work { always '
)


def at_cursor(text: str) -> tuple[Analysis, int]:
    """A text with the cursor at `^`."""
    return analysis(PODS + text.replace("^", "")), len(PODS) + text.index("^")


# ---- completion ----------------------------------------------------------------------------------

WHEN = 'scenario "s" for two {\n  when '
TABLE = 'table "t" for two {\n  | event | Never |\n  '
CLAIM = 'check "c" for two from Running under Never {\n'


@pytest.mark.parametrize(
    ("text", "offers", "not_offered"),
    [
        ("^", "pod table scenario check find refute rule", "decide event when"),
        ('check "c" ^', "for from under assuming", "when phase"),
        ('check "c" for ^', "two one", "app Running"),
        ('check "c" for two from ^', "created Running any", "two"),
        ('check "c" for two under ^', "Always OnFailure Never every", "two"),
        ('check "c" for two assuming only ^', "exits|OOM kills|backoff", "app"),
        (CLAIM + "  ^\n}\n", "always never eventually phase app STATUS", "Always"),
        (CLAIM + "  never phase = ^\n}\n", "Pending Running Succeeded Failed", "never app"),
        (CLAIM + "  never phase in {Failed, ^\n}\n", "Pending Running", "never app"),
        (CLAIM + "  never app.^\n}\n", "state exitCode restartCount ready", "phase never"),
        (CLAIM + "  never app.state = ^\n}\n", "waiting running terminated", "Failed app"),
        (CLAIM + "  never STATUS = ^\n}\n", '"CrashLoopBackOff" "Error"', "Failed app"),
        (WHEN + "^", "app exits nonzero|node is lost|any container is OOMKilled", "phase"),
        (WHEN + "app exits 1 followed by ^", "node exits 0|pod is deleted", "phase"),
        ('scenario "s" for two {\n  when app exits 1 ^', "then followed or at", "app"),
        ('scenario "s" for one {\n  when ^', "app fails livenessProbe|app exits 0", "node"),
        (TABLE + "| ^", "app exits 0|node is lost", "assuming"),
        (TABLE + "| app exits 0 | ^", "Running Failed any", "when"),
        ("pod a { container x { ^", "livenessProbe restartPolicy on", "activeDeadlineSeconds"),
        ("pod a { ^", "container init restartPolicy activeDeadlineSeconds", "livenessProbe"),
        ("pod three { restartPolicy: ^", "Always OnFailure Never", "container"),
        ("# a comment ^", "", "pod check"),
        ("^", "job pod check", "decide"),
        ("kubernetes ^", "1.28 1.36", "pod"),
        (CLAIM + "  always ^\n}\n", "phase READY RESTARTS", "jobFailed jobInterim job"),
        (WHEN + "app ^", "exits 0|is OOMKilled|image pull fails", "phase app"),
        (WHEN + "any container ^", "exits 0|is OOMKilled", "phase node"),
        (WHEN + "app exits 0 followed by node ^", "exits 0|is OOMKilled", "phase app"),
        (WHEN + "{^", "app exits 0|pod is deleted", "phase"),
        ('table "t" for two {\n  | event | ^', "Always Never pod from", "Running two"),
        (TABLE + "| app ^", "exits 0|is OOMKilled", "Running"),
        (JOB_CLAIM + "job.^", "phase failed made overlaps STATUS", "exitCode End"),
        (JOB_CLAIM + "job.phase = ^", "Running Complete Failed Suspended", "Pending"),
        (JOB_CLAIM + "^", "job phase work", "jobPhase"),
        ("job j { ^", "backoffLimit completions suspend podFailurePolicy pod", "phase check"),
        ("job j { completionMode: ^", "Indexed NonIndexed", "pod"),
        ("job j { pod { ^", "restartPolicy container init", "livenessProbe backoffLimit"),
        ("job j { pod { container c { ^", "livenessProbe restartPolicy", "backoffLimit"),
        ('check "c" for two from any state ^', "where", "phase under"),
        (CLAIM + "  always ^\n}\n", "next count some phase", "decide"),
    ],
)  # fmt: skip
def test_what_may_follow(text: str, offers: str, not_offered: str) -> None:
    found = {c.text for c in completion.completions(*at_cursor(text))}
    wanted = offers.split("|") if "|" in offers else offers.split()
    assert set(wanted) <= found
    assert not found & set(not_offered.split())


def test_what_is_offered_is_accepted() -> None:
    """Each event that is offered makes a spec without errors."""
    text = 'scenario "s" for two {\n  when ^'
    for found in completion.completions(*at_cursor(text)):
        if found.kind == "event":
            done = analysis(PODS + text.replace("^", found.text) + " }\n")
            assert not done.has_errors, found.text


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ('include "^', "below/ shared.pod"),
        ('include "below/^', "more.pod"),
        ('include "below/m^"', "more.pod"),
        ('pod web from "^', "below/ jobs.yaml"),
        ('job "my job" from "jo^', "below/ jobs.yaml"),
        ('pod web from "jobs.yaml" ^', "Job/report Pod/web"),
        ('job web from "jobs.yaml" Jo^', "Job/report"),
        ('include "../^', ""),
        ('include "../../../../^', ""),
        ('pod web from "../^', ""),
        ('pod web from "/etc/^', ""),
        ('pod web from "nothing/^', ""),
        ('pod web from "nothing.yaml" ^', ""),
        ('check "include ^', None),
    ],
)
def test_names_of_files(text: str, offers: str | None, tmp_path: Path) -> None:
    """What is there may be named, and nothing outside of the spec's folder."""
    here = tmp_path / "specs"
    (here / "below").mkdir(parents=True)
    (here / ".git").mkdir()
    (tmp_path / "outside.pod").touch()
    (tmp_path / "outside.yaml").touch()
    (here / "shared.pod").touch()
    (here / "below" / "more.pod").touch()
    (here / "jobs.yaml").write_text(MANIFEST)
    found = file_names(*at_cursor(text), Files().folder(str(here)))
    if offers is None:
        assert found is None
    else:
        assert found is not None
        assert [c.text for c in found[0]] == offers.split()
        begun = text[: text.index("^")]
        assert len(PODS) + len(begun) - found[1] == len(re.split(r'["/ ]', begun)[-1])


# ---- hover ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (CLAIM + "  never phase = Fail^ed\n}", "**phase** `Failed`"),
        (CLAIM + "  never pha^se = Failed\n}", "**field** `phase`"),
        (CLAIM + "  never app.restart^Count = 1\n}", "The restart count in the status."),
        (CLAIM + "  never a^pp.restartCount = 1\n}", "**container** `app` of pod `two`"),
        (CLAIM.replace("two", "t^wo") + "  never phase = Failed\n}", "**pod** `two`"),
        (CLAIM + '  never STATUS = "CrashLoop^BackOff"\n}', "**reason or STATUS**"),
        ('scenario "s" for two { when app is OOM^Killed }', "**event** `CONTAINER is OOMKilled`"),
        (CLAIM + '  never READ^Y = "1/2"\n}', "**column** `READY`"),
        ('scenario "s" for two from Run^ning { when app exits 1 }', "**start** `Running`"),
        (JOB_CLAIM + "job.ph^ase = Complete }", "One of Running, Suspended, Complete, Failed."),
        (JOB_CLAIM + "job.fail^ed = 1 }", "**field of the Job** `failed`"),
        ('scenario "s" for two { when node is l^ost }', "**event** `node is lost`"),
        ('scenario "s" for two { when "no^de" exits 1 }', "**container** `node`"),
        ('check "c" ass^uming only exits { always true }', "#assumptions"),
        ('check "c" { phase = Running le^ads to phase = Failed }', "in every fair run"),
        ("jo^b work { pod { container c } }", "Declares a Job"),
        ("pod a { container b { live^nessProbe } }", "`CONTAINER fails livenessProbe`: The"),
        ("pod a { container b { readiness^Probe } }", "`CONTAINER becomes unready`: The"),
    ],
)
def test_hover(text: str, says: str) -> None:
    found = features.hover(*at_cursor(text))
    assert found is not None and says in found.markdown


def test_hover_on_nothing() -> None:
    assert features.hover(*at_cursor(CLAIM + "  never phase ^ = Failed\n}")) is None
    assert features.hover(*at_cursor("# what a che^ck is\n")) is None
    assert features.hover(*at_cursor('check "what a che^ck is" { always true }\n')) is None


def test_every_word_of_the_language_is_explained() -> None:
    """A sentence for each keyword that a spec may have, under a heading of the reference."""
    reference = (ROOT / "grammar" / "README.md").read_text(encoding="utf-8")
    headings = set(re.findall(r"^## (.+)$", reference, re.MULTILINE))
    assert {k.section for k in keywords.KEYWORDS.values()} <= headings
    assert {*KEYWORDS, "job"} - completion.OF_RULES <= set(keywords.KEYWORDS)
    assert set(keywords.KEYWORDS) <= {*KEYWORDS, "job"}


# ---- quick fixes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (CLAIM + "  never phase = Runing\n}\n", CLAIM + "  never phase = Running\n}\n"),
        (CLAIM + "  never ap.exitCode = 1\n}\n", CLAIM + "  never app.exitCode = 1\n}\n"),
        (CLAIM.replace("two", "tow") + "  never phase = Failed\n}\n",
         CLAIM + "  never phase = Failed\n}\n"),
        (CLAIM + "  never phase == Failed\n}\n", CLAIM + "  never phase = Failed\n}\n"),
        (CLAIM + "  never phase = Failed\n", CLAIM + "  never phase = Failed\n}\n"),
        ('find "f" for two { when app exts 1 }\n', 'find "f" for two { when app exits 1 }\n'),
        ("pod three { containr x }\n", "pod three { container x }\n"),
    ],
)  # fmt: skip
def test_a_quick_fix_mends_the_error(text: str, mended: str) -> None:
    found = analysis(PODS + text)
    fixes = list(features.quick_fixes(found))
    assert fixes, [d.message for d in found.diagnostics]
    after = features.edited(found.source.text, (fixes[0].edit,))
    assert " ".join(after.split()) == " ".join((PODS + mended).split())


def test_every_quick_fix_of_bad_specs_helps() -> None:
    """Whatever is offered for the collection of wrong specs takes its error away."""
    offered = 0
    for path in sorted((ROOT / "tests" / "bad").glob("*.pod"))[:40]:
        text = path.read_text(encoding="utf-8", errors="replace")
        if len(text) > 5_000 or re.search(r"^include|\bfrom \"", text, re.MULTILINE):
            continue
        found = analysis(text)
        for fix in features.quick_fixes(found):
            offered += 1
            after = analysis(features.edited(text, (fix.edit,)))
            same = (fix.diagnostic.code, fix.diagnostic.message)
            left = [(d.code, d.message) for d in after.diagnostics].count(same)
            assert left < [(d.code, d.message) for d in found.diagnostics].count(same)
    assert offered > 20


# ---- rename --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["web", "table", "0b", "with space"])
def test_renaming_is_undone_by_renaming_back(name: str) -> None:
    text = PODS + (
        'table "t" from Running {\n  | pod | event | Never |\n  | two | app exits 1 | Running |\n'
        "  | two | node is lost | Running |\n}\n"
        'check "c" for two { never app.exitCode = 3 and "node".restartCount = 2 }\n'
    )
    before = analysis(text)
    assert not before.has_errors
    for word in ("two {", "app  ", '"node" }'):
        offset = text.index(word) + 1
        edits = features.renamed(before, offset, name)
        after = analysis(features.edited(text, edits))
        assert not after.has_errors
        assert "node is lost" in after.source.text
        old = re.split(r"[ {]", word.replace('"', ""))[0]
        back = features.edited(after.source.text, features.renamed(after, offset, old))
        assert back.replace('"', "") == text.replace('"', "")


def test_every_word_of_a_spec_can_be_pointed_at() -> None:
    """Nothing that a cursor can be on makes hover, definition or completion fail."""
    for name in ("article.pod", "init.pod", "jobs.pod"):
        path = ROOT / "specs" / name
        if not path.exists():
            continue
        text = path.read_text(encoding="utf-8")
        folder = Files().folder(folder_of(str(path)))
        found = analysed(Source(name, text), folder, load_pack())
        for offset in range(0, len(text), 97):
            features.hover(found, offset)
            features.definition(found, offset)
            completion.completions(found, offset)


@pytest.mark.parametrize("text", ["", "a", "a\nb", "\u00e4\U0001f600x\n\U0001f600", "a\r\nb"])
def test_places_and_offsets_are_inverse(text: str) -> None:
    source = Source("x", text)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset] != "\r" and text[offset : offset + 1] != "\r":
            assert offset_of(source, place_of(source, offset)) == offset
    assert offset_of(source, Place(99, 99)) == len(text)


def test_formatting_leaves_errors_alone() -> None:
    assert features.formatted(Source("x", "pod two {")) is None
    assert Diagnostics().sorted() == ()
    edit = features.formatted(Source("x", "pod   two { container app }\n"))
    assert edit is not None and edit.text == "pod two { container app }\n"


def test_the_package_is_one_that_needs_no_server() -> None:
    """Only one module knows the protocol's library."""
    for path in (Path(features.__file__).parent).glob("*.py"):
        uses = "pygls" in re.sub(r'""".*?"""', "", path.read_text(), flags=re.DOTALL)
        assert uses == (path.name == "server.py")


# ---- half-typed texts ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(8))
def test_a_text_that_is_half_typed_has_answers(seed: int) -> None:
    """Specs of the catalogue, cut off somewhere or with a piece missing."""
    chance = random.Random(seed)
    paths = sorted((ROOT / "specs").rglob("*.pod"))
    text = chance.choice(paths).read_text(encoding="utf-8")[:2500]
    cut = chance.randrange(len(text))
    text = text[:cut] + text[cut + chance.randint(1, 30) :] * chance.randint(0, 1)
    found = analysis(text)
    for offset in (min(cut, len(text)), chance.randrange(len(text) + 1)):
        completion.completions(found, offset)
        features.hover(found, offset)
        features.definition(found, offset)
        with contextlib.suppress(features.CanNotRenameError):
            features.renamed(found, offset, "another")
    for fix in features.quick_fixes(found):
        assert features.edited(text, (fix.edit,)) != text
