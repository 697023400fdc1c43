"""One workload of a manifest, by its kind and name."""

from __future__ import annotations

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Span
from podcheck.manifests.workload import Manifest, Workload

_LISTED = 5


def choose(
    manifest: Manifest, wanted: tuple[str, ...], span: Span, diagnostics: Diagnostics
) -> Workload | None:
    """The workload of a kind and name, or of kind, namespace and name; the only one if nothing is
    said.  If it isn't clear which, the error is reported at ``span``."""
    found = [w for w in manifest.workloads if _is(w, wanted)]
    if len(found) == 1:
        return found[0]
    name = manifest.source.name
    known = [path_of(w) for w in manifest.workloads]
    if not found and any(
        d.is_error and d.span.source is manifest.source for d in diagnostics.found
    ):
        return None  # it may be one that could not be read
    if not manifest.workloads:
        diagnostics.add("E337", span, f"There is no workload in {name}.")
    elif not found:
        short = {f"{w.kind}/{w.name}" for w in manifest.workloads}
        hint = did_you_mean("/".join(wanted), {*known, *short}, f"It has {_listed(known)}.")
        diagnostics.add("E337", span, f"There is no `{'/'.join(wanted)}` in {name}.", hint)
    elif len({path_of(w) for w in found}) > 1:
        message = f"{name} has several workloads: {_listed([path_of(w) for w in found])}."
        diagnostics.add("E338", span, message, f"Say which one: `{path_of(found[0])}`.")
    else:
        places = ", ".join(str(w.span.line) for w in found)
        message = f"{name} has several workloads `{path_of(found[0])}`, in lines {places}."
        diagnostics.add("E338", span, message, "Names have to differ, or the files.")
    return None


def path_of(workload: Workload) -> str:
    """How a spec names a workload: ``Deployment/web``, or ``Deployment/shop/web``."""
    parts = (workload.kind, workload.namespace, workload.name)
    return "/".join(_quoted(part) for part in parts if part)


def _quoted(name: str) -> str:
    return name if name.replace("-", "").isalnum() and not name[0].isdigit() else f'"{name}"'


def _is(workload: Workload, wanted: tuple[str, ...]) -> bool:
    if len(wanted) == 3:
        return (workload.kind, workload.namespace, workload.name) == wanted
    return not wanted or (workload.kind, workload.name) == wanted


def _listed(known: list[str]) -> str:
    shown = [f"`{name}`" for name in dict.fromkeys(known)]
    more = len(shown) - _LISTED
    return ", ".join(shown[:_LISTED]) + (f" and {more} more" if more > 0 else "")
