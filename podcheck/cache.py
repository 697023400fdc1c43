"""A folder of derived data: what can be computed again, kept to start faster.

Files are JSON, named by a digest of all they depend on.  Nothing here is ever needed: a cache
that is missing, damaged, read-only or switched off (``PODCHECK_CACHE=off``) only costs time.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

FORMAT = "1"


def digest(*parts: str) -> str:
    """A name for data that depends on the parts, and on podcheck's cache format."""
    state = hashlib.sha256()
    for part in (FORMAT, *parts):
        data = part.encode("utf-8", "surrogatepass")
        state.update(f"{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()[:32]


def folder() -> str | None:
    """Where cache files stand, or None if the cache is off."""
    chosen = os.environ.get("PODCHECK_CACHE", "")
    if chosen.lower() in ("off", "0", "no"):
        return None
    if chosen:
        return chosen
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "podcheck")


def read_json(key: str) -> Any:
    """The data kept under a key, or None."""
    where = folder()
    if where is None:
        return None
    try:
        with open(os.path.join(where, key + ".json"), encoding="utf-8") as file:
            return json.load(file)
    except (OSError, ValueError, RecursionError):
        return None


def write_json(key: str, data: Any) -> None:
    """Keep data under a key; other processes see the old file or the whole new one."""
    where = folder()
    if where is None:
        return
    path = os.path.join(where, key + ".json")
    temporary = f"{path}.{os.getpid()}"
    try:
        os.makedirs(where, exist_ok=True)
        with open(temporary, "w", encoding="utf-8") as file:
            json.dump(data, file, separators=(",", ":"))
        os.replace(temporary, path)
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            pass
