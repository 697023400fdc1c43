"""The members of a family of pods: `container c[1..4]` in each of its sizes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from podcheck.declarations.pod import Container


def names_of(name: str, sizes: tuple[int, int] | None) -> list[str]:
    """The containers that a declaration stands for; ``sizes`` are the smallest and the largest."""
    return [name] if sizes is None else [f"{name}{i}" for i in range(1, sizes[1] + 1)]


def members_of(
    containers: list[tuple[Container, tuple[int, int] | None]],
) -> Iterator[tuple[tuple[int, ...], list[Container]]]:
    """Every member of a family: each family container in each of its sizes, with those sizes."""
    chosen: list[tuple[tuple[int, ...], list[Container]]] = [((), [])]
    for container, sizes in containers:
        if sizes is None:
            chosen = [(sized, [*c, container]) for sized, c in chosen]
            continue
        grown = []
        for size in range(sizes[0], sizes[1] + 1):
            copies = [replace(container, name=f"{container.name}{i}") for i in range(1, size + 1)]
            grown += [((*sized, size), [*c, *copies]) for sized, c in chosen]
        chosen = grown
    yield from chosen
