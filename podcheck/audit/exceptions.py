"""Hazards that somebody has decided to live with: an annotation of a workload, or a config file.

An exception names a hazard and a reason.  In a config file it may name the workloads as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source, Span
from podcheck.manifests.document import read_documents
from podcheck.manifests.tree import Mapping as YamlObject
from podcheck.manifests.tree import Node, Sequence, entry, value_of
from podcheck.manifests.workload import Workload

CONFIG = "podcheck.yaml"
ANNOTATION = "podcheck.dev/ignore"
_FIELDS = ("hazard", "workloads", "reason")


class Exempt(NamedTuple):
    """One hazard that is not reported of the workloads that a pattern matches."""

    hazard: str
    workloads: str
    reason: str

    def covers(self, workload: Workload, hazard: str) -> bool:
        """Is this the hazard, and does the pattern match `KIND/NAME` or `KIND/NAMESPACE/NAME`?"""
        kind, namespace, name = workload.kind, workload.namespace, workload.name
        names = (f"{kind}/{name}", f"{kind}/{namespace}/{name}")
        return hazard == self.hazard and any(fnmatchcase(n, self.workloads) for n in names)


def annotated(
    workload: Workload, known: Iterable[str], diagnostics: Diagnostics
) -> tuple[Exempt, ...]:
    """The exceptions in a workload's annotation: `hazard: reason`, several with semicolons."""
    text = workload.annotations.get(ANNOTATION, "")
    span = workload.declaration.fields.get(("", ANNOTATION), workload.span)
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, _, reason = (p.strip() for p in part.partition(":"))
        if _is_valid(name, reason, _place(name, span), known, diagnostics):
            found.append(Exempt(name, "*", reason))
    return tuple(found)


def _place(name: str, span: Span) -> Span:
    """Where a name stands in a span, which it is part of unless YAML spells it otherwise."""
    at = span.source.text.find(name, span.start, span.end)
    return span if at < 0 else Span(span.source, at, at + len(name))


def _is_valid(
    name: str, reason: str, span: Span, known: Iterable[str], diagnostics: Diagnostics
) -> bool:
    names = tuple(known)
    if name not in names:
        hint = did_you_mean(name, names, "`podcheck audit --list` lists all hazards.")
        diagnostics.add("E127", span, f"There is no hazard `{name}`.", hint)
    elif not reason:
        hint = f"Write `{name}: WHY IT DOES NOT MATTER HERE`."
        diagnostics.add("E128", span, f"Hazard `{name}` is ignored without a reason.", hint)
    return name in names and bool(reason)


def configured(
    source: Source, known: Iterable[str], diagnostics: Diagnostics
) -> tuple[Exempt, ...]:
    """The exceptions in the text of a config file, in order."""
    found: list[Exempt] = []
    for document in read_documents(source, diagnostics):
        diagnostics.found.update(dict.fromkeys(document.faults))
        for key, (span, value) in _entries(document.root).items():
            if key != "ignore" or not isinstance(value, Sequence):
                hint = "Write `ignore:` and below it `- hazard: NAME` with `reason: ...`."
                diagnostics.add("E129", span, f"`{key}` has no meaning here.", hint)
                continue
            for item in value.items:
                exempt = _exempt(item, known, diagnostics)
                if exempt is not None:
                    found.append(exempt)
    return tuple(found)


def _entries(node: Node) -> Mapping[str, tuple[Span, Node]]:
    return node.entries if isinstance(node, YamlObject) else {}


def _exempt(item: Node, known: Iterable[str], diagnostics: Diagnostics) -> Exempt | None:
    wrong = False
    for key, (span, value) in _entries(item).items():
        if key not in _FIELDS:
            hint = did_you_mean(key, _FIELDS, f"One of {', '.join(_FIELDS)}.")
            diagnostics.add("E129", span, f"An exception has no field `{key}`.", hint)
            wrong = True
        elif not isinstance(value_of(value), str):
            diagnostics.add("E129", value.span, f"`{key}` is a text.")
            wrong = True
    hazard = entry(item, "hazard")
    if hazard is None and not wrong:
        diagnostics.add("E129", item.span, "This exception names no hazard.")
    if hazard is None or wrong:
        return None
    name, workloads, reason = (str(value_of(entry(item, f)) or "") for f in _FIELDS)
    if not _is_valid(name, reason, hazard.span, known, diagnostics):
        return None
    return Exempt(name, workloads or "*", reason)
