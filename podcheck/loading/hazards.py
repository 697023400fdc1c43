"""Finds and reads the library of hazards that ships with podcheck."""

from __future__ import annotations

from podcheck.declarations.hazard import Hazard, build_hazards
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import trees_of
from podcheck.storage import package_data


class BrokenLibrary(Exception):
    """The library of hazards that ships has errors; a fault of podcheck, not of the user."""


def library_sources() -> list[Source]:
    """The texts of the library, in the order of their names."""
    names = package_data.names(".pod", "hazards")
    return [Source(f"hazards/{n}", package_data.read("hazards", n)) for n in names]


def load_hazards() -> tuple[Hazard, ...]:
    """The hazards in the order of the text.  Raises ``BrokenLibrary`` with every error."""
    diagnostics = Diagnostics()
    hazards = build_hazards(trees_of(library_sources(), diagnostics), diagnostics)
    if diagnostics.has_errors:
        lines = [f"{d.span}: {d.code} {d.message} {d.hint}" for d in diagnostics.sorted()]
        raise BrokenLibrary("\n".join(lines))
    return hazards
