"""podcheck.yaml above the manifests, `.gitignore`, and what else leaves files out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from command_line import Finished, Shell
from places import PACKAGE

from podcheck.auditing.config import read_config
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: NAME}
spec:
  restartPolicy: Never
  containers: [{name: first, image: busybox}, {name: second, image: busybox}]
"""
DEAD = "dead-container-goes-unnoticed"
IGNORE = f"- hazard: {DEAD}\n  reason: both do the work\n"


def pod(shell: Shell, path: str) -> str:
    return shell.write(path, POD.replace("NAME", Path(path).stem))


def found(done: Finished) -> list[str]:
    """The workloads with findings, in their order."""
    claims = [c for f in json.loads(done.out)["files"] for c in f["claims"]]
    return [c["title"].removeprefix("Pod ") for c in claims if c["outcomes"]]


def audit(shell: Shell, *arguments: str) -> list[str]:
    return found(shell("audit", "--format", "json", *arguments))


# ---- config files ----------------------------------------------------------------------------


def test_a_config_file_is_looked_for_upwards(shell: Shell) -> None:
    for path in ("apps/a/one.yaml", "apps/two.yaml", "three.yaml"):
        pod(shell, path)
    shell.write("apps/podcheck.yaml", f"ignore:\n{IGNORE}")
    assert audit(shell, ".") == ["three"]
    assert audit(shell, "apps/a/one.yaml") == []
    shell.write("podcheck.yaml", f"ignore:\n{IGNORE}  workloads: Pod/three\n")
    assert audit(shell, ".") == []  # both count


def test_a_repository_ends_the_search(shell: Shell) -> None:
    pod(shell, "repo/one.yaml")
    shell.write("podcheck.yaml", f"ignore:\n{IGNORE}")
    assert audit(shell, "repo") == []
    (shell.folder / "repo" / ".git").mkdir()
    assert audit(shell, "repo") == ["one"]


@pytest.mark.parametrize(
    ("files", "ignored"),
    [("apps/*", {"one", "two"}), ("apps/one.yaml", {"one"}), ("*.yaml", {"one", "two", "three"}),
     ("one.yaml", set())],
)  # fmt: skip
def test_an_exception_may_be_for_some_files(shell: Shell, files: str, ignored: set[str]) -> None:
    for path in ("apps/one.yaml", "apps/two.yaml", "three.yaml"):
        pod(shell, path)
    shell.write("podcheck.yaml", f"ignore:\n{IGNORE}  files: '{files}'\n")
    assert set(audit(shell, ".")) == {"one", "two", "three"} - ignored


def test_an_exception_may_be_for_an_input_error(shell: Shell) -> None:
    shell.write("bad.yaml", POD.replace("NAME", "bad").replace("Never", "Nver"))
    pod(shell, "one.yaml")
    assert shell("audit", ".").code == 2
    shell.write("podcheck.yaml", "ignore:\n- {code: E332, files: bad.yaml, reason: a test}\n")
    done = shell("audit", ".", "--severity", "error")
    assert done.code == 0
    assert "1 ignored" in done.out


def test_an_exception_that_ignores_nothing_is_reported(shell: Shell) -> None:
    pod(shell, "apps/one.yaml")
    text = f"ignore:\n{IGNORE}{IGNORE}  workloads: Pod/tow\n"
    shell.write("apps/podcheck.yaml", text)
    done = shell("audit", ".")
    assert done.code == 0
    assert "warning[W345] apps/podcheck.yaml:4:3" in done.out
    assert "W345" not in shell("audit", "apps/one.yaml").out  # others may be for the second one


def test_kinds_are_added(shell: Shell) -> None:
    shell.write(
        "w.yaml",
        "apiVersion: example.org/v1\nkind: Widget\nmetadata: {name: w}\nspec:\n"
        "  pods:\n  - {spec: {containers: [{name: a, image: b}, {name: c, image: d}]}}\n",
    )
    done = shell("audit", ".")
    assert done.code == 3
    assert "makes pods and is not read: Widget.example.org (1)" in done.out
    shell.write("podcheck.yaml", "podTemplates:\n- {kind: Widget, group: example.org, like: Pod,"
                " template: 'spec.pods.*', restartPolicy: Never}\n"
                f"ignore:\n{IGNORE}  workloads: Widget/x*\n")  # fmt: skip
    done = shell("audit", ".")
    assert done.code == 1
    assert "Widget w (0)" in done.out


WRONG = [
    ("- x\n", "This is a list, not an object with `ignore:`"),
    ("x\n", "This is a text, not an object"),
    ("exclud: [a]\n", "Did you mean `exclude`?"),
    ("exclude: a\n", "`exclude` is a list."),
    ("exclude: [1]\n", "An item of `exclude` is a text."),
    ("ignore: {}\n", "`ignore` is a list."),
    ("ignore:\n- {code: E33, reason: x}\n", "There is no code `E33`."),
    ("ignore:\n- {code: E330}\n", "Add `reason: "),
    (f"ignore:\n- {{hazard: {DEAD}}}\n", "Add `reason: "),
    (f"ignore:\n- {DEAD}\n", f"Write `- {{hazard: {DEAD}, reason: "),
    ("ignore:\n- {code: E330, workloads: Pod/x, reason: x}\n", "An input error has no workload."),
    (f"ignore:\n- {{code: E330, hazard: {DEAD}, reason: x}}\n", "a hazard or a code, not both"),
    (f"ignore:\n{IGNORE}  workloads: Widget/x\n", "No workload can match `Widget/x`."),
    ("podTemplates: [a]\n", "is an object"),
    ("podTemplates: [{kind: W, group: g}]\n", "This pod template has no `template`."),
    ("podTemplates: [{kind: W, group: g, template: a, like: Jobb}]\n", "Did you mean `Job`?"),
    ("podTemplates: [{kind: W, group: g, template: a, path: b}]\n", "has no field `path`"),
]


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_what_is_wrong_in_it_is_reported(text: str, message: str) -> None:
    diagnostics = Diagnostics()
    read_config(Source("podcheck.yaml", text), (DEAD,), diagnostics)
    (wrong,) = diagnostics.sorted()
    assert message in f"{wrong.message} {wrong.hint}"
    assert wrong.hint


GOOD = [
    "", "ignore:\n", f"ignore:\n{IGNORE}", "exclude: [vendored/, '*.gen.yaml']\n",
    f"ignore:\n{IGNORE}  workloads: JobSet/x\n  files: a/*\n",
    "ignore:\n- {code: W345, files: a, reason: x}\n",
    "podTemplates: [{kind: W, group: g, template: 'a.*.b', like: Job, restartPolicy: Never}]\n",
]  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_the_schema_takes_what_is_taken(text: str) -> None:
    diagnostics = Diagnostics()
    read_config(Source("podcheck.yaml", text), (DEAD,), diagnostics)
    assert not diagnostics.found
    jsonschema.validate(yaml.safe_load(text), schema())


@pytest.mark.parametrize("text", [text for text, _ in WRONG if "Widget" not in text])
def test_the_schema_refuses_what_is_wrong(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(text), schema())


def schema() -> object:
    return json.loads((PACKAGE / "auditing" / "config.schema.json").read_text(encoding="utf-8"))


def test_the_schema_is_printed(shell: Shell) -> None:
    assert json.loads(shell("config", "schema").out) == schema()


# ---- files that are left out -----------------------------------------------------------------


def test_gitignore_is_respected(shell: Shell) -> None:
    for path in ("a.yaml", "gen/b.yaml", "c.gen.yaml", "sub/d.yaml", "sub/kept.yaml"):
        pod(shell, path)
    shell.write(".gitignore", "gen/\n*.gen.yaml\n!kept.gen.yaml\n")
    shell.write("sub/.gitignore", "*.yaml\n!kept.yaml\n")
    pod(shell, "kept.gen.yaml")
    assert audit(shell, ".") == ["a", "kept.gen", "kept"]
    assert audit(shell, "sub") == ["kept"]
    assert audit(shell, "gen/b.yaml") == ["b"]  # somebody has named it
    assert audit(shell, "gen") == ["b"]


def test_patterns_leave_files_out(shell: Shell) -> None:
    for path in ("a.yaml", "gen/b.yaml", "apps/gen/c.yaml", "apps/d.yaml"):
        pod(shell, path)
    assert audit(shell, ".", "--exclude", "gen") == ["a", "d"]
    assert audit(shell, ".", "--exclude", "/gen", "--exclude", "apps/d.*") == ["a", "c"]
    shell.write("apps/podcheck.yaml", "exclude: [/gen/]\n")
    assert audit(shell, ".") == ["a", "d", "b"]
    assert audit(shell, "apps/gen/c.yaml") == []


# ---- where there may be nothing --------------------------------------------------------------


def test_changed_files_need_not_be_manifests(shell: Shell) -> None:
    values = shell.write("values.yaml", "image: {tag: 1}\n")
    config = shell.write("tsconfig.json", '{\n // a comment\n "a": 1,\n}\n')
    assert shell("audit", values, config).code == 2
    done = shell("audit", "--if-any", values, config)
    assert done.code == 0
    assert done.out.startswith("No workload was found")
    assert json.loads(shell("audit", "--if-any", values, "--format=json").out)["exit_code"] == 0
    assert shell("audit", "--if-any", values, pod(shell, "a.yaml")).code == 1
    assert shell("audit", "--if-any", "missing.yaml").code == 2
    assert (
        shell(
            "audit",
            "--if-any",
            shell.write("b.yaml", POD.replace("NAME", "b").replace("Never", "x")),
        ).code
        == 2
    )
