"""A baseline: findings that are known already, by workload, hazard and container."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.workload import Workload
from podcheck.results.verdicts import FoundHazard

VERSION = 1


class Fingerprint(NamedTuple):
    """What tells one finding from another, whatever lines it stands in."""

    kind: str
    namespace: str
    name: str
    hazard: str
    container: str


def fingerprint(workload: Workload, hazard: FoundHazard) -> Fingerprint:
    return Fingerprint(
        workload.kind, workload.namespace, workload.name, hazard.name, hazard.container
    )


def write_baseline(known: Iterable[Fingerprint]) -> str:
    """The text of a baseline, a finding a line."""
    lines = [json.dumps(f._asdict(), ensure_ascii=False) for f in sorted(set(known))]
    listed = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "version": {VERSION},\n  "findings": [\n{listed}\n  ]\n}}\n'


def read_baseline(source: Source, diagnostics: Diagnostics) -> frozenset[Fingerprint]:
    """The findings of a baseline; what is none is an error in the diagnostics."""
    try:
        data = json.loads(source.text)
        if data["version"] == VERSION:
            return frozenset(Fingerprint(**row) for row in data["findings"])
        message = "This baseline is of another version of podcheck."
    except (ValueError, TypeError, LookupError, RecursionError):
        message = "This is no baseline."
    hint = "Write one: `podcheck audit PATH --write-baseline FILE`."
    diagnostics.add("E129", source.span(0, 0), message, hint)
    return frozenset()
