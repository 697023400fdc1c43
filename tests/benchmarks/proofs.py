"""How long the usual claims take to prove, for every length, on pods of growing size.

    python tests/benchmarks/proofs.py [LIMIT]

Each cell is a whole process, `podcheck verify` on a spec that was never seen before, in seconds
and as a multiple of the same command on the pod of one container, which is run in the same table.
Only the grammar's tables and the parsed rules come from the cache, as for every user's second
spec.  ``LIMIT`` is the time allowed to a cell (60 seconds).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WARM = 'pod p { container c }\n\ncheck "c" for p under Never { never phase = Unknown }\n'
AROUND = "  init setup\n  sidecar proxy { startupProbe  livenessProbe }\n"
DIFFERENT = ("", " { livenessProbe }", " { startupProbe }", " { readinessProbe  livenessProbe }")
PODS = {
    "1 main": "  container m1\n",
    "2 mains": "  container m1\n  container m2\n",
    "init + sidecar + 4 different mains": AROUND
    + "".join(f"  container m{n}{own}\n" for n, own in enumerate(DIFFERENT)),
    "16 mains alike": "".join(f"  container m{n}\n" for n in range(16)),
}
CLAIMS = {
    "terminal phases absorb": "under every policy {\n"
    "  always (phase in {Succeeded, Failed} implies next phase = phase)\n}",
    "Succeeded: all exited 0": "under every policy {\n  always (phase = Succeeded implies"
    " every main container: state = terminated and exitCode = 0)\n}",
    "OnFailure never fails": "under OnFailure assuming no stop from outside, no lost records,"
    " no image change, no sandbox death {\n  never phase = Failed\n}",
    "Never restarts no main": "under Never assuming no lost records, no image change {\n"
    "  never some main container: restartCount > 0\n}",
}


def seconds(text: str, limit: float, cache: str) -> tuple[float, str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment |= {"PODCHECK_CACHE": cache, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "claim.pod")
        path.write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "podcheck", "verify", str(path)]
        begun = time.perf_counter()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=limit, env=environment
            )
        except subprocess.TimeoutExpired:
            return limit, "no answer"
        if done.returncode not in (0, 1, 4):  # which would be no time of a proof
            sys.exit(done.stdout + done.stderr)
        return time.perf_counter() - begun, done.stdout.split(maxsplit=1)[0]


def main() -> None:
    limit = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with tempfile.TemporaryDirectory() as cache:
        seconds(WARM, limit, cache)
        table(limit, cache)


def table(limit: float, cache: str) -> None:
    width = max(map(len, PODS))
    print(f"{'':{width}}  " + "  ".join(f"{name:>24}" for name in CLAIMS))
    first: dict[str, float] = {}
    for pod, containers in PODS.items():
        cells = []
        for name, claim in CLAIMS.items():
            text = f'pod p {{\n{containers}}}\n\ncheck "{name}" for p {claim}\n'
            took, verdict = seconds(text, limit, cache)
            ratio = took / first.setdefault(name, took)
            note = "" if verdict == "HOLDS" else f" {verdict}"
            cells.append(f"{took:7.2f} s  x {ratio:5.1f}{note}")
        print(f"{pod:{width}}  " + "  ".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
