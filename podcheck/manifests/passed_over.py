"""What stands among manifests and is not for the API server: values, patches, templates.

Where a folder is searched it is passed over and counted; a file that is named is judged all the
same.
"""

from __future__ import annotations

import re

from podcheck.language.diagnostics import Diagnostic
from podcheck.manifests.schema import POD_SPEC
from podcheck.manifests.tree import Mapping, Node, Sequence, entry, value_of

TEMPLATE = "Helm templates"
KUSTOMIZATION = "kustomizations"
SUBSTITUTED = "manifests with values that are substituted later"
PATCH = "patches"
ENCRYPTED = "SOPS-encrypted files"
KUBECONFIG = "kubeconfigs"
VALUES = "values of charts"
NO_KIND = "files without a kind"
JSON = "JSON of another kind"
YAML = "YAML of another kind"

_WORKLOADS = ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet")  # they need a selector
_KINDS = {*_WORKLOADS, "Pod", "ReplicationController", "Job", "CronJob", "List"}
_NAMED = re.compile(r"^\s*[\"']?(apiVersion|kind)[\"']?\s*:", re.MULTILINE)
_VALUES_FILE = re.compile(r"(^|/)values[^/]*\.ya?ml$")
_KUSTOMIZATION_FILE = re.compile(r"(^|/)(kustomization\.ya?ml|Kustomization)$")
_LATER = re.compile(r"\$\{[A-Za-z_]")
_CAPITALS = re.compile(r"[\"']?[A-Z][A-Z0-9_]{2,}[\"']?")  # a name that something is to replace
_KIND = re.compile(r"^[ \t-]*[\"']?kind[\"']?[ \t]*:[ \t]*[\"']?(\w+)", re.MULTILINE)


def of_broken(text: str, path: str, fault: Diagnostic) -> str:
    """What a document is that can't be read; empty: a manifest with a fault."""
    if fault.code == "E326":
        return TEMPLATE
    is_other = len({m[1] for m in _NAMED.finditer(text)}) < 2
    named = {m[1] for m in _KIND.finditer(text)}
    if fault.code == "E320" and (is_other or (named and named.isdisjoint(_KINDS))):
        return JSON if path.endswith(".json") else YAML
    return ""


def of_object(node: Mapping, path: str) -> str:
    """What an object is that was read; empty: a manifest, as far as that is known."""
    api, kind = value_of(entry(node, "apiVersion")), value_of(entry(node, "kind"))
    if isinstance(entry(node, "sops"), Mapping):
        return ENCRYPTED
    if _KUSTOMIZATION_FILE.search(path):
        return KUSTOMIZATION
    if "$patch" in node.entries or "$patch" in _entries(entry(node, "spec")):
        return PATCH
    if kind is not None and api is None:
        return VALUES
    if kind is None:
        return VALUES if api is None and _VALUES_FILE.search(path) else NO_KIND
    if (api, kind) == ("v1", "Config"):
        return KUBECONFIG
    if api in ("apps/v1", "batch/v1", "v1") and _is_patch(node, str(kind)):
        return PATCH
    return ""


def of_faults(faults: list[Diagnostic]) -> str:
    """What an object is by what is wrong with it; empty: a manifest with faults."""
    errors = [f for f in faults if f.is_error]
    if any(f.code == "E326" for f in errors):
        return TEMPLATE
    texts = [(f.code, f.span.source.text[f.span.start : f.span.end]) for f in errors]
    if any(_LATER.search(text) for _, text in texts):
        return SUBSTITUTED
    names = [text for code, text in texts if code == "E336"]
    return SUBSTITUTED if any(map(_CAPITALS.fullmatch, names)) else ""


def _is_patch(node: Mapping, kind: str) -> bool:
    """Does a workload lack what the API server wants of every one, so that it must be a part?"""
    if kind in _WORKLOADS:
        template = _entries(entry(node, "spec", "template", "spec"))
        names_no_container = template.keys() <= POD_SPEC.fields - {"containers"}
        return names_no_container or not _entries(entry(node, "spec", "selector"))
    paths = {
        "Pod": ("spec",),
        "Job": ("spec", "template", "spec"),
        "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
    }
    if kind not in paths:
        return False
    containers = entry(node, *paths[kind], "containers")
    listed = containers.items if isinstance(containers, Sequence) else ()
    return not listed or any(isinstance(c, Mapping) and "image" not in c.entries for c in listed)


def _entries(node: Node | None) -> dict[str, object]:
    return dict(node.entries) if isinstance(node, Mapping) else {}
