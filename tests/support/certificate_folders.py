"""Certificates in folders: written, looked at, and tampered with as somebody might who can
make every digest right."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from podcheck.certificate import folder as written_by
from podcheck.certificate import validator
from podcheck.certificate.folder import digest
from podcheck.certificate.validator import Checked, certify
from podcheck.cli.certificates import read


def run(*arguments: str, cwd: Path, seed: str = "0") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-m", "podcheck", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def checked(folder: Path) -> list[Checked]:
    """What becomes of the certificates of the one spec in a folder."""
    specs, strays = read(str(folder))
    assert not strays
    return [c for texts in specs.values() for c in certify(texts, 60)]


def words(folder: Path) -> list[str]:
    return [c.word for c in checked(folder)]


def reason(folder: Path) -> str:
    """Why certificates are refused."""
    (found,) = checked(folder)
    assert found.word == "REFUSED"
    return found.detail


def files_of(folder: Path) -> dict[str, str]:
    found = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): p.read_text() for p in found}


def signed_again(folder: Path) -> None:
    """Make every digest of the manifest right, as whoever tampers would."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    for row in manifest["certificates"]:
        row["files"] = {n: digest((folder / n).read_text()) for n in row["files"]}
    path.write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n")


def rewritten(folder: Path) -> list[Checked]:
    """What becomes of certificates after all files were written anew as by podcheck."""
    signed_again(folder)
    texts = read(str(folder))[0][str(folder)]
    manifest = json.loads(texts["manifest.json"])
    _, questions = validator._questions(manifest["spec"], manifest["includes"])
    cases = [validator._case(questions, row, texts) for row in manifest["certificates"]]
    for name, text in written_by.files(questions, cases).items():
        (folder / name).write_text(text)
    return checked(folder)


def states_changed(change: Callable[[Any], object]) -> Callable[[Path], None]:
    """What makes a change to every list of states of a spec."""

    def tamper(folder: Path) -> None:
        for path in sorted(folder.glob("*/states.json")):
            data = json.loads(path.read_text())
            change(data)
            path.write_text(json.dumps(data, indent=2, ensure_ascii=False) + "\n")

    return tamper


def words_of_runs(folder: Path) -> list[str]:
    """The words for the certificates that are runs; the others are not looked at."""
    texts = read(str(folder))[0][str(folder)]
    try:
        _, questions, cases = validator._opened(texts)
    except validator.RefusedError:
        return ["REFUSED"]
    runs = [case for case in cases if case.kind == "run"]
    return [validator._checked(questions, case, texts, 60).word for case in runs]
