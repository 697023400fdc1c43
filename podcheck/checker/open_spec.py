"""Compiled specs: parsed and grounded now, or taken from the cache.

A spec that was compiled before needs neither the parser nor the rule pack.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from podcheck.checker.outcomes import decide, undecided, verifiers_for
from podcheck.compiler.compiled_json import freeze, thaw
from podcheck.compiler.questions import CompiledSpec
from podcheck.explicit.preparations import freeze_prepared, thaw_prepared
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import Folder, stamped
from podcheck.results.verdicts import ClaimResult, Coverage, FileResult
from podcheck.storage import cache
from podcheck.symbolic.session import Workspace
from podcheck.verification.options import Options
from podcheck.verification.pod_context import Starts

if TYPE_CHECKING:
    from podcheck.checker.outcomes import PodVerifier
    from podcheck.compiler.plan import Plan
    from podcheck.declarations.pack import Pack
    from podcheck.declarations.releases import Release
    from podcheck.declarations.spec import Spec
    from podcheck.explanation.narrator import Narrator
    from podcheck.explanation.proof_reasons import Reasons


class Compiler:
    """Compiles specs under one rule pack, which is loaded when the first needs it.

    ``state`` is the digest of podcheck and the pack; without one nothing is kept.  ``release`` is
    the release of Kubernetes that specs are about, whichever they name.
    """

    def __init__(
        self, state: str | None, pack: Pack | None = None, release: Release | None = None
    ) -> None:
        self._state = state
        self._pack = pack
        self._release = release

    @property
    def pack(self) -> Pack:
        if self._pack is None:
            from podcheck.loading.rules import load_pack

            self._pack = load_pack()
        return self._pack

    def spec(self, source: Source, folder: Folder | None, diagnostics: Diagnostics) -> Spec:
        """The declarations of a text and of what it includes."""
        from podcheck.loading.specs import spec_of

        spec = spec_of(source, folder, diagnostics)
        if self._release is not None:
            spec.version = spec.kubelet = self._release
        return spec

    def plan(self, spec: Spec, diagnostics: Diagnostics, *, selectors: bool = False) -> Plan | None:
        """A spec, grounded; None if it has errors (they are in the diagnostics)."""
        from podcheck.compiler.plan import make_plan

        plan = make_plan(spec, self.pack, diagnostics, selectors=selectors)
        return None if diagnostics.has_errors else plan

    def _key(self, state: str, source: Source, folder: Folder | None) -> str:
        place = "" if folder is None else folder.path
        return cache.digest("spec", state, str(self._release), source.name, place, source.text)

    def write(
        self, source: Source, folder: Folder | None, compiled: CompiledSpec, starts: Starts
    ) -> None:
        """Keep a compiled spec, and what its preparations led to."""
        if self._state is None:
            return
        included = [stamped(s) for s in compiled.sources[1:]]
        prepared = [[*key, freeze_prepared(value)] for key, value in starts.items()]
        data = {"included": included, "spec": freeze(compiled), "starts": prepared}
        cache.write_json(self._key(self._state, source, folder), data)

    def read(self, source: Source, folder: Folder | None) -> tuple[CompiledSpec, Starts] | None:
        """A spec that was kept, if the files it includes are what they were."""
        if self._state is None:
            return None
        stored: Any = cache.read_json(self._key(self._state, source, folder))
        if stored is None:
            return None
        try:
            sources = [source]
            for row in stored["included"]:
                found = folder.files.unchanged(*row) if folder is not None else None
                if found is None:
                    return None
                sources.append(found)
            compiled = thaw(stored["spec"], tuple(sources))
            starts: Starts = {}
            for plan, name, policy, data in stored["starts"]:
                starts[plan, name, policy] = thaw_prepared(data)
            return compiled, starts
        except (KeyError, TypeError, ValueError, IndexError, AttributeError):
            return None  # written by something that is not podcheck


class _Planning:
    """Makes and remembers the plan of a spec.

    What settles claims refers to this, never to the ``OpenSpec``: with a cycle of references a
    spec's solvers, some ten megabytes, would stay in memory until Python's cycle collector runs.
    """

    def __init__(
        self, compiler: Compiler, source: Source, folder: Folder | None, part: Spec | None
    ) -> None:
        self._compiler = compiler
        self._source = source
        self._folder = folder
        self._part = part
        self._plan: Plan | None = None

    def plan(self, diagnostics: Diagnostics, *, selectors: bool = False) -> Plan | None:
        """A plan made anew; None if the spec has errors."""
        spec = self._part or self._compiler.spec(self._source, self._folder, diagnostics)
        return self._compiler.plan(spec, diagnostics, selectors=selectors)

    def first(self, diagnostics: Diagnostics) -> Plan | None:
        """A plan that stories will use too."""
        self._plan = self.plan(diagnostics)
        return self._plan

    def selected(self) -> CompiledSpec:
        """The spec with rules whose lines can be taken back, one by one."""
        plan = self.plan(Diagnostics(), selectors=True)
        assert plan is not None
        return plan.compiled(())

    def narrator(self, index: int) -> Narrator:
        """Tells stories about a pod, by its place in the plan."""
        from podcheck.explanation.narrator import Narrator

        plan = self._plan or self.first(Diagnostics())
        assert plan is not None
        return Narrator(plan.pods[index].grounder)


class OpenSpec:
    """One spec, compiled: its claims are decided one by one, in any order.

    ``part`` is the spec with some of its claims left out, if not all are asked about; what was
    compiled of it is not kept.
    """

    def __init__(
        self,
        compiler: Compiler,
        source: Source,
        folder: Folder | None,
        options: Options,
        part: Spec | None = None,
    ) -> None:
        self._compiler = compiler
        self._source = source
        self._folder = folder
        self._options = options
        self._part = part
        self._planning = _Planning(compiler, source, folder, part)
        self._verifiers: list[PodVerifier] | None = None  # made when the first claim is decided
        self._kept = -1  # how many of the starts are in the cache; -1: nothing is
        self._starts: Starts = {}
        self.compiled: CompiledSpec | None = None
        self.diagnostics: tuple[Diagnostic, ...] = ()
        found = compiler.read(source, folder) if part is None else None
        if found is not None:
            self.compiled, self._starts = found
            self._kept = len(self._starts)
            self.diagnostics = self.compiled.diagnostics
        else:
            diagnostics = Diagnostics(options.go_on)
            plan = self._planning.first(diagnostics)
            self.diagnostics = diagnostics.sorted()
            if plan is not None:
                self.compiled = plan.compiled(self.diagnostics)

    def _reasons(self) -> Reasons | None:
        if not self._options.reasons:
            return None
        from podcheck.explanation.proof_reasons import Reasons

        return Reasons(self._planning.selected, self._options)

    def decide(self, number: int) -> ClaimResult:
        """The result of a claim, by its place in the file."""
        assert self.compiled is not None
        if self._options.progress is not None:
            self._options.progress.claim(self.compiled.claims[number])
        if self._verifiers is None:
            self._verifiers = verifiers_for(
                self.compiled, self._options, self._planning.narrator, self._starts, Workspace(),
                self._reasons(),
            )  # fmt: skip
        return decide(self.compiled, self._verifiers, number)

    def renew(self) -> None:
        """Let go of what the engines have learnt, and of their memory."""
        self._verifiers = None

    def coverage(self, result: FileResult) -> Coverage | None:
        """What the claims, with this result, leave untouched; None if there are errors."""
        from podcheck.explanation.coverage import coverage_of

        plan = self._planning.plan(Diagnostics())
        return None if plan is None else coverage_of(plan, result)

    def undecided(self, number: int) -> ClaimResult:
        """The result of a claim that an interrupted run did not settle."""
        assert self.compiled is not None
        return undecided(self.compiled.claims[number])

    def keep(self) -> None:
        """Keep what was compiled and prepared, unless it is in the cache already."""
        if self.compiled is not None and self._part is None and len(self._starts) > self._kept:
            self._compiler.write(self._source, self._folder, self.compiled, self._starts)
            self._kept = len(self._starts)
