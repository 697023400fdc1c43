"""The project's own data files, inside the installed package or beside it in a checkout."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def path(*parts: str) -> str:
    """The path of a data file or folder: in the package first, then beside it."""
    for base in (_HERE, os.path.dirname(_HERE)):
        candidate = os.path.join(base, *parts)
        if os.path.exists(candidate):
            return candidate
    raise FileNotFoundError(os.path.join(*parts))


def read(*parts: str) -> str:
    """The text of a data file."""
    with open(path(*parts), encoding="utf-8") as file:
        return file.read()


def texts(*parts: str) -> list[str]:
    """The names and texts of the files in a data folder, in the order of their names."""
    found = []
    folder = path(*parts)
    for name in sorted(os.listdir(folder)):
        if name.endswith(".rules"):
            found += [name, read(*parts, name)]
    return found


def code_state() -> list[str]:
    """What tells one state of podcheck's own code and grammar from another: size and time
    of change of every file that compiling a spec depends on."""
    found = []
    for folder in ("language", "model"):
        with os.scandir(os.path.join(_HERE, folder)) as entries:
            for entry in entries:
                if entry.name.endswith(".py"):
                    state = entry.stat()
                    found.append(f"{folder}/{entry.name} {state.st_size} {state.st_mtime_ns}")
    grammar = os.stat(path("grammar", "podcheck.lark"))
    return [*sorted(found), f"grammar {grammar.st_size} {grammar.st_mtime_ns}"]
