"""Certificates on disk, read: the folder of each spec, with its files as texts."""

from __future__ import annotations

import os

import click

from podcheck.certificate.folder import MANIFEST


def read(folder: str) -> tuple[dict[str, dict[str, str]], list[str]]:
    """For each folder with a manifest its files' texts by path, and the files beside those.

    What is not UTF-8 is kept as lone surrogates, which no certificate has.
    """
    found: dict[str, dict[str, str]] = {}
    strays: list[str] = []
    for path, folders, names in os.walk(folder):
        folders.sort()
        if MANIFEST in names:
            found[path] = {}
        home = next((f for f in found if path == f or path.startswith(f + os.sep)), None)
        for name in sorted(names):
            whole = os.path.join(path, name)
            if home is None:
                strays.append(whole)
            else:
                short = os.path.relpath(whole, home).replace(os.sep, "/")
                found[home][short] = _text(whole)
    return found, strays


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as file:
            return file.read()
    except OSError as error:
        raise click.ClickException(f"`{path}` can't be read: {error.strerror or error}.") from error
