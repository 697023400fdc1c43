"""From a spec file, the files it includes and the manifests it names to its declarations."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lark import Token

from podcheck.declarations.spec import PodDeclaration, Spec, build_spec
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote, written
from podcheck.language.parser import Node, Tree, parse
from podcheck.language.source import Source
from podcheck.loading.sources import MANIFESTS, Files, Folder, folder_of

if TYPE_CHECKING:
    from podcheck.manifests.workload import Manifest

MAX_INCLUDES = 50


def load_spec(path: str, diagnostics: Diagnostics, files: Files | None = None) -> Spec | None:
    """A spec file with its includes, or None if it could not be read at all; ``files`` are those
    of the run."""
    files = files or Files()
    source = files.source(path, path, diagnostics)
    if source is None:
        return None
    return spec_of(source, Folder(folder_of(source.path), files), diagnostics)


def load_pods(path: str, diagnostics: Diagnostics, files: Files) -> Spec | None:
    """A spec file, or the pods of a manifest; None if the file could not be read at all."""
    load = pods_of_manifest if path.endswith(MANIFESTS) else load_spec
    return load(path, diagnostics, files)


def pods_of_manifest(path: str, diagnostics: Diagnostics, files: Files) -> Spec | None:
    """A spec that has each pod of a manifest under its kind and name, ``Deployment/web``, and no
    claims; None if the file could not be read at all."""
    from podcheck.manifests.reader import read_manifest
    from podcheck.manifests.selection import path_of

    found = files.source(path, path, diagnostics)
    if found is None:
        return None
    file = _text(os.path.basename(found.path))
    named = {
        "/".join(part for part in (w.kind, w.namespace, w.name) if part): path_of(w)
        for w in read_manifest(found, Diagnostics()).workloads
    }
    lines = [f"pod {written(name)} from {file} {place}" for name, place in named.items()]
    text = "\n".join(lines or [f'pod "pod" from {file}']) + "\n"
    source = Source(path, text)
    return spec_of(source, Folder(folder_of(found.path), files), diagnostics)


def _text(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def spec_of(source: Source, folder: Folder | None, diagnostics: Diagnostics) -> Spec:
    """The spec in a text; includes and manifests are looked up in ``folder`` and below it (None:
    refused)."""
    loader = _Loader(folder, diagnostics)
    loader.collect(source, loader.root)
    spec = build_spec(loader.trees, diagnostics, loader.deployed)
    spec.included += [m.source for m in loader.manifests.values()]
    spec.included += loader.again
    return spec


class _Loader:
    """The trees of a file and of those it includes, each file once, and the pods of manifests.

    Files are distinguished by their real paths.  ``again`` has a file once more for every further
    path that led to it: where each path leads is a part of what the spec says.
    """

    def __init__(self, folder: Folder | None, diagnostics: Diagnostics) -> None:
        self.root = folder.path if folder is not None else os.devnull
        self.files = folder.files if folder is not None else Files()
        self.diagnostics = diagnostics
        self.trees: list[Tree] = []
        self.included: set[str] = set()
        self.manifests: dict[str, Manifest] = {}
        self.paths: dict[str, set[str]] = {}  # of each file
        self.again: list[Source] = []
        self.deployed: dict[Node, PodDeclaration] = {}

    def collect(self, source: Source, folder: str) -> None:
        """Parse a file after the files it includes."""
        tree = parse(source, self.diagnostics)
        for item in tree.items:
            if item.kind == "include":
                self._include(source, folder, item.tokens("STRING")[0])
            elif item.kind in ("pod_from", "job_from"):
                self._pod(source, folder, item)
        self.trees.append(tree)

    def _include(self, source: Source, folder: str, token: Token) -> None:
        found = self._file(source, folder, token)
        if found is None or found.real in self.included:
            return
        if len(self.included) >= MAX_INCLUDES:
            message = f"A spec may include no more than {MAX_INCLUDES} files."
            self._error(source, token, message, "Put several of them into one.", "E401")
            return
        self.included.add(found.real)
        self.collect(found, os.path.dirname(found.real))

    def _pod(self, source: Source, folder: str, item: Node) -> None:
        from podcheck.manifests.selection import choose, path_of

        token = item.tokens("STRING")[0]
        found = self._file(source, folder, token)
        manifest = self._manifest(found) if found is not None else None
        if manifest is None:
            return
        wanted = item.node("workload")
        words = [t for n in (wanted, *wanted.nodes()) for t in n.tokens()] if wanted else [token]
        start, end = words[0].start_pos, words[-1].end_pos
        assert start is not None and end is not None
        names = tuple(unquote(str(t)) for t in words if t.type != "SLASH") if wanted else ()
        span = source.span(start, end)
        workload = choose(manifest, names, span, self.diagnostics)
        if workload is None:
            return
        if item.kind == "job_from" and workload.kind not in ("Job", "CronJob"):
            hint = "Write `pod NAME from ...` for the pods of other kinds."
            message = f"`{path_of(workload)}` is not a Job or CronJob."
            self._error(source, token, message, hint, "E337")
            return
        self.deployed[item] = workload.declaration

    def _manifest(self, found: Source) -> Manifest | None:
        from podcheck.manifests.reader import read_manifest

        if found.real not in self.manifests:
            self.manifests[found.real] = read_manifest(found, self.diagnostics)
        return self.manifests[found.real]

    def _file(self, source: Source, folder: str, token: Token) -> Source | None:
        """The text that a name stands for, if its file is in the folder of the spec or below it;
        None, with an error, if there is none."""
        name = unquote(str(token))
        path = os.path.join(folder, name)
        real = self.files.real(path)
        if not real.startswith(self.root + os.sep):
            hint = "Name only files of the same folder or below it."
            self._error(source, token, f"`{name}` is outside of this file's folder.", hint)
            return None
        if not self.files.has(real):
            self._error(source, token, f"There is no file `{name}`.")
            return None
        shown = os.path.join(os.path.dirname(source.name), name)
        found = self.files.source(path, shown, self.diagnostics)
        if found is not None:
            known = self.paths.setdefault(real, {path})
            if path not in known:
                known.add(path)
                self.again.append(found)
        return found

    def _error(
        self, source: Source, token: Token, message: str, hint: str = "", code: str = "E007"
    ) -> None:
        assert token.start_pos is not None and token.end_pos is not None
        span = source.span(token.start_pos, token.end_pos)
        self.diagnostics.add(code, span, message, hint)
