"""Starting podcheck loads what the command needs and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("z3", "lark", "rich", "yaml", "json", "hashlib", "unittest", "importlib.metadata")


# What only reports in other formats than text need.
FORMATS = ("jinja2", "markupsafe", "xml", "html", "rich")


def loaded(*arguments: str) -> set[str]:
    """The top-level modules (and our own) that a command has loaded when it ends."""
    code = (
        "import sys\n"
        "from podcheck.cli.main import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit as stop:\n"
        "    assert not stop.code, stop.code\n"
        "sys.stderr.write('\\n'.join(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.splitlines())


@pytest.mark.parametrize("argument", ["--help", "--version"])
def test_help_and_version_load_no_parser_and_no_solver(argument: str) -> None:
    assert not loaded(argument) & set(HEAVY)


@pytest.mark.parametrize(
    "command",
    [
        "verify",
        "audit",
        "watch",
        "run",
        "table",
        "repro",
        "rules",
        "explain",
        "fmt",
        "new",
        "init",
        "completion",
        "lsp",
    ],
)
def test_the_help_of_a_command_loads_no_parser_and_no_solver(command: str) -> None:
    assert not loaded(command, "--help") & {"z3", "lark", "rich", "yaml", "watchfiles"}


def test_a_report_as_text_loads_no_other_format(tmp_path: Path) -> None:
    spec = tmp_path / "a.pod"
    spec.write_text("pod one { container app }\n\ncheck \"c\" for one under Never assuming only "
                    "exits {\n  never phase = Failed and app.exitCode = 0\n}\n")  # fmt: skip
    found = loaded("verify", str(spec))
    assert not found & set(FORMATS)
    ours = {m.removeprefix("podcheck.report.") for m in found if m.startswith("podcheck.report.")}
    assert ours == {
        "cleaning", "formats", "printable", "text", "terminal", "timeline", "timeline_text",
        "repetitions", "sentences", "tones",
    }  # fmt: skip
    assert "jinja2" in loaded("verify", str(spec), "-o", str(tmp_path / "a.html"))


def test_yaml_is_loaded_for_a_manifest_alone(tmp_path: Path) -> None:
    claim = 'check "c" for one assuming only exits {\n  never phase = Failed\n}\n'
    (tmp_path / "a.pod").write_text("pod one { container app }\n\n" + claim)
    (tmp_path / "b.pod").write_text('pod one from "b.yaml"\n\n' + claim)
    (tmp_path / "b.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: one}\nspec: {containers: [{name: app}]}\n"
    )
    for name, reads in (("a.pod", False), ("b.pod", True), ("b.pod", False)):  # the last is kept
        found = loaded("verify", str(tmp_path / name))
        assert ("yaml" in found, "podcheck.manifests" in found) == (reads, reads)


def test_the_package_itself_loads_nothing() -> None:
    code = "import podcheck, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(done.stdout.splitlines()) & {*HEAVY, "click"}


def test_commands_without_a_question_load_no_solver() -> None:
    assert "z3" not in loaded("explain", "E101")
    assert "z3" not in loaded("rules", "events")
