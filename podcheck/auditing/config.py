"""podcheck.yaml: findings to ignore, files to leave out, and where other kinds have their pods.

A file holds for its folder and all below.  Of a manifest those of all folders above it count.
``config.schema.json`` beside this module is its published schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from podcheck.auditing.ignored import Exempt, exemption
from podcheck.declarations.pod import POLICIES
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source, Span
from podcheck.manifests.document import read_documents
from podcheck.manifests.pod_templates import LIKE, PodTemplate
from podcheck.manifests.tree import Mapping as YamlObject
from podcheck.manifests.tree import Node, Scalar, Sequence, entry, value_of

KEYS = ("ignore", "exclude", "podTemplates")
_LISTED = " and ".join(f"`{key}:`" for key in KEYS).replace(" and ", ", ", len(KEYS) - 2)
_TEMPLATE = ("kind", "group", "template", "like", "restartPolicy")
_EXAMPLE = "{kind: App, group: example.org, template: spec.template}"
_IGNORE = "Write `ignore:` and below it `- {hazard: NAME, reason: WHY}`."


class Config(NamedTuple):
    """What a podcheck.yaml says."""

    source: Source
    ignore: tuple[Exempt, ...] = ()
    exclude: tuple[str, ...] = ()
    pod_templates: tuple[PodTemplate, ...] = ()


def read_config(source: Source, hazards: Iterable[str], diagnostics: Diagnostics) -> Config:
    """The config in a text; ``hazards`` are the names of all hazards.  What is wrong is an error
    in the diagnostics."""
    known = tuple(hazards)
    documents = list(read_documents(source, diagnostics))
    config = Config(source)
    for document in documents:  # kinds first: patterns of workloads may name them
        diagnostics.found.update(dict.fromkeys(document.faults))
        if isinstance(document.root, Scalar) and document.root.value is None:
            continue
        if not isinstance(document.root, YamlObject):
            is_list = isinstance(document.root, Sequence)
            message = f"This is a {'list' if is_list else 'text'}, not an object with {_LISTED}."
            hint = "Put `ignore:` above the list." if is_list else _IGNORE
            _wrong(document.root, message, diagnostics, hint)
            continue
        entries = document.root.entries
        for key, (span, _) in entries.items():
            if key not in KEYS:
                hint = did_you_mean(key, KEYS, f"The keys are {_LISTED}.")
                diagnostics.add("E129", span, f"`{key}` is not a key of this file.", hint)
        templates = [_template(n, diagnostics) for n in _list(entries, "podTemplates", diagnostics)]
        rows = (*config.pod_templates, *(t for t in templates if t is not None))
        kinds = frozenset(row.kind for row in rows)
        listed = _list(entries, "ignore", diagnostics)
        found = [exemption(item, known, kinds, diagnostics) for item in listed]
        globs = [
            _text(item, "exclude", diagnostics) for item in _list(entries, "exclude", diagnostics)
        ]
        config = config._replace(
            ignore=(*config.ignore, *(e for e in found if e is not None)),
            exclude=(*config.exclude, *filter(None, globs)),
            pod_templates=rows,
        )
    return config


def _list(
    entries: dict[str, tuple[Span, Node]], key: str, diagnostics: Diagnostics
) -> tuple[Node, ...]:
    if key not in entries:
        return ()
    node = entries[key][1]
    if isinstance(node, Sequence):
        return node.items
    if not (isinstance(node, Scalar) and node.value is None):
        _wrong(node, f"`{key}` is a list.", diagnostics, "Begin each item with `- `.")
    return ()


def _template(node: Node, diagnostics: Diagnostics) -> PodTemplate | None:
    """A row of `podTemplates`."""
    if not isinstance(node, YamlObject):
        message = "An item of `podTemplates` is an object."
        _wrong(node, message, diagnostics, f"Write `- {_EXAMPLE}`.")
        return None
    before = len(diagnostics.found)
    for key, (span, _) in node.entries.items():
        if key not in _TEMPLATE:
            hint = did_you_mean(key, _TEMPLATE, f"One of {', '.join(_TEMPLATE)}.")
            diagnostics.add("E129", span, f"A pod template has no field `{key}`.", hint)
    found = {}
    for key in _TEMPLATE:
        value = entry(node, key)
        found[key] = "" if value is None else _text(value, key, diagnostics)
        if not found[key] and key in ("kind", "group", "template") and value is None:
            hint = f"Add `{key}: ...`, as in `{_EXAMPLE}`."
            _wrong(node, f"This pod template has no `{key}`.", diagnostics, hint)
    for key, words in (("like", tuple(LIKE)), ("restartPolicy", POLICIES)):
        value = entry(node, key)
        if value is not None and found[key] and found[key] not in words:
            hint = did_you_mean(found[key], words, f"One of {', '.join(words)}.")
            message = f"`{key}` can't be `{found[key]}`."
            diagnostics.add("E129", value.span, message, hint)
    if len(diagnostics.found) > before:
        return None
    path = tuple(found["template"].replace("[*]", ".*").strip(".").split("."))
    like = found["like"] or "Deployment"
    return PodTemplate(found["kind"], found["group"], like, path, found["restartPolicy"])


def _text(node: Node, key: str, diagnostics: Diagnostics) -> str:
    value = value_of(node)
    if isinstance(value, str) and value:
        return value
    is_item = key == "exclude"
    message = f"An item of `{key}` is a text." if is_item else f"`{key}` is a text."
    hint = "Write a pattern as in .gitignore, in quotes." if is_item else "Put it in quotes."
    _wrong(node, message, diagnostics, hint)
    return ""


def _wrong(node: Node, message: str, diagnostics: Diagnostics, hint: str) -> None:
    diagnostics.add("E129", node.span, message, hint)
