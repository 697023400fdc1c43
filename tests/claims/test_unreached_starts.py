"""A start that a pod does not reach is refused, wherever it is asked for: nothing is played from
another state under its name."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import Shell

import podcheck
from podcheck.arguments import InputError, Policy, Spec

RESTARTS = """pod p {
  init i {
    restartPolicy: Never
    on exit 0: RestartAllContainers
  }
  container app
}
"""
POLICIES: tuple[Policy, ...] = ("Always", "OnFailure", "Never")


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("events", [(), ("i exits 1",), ("app exits 1",)])
def test_run(shell: Shell, policy: Policy, events: tuple[str, ...]) -> None:
    path = shell.write("r.pod", RESTARTS)
    done = shell("run", path, "--from", "Running", "--under", policy, *events)
    assert done.code == 2
    assert done.out == ""
    assert f"Pod `p` does not reach `Running` under {policy}. Start from `created`" in done.err
    with pytest.raises(InputError, match=f"does not reach `Running` under {policy}"):
        podcheck.run(Spec(RESTARTS), *events, under=policy, start="Running")
    assert shell("run", path, "--under", policy).code == 0


@pytest.mark.parametrize("policy", POLICIES)
def test_table(shell: Shell, policy: Policy) -> None:
    path = shell.write("r.pod", RESTARTS)
    done = shell("table", path, "--under", policy)
    assert done.code == 2
    assert done.out == ""
    assert f"Pod `p` does not reach `Running` under {policy}." in done.err
    with pytest.raises(InputError, match=f"does not reach `Running` under {policy}"):
        podcheck.table(Spec(RESTARTS), under=[policy])
    assert shell("table", path, "--under", policy, "--from", "Starting(i)").code == 0


def test_verify_and_repro_have_no_run_to_show(shell: Shell) -> None:
    claim = 'scenario "s" from Running under Never { when i exits 1 then phase = Failed }\n'
    path = shell.write("r.pod", RESTARTS + claim)
    assert shell("verify", path).code == 3
    done = shell("repro", path)
    assert done.code == 2
    assert "VACUOUS" in done.err
    assert not (shell.folder / "repro").exists()


def test_a_start_that_is_reached_is_played_from_there(shell: Shell) -> None:
    path = shell.write("r.pod", "pod q { init i  sidecar s { startupProbe }  container app }\n")
    for policy in POLICIES:
        for start, phase in (("Running", "Running"), ("Starting(s)", "Pending")):
            status = podcheck.run(path_of(shell, path), under=policy, start=start).steps[0].status
            assert status.phase == phase
        done = shell("run", path, "--from", "Starting(app)", "--under", policy)
        assert done.code == 2
        assert "A run can't start from `Starting(app)`." in done.err


def path_of(shell: Shell, name: str) -> Path:
    return shell.folder / name
