"""How fast many manifests are audited, and how soon the first finding of one is there.

    python tests/benchmarks/audit.py [MANIFESTS]

Makes N manifests (10,000; `tests/support/fleet.py`), and prints for each stage in one process
how many it does a second; then whole runs of `podcheck audit` on one processor and on all, with an
empty cache and with a full one, each with the memory of its largest process; then one file, cold.
Beside each stands what it takes merely to load the same YAML with PyYAML, or to import the
libraries, measured in the same run.  Whole runs are timed in seconds of processor time, too, which
what else a machine does changes least, and so are checkov and kubernetes-validate, where they are
installed, on some of the manifests.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple, TypeVar

import yaml

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from fleet import fleet  # noqa: E402

from podcheck.auditing.pod_shape import shaped  # noqa: E402
from podcheck.auditing.work_items import Searching  # noqa: E402
from podcheck.declarations.releases import RECORDED  # noqa: E402
from podcheck.language.diagnostics import Diagnostics  # noqa: E402
from podcheck.language.source import Source  # noqa: E402
from podcheck.manifests.reader import read_manifest  # noqa: E402
from podcheck.manifests.workload import Manifest  # noqa: E402
from podcheck.verification.options import Options  # noqa: E402

Item = TypeVar("Item")
Result = TypeVar("Result")
BASE = "import yaml, z3, lark, click"
SAMPLE = 2_000  # manifests of which each stage is measured
SEARCHED = 40  # shapes
COMPARED = 300  # manifests that other programs get
ROUNDS = 5
_PLAIN: list[float] = []  # seconds of each stage; the first is PyYAML alone
OTHERS = {  # other programs that look at manifests, and their arguments
    "checkov": ["--framework", "kubernetes", "--compact", "--quiet", "-d"],
    "kubernetes-validate": ["-k", "1.32"],
}


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    processors = sorted(os.sched_getaffinity(0))
    print(f"{count:,} manifests, {len(processors)} processors, Python {sys.version.split()[0]}\n")
    sources = [Source(name, text) for name, text in fleet(min(count, SAMPLE))]
    _stages(sources)
    with tempfile.TemporaryDirectory() as folder:
        manifests = Path(folder) / "manifests"
        manifests.mkdir()
        for name, text in fleet(count):
            (manifests / name).write_text(text, encoding="utf-8")
        _runs(count, manifests, Path(folder) / "cache", processors)
        _others(manifests, Path(folder))
        _one(manifests / sources[0].name, Path(folder))


# ---- stages, in this process -------------------------------------------------------------------


def _stages(sources: list[Source]) -> None:
    print("   a second  ms each   PyYAML  stage, in one process")
    _timed("PyYAML alone: yaml.load_all, CSafeLoader", sources, _plainly)
    manifests = _timed(
        "read: YAML to workloads", sources, lambda s: read_manifest(s, Diagnostics())
    )
    workloads = [w for manifest in manifests for w in manifest.workloads]
    found = _timed("shape", workloads, lambda w: shaped(w.declaration.members[0], w.controller))
    shapes = list(dict.fromkeys(s.shape for s in found))
    pieces = [Searching(shape, Options(), RECORDED, "warning") for shape in shapes[:SEARCHED]]
    pieces[0].do()  # loads rules and library
    _timed("search: the hazards of a new shape", pieces, lambda piece: piece.do())
    print(f"{len(workloads):,} workloads have {len(set(found)):,} shapes with their names,")
    print(f"{len(shapes):,} without\n")


def _read(source: Source) -> Manifest:
    return read_manifest(source, Diagnostics())


def _plainly(source: Source) -> object:
    return list(yaml.load_all(source.text, yaml.CSafeLoader))


def _timed(name: str, items: Iterable[Item], work: Callable[[Item], Result]) -> list[Result]:
    items = list(items)
    begin = time.perf_counter()
    results = [work(item) for item in items]
    each = (time.perf_counter() - begin) / len(items)
    _PLAIN.append(each)
    print(f"{1 / each:11,.0f}  {each * 1000:7.2f}  x {each / _PLAIN[0]:5.1f}  {name}")
    return results


# ---- whole runs --------------------------------------------------------------------------------


def _runs(count: int, manifests: Path, cache: Path, processors: list[int]) -> None:
    print("   a second  seconds   CPU s   PyYAML  largest MB  podcheck audit, a whole process")
    for used in (processors[:1], processors) if len(processors) > 1 else (processors,):
        own = cache / str(len(used))
        for state in ("empty", "full"):
            ran = _run(["audit", str(manifests)], own, used)
            name = f"{len(used)} processor{'s' * (len(used) > 1)}, {state} cache"
            _row(count, ran, name)
    print()


def _row(count: int, ran: Ran, name: str) -> None:
    ratio = ran.cpu_s / count / _PLAIN[0]
    print(
        f"{count / ran.seconds:11,.0f}  {ran.seconds:7.1f}  {ran.cpu_s:6.1f}  x {ratio:5.1f}"
        f"  {ran.megabytes:10.0f}  {name}"
    )


def _others(manifests: Path, folder: Path) -> None:
    """Other programs on some of the manifests, each with podcheck on the same ones."""
    some = folder / "some"
    some.mkdir()
    listed = sorted(manifests.iterdir())[:COMPARED]
    for path in listed:
        shutil.copy(path, some)
    print(f"{len(listed)} of the manifests")
    _row(len(listed), _run(["audit", str(some)], folder / "new"), "podcheck audit, empty cache")
    _row(len(listed), _run(["audit", str(some)], folder / "new"), "podcheck audit, full cache")
    for name, arguments in OTHERS.items():
        if shutil.which(name) is None:
            print(f"{name} is not installed")
            continue
        given = [str(some)] if name == "checkov" else [str(some / path.name) for path in listed]
        _row(len(listed), _timed_process([name, *arguments, *given], dict(os.environ)), name)
    print()


def _one(path: Path, folder: Path) -> None:
    """One file, with nothing in the cache, with the rules, and with its own audit in it."""
    empty, rules = folder / "empty", folder / "rules"
    other = folder / "other.yaml"
    other.write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c}]}"
    )
    times: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        fresh, warm = empty / str(number), rules / str(number)
        _run(["audit", str(other)], warm)
        times.setdefault(f'python -c "{BASE}"', []).append(_run(["-c", BASE], empty).seconds)
        for name, cache in (
            ("one file, empty cache", fresh),
            ("one file, the rules in the cache", warm),
            ("one file, its shape in the cache", warm),
        ):
            times.setdefault(name, []).append(_run(["audit", str(path)], cache).seconds)
    base = statistics.median(next(iter(times.values())))
    print(f"         ms   import  the first finding: median of {ROUNDS}, whole processes")
    for name, taken in times.items():
        median = statistics.median(taken)
        print(f"{median * 1000:11,.0f}  {median / base:7.1f}  {name}")


class Ran(NamedTuple):
    """What one command took, with its processes; megabytes are those of the largest."""

    seconds: float
    cpu_s: float
    megabytes: float


def _run(arguments: list[str], cache: Path, processors: Iterable[int] = ()) -> Ran:
    """What a command of podcheck takes."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    environment = {**kept, "PYTHONPATH": str(ROOT), "PODCHECK_CACHE": str(cache)}
    command = arguments if arguments[0] == "-c" else ["-m", "podcheck", *arguments]
    return _timed_process([sys.executable, *command], environment, processors)


def _timed_process(
    command: list[str], environment: dict[str, str], processors: Iterable[int] = ()
) -> Ran:
    all_ = os.sched_getaffinity(0)
    begin = time.perf_counter()
    os.sched_setaffinity(0, list(processors) or all_)  # which the process inherits
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.sched_setaffinity(0, all_)
    _, status, used = os.wait4(process.pid, 0)
    taken = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), command
    return Ran(taken, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


if __name__ == "__main__":
    main()
