"""The project's own data files, inside the installed package or beside it in a checkout."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_SUFFIXES = (".py", ".rules", ".lark", ".pod", ".jinja", ".css", ".js")


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


def names(suffix: str, *parts: str) -> list[str]:
    """The names of the files in a data folder that end in a suffix, in order."""
    return sorted(n for n in os.listdir(path(*parts)) if n.endswith(suffix))


def code() -> list[str | bytes]:
    """The names and contents of the files that :func:`stamps` lists: some milliseconds' work."""
    found: list[str | bytes] = []
    for entry in _code():
        with open(entry.path, "rb", buffering=0) as file:
            found += [entry.name, file.read()]
    return found


def stamps() -> list[str]:
    """Path, size and time of change of each file that makes podcheck what it is.

    While none of them changes, their contents are the same, as Python has it too when it takes
    a compiled module.  A fresh installation of the same contents differs.
    """
    found = []
    for entry in _code():
        state = entry.stat()
        found.append(f"{entry.path} {state.st_size} {state.st_mtime_ns}")
    return found


def _code() -> Iterator[os.DirEntry[str]]:
    folders = [_HERE, path("grammar")]
    for folder in folders:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                yield entry
            elif entry.name != "__pycache__" and entry.is_dir():
                folders.append(entry.path)


def versions(*modules: str) -> list[str]:
    """What tells one version of other packages from another, without importing them: the names
    of their metadata folders (``z3_solver-5.4.1.0.dist-info``), or the time of installation."""
    found = []
    for module in modules:
        spec = PathFinder.find_spec(module)
        if spec is None or spec.origin is None:
            continue
        site = os.path.dirname(os.path.dirname(spec.origin))
        starts = (f"{module}-", f"{module}_", f"py{module}-")  # the last is PyYAML's, of `yaml`
        known = [n for n in os.listdir(site) if n.lower().startswith(starts)]
        found += sorted(known) or [f"{spec.origin} {os.stat(spec.origin).st_mtime_ns}"]
    return found
