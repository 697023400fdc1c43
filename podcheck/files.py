"""The project's own data files, inside the installed package or beside it in a checkout."""

from __future__ import annotations

import os
from importlib.machinery import PathFinder

_HERE = os.path.dirname(os.path.abspath(__file__))
_NO_VERDICT_DEPENDS_ON = {"cli", "conform", "export", "report"}


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


def code() -> list[str | bytes]:
    """The names and contents of the grammar, the rules and all modules that a verdict may depend
    on: those that only write, and the replay of recordings, are left out.

    Reading them takes some milliseconds.  Sizes and times of change would take one, but a
    fresh installation of the same code, as in CI, would differ in them.
    """
    found: list[str | bytes] = []
    for base in (_HERE, path("grammar")):
        for folder, folders, names in os.walk(base):
            folders[:] = sorted(set(folders) - _NO_VERDICT_DEPENDS_ON)
            for name in sorted(names):
                if name.endswith((".py", ".rules", ".lark")):
                    with open(os.path.join(folder, name), "rb", buffering=0) as file:
                        found += [name, file.read()]
    return found


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
