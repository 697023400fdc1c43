"""The main job: spec files in, a report out.

A spec that was compiled before is taken from the cache, so that neither the parser nor the
rule pack is loaded for it; verdicts are never cached here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from podcheck import cache, files
from podcheck.answering import Options, Starts, Workspace, unsettled, verify
from podcheck.interpret.starts import freeze_prepared, thaw_prepared
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.model.frozen import freeze, thaw
from podcheck.model.questions import CompiledSpec
from podcheck.reading import find_specs, read_source
from podcheck.verdict import ClaimResult, FileResult

if TYPE_CHECKING:
    from podcheck.model.pack import Pack
    from podcheck.model.plan import Plan
    from podcheck.story import Narrator


class InterruptedCheck(KeyboardInterrupt):
    """A file was interrupted; ``result`` is what was settled, the rest is UNKNOWN."""

    def __init__(self, result: FileResult) -> None:
        super().__init__()
        self.result = result


class Checker:
    """Checks files one after the other; the rule pack is loaded when the first needs it."""

    def __init__(self, options: Options, pack: Pack | None = None) -> None:
        self.options = options
        self._pack = pack
        self._own_pack = pack is not None
        self._digest = ""
        self._workspace: Workspace | None = None  # of the file at hand; freed with the next

    @property
    def pack(self) -> Pack:
        if self._pack is None:
            from podcheck.rules.loader import load_pack

            self._pack = load_pack()
        return self._pack

    def check_paths(self, paths: tuple[str, ...]) -> Iterator[FileResult]:
        """The result of every spec file that the paths name, in order."""
        for path, _ in find_specs(paths):
            yield self.check_file(path)

    def check_file(self, path: str) -> FileResult:
        """The result of one spec file."""
        diagnostics = Diagnostics()
        source = read_source(path, path, diagnostics)
        if source is None:
            return FileResult(path, diagnostics.sorted(), ())
        return self.check_source(source, os.path.dirname(os.path.abspath(path)))

    def check_source(self, source: Source, folder: str | None) -> FileResult:
        """The result of a spec's text; includes are looked up in the folder (None: refused).

        Raises :class:`InterruptedCheck` when a Ctrl-C comes between two claims or in one.
        """
        diagnostics = Diagnostics()
        plans: list[Plan] = []
        starts: Starts = {}
        compiled = self._cached(source, folder, starts)
        known = len(starts)
        if compiled is None:
            compiled = self._compile(source, folder, diagnostics, plans)
        if compiled is None:
            return FileResult(source.name, diagnostics.sorted(), ())

        def narrate(index: int) -> Narrator:
            from podcheck.story import narrator_for

            if not plans:
                self._compile(source, folder, Diagnostics(), plans)
            grounder = plans[0].pods[index].grounder
            return narrator_for(grounder.pack, grounder.pod, grounder.elaborator.settings)

        self._workspace = Workspace()
        results: list[ClaimResult] = []
        try:
            results.extend(verify(compiled, self.options, narrate, starts, self._workspace))
        except KeyboardInterrupt:
            left = compiled.claims[len(results) :]
            settled = (*results, *(unsettled(claim) for claim in left))
            result = FileResult(source.name, compiled.diagnostics, settled)
            raise InterruptedCheck(result) from None
        if plans or len(starts) > known:
            self._keep(source, folder, compiled, starts)
        note = "" if results else "this file claims nothing"
        return FileResult(source.name, compiled.diagnostics, tuple(results), note)

    # ---- compiling ---------------------------------------------------------------------

    def _compile(
        self, source: Source, folder: str | None, diagnostics: Diagnostics, plans: list[Plan]
    ) -> CompiledSpec | None:
        """Parse and ground a spec; None if it has errors (they are in the diagnostics)."""
        from podcheck.load import spec_of
        from podcheck.model.plan import make_plan

        spec = spec_of(source, folder, diagnostics)
        plan = make_plan(spec, self.pack, diagnostics)
        if diagnostics.has_errors:
            return None
        compiled = plan.compiled(diagnostics.sorted())
        plans.append(plan)
        return compiled

    def _keep(
        self, source: Source, folder: str | None, compiled: CompiledSpec, starts: Starts
    ) -> None:
        """Write a compiled spec, and what its preparations led to, into the cache."""
        if self._own_pack:
            return
        included = [[s.name, s.text] for s in compiled.sources[1:]]
        prepared = [[*key, freeze_prepared(value)] for key, value in starts.items()]
        data = {"included": included, "spec": freeze(compiled), "starts": prepared}
        cache.write_json(self._key(source, folder), data)

    def _key(self, source: Source, folder: str | None) -> str:
        if not self._digest:
            self._digest = cache.digest(*files.code_state(), *files.texts("rules", "kubernetes"))
        return cache.digest("spec", self._digest, source.name, folder or "", source.text)

    def _cached(self, source: Source, folder: str | None, starts: Starts) -> CompiledSpec | None:
        if self._own_pack:
            return None
        stored: Any = cache.read_json(self._key(source, folder))
        if stored is None:
            return None
        try:
            sources = [source]
            for name, text in stored["included"]:
                found = read_source(name, name, Diagnostics())
                if found is None or found.text != text:
                    return None
                sources.append(found)
            compiled = thaw(stored["spec"], tuple(sources))
            for plan, name, policy, data in stored["starts"]:
                starts[plan, name, policy] = thaw_prepared(data)
            return compiled
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            starts.clear()
            return None  # a damaged cache file
