"""Sizes that were slow: CPU seconds of `podcheck verify` for each, and what it answers.

    python tests/benchmarks/slow_sizes.py [--timeout SECONDS] [PART OF A NAME ...]

Whole processes on texts never seen before, one after the other; only the grammar's tables and
the parsed rules come from the cache.  The column ``before`` says how long they took when they
were noticed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

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


def many(checks: int) -> str:
    """A file with this many checks about one pod."""
    claims = [
        f'check "c{n}" for p under Never {{ never (m0.exitCode = {n % 9 + 3}'
        f" and m1.restartCount > {n // 9 % 5} and phase = Succeeded) }}"
        for n in range(checks)
    ]
    return "\n".join([pod(0, 0, 2), *claims, ""])


def claim(kind: str, about: str, *lines: str) -> str:
    """A file with one claim."""
    return about + "\n" + f'{kind} "a claim" ' + " ".join(lines) + "\n"


class Case(NamedTuple):
    """A text, and the CPU seconds that it took before (two cores that others used as well)."""

    name: str
    before: str
    text: str


CASES = (
    Case(
        "find Succeeded and OOMKilled, 3 inits, 2 sidecars, 6 mains",
        "not in 20",
        claim(
            "find", pod(3, 2, 6, probes=True),
            "under every policy { phase = Succeeded and m0.reason = OOMKilled }",
        ),
    ),
    Case(
        "{exits followed by time} x 50, 2 mains",
        "27",
        claim(
            "scenario", pod(0, 0, 2),
            "from Running under Always { when {any container exits any followed by time passes}",
            "x 50 then phase = Running }",
        ),
    ),
    Case(
        "eventually, 8 mains",
        "UNKNOWN",
        claim(
            "check", pod(0, 0, 8),
            "under Never assuming only exits, every container exits eventually",
            "{ eventually phase in {Succeeded, Failed} }",
        ),
    ),
    Case(
        "find Succeeded, 20 inits",
        "23.6",
        claim("find", pod(20, 0, 1), "under Never { phase = Succeeded }"),
    ),
    Case(
        "from any Running, 6 mains",
        "not in 20",
        claim(
            "scenario", pod(0, 0, 6),
            "from any Running under Never { when m0 exits 1 then phase in {Running, Failed} }",
        ),
    ),
    Case(
        "anything x 2, 4 mains with probes",
        "15.7",
        claim(
            "scenario", pod(0, 0, 4, probes=True),
            "from Running under Always { when anything x 2",
            "then phase in {Pending, Running, Succeeded, Failed} }",
        ),
    ),
    Case("500 checks", "not in 18", many(500)),
    Case(
        "init failure leads to Failed, 2 inits, 2 mains",
        "not in 120",
        claim(
            "check", pod(2, 0, 2),
            "under Never { (some init container: state = terminated and exitCode != 0)",
            "leads to phase = Failed }",
        ),
    ),
    Case(
        "Running never becomes Pending, 3 mains",
        "over 600",
        claim(
            "check", pod(0, 0, 3),
            "under every policy { always (phase = Running implies next phase != Pending) }",
        ),
    ),
    Case(
        "from any Succeeded, 1 main",
        "UNKNOWN",
        claim(
            "scenario", pod(0, 0, 1),
            "from any Succeeded under Never { when time passes then phase = Succeeded }",
        ),
    ),
    Case(
        "terminal phases absorb, 4 mains",
        "0.8 to 3.6",
        claim(
            "check", pod(0, 0, 4),
            "under every policy",
            "{ always (phase in {Succeeded, Failed} implies next phase = phase) }",
        ),
    ),
)  # fmt: skip


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
        for case in CASES:
            if not options.names or any(part in case.name for part in options.names):
                spent, verdict = measured(case.text, options.timeout, cache)
                print(f"{case.name:62}{case.before:>12}{spent:>8.1f}  {verdict}", flush=True)


if __name__ == "__main__":
    main()
