"""Runs Spin on a Promela model, stage by stage."""

from __future__ import annotations

import re
import shutil
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
        try:
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True,
                timeout=max(seconds - sum(times), 0.1),
            )  # fmt: skip
        except subprocess.TimeoutExpired as expired:
            times.append(time.perf_counter() - begin)
            output = (expired.stdout or b"").decode(errors="replace")
            return _result(f"> {seconds:g} s", output, times)
        times.append(time.perf_counter() - begin)
        output = done.stdout + done.stderr
        if len(times) < len(stages) and done.returncode:
            return _result(f"{command[0]} failed", output, times)
    return _result(_verdict(output), output, times)


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
    """States stored; of a search that was ended, those that it last told of."""
    found = re.search(r"(\d+) states, stored", output)
    if found is not None:
        return int(found[1])
    told = re.findall(r"States=\s*([\d.e+]+)", output)
    return int(float(told[-1])) if told else 0
