"""How much memory and time a run of many inputs takes, against a run of one.

    python tests/benchmarks/memory.py [COUNT]...

For each way to verify specs, or to audit manifests, and for each count (1, 100, 400): one process
with an empty cache, its largest resident set and how long it took.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from fleet import manifest, templates  # noqa: E402

SPEC = """\
pod p{0} {{
  container app
  container helper
}}
{1}
"""
CLAIMS = {
    "a scenario": 'scenario "s" {{ when app exits {0} then phase = Running }}',
    "a check": 'refute "r" {{ never (phase = Failed and app.exitCode = {0}) }}',
}
API = """\
import pathlib, sys
from podcheck import api
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    api.verify_text(path.read_text())
"""
Write = Callable[[Path, int], None]


def specs(claim: str) -> Write:
    def write(folder: Path, count: int) -> None:
        for number in range(count):
            text = SPEC.format(number, claim.format(number % 256))
            (folder / f"{number:03}.pod").write_text(text, encoding="utf-8")

    return write


def manifests(folder: Path, count: int) -> None:
    for number, template in enumerate(templates(count)):
        text = manifest(template, f"m{number}", "app")
        (folder / f"m{number:03}.yaml").write_text(text, encoding="utf-8")


RUNS: dict[str, tuple[Write, list[str]]] = {
    **{f"verify, {name}": (specs(claim), ["-m", "podcheck", "verify"])
       for name, claim in CLAIMS.items()},
    "verify_text, a scenario": (specs(CLAIMS["a scenario"]), ["-c", API]),
    "pytest, a scenario": (specs(CLAIMS["a scenario"]), ["-m", "pytest", "-q"]),
    "audit, one processor": (manifests, ["-m", "podcheck", "audit"]),
}  # fmt: skip


def measured(write: Write, command: list[str], count: int) -> tuple[float, float]:
    """Megabytes and seconds of one process."""
    with tempfile.TemporaryDirectory() as folder:
        inputs = Path(folder) / "inputs"
        inputs.mkdir()
        write(inputs, count)
        environment = {**os.environ, "PODCHECK_CACHE": str(Path(folder) / "cache")}
        begun = time.perf_counter()
        done = subprocess.Popen(
            [sys.executable, *command, str(inputs)], env=environment, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        _, _, used = os.wait4(done.pid, 0)
        done.returncode = 0
        return used.ru_maxrss / 1000, time.perf_counter() - begun


def main() -> None:
    counts = [int(word) for word in sys.argv[1:]] or [1, 100, 400]
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    print(f"Python {sys.version.split()[0]}; MB (times those of one), seconds\n")
    print(f"{'':<26}" + "".join(f"{count:>24}" for count in counts))
    for name, (write, command) in RUNS.items():
        found = [measured(write, command, count) for count in counts]
        cells = [f"{mb:.0f} (x {mb / found[0][0]:.1f}), {s:.1f} s" for mb, s in found]
        print(f"{name:<26}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
