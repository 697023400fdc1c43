"""Explicit search in one process: states and steps a second, on pods of several sizes.

    python tests/benchmarks/states.py [STEPS]

Each row is a search for violations of a claim that holds, until every state was visited or
``STEPS`` steps (1,000,000) were tried; CPU time, the spec compiled before, the search's own
code not.  A step is one event or sync with one choice of its inputs.  The last column is the
search's states for each turn of a loop in plain Python that puts tuples into a dictionary,
measured next to it: it says more than seconds where machines, or their load, differ.

CPython 3.11, two processors that others use as well, a million steps: 77,000 to 300,000 states a
second, 120,000 for most; 19,000 to 47,000 on the same machine before states were packed.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import sized_pods  # noqa: E402  (it stands beside this folder)
from safety_questions import asked  # noqa: E402

from podcheck.explicit.explorer import Explorer, OutOfBudget  # noqa: E402
from podcheck.explicit.interpreter import Interpreter  # noqa: E402
from podcheck.explicit.properties import Complete, search  # noqa: E402

SHAPES = (
    sized_pods.Shape(1),
    sized_pods.Shape(1, around=True, rules=True),
    sized_pods.Shape(2),
    sized_pods.Shape(2, alike=False, around=True),
    sized_pods.Shape(4),
    sized_pods.Shape(8),
)
TURNS = 300_000  # of the loop that is measured for comparison


def reference() -> float:
    """Turns a second of a loop whose speed depends on nothing of podcheck."""
    begun = time.process_time()
    known: dict[tuple[int, ...], int] = {}
    for number in range(TURNS):
        key = (number & 255, number >> 3 & 255, number >> 5 & 255, number >> 9)
        if key not in known:
            known[key] = number
    return TURNS / (time.process_time() - begun)


def measured(text: str, steps: int) -> tuple[int, int, float]:
    """States, steps and seconds of one search."""
    question = asked(text)
    explorer = Explorer(Interpreter(question.system), True, steps)
    begun = time.process_time()
    try:
        found = search(explorer, question.starts, question.system.events, {}, question.condition)
        assert isinstance(found, Complete), "the claim holds"
        states = found.states
    except OutOfBudget as cut:
        states = cut.states or 0
    return states, min(explorer.steps, steps), time.process_time() - begun


def main() -> None:
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{'':71}{'states':>9}{'a second':>10}{'steps/s':>11}{'per turn':>10}")
    for shape in SHAPES:
        for claim in sized_pods.claims(shape):
            if claim.holds:
                turns = reference()
                states, tried, seconds = measured(sized_pods.spec(shape, claim), steps)
                row = f"{states:>9,}{states / seconds:>10,.0f}{tried / seconds:>11,.0f}"
                print(f"{shape!s:36}{claim.name:35}{row}{states / seconds / turns:>10.3f}")


if __name__ == "__main__":
    main()
