"""What helm and kustomize make of the charts and kustomizations among some files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.loading.manifest_files import FoundFile
from podcheck.loading.sources import read_source
from podcheck.manifests.document import read_documents
from podcheck.manifests.tree import Sequence as YamlList
from podcheck.manifests.tree import entry, value_of

CHART = "Chart.yaml"
KUSTOMIZATIONS = ("kustomization.yaml", "kustomization.yml", "Kustomization")
HELM, KUSTOMIZE = "(helm template)", "(kustomize build)"  # in the place of a file's name
MISSING = {
    HELM: "charts that need `helm`, which is not installed",
    KUSTOMIZE: "kustomizations that need `kustomize` or `kubectl`, which are not installed",
}
PATIENCE_S = 60.0  # for one chart or kustomization; one that reads from a network may hang
_OF_CHART = ("templates", "charts", "crds")  # its folders that rendering reads
_LIBRARY = re.compile(r"^type:\s*[\"']?library\b", re.MULTILINE)
_NAMED = ("resources", "bases", "components")  # of a kustomization: what it is made of
_PREFIX = re.compile(r"^(E\d{4} \S+ +\d+ \S+\] \"command failed\" err=< )?([Ee]rror: )?")
_LONGEST = 200  # characters of what a tool says


class Values(NamedTuple):
    """A values file for all charts, or for the chart in a folder."""

    path: str
    chart: str = ""


class Rendered(NamedTuple):
    """The files to audit, what can't be rendered (a warning for each), and how many charts and
    kustomizations nobody here can render, in words."""

    files: list[FoundFile]
    warnings: tuple[Diagnostic, ...]
    missing: tuple[tuple[str, int], ...]


class _Item(NamedTuple):
    """A chart or kustomization: its folder, its file, and those of its files that what comes of it
    stands for."""

    kind: str
    folder: str
    file: str
    covers: frozenset[str] = frozenset()


def rendered(found: Sequence[FoundFile], values: Sequence[Values], folder: str) -> Rendered:
    """The files with the output of helm and kustomize, in ``folder``, in the place of those that it
    is made of.  What can't be rendered leaves its files as they are."""
    items = [*_charts(found), *_kustomizations(found)]
    tools = {HELM: _helm(), KUSTOMIZE: _kustomize()}
    missing: dict[str, int] = {}
    todo = []
    for item in items:
        if tools[item.kind]:
            todo.append(item)
        else:
            missing[MISSING[item.kind]] = missing.get(MISSING[item.kind], 0) + 1
    commands = [(*tools[item.kind], *_arguments(item, values)) for item in todo]
    targets = [os.path.join(folder, f"{n}.yaml") for n in range(len(todo))]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        faults = list(pool.map(_run, commands, targets))
    warnings: list[Diagnostic] = []
    replaced: dict[str, FoundFile] = {}
    gone: set[str] = set()
    for item, target, fault in zip(todo, targets, faults, strict=True):
        if fault:
            warnings.append(_warning(item, fault))
            continue
        shown = os.path.join(item.folder, item.kind)
        replaced[item.file] = FoundFile(shown, False, target)
        gone.update(f.path for f in found if _is_covered(f, item))
    files = [replaced.get(f.path, f) for f in found if f.path in replaced or f.path not in gone]
    names = {f.path for f in found}
    files += [replaced[name] for name in replaced if name not in names]  # `Kustomization`
    return Rendered(files, tuple(warnings), tuple(sorted(missing.items())))


def place_of(path: str) -> str:
    """The file by a name that a report has, or the folder that was rendered."""
    folder, name = os.path.split(path)
    return folder if name in (HELM, KUSTOMIZE) else path


def _charts(found: Iterable[FoundFile]) -> Iterator[_Item]:
    """The charts that are of no other chart, and that are no library."""
    folders = {os.path.dirname(f.path) for f in found if os.path.basename(f.path) == CHART}
    for folder in sorted(folders):
        file = os.path.join(folder, CHART)
        source = read_source(file, file, Diagnostics())
        is_part = any(_is_below(folder, os.path.join(o, "charts")) for o in folders)
        if source is not None and not is_part and not _LIBRARY.search(source.text):
            yield _Item(HELM, folder, file)


def _kustomizations(found: Iterable[FoundFile]) -> Iterator[_Item]:
    """The kustomizations that no other one is made of."""
    files: dict[str, str] = {}
    for folder in dict.fromkeys(os.path.dirname(f.path) for f in found):
        for name in KUSTOMIZATIONS:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                files.setdefault(os.path.normpath(folder or os.curdir), path)
    made_of = {folder: _parts(folder, path) for folder, path in files.items()}
    used = {part for parts in made_of.values() if parts is not None for part in parts}
    for folder, file in sorted(files.items()):
        if made_of[folder] is not None and folder not in used:
            covers = frozenset(_all_parts(folder, made_of))
            yield _Item(KUSTOMIZE, os.path.dirname(file), file, covers)


def _parts(folder: str, path: str) -> tuple[str, ...] | None:
    """The files and folders that a kustomization is made of; None: it is a component, or can't be
    read."""
    source = read_source(path, path, Diagnostics())
    if source is None:
        return None
    for document in read_documents(source, Diagnostics()):
        if value_of(entry(document.root, "kind")) == "Component":
            return None
        listed = [entry(document.root, key) for key in _NAMED]
        named = [value_of(n) for one in listed if isinstance(one, YamlList) for n in one.items]
        return tuple(
            os.path.normpath(os.path.join(folder, name)) for name in named
            if isinstance(name, str) and "://" not in name
        )  # fmt: skip
    return None


def _all_parts(folder: str, made_of: dict[str, tuple[str, ...] | None]) -> Iterator[str]:
    seen: set[str] = set()
    open_ = [folder]
    while open_:
        for part in made_of.get(open_.pop()) or ():
            if part not in seen:
                seen.add(part)
                open_.append(part)
                yield part
                yield from (os.path.join(part, name) for name in KUSTOMIZATIONS if part in made_of)


def _is_covered(file: FoundFile, item: _Item) -> bool:
    """Does what comes of a chart or kustomization stand for a file that was found?"""
    if file.named:
        return False
    if item.kind == KUSTOMIZE:
        return file.path == item.file or os.path.normpath(file.path) in item.covers
    return any(_is_below(file.path, os.path.join(item.folder, part)) for part in _OF_CHART)


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.join(folder, ""))


# ---- the tools -----------------------------------------------------------------------------------


def _helm() -> tuple[str, ...]:
    found = shutil.which("helm")
    return (found, "template", "release-name") if found else ()


def _kustomize() -> tuple[str, ...]:
    for tool, verb in (("kustomize", "build"), ("kubectl", "kustomize")):
        found = shutil.which(tool)
        if found:
            return (found, verb)
    return ()


def _arguments(item: _Item, values: Sequence[Values]) -> list[str]:
    where = item.folder or os.curdir
    if item.kind == KUSTOMIZE:
        return [where]
    here = os.path.realpath(where)
    given = [v for v in values if not v.chart or os.path.realpath(v.chart) == here]
    return [where, *(part for v in given for part in ("--values", v.path))]


def _run(command: Sequence[str], target: str) -> str:
    """What is wrong, in the tool's words; empty: its output is in the target."""
    with open(target, "wb") as file:
        try:
            done = subprocess.run(  # noqa: S603 - a tool that the user asked for, without a shell
                command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE,
                timeout=PATIENCE_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return f"it has not ended after {PATIENCE_S:.0f} s."
        except OSError as error:
            return f"{error.strerror or error}."
    if done.returncode == 0:
        return ""
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    text = " ".join(" ".join(x for x in said if not x.startswith("WARNING")).split())
    text = _PREFIX.sub("", text).removesuffix(" >").removesuffix(".")
    if len(text) > _LONGEST:  # the cause comes last
        text = f"... {text[-_LONGEST:].partition(' ')[2]}"
    return f"{text}." if text else f"exit code {done.returncode}."


def _warning(item: _Item, fault: str) -> Diagnostic:
    span = Source(item.file, "").span(0, 0)
    if item.kind == HELM:
        hint = "Give its values with `--values FILE`, or `--values CHART=FILE` for one chart."
        if "missing in charts" in fault:
            hint = f"Run `helm dependency build {item.folder or os.curdir}` first."
        return Diagnostic("W346", span, f"helm can't render this chart: {fault}", hint)
    hint = f"See what `kubectl kustomize {item.folder or os.curdir}` says."
    return Diagnostic("W346", span, f"kustomize can't build this: {fault}", hint)
