"""What may be written between the quotes of `include "..."` and `pod web from "..."`: the folders
and files that are there, and the workloads of a manifest behind it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from podcheck.editor.analysis import Analysis
from podcheck.editor.completion import Completion
from podcheck.language.diagnostics import Diagnostics
from podcheck.loading.sources import MANIFESTS, NOT_SEARCHED, Folder

_QUOTED = re.compile(r'(?:(include)|(?:pod|job)\s+(?:[\w-]+|"[^"\n]*")\s+from)\s+"([^"\n]*)$')
_BEHIND = re.compile(r'(pod|job)\s+(?:[\w-]+|"[^"\n]*")\s+from\s+"([^"\n]+)"\s+([\w/."-]*)$')


def file_names(
    analysis: Analysis, offset: int, folder: Folder | None
) -> tuple[tuple[Completion, ...], int] | None:
    """The files and folders, or workloads, that may be named at an offset, and where the part
    begins that they take the place of; None if no name of either is written there."""
    text = analysis.source.text
    line = text[text.rfind("\n", 0, offset) + 1 : offset]
    if (quoted := _QUOTED.match(line)) is not None:
        above, _, begun = quoted[2].rpartition("/")
        suffixes = (".pod",) if quoted[1] else MANIFESTS
        return tuple(_entries(folder, above, suffixes)), offset - len(begun)
    if (behind := _BEHIND.match(line)) is not None:
        jobs = behind[1] == "job"
        return tuple(_workloads(folder, behind[2], jobs)), offset - len(behind[3])
    return None


def _entries(folder: Folder | None, above: str, suffixes: tuple[str, ...]) -> Iterator[Completion]:
    """What is in a folder of the spec's: folders first; nothing outside, which no spec may read."""
    path = _within(folder, above)
    try:
        entries = sorted(os.scandir(path), key=lambda e: (not e.is_dir(), e.name)) if path else ()
    except OSError:
        return
    for entry in entries:
        if entry.is_dir():
            if entry.name not in NOT_SEARCHED and not entry.name.startswith("."):
                yield Completion(f"{entry.name}/", "folder")
        elif entry.name.endswith(suffixes):
            yield Completion(entry.name, "file")


def _workloads(folder: Folder | None, name: str, jobs: bool) -> Iterator[Completion]:
    from podcheck.manifests.reader import read_manifest
    from podcheck.manifests.selection import path_of

    path, ignored = _within(folder, name), Diagnostics()
    source = folder.files.source(path, name, ignored) if folder is not None and path else None
    for workload in read_manifest(source, ignored).workloads if source is not None else ():
        if not jobs or workload.kind in ("Job", "CronJob"):
            yield Completion(path_of(workload), "pod", f"line {workload.declaration.span.line}")


def _within(folder: Folder | None, name: str) -> str:
    """The real path of what a spec may name; empty for what is outside of its folder."""
    if folder is None:
        return ""
    path = os.path.realpath(os.path.join(folder.path, name))
    return path if path == folder.path or path.startswith(os.path.join(folder.path, "")) else ""
