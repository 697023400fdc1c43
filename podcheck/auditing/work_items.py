"""The work of an audit in pieces that any process can do: plain values, to be pickled.

A piece depends on nothing but what is in it, so it does not matter who does it, how often, or
in which order; only that it is the same podcheck.
"""

from __future__ import annotations

from functools import cache as once
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from podcheck.auditing.finding import PodAudit
from podcheck.auditing.pod_shape import Shape, Shaped, shaped
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.manifests.pod_templates import PodTemplate
from podcheck.manifests.workload import Manifest
from podcheck.storage import cache
from podcheck.verification.options import Options
from podcheck.version import VERSION

if TYPE_CHECKING:
    from podcheck.auditing.pod_audit import Basis
    from podcheck.declarations.hazard import Hazard
    from podcheck.declarations.pack import Pack


_ONE_AT_A_TIME = Lock()


class OtherPodcheck(Exception):
    """This process runs another podcheck than the one that gave it work; its version is said."""


class ReadManifest(NamedTuple):
    """A manifest, the shape of each of its workloads' pods, and what is wrong with the text."""

    manifest: Manifest
    shapes: tuple[Shaped, ...]
    diagnostics: tuple[Diagnostic, ...]


class Reading(NamedTuple):
    """Texts that are to be read as manifests; there is a ``ReadManifest`` for each.  Those that
    are ``named`` are judged whatever they are, the others were found in a folder.  ``templates``
    say of further kinds where they have their pod templates."""

    sources: tuple[Source, ...]
    named: frozenset[str] = frozenset()
    templates: tuple[PodTemplate, ...] = ()

    @property
    def cost_s(self) -> float:
        """About how long it takes, in seconds on a machine of today."""
        return sum(len(source.text) for source in self.sources) * 1e-6

    def do(self) -> tuple[ReadManifest, ...]:
        return tuple(
            read(source, source.name not in self.named, self.templates) for source in self.sources
        )


class Searching(NamedTuple):
    """A shape whose hazards are to be found, for a release of Kubernetes.  Of findings that are
    less grave than ``told`` no run is shown."""

    shape: Shape
    options: Options
    version: tuple[int, ...]
    told: str

    @property
    def cost_s(self) -> float:
        return 0.3

    def do(self) -> PodAudit:
        from podcheck.auditing.pod_audit import audit_pod

        return audit_pod(*self.shape, basis(self.options, self.version, self.told))


Work = Reading | Searching


def done(work: Work, state: str) -> Any:
    """What comes of a piece of work given by a podcheck of this state (``cache.state``).

    Raises ``OtherPodcheck`` if this is none.  Two threads of a process do it one after the other:
    equal terms are one object, for which nothing but Python's own lock would care.
    """
    if state != own_state():
        raise OtherPodcheck(VERSION)
    with _ONE_AT_A_TIME:
        return work.do()


def read(
    source: Source, found: bool = False, templates: tuple[PodTemplate, ...] = ()
) -> ReadManifest:
    """A text as a manifest; ``found`` says that it is none that somebody has named."""
    from podcheck.manifests.reader import read_manifest

    diagnostics = Diagnostics()
    manifest = read_manifest(source, diagnostics, found, templates)
    shapes = []
    for workload in manifest.workloads:
        (pod,) = workload.declaration.members
        shapes.append(shaped(pod, workload.controller))
    return ReadManifest(manifest, tuple(shapes), tuple(diagnostics.found))


@once
def own_state() -> str:
    """The digest of all that makes this podcheck what it is."""
    return cache.state()


def basis(options: Options, version: tuple[int, ...], told: str) -> Basis:
    """What an audit goes by, with the library and the rules that ship."""
    from podcheck.auditing.pod_audit import Basis

    return Basis(*library(), options, version, told)


@once
def library() -> tuple[tuple[Hazard, ...], Pack]:
    """The hazards and the rules that ship, loaded once a process."""
    from podcheck.loading.hazards import load_hazards
    from podcheck.loading.rules import load_pack

    return load_hazards(), load_pack()
