"""`podcheck fmt`: one layout, nothing lost, stable.

Each `fmt/NAME.pod` is formatted to `fmt/NAME.expected` (`pytest --update-goldens`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from places import TESTS

from podcheck.cli.main import main
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.formatter import FormatFault, _Writer, format_text
from podcheck.language.lexer import tokenize
from podcheck.language.source import Source

SPECS = sorted([*(TESTS / "bad").glob("*.pod"), *(TESTS.parent / "specs").rglob("*.pod")])


def formatted(text: str) -> str | None:
    return format_text(Source("a.pod", text), Diagnostics())


def words(text: str) -> tuple[list[str], list[str]]:
    """Tokens and comments, without the space between them."""
    tokens, comments = tokenize(Source("a.pod", text), Diagnostics())
    return [str(t) for t in tokens], [str(c).rstrip() for c in comments]


@pytest.mark.parametrize("path", sorted((TESTS / "fmt").glob("*.pod")), ids=lambda p: p.stem)
def test_layout(path: Path, golden: Callable[[Path, str], None]) -> None:
    text = formatted(path.read_text(encoding="utf-8"))
    assert text is not None
    golden(path.with_suffix(".expected"), text)


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_nothing_is_lost_and_the_result_is_stable(path: Path) -> None:
    before = path.read_text(encoding="utf-8", errors="replace")
    after = formatted(before)
    if after is not None:
        assert words(after) == words(before)
        assert formatted(after) == after


@pytest.mark.parametrize(
    "text", ["", "\n\n", "# only a comment", "\ufeffpod one { container app }"]
)
def test_small_files(text: str) -> None:
    after = formatted(text)
    assert after is not None
    assert formatted(after) == after


def test_a_fault_is_found_before_anything_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_Writer, "text", lambda self: "pod two { container app }\n")
    with pytest.raises(FormatFault):
        formatted("pod one { container app }\n")


# ---- the command ---------------------------------------------------------------------------------


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as stopped:
        main(["fmt", *arguments])
    captured = capsys.readouterr()
    return stopped.value.code, captured.out, captured.err


UGLY = "pod   one{container app}\n"
NEAT = "pod one { container app }\n"


def test_writes_in_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.pod"
    path.write_text(UGLY)
    path.chmod(0o640)
    assert run(capsys, str(tmp_path))[0] == 0
    assert path.read_text() == NEAT
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a.pod"]
    assert "1 left unchanged" in run(capsys, str(path))[2]


def test_check_shows_the_difference(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.pod"
    path.write_text(UGLY)
    status, out, _ = run(capsys, "--check", str(path))
    assert status == 1
    assert f"-{UGLY}+{NEAT}" in out
    assert path.read_text() == UGLY
    path.write_text(NEAT)
    assert run(capsys, "--check", str(path))[:2] == (0, "")


def test_errors_leave_the_file_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad, good = tmp_path / "bad.pod", tmp_path / "good.pod"
    bad.write_text("pod   one {")
    good.write_text(UGLY)
    status, _, err = run(capsys, str(tmp_path))
    assert status == 2
    assert "E002" in err
    assert bad.read_text() == "pod   one {"
    assert good.read_text() == NEAT


@pytest.mark.parametrize("name", ["missing.pod", "pack.rules"])
def test_what_is_no_spec(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "pack.rules").write_text("define   a = true")
    assert run(capsys, str(tmp_path / name))[0] == 2
    assert (tmp_path / "pack.rules").read_text() == "define   a = true"


def test_a_link_stays_a_link(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "real.pod").write_text(UGLY)
    (tmp_path / "link.pod").symlink_to("real.pod")
    assert run(capsys, str(tmp_path / "link.pod"))[0] == 0
    assert (tmp_path / "link.pod").is_symlink()
    assert (tmp_path / "real.pod").read_text() == NEAT


def test_line_ends_of_windows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.pod").write_bytes(NEAT.replace("\n", "\r\n").encode())
    assert run(capsys, str(tmp_path))[0] == 0
    assert (tmp_path / "a.pod").read_bytes() == NEAT.encode()
