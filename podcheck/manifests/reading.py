"""A manifest's text to its workloads."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source
from podcheck.manifests.document import read_documents
from podcheck.manifests.kinds import KINDS, read_workload
from podcheck.manifests.schema import GROUPS
from podcheck.manifests.tree import Mapping, Node, Sequence, entry, value_of
from podcheck.manifests.workload import Manifest, Workload

NO_KIND = "no kind"


def read_manifest(source: Source, diagnostics: Diagnostics) -> Manifest:
    """The workloads of a text.  What is wrong goes to the diagnostics; a workload with an error
    is left out, and hides no other."""
    workloads: list[Workload] = []
    skipped: dict[str, int] = {}
    for document in read_documents(source, diagnostics):
        faults = Diagnostics()
        faults.found.update(dict.fromkeys(document.faults))
        matters = False
        for node in _objects(document.root):
            kind = str(value_of(entry(node, "kind")) or NO_KIND)
            if kind not in KINDS:
                _check_kind(node, kind, diagnostics)
                skipped[kind] = skipped.get(kind, 0) + 1
                continue
            matters = True
            own = Diagnostics()
            workload = read_workload(node, kind, own)
            diagnostics.found.update(own.found)
            if workload is not None and not own.has_errors and not faults.has_errors:
                workloads.append(workload)
        if matters:
            diagnostics.found.update(faults.found)
    return Manifest(source, tuple(workloads), tuple(sorted(skipped.items())))


def _objects(root: Node) -> Iterator[Mapping]:
    """The objects of a document: those of a List, of Lists in it, or the one that it is."""
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        items = entry(node, "items")
        kind = value_of(entry(node, "kind"))
        if isinstance(kind, str) and kind.endswith("List") and isinstance(items, Sequence):
            stack += reversed(items.items)
        elif isinstance(node, Mapping):
            yield node


def _check_kind(node: Mapping, kind: str, diagnostics: Diagnostics) -> None:
    """A kind that is not read is none of our business, unless it is a slip."""
    api = value_of(entry(node, "apiVersion"))
    known = GROUPS.get(api) if isinstance(api, str) else None
    if known is None or kind in known or kind.removesuffix("List") in known:
        return
    found = entry(node, "kind")
    span = found.span if found is not None else node.entries["apiVersion"][0]
    if kind == NO_KIND:
        diagnostics.add("E335", span, "This object has no kind.")
    else:
        message = f"There is no kind `{kind}` in {api}."
        diagnostics.add("E335", span, message, did_you_mean(kind, known))
