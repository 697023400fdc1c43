"""The pytest plugin: `pytest specs/` collects `.pod` files, one item a claim.

A claim that holds passes; whatever else comes of it fails, with what `podcheck verify` prints.
A file with errors can't be collected, as a test module with a syntax error can't; a file that
claims nothing has one item, which fails.

A project without `.pod` files pays for this module alone: nothing else of podcheck is imported
before the first one is met.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from _pytest._code.code import ExceptionInfo, TerminalRepr  # what `repr_failure` may return
from _pytest._io import TerminalWriter

if TYPE_CHECKING:
    from podcheck.checker.spec_files import Checker, SpecFile
    from podcheck.report.terminal import Style
    from podcheck.results.verdicts import ClaimResult

_CHECKER = pytest.StashKey["Checker"]()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect `.pod` files."""
    if file_path.suffix != ".pod":
        return None
    return PodFile.from_parent(parent, path=file_path)


class PodFile(pytest.File):
    """A spec file; its items are its claims, in the order of the text."""

    _spec: SpecFile | None = None

    @property
    def spec(self) -> SpecFile:
        """The file, open.  All files share a checker, and with it the rule pack."""
        if self._spec is None:
            shown = os.path.relpath(self.path, self.config.invocation_params.dir)
            self._spec = _checker(self.config).open(shown)
        return self._spec

    def collect(self) -> Iterable[pytest.Item]:
        if any(d.is_error for d in self.spec.diagnostics):
            raise self.CollectError("\n".join(_errors(self.spec)))
        if not self.spec.claims:
            yield ClaimsNothing.from_parent(self, name="claims nothing")
        names: list[str] = []
        for number, claim in enumerate(self.spec.claims):
            again = names.count(claim.title)
            names.append(claim.title)
            name = f"{claim.title} ({again + 1})" if again else claim.title
            yield Claim.from_parent(self, name=name, number=number, kind=claim.kind)
        self._close()  # all files are collected before the first claim runs

    def teardown(self) -> None:
        """After the last claim."""
        self._close()

    def _close(self) -> None:
        """Put what was compiled into the cache, and free its memory and the solver's."""
        self.spec.keep()
        self._spec = None


class Claim(pytest.Item):
    """One claim.  Its kind is a keyword: `-k refute` runs the refutations."""

    parent: PodFile

    def __init__(self, *, number: int, kind: str, **given: Any) -> None:
        super().__init__(**given)
        self.number = number
        self.kind = kind
        self.extra_keyword_matches.add(kind)

    def runtest(self) -> None:
        from podcheck.results.verdicts import Verdict

        result = self.parent.spec.decide(self.number)
        self.user_properties.append(("verdict", result.verdict.value))
        if result.verdict is not Verdict.HOLDS:
            raise DoesNotHold(result)

    def repr_failure(
        self, excinfo: ExceptionInfo[BaseException], *args: Any, **given: Any
    ) -> str | TerminalRepr:
        if isinstance(excinfo.value, DoesNotHold):
            return Told(excinfo.value.result)
        return super().repr_failure(excinfo, *args, **given)

    def reportinfo(self) -> tuple[Path, int, str]:
        line = self.parent.spec.claims[self.number].span.line
        return self.path, line - 1, f'{self.kind} "{self.name}"'


class ClaimsNothing(pytest.Item):
    """What a file without claims is tested for; it would be a green run of nothing."""

    def runtest(self) -> None:
        pytest.fail("VACUOUS: this file claims nothing", pytrace=False)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, 0, self.name


class DoesNotHold(Exception):
    """A claim did not pass."""

    def __init__(self, result: ClaimResult) -> None:
        super().__init__(result.title)
        self.result = result


class Crash(NamedTuple):
    """What pytest's summary and JUnit's `message` say of a failure: one line."""

    message: str


class Told(TerminalRepr):
    """A claim that did not pass, as `podcheck verify` tells it; colours on a terminal only."""

    def __init__(self, result: ClaimResult) -> None:
        self.result = result
        stories = [o.story.why for o in result.failures if o.story is not None]
        why = [result.detail, *stories, *(o.detail for o in result.failures)]
        self.reprcrash = Crash(": ".join([result.verdict, *[w for w in why if w][:1]]))

    def __str__(self) -> str:
        return "\n".join(self._lines(_style(False)))

    def toterminal(self, tw: TerminalWriter) -> None:
        for line in self._lines(_style(tw.hasmarkup)):
            tw.line(line)

    def _lines(self, style: Style) -> Iterable[str]:
        from podcheck.report.text import render_claim

        return render_claim(self.result, style)


def _checker(config: pytest.Config) -> Checker:
    from podcheck.checker.spec_files import Checker
    from podcheck.verification.options import Options

    if _CHECKER not in config.stash:
        config.stash[_CHECKER] = Checker(Options())
    return config.stash[_CHECKER]


def _style(colour: bool) -> Style:
    from podcheck.report.terminal import Style

    return Style(colour)


def _errors(spec: SpecFile) -> Iterable[str]:
    from podcheck.report.text import render_diagnostic

    for diagnostic in spec.diagnostics:
        if diagnostic.is_error:
            yield from render_diagnostic(diagnostic, _style(False))
