"""The same input gives the same bytes: in every process, with every hash seed, cache or none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

FINISHED = "specs/kubernetes/finished-pod-stays-as-it-is.pod"
COMMANDS = {
    "text": ("verify", "specs/article.pod"),
    "text with stories": ("verify", "-v", "specs/article.pod"),
    "json": ("verify", "--format", "json", "specs/article.pod"),
    "lassos": (
        "verify",
        "-v",
        "specs/kubernetes/crash-loop-backoff-does-not-last.pod",
        "specs/kubernetes/every-attempt-under-never-ends.pod",
    ),
    "run": ("run", "specs/article.pod", "--pod", "two", "--under", "Never", "app exits 1"),
    "smt2": ("export", FINISHED, "--claim", "1", "--to", "smt2"),
    "promela": ("export", FINISHED, "--claim", "1", "--to", "promela"),
}


def output(arguments: tuple[str, ...], seed: str, cache: str) -> bytes:
    done = subprocess.run(
        [sys.executable, "-m", "podcheck", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": seed, "PODCHECK_CACHE": cache},
        capture_output=True,
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    assert done.stderr == b""
    return done.stdout


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=list(COMMANDS))
def test_the_same_bytes(arguments: tuple[str, ...], tmp_path: Path) -> None:
    kept = str(tmp_path / "cache")
    ways = [("1", kept), ("2", "off")]
    if arguments == COMMANDS["text"]:  # what was kept is read by the later ones
        ways = [("1", kept), ("1", kept), ("2", kept), ("1", "off"), ("2", "off")]
    first, *others = [output(arguments, seed, cache) for seed, cache in ways]
    assert first
    assert all(other == first for other in others)


def test_the_order_of_arguments_and_files_is_kept(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        text = f'pod one {{ container app }}\n\ncheck "{name}" under Never {{\n  never gone\n}}\n'
        (tmp_path / f"{name}.pod").write_text(text)
    chosen = ("verify", str(tmp_path / "c.pod"), str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-m", "podcheck", *chosen], cwd=ROOT, capture_output=True, text=True
    )
    titles = [line.split('"')[1] for line in done.stdout.splitlines() if " check " in line]
    assert titles == ["c", "a", "b"]
