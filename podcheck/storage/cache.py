"""A folder of derived data: what can be computed again, kept to start faster.

Files are JSON or bytes, named by a digest of all they depend on.  Nothing here is ever needed:
a cache that is missing, damaged, read-only or switched off (``PODCHECK_CACHE=off``) only costs
time.

What is guaranteed of data that is read: this user wrote it (nobody else owns the file or may
write to it), for this very key, and it is whole.  Against somebody who may write files as this
user there is no defence here; such a one could change podcheck itself.
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from typing import Any

from podcheck.storage import package_data

try:  # the module behind hashlib, which would load OpenSSL first: 3 ms that every run would pay
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

FORMAT = "2"
DIGEST = 32  # characters of a digest
DAY = 86_400  # seconds
KEPT = 30 * DAY
SWEPT = "swept"  # the file whose time says when old files were removed last


def digest(*parts: str | bytes) -> str:
    """A name for data that depends on the parts, and on podcheck's cache format."""
    state = blake2b(digest_size=16)
    for part in (FORMAT, *parts):
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        state.update(f"{len(data)}:".encode())
        state.update(data)
    return state.hexdigest()


def state_of_podcheck() -> str | None:
    """The digest of all that a result depends on besides its input; None: the cache is off."""
    return None if folder() is None else state()


def state() -> str:
    """The digest of all that a result depends on besides its input."""
    stamp = digest("code", *package_data.stamps())
    code = read_json(stamp)
    if not isinstance(code, str):
        code = digest(*package_data.code())
        write_json(stamp, code)
    others = package_data.versions("lark", "z3", "pysat", "yaml", "jinja2")
    return digest(code, *others, str(sys.implementation.cache_tag))


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
        kept = _read_own(os.path.join(where, key + ".json"))
        checksum, _, text = kept.decode("utf-8").partition("\n")
        return json.loads(text) if checksum == digest(key, text) else None
    except (OSError, ValueError, RecursionError):
        return None


def read_bytes(key: str) -> bytes | None:
    """The bytes kept under a key, or None."""
    where = folder()
    if where is None:
        return None
    try:
        kept = _read_own(os.path.join(where, key))
    except OSError:
        return None
    checksum, data = kept[:DIGEST], kept[DIGEST:]
    return data if checksum == digest(key, data).encode() else None


def _read_own(path: str) -> bytes:
    """The bytes of a plain file that nobody but this user may write to."""
    # a pipe that stands there would block, were it opened without O_NONBLOCK
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        state = os.fstat(handle)
        if hasattr(os, "geteuid"):
            foreign = state.st_uid != os.geteuid() or state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            if foreign or not stat.S_ISREG(state.st_mode):
                raise PermissionError(path)
        return os.read(handle, state.st_size)
    finally:
        os.close(handle)


def write_json(key: str, data: Any, **encoding: Any) -> None:
    """Keep data under a key; other processes see the old file or the whole new one.

    ``encoding`` goes to ``json.dumps``.
    """
    where = folder()
    if where is not None:
        text = json.dumps(data, separators=(",", ":"), **encoding)
        _write(where, key, key + ".json", f"{digest(key, text)}\n{text}".encode())


def write_bytes(key: str, data: bytes) -> None:
    """Keep bytes under a key, in the same way."""
    where = folder()
    if where is not None:
        _write(where, key, key, digest(key, data).encode() + data)


def _write(where: str, key: str, name: str, data: bytes) -> None:
    import tempfile  # makes files that are this user's alone; slow to load, and rarely needed

    temporary = ""
    try:
        os.makedirs(where, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=where, prefix=key)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, os.path.join(where, name))
        _sweep(where, time.time())
    except OSError:
        try:
            os.unlink(temporary)
        except OSError:
            pass


def _sweep(where: str, now: float) -> None:
    """Remove files that are older than a month, if that was not done today."""
    marker = os.path.join(where, SWEPT)
    try:
        if now - os.stat(marker).st_mtime < DAY:
            return
    except FileNotFoundError:
        pass
    with open(marker, "wb"):
        os.utime(marker)
    with os.scandir(where) as files_there:
        for file in files_there:
            if file.is_file(follow_symlinks=False) and now - file.stat().st_mtime > KEPT:
                os.unlink(file.path)
