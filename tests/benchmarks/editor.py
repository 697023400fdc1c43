"""How soon an editor has an answer about a spec of 500 lines.

    python tests/benchmarks/editor.py [LINES]

Drives `podcheck lsp` over its standard streams, types into the text, and prints the median time
until the errors are there (with the pause that ends typing), the process time of the analysis
alone, and the time until the lens of the claim that was edited has its verdict again.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from lsp_client import Editor  # noqa: E402

from podcheck.editor.analysis import analysed  # noqa: E402
from podcheck.language.source import Source  # noqa: E402
from podcheck.loading.rules import load_pack  # noqa: E402

POD = "pod pod%d { container app  container helper { livenessProbe } }\n"
CLAIMS = """
table "t%d" for pod%d from Running {
  | event                       | Always  | OnFailure | Never   |
  | any container exits nonzero | Running | Running   | Running |
  | any container is OOMKilled  | Running | Running   | Running |
}

scenario "s%d" for pod%d from Running under Never {
  when app exits 1    then phase = Running and STATUS = "Error"
  when helper exits 0 then phase = Failed
}
"""
TIMES = 7


def spec(lines: int) -> str:
    """A spec of about this many lines."""
    text = "".join(POD % n for n in range(5))
    return text + "".join(CLAIMS % (n, n % 5, n, n % 5) for n in range((lines - 5) // 11))


def main(lines: int) -> None:
    text = spec(lines)
    load_pack()
    times = []
    for _ in range(TIMES):
        began = time.process_time()
        analysed(Source("a.pod", text), None, load_pack())
        times.append(time.process_time() - began)
    print(f"{text.count(chr(10))} lines")
    print(f"analysis      {1000 * statistics.median(times):5.0f} ms CPU")
    with tempfile.TemporaryDirectory() as folder:
        editor = Editor(Path(folder))
        editor.open("a.pod", text)
        editor.settled("a.pod")
        editor.lenses("a.pod")
        errors, lenses = [], []
        for _ in range(TIMES):
            for old, new in (("exits 1 ", "exts 1 "), ("exts 1 ", "exits 1 ")):
                began = time.perf_counter()
                editor.type("a.pod", old, new)
                editor.settled("a.pod")
                errors.append(time.perf_counter() - began)
            editor.lenses("a.pod")
            lenses.append(time.perf_counter() - began)
        editor.close()
    print(f"errors        {1000 * statistics.median(errors):5.0f} ms after the key")
    print(f"verdict again {1000 * statistics.median(lenses):5.0f} ms after the key")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
