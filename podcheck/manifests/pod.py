"""A pod spec of the API as the pod that the rules refer to."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.declarations.pod import POLICIES, Container, Pod, Role
from podcheck.declarations.spec import MAX_CONTAINERS, PodDeclaration
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.container import read_container
from podcheck.manifests.fields import MAX_INT64, Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.pod_context import PodContext
from podcheck.manifests.tree import Sequence, entry
from podcheck.manifests.workload import JobFacts

MOST_RULES = 20  # of a policy, which the API server takes; of more, one is kept


class Owner(NamedTuple):
    """What a pod is called, whose it is, and what the controller says of it."""

    name: str
    span: Span
    kind: str = ""  # of the controller; empty: the pod is its own
    static: bool = False
    volumes: tuple[str, ...] = ()  # those that the controller adds
    is_template: bool = False  # the pod is not the object itself
    exists: bool = False  # it was read from a cluster
    job: JobFacts | None = None
    is_helm_hook: bool = False
    may_get_volumes: bool = False  # that it does not declare, before the API server sees it
    finalizers: bool = False
    mesh: str = ""  # the one whose sidecar is injected as a main container


def read_pod(spec: Fields, owner: Owner, notes: Notes) -> PodDeclaration:
    """The pod of a pod spec; ``notes`` are of its controller."""
    volumes, empty_dirs = _volumes(spec, owner.volumes)
    places: dict[str, Span] = {}
    fields: dict[tuple[str, str], Span] = {}
    own = Notes()
    grace_s = _grace(spec)
    context = PodContext(
        frozenset(volumes), spec.flag("hostNetwork"), owner.is_template,
        30 if grace_s is None else grace_s,
    )  # fmt: skip
    containers = _containers(spec, context, places, fields)
    for name in ("restartPolicy", "activeDeadlineSeconds"):
        if name in spec:
            own.place(name, spec.value_place(name))
    _note(spec, owner, own)
    for noted in (own, notes):
        fields.update({("", name): span for name, span in noted.places.items()})
    job = owner.job or JobFacts()
    pod = Pod(
        owner.name,
        containers,
        policy=spec.word("restartPolicy", POLICIES) or "Always",
        static=owner.static,
        deadline_s=spec.number("activeDeadlineSeconds", 1),
        volumes=volumes,
        empty_dirs=empty_dirs,
        owner=owner.kind,
        fields=own.fields(),
        owner_fields=notes.fields(),
        failure_rules=(job.failure_rules or ())[: MOST_RULES + 1],
        success_rules=(job.success_rules or ())[: MOST_RULES + 1],
        is_manifest=True,
        grace_s=grace_s,
        finalizers=owner.finalizers,
        shown=(*own.texts(), *notes.texts()),
    )
    return PodDeclaration(owner.name, (pod,), owner.span, places, fields)


def _grace(spec: Fields) -> int | None:
    """Seconds between the request to stop and the kill; the API server makes 1 of less than 0."""
    grace = spec.number("terminationGracePeriodSeconds", -MAX_INT64 - 1, MAX_INT64)
    return 1 if grace is not None and grace < 0 else grace


def _note(spec: Fields, owner: Owner, notes: Notes) -> None:
    """What of the pod spec only refusals ask for."""
    if spec.flag("hostNetwork"):
        notes.add("hostNetwork", spec.value_place("hostNetwork"))
    grace = spec.number("terminationGracePeriodSeconds", -MAX_INT64 - 1, MAX_INT64)
    if grace is not None:
        place = spec.value_place("terminationGracePeriodSeconds")
        notes.add("terminationGracePeriodSeconds", place, max(grace, 0))
    if owner.may_get_volumes:
        notes.add("volumes may be added", owner.span)
    if owner.mesh:
        notes.add("a mesh's sidecar is injected", owner.span)
        notes.show("mesh", owner.mesh)
    if owner.is_helm_hook:
        notes.add("helm.sh/hook", owner.span)
    if spec.items("ephemeralContainers") and not owner.exists:
        notes.add("ephemeralContainers", spec.place("ephemeralContainers"))


def _volumes(spec: Fields, added: tuple[str, ...]) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of the volumes, and which are an emptyDir, as one that says nothing is."""
    names = list(added)
    empty = set()
    for volume in spec.objects("volumes", schema.VOLUME):
        volume.require("name")
        name = volume.text("name")
        names.append(name)
        if "emptyDir" in volume or set(volume.node.entries) <= {"name"}:
            empty.add(name)
    return tuple(names), frozenset(empty)


def _containers(
    spec: Fields,
    context: PodContext,
    places: dict[str, Span],
    fields: dict[tuple[str, str], Span],
) -> tuple[Container, ...]:
    """The containers; their places, and those of their fields, are put into the mappings."""
    found: list[Container] = []
    for listed, init in (("initContainers", True), ("containers", False)):
        for listing in spec.objects(listed, schema.CONTAINER):
            listing.require("name")
            container, own = read_container(listing, init, context)
            if container.name:
                if container.name in places:
                    message = f"There are two containers called `{container.name}`."
                    hint = f"The first one is in line {places[container.name].line}."
                    listing.error("E107", listing.value_place("name"), message, hint)
                places.setdefault(container.name, listing.value_place("name"))
                fields.update({(container.name, name): span for name, span in own.items()})
            found.append(container)
            if len(found) > MAX_CONTAINERS:
                message = f"A pod may have at most {MAX_CONTAINERS} containers here."
                spec.error("E404", listing.value_place("name"), message)
                return tuple(found)
    listed_wrong = "containers" in spec and not isinstance(entry(spec.node, "containers"), Sequence)
    if not any(c.role is Role.MAIN for c in found) and not listed_wrong:
        message = "This pod has no main container."
        spec.error("E305", spec.place("containers"), message, "List it under `containers`.")
    return tuple(found)
