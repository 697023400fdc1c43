"""Laws between formulations, tried on random specs.

    python tests/oracle/laws.py --cases 10000 [--seed 1] [--seconds N] [--law NAME,...] [--first N]

Each breach is printed with the specs that show it and the number of its case; the last lines are
figures.  ``--first N --cases 1`` tries case N alone.  Same seed, same cases.
"""

from __future__ import annotations

import argparse
import os
import random
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

from oracle.formulations import LAWS, Verdicts  # noqa: E402
from oracle.generate import Writer  # noqa: E402
from oracle.long_runs import numbers  # noqa: E402
from podcheck.checker.spec_files import Checker  # noqa: E402
from podcheck.declarations.pack import Pack  # noqa: E402
from podcheck.language.source import Source  # noqa: E402
from podcheck.loading.rules import load_pack  # noqa: E402
from podcheck.verification.options import Options  # noqa: E402

VERIFY_S = 1.0  # of processor time for one spec; then what is left is UNKNOWN


class Refused(Exception):
    """podcheck refuses a random spec, and says why."""


@dataclass(slots=True)
class Asking:
    """Has specs verified, and remembers them; ``inner`` are internal errors."""

    pack: Pack
    texts: list[str] = field(default_factory=list)
    inner: list[str] = field(default_factory=list)

    def __call__(self, text: str, engine: str = "auto", bound: int | None = None) -> Verdicts:
        self.texts.append(text)
        end = time.process_time() + VERIFY_S
        options = Options(
            engine=engine, bound=bound, stories="none",
            expired=lambda units=0: "the time" if time.process_time() > end else "",
        )  # fmt: skip
        result = Checker(options, self.pack).check_source(Source("law.pod", text), None)
        errors = [d for d in result.diagnostics if d.is_error]
        if errors:
            raise Refused(f"{errors[0].code} {errors[0].message}")
        self.inner += [c.detail for c in result.claims if str(c.verdict) == "INTERNAL ERROR"]
        return {c.title: str(c.verdict) for c in result.claims}


@dataclass(frozen=True, slots=True)
class Tried:
    """One case: its law, what does not agree (empty: all does), the specs, why none was tried."""

    law: str
    complaint: str
    texts: tuple[str, ...]
    refused: str = ""


def attempt(seed: int, number: int, only: Sequence[str], pack: Pack) -> Tried:
    chance = random.Random(f"{seed}-{number}-law")
    name = chance.choice([n for n in LAWS if not only or n in only])
    asking = Asking(pack)
    try:
        complaint = LAWS[name](Writer(chance), asking)
    except Refused as why:
        return Tried(name, "", tuple(asking.texts), str(why))
    inner = [f"internal error: {detail}" for detail in asking.inner]
    return Tried(name, "; ".join(x for x in (complaint, *inner) if x), tuple(asking.texts))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--law", default="", help=f"of {', '.join(LAWS)}")
    asked = parser.parse_args()
    only, pack = [n for n in asked.law.split(",") if n], load_pack()
    tried, broken, seconds = Counter[str](), Counter[str](), Counter[str]()
    refused = Counter[str]()
    for number in numbers(asked.first, asked.cases, asked.seconds):
        before = time.process_time()
        found = attempt(asked.seed, number, only, pack)
        seconds[found.law] += time.process_time() - before  # type: ignore[assignment]
        tried[found.law] += 1
        refused[found.refused[:60]] += bool(found.refused)
        if found.complaint:
            broken[found.law] += 1
            print(f"---- case {number}: {found.law}\n# {found.complaint}", flush=True)
            print("\n# ----\n".join(found.texts), flush=True)
    cases, spent = sum(tried.values()), sum(seconds.values())
    print(f"{cases} cases in {spent:.0f} s of processor time, {spent / max(1, cases):.2f} s each")
    for name in sorted(tried):
        each = seconds[name] / tried[name]
        print(f"  {name}: {tried[name]}, {each:.2f} s each, {broken[name]} broken")
    print(f"refused specs: {refused.total()} {dict(refused.most_common(3))}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
