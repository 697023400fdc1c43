"""A manifest's text to its workloads."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostic, Diagnostics, did_you_mean, nearest
from podcheck.language.source import Source, Span
from podcheck.manifests import passed_over, related
from podcheck.manifests.document import Document, read_documents
from podcheck.manifests.fields import MAX_FAULTS, TooMuchWrong
from podcheck.manifests.kinds import KINDS, read_templates, read_workload
from podcheck.manifests.pod_templates import PodTemplate, has_pod, rows_for
from podcheck.manifests.related import Related
from podcheck.manifests.schema import GROUPS
from podcheck.manifests.tree import Mapping, Node, Scalar, Sequence, entry, value_of
from podcheck.manifests.workload import Manifest, Workload
from podcheck.manifests.yaml_errors import shown

NO_KIND = "no kind"
SLIP = 0.75  # how alike a kind and the one that is meant are, in a file that nobody named
MAKES_PODS = "makes pods and is not read: "
_NO_PODS = (  # groups whose objects hold schemas, patterns and values, but make no pods by them
    "apiextensions.k8s.io/", "admissionregistration.k8s.io/", "helm.toolkit.fluxcd.io/",
    "fluxcd.controlplane.io/", "kyverno.io/", "policies.kyverno.io/", "templates.gatekeeper.sh/",
    "mutations.gatekeeper.sh/",
)  # fmt: skip


def read_manifest(
    source: Source,
    diagnostics: Diagnostics,
    found: bool = False,
    more: tuple[PodTemplate, ...] = (),
) -> Manifest:
    """The workloads of a text.  What is wrong goes to the diagnostics; a workload with an error
    is left out, and hides no other.

    Of a file that was ``found`` in a folder, what is not for the API server is only counted.
    ``more`` says of further kinds where they have their pod templates.
    """
    reader = _Reader(source, diagnostics, found, more)
    for document in read_documents(source, diagnostics, reader.passes_broken):
        reader.read(document)
    _tell_once("E326", source, diagnostics)
    skipped, passed = (tuple(sorted(c.items())) for c in (reader.skipped, reader.passed))
    return Manifest(source, tuple(reader.workloads), skipped, passed, tuple(reader.related))


def _tell_once(code: str, source: Source, diagnostics: Diagnostics) -> None:
    """Of all diagnostics of one code keep the first in the text: it says enough."""
    found = [d for d in diagnostics.found if d.code == code and d.span.source is source]
    for later in sorted(found, key=Diagnostic.sort_key)[1:]:
        del diagnostics.found[later]


class _Reader:
    def __init__(
        self,
        source: Source,
        diagnostics: Diagnostics,
        found: bool,
        more: tuple[PodTemplate, ...],
    ) -> None:
        self.source = source
        self.found = found
        self.more = more
        self.related: list[Related] = []
        self.passed: dict[str, int] = {}
        self.diagnostics = diagnostics
        self.workloads: list[Workload] = []
        self.skipped: dict[str, int] = {}
        self.named: dict[tuple[str, str, str, str], Span] = {}

    def passes_broken(self, text: str, fault: Diagnostic) -> bool:
        """Is a document that can't be read none for the API server?"""
        return self._passes(passed_over.of_broken(text, self.source.name, fault))

    def _passes(self, what: str) -> bool:
        if not (self.found and what):
            return False
        self.passed[what] = self.passed.get(what, 0) + 1
        return True

    def read(self, document: Document) -> None:
        """What is wrong with a document as YAML matters only if there is a workload in it."""
        broken = any(fault.is_error for fault in document.faults)
        for node in objects(document.root):
            if not isinstance(node, Mapping):
                self._skip(NO_KIND)
                continue
            if self.found and self._passes(passed_over.of_object(node, self.source.name)):
                continue
            if self._other(node, document):
                continue
            kind = self._kind(node)
            if kind is None:
                continue
            own = Diagnostics()
            own.found.update(dict.fromkeys(document.faults))
            try:
                workload = read_workload(node, kind, own)
            except TooMuchWrong:
                message = f"More than {MAX_FAULTS:,} things are wrong with this {kind}."
                own.add("E339", _value_span(node, "kind"), message, "Mend the first ones.")
                workload = None
            if self._passes(passed_over.of_faults([*own.found])):
                continue
            self.diagnostics.found.update(own.found)
            if workload is not None and not own.has_errors and not broken:
                self._add(workload, own)
                self.diagnostics.found.update(own.found)

    def _other(self, node: Mapping, document: Document) -> bool:
        """Is this an object of another project that makes pods, or one that hazards ask about?"""
        api, kind = value_of(entry(node, "apiVersion")), value_of(entry(node, "kind"))
        if not isinstance(api, str) or not isinstance(kind, str):
            return False
        if kind in related.KINDS:
            found = related.related(node, kind)
            if found is not None:
                self.related.append(found)
            return False
        rows = rows_for(kind, api, self.more)
        if not rows:
            if "." in api and not api.startswith(_NO_PODS) and has_pod(node):
                group = api.rpartition("/")[0]
                what = f"{MAKES_PODS}{shown(kind)}.{shown(group)}"
                self.passed[what] = self.passed.get(what, 0) + 1
            return False
        name = f"{kind}.{rows[0].group}" if kind in KINDS else kind
        own = Diagnostics()
        own.found.update(dict.fromkeys(f for f in document.faults if not f.is_error))
        read = [w for row in rows for w in read_templates(node, row, name, own)]
        if self._passes(passed_over.of_faults([*own.found])):
            return True
        self.diagnostics.found.update(own.found)
        for workload in read:
            self._add(workload, self.diagnostics)
        return bool(read) or own.has_errors

    def _add(self, workload: Workload, diagnostics: Diagnostics) -> None:
        key = (workload.kind, workload.namespace, workload.name, workload.part)
        if key in self.named and not workload.name.endswith("-"):
            message = f"There are two workloads `{workload.title}`."
            hint = f"The first one is in line {self.named[key].line}; the last one applied counts."
            diagnostics.add("W342", workload.span, message, hint)
        self.named.setdefault(key, workload.span)
        self.workloads.append(workload)

    def _kind(self, node: Mapping) -> str | None:
        """The kind of a workload; None for all else, which is counted unless it is a slip."""
        api, kind = value_of(entry(node, "apiVersion")), value_of(entry(node, "kind"))
        if isinstance(kind, str) and kind in KINDS:
            ours, known = self._check_api(node, kind, api)
            if ours:
                return kind
        else:
            known = self._check_kind(node, kind, api)
        if known:
            group = str(api).rpartition("/")[0] if kind in KINDS else ""
            name = shown(kind) if isinstance(kind, str) and kind else NO_KIND
            self._skip(name + (f".{shown(group)}" if group else ""))
        return None

    def _skip(self, name: str) -> None:
        self.skipped[name] = self.skipped.get(name, 0) + 1

    def _check_api(self, node: Mapping, kind: str, api: object) -> tuple[bool, bool]:
        """Is this kind the one of Kubernetes, and if not, may it be one of somebody else?"""
        wanted = KINDS[kind].api
        if api == wanted:
            return True, True
        span = _value_span(node, "apiVersion" if "apiVersion" in node.entries else "kind")
        hint = f"Write `apiVersion: {wanted}`."
        if not isinstance(api, str) or not api:
            self.diagnostics.add("E334", span, f"This {kind} has no apiVersion.", hint)
            return False, False
        group, _, version = api.rpartition("/")
        if group in ("apps", "batch", "extensions") and version.startswith(("v1beta", "v1alpha")):
            message = f"{api} is no longer served; this is read as {wanted}."
            self.diagnostics.add("W343", span, message, hint)
            return True, True
        if "." not in group:
            message = f"A {kind} is of {wanted}, not of `{shown(api)}`."
            self.diagnostics.add("E335", span, message, hint)
        return False, "." in group

    def _check_kind(self, node: Mapping, kind: object, api: object) -> bool:
        """A kind that is not read is none of our business, unless it is a slip: then False."""
        known = GROUPS.get(api) if isinstance(api, str) else None
        if known is None or kind in known or str(kind).removesuffix("List") in known:
            return True
        if kind is None:
            span = _value_span(node, "apiVersion")
            self.diagnostics.add("E335", span, "This object has no kind.", "Add `kind: ...`.")
        else:
            if self.found and nearest(str(kind), known, SLIP) is None:
                return True  # a file of some program, with a version of its own
            hint = did_you_mean(str(kind), known)
            message = f"There is no kind `{shown(str(kind))}` in {api}."
            self.diagnostics.add("E335", _value_span(node, "kind"), message, hint)
        return False


def objects(root: Node) -> Iterator[Node]:
    """What a document holds: the items of a List, of Lists in it, or its one object."""
    stack: list[Node] = [root]
    while stack:
        node = stack.pop()
        items = entry(node, "items")
        kind = value_of(entry(node, "kind"))
        if isinstance(kind, str) and kind.endswith("List") and isinstance(items, Sequence):
            stack += reversed(items.items)
        elif not isinstance(node, Scalar) or node.value is not None:
            yield node


def _value_span(node: Mapping, name: str) -> Span:
    key, value = node.entries[name]
    return value.span if isinstance(value, Scalar) else key
