"""How long a spec that repeats something many times takes to be read, formatted and compiled.

    python tests/benchmarks/reading.py [COUNT]

What is repeated is what `tests/support/long_texts.py` repeats, COUNT times (10,000) and twice
as many; beside the seconds stands how many times as long the second took, which is 2 if the time is
in proportion to the length.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "support"))

from long_texts import REPEATED, compiled, formatted, parsed

from podcheck.language.source import Source


def seconds(action: Callable[[Source], None], text: str) -> float:
    gc.collect()
    begun = time.process_time()
    action(Source("a.pod", text))
    return time.process_time() - begun


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    actions = {"read": parsed, "formatted": formatted, "compiled": compiled}
    print(f"Python {sys.version.split()[0]}; CPU seconds for {count:,} and {2 * count:,}\n")
    print(f"{'':<24}" + "".join(f"{name:>26}" for name in actions))
    for name, make in REPEATED.items():
        cells = []
        for action in actions.values():
            action(Source("a.pod", make(2)))
            once, twice = (seconds(action, make(n)) for n in (count, 2 * count))
            ratio = f"x {twice / once:.1f}" if once > 0.005 else ""
            cells.append(f"{once:8.2f}{twice:8.2f} {ratio:>6}")
        print(f"{name:<24}" + "".join(f"{cell:>26}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
