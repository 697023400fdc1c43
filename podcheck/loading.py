"""From a spec file, the files it includes and the manifests it names to its declarations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lark import Token

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node, Tree, parse
from podcheck.language.source import Source
from podcheck.model.spec import PodDeclaration, Spec, build_spec
from podcheck.reading import folder_of, read_source

if TYPE_CHECKING:
    from podcheck.manifests.workload import Manifest

MAX_INCLUDES = 50


def load_spec(path: str, diagnostics: Diagnostics) -> Spec | None:
    """A spec file with its includes, or None if it could not be read at all."""
    source = read_source(path, path, diagnostics)
    if source is None:
        return None
    return spec_of(source, folder_of(path), diagnostics)


def spec_of(source: Source, folder: str | None, diagnostics: Diagnostics) -> Spec:
    """The spec in a text; includes and manifests are looked up in ``folder`` and below it (None:
    refused)."""
    loader = _Loader(folder, diagnostics)
    loader.collect(source, folder or loader.root)
    spec = build_spec(loader.trees, diagnostics, loader.deployed)
    spec.included += [m.source for m in loader.manifests.values() if m is not None]
    return spec


class _Loader:
    """The trees of a file and of those it includes, each file once, and the pods of manifests."""

    def __init__(self, folder: str | None, diagnostics: Diagnostics) -> None:
        self.root = os.path.realpath(folder) if folder is not None else os.devnull
        self.diagnostics = diagnostics
        self.trees: list[Tree] = []
        self.seen: set[str] = set()
        self.manifests: dict[str, Manifest | None] = {}  # None: it can't be used
        self.deployed: dict[Node, PodDeclaration] = {}

    def collect(self, source: Source, folder: str) -> None:
        """Parse a file after the files it includes."""
        tree = parse(source, self.diagnostics)
        for item in tree.items:
            if item.kind == "include":
                self._include(source, folder, item.tokens("STRING")[0])
            elif item.kind == "pod_from":
                self._pod(source, folder, item)
        self.trees.append(tree)

    def _include(self, source: Source, folder: str, token: Token) -> None:
        path = self._path(source, folder, token)
        if path is None or path in self.seen or len(self.seen) >= MAX_INCLUDES:
            return
        self.seen.add(path)
        if self._exists(path, source, token):
            included = read_source(path, _shown(source, token), self.diagnostics)
            if included is not None:
                self.collect(included, os.path.dirname(path))

    def _pod(self, source: Source, folder: str, item: Node) -> None:
        from podcheck.manifests.choosing import choose

        token = item.tokens("STRING")[0]
        path = self._path(source, folder, token)
        manifest = self._manifest(path, source, token) if path is not None else None
        if manifest is None:
            return
        wanted = item.node("workload")
        words = [t for n in (wanted, *wanted.nodes()) for t in n.tokens()] if wanted else [token]
        start, end = words[0].start_pos, words[-1].end_pos
        assert start is not None and end is not None
        names = tuple(unquote(str(t)) for t in words if t.type != "SLASH") if wanted else ()
        span = source.span(start, end)
        workload = choose(manifest, names, span, self.diagnostics)
        if workload is not None:
            self.deployed[item] = workload.declaration

    def _manifest(self, path: str, source: Source, token: Token) -> Manifest | None:
        from podcheck.manifests.reading import read_manifest

        if path not in self.manifests:
            self.manifests[path] = None
            if not self._exists(path, source, token):
                return None
            text = read_source(path, _shown(source, token), self.diagnostics)
            if text is not None:
                self.manifests[path] = read_manifest(text, self.diagnostics)
        return self.manifests[path]

    def _path(self, source: Source, folder: str, token: Token) -> str | None:
        """The file that a name stands for, if it is in the folder of the spec or below it."""
        name = unquote(str(token))
        path = os.path.realpath(os.path.join(folder, name))
        if path.startswith(self.root + os.sep):
            return path
        hint = "Name only files of the same folder or below it."
        self._error(source, token, f"`{name}` is outside of this file's folder.", hint)
        return None

    def _exists(self, path: str, source: Source, token: Token) -> bool:
        if os.path.isfile(path):
            return True
        self._error(source, token, f"There is no file `{unquote(str(token))}`.")
        return False

    def _error(self, source: Source, token: Token, message: str, hint: str = "") -> None:
        assert token.start_pos is not None and token.end_pos is not None
        span = source.span(token.start_pos, token.end_pos)
        self.diagnostics.add("E007", span, message, hint)


def _shown(source: Source, token: Token) -> str:
    """How messages call a file that another one names."""
    return os.path.join(os.path.dirname(source.name), unquote(str(token)))
