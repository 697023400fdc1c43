"""Hazards that somebody has decided to live with: an annotation of a workload, or a config file.

An exception names a hazard and a reason.  In a config file it may name the workloads as well.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Mapping
from collections.abc import Sequence as ListOf
from fnmatch import fnmatchcase
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source, Span
from podcheck.manifests.document import read_documents
from podcheck.manifests.kinds import KINDS
from podcheck.manifests.tree import Mapping as YamlObject
from podcheck.manifests.tree import Node, Sequence, entry, value_of
from podcheck.manifests.workload import Workload

CONFIG = "podcheck.yaml"
ANNOTATION = "podcheck.dev/ignore"
_FIELDS = ("hazard", "workloads", "reason")
_TOKEN = re.compile(r"\[!?\]?[^]]*\]|[\s\S]")  # a set of characters, or one character
_IN_NAMES = string.ascii_letters + string.digits + "-._"


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
                diagnostics.add("E129", span, f"`{key}` is not a key of this file.", hint)
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
    named = entry(item, "workloads")
    name, reason = (str(value_of(entry(item, f)) or "") for f in ("hazard", "reason"))
    workloads = "*" if named is None else str(value_of(named))
    valid = _is_valid(name, reason, hazard.span, known, diagnostics)
    if named is not None and not can_match(workloads):
        message = f"No workload can match `{workloads}`."
        hint = "Write a pattern for KIND/NAME or KIND/NAMESPACE/NAME, such as `Deployment/web-*`."
        diagnostics.add("E129", named.span, message, hint)
        valid = False
    return Exempt(name, workloads, reason) if valid else None


def can_match(pattern: str) -> bool:
    """Is there a kind of workload, and a name with or without a namespace, that it matches?"""
    tokens = tuple(_TOKEN.findall(pattern))

    def after(places: frozenset[int], characters: str) -> frozenset[int]:
        """Where in the pattern a match may be after one more of the characters."""
        found = set()
        for place in (p for p in places if p < len(tokens)):
            if tokens[place] == "*":
                found.add(place)
            elif any(fnmatchcase(c, tokens[place]) for c in characters):
                found.add(place + 1)
        return _past_stars(found, tokens)

    def after_name(places: frozenset[int]) -> frozenset[int]:
        found = new = after(places, _IN_NAMES)
        while not found >= (new := after(new, _IN_NAMES)):
            found |= new
        return found

    for kind in KINDS:
        places = _past_stars({0}, tokens)
        for character in f"{kind}/":
            places = after(places, character)
        name = after_name(places)  # or a namespace, which may be empty
        if len(tokens) in name | after_name(after(name | places, "/")):
            return True
    return False


def _past_stars(places: Iterable[int], tokens: ListOf[str]) -> frozenset[int]:
    """Places, and those behind stars there, which match nothing too."""
    found = set()
    for place in places:
        found.add(place)
        while place < len(tokens) and tokens[place] == "*":
            place += 1
            found.add(place)
    return frozenset(found)
