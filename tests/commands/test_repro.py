"""`podcheck repro`: manifests that the API takes, and scripts that do what they promise.

Whether a cluster does what podcheck says is what the scripts are for; here they run against
a stand-in (`stand_in_cluster.py`) that reads the manifest, runs the containers' own scripts and
asks podcheck's interpreter what a kubelet does then.
"""

from __future__ import annotations

import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, get_args

import kubernetes_validate
import pytest
import yaml
from command_line import Shell
from places import ROOT, TESTS
from stand_in_cluster import SHELL, lines, pod_of_manifest
from stand_in_kubectl import Cluster, play, running

import podcheck
from podcheck.arguments import Policy
from podcheck.checker.spec_files import Checker
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading.specs import load_spec
from podcheck.reproduction.status import TEMPLATE
from podcheck.reproduction.writer import CannotReproduceError, Reproduction, reproduction
from podcheck.verification.options import Options

GOLDENS = TESTS / "repro"
SHELLCHECK = Path(sys.executable).parent / "shellcheck"


class Case(NamedTuple):
    """A claim of a spec, by its number."""

    spec: str
    claim: int

    @property
    def name(self) -> str:
        return f"{Path(self.spec).stem}-{self.claim}"


# One for each kind of event that can be forced; all but the last are in the catalogue.
CASES = [
    Case("specs/article.pod", 8),  # exits, from created
    Case("specs/kubernetes/crash-loop-backoff-does-not-last.pod", 4),  # a delay ends
    Case("specs/kubernetes/oom-kill-is-an-exit-like-any-other.pod", 4),
    Case("specs/kubernetes/liveness-kill-with-exit-0-restarts-until-the-back-off.pod", 5),
    Case("specs/kubernetes/sidecar-failing-start-up-never-fails-a-never-pod.pod", 2),
    Case("specs/kubernetes/failing-readiness-probe-never-restarts.pod", 4),  # time passes
    Case("specs/kubernetes/failed-beside-a-missing-image-stays-pending.pod", 3),
    Case("specs/kubernetes/missing-config-key-never-fails-the-pod.pod", 3),
    Case("specs/kubernetes/deleted-pod-that-exits-with-0-is-succeeded.pod", 4),
    Case("specs/kubernetes/force-deleted-pod-may-run-on.pod", 4),
    Case("specs/kubernetes/deadline-fails-a-pod-that-exits-with-0.pod", 5),
    Case("specs/kubernetes/image-change-restarts-under-never.pod", 3),
    Case("specs/kubernetes/restart-all-containers-keeps-the-pod.pod", 5),  # rules, init, sidecar
    Case("specs/kubernetes/sidecar-exit-code-is-ignored.pod", 3),  # stopped with 137
    *(Case("tests/repro/repairs.pod", number) for number in range(1, 9)),
]


def reproduced(spec: str, claim: int | str) -> Reproduction:
    checker = Checker(Options(stories="all"))
    return reproduction(checker.open(spec), str(claim), checker.compiler.pack)


@pytest.fixture(scope="module")
def found() -> Callable[[Case], Reproduction]:
    """What a case comes to, with names relative to the root, as a user there would have it."""
    known: dict[Case, Reproduction] = {}

    def find(case: Case) -> Reproduction:
        if case not in known:
            here = Path.cwd()
            os.chdir(ROOT)
            try:
                known[case] = reproduced(case.spec, case.claim)
            finally:
                os.chdir(here)
        return known[case]

    return find


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    given = request.param
    assert isinstance(given, Case)
    return given


@contextmanager
def staged(
    repro: Reproduction, folder: Path, limit_s: int | None = None
) -> Iterator[tuple[Cluster, Path]]:
    """A cluster, and the files in a folder; with ``limit_s`` the script is less patient."""
    script = repro.script
    if limit_s is not None:
        script, count = re.subn(r"^shows \d+", f"shows {limit_s}", script, flags=re.MULTILINE)
        assert count
    (folder / "pod.yaml").write_text(repro.manifest, encoding="utf-8")
    (folder / "run.sh").write_text(script, encoding="utf-8")
    with running(folder / "cluster") as cluster:
        yield cluster, folder / "run.sh"


# ---- what is written -------------------------------------------------------------------------


def test_the_files_are_as_kept(
    case: Case, found: Callable[[Case], Reproduction], golden: Callable[[Path, str], None]
) -> None:
    """The manifest, and of the script its heading and its steps."""
    golden(GOLDENS / f"{case.name}.yaml", found(case).manifest)
    heading, rest = found(case).script.split("# It runs against")
    steps = rest.split("\necho 1..")[1]
    golden(GOLDENS / f"{case.name}.steps", f"{heading}\n1..{steps}")


def test_the_command_writes_both_files(
    found: Callable[[Case], Reproduction], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    folder = shell.folder / "a" / "b"
    done = shell("repro", CASES[2].spec, "--claim", str(CASES[2].claim), "-o", str(folder))
    assert done.code == 0, done.err
    assert done.out.startswith(f"{folder}/pod.yaml and {folder}/run.sh force this run on a cluster")
    assert "podcheck run specs/kubernetes/oom-kill" in done.out
    assert (folder / "pod.yaml").read_text(encoding="utf-8") == found(CASES[2]).manifest
    assert (folder / "run.sh").read_text(encoding="utf-8") == found(CASES[2]).script


def test_the_api_takes_the_manifest(case: Case, found: Callable[[Case], Reproduction]) -> None:
    """By the published schema of 1.36, in which no unknown field may stand."""
    kubernetes_validate.validate(yaml.safe_load(found(case).manifest), "1.36", strict=True)


def test_a_slip_in_a_manifest_would_be_noticed(found: Callable[[Case], Reproduction]) -> None:
    pod = yaml.safe_load(found(CASES[12]).manifest)
    rules = pod["spec"]["containers"][0]["restartPolicyRules"]
    rules[0]["exitcodes"] = rules[0].pop("exitCodes")
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(pod, "1.36", strict=True)


def test_the_scripts_are_sound(
    case: Case, found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    """The script that runs, and those in the containers, for `sh` and for ShellCheck."""
    spec = yaml.safe_load(found(case).manifest)["spec"]
    containers = [*spec.get("initContainers", ()), *spec["containers"]]
    texts = [found(case).script, *(f"#!/bin/sh\n{c['command'][2]}" for c in containers)]
    files = [tmp_path / f"{number}.sh" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
        assert subprocess.run([*SHELL, "-n", str(file)]).returncode == 0
    command = [str(SHELLCHECK), "--severity=style", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_manifest_is_the_pod_of_the_spec(
    case: Case, found: Callable[[Case], Reproduction]
) -> None:
    """Read back it has the same containers, policies, rules, probes, ports and mounts."""
    run = found(case).run
    spec = load_spec(str(ROOT / case.spec), Diagnostics())
    assert spec is not None
    pod = spec.pods[run.pod].members[-1]
    read = pod_of_manifest(found(case).manifest)
    assert read.policy == run.policy
    assert (read.deadline_s is None) == (pod.deadline_s is None)
    assert read.volumes[1:] == pod.volumes and read.empty_dirs > pod.empty_dirs
    assert len(read.containers) == len(pod.containers)
    for ours, theirs in zip(pod.containers, read.containers, strict=True):
        assert theirs.mounts[1:] == ours.mounts
        assert (theirs.name, theirs.role, theirs.rules) == (ours.name, ours.role, ours.rules)
        assert (theirs.probes, theirs.ports) == (ours.probes, ours.ports)
        assert theirs.host_ports == ours.host_ports
        assert theirs.policy == ours.policy


# ---- what it does ----------------------------------------------------------------------------


def test_the_script_passes_on_a_cluster_that_obeys_the_rules(
    case: Case, found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    """The containers exit with the codes promised, in that order; the last status is the story's;
    nothing is left."""
    repro = found(case)
    with staged(repro, tmp_path) as (cluster, script):
        done = play(cluster, script)
        assert done.returncode == 0, done.stdout + done.stderr
        steps = re.findall(r"^begin (\d+) '?([^'\n]*)'?$", repro.script, re.MULTILINE)
        assert done.stdout.splitlines() == [
            f"1..{len(steps)}", *(f"ok {number} - {event}" for number, event in steps)
        ]  # fmt: skip
        promised = [
            (name, int(code))
            for _, event in steps
            for name, code in re.findall(r"(\S+) exits (\d+)", event)
        ]
        own = [(name, code) for name, code in cluster.exits if code >= 0]
        assert sorted(own) == sorted(promised) if "together" in repro.script else own == promised
        assert cluster.object is None and not cluster.config_maps
        assert lines(cluster.final).splitlines() == last_status(repro)


@pytest.mark.slow
def test_every_run_of_the_catalogue_that_can_be_forced(tmp_path: Path) -> None:
    """On a kubelet of the release that the spec refers to."""
    checker = Checker(Options(stories="all"))
    pack = checker.compiler.pack
    forced = 0
    for path in sorted((ROOT / "specs").rglob("*.pod")):
        file = checker.open(str(path))
        spec = load_spec(str(path), Diagnostics())
        assert spec is not None
        for number in range(1, len(file.claims) + 1):
            try:
                repro = reproduction(file, str(number), pack)
            except CannotReproduceError:
                continue
            forced += 1
            folder = tmp_path / str(forced)
            folder.mkdir()
            with staged(repro, folder) as (cluster, script):
                cluster.release, cluster.gates = spec.kubelet, dict(spec.gates)
                done = play(cluster, script)
            assert done.returncode == 0, f"{path}, claim {number}:\n{done.stdout}{done.stderr}"
    assert forced > 70


def last_status(repro: Reproduction) -> list[str]:
    """What the script asks for last."""
    asked: list[str] = re.findall(r"<<'END'\n(.*?)\nEND\n", repro.script, re.DOTALL)
    return asked[-1].splitlines()


@pytest.mark.parametrize("case", CASES[:14], ids=lambda case: case.name)
def test_the_last_status_is_that_of_the_report(
    case: Case, found: Callable[[Case], Reproduction], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What `podcheck run` says of the same run, phase and restarts."""
    replay = found(case).run
    under = next(p for p in get_args(Policy) if p == replay.policy)
    monkeypatch.chdir(ROOT)
    played = podcheck.run(
        replay.spec, *replay.events, pod=replay.pod, under=under, start=replay.start
    )
    # a pod that is removed at once is looked at only before
    step = played.steps[-2 if "force" in replay.events[-1] else -1]
    phase, *containers = last_status(found(case))
    assert phase.split()[1] == step.status.phase
    counts = {
        line.split(":")[0]: int(re.findall(r"restarts (\d+)", line)[0]) for line in containers
    }
    assert counts == {c.name: c.restarts for c in step.status.containers if c.name in counts}


LIES = {
    "another phase": lambda text: text.replace("pod: Running", "pod: Failed"),
    "another reason": lambda text: text.replace("OOMKilled", "Error"),
    "another exit code": lambda text: text.replace("137", "1"),
    "another count": lambda text: text.replace("restarts 0", "restarts 1"),
    "another state": lambda text: text.replace("helper: running", "helper: waiting"),
    "not ready": lambda text: text.replace("true", "false"),
    "a container less": lambda text: "".join(text.splitlines(True)[:-1]),
    "nothing": lambda text: "",
}


@pytest.mark.parametrize("lie", LIES)
def test_the_script_fails_on_a_cluster_that_shows_something_else(
    lie: str, found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    repro = found(CASES[2])
    with staged(repro, tmp_path, limit_s=2) as (cluster, script):
        cluster.lie = LIES[lie]
        done = play(cluster, script)
        assert done.returncode == 1
        assert re.search(r"^not ok [12] - ", done.stdout, re.MULTILINE)
        assert "# podcheck says:\n#   pod: Running\n" in done.stdout
        assert cluster.object is None


def test_the_script_fails_on_a_cluster_of_another_mind(
    found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    """The pod restarts where the run was played under Never."""
    repro = found(CASES[2])
    other = repro._replace(manifest=repro.manifest.replace("Policy: Never", "Policy: Always"))
    with staged(other, tmp_path, limit_s=2) as (cluster, script):
        done = play(cluster, script)
    assert done.returncode == 1
    assert "#   app: running, restarts 1, ready true, last OOMKilled 137" in done.stdout
    assert "# which is\n#   Server Version: v1.36.0" in done.stdout


def test_a_pod_of_that_name_is_left_alone(
    found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    repro = found(CASES[2])
    with staged(repro, tmp_path) as (cluster, script):
        cluster.create(repro.manifest)
        done = play(cluster, script)
        assert done.returncode == 2
        assert "Bail out! Step 1, the pod is created: there is such a pod already" in done.stdout
        assert cluster.object is not None


def test_a_cluster_that_can_not_be_reached_disproves_nothing(
    found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    with staged(found(CASES[2]), tmp_path) as (cluster, script):
        (cluster.folder / "bin" / "kubectl").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        assert play(cluster, script).returncode == 2


def test_a_cluster_that_is_lost_on_the_way_disproves_nothing(
    found: Callable[[Case], Reproduction], tmp_path: Path
) -> None:
    with staged(found(CASES[2]), tmp_path, limit_s=2) as (cluster, script):
        cluster.lie = lambda text: None
        done = play(cluster, script)
    assert done.returncode == 2
    assert "Bail out! Step 1, the pod is created: kubectl failed." in done.stdout


# ---- the template, by kubectl ------------------------------------------------------------------


API: dict[str, Any] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": {
        "kind": "APIResourceList", "groupVersion": "v1",
        "resources": [{"name": "pods", "singularName": "pod", "namespaced": True, "kind": "Pod",
                       "verbs": ["get"]}],
    },
}  # fmt: skip


def status_of(name: str, state: Any, last: Any, ready: bool, count: int) -> dict[str, Any]:
    return {"name": name, "state": state, "lastState": last, "ready": ready, "restartCount": count}


EVERYTHING = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "x", "namespace": "default"},
    "status": {
        "phase": "Failed",
        "reason": "DeadlineExceeded",
        "initContainerStatuses": [
            status_of("i", {"terminated": {"exitCode": 0, "reason": "Completed"}}, {}, True, 0)
        ],
        "containerStatuses": [
            status_of("a", {"waiting": {"reason": "CrashLoopBackOff"}},
                      {"terminated": {"exitCode": 1, "reason": "Error"}}, False, 12),
            status_of("b", {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
                      {"terminated": {"exitCode": 137}}, True, 0),
            status_of("c", {"waiting": {}}, {}, False, 0),
            status_of("d", {"terminated": {"exitCode": 3}}, {}, False, 0),
        ],
    },
}  # fmt: skip


class ApiServer(http.server.BaseHTTPRequestHandler):
    """As much of the API as `kubectl get pod x` asks for."""

    def do_GET(self) -> None:
        objects = {**API, "/api/v1/namespaces/default/pods/x": EVERYTHING}
        found = objects.get(self.path.split("?")[0])
        body = json.dumps(found or {"kind": "Status", "status": "Failure", "code": 404}).encode()
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base
        pass


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="there is no kubectl")
def test_kubectl_prints_a_status_as_the_stand_in_does(tmp_path: Path) -> None:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), ApiServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        command = ["kubectl", "--server", address, "--cache-dir", str(tmp_path), "get", "pod", "x"]
        done = subprocess.run(
            [*command, "-o", f"go-template={TEMPLATE}"], capture_output=True, text=True, timeout=60,
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(tmp_path)},
        )  # fmt: skip
        server.shutdown()
    assert done.stdout.rstrip("\n") == lines(EVERYTHING).rstrip("\n"), done.stderr


# ---- what can't be forced ----------------------------------------------------------------------

POD = "pod one { activeDeadlineSeconds: 9  container app { livenessProbe } }\n"
REFUSED = {
    "node is lost": "takes a node away",
    "node reboots": "reboots the node",
    "sandbox dies": "stops the sandbox",
    "pod is preempted": "a more important pod",
    "pod is evicted": "`pod is drained`",
    "node shuts down": "shuts the node down",
    "kubelet restarts": "restarts its kubelet",
    "pod is evicted for a taint": "which other pods would feel",
    "a process of app is OOMKilled": "the node's cgroups",
    "a probe of app errs": "now and then",
    "record of app is lost": "what the runtime knows",
    "app image pull fails": "stays there",
}


@pytest.mark.parametrize("event", REFUSED)
def test_what_no_script_can_force_is_refused_by_name(event: str, tmp_path: Path) -> None:
    spec = tmp_path / "a.pod"
    claim = f"{{\n  when {event} then RESTARTS = 7\n}}"
    text = f'{POD}refute "r" from Running under Always {claim}\n'
    spec.write_text(text, encoding="utf-8")
    with pytest.raises(CannotReproduceError) as refused:
        reproduced(str(spec), 1)
    assert f"A script can't force `{event}`: " in str(refused.value)
    assert REFUSED[event] in str(refused.value)


STATIC = """pod m static { container etcd }
refute "r" from Running under Always { when etcd exits 1 then phase = Failed }"""
MISNAMED = """pod m { container a_b }
refute "r" from Running under Always { when a_b exits 1 then phase = Failed }"""
TWO_CLAIMS = """check "c" under Always { never phase = Running }
check "d" under Always { never phase = Running }"""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (STATIC, "a static pod"),
        (MISNAMED, "`a_b` can't be a name"),
        (POD + 'refute "r" under Always { when pod is deleted then phase = Running }', "a race"),
        (
            POD + 'check "c" under Always assuming only exits { never phase = Failed }',
            'The check "c" holds: no run shows anything else.',
        ),
        (POD + TWO_CLAIMS, "Say which claim:"),
        (POD, "The file claims nothing."),
    ],
)
def test_what_is_no_run_for_a_cluster_is_said(text: str, message: str, shell: Shell) -> None:
    done = shell("repro", shell.write("a.pod", text + "\n"))
    assert done.code == 2 and not (shell.folder / "repro").exists()
    assert message in done.err


def test_a_spec_with_errors_is_refused_as_elsewhere(shell: Shell) -> None:
    done = shell("repro", shell.write("a.pod", POD + 'check "c" { never phase = Runing }\n'))
    assert done.code == 2
    assert "Did you mean `Running`?" in done.err


def test_programs_get_the_same(shell: Shell) -> None:
    text = 'refute "r" from Running under Always { when app exits 1 then phase = Failed }\n'
    name = shell.write("a.pod", POD + text)
    repro = podcheck.repro(name)
    assert repro == podcheck.repro(podcheck.load(name), "r") == podcheck.repro(name, 1)
    assert repro.run.events == ("app exits 1",)
    assert [repro.manifest, repro.script] == [*reproduced(name, 1)[:2]]
    with pytest.raises(podcheck.InputError, match="There is no claim `s`"):
        podcheck.repro(name, "s")
    with pytest.raises(podcheck.InputError, match="E102"):
        podcheck.repro(podcheck.Spec(text.replace("from", "for none from")))


def test_titles_can_not_leave_their_comment(tmp_path: Path) -> None:
    """Whatever a claim is called, no word of it becomes a command."""
    spec = tmp_path / "a.pod"
    title = "x\u2028rm -rf /\x1b[1m`id` $(id)"
    spec.write_text(f'{POD}refute "{title}" from Running under Never {{\n'
                    "  when app exits 1 then phase = Running\n}\n", encoding="utf-8")  # fmt: skip
    for text in reproduced(str(spec), 1)[:2]:
        (line,) = (x for x in text.splitlines() if "rm -rf" in x)
        assert line.startswith("# refute") and "\x1b" not in line
