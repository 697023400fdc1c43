"""Specs whose pods stand in manifests: `pod web from "deploy.yaml" Deployment/web`."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Shell

import podcheck
from podcheck.checker.spec_files import Checker
from podcheck.checker.watcher import Watcher
from podcheck.cli.main import main
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.formatter import format_text
from podcheck.language.source import Source
from podcheck.verification.options import Options

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {name: import}
spec:
  template:
    spec:
      restartPolicy: Never
      initContainers: [{name: check, image: busybox}]
      containers: [{name: container, image: busybox}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
"""
SPEC = """\
pod job from "deploy/job.yaml" Job/import

scenario "a failure is final" for job from Running {
  when "container" exits 1 then phase = Failed
}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a spec and a manifest, and a cache of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODCHECK_CACHE", str(tmp_path / "cache"))
    (tmp_path / "deploy").mkdir()
    (tmp_path / "deploy" / "job.yaml").write_text(JOB)
    (tmp_path / "a.pod").write_text(SPEC)
    return tmp_path


def verify(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["verify", "a.pod", *arguments])
    return stopped.value.code, capsys.readouterr().out


def test_the_manifest_is_the_pod(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(capsys)[0] == 0
    play = podcheck.run(podcheck.load("a.pod"), '"check" exits 1', start="created")
    assert (play.pod, play.policy) == ("job", "Never")
    assert play.steps[-1].status.phase == "Failed"


@pytest.mark.parametrize("named", ["", "Job/import", 'Job/"import"'])
def test_ways_to_name_it(folder: Path, capsys: pytest.CaptureFixture[str], named: str) -> None:
    (folder / "a.pod").write_text(SPEC.replace("Job/import", named))
    assert verify(capsys)[0] == 0


@pytest.mark.parametrize("cache", [True, False])
def test_a_changed_manifest_is_proved_again(
    folder: Path, capsys: pytest.CaptureFixture[str], cache: bool
) -> None:
    options = () if cache else ("--no-cache",)
    before = verify(capsys, *options)
    assert before[0] == 0
    assert verify(capsys, *options) == before
    (folder / "deploy" / "job.yaml").write_text(JOB.replace("Never", "OnFailure"))
    code, out = verify(capsys, *options)
    assert code == 1
    assert "Running" in out
    (folder / "deploy" / "job.yaml").write_text(JOB)
    assert verify(capsys, *options) == before


def test_a_warning_in_a_manifest_is_kept(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = JOB.replace("image: busybox}]\n---", "image: busybox, zigzag: 1}]\n---")
    (folder / "deploy" / "job.yaml").write_text(text)
    first = verify(capsys)
    assert "warning[W340] deploy/job.yaml:9:" in first[1]
    assert verify(capsys) == first


def test_a_watched_spec_follows_its_manifest(folder: Path) -> None:
    watched = Watcher(Checker(Options()), ("a.pod",))

    def verdicts() -> list[str]:
        return [c.verdict.value for file in watched.refresh() for c in file.claims]

    assert verdicts() == ["HOLDS"]
    assert [Path(name).as_posix() for name in watched.sources] == ["a.pod", "deploy/job.yaml"]
    assert verdicts() == []
    (folder / "deploy" / "job.yaml").write_text(JOB.replace("Never", "OnFailure"))
    assert verdicts() == ["FAILS"]
    (folder / "a.pod").write_text(SPEC.replace("= Failed", "= Running"))  # now the claim alone
    assert verdicts() == ["HOLDS"]
    (folder / "deploy" / "job.yaml").write_text("kind: [")
    assert [d.code for file in watched.refresh() for d in file.diagnostics] == ["E320"]
    (folder / "deploy" / "job.yaml").write_text(JOB)
    assert verdicts() == ["FAILS"]


def test_an_included_file_brings_pods_of_its_folder(shell: Shell) -> None:
    shell.write("parts/job.yaml", JOB)
    shell.write("parts/common.pod", 'pod job from "job.yaml"\n')
    name = shell.write(
        "a.pod",
        SPEC.replace('pod job from "deploy/job.yaml" Job/import', 'include "parts/common.pod"'),
    )
    assert shell("verify", name).code == 0


def test_a_manifest_outside_of_the_folder_is_not_read(shell: Shell) -> None:
    shell.write("job.yaml", JOB)
    shell.write("specs/a.pod", SPEC.replace("deploy/job.yaml", "../job.yaml"))
    (shell.folder / "specs" / "link.yaml").symlink_to("../job.yaml")
    shell.write("specs/b.pod", SPEC.replace("deploy/job.yaml", "link.yaml"))
    for name in ("specs/a.pod", "specs/b.pod"):
        found = shell("verify", name)
        assert (found.code, found.out.count("error[E007]")) == (2, 1)


def test_a_text_without_a_folder_reads_no_manifest() -> None:
    (file,) = podcheck.verify_text(SPEC).files
    assert [d.code for d in file.diagnostics] == ["E007"]


def test_a_large_manifest_is_none_for_a_spec(shell: Shell) -> None:
    shell.write("deploy/job.yaml", JOB + "#" * 1_000_000)
    found = shell("verify", shell.write("a.pod", SPEC))
    assert (found.code, found.out.count("error[E401]")) == (2, 1)


def test_the_release_of_the_spec_decides_what_is_refused(shell: Shell) -> None:
    own = "containers: [{name: container, restartPolicy: Never}]"
    shell.write(
        "deploy/job.yaml", JOB.replace("containers: [{name: container, image: busybox}]", own)
    )
    assert shell("verify", shell.write("a.pod", SPEC)).code == 0
    found = shell("verify", shell.write("b.pod", f"kubernetes 1.33\n\n{SPEC}"))
    assert found.code == 2
    assert "error[E304] deploy/job.yaml:9:" in found.out


def test_what_a_release_drops_the_pod_has_not(shell: Shell) -> None:
    own = JOB.replace(
        "{name: container, image: busybox}", "{name: container, restartPolicy: Never}"
    )
    shell.write(
        "deploy/job.yaml",
        own.replace("      restartPolicy: Never", "      restartPolicy: OnFailure"),
    )
    claim = """
find "it is restarted" for job from Running {
  when "container" exits 1 then "container".restartCount = 1
}
"""
    for release, drops in (("1.34", True), ("1.35", False)):
        text = f"kubernetes {release}\n\n{SPEC.splitlines()[0]}\n{claim}"
        found = shell("verify", shell.write(f"v{release}.pod", text))
        assert ("warning[W307] deploy/job.yaml:9:" in found.out) is drops
        assert found.code == (0 if drops else 1), found.out


PROBED = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx
    livenessProbe: {PROBE}
    lifecycle: {HOOK: {sleep: {seconds: 1}}}
"""


@pytest.mark.parametrize(
    ("probe", "hook", "event", "verdict"),
    [
        ("exec: {command: [check]}", "preStop", "a probe of web errs", "HOLDS"),
        ("httpGet: {port: 80}", "preStop", "a probe of web errs", "error[E116]"),
        ("tcpSocket: {port: 80}", "preStop", "a probe of web errs", "error[E116]"),
        ("grpc: {port: 80}", "preStop", "a probe of web errs", "error[E116]"),
        ("httpGet: {port: 80}", "postStart", "web postStart hook fails", "HOLDS"),
        ("httpGet: {port: 80}", "preStop", "web postStart hook fails", "error[E116]"),
    ],
)
def test_what_a_manifest_says_of_handlers_and_hooks_decides_what_can_happen(
    probe: str, hook: str, event: str, verdict: str, shell: Shell
) -> None:
    shell.write("web.yaml", PROBED.replace("PROBE", probe).replace("HOOK", hook))
    claim = f'scenario "it can happen" from Running {{\n  when {event} then phase = Running\n}}\n'
    spec = shell.write("a.pod", f'pod web from "web.yaml" Pod/web\n\n{claim}')
    assert verdict in shell("verify", spec).out


def test_a_family_of_policies(shell: Shell) -> None:
    """`under every policy` asks what would become of the pod; the API server is not asked."""
    shell.write("deploy/job.yaml", JOB)
    claim = (
        'check "c" for job under every policy assuming only exits {\n'
        '  never phase = Succeeded and "container".exitCode != 0\n}\n'
    )
    name = shell.write("a.pod", f'pod job from "deploy/job.yaml"\n\n{claim}')
    assert shell("verify", name).code == 0


@pytest.mark.parametrize(
    "text",
    [
        'pod web from "a.yaml"\n',
        'pod web from "a.yaml" Deployment/web\n',
        'pod "web" from "a.yaml" Deployment/shop/web # why\n',
        'pod web from "a.yaml" StatefulSet/"0" # why\n\npod one { container app }\n',
        'pod web\n    from "a.yaml"\n    Deployment/check\n',
    ],
)
def test_it_is_laid_out(text: str) -> None:
    laid = text.replace(" # why", "  # why")
    diagnostics = Diagnostics()
    assert format_text(Source("a.pod", text), diagnostics) == laid
    wide = text.replace("/", " / ").replace("pod web ", "pod  web  ")
    assert format_text(Source("a.pod", wide), diagnostics) == laid
    assert not diagnostics.found
