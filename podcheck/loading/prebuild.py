"""What a build adds to the package: the parse tables, and the rules and hazards parsed."""

from __future__ import annotations

from podcheck.language import parse_tables
from podcheck.loading.hazards import library_sources
from podcheck.loading.rules import pack_sources, parsed


def prebuilt() -> dict[str, str]:
    """The texts of the files by their names in ``podcheck/prebuilt``."""
    texts = {parse_tables.PREBUILT: parse_tables.prebuilt()}
    for sources in (pack_sources(), library_sources()):
        name, text = parsed(sources)
        texts[name] = text
    return texts
