"""A process beside the editor's that proves and refutes, so that the editor never waits: the latest
text of a file is checked, claim by claim, and a newer one ends what is being checked."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from podcheck.auditing.auditor import Auditor
    from podcheck.checker.incremental import Outline
    from podcheck.checker.spec_files import Checker, SpecFile
    from podcheck.results.verdicts import ClaimResult, FileResult

CANCELLED = "a newer text is there"
PATIENCE_S = 0.5  # for a check that should end; then its process is ended


class Wanted(NamedTuple):
    """A text to check: of the spec or manifest at a path, in an editor's version."""

    path: str
    version: int
    text: str
    is_manifest: bool
    number: int = 0  # of the worker's, so that it can be cancelled


class Checked(NamedTuple):
    """What is known of one claim: where its title is, its verdict in words, and the report on it
    as text."""

    start: int
    end: int
    verdict: str
    passed: bool
    report: str


class Hazard(NamedTuple):
    """A finding in a manifest: its place, how grave it is, its name, and what to say."""

    start: int
    end: int
    severity: str
    name: str
    message: str


class News(NamedTuple):
    """What has come of a text so far; ``done`` says that this is all."""

    path: str
    version: int
    claims: tuple[Checked, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    done: bool = False


class Worker:
    """Checks the latest text that it was given; ``tell`` gets the news, in a thread of its own."""

    def __init__(self, tell: Callable[[News], None]) -> None:
        self._tell = tell
        self._context = multiprocessing.get_context("spawn")
        self._lock = threading.Lock()
        self._process: multiprocessing.process.BaseProcess | None = None
        self._pipe: Connection | None = None
        self._cancelling: Connection | None = None
        self._number = 0
        self._busy = ""  # the path of the text that is being checked
        self._waiting: dict[str, Wanted] = {}

    def start(self) -> None:
        """Start the process before there is anything to check, so that the first check is quick."""
        with self._lock:
            if self._process is None:
                self._start()

    def check(self, wanted: Wanted) -> None:
        """Check a text; what is being checked ends."""
        with self._lock:
            self._waiting.pop(wanted.path, None)
            self._waiting[wanted.path] = wanted
            if self._busy == wanted.path:
                self._stop_soon()
            elif not self._busy:
                self._send()

    def cancel(self, path: str) -> None:
        """End the check of a text that is about to change."""
        with self._lock:
            self._waiting.pop(path, None)
            if self._busy == path:
                self._stop_soon()

    def close(self) -> None:
        with self._lock:
            self._waiting.clear()
            if self._process is not None:
                self._process.kill()
                self._process = None

    def _start(self) -> None:
        self._pipe, other = self._context.Pipe()
        cancelled, self._cancelling = self._context.Pipe(duplex=False)
        process = self._context.Process(target=_work, args=(other, cancelled), daemon=True)
        process.start()
        other.close()
        cancelled.close()
        self._process = process
        threading.Thread(target=self._listen, args=(self._pipe, process), daemon=True).start()

    def _send(self) -> None:
        """Give the process the text that was edited last of those that wait; the lock is held."""
        if not self._waiting:
            return
        if self._process is None or not self._process.is_alive():
            self._start()
        assert self._pipe is not None
        self._number += 1
        self._busy, wanted = self._waiting.popitem()
        self._pipe.send(wanted._replace(number=self._number))

    def _stop_soon(self) -> None:
        """Ask the process to stop, and end it if it does not; the lock is held."""
        assert self._cancelling is not None
        try:
            self._cancelling.send(self._number)
        except OSError:
            return  # it is gone; the listener sees that
        timer = threading.Timer(PATIENCE_S, self._end, (self._process, self._number))
        timer.daemon = True
        timer.start()

    def _end(self, process: multiprocessing.process.BaseProcess | None, number: int) -> None:
        with self._lock:
            if self._busy and process is self._process and number == self._number and process:
                process.kill()

    def _listen(self, pipe: Connection, process: multiprocessing.process.BaseProcess) -> None:
        while True:
            try:
                news: News = pipe.recv()
            except (EOFError, OSError):
                break
            self._tell(news)
            if news.done:
                with self._lock:
                    self._busy = ""
                    self._send()
        with self._lock:
            if process is self._process:
                self._process = None
                self._busy = ""
                self._send()


# ---- in the process ------------------------------------------------------------------------------


def _work(pipe: Connection, cancelled: Connection) -> None:
    checking = _Checking(pipe, cancelled)
    while True:
        try:
            wanted = pipe.recv()
        except (EOFError, OSError, KeyboardInterrupt):
            return
        checking.check(wanted)


class _Checking:
    def __init__(self, pipe: Connection, cancelled: Connection) -> None:
        from podcheck.checker.spec_files import Checker
        from podcheck.verification.options import Options

        self._pipe = pipe
        self._cancelled = cancelled
        self._latest = 0  # that was cancelled
        self._number = 0  # that is being checked
        self._options = Options(expired=self._expired)
        self._checker: Checker = Checker(self._options)
        self._known: dict[str, tuple[SpecFile, Outline | None]] = {}
        self._auditor: Auditor | None = None

    def _expired(self, units: int = 0) -> str:
        while self._cancelled.poll():
            self._latest = self._cancelled.recv()
        return CANCELLED if self._latest >= self._number else ""

    def check(self, wanted: Wanted) -> None:
        self._number = wanted.number
        news = News(wanted.path, wanted.version, done=True)
        try:
            news = self._manifest(wanted) if wanted.is_manifest else self._spec(wanted)
        finally:
            self._pipe.send(news)

    def _spec(self, wanted: Wanted) -> News:
        """Check a spec: after an edit only the claims that changed."""
        from podcheck.checker.incremental import edited, outline
        from podcheck.core.effort import RanOut
        from podcheck.language.source import Source
        from podcheck.loading.sources import Files, folder_of

        files = self._checker.files = Files()
        folder = files.folder(folder_of(wanted.path))
        source = Source(os.path.basename(wanted.path), wanted.text, wanted.path, wanted.path)
        latest: tuple[Checked, ...] = ()
        try:
            old, before = self._known.get(wanted.path, (None, None))
            file = edited(self._checker, old, before, source) if old and before else None
            if file is None:
                file = self._checker.open_source(source, folder)
                for number in range(len(file.claims)):
                    if self._expired():
                        break
                    file.decide(number)
                    latest = self._checked(file)
                    self._pipe.send(News(wanted.path, wanted.version, latest))
            if self._expired():
                return News(wanted.path, wanted.version, latest, done=True)
            latest = self._checked(file)
            self._known[wanted.path] = file, outline(self._checker, file)
        except RanOut:
            pass  # a newer text is there
        return News(wanted.path, wanted.version, latest, done=True)

    def _checked(self, file: SpecFile) -> tuple[Checked, ...]:
        found = []
        for number in range(len(file.claims)):
            result = file.known(number)
            if result is not None and CANCELLED not in result.detail:
                found.append(_shown(file, result))
        return tuple(found)

    def _manifest(self, wanted: Wanted) -> News:
        """Audit a manifest."""
        from podcheck.auditing.auditor import Auditor
        from podcheck.auditing.config_files import Configs
        from podcheck.auditing.findings_report import Demands, Judge
        from podcheck.auditing.work_pool import Alone
        from podcheck.language.source import Source
        from podcheck.loading.hazards import load_hazards

        if self._auditor is None:
            self._auditor = Auditor(self._options, Alone(), "info")
        source = Source(os.path.basename(wanted.path), wanted.text, wanted.path, wanted.path)
        names = tuple(h.name for h in load_hazards())
        configs = Configs(None, names)
        configs.find((wanted.path,))
        exempt = configs.exempt(wanted.path)
        judge = Judge(Demands("warning", lambda path: exempt, frozenset(), lambda: names))
        for _, read in self._auditor.read([source], frozenset((source.name,))):
            if read is None:
                continue
            for _ in self._auditor.search(self._auditor.unknown([s for s, _ in read.shapes])):
                pass
            return News(
                wanted.path, wanted.version, (), _hazards(judge.file(read, self._auditor)), True
            )
        return News(wanted.path, wanted.version, done=True)


def _shown(file: SpecFile, result: ClaimResult) -> Checked:
    from podcheck.report.sentences import headline
    from podcheck.report.terminal import PLAIN
    from podcheck.report.text import render_file
    from podcheck.results.verdicts import FileResult, Verdict

    report = "\n".join(render_file(FileResult(file.source.name, (), (result,)), PLAIN))
    passed = result.verdict is Verdict.HOLDS
    return Checked(result.span.start, result.span.end, headline(result)[0], passed, report)


def _hazards(file: FileResult) -> tuple[Hazard, ...]:
    return tuple(
        Hazard(o.span.start, o.span.end, o.hazard.severity, o.hazard.name,
               f"{o.hazard.sentence} {o.hazard.fix}".strip())
        for claim in file.claims
        for o in claim.outcomes
        if o.hazard is not None and not o.passed
    )  # fmt: skip
