"""Which specs a change bears on: those that changed, that include what changed, or that take a pod
from a manifest that changed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable

from podcheck.language.diagnostics import Diagnostics
from podcheck.loading.sources import Files, find_specs

# What names a file; a comment that does costs a verification too many
_NAMED = re.compile(r'^\s*(?:include|pod\b[^\n"]*?\bfrom)\s+"([^"\n]+)"', re.MULTILINE)


def affected(changed: Iterable[str], specs: tuple[str, ...]) -> list[str]:
    """The spec files below some folders whose claims depend on changed files, in order.

    Files that are gone count too: a spec that names one has an error now.
    """
    files = Files()
    real = {os.path.realpath(path) for path in changed}
    needs: dict[str, set[str]] = {}
    return [path for path, _ in find_specs(specs) if real & _all_of(path, files, needs)]


def _all_of(path: str, files: Files, needs: dict[str, set[str]]) -> set[str]:
    """A file, and all that it names, directly or through others."""
    found: set[str] = set()
    waiting = [os.path.realpath(path)]
    while waiting:
        at = waiting.pop()
        if at in found:
            continue
        found.add(at)
        if at not in needs:
            needs[at] = _named(at, files)
        waiting.extend(needs[at])
    return found


def _named(path: str, files: Files) -> set[str]:
    if path.endswith((".yaml", ".yml", ".json")):
        return set()
    source = files.source(path, path, Diagnostics())
    folder = os.path.dirname(path)
    names = () if source is None else _NAMED.findall(source.text)
    return {os.path.realpath(os.path.join(folder, name)) for name in names}
