"""The main job: spec files in, results out.

What was decided before is taken from the cache; only for the rest the parser, the rules and
the engines are loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from podcheck.checker import result_cache
from podcheck.language.diagnostics import Diagnostic, Diagnostics
from podcheck.language.source import Source
from podcheck.loading.sources import Files, Folder, find_specs, folder_of
from podcheck.results.verdicts import ClaimResult, FileResult
from podcheck.storage import cache
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.checker.chosen_claims import Chosen
    from podcheck.checker.open_spec import Compiler, OpenSpec
    from podcheck.compiler.questions import ClaimHead, CompiledSpec
    from podcheck.declarations.pack import Pack


class InterruptedCheck(KeyboardInterrupt):
    """A file was interrupted; ``result`` is what was decided, the rest is UNKNOWN."""

    def __init__(self, result: FileResult) -> None:
        super().__init__()
        self.result = result


class Checker:
    """Checks files one after the other, with the rule pack that ships or with one of the
    caller's; results under the latter are not kept.

    ``files`` are those of the run: what was read through them already is not read again.
    ``chosen`` are the claims that are asked about (None: all).
    """

    def __init__(
        self,
        options: Options,
        pack: Pack | None = None,
        files: Files | None = None,
        chosen: Chosen | None = None,
    ) -> None:
        self.options = options
        self.chosen = chosen
        self.files = files or Files()
        self._pack = pack
        self._compiler: Compiler | None = None
        self._state: str | None = None
        # the solver's memory is freed with the next file; the file itself would refer to us
        self._latest: OpenSpec | None = None

    @property
    def compiler(self) -> Compiler:
        if self._compiler is None:
            from podcheck.checker.open_spec import Compiler

            self._compiler = Compiler(self.state, self._pack, self.options.release)
        return self._compiler

    @property
    def state(self) -> str | None:
        """The digest of all that a result depends on besides spec and options; None: it is not
        known, because the rule pack came as a value."""
        if self._state is None and self._pack is None:
            self._state = cache.state_of_podcheck()
        return self._state

    def check_paths(self, paths: tuple[str, ...]) -> Iterator[FileResult]:
        """The result of every spec file that the paths name, in order."""
        for path, _ in find_specs(paths):
            yield self.check_file(path)

    def check_file(self, path: str) -> FileResult:
        """The result of one spec file."""
        return self.open(path).result()

    def check_source(self, source: Source, folder: Folder | None) -> FileResult:
        """The result of a spec's text; includes are looked up in the folder (None: refused).

        Raises :class:`InterruptedCheck` when a Ctrl-C comes between two claims or in one.
        """
        return self.open_source(source, folder).result()

    def open_source(self, source: Source, folder: Folder | None) -> SpecFile:
        """A spec's text, whose claims can be decided one by one."""
        return self._opened(SpecFile(self, source, folder, ()))

    def open(self, path: str) -> SpecFile:
        """A spec file whose claims can be decided one by one."""
        diagnostics = Diagnostics()
        source = self.files.source(path, path, diagnostics)
        if source is None:
            return SpecFile(self, Source(path, ""), None, diagnostics.sorted())
        return self._opened(SpecFile(self, source, self.folder_of(source), ()))

    def folder_of(self, source: Source) -> Folder:
        """Where a spec that was read from a file may include files from."""
        return Folder(folder_of(source.path), self.files)

    def _opened(self, file: SpecFile) -> SpecFile:
        self._latest = file.compile()
        return file


class SpecFile:
    """A spec file with its claims, decided already or one by one.

    ``claims`` are the claims as they were written, or their results; both have kind, title
    and place.  There are none if the diagnostics hold an error.  ``sources`` are the file and
    those it includes, as far as they are known; ``folder`` is where it may include files from
    (None: nowhere).
    """

    def __init__(
        self,
        checker: Checker,
        source: Source,
        folder: Folder | None,
        unreadable: tuple[Diagnostic, ...],
    ) -> None:
        self._checker = checker
        self.folder = folder
        self._open: OpenSpec | None = None
        self._results: dict[int, ClaimResult] = {}
        self.source = source
        self.sources: tuple[Source, ...] = (source,)
        self.diagnostics = unreadable
        self.claims: tuple[ClaimHead | ClaimResult, ...] = ()

    def compile(self) -> OpenSpec | None:
        """Take the results from the cache, or find out, and return, what there is to settle."""
        state = self._checker.state
        self._key = ""
        if state is not None:
            self._key = result_cache.key_of(state, self._checker.options, self.source, self.folder)
            told = self._checker.options.answered is not None  # so engines have to answer
            known = None if told else result_cache.load(self._key, self.source, self.folder)
            if known is not None:
                result, sources = known
                self.diagnostics = result.diagnostics
                self.take(result.claims, sources)
                return None
        from podcheck.checker.open_spec import OpenSpec

        self._open = OpenSpec(
            self._checker.compiler, self.source, self.folder, self._checker.options
        )
        self.diagnostics = self._open.diagnostics
        if self._open.compiled is not None:
            self.claims = self._open.compiled.claims
            self.sources = self._open.compiled.sources
        return self._open

    @property
    def compiled(self) -> CompiledSpec | None:
        """What there is to settle; None if the results were known, or the spec has errors."""
        return None if self._open is None else self._open.compiled

    def take(self, results: tuple[ClaimResult, ...], sources: tuple[Source, ...]) -> None:
        """Take results that are known already."""
        self.claims, self.sources = results, sources
        self._results = dict(enumerate(results))

    @property
    def numbers(self) -> Sequence[int]:
        """The places of the claims that are asked about.  Raises ``NoSuchClaimError``."""
        chosen = self._checker.chosen
        everything = range(len(self.claims))
        return everything if chosen is None else chosen.numbers(self.source, self.claims)

    @property
    def note(self) -> str:
        """Why the file as a whole is vacuous."""
        wrong = any(d.is_error for d in self.diagnostics)
        return "" if self.claims or wrong else "this file claims nothing"

    def decide(self, number: int) -> ClaimResult:
        """The result of a claim, by its place in the file."""
        if number not in self._results:
            assert self._open is not None
            self._results[number] = self._open.decide(number)
            if len(self._results) == len(self.claims):
                self.keep()
        return self._results[number]

    def known(self, number: int) -> ClaimResult | None:
        """The result of a claim, if there is one."""
        return self._results.get(number)

    def attempt(self, number: int) -> ClaimResult:
        """The result of a claim, found out anew: what was cut short is not gone on with."""
        if self._results.pop(number, None) is not None and self._open is not None:
            self._open.renew()
        return self.decide(number)

    def put(self, number: int, result: ClaimResult) -> None:
        """Take a result that was found before."""
        self._results[number] = result

    def keep(self) -> None:
        """Write what was found into the cache: the results once all are there."""
        if self._open is None:
            return
        self._open.keep()
        if self._key and len(self._results) == len(self.claims):
            result = self.result()
            if result_cache.is_settled(result, self._checker.options):
                result_cache.store(self._key, result, self.sources)

    def result(self) -> FileResult:
        """The file's result; settles what is not settled.

        Raises :class:`InterruptedCheck` when a Ctrl-C comes between two claims or in one.
        """
        try:
            claims = tuple([self.decide(n) for n in self.numbers])
        except KeyboardInterrupt:
            raise InterruptedCheck(self.interrupted()) from None
        return FileResult(self.source.name, self.diagnostics, claims, self.note)

    def covered(self) -> FileResult:
        """The file's result with what its claims leave untouched; engines have to answer."""
        from podcheck.checker.open_spec import OpenSpec

        result = self.result()
        spec = self._open or OpenSpec(
            self._checker.compiler, self.source, self.folder, self._checker.options
        )
        return result._replace(coverage=spec.coverage(result))

    def interrupted(self) -> FileResult:
        """What is decided; the rest is UNKNOWN."""
        claims = list(self._results.values())
        if self._open is not None:
            claims = [self._results.get(n) or self._open.undecided(n) for n in self.numbers]
        return FileResult(self.source.name, self.diagnostics, tuple(claims))
