"""Derived data that an installed podcheck ships with, so that its first run is as fast as later
ones: made when the package is built, used only while it fits its sources."""

from __future__ import annotations

import json
from typing import Any

from podcheck.storage import package_data

FOLDER = "prebuilt"


def written(key: str, data: Any) -> str:
    """The text of a file of derived data; ``key`` is a digest of all that it was made from."""
    return f"{key}\n{json.dumps(data, separators=(',', ':'))}"


def read(name: str, key: str) -> Any:
    """The data that was made from what the key is a digest of, or None: a checkout has none, and
    what was made from something else is not used."""
    try:
        head, _, text = package_data.read(FOLDER, name).partition("\n")
        return json.loads(text) if head == key else None
    except (OSError, ValueError, RecursionError):
        return None


def is_there() -> bool:
    """Whether this podcheck carries such data."""
    try:
        return bool(package_data.path(FOLDER))
    except FileNotFoundError:
        return False
