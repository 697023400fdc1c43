"""Sizes that were slow: CPU seconds of `podcheck verify` for each, and what it answers.

    python tests/benchmarks/slow_sizes.py [--timeout SECONDS] [PART OF A NAME ...]

Whole processes on texts never seen before, one after the other; only the grammar's tables and
the parsed rules come from the cache.  See BEFORE for how long they took when they were noticed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WARM = 'pod p { container c }\n\ncheck "c" for p under Never { never phase = Unknown }\n'
PROBES = (
    "livenessProbe",
    "startupProbe",
    "readinessProbe  livenessProbe",
    "startupProbe  livenessProbe",
    "readinessProbe",
    "startupProbe  readinessProbe  livenessProbe",
)


def pod(inits: int, sidecars: int, mains: int, *, probes: bool = False) -> str:
    lines = [f"  init i{n}" for n in range(inits)]
    lines += [f"  sidecar s{n} {{ startupProbe  livenessProbe }}" for n in range(sidecars)]
    for n in range(mains):
        lines.append(f"  container m{n}" + (f" {{ {PROBES[n % 6]} }}" if probes else ""))
    return "\n".join(["pod p {", *lines, "}", ""])


def chain(inits: int) -> str:
    """A scenario in which every init container of a chain succeeds."""
    steps = " followed by ".join(f"i{n} exits 0" for n in range(inits))
    claim = (
        f'scenario "init chain" under Never {{ when {steps} then phase in {{Pending, Running}} }}'
    )
    return f"{pod(inits, 0, 1)}\n{claim}\n"


def many(checks: int) -> str:
    """A file with so many checks about one pod, each with a constant of its own."""
    claims = [
        f'check "c{n}" for p under Never {{'
        f" never m0.exitCode = {n % 250 + 3} and phase = Succeeded }}"
        for n in range(checks)
    ]
    return "\n".join([pod(0, 0, 2), *claims, ""])


CASES = {
    "find OOMKilled and Succeeded, 3 inits, 2 sidecars, 6 mains": pod(3, 2, 6, probes=True)
    + '\nfind "f" under every policy { phase = Succeeded and m0.reason = OOMKilled }\n',
    "{exits followed by time} x 50, 2 mains": pod(0, 0, 2)
    + '\nscenario "s" from Running under Always { when {any container exits any followed by'
    " time passes} x 50 then phase = Running }\n",
    "eventually, 8 mains": pod(0, 0, 8)
    + '\ncheck "e" under Never assuming only exits, every container exits eventually'
    " { eventually phase in {Succeeded, Failed} }\n",
    "init chain of 20": chain(20),
    "from any Running, 6 mains": pod(0, 0, 6)
    + '\nscenario "a" from any Running under Never {'
    + " when m0 exits 1 then phase in {Running, Failed} }\n",
    "anything x 2, 4 mains with probes": pod(0, 0, 4, probes=True)
    + '\nscenario "a" from Running under Always'
    " { when anything x 2 then phase in {Pending, Running, Succeeded, Failed} }\n",
    "500 checks": many(500),
    "init failure leads to Failed, 2 inits, 2 mains": pod(2, 0, 2) + '\ncheck "l" under Never'
    " { (some init container: state = terminated and exitCode != 0) leads to phase = Failed }\n",
    "Running never becomes Pending, 3 mains": pod(0, 0, 3) + '\ncheck "r" under every policy'
    " { always (phase = Running implies next phase != Pending) }\n",
    "from any Succeeded, 1 main": pod(0, 0, 1)
    + '\nscenario "s" from any Succeeded under Never { when time passes then phase = Succeeded }\n',
    "terminal phases absorb, 4 mains": pod(0, 0, 4) + '\ncheck "t" under every policy'
    " { always (phase in {Succeeded, Failed} implies next phase = phase) }\n",
}
BEFORE = {
    "find OOMKilled and Succeeded, 3 inits, 2 sidecars, 6 mains": "not in 20",
    "{exits followed by time} x 50, 2 mains": "27",
    "eventually, 8 mains": "UNKNOWN",
    "init chain of 20": "not in 19",
    "from any Running, 6 mains": "not in 20",
    "anything x 2, 4 mains with probes": "15.7",
    "500 checks": "not in 18",
    "init failure leads to Failed, 2 inits, 2 mains": "not in 120",
    "Running never becomes Pending, 3 mains": "over 600",
    "from any Succeeded, 1 main": "UNKNOWN",
    "terminal phases absorb, 4 mains": "0.8 to 3.6",
}


def measured(text: str, timeout: float, cache: str) -> tuple[float, str]:
    """CPU seconds of one run, and its first verdict."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PODCHECK_CACHE": cache, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claim.pod")
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "podcheck", "verify", "--timeout", str(timeout), str(path)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return spent, (done.stdout.split(maxsplit=1) or [done.stderr])[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="sizes that were slow")
    parser.add_argument("--timeout", type=float, default=120.0, help="wall seconds for each")
    parser.add_argument("names", nargs="*", help="parts of the cases' names")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        measured(WARM, options.timeout, cache)
        print(f"{'CPU seconds':62}{'before':>12}{'now':>8}")
        for name, text in CASES.items():
            if not options.names or any(part in name for part in options.names):
                spent, verdict = measured(text, options.timeout, cache)
                print(f"{name:62}{BEFORE[name]:>12}{spent:>8.1f}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
