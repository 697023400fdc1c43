"""Finding the manifests of a repository, without what `.gitignore` and patterns leave out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from podcheck.loading.sources import MANIFESTS, NOT_SEARCHED

CONFIG = "podcheck.yaml"
_IGNORED = ".gitignore"
_MOST = 1_000_000  # bytes of a .gitignore


class FoundFile(NamedTuple):
    """A file by the name that was given or found; ``named`` says that somebody gave it.  ``text``
    is the file that holds its text, if that is another one."""

    path: str
    named: bool
    text: str = ""


class _Rules(NamedTuple):
    """Patterns, and the folder that they are relative to."""

    folder: str
    spec: GitIgnoreSpec

    def match(self, real: str, *, is_folder: bool) -> bool | None:
        """Does a pattern leave the path out (True), or keep it (False)?  None: none matches."""
        name = os.path.relpath(real, self.folder).replace(os.sep, "/")
        return self.spec.check_file(name + "/" * is_folder).include


class Patterns:
    """Globs as in `.gitignore`, relative to a folder."""

    def __init__(self, folder: str, globs: Sequence[str]) -> None:
        self._rules = _Rules(os.path.realpath(folder), GitIgnoreSpec.from_lines(globs))
        self._is_empty = not globs

    def match(self, path: str) -> bool:
        """Does one of them match a file, or a folder above it?"""
        if self._is_empty:
            return False
        real = os.path.realpath(path)
        below = real.startswith(os.path.join(self._rules.folder, ""))
        return below and bool(self._rules.match(real, is_folder=False))


def find_manifests(paths: Sequence[str]) -> Iterator[FoundFile]:
    """Every file that paths name, and the YAML and JSON files in folders that they name, without
    what `.gitignore` leaves out; the files of a folder before those of its folders, each once."""
    seen: set[str] = set()
    for path in paths:
        if os.path.isdir(path):
            for name, real in _below(path):
                if real not in seen:
                    seen.add(real)
                    yield FoundFile(name, False)
        else:
            real = os.path.realpath(path) if os.path.exists(path) else path
            if real not in seen or not os.path.exists(path):
                seen.add(real)
                yield FoundFile(path, True)


def folders_above(folder: str) -> list[str]:
    """A folder and those above it, up to the root of its repository, the outermost first."""
    found = [os.path.realpath(folder)]
    while not os.path.exists(os.path.join(found[-1], ".git")):
        above = os.path.dirname(found[-1])
        if above == found[-1]:
            break
        found.append(above)
    return found[::-1]


def is_chart(folder: str) -> bool:
    """Is a folder a Helm chart's?"""
    return os.path.isfile(os.path.join(folder, "Chart.yaml"))


def stamps(found: Sequence[FoundFile]) -> dict[str, tuple[int, int]]:
    """When the files and the config files above them were written last, and how long they are."""
    folders = dict.fromkeys(os.path.dirname(file.path) or os.curdir for file in found)
    above = dict.fromkeys(a for folder in folders for a in folders_above(folder))
    configs = [os.path.join(folder, CONFIG) for folder in above]
    found_stamps = {}
    for path in (*(file.path for file in found), *configs):
        try:
            state = os.stat(path)
        except OSError:
            continue
        found_stamps[path] = (state.st_mtime_ns, state.st_size)
    return found_stamps


def _below(path: str) -> Iterator[tuple[str, str]]:
    """The manifests below a folder, each with its real path; those of `.` without `./`."""
    root = os.path.realpath(path)
    above = [r for folder in folders_above(root)[:-1] for r in _rules_of(folder)]
    if _is_left_out(root, above, is_folder=True):
        above = []  # somebody wants to see it all the same
    rules = {root: above}
    for folder, below, names in os.walk(path):
        real = os.path.realpath(folder)
        own = [*rules.pop(real, above), *(_rules_of(real) if _IGNORED in names else ())]
        below[:] = sorted(
            name for name in below
            if name not in NOT_SEARCHED
            and not _is_left_out(os.path.join(real, name), own, is_folder=True)
        )  # fmt: skip
        rules |= {os.path.join(real, name): own for name in below}
        for name in sorted(names):
            found = os.path.join(folder, name)
            if not name.endswith(MANIFESTS):
                continue
            linked = os.path.islink(found)
            if linked and not os.path.exists(found):
                continue  # it leads nowhere
            if not _is_left_out(os.path.join(real, name), own, is_folder=False):
                shown = found.removeprefix(os.path.join(os.curdir, ""))
                yield shown, os.path.realpath(found) if linked else os.path.join(real, name)


def _rules_of(folder: str) -> Iterator[_Rules]:
    path = os.path.join(folder, _IGNORED)
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(_MOST).splitlines()
    except OSError:
        return
    yield _Rules(folder, GitIgnoreSpec.from_lines(lines))


def _is_left_out(real: str, rules: Sequence[_Rules], *, is_folder: bool) -> bool:
    """The last pattern that matches decides, of the innermost folder that has one."""
    for one in reversed(rules):
        verdict = one.match(real, is_folder=is_folder)
        if verdict is not None:
            return verdict
    return False
