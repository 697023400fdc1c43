"""How long `podcheck watch` takes to verify a file again after one of its claims changed.

    python tests/benchmarks/watch.py [ROUNDS]

Every spec of the catalogue is edited in turn: one claim gets a line that says nothing.  Prints the
median and the worst time of the whole catalogue, by the clock and of the processor (which says
more if the machine is busy), and the slowest files.  The cache is off.
"""

from __future__ import annotations

import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from podcheck.checker.spec_files import Checker
from podcheck.checker.watcher import Watcher
from podcheck.verification.options import Options

SPECS = Path(__file__).resolve().parents[2] / "specs"
CLAIM = re.compile(r"^(?:table|scenario|check|find|refute) .*\{$", re.MULTILINE)


def measure(watched: Watcher, path: Path, rounds: int) -> tuple[float, float]:
    """The medians of the time by the clock and of the processor, in ms, of one edit."""
    text = path.read_text()
    heads = list(CLAIM.finditer(text))
    taken = []
    for number in range(rounds):
        at = heads[number * len(heads) // rounds].end()
        path.write_text(f"{text[:at]}\n  # round {number}{text[at:]}")
        used, begin = time.process_time(), time.perf_counter()
        (result,) = watched.refresh()
        taken.append((time.perf_counter() - begin, time.process_time() - used))
        assert len(result.claims) >= len(heads)
    clock, processor = zip(*taken, strict=True)
    return statistics.median(clock) * 1000, statistics.median(processor) * 1000


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    os.environ["PODCHECK_CACHE"] = "off"
    with tempfile.TemporaryDirectory() as name:
        folder = shutil.copytree(SPECS, Path(name) / "specs")
        watched = Watcher(Checker(Options()), (str(folder),))
        list(watched.refresh())
        watched.warm_up()
        files = [p for p in sorted(folder.rglob("*.pod")) if CLAIM.search(p.read_text())]
        times = {p.relative_to(folder).as_posix(): measure(watched, p, rounds) for p in files}
    print(f"one claim of {len(times)} files edited in turn, {rounds} times each")
    print("   clock  processor")
    clock, processor = (statistics.median(x) for x in zip(*times.values(), strict=True))
    print(f"{clock:5.0f} ms  {processor:6.0f} ms  the median of the files")
    for path in sorted(times, key=lambda p: times[p][1])[-5:]:
        print(f"{times[path][0]:5.0f} ms  {times[path][1]:6.0f} ms  {path}")
    below = sum(used < 100 for _, used in times.values())
    print(f"{below} of {len(times)} below 100 ms of the processor")


if __name__ == "__main__":
    main()
