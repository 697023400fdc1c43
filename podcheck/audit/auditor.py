"""Finds the hazards of pods; what was found before is taken from the cache."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from podcheck import cache, kept
from podcheck.audit.finding import Finding
from podcheck.audit.shape import shape_of
from podcheck.verdict import FoundHazard, Verdict

if TYPE_CHECKING:
    from podcheck.manifests.workload import Controller
    from podcheck.model.hazards import Hazard
    from podcheck.model.pack import Pack
    from podcheck.model.pods import Pod
    from podcheck.options import Options


class Auditor:
    """Asks the library of hazards that ships; rules and library are loaded when a pod is new."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._state = cache.state_of_podcheck()
        self._library: tuple[tuple[Hazard, ...], Pack] | None = None
        self._found: dict[str, tuple[Finding, ...]] = {}

    def findings(self, pod: Pod, controller: Controller) -> tuple[Finding, ...]:
        """The hazards of a pod; the same for all pods that differ in nothing but the name."""
        pod = replace(pod, name="pod")
        key = self._key(pod, controller)
        if key not in self._found:
            found = _read(key) if self._state is not None else None
            self._found[key] = self._derived(key, pod, controller) if found is None else found
        return self._found[key]

    def _key(self, pod: Pod, controller: Controller) -> str:
        options = self._options
        chosen = (options.engine, options.bound, options.max_steps)
        return cache.digest("findings", self._state or "", repr(chosen), shape_of(pod, controller))

    def _derived(self, key: str, pod: Pod, controller: Controller) -> tuple[Finding, ...]:
        from podcheck.audit.findings import findings_of

        if self._library is None:
            from podcheck.hazards.loader import load_hazards
            from podcheck.rules.loader import load_pack

            self._library = load_hazards(), load_pack()
        hazards, pack = self._library
        found = findings_of(pod, controller, hazards, pack, self._options)
        if self._state is not None and all(f.is_decided for f in found):
            cache.write_json(key, found)
        return found


def _read(key: str) -> tuple[Finding, ...] | None:
    """Findings that were kept, or None."""
    rows = cache.read_json(key)
    if rows is None:
        return None
    try:
        return tuple([_finding(row) for row in rows])
    except (TypeError, ValueError, LookupError, AttributeError):
        return None  # written by something that is not podcheck


def _finding(row: list[Any]) -> Finding:
    hazard, verdict, detail, story = row
    told = None if story is None else kept.story_of(story)
    return Finding(FoundHazard(*hazard), Verdict(verdict), detail, told)
