"""The first minute: what a new user types before having read anything."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from command_line import FAILS, HOLDS, POD, Shell

from podcheck.api import verify
from podcheck.cli.group import COMMANDS
from podcheck.cli.init import CI_FILES

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {a: b}}
  template:
    metadata: {labels: {a: b}}
    spec:
      initContainers:
      - {name: migrate, image: x}
      - {name: mesh, image: y, restartPolicy: Always}
      containers:
      - {name: web, image: z, livenessProbe: {httpGet: {path: /, port: 80}}}
"""
CRONJOB = """\
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: web}
spec:
  schedule: "0 0 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [
    {name: table, image: z}, {name: "0b", image: z}]}}}}
"""
NEVER_RUNS = """\
---
apiVersion: v1
kind: Pod
metadata: {name: lone}
spec: {restartPolicy: Never, containers: [{name: app, image: z}]}
"""


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


# ---- nothing, or no specs ------------------------------------------------------------------------


def test_podcheck_alone_says_what_to_type(shell: Shell) -> None:
    done = shell()
    assert done.code == 2 and not done.err
    for command in ("audit deploy.yaml", "verify job.pod", "explain -", "init", "--help"):
        assert f"podcheck {command}" in done.out
    named = {line.split("podcheck ")[1].split()[0] for line in done.out.splitlines()[1:]
             if "podcheck " in line and "--help" not in line}  # fmt: skip
    assert named <= set(COMMANDS)


STATUS = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: app, image: nginx}]}
status:
  phase: Running
  containerStatuses: []
"""
LISTED = "NAME   READY   STATUS    RESTARTS   AGE\nweb    1/1     Running   0          3s\n"


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("a.pod", POD, "verify a.pod"),
        ("none.pod", None, "verify none.pod"),
        ("web.yaml", "kind: Deployment\nspec: {}\n", "audit web.yaml"),
        ("web.yaml", STATUS, "explain web.yaml"),
        ("web.json", '{"kind": "Pod",\n "status": {\n  "podIP": ""}}', "explain web.json"),
        ("log", LISTED, "explain --log log"),
        ("README.md", "# A page\n", "table --check README.md"),
    ],
)
def test_a_file_in_place_of_a_command(
    name: str, text: str | None, command: str, shell: Shell
) -> None:
    if text is not None:
        shell.write(name, text)
    done = shell(name)
    assert done.code == 2 and f"`podcheck {command}`" in done.err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify", "p.md"), "podcheck table --check p.md"),
        (("run", "p.md", "app exits 1"), "podcheck table --check p.md"),
        (("audit", "a.pod"), "podcheck verify a.pod"),
        (("verify", "web.yaml"), "podcheck audit web.yaml"),
    ],
)
def test_a_file_of_another_kind_says_the_command(
    arguments: tuple[str, ...], says: str, shell: Shell
) -> None:
    shell.write("a.pod", POD)
    shell.write("p.md", "# A page\n\nwith text\n")
    shell.write("web.yaml", DEPLOYMENT)
    done = shell(*arguments)
    assert done.code == 2 and says in done.out + done.err


@pytest.mark.parametrize(
    ("name", "says"), [("a.pod", "verify ."), ("a.yaml", "audit ."), ("a.txt", "podcheck init")]
)
def test_verify_in_a_folder_without_specs(name: str, says: str, shell: Shell) -> None:
    shell.write(name, POD)
    done = shell("verify")
    assert done.code == 2 and says in done.err


# ---- a first spec --------------------------------------------------------------------------------


def test_the_commented_spec_holds_and_is_formatted(shell: Shell) -> None:
    assert shell("init").code == 0
    assert shell("fmt", "--check", "specs").code == 0
    done = shell("verify")
    assert done.code == 0 and "4 claims: 3 hold, 1 refuted" in done.out
    workflow = yaml.safe_load(Path(CI_FILES["github"][0]).read_text())
    assert any("podcheck verify" in s.get("run", "") for s in workflow["jobs"]["podcheck"]["steps"])


@pytest.mark.parametrize("folder", ["", "deploy/"])
def test_a_spec_from_a_manifest_holds(folder: str, shell: Shell) -> None:
    """Names that are keywords or begin with a digit, two of a name, every kind of container."""
    shell.write(f"{folder}web.yaml", DEPLOYMENT + CRONJOB + NEVER_RUNS)
    assert shell("init", f"{folder}web.yaml", "--ci", "none").code == 0
    text = Path(f"{folder}web.pod").read_text()
    assert "web fails livenessProbe" in text and '"table" is OOMKilled' in text
    assert "mesh exits 0" in text and "migrate" not in text
    report = verify(f"{folder}web.pod")
    assert report.exit_code() == 0 and len(report.claims) == 3
    assert shell("fmt", "--check", f"{folder}web.pod").code == 0


def test_a_spec_to_standard_output(shell: Shell) -> None:
    shell.write("web.yaml", DEPLOYMENT)
    done = shell("new", "--from", "web.yaml", "-")
    assert done.code == 0 and "Deployment/web" in done.out
    assert [p.name for p in shell.folder.iterdir()] == ["web.yaml"]


def test_nothing_is_overwritten(shell: Shell) -> None:
    shell.write("specs/first.pod", "mine")
    for arguments in (("new",), ("init", "--ci", "none")):
        done = shell(*arguments)
        assert done.code == 2 and "Nothing was written" in done.err
    assert Path("specs/first.pod").read_text() == "mine"


def test_init_writes_what_is_missing(shell: Shell) -> None:
    """A CI file beside a spec that exists, a second spec beside a CI file that does."""
    workflow = CI_FILES["github"][0]
    shell.write("specs/first.pod", "mine")
    done = shell("init")
    assert done.code == 0 and f"Wrote {workflow}\nLeft specs/first.pod as it is.\n" in done.out
    before = Path(workflow).read_bytes()
    shell.write("web.yaml", DEPLOYMENT)
    done = shell("init", "web.yaml")
    assert done.code == 0 and f"Wrote web.pod\nLeft {workflow} as it is. To check web" in done.out
    assert Path(workflow).read_bytes() == before
    done = shell("init", "web.yaml")
    assert done.code == 2 and "Nothing was written" in done.err
    assert "`--ci none`" in " ".join(shell("init", "--help").out.split())


def test_a_claim_that_is_not_there_names_those_that_are(shell: Shell) -> None:
    shell.write("a.pod", POD + HOLDS + FAILS.replace("fails", "one of two"))
    unknown = shell("verify", "a.pod", "--claim", "nope")
    assert unknown.code == 2 and "Its claims: `holds`, `one of two`." in unknown.err
    assert "Close: `one of two`." in shell("verify", "a.pod", "--claim", "something about two").err
    assert "Did you mean `holds`?" in shell("verify", "a.pod", "--claim", "hold").err
    Path("empty").mkdir()
    nothing = shell("verify", "empty", "--claim", "nope")
    assert nothing.code == 3 and "No spec was found" in nothing.out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("new", "a.txt"), "`a.txt.pod`"),
        (("new", "--from", "none.yaml"), "File not found"),
        (("new", "--from", "empty.yaml"), "no workload"),
        (("new", "specs/a.pod", "--from", "web.yaml"), "beside the manifest"),
        (("init", "bad.yaml"), "error"),
    ],
)
def test_what_can_not_be_written_about(arguments: tuple[str, ...], says: str, shell: Shell) -> None:
    shell.write("web.yaml", DEPLOYMENT)
    shell.write("empty.yaml", "apiVersion: v1\nkind: Service\nmetadata: {name: s}\n")
    shell.write("bad.yaml", DEPLOYMENT.replace("Deployment", "Deploymnt") + "x: [\n")
    before = sorted(shell.folder.rglob("*"))
    done = shell(*arguments)
    assert done.code == 2 and says in done.err + done.out
    assert sorted(shell.folder.rglob("*")) == before


def test_gitlab_is_seen_by_its_file(shell: Shell) -> None:
    shell.write(".gitlab-ci.yml", "")
    done = shell("init")
    assert f"`include: {CI_FILES['gitlab'][0]}`" in done.out
    job = yaml.safe_load(Path(CI_FILES["gitlab"][0]).read_text())["podcheck"]
    assert job["artifacts"]["reports"] == {
        "junit": "podcheck.xml", "codequality": "podcheck.codequality.json"
    }  # fmt: skip


# ---- one claim -----------------------------------------------------------------------------------

TWO = POD + HOLDS + "\n" + FAILS  # line 3 and line 7


@pytest.mark.parametrize(
    ("arguments", "code", "claims"),
    [
        (("a.pod", "--claim", "holds"), 0, 1),
        (("a.pod", "--claim", "fails"), 1, 1),
        (("a.pod", "--claim", "2"), 1, 1),
        (("a.pod", "--claim", "holds", "--claim", "fails"), 1, 2),
        (("a.pod:4",), 0, 1),
        (("a.pod:7",), 1, 1),
        (("a.pod:9", "a.pod:3"), 1, 2),
        (("a.pod:3", "b.pod"), 1, 3),
    ],
)
def test_only_the_claims_that_are_named(
    arguments: tuple[str, ...], code: int, claims: int, shell: Shell
) -> None:
    shell.write("a.pod", TWO)
    shell.write("b.pod", TWO)
    for _ in range(2):  # the second may come from the cache
        done = shell("verify", *arguments)
        assert done.code == code
        assert done.out.splitlines()[-1].startswith(f"{claims} claim")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("a.pod", "--claim", "hold"), "Did you mean `holds`?"),
        (("a.pod:1",), "Its claims begin at a.pod:3, a.pod:7."),
        (("a.pod:99",), "There is no claim at line 99"),
        (("a.pod:3", "--coverage"), "`--coverage` is about whole files"),
        (("b.pod:3",), "File not found"),
    ],
)
def test_a_claim_that_is_not_there(arguments: tuple[str, ...], says: str, shell: Shell) -> None:
    shell.write("a.pod", TWO)
    done = shell("verify", *arguments)
    assert done.code == 2 and says in done.err + done.out


# ---- a pipe, colours, completion -----------------------------------------------------------------


class _Pipe:
    def __init__(self, text: str) -> None:
        self.buffer = io.BytesIO(text.encode())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("verify", "-"), "1 claim: 1 holds"),
        (("run", "-", "app exits 1", "--under", "Never"), "Failed"),
        (("table", "-", "app exits 1"), "app exits 1"),
    ],
)
def test_a_spec_from_a_pipe(
    arguments: tuple[str, ...], says: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Pipe(POD + HOLDS))
    done = shell(*arguments)
    assert done.code == 0 and says in done.out


def test_the_replay_of_a_piped_spec_reads_a_pipe(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Pipe(POD + FAILS))
    done = shell("verify", "-")
    assert done.code == 1 and "podcheck run - --pod one" in done.out


WRONG = "pod one { container app }\nbad\n"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("verify", "-"), WRONG),
        (("run", "-", "app exits 1"), WRONG),
        (("table", "-"), WRONG),
        (("fmt", "-"), WRONG),
        (("audit", "-"), "kind: [\n"),
        (("explain", "-"), "kind: [\n"),
    ],
)
def test_standard_input_has_one_name(
    arguments: tuple[str, ...], text: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", _Pipe(text))
    done = shell(*arguments)
    assert done.code == 2 and "] stdin:" in done.out + done.err


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [({}, False), ({"FORCE_COLOR": "1"}, True), ({"FORCE_COLOR": ""}, False),
     ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False)],
)  # fmt: skip
def test_colours_without_a_terminal(
    environment: dict[str, str], coloured: bool, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shell.write("a.pod", POD + FAILS)
    assert ("\x1b[1;31mFAILS" in shell("verify", "a.pod").out) is coloured


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_completion_is_a_script(name: str, shell: Shell) -> None:
    done = shell("completion", name)
    assert done.code == 0 and "_PODCHECK_COMPLETE" in done.out
    if name == "bash":
        subprocess.run(["bash", "-n"], input=done.out, text=True, check=True)


def test_completion_knows_the_commands(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_PODCHECK_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "podcheck ")
    monkeypatch.setenv("COMP_CWORD", "1")
    assert shell().out.split() == [f"plain,{name}" for name in COMMANDS]
