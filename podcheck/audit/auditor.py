"""Finds the hazards of pods; what was found before is taken from the cache."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from podcheck import cache, kept
from podcheck.audit.finding import Finding, PodAudit
from podcheck.audit.shape import shape_of
from podcheck.language.diagnostics import SEVERITIES
from podcheck.verdict import FoundHazard, Verdict

if TYPE_CHECKING:
    from podcheck.audit.findings import Basis
    from podcheck.language.diagnostics import Diagnostics
    from podcheck.manifests.workload import Controller
    from podcheck.model.pods import Pod
    from podcheck.model.spec import PodDeclaration
    from podcheck.options import Options


class Auditor:
    """Asks the library of hazards that ships; rules and library are loaded when a pod is new.

    Of findings that are less grave than ``told`` no run is told.  ``version`` is the release of
    the cluster (None: the latest that the rules know).
    """

    def __init__(
        self,
        options: Options,
        told: str = SEVERITIES[-1],
        version: tuple[int, int] | None = None,
    ) -> None:
        self._options = options
        self._told = told
        self._version = version
        self._state = cache.state_of_podcheck()
        self._loaded: Basis | None = None
        self._found: dict[str, PodAudit] = {}

    def audit(self, pod: Pod, controller: Controller) -> PodAudit:
        """What is known of a pod; the same for all pods that differ in nothing but the name."""
        pod = replace(pod, name="pod")
        key = self._key(pod, controller)
        if key not in self._found:
            found = _read(key) if self._state is not None else None
            self._found[key] = self._derived(key, pod, controller) if found is None else found
        return self._found[key]

    def refusals(self, declared: PodDeclaration, diagnostics: Diagnostics) -> None:
        """Report what the API server refuses of a pod."""
        from podcheck.audit.findings import refusals_of

        refusals_of(declared, self._basis(), diagnostics)

    def _basis(self) -> Basis:
        if self._loaded is None:
            from podcheck.audit.findings import Basis
            from podcheck.hazards.loader import load_hazards
            from podcheck.model.spec import LATEST
            from podcheck.rules.loader import load_pack

            release = self._version or LATEST
            self._loaded = Basis(load_hazards(), load_pack(), self._options, release, self._told)
        return self._loaded

    def _key(self, pod: Pod, controller: Controller) -> str:
        o = self._options
        chosen = (o.engine, o.bound, o.max_steps, self._told, self._version)
        return cache.digest("audit", self._state or "", repr(chosen), shape_of(pod, controller))

    def _derived(self, key: str, pod: Pod, controller: Controller) -> PodAudit:
        from podcheck.audit.findings import audit_pod

        found = audit_pod(pod, controller, self._basis())
        gc.collect()  # a solver's memory, some megabytes for each pod, hangs on a cycle of objects
        if self._state is not None and all(f.is_decided for f in found.findings):
            cache.write_json(key, found)
        return found


def _read(key: str) -> PodAudit | None:
    """What was kept of a pod, or None."""
    kept_rows = cache.read_json(key)
    if kept_rows is None:
        return None
    try:
        is_refused, rows = kept_rows
        return PodAudit(bool(is_refused), tuple([_finding(row) for row in rows]))
    except (TypeError, ValueError, LookupError, AttributeError):
        return None  # written by something that is not podcheck


def _finding(row: list[Any]) -> Finding:
    hazard, verdict, detail, story = row
    told = None if story is None else kept.story_of(story)
    return Finding(FoundHazard(*hazard), Verdict(verdict), detail, told)
