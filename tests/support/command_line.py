"""podcheck as a user calls it: in this process, on a terminal, with a Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from podcheck.cli.main import main

POD = "pod one { container app }\n\n"
HOLDS = 'scenario "holds" from Running under Never {\n  when app exits 1 then phase = Failed\n}\n'
FAILS = 'scenario "fails" from Running under Never {\n  when app exits 1 then phase = Running\n}\n'
VACUOUS = (
    'scenario "vacuous" from Running under Never {\n'
    "  when app image is pulled then phase = Failed\n}\n"
)
NEVER_DEEP = (
    'check "deep" under Always assuming only exits, backoff {\n  never app.restartCount = 1000\n}\n'
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


# What a shell starts in the background ignores Ctrl-C, and so would what the tests start then.
LISTENING = """\
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from podcheck.cli.main import console
console()
"""


def interrupted(*arguments: str) -> Finished:
    """A run that gets a Ctrl-C as soon as its line about progress refers to the claim "deep"."""
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", LISTENING, "verify", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        while b'"deep"' not in shown:
            shown += os.read(ours, 65536)
        process.send_signal(signal.SIGINT)
        try:
            out = process.communicate(timeout=60)[0].decode()
        finally:
            process.kill()
    os.close(ours)
    return Finished((process.returncode, out, shown.decode()))
