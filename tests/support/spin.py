"""Runs Spin on a Promela model, stage by stage."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

DEPTH = 1_000_000  # steps of a run; Spin says so if it was not enough


class SpinRun(NamedTuple):
    """What became of a model.

    ``verdict`` is "holds", "fails", or why there is none ("> 60 s", "out of memory", ...);
    ``states`` those stored; the times are seconds of whole processes.
    """

    verdict: str
    states: int
    spin_s: float
    gcc_s: float
    pan_s: float
    output: str = ""

    @property
    def whole_s(self) -> float:
        return self.spin_s + self.gcc_s + self.pan_s


def available() -> bool:
    return all(shutil.which(name) for name in ("spin", "gcc"))


def run(
    model: str,
    folder: Path,
    *,
    optimise: str = "-O2",
    memory_mb: int = 8000,
    seconds: float = 60.0,
    flags: tuple[str, ...] = (),
) -> SpinRun:
    """Generate the verifier, compile it and run it, within a memory and a time limit."""
    (folder / "model.pml").write_text(model, encoding="utf-8")
    compiler = ["gcc", optimise, "-w", "-DSAFETY", "-DNOREDUCE", f"-DMEMLIM={memory_mb}", *flags]
    stages = (
        ["spin", "-a", "model.pml"],
        [*compiler, "-o", "pan", "pan.c"],
        ["./pan", f"-m{DEPTH}"],
    )
    times: list[float] = []
    output = ""
    for command in stages:
        begin = time.perf_counter()
        code, output = _finished(command, folder, seconds - sum(times))
        times.append(time.perf_counter() - begin)
        if code is None:
            return _result(f"> {seconds:g} s", output, times)
        if len(times) < len(stages) and code:
            return _result(f"{command[0]} failed", output, times)
    return _result(_verdict(output), output, times)


def _finished(command: list[str], folder: Path, seconds: float) -> tuple[int | None, str]:
    """The exit code and output of a process; no code if it had to be interrupted.

    An interrupted verifier still says how many states it has stored.  What a process has
    started (gcc its compiler) is interrupted with it.
    """
    process = subprocess.Popen(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )  # fmt: skip
    for patience, end in ((max(seconds, 0.1), signal.SIGINT), (10.0, signal.SIGKILL)):
        try:
            output, _ = process.communicate(timeout=patience)
            return process.returncode if end is signal.SIGINT else None, output
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, end)
    output, _ = process.communicate()
    return None, output


def _result(verdict: str, output: str, times: list[float]) -> SpinRun:
    spin_s, gcc_s, pan_s = [*times, 0.0, 0.0][:3]
    return SpinRun(verdict, _states(output), spin_s, gcc_s, pan_s, output)


def _verdict(output: str) -> str:
    """Spin's answer; a search that was cut off is none."""
    errors = re.search(r"errors: (\d+)", output)
    if errors is not None and int(errors[1]):
        return "fails"
    if "out of memory" in output or "MEMLIM" in output:
        return "out of memory"
    if "search depth too small" in output:
        return "too deep"
    if errors is None:
        return "no answer"
    return "holds"


def _states(output: str) -> int:
    """States stored, also by a search that was ended."""
    found = re.search(r"(\d+) states, stored", output)
    return int(found[1]) if found is not None else 0
