"""What podcheck says about wrong specs.

Each `bad/NAME.pod` has a `bad/NAME.expected`: the command, what it prints, its exit code.
A new case is a new `.pod` file; `pytest --update-goldens` writes the other one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from places import TESTS

from podcheck.cli.main import main

SPECS = sorted(p.stem for p in (TESTS / "bad").glob("*.pod"))


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and everything that a command prints."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    captured = capsys.readouterr()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code, captured.out + captured.err


@pytest.mark.parametrize("name", SPECS)
def test_message(
    name: str,
    golden: Callable[[Path, str], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(TESTS)
    code, printed = run(capsys, "verify", f"bad/{name}.pod")
    assert code in (0, 1, 2, 3), "a wrong spec is no fault of podcheck"
    text = f"# podcheck verify bad/{name}.pod\n{printed}exit {code}\n"
    golden(TESTS / "bad" / f"{name}.expected", text)


def test_every_golden_file_has_its_spec() -> None:
    assert sorted(p.stem for p in (TESTS / "bad").glob("*.expected")) == SPECS


# ---- hostile specs, too large to keep -------------------------------------------------------

POD = "pod one { container app }\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("[" * 10_000_000, "E401", id="10-MB-of-brackets"),
        pytest.param("[" * 300_000, "E402", id="300-kB-of-brackets"),
        pytest.param("`" * 300_000, "E003", id="300-kB-of-junk"),
        pytest.param("`\n" * 100_000, "E405", id="junk-on-100000-lines"),
        pytest.param('"' * 300_000, "E001", id="300-kB-of-quotes"),
        pytest.param(
            POD + 'check "c" for one {\n  always ' + "not " * 5_000 + "phase = Failed\n}\n",
            "E402",
            id="5000-negations",
        ),
        pytest.param(
            POD + 'check "c" for one {\n  always ' + "(" * 5_000 + "true" + ")" * 5_000 + "\n}\n",
            "E402",
            id="5000-parentheses",
        ),
        pytest.param(
            POD + 'check "c" for one {\n  always true' + " and true" * 5_000 + "\n}\n",
            "",
            id="5000-conjuncts",
        ),
        pytest.param(
            POD + 'check "c" for one {\n  always true' + " implies true" * 5_000 + "\n}\n",
            "E402",
            id="5000-implications",
        ),
        pytest.param(POD + "pod " * 200_000, "E001", id="200000-pods"),
        pytest.param(
            "pod p { container c[1..32] container d[1..32] }\n", "E404", id="large-families"
        ),
        pytest.param(
            "pod p { " + " ".join(f"container c{i}[1..3]" for i in range(10)) + " }\n",
            "E404",
            id="59049-members",
        ),
        pytest.param(
            POD
            + 'scenario "s" for one {\n  when '
            + "{" * 10
            + "app exits any"
            + " x 100}" * 10
            + " then true\n}\n",
            "E403",
            id="100-to-the-10th-events",
        ),
        pytest.param(
            POD
            + 'scenario "s" for one {\n  when '
            + "in any order {" * 20
            + "app exits 1; app exits 2; app exits 3"
            + "}" * 20
            + " then true\n}\n",
            "",
            id="orders-of-orders",
        ),
    ],
)
def test_hostile(text: str, code: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "hostile.pod"
    path.write_text(text, encoding="utf-8")
    began = time.monotonic()
    status, printed = run(capsys, "verify", "--timeout", "5", str(path))
    assert status != 5, printed
    if code:
        assert status == 2
        assert f"[{code}]" in printed
    assert len(printed) < 100_000
    assert time.monotonic() - began < 20
