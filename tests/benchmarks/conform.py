"""How fast recordings are replayed.

    python tests/benchmarks/conform.py [ROUNDS]

Prints for every recording of `tests/recordings` the median time of a replay, with the time to
read it, and the rate: recorded steps, or calls, a second.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path

from podcheck.conform.survey import Recording, replay
from podcheck.loading.rules import pack_sources
from podcheck.results.agreement import Replayed

RECORDINGS = Path(__file__).resolve().parents[1] / "recordings"


def measure(path: Path, rounds: int) -> tuple[int, float] | None:
    """How much was compared, and the median of the seconds it took; None if it is passed over."""
    sources = (*pack_sources("kubernetes"), *pack_sources("conform"))
    specs = RECORDINGS / "traces_specs.json"
    recording = Recording(path.name, path.read_bytes(), ((specs.name, specs.read_bytes()),))
    times, steps = [], 0
    for _ in range(rounds):
        begin = time.perf_counter()
        outcome = replay(sources, recording)
        times.append(time.perf_counter() - begin)
        if not isinstance(outcome, Replayed):
            return None
        steps = outcome.agreement.steps
    return steps, statistics.median(times)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print(f"median of {rounds}, Python {sys.version.split()[0]}")
    print("  seconds    compared   a second")
    for path in sorted(RECORDINGS.glob("*.jsonl*")):
        measured = measure(path, rounds)
        if measured is not None:
            steps, seconds = measured
            print(f"{seconds:9.2f} {steps:11,} {steps / seconds:10,.0f}  {path.name}")


if __name__ == "__main__":
    main()
