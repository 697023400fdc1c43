"""Random claims, decided by the oracle and by podcheck.

    python tests/oracle/run.py --claims 20000 --seed 1 [--seconds N] [--kind KIND,...] [--first N]

Each disagreement is printed with the spec that reproduces it and the number of its case; the last
lines are figures.  ``--first N --claims 1`` runs case N alone.  Same seed, same cases.  With
``--plant NAME`` a fault is planted first, and the run ends where it is noticed.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    os.environ["PODCHECK_CACHE"] = "off"
    sys.path[0:0] = [str(ROOT), str(ROOT / "tests")]

import random  # noqa: E402

from oracle.cases import CASES, Case, case  # noqa: E402
from oracle.compare import ENGINES, Compared, Difference, compare  # noqa: E402
from oracle.generate import Writer  # noqa: E402
from oracle.long_runs import numbers  # noqa: E402
from oracle.others import OTHERS  # noqa: E402
from oracle.plants import PLANTS  # noqa: E402
from podcheck.declarations.pack import Pack  # noqa: E402
from podcheck.loading import rules  # noqa: E402

OTHER = 0.1  # of the cases ask `run`, `table` or for a certificate


@dataclass(slots=True)
class Figures:
    """What came of the cases so far."""

    cases: Counter[str] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)  # of differences
    seconds: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, found: Compared, seconds: float) -> None:
        self.cases[kind] += 1
        self.words.update(found.words)
        self.kinds.update(d.kind for d in found.differences)
        self.seconds[kind] += seconds  # type: ignore[assignment]
        if found.error:
            self.errors[found.error[:60]] += 1

    def lines(self) -> list[str]:
        total, time_s = sum(self.cases.values()), sum(self.seconds.values())
        each = {k: f"{self.seconds[k] / n:.2f}" for k, n in sorted(self.cases.items())}
        return [
            f"{total} cases, {time_s:.0f} s of processor time, {time_s / max(1, total):.2f} s each",
            f"seconds by kind: {each}",
            f"questions: {dict(sorted(self.words.items()))}",
            f"refused specs: {sum(self.errors.values())} {dict(self.errors.most_common(3))}",
            f"differences: {sum(self.kinds.values())} {dict(sorted(self.kinds.items()))}",
        ]


def one(seed: int, number: int, only: Sequence[str], pack: Pack) -> tuple[Case, str, Compared]:
    """One case: the spec, the engine, and what came of it."""
    chance = random.Random(f"{seed}-{number}-other")
    others = [
        k for k, (weight, _) in OTHERS.items() for _ in range(weight) if not only or k in only
    ]
    if others and (chance.random() < OTHER if not only else not set(only) & set(CASES)):
        kind = chance.choice(others)
        text, differences, error = OTHERS[kind][1](Writer(chance), pack)
        return Case(kind, text), "auto", Compared(tuple(differences), (), error)
    written = case(f"{seed}-{number}", only)
    engine = random.Random(f"{seed}-{number}-engine").choice(ENGINES)
    return written, engine, compare(written.text, pack, number, engine)


def find_plant(name: str, seed: int, most: int, pack: Pack) -> tuple[int, str]:
    """How many cases it takes to notice a planted fault (0: none of ``most`` did), and the first
    case that shows it: a difference that is not there without the plant, and no crash, which the
    plant itself may cause."""
    plant = PLANTS[name]
    for number in range(most):
        with plant.planted():
            written, engine, found = one(seed, number, plant.kinds, pack)
        if found.differences:
            *_, without = one(seed, number, plant.kinds, pack)
            known = {"crash", *(d.kind for d in without.differences)}
            if {d.kind for d in found.differences} - known:
                return number + 1, shown(number, written, engine, found.differences)
    return 0, ""


def shown(number: int, written: Case, engine: str, differences: Sequence[Difference]) -> str:
    lines = [f"---- case {number} ({written.kind}, --engine {engine})"]
    lines += [f"# {d.kind}: {d.text}" for d in differences]
    return "\n".join([*lines, written.text])


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--claims", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--kind", default="", help=f"of {', '.join([*CASES, *OTHERS])}")
    parser.add_argument("--plant", default="", choices=["", *PLANTS])
    asked = parser.parse_args()
    pack, figures = rules.load_pack(), Figures()
    rules.load_pack = lambda name="": pack  # type: ignore[assignment]  # once for all cases
    only = [k for k in asked.kind.split(",") if k]
    if asked.plant:
        cases, text = find_plant(asked.plant, asked.seed, asked.claims, pack)
        print(text)
        noticed = f"noticed by case {cases}" if cases else f"not noticed in {asked.claims} cases"
        print(f"{asked.plant} ({PLANTS[asked.plant].what}): {noticed}")
        return 0 if cases else 1
    for number in numbers(asked.first, asked.claims, asked.seconds):
        before = time.process_time()
        written, engine, found = one(asked.seed, number, only, pack)
        figures.add(written.kind, found, time.process_time() - before)
        if found.differences:
            print(shown(number, written, engine, found.differences), flush=True)
    print("\n".join(figures.lines()))
    return 1 if figures.kinds else 0


if __name__ == "__main__":
    sys.exit(main())
