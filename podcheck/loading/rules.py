"""Finds and reads the rule packs that ship with podcheck."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache as once

from podcheck.declarations.overrides import overridden
from podcheck.declarations.pack import Pack, build_pack
from podcheck.language import tree_json
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import Node, Tree, parse
from podcheck.language.source import Source
from podcheck.storage import cache, package_data, prebuilt

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


def changed_pack(source: Source, diagnostics: Diagnostics) -> Pack:
    """The pack with the changes that a text makes; errors go to ``diagnostics``.

    A declaration takes the place of the pack's of the same kind, name and containers, an
    overriding rule that of one line.
    """
    tree = parse(source, diagnostics)
    changes = [item for item in tree.items if item.kind != "override"]
    replaced = {_head(item, source) for item in changes}
    trees = [
        replace(t, items=tuple(i for i in t.items if _head(i, t.source) not in replaced))
        for t in trees_of(pack_sources(), Diagnostics())
    ]
    pack = build_pack([*trees, replace(tree, items=tuple(changes))], diagnostics)
    overrides = [(source, item) for item in tree.items if item.kind == "override"]
    return overridden(pack, overrides, diagnostics)


def _head(item: Node, source: Source) -> str:
    """What a declaration declares: its text up to its body."""
    text = " ".join(source.text[item.start : item.end].split())
    return re.split(r" = | *: *|\s*\{", text, maxsplit=1)[0]


def trees_of(sources: list[Source], diagnostics: Diagnostics) -> list[Tree]:
    """The sources' trees: as the package carries them, as they are cached, or parsed now."""
    if (carried := _carried(sources)) is not None:
        return carried
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


# ---- what the package carries ------------------------------------------------------------------

# The modules that make trees of texts
_READERS = ("lexer.py", "parser.py", "syntax_errors.py", "table_cells.py", "tree_json.py")


def parsed(sources: list[Source]) -> tuple[str, str]:
    """The name and the text of the file with the trees of the sources that the wheel carries."""
    diagnostics = Diagnostics()
    trees = [parse(source, diagnostics) for source in sources]
    if diagnostics.found:
        raise BrokenPack("\n".join(f"{d.span}: {d.message}" for d in diagnostics.sorted()))
    return _file_of(sources), prebuilt.written(_key(sources), tree_json.freeze(trees))


def _carried(sources: list[Source]) -> list[Tree] | None:
    if not prebuilt.is_there():
        return None
    data = prebuilt.read(_file_of(sources), _key(sources))
    return None if data is None else tree_json.thaw(data, sources)


def _file_of(sources: list[Source]) -> str:
    return f"{sources[0].name.split('/')[0]}.json"


def _key(sources: list[Source]) -> str:
    readers = [package_data.read("language", name) for name in _READERS]
    grammar = package_data.read("grammar", "podcheck.lark")
    texts = [part for source in sources for part in (source.name, source.text)]
    return cache.digest("carried trees", grammar, *readers, *texts)
