"""Releases of Kubernetes on the command line."""

from __future__ import annotations

import click


def release(
    context: click.Context, parameter: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """The release that a text such as `1.34` or `v1.34.2` names."""
    return named(text)


def named(text: str | None) -> tuple[int, ...] | None:
    """The same for a text that is no option's.  Raises ``click.BadParameter``."""
    found = _listed(text)
    if len(found) > 1:
        raise click.BadParameter("One release, please.")
    return found[0] if found else None


def releases(
    context: click.Context,
    parameter: click.Parameter,
    text: str | None,
) -> tuple[tuple[int, ...], ...]:
    """The releases that a text lists: `1.34`, `1.30..1.33`, `1.28,1.36`, `all`; none without it."""
    return _listed(text)


def _listed(text: str | None) -> tuple[tuple[int, ...], ...]:
    if text is None:
        return ()
    from podcheck.declarations.releases import UnknownReleaseError, releases_of

    try:
        return releases_of(text)
    except UnknownReleaseError as error:
        raise click.BadParameter(str(error)) from error
