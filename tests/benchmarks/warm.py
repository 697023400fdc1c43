"""How long a scenario of the article takes in a process that is warm.

    python tests/benchmarks/warm.py [FILE] [ROUNDS]

Every question of the file is answered by the engines; no result is taken from anywhere.  In each
round first by new solvers, which have the rules still to encode, as for a file that was edited;
then by the same once more.  The reference, in the same process, is the spec read and compiled,
with its first claim.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from podcheck.checker.outcomes import PodVerifier, verifiers_for
from podcheck.checker.spec_files import Checker
from podcheck.explanation.narrator import Narrator
from podcheck.symbolic.session import Workspace
from podcheck.verification.options import Options

ROOT = Path(__file__).resolve().parents[2]


def milliseconds(since: float) -> float:
    return (time.perf_counter() - since) * 1000


def asked(verifiers: list[PodVerifier]) -> Iterator[float]:
    """The time of each question under each of its policies."""
    for verifier in verifiers:
        for question in verifier.context.pod.questions:
            for policy in question.policies:
                since = time.perf_counter()
                verifier.dispatcher.answer(question, policy)
                yield milliseconds(since)


def untold(plan: int) -> Narrator:
    raise AssertionError(f"there is no story of pod {plan}")


def row(name: str, times: list[float], reference: float) -> None:
    middle, slow = median(times), sorted(times)[len(times) * 9 // 10]
    print(f"  {name:<34}{middle:8.2f} ms  x {middle / reference:.4f}  (nine of ten: {slow:.2f} ms)")


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "specs/article.pod")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    options = Options(stories="none", answered=lambda *_: None)  # so that no result is kept
    begun = time.perf_counter()
    file = Checker(options).open(path)
    assert file.compiled is not None, "the spec has errors"
    file.decide(0)
    reference = milliseconds(begun)
    first: list[float] = []
    again: list[float] = []
    for _ in range(rounds):
        verifiers = verifiers_for(file.compiled, options, untold, None, Workspace())
        first += asked(verifiers)
        again += asked(verifiers)
    count = len(first) // rounds
    print(f"{Path(path).name}: {count} questions, {rounds} rounds, one process; medians")
    print(f"  {'read, compiled, the first claim':<34}{reference:8.2f} ms  x 1")
    row("a question, new solvers", first, reference)
    row("the same question again", again, reference)


if __name__ == "__main__":
    main()
