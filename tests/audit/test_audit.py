"""`podcheck audit`: exit codes, what is reported and what is not, formats, the kubectl plugin."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import xmlschema
from command_line import Finished, Shell
from places import ROOT, TESTS

from podcheck.auditing.auditor import Auditor
from podcheck.auditing.finding import PodAudit
from podcheck.auditing.ignored import can_match
from podcheck.auditing.pod_shape import Shape
from podcheck.report.formats import FORMATS

SCHEMAS = TESTS / "schemas"
SCHEMA = ROOT / "podcheck" / "report" / "schema.json"

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: {name}
{annotations}spec:
  restartPolicy: {policy}
  containers:
  - name: first
    image: busybox
  - name: second
    image: busybox
"""
JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: report}
spec:
  template:
    spec:
      restartPolicy: OnFailure
      containers: [{name: work, image: busybox}, {name: helper, image: busybox}]
"""
DEAD = "dead-container-goes-unnoticed"
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\n"


@pytest.fixture(autouse=True)
def same_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    """`--no-cache` is for one test only."""
    monkeypatch.setenv("PODCHECK_CACHE", os.environ["PODCHECK_CACHE"])


def pod(policy: str = "Never", *, name: str = "pair", ignore: str = "") -> str:
    """A pod of two containers: under Never one may be dead while the other runs on."""
    annotations = ""
    if ignore:
        annotations = f"  annotations:\n    podcheck.dev/ignore: {json.dumps(ignore)}\n"
    return POD.format(name=name, policy=policy, annotations=annotations)


def hazards(done: Finished) -> list[tuple[str, str]]:
    """The workload and the name of each finding in a report as JSON."""
    return [
        (o["pod"], o["hazard"]["name"])
        for file in json.loads(done.out)["files"]
        for claim in file["claims"]
        for o in claim["outcomes"]
    ]


# ---- exit codes, and where things go ---------------------------------------------------------


def test_a_finding_is_told_with_its_run_and_its_fix(shell: Shell) -> None:
    done = shell("audit", shell.write("a.yaml", pod()))
    assert done.code == 1
    assert not done.err
    assert "Pod pair" in done.out
    assert "a.yaml:4\n" in done.out
    assert f"warning {DEAD}" in done.out
    assert "first exits 1" in done.out
    assert "Fix: Give the container a pod of its own" in done.out
    assert done.out.splitlines()[-1].startswith("1 workload: 1 warning (")


def test_a_clean_workload_is_a_line(shell: Shell) -> None:
    done = shell("audit", shell.write("a.yaml", pod("Always")))
    assert done.code == 0
    assert done.out.startswith("clean   Pod pair ")
    assert "1 workload: nothing found" in done.out
    assert shell("audit", "-q", "a.yaml").out == done.out.splitlines(keepends=True)[-1]


@pytest.mark.parametrize(
    ("severity", "policy", "code"),
    [("error", "Never", 0), ("warning", "Never", 1), ("info", "Never", 1), ("info", "Always", 1)],
)
def test_the_severity_decides_what_is_shown_and_fails(
    shell: Shell, severity: str, policy: str, code: int
) -> None:
    done = shell("audit", shell.write("a.yaml", pod(policy)), "--severity", severity)
    assert done.code == code
    for other in ("error", "warning", "info"):
        shown = f"\n  {other} " in done.out
        assert not shown or ("error", "warning", "info").index(other) <= (
            "error", "warning", "info",
        ).index(severity)  # fmt: skip


def test_wrong_input_is_told_and_hides_nothing(shell: Shell) -> None:
    shell.write("many/a.yaml", pod().replace("restartPolicy: Never", "restartPolicy: Nver"))
    shell.write("many/b.yaml", pod())
    done = shell("audit", "many")
    assert done.code == 2
    assert "Did you mean `Never`?" in done.out
    assert DEAD in done.out
    assert "1 input error" in done.out


def test_what_the_api_server_refuses_is_no_workload_to_audit(shell: Shell) -> None:
    job = pod("Always").replace("kind: Pod", "kind: Job").replace("v1\n", "batch/v1\n", 1)
    head, spec = job.split("spec:\n")
    body = "".join(f"    {line}\n" for line in spec.splitlines())
    done = shell("audit", shell.write("a.yaml", f"{head}spec:\n  template:\n    spec:\n{body}"))
    assert done.code == 2
    assert "error[E351]" in done.out
    assert "Write `restartPolicy: OnFailure` or `restartPolicy: Never`" in done.out


@pytest.mark.parametrize("text", [CONFIG_MAP, "", "# nothing\n"])
def test_nothing_to_audit_is_no_success(shell: Shell, text: str) -> None:
    done = shell("audit", shell.write("a.yaml", text))
    assert done.code == 3
    assert done.out == "No workload was found: nothing was audited.\n"


def test_a_missing_file_is_an_error(shell: Shell) -> None:
    done = shell("audit", "none.yaml")
    assert done.code == 2
    assert "File not found." in done.out
    assert shell("audit").code == 2


def test_what_is_not_decided_is_said_and_has_its_code(shell: Shell) -> None:
    unseen = pod("OnFailure").replace("second", "of-no-other-test")
    path = shell.write("a.yaml", unseen)
    done = shell("audit", path, "--timeout", "0.001")
    assert done.code == 4
    assert "Not decided: timed out" in done.out
    assert "clean" not in done.out
    assert shell("audit", path).code == 0  # what was not decided is not kept


def test_a_pipe_and_the_flag_of_kubectl(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = shell("audit", shell.write("stdin", pod()))
    for arguments in (("-",), ("-f", "-")):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(pod().encode())))
        assert shell("audit", *arguments) == expected
    assert shell("audit", "-f", "stdin", "--filename", "stdin").code == 1


def test_a_folder_is_searched(shell: Shell) -> None:
    shell.write("many/b/x.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": []}))
    shell.write("many/a.yml", pod("Always", name="other"))
    shell.write("many/z.yaml", pod() + "---\n" + CONFIG_MAP)
    done = shell("audit", "many", "--format", "json")
    assert hazards(done) == [("Pod pair", DEAD)]
    assert [f["path"] for f in json.loads(done.out)["files"]] == [
        "many/a.yml", "many/z.yaml", "many/b/x.json",
    ]  # fmt: skip
    assert json.loads(done.out)["audit"]["skipped"] == 1


def test_the_release_of_the_cluster_decides(shell: Shell) -> None:
    own = pod().replace("  - name: second\n", "  - name: second\n    restartPolicy: OnFailure\n")
    path = shell.write("a.yaml", own)
    assert "hangs-after-sandbox-loss" in shell("audit", path).out
    dropped = shell("audit", path, "--kubernetes", "v1.34.2")
    assert "warning[W307]" in dropped.out
    assert "hangs-after-sandbox-loss" not in dropped.out
    old = shell("audit", path, "--kubernetes", "v1.33.2")
    assert old.code == 2
    assert "error[E304]" in old.out
    wrong = shell("audit", path, "--kubernetes", "1.27")
    assert wrong.code == 2
    assert "podcheck knows Kubernetes 1.28 to 1.37, not `1.27`." in wrong.err


def test_a_pod_of_a_controller_is_judged_as_its_own_are(shell: Shell) -> None:
    """So that what `kubectl get pods` prints hears nothing that is for bare pods."""
    reference = (
        "  ownerReferences:\n"
        "  - {apiVersion: batch/v1, kind: Job, name: report, uid: a, controller: true}\n"
    )
    bare = hazards(shell("audit", "--severity=info", "--format=json", shell.write("a.yaml", pod())))
    owned = pod().replace("spec:\n", f"{reference}spec:\n", 1)
    path = shell.write("b.yaml", owned)
    found = hazards(shell("audit", "--severity=info", "--format=json", path))
    assert ("Pod pair", "failure-is-never-retried") in bare
    assert ("Pod pair", "failure-is-never-retried") not in found
    assert ("Pod pair", "eviction-counts-as-success") in found


# ---- exceptions ------------------------------------------------------------------------------


def test_an_annotation_with_a_reason_ignores_a_finding(shell: Shell) -> None:
    path = shell.write("a.yaml", pod(ignore=f"{DEAD}: both matter; hangs-after-sandbox-loss: no"))
    done = shell("audit", path)
    assert done.code == 0
    assert "1 ignored" in done.out


@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        ("dead-container-goes-unotice: why", f"Did you mean `{DEAD}`?"),
        (DEAD, f"Hazard `{DEAD}` is ignored without a reason."),
        (f"{DEAD}: ", f"Write `{DEAD}: WHY IT DOES NOT MATTER HERE`."),
    ],
)
def test_an_exception_that_is_wrong_ignores_nothing(
    shell: Shell, ignore: str, message: str
) -> None:
    done = shell("audit", shell.write("a.yaml", pod(ignore=ignore)))
    assert done.code == 2
    assert message in done.out
    assert "] a.yaml:6:27: " in done.out
    assert f"warning {DEAD}" in done.out


CONFIG = "ignore:\n- hazard: {hazard}\n  workloads: {workloads}\n  reason: both do the work\n"


@pytest.mark.parametrize(
    ("workloads", "ignored"),
    [("Pod/pair", 1), ("Pod/p*", 1), ('"*"', 2), ("Pod/shop/other", 1), ("Job/*", 0)],
)
def test_a_config_file_beside_the_manifests_ignores_findings(
    shell: Shell, workloads: str, ignored: int
) -> None:
    other = pod(name="other").replace("  name: other\n", "  name: other\n  namespace: shop\n")
    shell.write("many/a.yaml", pod() + "---\n" + other)
    shell.write("many/podcheck.yaml", CONFIG.format(hazard=DEAD, workloads=workloads))
    beside = shell("audit", "many", "--format", "json")
    assert json.loads(beside.out)["audit"]["ignored"] == ignored
    assert len(hazards(beside)) == 2 - ignored
    assert shell("audit", "many/a.yaml", "--format", "json").out == (
        shell("audit", "many/a.yaml", "--config", "many/podcheck.yaml", "--format", "json").out
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (CONFIG.format(hazard="dead-container", workloads="x"), "There is no hazard"),
        ("ignore:\n- hazard: dead-container-goes-unnoticed\n", "without a reason"),
        ("ignor:\n- hazard: x\n", "`ignor` is not a key of this file."),
        ("ignore:\n- hazards: x\n", "An exception has no field `hazards`."),
        ("ignore:\n- hazard: [x]\n", "`hazard` is a text."),
        ("ignore:\n- reason: x\n", "This exception names no hazard."),
        ("ignore: [\n", "error[E32"),
    ],
)
def test_a_config_file_that_is_wrong_ends_the_run(shell: Shell, text: str, message: str) -> None:
    shell.write("podcheck.yaml", text)
    done = shell("audit", shell.write("a.yaml", pod()))
    assert done.code == 2
    assert message in done.err
    assert "podcheck.yaml:" in done.err
    assert not done.out


# ---- baselines -------------------------------------------------------------------------------


def test_findings_of_a_baseline_are_not_reported_again(shell: Shell) -> None:
    path = shell.write("a.yaml", pod())
    written = shell("audit", path, "--write-baseline", "known.json")
    assert written.code == 0
    shell.write("a.yaml", f"# other lines\n\n{pod()}")
    again = shell("audit", path, "--baseline", "known.json")
    assert again.code == 0
    assert "in the baseline" in again.out
    copied = shell("audit", shell.write("b.yaml", pod()), "--baseline", "known.json")
    assert copied.code == 1
    new = shell("audit", shell.write("a.yaml", pod(name="new")), "--baseline", "known.json")
    assert new.code == 1
    mended = shell("audit", shell.write("a.yaml", pod("Always")), "--baseline", "known.json")
    assert mended.code == 0
    assert mended.out.splitlines()[-1].endswith("of the baseline are gone")


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ('{"version": 1, "findings": []}', "has version 1; this podcheck reads", "Write it anew"),
        ('{"version": 99, "findings": []}', "has version 99; this", "A later podcheck wrote it"),
        ('{"version": "2", "findings": []}', "its version is no number", "Write it anew"),
        ("[]", "This is no baseline.", "Write it anew"),
    ],
)
def test_what_is_no_baseline_is_reported(text: str, message: str, hint: str, shell: Shell) -> None:
    shell.write("known.json", text)
    done = shell("audit", shell.write("a.yaml", pod()), "--baseline", "known.json")
    assert done.code == 2
    assert message in done.err
    assert hint in done.err


def test_a_baseline_is_the_same_for_the_same_findings(shell: Shell) -> None:
    texts = []
    for text in (pod() + "---\n" + pod(name="other"), pod(name="other") + "---\n# moved\n" + pod()):
        shell("audit", shell.write("a.yaml", text), "--write-baseline", "known.json")
        texts.append((shell.folder / "known.json").read_text())
    assert texts[0] == texts[1]
    assert '{"path": "a.yaml", "kind": "Pod", "namespace": "", "name": "other", ' in texts[0]
    assert f'"hazard": "{DEAD}", "container": ""' in texts[0]


def test_a_baseline_has_paths_from_its_own_folder(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write("repo/apps/a.yaml", pod())
    assert shell("audit", "repo", "--write-baseline", "repo/known.json").code == 0
    monkeypatch.chdir(shell.folder / "repo" / "apps")
    assert shell("audit", "a.yaml", "--baseline", "../known.json").code == 0


def test_a_baseline_is_brought_up_to_date(shell: Shell) -> None:
    """For the files that are audited, and without those that are gone."""
    for name in ("a", "b", "c"):
        shell.write(f"{name}.yaml", pod())
    shell("audit", "a.yaml", "b.yaml", "c.yaml", "--write-baseline", "known.json")
    shell.write("a.yaml", pod("Always"))
    (shell.folder / "c.yaml").unlink()
    shell.write("d.yaml", pod())
    update = ("--baseline", "known.json", "--update-baseline")
    assert shell("audit", "a.yaml", "d.yaml", *update).code == 0
    known = json.loads((shell.folder / "known.json").read_text())["findings"]
    assert {f["path"] for f in known if f["hazard"] == DEAD} == {"b.yaml", "d.yaml"}
    assert shell("audit", "d.yaml", "--baseline", "new.json", "--update-baseline").code == 0
    assert (shell.folder / "new.json").exists()
    assert shell("audit", "d.yaml", "--update-baseline").code == 2


def test_a_baseline_has_input_errors_too(shell: Shell) -> None:
    path = shell.write("a.yaml", pod().replace("Never", "Nver"))
    assert shell("audit", path, "--write-baseline", "known.json").code == 0
    shell.write("a.yaml", "# one more line\n" + pod().replace("Never", "Nver") + "---\n" + pod())
    done = shell("audit", path, "--baseline", "known.json", "--severity", "error")
    assert done.code == 0
    assert "1 in the baseline" in done.out


@pytest.mark.parametrize("text", ["", "[]", '{"version": 2}', '{"version": 2, "findings": [{}]}'])
def test_what_is_no_baseline_is_refused(shell: Shell, text: str) -> None:
    shell.write("known.json", text)
    done = shell("audit", shell.write("a.yaml", pod()), "--baseline", "known.json")
    assert done.code == 2
    assert "This is no baseline." in done.err


# ---- formats ---------------------------------------------------------------------------------


def test_every_format_tells_the_finding(shell: Shell) -> None:
    path = shell.write("a.yaml", pod() + "---\n" + pod("Always", name="calm"))
    for form in FORMATS:
        done = shell("audit", path, "--format", form.name)
        assert done.code == 1, form.name
        for word in (
            DEAD.split("-", maxsplit=1)[0],
            "started again",
            "Pod pair",
            "Pod calm",
            "first exits 1",
        ):
            if form.name == "codequality" and word in ("Pod calm", "first exits 1"):
                continue  # it has issues only, in one sentence each
            plain = done.out.replace("#45;", "-").replace("#96;", "`")
            assert word in " ".join(plain.split()), (form.name, word)
        suffix = form.suffixes[0]
        shell("audit", path, "-o", f"r{suffix}")
        assert (shell.folder / f"r{suffix}").read_text() == done.out, form.name


def test_json_is_what_the_schema_says(shell: Shell) -> None:
    path = shell.write("a.yaml", pod() + "---\n" + pod("Always", name="calm"))
    done = shell("audit", path, "--severity", "info", "--format", "json")
    data = json.loads(done.out)
    jsonschema.validate(data, json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert {c["kind"] for f in data["files"] for c in f["claims"]} == {"audit"}
    assert data["audit"]["workloads"] == 2


def test_sarif_and_github_say_how_grave_it_is(shell: Shell) -> None:
    path = shell.write("a.yaml", pod())
    sarif = json.loads(shell("audit", path, "--severity", "info", "--format", "sarif").out)
    (run,) = sarif["runs"]
    levels = {r["ruleId"]: r["level"] for r in run["results"]}
    assert levels[DEAD] == "warning"
    assert levels["failure-is-never-retried"] == "note"
    assert {r["id"] for r in run["tool"]["driver"]["rules"]} >= levels.keys()
    github = shell("audit", path, "--severity", "info", "--format", "github").out
    assert (
        f"::warning file=a.yaml,line=4,endLine=4,col=9,endColumn=13,title=Pod pair%3A {DEAD}::"
        in (github)
    )
    assert "::notice file=a.yaml," in github


def test_sarif_and_junit_are_what_their_schemas_say(shell: Shell) -> None:
    path = shell.write("a.yaml", pod() + "---\n" + pod("Always", name="calm"))
    sarif = shell("audit", path, "--severity", "info", "--format", "sarif").out
    schema = json.loads((SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    jsonschema.Draft4Validator(schema).validate(json.loads(sarif))
    junit = shell("audit", path, "--severity", "info", "--format", "junit").out
    xmlschema.XMLSchema(SCHEMAS / "junit-10.xsd").validate(junit)


def test_ctrl_c_reports_what_was_settled(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = Auditor.audit

    def stopped(self: Auditor, shape: Shape) -> PodAudit:
        if shape.pod.deadline_s is not None:
            raise KeyboardInterrupt
        return audit(self, shape)

    monkeypatch.setattr(Auditor, "audit", stopped)
    shell.write("many/a.yaml", pod("Always"))
    shell.write("many/b.yaml", pod().replace("spec:\n", "spec:\n  activeDeadlineSeconds: 1\n"))
    shell.write("many/c.yaml", pod(name="later"))
    done = shell("audit", "many")
    assert done.code == 4
    assert done.out.startswith("clean   Pod pair")
    assert "not decided: 2 files (many/b.yaml, many/c.yaml)" in " ".join(done.out.split())
    assert "1 workload: nothing found" in done.out


def test_the_same_bytes_with_and_without_cache(shell: Shell) -> None:
    path = shell.write("a.yaml", pod())
    outputs = {
        shell("audit", path, "--severity", "info", "--format", "json", *more).out
        for more in ((), (), ("--no-cache",))
    }
    assert len(outputs) == 1


# ---- the library -----------------------------------------------------------------------------


def test_the_library_is_listed_and_explained(shell: Shell) -> None:
    listed = shell("audit", "--list")
    assert listed.code == 0
    assert f"  {DEAD}\n" in listed.out
    told = shell("explain", DEAD)
    assert told.code == 0
    assert "Fix: Give the container a pod of its own" in told.out
    assert "when any main container as x exits nonzero" in told.out
    wrong = shell("explain", "dead-container-goes-unnoticd")
    assert wrong.code == 2
    assert f"Did you mean `{DEAD}`?" in wrong.err


# ---- patterns in a config file ----------------------------------------------------------------


@pytest.mark.parametrize(
    "pattern",
    ["", "web", "web-*", "deployment/web", "Deployments/web", "Deployment/", "/web", "Ingress/*",
     "Deployment/a/b/c", "Deployment/two words", "*/", "[", "Pod/["],
)  # fmt: skip
def test_a_pattern_that_matches_no_workload_is_an_error(pattern: str, shell: Shell) -> None:
    """An empty one was taken for `*` once, and ignored the finding everywhere."""
    shell.write("pod.yaml", pod())
    shell.write("podcheck.yaml", CONFIG.format(hazard=DEAD, workloads=json.dumps(pattern)))
    done = shell("audit", "pod.yaml")
    assert (done.code, done.out) == (2, "")
    assert f"error[E129] podcheck.yaml:3:14: No workload can match `{pattern}`." in done.err


@pytest.mark.parametrize(
    "pattern",
    ["*", "*/web", "Deployment/web-*", "Job?x", "[DJ]*/x", "D*t/[!a]", "Deployment//web", "*/*/*",
     "Pod*", "CronJob/shop/*", "**", "Pod/a.b-c", "StatefulSet/ns/?"],
)  # fmt: skip
def test_a_pattern_that_may_match_one_is_fine(pattern: str) -> None:
    assert can_match(pattern)


# ---- kubectl ---------------------------------------------------------------------------------

SCRIPT = Path(sys.executable).parent / "kubectl-podcheck"


def test_it_is_a_plugin_of_kubectl(shell: Shell) -> None:
    """kubectl runs a program `kubectl-podcheck` on the path for `kubectl podcheck`."""
    path = shell.write("deploy.yaml", pod())
    assert SCRIPT.is_file(), "install podcheck again: its scripts have changed"
    commands = [[str(SCRIPT), "audit", "-f", path]]
    if shutil.which("kubectl"):
        commands.append(["kubectl", "podcheck", "audit", "-f", path])
    expected = shell("audit", path)
    for command in commands:
        search = f"{SCRIPT.parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, "PATH": search}
        )
        assert (done.returncode, done.stdout, done.stderr) == expected


# ---- HTML ----------------------------------------------------------------------------------------


def test_a_page_names_pods_as_kubectl_does_and_says_each_thing_once(shell: Shell) -> None:
    shell.write("a.yaml", pod() + "---\n" + JOB)
    shell("audit", "a.yaml", "-o", "a.html")
    page = (shell.folder / "a.html").read_text("utf-8")
    assert set(re.findall(r"<tr><td>([^<]*)</td><td>./.</td>", page)) == {"pair", "report-xxxxx"}
    assert page.count('<span class="badge severity-warning">') == page.count("<article")
    assert f"warning: {DEAD}" not in page
    assert re.search('<p class="soft">See: <a href="https://[^"]*">https://', page)
    assert "`" not in page.partition("<script>")[0]


def test_a_page_of_many_workloads_counts_findings_as_its_summary_does(shell: Shell) -> None:
    """The buttons that filter say how many findings there are, not how many cards."""
    jobs = (JOB.replace("report", f"report{n}", 1) for n in range(60))
    shell.write("a.yaml", "---\n".join(jobs) + "---\n" + JOB.replace("apiVersion:", "xx:", 1))
    done = shell("audit", "a.yaml", "-o", "a.html")
    page = (shell.folder / "a.html").read_text("utf-8")
    shown = re.findall(r'data-filter="([^"]+)".*</span>\S.* <b>(\d+)</b>', page)
    (warnings,) = re.findall(r"(\d+) warnings", done.out)
    assert dict(shown) == {"input error": "1", "warning": warnings}
    assert page.count("<article") < 5


def test_files_of_the_current_folder_have_plain_paths(shell: Shell) -> None:
    shell.write("apps/a.yaml", pod())
    report = json.loads(shell("audit", ".", "--format", "json").out)
    assert [file["path"] for file in report["files"]] == ["apps/a.yaml"]
