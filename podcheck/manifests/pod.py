"""A pod spec of the API as the pod that the rules refer to."""

from __future__ import annotations

from typing import NamedTuple

from podcheck.declarations.pod import POLICIES, Container, Pod, Role
from podcheck.declarations.spec import MAX_CONTAINERS, PodDeclaration
from podcheck.language.source import Span
from podcheck.manifests import schema
from podcheck.manifests.container import read_container
from podcheck.manifests.fields import Fields
from podcheck.manifests.noted_fields import Notes
from podcheck.manifests.tree import Sequence, entry


class Owner(NamedTuple):
    """What a pod is called, whose it is, and what the controller says of it."""

    name: str
    span: Span
    kind: str = ""  # of the controller; empty: the pod is its own
    static: bool = False
    volumes: tuple[str, ...] = ()  # those that the controller adds


def read_pod(spec: Fields, owner: Owner, notes: Notes) -> PodDeclaration:
    """The pod of a pod spec; ``notes`` are of its controller."""
    volumes, empty_dirs = _volumes(spec, owner.volumes)
    places: dict[str, Span] = {}
    fields: dict[tuple[str, str], Span] = {}
    containers = _containers(spec, frozenset(volumes), places, fields)
    for name in ("restartPolicy", "activeDeadlineSeconds"):
        if name in spec:
            notes.place(name, spec.value_place(name))
    fields.update({("", name): span for name, span in notes.places.items()})
    spec.number("terminationGracePeriodSeconds")
    pod = Pod(
        owner.name,
        containers,
        policy=spec.word("restartPolicy", POLICIES) or "Always",
        static=owner.static,
        deadline_s=spec.number("activeDeadlineSeconds", 1),
        volumes=volumes,
        empty_dirs=empty_dirs,
        owner=owner.kind,
        fields=notes.fields(),
    )
    return PodDeclaration(owner.name, (pod,), owner.span, places, fields)


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
    volumes: frozenset[str],
    places: dict[str, Span],
    fields: dict[tuple[str, str], Span],
) -> tuple[Container, ...]:
    """The containers; their places, and those of their fields, are put into the mappings."""
    found: list[Container] = []
    host_network = spec.flag("hostNetwork")
    for listed, init in (("initContainers", True), ("containers", False)):
        for listing in spec.objects(listed, schema.CONTAINER):
            listing.require("name")
            container, own = read_container(listing, init, host_network, volumes)
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
