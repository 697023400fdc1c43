"""Finds and reads the rule packs that ship with podcheck."""

from __future__ import annotations

from functools import cache as once

from podcheck.declarations.pack import Pack, build_pack
from podcheck.language import tree_json
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import Tree, parse
from podcheck.language.source import Source
from podcheck.storage import cache, package_data

PACK = "kubernetes"


class BrokenPack(Exception):
    """A rule pack that ships with podcheck has errors; a fault of podcheck, not of the user."""


def pack_sources(name: str = PACK) -> list[Source]:
    """The texts of a pack's files, in the order of their names."""
    names = package_data.names(".rules", "rules", name)
    return [Source(f"{name}/{n}", package_data.read("rules", name, n)) for n in names]


@once
def load_pack(name: str = PACK) -> Pack:
    """The pack, indexed; a process loads it once.  Raises ``BrokenPack`` with every error in its
    text."""
    diagnostics = Diagnostics()
    pack = build_pack(trees_of(pack_sources(name), diagnostics), diagnostics)
    if diagnostics.has_errors:
        lines = [f"{d.span}: {d.code} {d.message} {d.hint}" for d in diagnostics.sorted()]
        raise BrokenPack("\n".join(lines))
    return pack


def trees_of(sources: list[Source], diagnostics: Diagnostics) -> list[Tree]:
    """The sources' trees, parsed or as they are kept in the cache."""
    state = cache.state_of_podcheck()
    key = cache.digest("trees", state, *(s.text for s in sources)) if state else ""
    data = cache.read_json(key) if key else None
    if data is not None:
        try:
            return tree_json.thaw(data, sources)
        except (TypeError, ValueError, LookupError):
            pass  # written by something that is not podcheck
    trees = [parse(source, diagnostics) for source in sources]
    if key and not diagnostics.found:
        cache.write_json(key, tree_json.freeze(trees))
    return trees
