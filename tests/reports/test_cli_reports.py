"""What `podcheck verify` writes where: reports in files, a line about progress, Ctrl-C."""

from __future__ import annotations

import sys

import pytest
from command_line import FAILS, HOLDS, NEVER_DEEP, POD, Shell, interrupted, on_terminal

from podcheck.report.formats import FORMATS

# ---- several formats ----------------------------------------------------------------------------


def test_any_number_of_reports_in_one_run(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS + FAILS)
    wanted = [f"r{suffix}" for form in FORMATS for suffix in form.suffixes]
    done = shell("verify", name, *[word for path in wanted for word in ("-o", path)])
    assert done.code == 1
    assert done.out.endswith("2 claims: 1 holds, 1 fails\n")
    assert {p.name for p in shell.folder.iterdir()} == {name, *wanted}
    for form in FORMATS:
        printed = shell("verify", name, "--format", form.name)
        assert printed.code == 1
        if form.name != "text":  # a file tells the stories of what holds, too
            assert printed.out == (shell.folder / f"r{form.suffixes[0]}").read_text()


def test_quiet_changes_no_file(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS + FAILS)
    shell("verify", name, "-o", "loud.json")
    shell("verify", name, "-q", "-o", "quiet.json")
    assert (shell.folder / "loud.json").read_text() == (shell.folder / "quiet.json").read_text()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("r.pdf", "suffix"),
        ("r", "suffix"),
        ("none/r.html", "no folder `none`"),
        ("specs", "director"),
    ],
)
def test_a_report_that_can_not_be_written_is_refused_at_once(
    shell: Shell, path: str, message: str
) -> None:
    (shell.folder / "specs").mkdir()
    done = shell("verify", shell.write("a.pod", POD + HOLDS), "-o", path)
    assert done.code == 2
    assert message in done.err
    assert not done.out


def test_a_report_that_turns_out_unwritable(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS)
    (shell.folder / "loop.html").symlink_to("loop.html")
    done = shell("verify", name, "-o", "loop.html")
    assert done.code == 2
    assert "`loop.html` can't be written" in done.err
    assert done.out.endswith("1 claim: 1 holds\n")


def test_reports_are_80_columns_wide(shell: Shell) -> None:
    """Whatever the spec: containers, events and titles of any length."""
    pods = "pod wide {\n" + "".join(
        f"  container the-rather-long-name-of-container-number-{n}\n" for n in range(8)
    ) + "}\n"  # fmt: skip
    title = "a title of many words " * 8
    claim = (
        f'\nscenario "{title}" from Running under Always {{\n'
        "  when {the-rather-long-name-of-container-number-3 exits 1 followed by time passes} x 4 "
        "then phase = Failed\n}\n"
    )
    done = shell("verify", shell.write("a.pod", pods + claim))
    assert done.code == 1
    assert max(len(line) for line in done.out.splitlines()) <= 80


# ---- on a terminal ------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_is_shown_after_a_second_and_taken_away(shell: Shell) -> None:
    name = shell.write("a.pod", POD + NEVER_DEEP)
    shown = on_terminal("verify", name, "--timeout", "6", NO_COLOR="1")
    assert f'\r\x1b[2K{name}:3  check "deep"' in shown
    assert " deep, " in shown
    assert shown.rpartition("\r\x1b[2K")[2].startswith("UNKNOWN check")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_what_is_quick_shows_no_progress(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS)
    assert "\x1b[2K" not in on_terminal("verify", name, NO_COLOR="1")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_4_an_interrupted_run_reports_what_was_settled(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS + NEVER_DEEP)
    other = shell.write("b.pod", POD + HOLDS)
    done = interrupted(name, other, "-o", "r.json")
    assert done.code == 4
    assert "HOLDS   scenario" in done.out
    assert "UNKNOWN check" in done.out
    left = "Interrupted; not decided: 1 claim of the last file and 1 file (b.pod)."
    assert left in done.out
    assert done.out.endswith("2 claims: 1 holds, 1 is unknown\n")
    assert "Traceback" not in done.out + done.err
    assert '"left": [\n    "b.pod"' in (shell.folder / "r.json").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_1_a_failure_stands_when_the_rest_is_interrupted(shell: Shell) -> None:
    done = interrupted(shell.write("a.pod", POD + FAILS + NEVER_DEEP))
    assert done.code == 1
    assert "1 claim of the last file." in done.out
