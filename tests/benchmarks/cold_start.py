"""How long a whole `podcheck` process takes, against the time to import its libraries.

    python tests/benchmarks/cold_start.py [ROUNDS]

Prints the median of each command's wall time, its ratio to `python -c "import z3, lark, click"`
and its ratio to `podcheck --help`; what `verify specs` does besides, once all its results are kept
in the cache, should cost half as much as that at most.  All are measured in the same run, by
turns, so that a busy machine slows them alike; a first round fills the caches and is not counted.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ARTICLE = (ROOT / "specs" / "article.pod").read_text(encoding="utf-8")
BASE = "import z3, lark, click"
EDITED = os.path.join(tempfile.mkdtemp(), "article.pod")
COMMANDS: dict[str, list[str]] = {
    f'python -c "{BASE}"': ["-c", BASE],
    "podcheck verify specs/article.pod": ["-m", "podcheck", "verify", "specs/article.pod"],
    "podcheck verify (an edited article.pod)": ["-m", "podcheck", "verify", EDITED],
    "podcheck verify --no-cache specs/article.pod": [
        "-m",
        "podcheck",
        "verify",
        "--no-cache",
        "specs/article.pod",
    ],
    "podcheck verify specs": ["-m", "podcheck", "verify", "specs"],
    "podcheck --help": ["-m", "podcheck", "--help"],
    "podcheck --version": ["-m", "podcheck", "--version"],
    "python -c pass": ["-c", "pass"],
}


def seconds(arguments: list[str]) -> float:
    """The wall time of one process."""
    # as a user's shell would: with compiled modules and buffered output
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment["PYTHONPATH"] = str(ROOT)
    begin = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return time.perf_counter() - begin


def measure(rounds: int) -> dict[str, float]:
    """The median of each command's times, taken alternately after a round that warms up."""
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for number in range(rounds + 1):
        for name, arguments in COMMANDS.items():
            Path(EDITED).write_text(f"# {number} {time.time_ns()}\n{ARTICLE}", encoding="utf-8")
            taken = seconds(arguments)
            if number:
                times[name].append(taken)
    return {name: statistics.median(taken) for name, taken in times.items()}


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    medians = measure(rounds)
    base = next(iter(medians.values()))
    help_ = medians["podcheck --help"]
    print(f"median of {rounds}, Python {sys.version.split()[0]}")
    print("     wall  import    help")
    for name, median in medians.items():
        print(f"{median * 1000:6.0f} ms  {median / base:6.2f}  {median / help_:6.2f}  {name}")


if __name__ == "__main__":
    main()
