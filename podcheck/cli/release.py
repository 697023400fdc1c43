"""The option that names a release of Kubernetes."""

from __future__ import annotations

import re

import click


def chosen(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, int] | None:
    """The release that a text such as `1.34` or `v1.34.2` names."""
    if text is None:
        return None
    from podcheck.declarations.spec import EARLIEST, LATEST

    found = re.fullmatch(r"v?(\d{1,3})\.(\d{1,3})(\..*)?", text)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if not EARLIEST <= version <= LATEST:
        known = " to ".join(f"{major}.{minor}" for major, minor in (EARLIEST, LATEST))
        raise click.BadParameter(f"podcheck knows Kubernetes {known}, not `{text}`.")
    return version
