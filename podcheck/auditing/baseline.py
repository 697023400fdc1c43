"""A baseline: findings that are known already, by file, workload, hazard and container; and input
errors, by file, code and message."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.workload import Workload
from podcheck.results.verdicts import FoundHazard

VERSION = 2


class Fingerprint(NamedTuple):
    """What tells one finding from another, whatever lines it stands in.  ``path`` is relative to
    the baseline's folder; of an input error ``hazard`` is its code, ``name`` its message."""

    path: str
    kind: str
    namespace: str
    name: str
    hazard: str
    container: str


def fingerprint(path: str, workload: Workload, hazard: FoundHazard) -> Fingerprint:
    name = f"{workload.name} ({workload.part})" if workload.part else workload.name
    return Fingerprint(
        path, workload.kind, workload.namespace, name, hazard.name, hazard.container
    )  # fmt: skip


def of_error(path: str, error: Diagnostic) -> Fingerprint:
    """An input error."""
    return Fingerprint(path, "", "", error.message, error.code, "")


def updated(
    known: Iterable[Fingerprint], seen: Iterable[Fingerprint], audited: frozenset[str]
) -> set[Fingerprint]:
    """A baseline after an audit of some files (their paths): what was found in them, and what is
    known of the others."""
    return {*(f for f in known if f.path not in audited), *seen}


def write_baseline(known: Iterable[Fingerprint]) -> str:
    """The text of a baseline, a finding a line."""
    lines = [json.dumps(f._asdict(), ensure_ascii=False) for f in sorted(set(known))]
    listed = ",\n".join(f"    {line}" for line in lines)
    return f'{{\n  "version": {VERSION},\n  "findings": [\n{listed}\n  ]\n}}\n'


def read_baseline(source: Source, diagnostics: Diagnostics) -> frozenset[Fingerprint]:
    """The findings of a baseline; what is none is an error in the diagnostics."""
    hint = "Write it anew: `podcheck audit PATH --write-baseline FILE`."
    try:
        data = json.loads(source.text)
        version = data["version"]
        if version == VERSION:
            return frozenset(Fingerprint(**row) for row in data["findings"])
        message = "This is no baseline: its version is no number."
        if type(version) is int:
            message = f"This baseline has version {version}; this podcheck reads version {VERSION}."
            if version > VERSION:
                hint = "A later podcheck wrote it: install that one, or write the baseline anew."
    except (ValueError, TypeError, LookupError, RecursionError):
        message = "This is no baseline."
    diagnostics.add("E129", source.span(0, 0), message, hint)
    return frozenset()
