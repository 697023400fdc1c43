"""Finds and reads the rule packs that ship with podcheck."""

from __future__ import annotations

import os

from podcheck import files
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import Tree, parse
from podcheck.language.source import Source
from podcheck.model.pack import Pack, build_pack

PACK = "kubernetes"


class BrokenPack(Exception):
    """A rule pack that ships with podcheck has errors; a fault of podcheck, not of the user."""


def pack_sources(name: str = PACK) -> list[Source]:
    """The texts of a pack's files, in the order of their names."""
    folder = files.path("rules", name)
    names = sorted(n for n in os.listdir(folder) if n.endswith(".rules"))
    return [Source(f"{name}/{n}", files.read("rules", name, n)) for n in names]


def load_pack(name: str = PACK) -> Pack:
    """The pack, indexed.  Raises ``BrokenPack`` with every error in its text."""
    diagnostics = Diagnostics()
    trees: list[Tree] = [parse(source, diagnostics) for source in pack_sources(name)]
    pack = build_pack(trees, diagnostics)
    if diagnostics.has_errors:
        lines = [f"{d.span}: {d.code} {d.message} {d.hint}" for d in diagnostics.sorted()]
        raise BrokenPack("\n".join(lines))
    return pack
