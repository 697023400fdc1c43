"""The library of hazards: each has a manifest that has it and a near miss that does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from places import ROOT, TESTS
from sampling import sampled

from podcheck.auditing.finding import Finding, PodAudit
from podcheck.auditing.neighbours import linked
from podcheck.auditing.pod_audit import Basis, audit_pod
from podcheck.auditing.pod_shape import facts_of, filled, put_back, shaped
from podcheck.auditing.work_items import Searching, read
from podcheck.compiler.hazards import plan_hazards
from podcheck.declarations.hazard import Hazard, build_hazards
from podcheck.declarations.pod import Pod
from podcheck.declarations.releases import RECORDED
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Settings
from podcheck.language.diagnostics import SEVERITIES, Diagnostics
from podcheck.language.lexer import KEYWORDS
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.hazards import library_sources, load_hazards
from podcheck.loading.rules import load_pack
from podcheck.loading.sources import read_source
from podcheck.manifests.reader import read_manifest
from podcheck.manifests.workload import Controller, Workload
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

FOLDER = TESTS / "hazards"
HAZARDS = load_hazards()


def workloads(path: Path) -> tuple[Workload, ...]:
    diagnostics = Diagnostics()
    source = read_source(str(path), path.name, diagnostics)
    assert source is not None
    return with_neighbours(source)


def with_neighbours(source: Source) -> tuple[Workload, ...]:
    """The workloads of a text, each with what the objects beside it say."""
    one = read(source)
    assert not one.diagnostics, source.name
    (one,) = linked([one])
    return one.manifest.workloads


def audited(pod: Pod, controller: Controller, told: str = "info") -> PodAudit:
    shape, names = shaped(pod, controller)
    return put_back(Searching(shape, Options(), RECORDED, told).do(), names)


@cache
def audits(name: str) -> tuple[PodAudit, ...]:
    """What is found in the documents of a hazard's manifest."""
    return tuple(
        audited(w.declaration.members[0], w.controller) for w in workloads(FOLDER / f"{name}.yaml")
    )


@pytest.fixture(scope="module", params=sampled(HAZARDS, 3, ids=lambda h: h.name))
def hazard(request: pytest.FixtureRequest) -> Hazard:
    """Each in turn, for all tests of a manifest, so that one process audits it once."""
    assert isinstance(request.param, Hazard)
    return request.param


def test_one_manifest_has_it_and_a_near_miss_does_not(hazard: Hazard) -> None:
    has, near_miss = audits(hazard.name)
    assert hazard.name in {f.hazard.name for f in has.findings}
    assert hazard.name not in {f.hazard.name for f in near_miss.findings}
    assert not (has.is_refused or near_miss.is_refused)
    assert all(f.is_decided for f in (*has.findings, *near_miss.findings))


def described(finding: Finding) -> str:
    about = f" of {finding.hazard.container}" if finding.hazard.container else ""
    if finding.story is None:
        shown = re.sub(r"an invariant of \d+ clauses", "an invariant", finding.detail)
    else:
        last = finding.story.steps[-1].status
        events = ", ".join(step.event for step in finding.story.steps)
        shown = f"{events}: {last.phase}, {last.status}"
    return f"  {finding.hazard.severity:<8}{finding.hazard.name}{about}: {shown}"


def test_the_findings_are_those_of_the_golden_file(
    hazard: Hazard, golden: Callable[[Path, str], None]
) -> None:
    path = FOLDER / f"{hazard.name}.yaml"
    lines = []
    for workload, audit in zip(workloads(path), audits(hazard.name), strict=True):
        lines += [f"{path.name}:{workload.span.line} {workload.title}"]
        lines += [described(f) for f in audit.findings]
    golden(FOLDER / f"{path.name}.expected", "\n".join(lines) + "\n")


def test_no_manifest_is_left_over() -> None:
    names = {h.name for h in HAZARDS}
    assert {p.stem for p in FOLDER.glob("*.yaml")} == names
    expected = {p.name.removesuffix(".yaml.expected") for p in FOLDER.glob("*.expected")}
    assert expected == names


# ---- the fixes -------------------------------------------------------------------------------

FIXES: dict[str, list[dict[str, Any]]] = yaml.safe_load((FOLDER / "fixes.yml").read_text("utf-8"))
EVERY_FIX = [(name, n) for name, listed in FIXES.items() for n in range(len(listed))]


def changed(document: Any, changes: list[dict[str, Any]]) -> Any:
    """A document after a patch of the operations add, replace and remove (RFC 6902)."""
    document = deepcopy(document)
    for change in changes:
        *path, last = change["path"].split("/")[1:]
        at = document
        for key in path:
            at = at[int(key)] if isinstance(at, list) else at[key]
        where = int(last) if isinstance(at, list) else last
        assert change["op"] == "add" or isinstance(at, list) or where in at, change
        if change["op"] == "remove":
            del at[where]
        else:
            at[where] = change["value"]
    return document


def audited_document(document: Any, *beside: Any) -> PodAudit:
    text = "\n---\n".join(json.dumps(d) for d in (document, *beside))
    (workload,) = with_neighbours(Source("a.yaml", text))
    return audited(workload.declaration.members[0], workload.controller)


def with_another_exit(hazard: Hazard, document: Any) -> PodAudit:
    """The audit for one hazard alone, where a process that is stopped does not end with 0."""
    source = hazard.claim.source
    node = hazard.claim.node
    text = source.text[node.start : node.end].replace("with exit 0", "with exit nonzero")
    assert text != source.text[node.start : node.end]
    diagnostics = Diagnostics()
    (other,) = build_hazards([parse(Source("a.pod", text), diagnostics)], diagnostics)
    assert not diagnostics.found
    workload = only(json.dumps(document))
    basis = Basis((other,), load_pack(), Options())
    return audit_pod(workload.declaration.members[0], workload.controller, basis)


def test_each_fix_is_put_to_the_test(hazard: Hazard) -> None:
    """What a fix quotes of the API is in one of its patches, but for what lies outside."""
    for fix in FIXES[hazard.name]:
        assert fix["says"] in hazard.fix
        assert len({"change", "beside", "exit", "outside"} & set(fix)) == 1


@pytest.mark.parametrize("which", sampled(EVERY_FIX, 4, ids=lambda x: f"{x[0]}-{x[1]}"))
def test_a_fix_mends_and_brings_nothing_worse(which: tuple[str, int]) -> None:
    name, number = which
    fix = FIXES[name][number]
    if "outside" in fix:
        return
    hazard = next(h for h in HAZARDS if h.name == name)
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    documents = list(yaml.safe_load_all(text))
    before, beside = changed(documents[0], fix.get("given", [])), documents[2:]
    found = audited_document(before, *beside)
    known = {f.hazard.name for f in found.findings}
    assert name in known
    if "exit" in fix:
        assert not with_another_exit(hazard, before).findings
        return
    if "beside" in fix:
        beside[0] = changed(beside[0], fix["beside"])
    mended = audited_document(changed(before, fix.get("change", [])), *beside)
    assert not mended.is_refused
    assert name not in {f.hazard.name for f in mended.findings}
    limit = SEVERITIES.index(hazard.severity)
    new = [f.hazard for f in mended.findings if f.hazard.name not in known]
    assert not [h.name for h in new if SEVERITIES.index(h.severity) < limit]


def test_no_fix_is_of_no_hazard() -> None:
    assert set(FIXES) == {h.name for h in HAZARDS}


# ---- the texts of the library ----------------------------------------------------------------


def test_each_says_what_goes_wrong_how_to_mend_it_and_where_that_is_written(hazard: Hazard) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", hazard.name)
    assert hazard.severity in SEVERITIES
    for text in (hazard.sentence, hazard.fix):
        assert text[:1].isupper() or text.startswith(("{", "`")), text
        assert text.endswith("."), text
    source = re.fullmatch(r"https://\S+|[\w./-]+\.go:\w+", hazard.reference)
    assert source, hazard.reference


def test_a_finding_names_what_the_manifest_says(hazard: Hazard) -> None:
    """No `{NAME}` of the library's text is left in the words of a finding."""
    workload = workloads(FOLDER / f"{hazard.name}.yaml")[0]
    pod = workload.declaration.members[0]
    for found in (
        f.hazard for f in audits(hazard.name)[0].findings if f.hazard.name == hazard.name
    ):
        texts = filled((found.sentence, found.fix), pod, found.container)
        assert not [t for t in texts if re.search(r"\{[\w. ]+\}", t)]


def test_there_are_some_and_each_severity_has_one() -> None:
    assert len(HAZARDS) >= 25
    assert {h.severity for h in HAZARDS} == set(SEVERITIES)


def test_the_folder_lists_every_hazard() -> None:
    text = (ROOT / "podcheck/hazards/README.md").read_text("utf-8")
    listed = re.findall(r"^\| `([a-z-]+)` \| (\w+) \|", text, re.MULTILINE)
    assert sorted(listed) == sorted((h.name, h.severity) for h in HAZARDS)


# ---- what ordinary workloads hear ------------------------------------------------------------

SERVER = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx
        ports: [{containerPort: 80}]
        startupProbe: {httpGet: {path: /, port: 80}, failureThreshold: 30}
        livenessProbe: {httpGet: {path: /, port: 80}, failureThreshold: 6}
        readinessProbe: {httpGet: {path: /, port: 80}}
"""
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec:
  template:
    spec:
      restartPolicy: Never
      initContainers:
      - {name: fetch, image: busybox}
      - name: proxy
        image: envoyproxy/envoy
        restartPolicy: Always
        readinessProbe: {httpGet: {path: /, port: 15021}}
      containers:
      - {name: work, image: busybox}
"""


def only(text: str) -> Workload:
    (workload,) = read_manifest(Source("a.yaml", text), Diagnostics()).workloads
    return workload


DATABASE = (
    SERVER.replace("httpGet: {path: /, port: 80}", "tcpSocket: {port: 80}")
    .replace(", failureThreshold: 6", "")
)  # fmt: skip


@pytest.mark.parametrize(
    "text", [SERVER, DATABASE, JOB], ids=["Deployment", "probed by TCP", "Job with a sidecar"]
)
def test_an_ordinary_workload_hears_nothing_but_info(text: str) -> None:
    workload = only(text)
    audit = audited(workload.declaration.members[0], workload.controller)
    assert {f.hazard.severity for f in audit.findings} == {"info"}


def test_what_is_not_decided_is_no_clean_bill() -> None:
    workload, pack = only(JOB), load_pack()
    pod = workload.declaration.members[0]
    basis = Basis(HAZARDS, pack, Options(expired=lambda units=0: "timed out"))
    hasty = audit_pod(pod, workload.controller, basis).findings
    open_ = [f for f in hasty if f.verdict is Verdict.UNKNOWN]
    assert open_
    assert all(f.story is None and f.detail for f in open_)
    found = audited(pod, workload.controller).findings
    assert {f.hazard for f in found} <= {f.hazard for f in hasty}


def test_what_is_not_shown_is_found_but_not_told() -> None:
    workload = only(JOB)
    found = [
        audited(workload.declaration.members[0], workload.controller, told)
        for told in ("info", "warning")
    ]
    full, brief = ([(f.hazard, f.verdict) for f in a.findings] for a in found)
    assert full == brief
    assert any(f.story for f in found[0].findings)
    assert not any(f.story for f in found[1].findings if f.hazard.severity == "info")


def test_every_hazard_can_be_asked_of_every_pod() -> None:
    """Pods of all sorts, without the engines: no claim is an error for any of them."""
    pack = load_pack()
    manifests = TESTS / "manifests"
    asked = 0
    for path in sorted(manifests.glob("*.yaml")):
        source = read_source(str(path), path.name, Diagnostics())
        for workload in read_manifest(source, Diagnostics()).workloads if source else ():
            diagnostics = Diagnostics()
            pod, facts = workload.declaration.members[0], facts_of(workload.controller)
            grounder = Grounder(pack, pod, Settings(RECORDED, {}), diagnostics)
            plan = plan_hazards(HAZARDS, grounder, facts, diagnostics)
            assert not diagnostics.found, path
            asked += len(plan.asked)
    assert asked > 200


def test_a_container_may_be_called_by_any_word_of_the_rules() -> None:
    pack = load_pack()
    words = {str(v) for sort in pack.sorts.values() for v in sort.values}
    words |= {
        *pack.pod_state,
        *pack.container_state,
        *pack.defines,
        *pack.decides,
        *KEYWORDS,
        *"cdmrx",
    }
    names = sorted(w for w in words if re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", w))
    assert {"nothing", "worker", "phase", "c"} <= set(names)
    for start in range(0, len(names), 8):
        listed = "".join(f"      - {{name: '{n}', image: x}}\n" for n in names[start : start + 8])
        workload = only(
            JOB.split("      containers", maxsplit=1)[0] + f"      containers:\n{listed}"
        )
        diagnostics = Diagnostics()
        pod, facts = workload.declaration.members[0], facts_of(workload.controller)
        grounder = Grounder(pack, pod, Settings(RECORDED, {}), diagnostics)
        assert plan_hazards(HAZARDS, grounder, facts, diagnostics).asked
        assert not diagnostics.found, names[start : start + 8]


# ---- a library with mistakes -----------------------------------------------------------------


def mistakes(text: str) -> Iterator[str]:
    diagnostics = Diagnostics()
    build_hazards([parse(Source("a.pod", text), diagnostics)], diagnostics)
    yield from (f"{d.code} {d.message} {d.hint}".rstrip() for d in diagnostics.sorted())


GOOD = 'hazard "a-b" warning in Job\n  -- It goes wrong. Fix: Mend it. [https://example.org]\n'
CLAIM = "  find {\n    phase = Failed\n  }\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + CLAIM, ""),
        (GOOD.replace("warning", "warnin") + CLAIM, "There is no severity `warnin`. Did you mean"),
        (GOOD.replace("Job", "Jobs") + CLAIM, "no kind of workload `Jobs`. Did you mean `Job`?"),
        (GOOD.replace("Fix: ", "") + CLAIM, "A hazard says what goes wrong, how to mend it"),
        ((GOOD + CLAIM) * 2, "There are two hazards of this name."),
        ("pod one { container app }\n", "A `pod` does not belong into a library of hazards."),
        (GOOD + "  table {\n  }\n", "Expected `check`, `doc`, `find`, `refute` or `scenario`."),
    ],
)
def test_a_mistake_in_a_library_is_told(text: str, message: str) -> None:
    found = list(mistakes(text))
    assert len(found) == bool(message)
    assert not found or message in found[0]


def test_the_library_is_laid_out_alike() -> None:
    for source in library_sources():
        assert all(len(line) <= 130 for line in source.text.splitlines()), source.name
