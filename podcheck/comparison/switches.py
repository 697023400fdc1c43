"""Where the text of the rules asks for a release or a gate, and which of these questions two
releases answer differently."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from podcheck.declarations.pack import Pack
from podcheck.declarations.releases import Release, reaches, release_named
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node, Tree
from podcheck.language.source import Source
from podcheck.results.differences import Differing


class Switch(NamedTuple):
    """A rule or gate that two releases have otherwise: what is asked for in it, and what a spec
    has to set so that one release has it as the other one: ``gates`` are those of the newer
    one."""

    asked: tuple[Differing, ...]
    gates: Mapping[str, bool]
    otherwise: frozenset[tuple[str, int]]


def switches(pack: Pack, trees: Iterable[Tree], old: Release, new: Release) -> list[Switch]:
    """What two releases have otherwise: gates, then rules in the order of the text."""
    found = [
        Switch(
            (Differing(name, f"gate {name}", str(pack.gate_places[name].span())),),
            {name: _on(pack, name, new)},
            frozenset(),
        )
        for name in pack.gates
        if _on(pack, name, old) != _on(pack, name, new)
    ]
    for tree in trees:
        for item in tree.items:
            rules: dict[str, list[tuple[Differing, tuple[str, int]]]] = {}
            for node in _asking(item):
                since = release_named(node.nodes("release")[0])
                if reaches(old, since) != reaches(new, since):
                    name = _named(item, node, tree.source)
                    place = str(tree.source.span(node.start, node.end))
                    asked = Differing(name, tree.source.text[node.start : node.end], place)
                    rules.setdefault(name, []).append((asked, (tree.source.name, node.start)))
            for rows in rules.values():
                where = frozenset(at for _, at in rows)
                found.append(Switch(tuple(asked for asked, _ in rows), {}, where))
    return found


def _on(pack: Pack, name: str, release: Release) -> bool:
    stages = [on for since, on in pack.gates[name] if reaches(release, since)]
    return bool(stages) and stages[-1]


def _asking(node: Node) -> Iterator[Node]:
    for child in node.nodes():
        if child.kind == "since":
            yield child
        else:
            yield from _asking(child)


def _named(item: Node, asking: Node, source: Source) -> str:
    """What asks: the line of a list by the list and its name, or the declaration."""
    words = " ".join(source.text[item.start : item.end].split("\n", 1)[0].split())
    head = words.partition("=")[0].partition("(")[0].strip()
    if item.kind == "state":
        return head.partition("{")[0].strip()
    for line in item.nodes():
        named = line.tokens("STRING")
        if named and line.start <= asking.start < line.end:
            return f"{head.partition(':')[0].split()[1]}: {unquote(str(named[0]))}"
    if item.kind in ("define", "decide", "next"):
        return head.partition(":")[0].split()[1]
    return head
