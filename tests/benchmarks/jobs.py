"""Jobs: CPU seconds of `podcheck verify` for each claim, and what it answers.

    python tests/benchmarks/jobs.py [--timeout SECONDS] [PART OF A NAME ...]

Whole processes, one after the other, on texts never seen before: one active pod with an init
container, a sidecar and a main container under all events, and an Indexed Job with four active
pods of ten indexes.
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
POD = "pod { restartPolicy: POLICY  init prepare  sidecar proxy  container work }"
ONE = f"job j {{ backoffLimit: 6  {POD} }}"
NEVER, ON_FAILURE = ONE.replace("POLICY", "Never"), ONE.replace("POLICY", "OnFailure")
INDEXED = (
    "job j { completions: 10  parallelism: 4  completionMode: Indexed  backoffLimitPerIndex: 2"
    "  pod { restartPolicy: Never  container work } }"
)


class Case(NamedTuple):
    """A Job, and what is claimed of it."""

    name: str
    job: str
    claim: str


CASES = (
    Case("made at most 7", NEVER, "never job.made > 7 or (job.reason = none and job.failed > 6)"),
    Case("failed at most 7", NEVER, "never job.failed > 7"),
    Case("failed at most 20", NEVER, "never job.failed > 20"),
    Case("complete has one success", NEVER,
         "always job.phase = Complete implies job.succeeded = 1"),
    Case("one active pod", NEVER, "never job.active > 1"),
    Case("failed says why", NEVER, "always job.phase = Failed implies job.reason != none"),
    Case("OnFailure: failed at most 7", ON_FAILURE, "never job.failed > 7"),
    Case("OnFailure: failed at most 20", ON_FAILURE, "never job.failed > 20"),
    Case("Indexed: failed at most 30", INDEXED, "never job.failed > 30"),
    Case("Indexed: at most 4 active", INDEXED, "never job.active > 4"),
    Case("Indexed: complete has all", INDEXED,
         "always job.phase = Complete implies job.succeeded = 10"),
    Case("Indexed: bad is not complete", INDEXED,
         "never index3.bad and job.phase = Complete"),
    Case("Indexed: bad is not done", INDEXED, "never index3.bad and index3.done"),
    Case("Indexed: a failure fails it", INDEXED, "never job.phase = Failed"),
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--timeout", default="60")
    parser.add_argument("parts", nargs="*")
    options = parser.parse_args()
    for case in CASES:
        if all(part in case.name for part in options.parts):
            measured(case, options.timeout)


def measured(case: Case, timeout: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder) / "job.pod"
        spec.write_text(f'{case.job}\n\ncheck "it" for j {{ {case.claim} }}\n')
        command = [sys.executable, "-m", "podcheck", "verify", str(spec), "--timeout", timeout]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PODCHECK_CACHE": "off"},
        )  # fmt: skip
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = sum(getattr(after, t) - getattr(before, t) for t in ("ru_utime", "ru_stime"))
    lines = done.stdout.split("\n") + done.stderr.split("\n")
    verdict = next((line for line in lines if '"it"' in line or "error" in line), "?")
    print(f"{seconds:6.1f} s  {case.name:30} {' '.join(verdict.split())[:60]}", flush=True)


if __name__ == "__main__":
    main()
