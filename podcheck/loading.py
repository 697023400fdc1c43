"""From a spec file and the files it includes to its declarations."""

from __future__ import annotations

import os

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote
from podcheck.language.parser import Tree, parse
from podcheck.language.source import Source
from podcheck.model.spec import Spec, build_spec
from podcheck.reading import folder_of, read_source

MAX_INCLUDES = 50


def load_spec(path: str, diagnostics: Diagnostics) -> Spec | None:
    """A spec file with its includes, or None if it could not be read at all."""
    source = read_source(path, path, diagnostics)
    if source is None:
        return None
    return spec_of(source, folder_of(path), diagnostics)


def spec_of(source: Source, folder: str | None, diagnostics: Diagnostics) -> Spec:
    """The spec in a text; includes are looked up in ``folder`` and below it (None: refused)."""
    trees: list[Tree] = []
    root = os.path.realpath(folder) if folder is not None else os.devnull
    _collect(source, root, folder or root, diagnostics, trees, set())
    return build_spec(trees, diagnostics)


def _collect(
    source: Source,
    root: str,
    folder: str,
    diagnostics: Diagnostics,
    trees: list[Tree],
    seen: set[str],
) -> None:
    """Parse a file after the files it includes; each file once."""
    tree = parse(source, diagnostics)
    for item in tree.items:
        if item.kind != "include":
            continue
        token = item.tokens("STRING")[0]
        assert token.start_pos is not None and token.end_pos is not None
        span = source.span(token.start_pos, token.end_pos)
        name = unquote(str(token))
        path = os.path.realpath(os.path.join(folder, name))
        if not path.startswith(root + os.sep):
            message = f"`{name}` is outside of this file's folder."
            hint = "Include only files of the same folder or below it."
            diagnostics.add("E007", span, message, hint)
            continue
        if path in seen or len(seen) >= MAX_INCLUDES:
            continue
        seen.add(path)
        if not os.path.isfile(path):
            diagnostics.add("E007", span, f"There is no file `{name}`.")
            continue
        shown = os.path.join(os.path.dirname(source.name), name)
        included = read_source(path, shown, diagnostics)
        if included is not None:
            _collect(included, root, os.path.dirname(path), diagnostics, trees, seen)
    trees.append(tree)
