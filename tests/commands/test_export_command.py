"""`podcheck export`: which claim, which pod, and what can't be exported."""

from __future__ import annotations

from pathlib import Path

import pytest

from podcheck.cli.main import main

SMALL = """pod one { container app }
pod two { container app  container helper }
check "absorbs" for one under every policy {
  always (phase in {Succeeded, Failed} implies next phase = phase)
}
check "never fails" for one, two under OnFailure assuming only exits { never phase = Failed }
"""


class Run:
    """`podcheck export`: its exit code, and what it prints."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, path: Path, *options: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stop:
            main(["export", str(path), *options])
        captured = self.capsys.readouterr()
        assert isinstance(stop.value.code, int)
        return stop.value.code, captured.out + captured.err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    return Run(capsys)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.pod"
    path.write_text(SMALL, encoding="utf-8")
    return path


def test_a_file_gets_what_is_printed(run: Run, small: Path, tmp_path: Path) -> None:
    for language in ("smt2", "promela"):
        code, printed = run(small, "--to", language, "--claim", "1")
        assert code == 0
        output = tmp_path / "out"
        assert run(small, "--to", language, "--claim", "1", "-o", str(output)) == (0, "")
        assert output.read_text(encoding="utf-8") == printed


def test_only_the_policies_named_have_a_start(run: Run, small: Path) -> None:
    _, every = run(small, "--to", "smt2", "--claim", "1")
    assert every.count("; start: ") == 3
    _, one = run(small, "--to", "smt2", "--claim", "1", "--under", "Never")
    assert one.count("; start: ") == 1
    assert "; start: created, Never" in one


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "Say which claim: `--claim NUMBER` or its title.\n    1  check"),
        (("--claim", "99"), "There is no claim `99`. The file has 2."),
        (("--claim", "1", "--pod", "two"), "The claim is not about a pod `two`, but about: one."),
        (("--claim", "2", "--pod", "two", "--under", "Never"), "It is about: OnFailure."),
        (("--claim", "2"), "Say which pod: `--pod NAME`. The claim is about: one, two."),
    ],
)
def test_what_can_not_be_exported_is_said(
    run: Run, small: Path, options: tuple[str, ...], message: str
) -> None:
    code, output = run(small, "--to", "smt2", *options)
    assert code == 2
    assert message in output


@pytest.mark.parametrize(
    ("claim", "message"),
    [
        (
            "scenario 'x' for one { when app exits 0 then phase = Running }",
            "refers to a few events",
        ),
        ("check 'x' for one { eventually phase = Failed }", "what happens eventually"),
        ("check 'x' for one from any Running { never phase = Failed }", "Only claims from created"),
        (
            "check 'x' for one { always (phase = Failed or phase != Failed) }",
            "The claim asks nothing",
        ),
    ],
)
def test_claims_of_other_kinds_are_refused(
    run: Run, tmp_path: Path, claim: str, message: str
) -> None:
    path = tmp_path / "x.pod"
    path.write_text("pod one { container app }\n" + claim.replace("'", '"') + "\n")
    code, output = run(path, "--to", "smt2", "--claim", "x")
    assert code == 2
    assert message in output
