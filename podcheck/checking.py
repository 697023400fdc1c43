"""The main job: spec files in, a report out."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.language.diagnostics import Diagnostics
from podcheck.load import find_specs, load_spec
from podcheck.model.pack import Pack
from podcheck.model.plan import Plan, make_plan
from podcheck.model.spec import Spec
from podcheck.rules.loader import load_pack
from podcheck.verdict import ClaimResult, FileResult
from podcheck.verify import Options, verify


def check_files(paths: tuple[str, ...], options: Options) -> Iterator[FileResult]:
    """The result of every spec file that the paths name, one after the other."""
    pack: list[Pack] = []
    for path, exists in find_specs(paths):
        if not exists:
            diagnostics = Diagnostics()
            load_spec(path, diagnostics)
            yield FileResult(path, diagnostics.sorted(), ())
            continue
        if not pack:
            pack.append(load_pack())
        yield check_file(path, pack[0], options)


def check_file(path: str, pack: Pack, options: Options) -> FileResult:
    """The result of one spec file."""
    diagnostics = Diagnostics()
    spec = load_spec(path, diagnostics)
    if spec is None:
        return FileResult(path, diagnostics.sorted(), ())
    return check_spec(path, spec, pack, diagnostics, options)


def check_spec(
    path: str, spec: Spec, pack: Pack, diagnostics: Diagnostics, options: Options
) -> FileResult:
    """The result of a spec that has been read; nothing is solved if it has errors."""
    plan: Plan = make_plan(spec, pack, diagnostics)
    if diagnostics.has_errors:
        return FileResult(path, diagnostics.sorted(), ())
    results: list[ClaimResult] = list(verify(plan, options))
    note = "" if results else "this file claims nothing"
    return FileResult(path, diagnostics.sorted(), tuple(results), note)
