"""Running the checker over files, and printing what comes of it."""

from __future__ import annotations

import json
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from podcheck.checker import output_cache, result_cache
from podcheck.checker.chosen_claims import NoSuchClaimError
from podcheck.checker.output_cache import CachedOutput
from podcheck.checker.spec_files import Checker, InterruptedCheck, SpecFile
from podcheck.checker.time_shares import Shares
from podcheck.cli import output
from podcheck.cli.limits import Limits
from podcheck.core.effort import RanOut
from podcheck.declarations.releases import Release, text_of
from podcheck.loading.sources import Files
from podcheck.report import formats, text
from podcheck.report.printable import plain
from podcheck.report.terminal import Style
from podcheck.results.matrix import labelled
from podcheck.results.verdicts import FileResult, Report
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.certificate.writer import Certificates
    from podcheck.checker.chosen_claims import Chosen
    from podcheck.checker.cross_check import CrossCheck
    from podcheck.cli.progress import ProgressLine
    from podcheck.compiler.questions import CompiledSpec, Question
    from podcheck.core.answers import Finding
    from podcheck.language.source import Source
    from podcheck.results.verdicts import CrossChecked


class Printer:
    """Prints a run, file by file if it is text, and remembers what it printed."""

    def __init__(
        self, form: str, style: Style, verbose: bool, quiet: bool, progress: ProgressLine | None
    ) -> None:
        self._style = style
        self._form = form
        self._verbose = verbose
        self._quiet = quiet
        self._progress = progress
        self.printed = ""

    def print(self, printed: str) -> None:
        self.printed += printed
        output.show(printed, self._form)

    def file(self, file: FileResult) -> None:
        if self._progress is not None:
            self._progress.clear()
        if self._form == "text":
            shown = file.quiet if self._quiet else file
            lines = text.render_file(shown, self._style, self._verbose)
            self.print("".join(f"{line}\n" for line in lines))

    def releases(self, files: Sequence[FileResult], releases: Sequence[str]) -> None:
        """A file under several releases of Kubernetes."""
        if self._progress is not None:
            self._progress.clear()
        if self._form == "text":
            lines = text.render_releases(files, releases, self._style, self._verbose, self._quiet)
            self.print("".join(f"{line}\n" for line in lines))

    def note(self, note: str) -> None:
        if self._form == "text":
            self.print(note)

    def end(self, report: Report) -> None:
        if self._form == "text":
            self.print("".join(f"{line}\n" for line in text.render_end(report, self._style)))
        else:
            self.print(formats.render(report, self._form))


def verify(
    found: Sequence[str],
    files: Files,
    options: Options,
    printer: Printer,
    forms: Sequence[str],
    key: str,
    certificate: str | None,
    dump: str | None = None,
    *,
    releases: Sequence[Release] = (),
    coverage: bool = False,
    cross_check: bool = False,
    chosen: Chosen | None = None,
    source_url: str = "",
) -> CachedOutput:
    """Verify specs, printing each as soon as it is done.  Ctrl-C leaves the rest.

    ``files`` are those of the run, of which ``key`` has read some;
    ``forms`` are the formats of further reports; under ``key``, unless it is empty, the run is
    cached once all are decided; ``certificate`` is a folder for certificates, ``dump``
    one for questions that stay open;
    ``releases`` are those of Kubernetes to verify each file under, if there are several;
    ``coverage`` asks what the claims of each file leave untouched;
    ``cross_check`` has every answer given a second time by another engine; ``chosen`` are the
    claims that are asked about (None: all); ``source_url`` is where the HTML report links to.
    """
    written = _certificates(options) if certificate is not None else None
    cross = _cross_check(options) if cross_check else None
    asking = [it.answered for it in (written, cross) if it is not None]
    if asking:

        def answered(question: Question, finding: Finding) -> None:
            for tell in asking:
                tell(question, finding)

        options = options._replace(answered=answered)
    named = tuple(map(text_of, releases))
    asked = [options._replace(release=r) for r in releases] or [options]
    checkers = [Checker(each, files=files, chosen=chosen) for each in asked]
    jobs = [(path, checker) for path in found for checker in checkers]
    results: list[FileResult] = []
    dumped = 0
    included: list[Source] = []

    def show(file: FileResult) -> None:
        if named:
            results.append(labelled(file, named[len(results) % len(named)]))
            if len(results) % len(named) == 0:
                printer.releases(results[-len(named) :], named)
            return
        results.append(file)
        printer.file(file)

    def finish(file: SpecFile) -> None:
        nonlocal dumped
        result = file.covered() if coverage else file.result()
        if cross is not None:
            result = cross.compared(file, result)
        if dump is not None and file.compiled is not None:
            result, texts = _leftover(file.compiled, result, dump)
            dumped += len(texts)
        show(result)
        included.extend(file.sources[1:])
        if certificate is not None and written is not None and file.compiled is not None:
            _certify(written.files(file.compiled), certificate, printer)

    waiting: deque[SpecFile] = deque()
    try:
        for file in _opened(jobs, waiting):
            finish(file)
    except InterruptedCheck as stopped:
        for result in (stopped.result, *(file.interrupted() for file in waiting)):
            show(result)
    except KeyboardInterrupt:  # between two claims or files, or while one was compiled
        if len(results) == len(jobs):
            raise  # what is missing is in no report: a certificate of the last file
        for file in waiting:
            show(file.interrupted())
    if named and len(results) % len(named):  # the run ended between two releases of a file
        printer.releases(results[-(len(results) % len(named)) :], named)
    left = tuple(dict.fromkeys(path for path, _ in jobs[len(results) :]))
    report = Report(
        tuple(results), options.bound is not None, left, releases=named, source_url=source_url
    )
    if report.left or report.settled < len(report.claims):
        report = report._replace(stopped=options.stopped())
    wrong = any(d.is_error for f in report.files for d in f.diagnostics)
    if chosen is not None and not wrong and not report.left and (missing := chosen.missing()):
        raise NoSuchClaimError(missing)
    if cross is not None:
        report = report._replace(cross_checked=cross.counts)
        _saved(cross.counts)
    if dump is not None:
        printer.note(f"{dumped} open question{'s' * (dumped != 1)} in {plain(dump)}\n")
    printer.end(report)
    reports = tuple([formats.render(report, form) for form in forms])
    run = CachedOutput(printer.printed, reports, report.exit_code())
    if key and not report.left and all(result_cache.is_settled(f, options) for f in results):
        output_cache.store(key, run, included)
    return run


def _opened(jobs: Sequence[tuple[str, Checker]], waiting: deque[SpecFile]) -> Iterator[SpecFile]:
    """The files in their order, each when nothing more is to be tried for its claims; ``waiting``
    holds those that were opened and are not there yet.  Stops where time or memory ran out."""
    timer = jobs[0][1].options.expired if jobs else None
    shares = None
    if isinstance(timer, Limits) and timer.left() is not None:
        shares = Shares(timer, len(jobs))
    try:
        for number, (path, checker) in enumerate(jobs):
            if number:
                checker.options.go_on()
            file = checker.open(path)
            waiting.append(file)
            if shares is not None:
                shares.first(file)
            while waiting and (shares is None or not shares.is_open(waiting[0])):
                yield waiting.popleft()
    except RanOut:
        pass
    if shares is not None:
        shares.rest()
    while waiting:
        yield waiting.popleft()


def _cross_check(options: Options) -> CrossCheck:
    from podcheck.checker.cross_check import CrossCheck

    return CrossCheck(options)


def _saved(found: CrossChecked) -> None:
    """Save what engines disagree about in the current folder, a file for each spec."""
    by_spec: dict[str, list[Mapping[str, Any]]] = {}
    for evidence in found.disagreements:
        by_spec.setdefault(evidence["spec"], []).append(evidence)
    for spec, about in by_spec.items():
        named = re.sub(r"[^\w.-]+", "-", os.path.splitext(spec)[0]).strip("-.")
        path = f"podcheck-disagreement-{named}.json"
        output.write(path, json.dumps(about, indent=2, ensure_ascii=False) + "\n")
        click.echo(f"Two engines disagree, a fault of podcheck. Evidence: {path}", err=True)


def _leftover(
    spec: CompiledSpec, result: FileResult, folder: str
) -> tuple[FileResult, dict[str, str]]:
    """Write a spec's open questions; the result that names the files, and their texts."""
    from podcheck.export.open_questions import leftover

    result, texts = leftover(spec, result, folder)
    if texts:
        output.write_below(folder, texts)
    return result, texts


def _certificates(options: Options) -> Certificates:
    from podcheck.certificate.writer import Certificates

    return Certificates(options)


def _certify(texts: Mapping[str, str], folder: str, printer: Printer) -> None:
    """Write a spec's certificates, and say where they are and what has none."""
    from podcheck.certificate.folder import without

    output.write_below(folder, texts)
    if texts:
        places = {os.path.dirname(name) for name in texts}
        count = len(places) - 1  # the manifest stands above the others
        printer.note(f"{count} certificate{'s' * (count != 1)} in {plain(folder)}\n")
        for line in without(texts):
            printer.note(f"No certificate: {line}\n")
