"""What the pytest plugin costs a project without `.pod` files.

    python tests/benchmarks/pytest_plugin.py [ROUNDS]

Prints the median of the time of a whole `pytest` process with one test, where podcheck is not
installed and where its wheel is, and the difference: what installing podcheck adds.  Both see
pytest, what it needs, and no other plugin; they are measured in the same run, alternately, after a
round that fills the caches and is not counted.  The time of the processor says more than that of
the clock if the machine is busy.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = "from hatchling.build import build_wheel; print(build_wheel({!r}))"
PYTEST = ("_pytest", "pytest", "py.py", "pluggy", "iniconfig", "packaging", "pygments")


def packages(folder: Path, wheel: Path | None) -> Path:
    """A folder with pytest and what it needs, and podcheck from a wheel or not at all."""
    folder.mkdir()
    for path in Path(sysconfig.get_paths()["purelib"]).iterdir():
        if path.name.split("-")[0] in PYTEST:
            (folder / path.name).symlink_to(path)
    if wheel is not None:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
    return folder


def measure(project: Path, site: Path) -> tuple[float, float]:
    """The time by the clock and of the processor, in ms, of one run of pytest that sees only
    the packages of a folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    used, begin = _processor_s(), time.perf_counter()
    subprocess.run(
        [sys.executable, "-S", "-m", "pytest", "-q"],
        cwd=project,
        env={**environment, "PYTHONPATH": str(site)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return (time.perf_counter() - begin) * 1000, (_processor_s() - used) * 1000


def _processor_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-c", BUILD.format(name)]
        built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        wheel = folder / built.stdout.split()[-1]
        project = folder / "project"
        project.mkdir()
        (project / "test_one.py").write_text("def test_one():\n    assert True\n")
        sites = {
            "without podcheck": packages(folder / "without", None),
            "with podcheck": packages(folder / "with", wheel),
        }
        times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in sites}
        for number in range(rounds + 1):
            for kind, site in sites.items():
                taken = measure(project, site)
                if number:
                    times[kind].append(taken)
    medians = {k: [statistics.median(x) for x in zip(*t, strict=True)] for k, t in times.items()}
    without, with_ = medians.values()
    medians["difference"] = [b - a for a, b in zip(without, with_, strict=True)]
    print(f"median of {rounds}, Python {sys.version.split()[0]}")
    print("   clock  processor")
    for kind, (clock, processor) in medians.items():
        print(f"{clock:5.1f} ms  {processor:6.1f} ms  {kind}")


if __name__ == "__main__":
    main()
