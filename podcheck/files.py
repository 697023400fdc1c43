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
