"""How the command line behaves: exit codes, what goes where, and what it says when misused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from command_line import FAILS, HOLDS, NEVER_DEEP, POD, VACUOUS, Shell, on_terminal

from podcheck.cli.group import COMMANDS
from podcheck.version import VERSION

# ---- exit codes --------------------------------------------------------------------------------


def test_0_every_claim_holds(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", POD + HOLDS))
    assert done.code == 0
    assert done.out.startswith('HOLDS   scenario "holds"')
    assert done.out.endswith("1 claim: 1 holds\n")
    assert not done.err


def test_1_a_claim_fails(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", POD + HOLDS + FAILS))
    assert done.code == 1
    assert "FAILS   scenario" in done.out
    assert "app exits 1" in done.out
    assert done.out.endswith("2 claims: 1 holds, 1 fails\n")


def test_2_the_input_is_wrong(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", POD + HOLDS.replace("Failed", "Faild")))
    assert done.code == 2
    assert "a.pod:4:" in done.out + done.err
    assert "Did you mean `Failed`?" in done.out + done.err
    assert "HOLDS" not in done.out


def test_2_nothing_is_solved_in_a_file_with_one_error(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", POD + FAILS + HOLDS.replace("Never", "Nevr")))
    assert done.code == 2
    assert "FAILS" not in done.out


def test_3_nothing_was_checked(shell: Shell) -> None:
    done = shell("verify", shell.write("a.pod", POD + VACUOUS))
    assert done.code == 3
    assert done.out.startswith("VACUOUS")
    assert "app image is pulled" in done.out


def test_4_not_decided(shell: Shell) -> None:
    done = shell("verify", "--timeout", "0.001", shell.write("a.pod", POD + NEVER_DEEP))
    assert done.code == 4
    assert "UNKNOWN" in done.out


def test_4_a_bound_that_was_not_asked_for_is_no_success(shell: Shell) -> None:
    """A search that ends early because time ran out never says HOLDS."""
    done = shell("verify", "--timeout", "0.5", shell.write("a.pod", POD + NEVER_DEEP))
    assert done.code == 4 or "HOLDS   check" in done.out


def test_5_a_fault_of_podcheck(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import tempfile

    from podcheck.cli import verify

    def broken(**arguments: object) -> object:
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(verify.command, "callback", broken)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    done = shell("verify", shell.write("a.pod", POD + HOLDS))
    assert done.code == 5
    assert "internal error[E901]" in done.err
    assert "Traceback" not in done.out + done.err
    evidence = next(tmp_path.glob("podcheck-*"))
    assert str(evidence) in done.err
    assert "ZeroDivisionError: a fault" in evidence.read_text()


def test_5_the_two_readings_disagree(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that the interpreter does not confirm is no counterexample."""
    from podcheck.checker import outcomes
    from podcheck.explicit.interpreter import ReplayDiffers

    def differs(*arguments: object) -> None:
        raise ReplayDiffers("`app exits 1` is not possible there")

    monkeypatch.setattr(outcomes, "confirm", differs)
    monkeypatch.setenv("PODCHECK_CACHE", "off")  # the engine has to be asked
    done = shell("verify", shell.write("a.pod", POD + HOLDS + FAILS))
    assert done.code == 5
    assert "INTERNAL ERROR scenario" in done.out
    assert "`app exits 1` is not possible there" in " ".join(done.out.split())
    assert "FAILS" not in done.out


def test_0_a_bound_that_was_asked_for(shell: Shell) -> None:
    done = shell("verify", "--bound", "2", shell.write("a.pod", POD + NEVER_DEEP))
    assert done.code == 0
    assert done.out.startswith('HOLDS to k check "deep"')
    assert "No violation up to 2 events" in done.out


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ((HOLDS, FAILS, VACUOUS), 1),
        ((HOLDS, VACUOUS), 3),
        ((HOLDS,), 0),
    ],
)
def test_the_worst_claim_decides(shell: Shell, claims: tuple[str, ...], code: int) -> None:
    assert shell("verify", shell.write("a.pod", POD + "".join(claims))).code == code


def test_a_wrong_file_outranks_a_failing_one(shell: Shell) -> None:
    shell.write("specs/a.pod", POD + FAILS)
    shell.write("specs/b.pod", POD + HOLDS.replace("phase", "phaze"))
    done = shell("verify")
    assert done.code == 2
    assert "FAILS" in done.out  # the other file is checked all the same


# ---- nothing to check --------------------------------------------------------------------------


def test_a_missing_file(shell: Shell) -> None:
    done = shell("verify", "none.pod")
    assert done.code == 2
    assert "none.pod" in done.out + done.err
    assert "Traceback" not in done.out + done.err


def test_no_specs_at_all(shell: Shell) -> None:
    done = shell("verify")
    assert done.code == 2
    assert "specs" in done.out + done.err


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment\n", POD])
def test_a_file_without_claims(shell: Shell, text: str) -> None:
    done = shell("verify", shell.write("a.pod", text))
    assert done.code == 3
    assert "a.pod" in done.out


def test_an_empty_folder(shell: Shell) -> None:
    (shell.folder / "specs").mkdir()
    done = shell("verify", "specs")
    assert done.code == 3
    assert "nothing was checked" in done.out.lower()


@pytest.mark.parametrize(
    "rows", ["", "  | event | Never |\n", "  | event |\n  | app exits 0 |\n"],
    ids=["no head", "no rows", "no policies"],
)  # fmt: skip
def test_an_empty_table(shell: Shell, rows: str) -> None:
    text = f'{POD}table "empty" from Running {{\n{rows}}}\n'
    done = shell("verify", shell.write("a.pod", text))
    assert done.code == 3
    assert "VACUOUS" in done.out


# ---- what is printed where ----------------------------------------------------------------------


def test_quiet_shows_only_what_did_not_pass(shell: Shell) -> None:
    done = shell("verify", "--quiet", shell.write("a.pod", POD + HOLDS + FAILS))
    assert done.code == 1
    assert 'HOLDS   scenario "holds"' not in done.out
    assert 'FAILS   scenario "fails"' in done.out
    assert done.out.endswith("2 claims: 1 holds, 1 fails\n")


def test_quiet_and_all_is_well(shell: Shell) -> None:
    done = shell("verify", "-q", shell.write("a.pod", POD + HOLDS))
    assert (done.code, done.out) == (0, "1 claim: 1 holds\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_colour_only_on_a_terminal_and_not_with_no_color(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS)
    assert "\x1b[" not in shell("verify", name).out
    coloured = on_terminal("verify", name)
    assert "\x1b[1;32mHOLDS" in coloured
    assert "\x1b[" not in on_terminal("verify", name, NO_COLOR="1")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX pipes")
@pytest.mark.parametrize("arguments", [("verify", "a.pod"), ("--help",)])
def test_a_reader_that_goes_away_is_no_failing_claim(
    shell: Shell, arguments: tuple[str, ...]
) -> None:
    shell.write("a.pod", POD + HOLDS)
    with subprocess.Popen(
        [sys.executable, "-m", "podcheck", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        err = process.stderr.read().decode()
        process.wait(timeout=60)
    assert process.returncode == 141
    assert err == ""


def test_as_a_module(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "podcheck", "--version"],
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, f"podcheck {VERSION}\n", "")


# ---- misuse -------------------------------------------------------------------------------------


def test_help_names_every_command(shell: Shell) -> None:
    done = shell("--help")
    assert done.code == 0
    for name, line in COMMANDS.items():
        assert name in done.out
        assert line.split(".")[0][:30] in done.out


def test_no_command_says_what_to_type(shell: Shell) -> None:
    done = shell()
    assert done.code == 2
    assert "podcheck audit" in done.out + done.err


def test_an_unknown_command(shell: Shell) -> None:
    done = shell("verfy")
    assert done.code == 2
    assert "There is no command `verfy`. Did you mean `verify`?" in done.err
    assert not done.out


@pytest.mark.parametrize("name", ["frobnicate", "-x", "--verison"])
def test_nothing_like_it(shell: Shell, name: str) -> None:
    done = shell(name)
    assert done.code == 2
    assert "Traceback" not in done.err


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help(shell: Shell, name: str) -> None:
    done = shell(name, "--help")
    assert done.code == 0
    assert done.out.startswith(f"Usage: podcheck {name}")


@pytest.mark.parametrize(
    "arguments",
    [("verify", "--bound", "0"), ("verify", "--timeout", "soon"), ("verify", "--format", "xml")],
)
def test_wrong_options(shell: Shell, arguments: tuple[str, ...]) -> None:
    done = shell(*arguments)
    assert done.code == 2
    assert "Traceback" not in done.err
