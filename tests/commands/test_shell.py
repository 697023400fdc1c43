"""podcheck and its shell: streams that can't be written, pipes, signals, and names of files and
texts that a terminal, a log or a parser would act upon."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import unquote_to_bytes
from xml.etree import ElementTree as ET

import pytest
from command_line import HOLDS, NEVER_DEEP, POD, Finished, Shell

from podcheck.cli import main as entry
from podcheck.cli import output, streams
from podcheck.cli.group import COMMANDS
from podcheck.loading import sources
from podcheck.report.formats import FORMATS, NAMES
from podcheck.report.text import QUOTED_WORD, command_lines
from podcheck.results.stories import Replay

PODCHECK = f"{sys.executable} -m podcheck"


@pytest.fixture
def shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sources, "PATIENCE_S", 0.05)
    monkeypatch.setattr(output, "PATIENCE_S", 0.05)
    found = Shell(tmp_path, capsys)
    found.write("a.pod", POD + HOLDS)
    return found


def in_sh(command: str, folder: Path) -> Finished:
    """What becomes of a line of shell; `podcheck` is this one."""
    line = f'podcheck() {{ {PODCHECK} "$@"; }}\n{command}'
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, capture_output=True, text=True, timeout=60
    )
    return Finished((done.returncode, done.stdout, done.stderr))


# ---- streams ------------------------------------------------------------------------------------

CLOSED = "Error: Standard output can't be written: it is closed.\n"
FULL = "Error: Standard output can't be written: No space left on device.\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize(
    ("command", "code", "err"),
    [
        ("podcheck verify a.pod >&-", 2, CLOSED),
        ("podcheck verify --format json a.pod >/dev/full", 2, FULL),
        ("podcheck --help >/dev/full", 2, FULL),
        ("podcheck fmt - <a.pod >/dev/full", 2, FULL),
        ("podcheck rules list | head -1 >&2; exit ${PIPESTATUS[0]}", 141, "createsSandbox\n"),
        ("podcheck verify a.pod 2>&-", 0, ""),
        ("podcheck verify nowhere.pod 2>/dev/full", 2, ""),
        ("podcheck run nowhere.pod 2>&- >&- <&-", 2, ""),
        ("podcheck audit - <&-", 3, ""),
        ("podcheck verify <(cat a.pod)", 0, ""),
    ],
)
def test_a_stream_that_can_not_be_used(command: str, code: int, err: str, shell: Shell) -> None:
    finished = in_sh(command, shell.folder)
    assert (finished.code, finished.err) == (code, err)


def test_no_file_takes_the_place_of_a_closed_stream(shell: Shell) -> None:
    """What a library prints to descriptor 1 would be in a report."""
    shell.write("held.py", "import os\nfrom podcheck.cli import streams\n"
                "streams.hold_descriptors()\n"
                "with open('r', 'w') as file:\n    file.write(str(file.fileno()))\n")  # fmt: skip
    assert in_sh(f"{sys.executable} held.py >&- <&-", shell.folder).code == 0
    assert int(Path("r").read_text()) > 2


class Refusing:
    """A stream that can't be written, for some reason."""

    encoding = "utf-8"

    def __init__(self, error: OSError) -> None:
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    flush = isatty = lambda self: False


ARGUMENTS = {
    "verify": ("a.pod",),
    "run": ("a.pod", "app exits 1"),
    "table": ("a.pod", "app exits 1"),
    "export": ("c.pod", "--to", "promela"),
    "certify": ("empty",),
    "rules": ("events",),
    "explain": ("E101",),
    "fmt": ("--check", "ugly.pod"),
    "audit": ("w.yaml",),
    "conform": ("empty",),
    "repro": ("f.pod",),
    "diff": ("1.36", "1.36", "a.pod"),
    "new": ("-",),
    "init": (),
    "completion": ("bash",),
    "config": ("schema",),
}


@pytest.mark.parametrize("command", sorted(ARGUMENTS))
@pytest.mark.parametrize(("error", "code"), [(OSError(28, "full"), 2), (BrokenPipeError(), 141)])
def test_every_command_says_that_its_output_is_lost(
    command: str, error: OSError, code: int, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell.write("c.pod", POD + 'check "c" for one under Never {\n  never phase = Failed\n}\n')
    shell.write("f.pod", (POD + HOLDS).replace("phase = Failed", "phase = Running"))
    shell.write("ugly.pod", "pod   one { container app }")
    shell.write("w.yaml", MANIFEST.replace("NAME", "w").replace("APP", "app"))
    (shell.folder / "empty").mkdir()
    monkeypatch.setattr(sys, "stdout", Refusing(error))
    finished = shell(command, *ARGUMENTS[command])
    said = "Error: Standard output can't be written: full.\n" if code == 2 else ""
    assert finished.code == code
    assert finished.err.endswith(said)
    assert "internal error" not in finished.err


def test_every_command_is_covered() -> None:
    assert {*ARGUMENTS} == {*COMMANDS} - {"watch", "lsp"}


def test_a_stream_of_another_encoding(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="iso8859-1"))
    assert shell("verify", "--format", "markdown", "a.pod").code == 0
    assert b"\\u2705" in raw.getvalue()


# ---- files that are none ------------------------------------------------------------------------


def test_pipes_are_written_and_read(shell: Shell) -> None:
    os.mkfifo("r.html")
    os.mkfifo("p.pod")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(Path("r.html").read_text()))
    writer = threading.Thread(target=lambda: Path("p.pod").write_text(POD + HOLDS))
    for thread in (reader, writer):
        thread.start()
    assert shell("verify", "p.pod", "-o", "r.html").code == 0
    for thread in (reader, writer):
        thread.join()
    assert read[0].startswith("<!DOCTYPE html>")


def test_a_pipe_without_another_end_blocks_nothing(shell: Shell) -> None:
    os.mkfifo("r.html")
    os.mkfifo("p.pod")
    os.mkfifo("p.yaml")
    finished = shell("verify", "a.pod", "-o", "r.html")
    assert (finished.code, finished.err) == (
        2, "Error: `r.html` can't be written: No process reads this pipe.\n"
    )  # fmt: skip
    for command in (("verify",), ("run",), ("table",), ("audit",), ("export", "--to", "smt2")):
        finished = shell(*command, "p.yaml" if command == ("audit",) else "p.pod")
        assert finished.code == 2
        assert "No process writes to this pipe." in finished.out + finished.err
    finished = shell("fmt", "p.pod")
    assert (finished.code, finished.err[:31]) == (2, "p.pod is not a regular file: on")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("folder.html", "is a directory"),
        ("nowhere/r.html", "There is no folder `nowhere`."),
        ("a.pod/r.html", "There is no folder `a.pod`."),
        ("full.html", "`full.html` can't be written: No space left on device."),
        ("x" * 300 + ".html", "can't be written: File name too long."),
    ],
)
def test_a_report_that_can_not_be_written(path: str, message: str, shell: Shell) -> None:
    (shell.folder / "folder.html").mkdir()
    os.symlink("/dev/full", "full.html")
    finished = shell("verify", "a.pod", "-o", path)
    assert finished.code == 2
    assert message in finished.err


# ---- signals ------------------------------------------------------------------------------------


def test_sigterm_reports_what_is_settled(shell: Shell) -> None:
    """As Ctrl-C does; the line about progress says that the deep claim has begun."""
    import pty

    shell.write("a.pod", POD + HOLDS + NEVER_DEEP)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "podcheck", "verify", "--no-cache", "a.pod", "b.pod"]
    shell.write("b.pod", POD + HOLDS)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while b'"deep"' not in said:
            said += os.read(ours, 65536)
        process.send_signal(signal.SIGTERM)
        try:
            out = process.communicate(timeout=60)[0].decode()
        finally:
            process.kill()
    os.close(ours)
    assert process.returncode == 4
    assert "Traceback" not in said.decode()
    assert re.findall(r"^[A-Z]+(?= )", out, re.MULTILINE) == ["HOLDS", "UNKNOWN"]
    assert "not decided: 1 claim of the last file and 1 file (b.pod)" in " ".join(out.split())
    assert out.endswith("2 claims: 1 holds, 1 is unknown\n")


PLACES = [
    "podcheck.loading.sources.find_specs",
    "podcheck.checker.output_cache.key_of",
    "podcheck.checker.spec_files.Checker.open",
    "podcheck.checker.open_spec.OpenSpec.decide",
    "podcheck.report.formats.render",
    "podcheck.cli.output.write",
    "podcheck.checker.output_cache.store",
    "podcheck.cli.group.cli.main",
    "click.echo",
]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, entry.Terminated])
def test_an_interrupt_at_any_moment_is_answered(
    place: str, kind: type[BaseException], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*arguments: object, **options: object) -> object:
        raise kind

    with monkeypatch.context() as patched:
        patched.setattr(place, interrupted)
        patched.setattr(os, "_exit", sys.exit)
        patched.setattr(signal, "signal", lambda *arguments: None)
        patched.setattr(sys, "argv", ["podcheck", "verify", "a.pod", "-o", "r.json"])
        with pytest.raises(SystemExit) as stopped:
            entry.console()
    alone = 143 if kind is entry.Terminated else 130
    assert stopped.value.code in (alone, 4)
    assert (stopped.value.code == 4) == (place.endswith((".open", ".decide")))
    assert "Traceback" not in shell.capsys.readouterr().err


def test_results_from_the_cache_can_be_interrupted(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They need no engine, which could say what is left."""
    from podcheck.checker.spec_files import Checker, InterruptedCheck, SpecFile
    from podcheck.verification.options import Options

    monkeypatch.setenv("PODCHECK_CACHE", str(shell.folder / "cache"))
    whole = Checker(Options()).check_file("a.pod")
    file = Checker(Options()).open("a.pod")

    def settle(self: SpecFile, number: int) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(SpecFile, "decide", settle)
    with pytest.raises(InterruptedCheck) as stopped:
        file.result()
    assert [c.verdict for c in stopped.value.result.claims] == [c.verdict for c in whole.claims]


# ---- names and texts of strangers ---------------------------------------------------------------

COMMAND = "\n::warning file=x::injected"
ODD_NAMES = [
    f"a{COMMAND}.pod", "b\x1b[31m\x07\r.pod", "c\u202e\u2066.pod", "d\udcff\udc80.pod",
    "e%0A,:`|.pod", "##[error]f.pod", "<g>&\"'.pod", "::error::h.pod", "i\x7f\x9b\u2028.pod",
]  # fmt: skip
ODD_TEXT = """pod one { container app }
# \x00 \x1b[31m \u202e \x9b \x7f \ufffe ::warning::comment
scenario "::error::one \x1b[31m\u202e" for one from Running under Never {
  when app exits 1 then phase = Running # \x1b[0m \u202e \x00
}
"""
MANIFEST = """apiVersion: v1
kind: Pod
metadata: {name: "NAME"}
spec: {containers: [{name: "APP", image: i, livenessProbe: {exec: {command: [a]}}}]}
"""


def is_fit(text: str) -> bool:
    """Nothing in it that a terminal would act upon, and no lone surrogate."""
    return all(c.isprintable() or c in "\n\t" for c in text)


def no_injection(text: str) -> bool:
    """No line is a command of GitHub, but for those of its own format."""
    ours = re.compile(r"::(error|warning|notice) file=[^,]*,line=\d+,endLine=\d+,")
    begins = [line for line in text.splitlines() if line.lstrip().startswith("::")]
    return all(ours.match(line) for line in begins) and "##[" not in text


@pytest.fixture
def odd(shell: Shell) -> Shell:
    """A folder with nothing but odd files."""
    os.unlink("a.pod")
    for name in ODD_NAMES:
        shell.write(name, ODD_TEXT)
    return shell


@pytest.mark.parametrize("form", NAMES)
def test_odd_names_and_texts_do_no_harm(form: str, odd: Shell) -> None:
    suffix = next(f.suffixes[0] for f in FORMATS if f.name == form)
    finished = odd("verify", "--format", form, "-o", f"report{suffix}", ".")
    written = Path(f"report{suffix}").read_text(encoding="utf-8")
    assert finished.code in (1, 2), finished.err
    assert is_fit(finished.out + finished.err + written)
    assert no_injection(finished.out + finished.err)
    if form in ("text", "junit", "html", "svg", "mermaid", "markdown"):
        assert r"\x1b" in written or "#92;x1b" in written
    if form == "json":
        data = json.loads(written)
        names = {f["path"].removeprefix("./") for f in data["files"]}
        assert names == {n.replace("\udcff\udc80", r"\udcff\udc80") for n in ODD_NAMES}
    elif form in ("junit", "svg"):
        ET.fromstring(written)
    elif form == "sarif":
        results = json.loads(written)["runs"][0]["results"]
        uris = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
        assert {unquote_to_bytes(u) for u in uris} == {os.fsencode(n) for n in ODD_NAMES}


def test_odd_text_is_shown_escaped_in_its_place(shell: Shell) -> None:
    """Carets stand under what they mark, whatever is before it."""
    shell.write("b.pod", POD.replace("app }", 'app } check "\x1b\u202e" { never phse = Failed }'))
    lines = shell("verify", "b.pod").out.splitlines()
    place = next(n for n, line in enumerate(lines) if set(line.strip(" |")) == {"^"})
    carets = lines[place]
    assert r'check "\x1b\u202e"' in lines[place - 1]
    start, end = carets.index("^"), len(carets)
    assert lines[place - 1][start:end] == "phse"


@pytest.mark.parametrize("form", ["text", "github", "junit", "html", "json", "sarif", "markdown"])
def test_odd_names_in_manifests_do_no_harm(form: str, shell: Shell) -> None:
    text = MANIFEST.replace("NAME", r"w\n::error::x\e[31m\u202e").replace("APP", "app")
    shell.write("w.yaml", text)
    shell.write("v\n::error::y\x1b.yaml", MANIFEST.replace("NAME", "w").replace("APP", r"\e[31m"))
    finished = shell("audit", "--severity", "info", "--format", form, ".")
    assert finished.code in (1, 2)
    assert is_fit(finished.out + finished.err)
    assert no_injection(finished.out + finished.err)


@pytest.mark.parametrize("command", sorted({*ARGUMENTS} - {"rules", "verify"}))
def test_no_command_prints_an_odd_name_as_it_is(command: str, odd: Shell) -> None:
    for name in ODD_NAMES[:5]:
        given = [name, *ARGUMENTS[command][1:]]
        finished = odd(command, *given)
        assert finished.code != 5, finished.err
        assert is_fit(finished.out + finished.err)
        assert no_injection(finished.out + finished.err)


def test_arguments_are_no_commands_either(shell: Shell) -> None:
    bad = "x\n::error::y\x1b[31m\udcff"
    given = [[], ["verify", "--x"], ["rules", "show"], ["explain"], ["run", "a.pod"], ["repro"]]
    for arguments in [*([*begin, bad] for begin in given), ["verify", "-o", bad, "a.pod"]]:
        finished = shell(*arguments)
        assert finished.code == 2
        assert is_fit(finished.out + finished.err)
        assert no_injection(finished.out + finished.err)


def test_colours_of_podcheck_are_kept_and_no_others() -> None:
    assert streams.shown("\x1b[1;31mFAILS\x1b[0m\r\x1b[2K\x1b]0;title\x07") == (
        "\x1b[1;31mFAILS\x1b[0m\r\x1b[2K\\x1b]0;title\\x07"
    )


@pytest.mark.parametrize(
    "name", [*ODD_NAMES, "plain.pod", "two words.pod", "it's.pod", "\\'\n.pod"]
)
def test_a_shell_plays_what_is_printed(name: str) -> None:
    """The command to see a run again is the same for a shell, whatever the names are."""
    command = Replay(name, "one", "Never", "Running", ("app exits 1", "it's \x1b")).command
    assert is_fit(command)
    lines = " ".join(line.strip().removesuffix("\\") for line in command_lines("", command, 30))
    assert re.findall(QUOTED_WORD, lines) == re.findall(QUOTED_WORD, command)
    printed = subprocess.run(
        ["bash", "-c", f"podcheck() {{ printf '%s\\0' \"$@\"; }}\n{command}"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    words = printed.split(b"\0")[:-1]
    assert words[1] == os.fsencode(name)
    assert words[-2:] == [b"app exits 1", b"it's \x1b"]


def test_what_fmt_and_export_print_is_data(shell: Shell) -> None:
    """It goes into an editor or a model checker, so nothing in it is shown in another way."""
    odd = "# \x1b\u202e\n"
    shell.write("a.pod", odd + POD + 'check "c" for one under Never {\n  never phase = Failed\n}\n')
    finished = in_sh("podcheck fmt - <a.pod; podcheck export --to promela a.pod", shell.folder)
    assert finished.out.startswith(odd)
    assert re.search("(?m)^ *:: ", finished.out)
    assert not finished.err
