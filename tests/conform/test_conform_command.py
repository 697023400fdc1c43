"""`podcheck conform`: what it replays, what it passes over, what it says of what it can't read."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from places import RECORDINGS, ROOT

from podcheck.cli.group import cli

REPORT = ROOT / "podcheck" / "report"
SCHEMA = json.loads((REPORT / "conform.schema.json").read_text(encoding="utf-8"))


def conform(*arguments: object) -> Result:
    result = CliRunner().invoke(cli, ["conform", *map(str, arguments)], standalone_mode=False)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def code(result: Result) -> object:
    return result.return_value


def as_json(*arguments: object) -> Any:
    data = json.loads(conform("--format", "json", *arguments).stdout)
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    return data


def some_lives(count: int = 6) -> list[Any]:
    data = (RECORDINGS / "traces_probe_rules.jsonl.gz").read_bytes()
    return [json.loads(line) for line in gzip.decompress(data).splitlines()[:count]]


def write(folder: Path, name: str, lines: list[Any], specs: bool = True) -> Path:
    text = "".join(json.dumps(line) + "\n" for line in lines).encode()
    path = folder / name
    path.write_bytes(gzip.compress(text) if name.endswith(".gz") else text)
    if specs:
        shutil.copy(RECORDINGS / "traces_specs.json", folder / "traces_specs.json")
    return path


def failed(lives: list[Any]) -> list[Any]:
    """The lives, the first one of which began with phase Failed."""
    life = lives[0]
    status = json.loads(json.dumps(life["st"][life["steps"][0]["fin"]]))
    life["st"].append({**status, "ph": "Failed"})
    life["steps"][0]["fin"] = len(life["st"]) - 1
    return lives


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small recordings, one that is passed over, and files that are none."""
    for name in ("kubectl_columns.jsonl", "restart_decision.jsonl", "node_loss.jsonl", "README.md"):
        shutil.copy(RECORDINGS / name, tmp_path / name)
    write(tmp_path, "lives.jsonl.gz", some_lives())
    return tmp_path


def test_a_folder_that_agrees(folder: Path) -> None:
    result = conform(folder)
    assert code(result) == 0
    assert "AGREES  " in result.stdout
    assert "100 %" in result.stdout
    assert "DIFFERS" not in result.stdout
    assert f"passed over {folder / 'node_loss.jsonl'}: controllers" in result.stdout
    assert f"passed over {folder / 'README.md'}: " in result.stdout
    assert f"passed over {folder / 'traces_specs.json'}: the pod specs of traces" in result.stdout


def test_counts_by_field_and_event_as_json(folder: Path) -> None:
    data = as_json(folder)
    assert data["exit_code"] == 0
    assert data["errors"] == []
    assert len(data["passed_over"]) == 3
    kinds = {r["kind"]: r for r in data["recordings"]}
    assert list(kinds) == ["kubectl columns", "traces", "restart decisions"]
    traces = kinds["traces"]
    assert traces["compared"] == traces["agree"] == traces["one_status"] > 6
    fields = {f["name"]: f["compared"] for f in traces["fields"]}
    assert fields["phase"] == traces["compared"]
    assert {"state", "restartCount", "condition Ready", "STATUS"} <= set(fields)
    assert sum(e["compared"] for e in traces["events"]) == traces["compared"]


def test_packed_and_plain_give_the_same(tmp_path: Path) -> None:
    packed, plain = (write(tmp_path, n, some_lives()) for n in ("a.jsonl.gz", "a.jsonl"))
    first, second = as_json(packed), as_json(plain)
    for data in (first, second):
        data["recordings"][0]["path"] = ""
    assert first == second


def test_a_difference_is_told(tmp_path: Path) -> None:
    path = write(tmp_path, "changed.jsonl", failed(some_lives()))
    result = conform(path)
    assert code(result) == 1
    assert f"DIFFERS {path}" in result.stdout
    assert "phase: recorded Failed, the rules give Running" in result.stdout
    assert "    recorded  phase=Failed" in result.stdout
    assert "    allowed   phase=Running" in result.stdout
    assert "    rule      next phase" in result.stdout
    (difference,) = as_json(path)["recordings"][0]["differences"]
    assert difference["line"] == 1
    assert difference["events"] == ["create"]
    assert difference["rules"][0]["cites"]
    assert as_json("--show", "0", path)["recordings"][0]["differences"] == []
    assert code(conform("--show", "0", path)) == 1


def test_a_wrong_call_is_told(tmp_path: Path) -> None:
    call = json.loads((RECORDINGS / "phase_calls.jsonl").read_text().splitlines()[0])
    path = write(tmp_path, "calls.jsonl", [{**call, "phase": "Failed"}], specs=False)
    result = conform(path)
    assert code(result) == 1
    assert "phase: recorded Failed, the rules give Running" in result.stdout
    assert "    rule      computedPhase = Running" in result.stdout


def test_nothing_replayed(tmp_path: Path) -> None:
    shutil.copy(RECORDINGS / "node_loss.jsonl", tmp_path / "node_loss.jsonl")
    (tmp_path / "empty.jsonl").write_text("")
    result = conform(tmp_path)
    assert code(result) == 3
    assert "nothing was replayed" in result.stdout
    assert "it has no records" in result.stdout
    assert as_json(tmp_path)["exit_code"] == 3


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    import click

    with pytest.raises(click.UsageError, match="There is no file"):
        conform(tmp_path / "nothing.jsonl")


def unreadable(path: Path) -> tuple[int | None, str]:
    """The line and the message of the only error."""
    result = conform(path)
    assert code(result) == 2
    assert "Traceback" not in result.output
    (error,) = as_json(path)["errors"]
    place = f"{path}:{error['line']}" if error["line"] else f"{path}"
    assert f"error: {place}: {error['message']}" in result.stdout
    return error["line"], error["message"]


def test_a_packed_file_that_is_cut_off(tmp_path: Path) -> None:
    path = write(tmp_path, "lives.jsonl.gz", some_lives(40))
    path.write_bytes(path.read_bytes()[:-2000])
    line, message = unreadable(path)
    assert line is not None
    assert "cut off or damaged" in message
    path.write_bytes(b"\x1f\x8bnot packed at all")
    assert "cut off or damaged" in unreadable(path)[1]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (b'{"steps": [}\n', 1, "not JSON"),
        (b"\n[1, 2]\n", 2, "no object"),
        (b'{"caf\xe9": 1}\n', 1, "not UTF-8"),
        (b'{"something": "else"}\n', 1, "no kind of recording"),
        (b'{"shouldRestart": true}\n', 1, "'rules' is missing"),
        (b'{"phaseChars": 3}\n{"section": "plain"}\n', 2, "'inits' is missing"),
        (b'{"podHasInitialized": true, "statuses": 7}\n', 1, "not of the form"),
        (b'{"READY": "1/1", "conditions": 7}\n', 1, "not of the form"),
        (b"[" * 100_000 + b"\n", 1, "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: bytes, line: int, message: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(text)
    found = unreadable(path)
    assert found[0] == line
    assert message in found[1]


def test_a_bad_line_after_good_ones(tmp_path: Path) -> None:
    lives = some_lives()
    del lives[3]["steps"]
    line, message = unreadable(write(tmp_path, "lives.jsonl", lives))
    assert line == 4
    assert "'steps' is missing" in message


def test_traces_without_specs(tmp_path: Path) -> None:
    line, message = unreadable(write(tmp_path, "lives.jsonl", some_lives(), specs=False))
    assert line == 1
    assert "pod specs are missing" in message


def test_a_spec_that_is_missing(tmp_path: Path) -> None:
    lives = some_lives()
    lives[2]["spec"] = "unheard of"
    line, message = unreadable(write(tmp_path, "lives.jsonl", lives))
    assert (line, message) == (3, "there is no pod spec `unheard of`")


@pytest.mark.parametrize("event", ["explode c1", "exit c9 1", "exit c1 soon", "imgok", "wait"])
def test_an_event_that_cannot_be_played(tmp_path: Path, event: str) -> None:
    lives = some_lives()
    lives[1]["steps"][1]["ev"] = event
    line, message = unreadable(write(tmp_path, "lives.jsonl", lives))
    assert line == 2
    assert "event" in message
