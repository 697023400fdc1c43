"""`podcheck rules`: what it lists, shows, and says when a name is not known."""

from __future__ import annotations

import json

import pytest

from podcheck.cli.main import main
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["rules", *arguments])
    captured = capsys.readouterr()
    return stopped.value.code, captured.out, captured.err


def test_list_holds_every_rule_once(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "list", "--format", "json")
    listed = json.loads(out)["rules"]
    assert status == 0
    assert len(listed) == len(load_pack().rules())
    assert {"list", "name", "sentence", "cites"} == set(listed[0])


def test_list_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "list")
    long = [line for line in out.splitlines() if len(line) > 80]
    assert all(line.startswith(" " * 26 + "[") for line in long), "only sources may be longer"
    assert out.endswith(f"{len(load_pack().rules())} rules\n")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("STATUS", "decide STATUS"),
        ("byPolicy", "define byPolicy"),
        ("c exits", 'event "c exits"'),
        ("phase", "phase: Phase = Pending"),
        ("gates", "gate SidecarContainers"),
        ("ContainerRestartRules", "gate ContainerRestartRules"),
        ("E308", "refuse E308"),
    ],
)
def test_show(name: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "show", name)
    assert status == 0
    assert expected in out
    assert out.startswith("kubernetes/")


def test_show_a_rule_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    rule = next(r for r in load_pack().rules() if r.name != "otherwise" and r.cites)
    status, out, _ = run(capsys, "show", rule.name)
    assert status == 0
    assert f'"{rule.name}"' in out
    assert f"Source: {rule.cites}" in out


def test_every_rule_can_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    from podcheck.cli.rules import _named

    pack = load_pack()
    for rule in pack.rules():
        assert rule.name == "otherwise" or list(_named(pack, rule.name)), rule.name


def test_show_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "show", "byPolcy")
    assert status == 2
    assert "Did you mean `byPolicy`?" in err


def test_events(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "events")
    assert status == 0
    assert "  CONTAINER exits CODE\n" in out
    assert "FAILURE is one of CreateContainerConfigError" in out
    assert all(len(line) <= 80 for line in out.splitlines())
    assert all(f"\n{kind}\n" in f"\n{out}" for kind in load_pack().kinds())


def test_every_event_and_kind_can_be_written_in_a_spec() -> None:
    pack = load_pack()
    for event in pack.events.values():
        words = " ".join("app" if w == event.actor else w for w in event.words)
        diagnostics = Diagnostics()
        text = f'scenario "s" for one assuming no {event.kind} {{\n  when {words} then true\n}}\n'
        parse(Source("a.pod", text), diagnostics)
        assert not diagnostics.found, f"{words}, {event.kind}: {diagnostics.sorted()}"
