"""Releases of Kubernetes: those that the rules cover, and how they are named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from podcheck.language.parser import Node

Release = tuple[int, ...]  # major, minor and, if one is meant, the patch

EARLIEST: Release = (1, 28)
LATEST: Release = (1, 37)
RECORDED: Release = (1, 36)  # the latest that was recorded: what a file means that names none
ALL = "all"
UNNAMED = 999  # the patch of a release that names none: its last


class UnknownReleaseError(ValueError):
    """A release that the rules do not cover, or a text that names none; the text says so."""


def text_of(release: Release) -> str:
    """As `1.36`, or `1.36.1`."""
    return ".".join(map(str, release))


def minor_of(release: Release) -> Release:
    """The minor release that a patch belongs to."""
    return release[:2]


def reaches(release: Release, since: Release) -> bool:
    """Has a release what came with another one?  One without a patch is its last patch."""
    last = (UNNAMED,) if len(release) == 2 else ()
    return (*release, *last) >= since


def release_named(at: Node) -> Release:
    """The release that a text names."""
    return tuple(int(number) for number in at.tokens("NUMBER"))


def release_of(text: str) -> Release:
    """The release that a version names: `1.34`, `v1.34.2`; raises ``UnknownReleaseError``."""
    found = re.fullmatch(r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?([.+-].*)?", text.strip())
    release = tuple(int(n) for n in found.groups()[:3] if n is not None) if found else (0, 0)
    if not EARLIEST <= minor_of(release) <= LATEST:
        known = f"{text_of(EARLIEST)} to {text_of(LATEST)}"
        raise UnknownReleaseError(f"podcheck knows Kubernetes {known}, not `{text.strip()}`.")
    return release


def releases_of(text: str) -> tuple[Release, ...]:
    """The releases that a text lists, oldest first: `1.34`, `1.35.1`, `1.30..1.33`, `1.28,1.36` or
    `all`; raises ``UnknownReleaseError``."""
    found: set[Release] = set()
    for part in text.split(","):
        first, is_range, last = part.partition("..")
        if part.strip() == ALL:
            first, is_range, last = text_of(EARLIEST), "..", text_of(LATEST)
        elif not is_range:
            last = first
        oldest, newest = release_of(first), release_of(last)
        if not is_range:
            found.add(oldest)
            continue
        if newest < oldest:
            raise UnknownReleaseError(f"Write the older release first: `{last}..{first}`.")
        found.update((1, minor) for minor in range(oldest[1], newest[1] + 1))
    return tuple(sorted(found))
