"""Certificates on disk, read; and the specs that they may be about."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from podcheck.certificate.folder import MANIFEST
from podcheck.export.exporter import folder_for

LARGEST = 100_000_000  # bytes of a file; a list of 20,000 states has some millions


class Stray(NamedTuple):
    """Something in the folder that is no file of a certificate, and why."""

    path: str
    reason: str


def read(folder: str) -> tuple[dict[str, dict[str, str]], list[Stray]]:
    """For each folder with a manifest its files' texts by path, and what else there is.

    What is not UTF-8 stays in a text as lone surrogates, which no certificate has.
    """
    found: dict[str, dict[str, str]] = {}
    strays: list[Stray] = []
    for path, names in _folders(folder, strays):
        if MANIFEST in names:
            found[path] = {}
        home = next((f for f in found if path == f or path.startswith(f + os.sep)), None)
        for name in names:
            whole = os.path.join(path, name)
            if home is None:
                strays.append(Stray(whole, "this file belongs to no certificate"))
                continue
            try:
                text = _text(whole)
            except OSError as error:
                strays.append(Stray(whole, f"this file can't be read: {error.strerror or error}"))
                continue
            found[home][os.path.relpath(whole, home).replace(os.sep, "/")] = text
    return found, strays


def _folders(folder: str, strays: list[Stray]) -> Iterator[tuple[str, list[str]]]:
    """A folder and those below it, each with the names of the files in it, in order."""

    def unread(error: OSError) -> None:
        strays.append(Stray(str(error.filename), f"this folder can't be read: {error.strerror}"))

    for path, folders, names in os.walk(folder, onerror=unread):
        folders.sort()
        for name in folders:
            whole = os.path.join(path, name)
            if os.path.islink(whole):  # not followed: it may lead anywhere, or back
                strays.append(Stray(whole, "this link to a folder belongs to no certificate"))
        yield path, sorted(names)


def _text(path: str) -> str:
    """The text of a plain file; raises ``OSError``, of anything else too."""
    # a pipe would block if it were opened without O_NONBLOCK
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with open(handle, encoding="utf-8", errors="surrogateescape", newline="") as file:
        state = os.fstat(handle)
        if not stat.S_ISREG(state.st_mode):
            raise OSError("it is not a regular file")
        if state.st_size > LARGEST:
            raise OSError(f"it is larger than {LARGEST // 1_000_000} MB")
        return file.read()


class Trusted:
    """The specs that the certificates in a folder may be about.

    Those that the user names, and no others; if none is named, those in the current folder or in
    the folder that holds the certificates, and below them.  A certificate chooses its spec itself,
    so one from somebody else could be about any claim on this machine.
    """

    def __init__(self, folder: str, named: tuple[str, ...]) -> None:
        self._named = {os.path.realpath(path): path for path in named}
        self._met: set[str] = set()
        beside = os.path.dirname(os.path.realpath(folder))
        self._roots = [os.path.join(root, "") for root in (os.path.realpath(os.curdir), beside)]

    def objection(self, home: str, path: str) -> str:
        """Why certificates in ``home`` must not be about the spec of a path; empty: they may."""
        folder = os.path.join(os.sep, folder_for(path), "")
        if not os.path.join(os.path.abspath(home), "").endswith(folder):
            return f"they are about {path}, and so should be in a folder {folder_for(path)}"
        try:
            real = os.path.realpath(path)
        except ValueError:  # no file has such a path
            return f"the spec {path} is not here"
        if self._named and real not in self._named:
            return f"they are about {path}, which is not the spec that you name"
        if not self._named and not any(real.startswith(root) for root in self._roots):
            return f"they are about {path}, outside of the current folder: --spec allows that"
        self._met.add(real)
        return ""

    def missing(self) -> list[str]:
        """The specs that were named, and that no certificate is about."""
        return [path for real, path in self._named.items() if real not in self._met]
