"""Releases of Kubernetes: those that the rules cover, and how they are named."""

from __future__ import annotations

import re

Release = tuple[int, int]

EARLIEST: Release = (1, 28)
LATEST: Release = (1, 37)
RECORDED: Release = (1, 36)  # the latest that was recorded: what a file means that names none
ALL = "all"


class UnknownReleaseError(ValueError):
    """A release that the rules do not cover, or a text that names none; the text says so."""


def text_of(release: Release) -> str:
    """As `1.36`."""
    return f"{release[0]}.{release[1]}"


def release_of(text: str) -> Release:
    """The release that a version is of: `1.34`, `v1.34.2`; raises ``UnknownReleaseError``."""
    found = re.fullmatch(r"v?(\d{1,3})\.(\d{1,3})(\..*)?", text.strip())
    release = (int(found[1]), int(found[2])) if found else (0, 0)
    if not EARLIEST <= release <= LATEST:
        known = f"{text_of(EARLIEST)} to {text_of(LATEST)}"
        raise UnknownReleaseError(f"podcheck knows Kubernetes {known}, not `{text.strip()}`.")
    return release


def releases_of(text: str) -> tuple[Release, ...]:
    """The releases that a text lists, oldest first: `1.34`, `1.30..1.33`, `1.28,1.36` or `all`;
    raises ``UnknownReleaseError``."""
    found: set[Release] = set()
    for part in text.split(","):
        first, is_range, last = part.partition("..")
        if part.strip() == ALL:
            first, last = text_of(EARLIEST), text_of(LATEST)
        elif not is_range:
            last = first
        oldest, newest = release_of(first), release_of(last)
        if newest < oldest:
            raise UnknownReleaseError(f"Write the older release first: `{last}..{first}`.")
        found.update((1, minor) for minor in range(oldest[1], newest[1] + 1))
    return tuple(sorted(found))
