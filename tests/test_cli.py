"""How the command line behaves: exit codes, what goes where, and what it says when misused."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from podcheck.cli.main import COMMANDS, main
from podcheck.report.formats import FORMATS
from podcheck.version import VERSION

ROOT = Path(__file__).parent.parent
POD = "pod one { container app }\n\n"
HOLDS = 'scenario "holds" from Running under Never {\n  when app exits 1 then phase = Failed\n}\n'
FAILS = 'scenario "fails" from Running under Never {\n  when app exits 1 then phase = Running\n}\n'
VACUOUS = (
    'scenario "vacuous" from Running under Never {\n'
    "  when app image is pulled then phase = Failed\n}\n"
)
NEVER_DEEP = (
    'check "deep" under Always assuming only exits, backoff {\n  never app.restartCount = 200\n}\n'
)


class Finished(tuple[int, str, str]):
    """The exit code, standard output and standard error of a command."""

    __slots__ = ()

    @property
    def code(self) -> int:
        return self[0]

    @property
    def out(self) -> str:
        return self[1]

    @property
    def err(self) -> str:
        return self[2]


class Shell:
    """Runs podcheck in this process, in a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def write(self, name: str, text: str) -> str:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def __call__(self, *arguments: str) -> Finished:
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        captured = self.capsys.readouterr()
        code = stopped.value.code
        assert isinstance(code, int)
        return Finished((code, captured.out, captured.err))


@pytest.fixture
def shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path, capsys)


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
    """A search that ends early for want of time never says HOLDS."""
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
    assert '"holds"' not in done.out
    assert '"fails"' in done.out
    assert done.out.endswith("2 claims: 1 holds, 1 fails\n")


def test_quiet_and_all_is_well(shell: Shell) -> None:
    done = shell("verify", "-q", shell.write("a.pod", POD + HOLDS))
    assert (done.code, done.out) == (0, "1 claim: 1 holds\n")


def on_terminal(*arguments: str, **environment: str) -> str:
    """The output of podcheck where it believes to print to a terminal."""
    import pty

    ours, theirs = pty.openpty()
    kept = {k: v for k, v in os.environ.items() if k != "NO_COLOR"}
    with subprocess.Popen(
        [sys.executable, "-m", "podcheck", *arguments],
        stdout=theirs, stderr=theirs, stdin=theirs, env={**kept, **environment},
    ) as process:  # fmt: skip
        os.close(theirs)
        found = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:
                break
            if not part:
                break
            found += part
        process.wait(timeout=60)
    os.close(ours)
    return found.decode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_colour_only_on_a_terminal_and_not_with_no_color(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS)
    assert "\x1b[" not in shell("verify", name).out
    coloured = on_terminal("verify", name)
    assert "\x1b[1;32mHOLDS" in coloured
    assert "\x1b[" not in on_terminal("verify", name, NO_COLOR="1")


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
        "  when the-rather-long-name-of-container-number-3 exits 1 x 3 then phase = Failed\n}\n"
    )
    done = shell("verify", shell.write("a.pod", pods + claim))
    assert done.code == 1
    assert max(len(line) for line in done.out.splitlines()) <= 80


# ---- on a terminal ------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_progress_is_shown_after_a_second_and_taken_away(shell: Shell) -> None:
    name = shell.write("a.pod", POD + NEVER_DEEP)
    shown = on_terminal("verify", name, "--timeout", "2.5", NO_COLOR="1")
    assert f'\r\x1b[2K{name}:3  check "deep"' in shown
    assert " deep, " in shown or "state by state" in shown
    assert shown.rpartition("\r\x1b[2K")[2].startswith("UNKNOWN check")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_what_is_quick_shows_no_progress(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS)
    assert "\x1b[2K" not in on_terminal("verify", name, NO_COLOR="1")


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_4_an_interrupted_run_reports_what_was_settled(shell: Shell) -> None:
    name = shell.write("a.pod", POD + HOLDS + NEVER_DEEP)
    other = shell.write("b.pod", POD + HOLDS)
    done = interrupted(2.0, name, other, "-o", "r.json")
    assert done.code == 4
    assert "HOLDS   scenario" in done.out
    assert "UNKNOWN check" in done.out
    left = "Interrupted; not settled: 1 claim of the last file and 1 file (b.pod)."
    assert left in done.out
    assert done.out.endswith("2 claims: 1 holds, 1 is unknown\n")
    assert not done.err
    assert '"left": [\n    "b.pod"' in (shell.folder / "r.json").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_1_a_failure_stands_when_the_rest_is_interrupted(shell: Shell) -> None:
    done = interrupted(2.0, shell.write("a.pod", POD + FAILS + NEVER_DEEP))
    assert done.code == 1
    assert "1 claim of the last file." in done.out


def interrupted(after_s: float, *arguments: str) -> Finished:
    """A run that gets a Ctrl-C; its claims of more than a second are not settled by then."""
    command = [sys.executable, "-m", "podcheck", "verify", *arguments]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    try:
        out, err = process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    return Finished((process.returncode, out, err))


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


def test_no_command_shows_the_help(shell: Shell) -> None:
    done = shell()
    assert done.code == 2
    assert "Commands:" in done.out + done.err


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
