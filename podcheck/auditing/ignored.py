"""Findings that somebody has decided to live with: an annotation of a workload, or a config file.

An exception names a hazard, or the code of an input error, and a reason.  In a config file it may
name the workloads and files as well.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable
from collections.abc import Sequence as ListOf
from fnmatch import fnmatchcase
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Span
from podcheck.manifests.kinds import KINDS
from podcheck.manifests.pod_templates import built_in
from podcheck.manifests.tree import Mapping as YamlObject
from podcheck.manifests.tree import Node, Scalar, entry, value_of
from podcheck.manifests.workload import Workload

ANNOTATION = "podcheck.dev/ignore"
WHY = "WHY IT DOES NOT MATTER HERE"
_EXAMPLE = f"Write `- {{hazard: NAME, reason: {WHY}}}`; `podcheck audit --list` lists all hazards."
_GIVE = f"Add `reason: {WHY}`."
_FIELDS = ("hazard", "code", "workloads", "files", "reason")
_TOKEN = re.compile(r"\[!?\]?[^]]*\]|[\s\S]")  # a set of characters, or one character
_CODE = re.compile(r"[EW][0-9]{3}")
_IN_NAMES = string.ascii_letters + string.digits + "-._"


class Exempt(NamedTuple):
    """One hazard, or the code of an input error, that is not reported of the workloads and files
    that patterns match.  ``span`` is where a config file says so (None: an annotation does)."""

    hazard: str
    workloads: str
    reason: str
    files: str = ""
    span: Span | None = None

    def covers(self, workload: Workload, hazard: str, path: str) -> bool:
        """Is this the hazard, and do the patterns match `KIND/NAME` or `KIND/NAMESPACE/NAME`, and
        the path (relative to the config file)?"""
        kind, namespace, name = workload.kind, workload.namespace, workload.name
        names = (f"{kind}/{name}", f"{kind}/{namespace}/{name}")
        meant = hazard == self.hazard and any(fnmatchcase(n, self.workloads) for n in names)
        return meant and self.is_about(path)

    def is_about(self, path: str) -> bool:
        """Does the pattern of files match a path?"""
        return not self.files or fnmatchcase(path, self.files)


def annotated(
    workload: Workload, known: Iterable[str], diagnostics: Diagnostics
) -> tuple[Exempt, ...]:
    """The exceptions in a workload's annotation: `hazard: reason`, several with semicolons."""
    text = workload.annotations.get(ANNOTATION, "")
    span = workload.declaration.fields.get(("", ANNOTATION), workload.span)
    found = []
    for part in filter(None, (p.strip() for p in text.split(";"))):
        name, _, reason = (p.strip() for p in part.partition(":"))
        hint = f"Write `{name}: {WHY}`."
        if _is_valid(name, reason, _place(name, span), known, hint, diagnostics):
            found.append(Exempt(name, "*", reason))
    return tuple(found)


def _place(name: str, span: Span) -> Span:
    """Where a name stands in a span, which it is part of unless YAML spells it otherwise."""
    at = span.source.text.find(name, span.start, span.end)
    return span if at < 0 else Span(span.source, at, at + len(name))


def _is_valid(
    name: str, reason: str, span: Span, known: Iterable[str], give: str, diagnostics: Diagnostics
) -> bool:
    """Is there such a hazard, and a reason?  ``give`` says how a reason is given here."""
    names = tuple(known)
    if name not in names:
        hint = did_you_mean(name, names, "`podcheck audit --list` lists all hazards.")
        diagnostics.add("E127", span, f"There is no hazard `{name}`.", hint)
    elif not reason:
        diagnostics.add("E128", span, f"Hazard `{name}` is ignored without a reason.", give)
    return name in names and bool(reason)


def exemption(
    item: Node, known: Iterable[str], kinds: frozenset[str], diagnostics: Diagnostics
) -> Exempt | None:
    """An item of `ignore` in a config file: a hazard of workloads, or an input error of files;
    ``kinds`` are those of workloads that the file adds.  None: it is wrong."""
    before = len(diagnostics.found)
    known = tuple(known)
    entries = item.entries if isinstance(item, YamlObject) else {}
    for key, (span, value) in entries.items():
        if key not in _FIELDS:
            hint = did_you_mean(key, _FIELDS, f"One of {', '.join(_FIELDS)}.")
            diagnostics.add("E129", span, f"An exception has no field `{key}`.", hint)
        elif not isinstance(value_of(value), str):
            hint = "Write a text; put it in quotes if it looks like a number."
            diagnostics.add("E129", value.span, f"`{key}` is a text.", hint)
    hazard, code = entry(item, "hazard"), entry(item, "code")
    if len(diagnostics.found) > before:
        return None
    if (hazard is None) == (code is None):
        message, hint = "This exception names no hazard.", _EXAMPLE
        if isinstance(item, Scalar) and item.value in known:
            hint = f"Write `- {{hazard: {item.value}, reason: {WHY}}}`."
        if hazard is not None:
            message = "An exception names a hazard or a code, not both."
            hint = "Make two exceptions of it."
        diagnostics.add("E129", item.span, message, hint)
        return None
    named = entry(item, "workloads")
    name, reason, files = (
        str(value_of(entry(item, f)) or "") for f in ("hazard", "reason", "files")
    )
    workloads = "*" if named is None else str(value_of(named))
    if hazard is not None:
        _is_valid(name, reason, hazard.span, known, _GIVE, diagnostics)
    elif code is not None:
        name = str(value_of(code))
        _check_code(name, reason, code.span, diagnostics)
    if named is not None and code is not None:
        message = "An input error has no workload."
        diagnostics.add("E129", named.span, message, "Write `files:` with a pattern of paths.")
    elif named is not None and not can_match(workloads, (*KINDS, *_other_kinds(), *kinds)):
        message = f"No workload can match `{workloads}`."
        hint = "Write a pattern for KIND/NAME or KIND/NAMESPACE/NAME, such as `Deployment/web-*`."
        diagnostics.add("E129", named.span, message, hint)
    if len(diagnostics.found) > before:
        return None
    return Exempt(name, workloads, reason, files, item.span)


def _check_code(code: str, reason: str, span: Span, diagnostics: Diagnostics) -> None:
    if not _CODE.fullmatch(code):
        hint = "A code is a letter and three digits, as in `error[E330]`."
        diagnostics.add("E129", span, f"There is no code `{code}`.", hint)
    elif not reason:
        diagnostics.add("E128", span, f"`{code}` is ignored without a reason.", _GIVE)


def _other_kinds() -> tuple[str, ...]:
    """The kinds of other projects, as workloads are called."""
    return tuple(f"{r.kind}.{r.group}" if r.kind in KINDS else r.kind for r in built_in())


def can_match(pattern: str, kinds: Iterable[str] = tuple(KINDS)) -> bool:
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

    for kind in kinds:
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
