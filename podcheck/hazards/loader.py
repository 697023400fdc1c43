"""Finds and reads the library of hazards that ships with podcheck."""

from __future__ import annotations

import os

from podcheck import files
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.model.hazards import Hazard, build_hazards


class BrokenLibrary(Exception):
    """The library of hazards that ships has errors; a fault of podcheck, not of the user."""


def library_sources() -> list[Source]:
    """The texts of the library, in the order of their names."""
    folder = files.path("hazards")
    names = sorted(n for n in os.listdir(folder) if n.endswith(".pod"))
    return [Source(f"hazards/{n}", files.read("hazards", n)) for n in names]


def load_hazards() -> tuple[Hazard, ...]:
    """The hazards in the order of the text.  Raises ``BrokenLibrary`` with every error."""
    diagnostics = Diagnostics()
    trees = [parse(source, diagnostics) for source in library_sources()]
    hazards = build_hazards(trees, diagnostics)
    if diagnostics.has_errors:
        lines = [f"{d.span}: {d.code} {d.message} {d.hint}" for d in diagnostics.sorted()]
        raise BrokenLibrary("\n".join(lines))
    return hazards
