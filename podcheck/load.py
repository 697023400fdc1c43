"""Reading spec files: sizes, encodings, includes.  The only module that opens a user's file."""

from __future__ import annotations

import os
from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.lexer import unquote
from podcheck.language.parser import MAX_BYTES, Tree, parse
from podcheck.language.source import Source
from podcheck.model.spec import Spec, build_spec

MAX_INCLUDES = 50


def find_specs(paths: tuple[str, ...]) -> Iterator[tuple[str, bool]]:
    """Every ``.pod`` file that files and folders name, in order, once; False: no such path."""
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            found = sorted(
                os.path.join(folder, name)
                for folder, folders, names in os.walk(path)
                for name in names
                if name.endswith(".pod")
            )
            for name in found:
                if os.path.realpath(name) not in seen:
                    seen.add(os.path.realpath(name))
                    yield name, True
        else:
            exists = os.path.exists(path)
            if not exists or os.path.realpath(path) not in seen:
                seen.add(os.path.realpath(path))
                yield path, exists


def read_source(path: str, shown: str, diagnostics: Diagnostics) -> Source | None:
    """A file's text, or None if it can't be used (the reason is in the diagnostics)."""
    empty = Source(shown, "")
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        message = f"This file can't be read: {error.strerror or error}."
        diagnostics.add("E006", empty.span(0, 0), message)
        return None
    if len(data) > MAX_BYTES:
        message = f"This file is larger than {MAX_BYTES:,} bytes."
        diagnostics.add("E401", empty.span(0, 0), message, "Split it into several files.")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        source = Source(shown, data.decode("utf-8", "replace"))
        offset = len(data[: error.start].decode("utf-8", "replace"))
        message = f"This is not UTF-8: byte 0x{data[error.start]:02x}."
        hint = "Save the file in the encoding UTF-8."
        diagnostics.add("E005", source.span(offset, offset + 1), message, hint)
        return None
    return Source(shown, text.replace("\r\n", "\n"))


def load_spec(path: str, diagnostics: Diagnostics) -> Spec | None:
    """A spec file with its includes, or None if it could not be read at all."""
    source = read_source(path, path, diagnostics)
    if source is None:
        return None
    return spec_of(source, os.path.dirname(os.path.abspath(path)), diagnostics)


def spec_of(source: Source, folder: str, diagnostics: Diagnostics) -> Spec:
    """The spec in a text; includes are looked up in ``folder`` and below it."""
    trees: list[Tree] = []
    _collect(source, os.path.realpath(folder), folder, diagnostics, trees, set())
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
