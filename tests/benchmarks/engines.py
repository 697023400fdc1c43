"""podcheck against Spin and Z3's Spacer: the same claims about pods of 1 to 16 main containers.

    python tests/benchmarks/engines.py [--sizes 1,2,4] [--claims absorb,...] [--seconds 60] ...

Every cell is the wall time of whole processes, in one run.  podcheck gets the spec, compiled
before; Spin and Spacer get what `podcheck export` has made of it.  Spin's time is that of
`spin -a`, gcc and the verifier together; gcc's part of it and the states stored (so far, if
it was stopped) have columns of their own.  The ratio in a cell is its time divided by that of
podcheck's first column.  A cell without an answer says why: `> 60 s`, `out of memory`,
`UNKNOWN`.  An answer that the rules don't give is WRONG.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

import sized_pods  # noqa: E402  (it stands beside this folder)
import spin  # noqa: E402

ANSWERS = {"HOLDS": "holds", "FAILS": "fails"}
VERDICTS = {"sat": "holds", "unsat": "fails"}


class Cell(NamedTuple):
    """One measurement: what was answered (or why nothing was), and the seconds it took.

    ``gcc_s`` and ``states`` are Spin's.
    """

    verdict: str
    seconds: float
    gcc_s: float = 0.0
    states: int = 0

    @property
    def answered(self) -> bool:
        return self.verdict in ("holds", "fails")

    def text(self, base: Cell, expected: str) -> str:
        """``1.23 s x4.5``, or why there is no answer."""
        if not self.answered:
            return self.verdict
        wrong = "" if self.verdict == expected else "WRONG "
        ratio = f" x{self.seconds / base.seconds:.1f}" if base.answered and self is not base else ""
        return f"{wrong}{self.seconds:.2f} s{ratio}"


class Case(NamedTuple):
    shape: sized_pods.Shape
    claim: sized_pods.Claim


class Bench:
    """Measures one case after the other, each column within the same limits."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.seconds: float = options.seconds
        self.memory_mb: int = options.memory
        self.folder = folder
        self.environment = {
            **os.environ, "PYTHONPATH": str(ROOT), "PODCHECK_CACHE": str(folder / "cache"),
        }  # fmt: skip

    def podcheck(self, *arguments: str) -> tuple[subprocess.CompletedProcess[str] | None, float]:
        """A podcheck process, None if it took too long, and its seconds."""
        begin = time.perf_counter()
        try:
            done = subprocess.run(
                [sys.executable, "-m", "podcheck", *arguments], cwd=self.folder,
                env=self.environment, capture_output=True, text=True, timeout=self.seconds,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            done = None
        return done, time.perf_counter() - begin

    def engines(self) -> list[str]:
        """The engines that `podcheck verify` can use; the first chooses itself."""
        done, _ = self.podcheck("verify", "--help")
        assert done is not None
        _, found, after = done.stdout.partition("--engine [")
        names = "".join(after.partition("]")[0].split()) if found else ""
        return [e for e in names.split("|") if e] or ["auto"]

    def verify(self, engine: str, *, told: bool) -> Cell:
        """podcheck on the spec of the case at hand."""
        option = ["--engine", engine] if told else []
        done, seconds = self.podcheck("verify", "case.pod", *option)
        if done is None:
            return Cell(f"> {self.seconds:g} s", seconds)
        first = done.stdout.split(maxsplit=1)[0] if done.stdout else "no answer"
        return Cell(ANSWERS.get(first, first), seconds)

    def spin(self) -> Cell:
        model = self._export("promela")
        if model is None or not spin.available():
            return Cell("no Spin" if model is not None else "no export", 0.0)
        done = spin.run(
            model,
            self.folder,
            memory_mb=self.memory_mb,
            seconds=self.seconds,
            flags=("-DAUTO_RESIZE",),
        )
        return Cell(done.verdict, done.whole_s, done.gcc_s, done.states)

    def spacer(self) -> Cell:
        clauses = self._export("smt2")
        if clauses is None:
            return Cell("no export", 0.0)
        path = self.folder / "case.smt2"
        path.write_text(clauses, encoding="utf-8")
        program = Path(sysconfig.get_path("scripts")) / "z3"
        limits = [f"-T:{max(1, round(self.seconds))}", f"-memory:{self.memory_mb}"]
        begin = time.perf_counter()
        done = subprocess.run([program, *limits, path], capture_output=True, text=True)
        seconds = time.perf_counter() - begin
        answer = done.stdout.strip()
        if answer == "timeout":
            return Cell(f"> {self.seconds:g} s", seconds)
        if "out of memory" in answer:
            return Cell("out of memory", seconds)
        return Cell(VERDICTS.get(answer, answer or "no answer"), seconds)

    def _export(self, language: str) -> str | None:
        done, _ = self.podcheck("export", "case.pod", "--to", language)
        return done.stdout if done is not None and done.returncode == 0 else None

    def measure(
        self, case: Case, engines: Sequence[str], others: Sequence[str]
    ) -> Iterator[tuple[str, Cell]]:
        """The columns of a case, as they are measured."""
        text = sized_pods.spec(case.shape, case.claim)
        (self.folder / "case.pod").write_text(text, encoding="utf-8")
        self.podcheck("verify", "--bound", "1", "case.pod")  # compiles the spec, for the cache
        for engine in engines:
            yield f"podcheck {engine}", self.verify(engine, told=len(engines) > 1)
        if "spin" in others:
            yield "Spin", self.spin()
        if "spacer" in others:
            yield "Spacer", self.spacer()


def cases(options: argparse.Namespace) -> Iterator[Case]:
    """The cases that were asked for, small ones first."""
    for mains in map(int, options.sizes):
        for alike in (True, False) if mains > 1 else (True,):
            for extras in options.with_:
                around, rules = extras in ("around", "full"), extras in ("rules", "full")
                shape = sized_pods.Shape(mains, alike, around, rules)
                for claim in sized_pods.claims(shape):
                    if any(wanted in claim.name for wanted in options.claims):
                        yield Case(shape, claim)


def _words(text: str) -> list[str]:
    return text.split(",")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="podcheck against Spin and Z3's Spacer")
    add = parser.add_argument
    sizes = ",".join(map(str, sized_pods.SIZES))
    add("--sizes", type=_words, default=sizes, help=f"main containers, such as {sizes}")
    add(
        "--with",
        dest="with_",
        type=_words,
        default="nothing,full",
        help="nothing, around (init container and sidecar), rules, full (both)",
    )
    add("--claims", type=_words, default="", help="parts of the claims' names")
    add("--engines", type=_words, help="of podcheck; left out: all it has")
    add("--others", type=_words, default="spin,spacer", help="spin, spacer")
    add("--seconds", type=float, default=60.0, help="for each cell")
    add("--memory", type=int, default=8000, help="MB, for each of Spin and Spacer")
    return parser.parse_args()  # fmt: skip


def row(cells: Iterator[tuple[str, Cell]], expected: str) -> Iterator[str]:
    """The texts of a row's cells, as they are measured."""
    base: Cell | None = None
    for column, cell in cells:
        base = base or cell
        yield f"{cell.text(base, expected):>16}"
        if column == "Spin":
            yield f"{cell.gcc_s:>8.2f} s{cell.states:>14,}"


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(options, Path(name))
        engines: list[str] = options.engines or bench.engines()
        print(f"each cell at most {options.seconds:g} s; Spin and Spacer {options.memory} MB")
        heads = [f"{'podcheck ' + e:>16}" for e in engines]
        heads += [f"{'Spin':>16}{'of it gcc':>10}{'states':>14}"] * ("spin" in options.others)
        heads += [f"{'Spacer':>16}"] * ("spacer" in options.others)
        print(f"{'':42}{''.join(heads)}")
        shape: sized_pods.Shape | None = None
        for case in cases(options):
            if case.shape != shape:
                shape = case.shape
                print(f"\n{shape}")
            expected = "holds" if case.claim.holds else "fails"
            print(f"  {case.claim.name:<34}{expected:<6}", end="", flush=True)
            for text in row(bench.measure(case, engines, options.others), expected):
                print(text, end="", flush=True)
            print()


if __name__ == "__main__":
    main()
