"""Verdicts and the report value that every renderer takes.

The report holds facts only: no layout, no colour, no times.  Renderers read it, never the
engines.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Span
from podcheck.results.stories import RuleCited, Story


class Verdict(StrEnum):
    """What is known of a claim."""

    HOLDS = "HOLDS"
    BOUNDED = "HOLDS to k"
    FAILS = "FAILS"
    VACUOUS = "VACUOUS"
    UNKNOWN = "UNKNOWN"
    INTERNAL = "INTERNAL ERROR"


EXIT_HOLDS, EXIT_FAILS, EXIT_INPUT, EXIT_VACUOUS, EXIT_UNKNOWN, EXIT_INTERNAL = range(6)

# With several claims the exit code is the first of these that occurs.
EXIT_ORDER = (EXIT_INPUT, EXIT_INTERNAL, EXIT_FAILS, EXIT_VACUOUS, EXIT_UNKNOWN, EXIT_HOLDS)


class FoundHazard(NamedTuple):
    """A hazard that a pod has, in words; ``container`` is empty if it is about the whole pod.

    ``severity`` is one of ``diagnostics.SEVERITIES``; ``reference`` says where more is written.
    """

    name: str
    severity: str
    container: str
    sentence: str
    fix: str
    reference: str


class Tally(NamedTuple):
    """What an audit counts beside the findings that it reports.

    ``skipped`` are objects that make no pods.  Findings that are not reported: ``lesser`` than
    the severity asked for (``severity``), ``ignored`` for a reason given, ``known`` from a
    baseline.  ``gone`` are findings of the baseline that are there no more.  ``passed`` is what
    was found in folders and is not for the API server, by what it is; ``examples`` has the first
    file of each.
    """

    workloads: int
    skipped: int
    severity: str
    lesser: int
    ignored: int
    known: int
    gone: int
    passed: tuple[tuple[str, int], ...] = ()
    examples: tuple[tuple[str, str], ...] = ()


class Left(NamedTuple):
    """A question that stayed open, as a ``file`` for other solvers; empty where there is none:
    then ``missing`` says why."""

    file: str
    missing: str = ""


class Outcome(NamedTuple):
    """The answer for one pod, one policy and one question (a cell, a formula, a hazard).

    Of what is UNKNOWN ``bound``, ``frame`` and ``states`` say how far the engines came (None: one
    was not asked, or found nothing): there is no violation within ``bound`` events, nor within
    ``frame`` steps, of syncs and events; this many states were visited.

    ``rests_on`` are the rules that a proof needs (none: it holds whatever the lists decide);
    None if they were not asked for, or are not known.  ``member`` names the pod of a family, as
    `crowd(2)`; it is empty for other pods.
    """

    pod: str
    policy: str
    label: str
    verdict: Verdict  # of the claim as written; `passed` applies `refute`
    passed: bool
    detail: str  # how it was proved, why it is vacuous, how far it came
    bound: int | None
    span: Span
    story: Story | None = None
    hazard: FoundHazard | None = None  # of an audit
    rests_on: tuple[RuleCited, ...] | None = None
    frame: int | None = None
    states: int | None = None
    left: Left | None = None  # if it is UNKNOWN, and its question was to be written
    member: str = ""
    advice: str = ""  # what may help, if it is UNKNOWN: a sentence

    @property
    def which(self) -> str:
        """The pod, of a family the member."""
        return self.member or self.pod


class ClaimResult(NamedTuple):
    """A claim with the outcomes of all its questions."""

    kind: str
    title: str
    verdict: Verdict  # for a refute: HOLDS when its counterexample was found
    span: Span
    pods: tuple[str, ...]
    start: str
    assuming: str
    policies: tuple[str, ...]
    detail: str
    outcomes: tuple[Outcome, ...]
    releases: str = ""  # of Kubernetes, if several were asked about: `1.34`, `1.28 to 1.33`
    hidden: int = 0  # of an audit: findings below the severity asked for

    @property
    def failures(self) -> tuple[Outcome, ...]:
        return tuple(o for o in self.outcomes if not o.passed)


class Unmet(NamedTuple):
    """An event of a scenario or table whose expectation holds negated, too: it never happens."""

    claim: str
    pod: str
    policies: tuple[str, ...]
    event: str
    span: Span


class Coverage(NamedTuple):
    """Of a file: how many ``rules`` can decide for its pods, the ``lists`` of those that claims
    depend on, the rules that none does, and what is expected of events that never happen."""

    rules: int
    lists: tuple[str, ...]
    idle: tuple[RuleCited, ...]
    unmet: tuple[Unmet, ...]


class CrossChecked(NamedTuple):
    """Of a run whose answers were given again by other engines: how many ``twice``, and by kind of
    question how many ``once`` only; ``disagreements`` are JSON data, evidence of a fault."""

    twice: int
    once: Mapping[str, int]
    disagreements: tuple[Mapping[str, Any], ...]

    @property
    def total(self) -> int:
        return self.twice + sum(self.once.values())


class FileResult(NamedTuple):
    """A spec file: its diagnostics, or the results of its claims."""

    path: str
    diagnostics: tuple[Diagnostic, ...]
    claims: tuple[ClaimResult, ...]
    note: str = ""  # why a file was vacuous as a whole
    coverage: Coverage | None = None  # if it was asked for
    release: str = ""  # of Kubernetes, if several were asked about

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self.diagnostics)

    @property
    def quiet(self) -> FileResult:
        """The same without the claims that hold."""
        return self._replace(claims=tuple(c for c in self.claims if c.verdict is not Verdict.HOLDS))


INTERRUPTED = "interrupted before it was decided"  # the detail of a claim that was left


class Report(NamedTuple):
    """The result of a run over files, in their order."""

    files: tuple[FileResult, ...]
    bounded: bool = False  # a bound was asked for, so `HOLDS to k` counts as success
    left: tuple[str, ...] = ()  # the files that an interrupted run did not come to
    tally: Tally | None = None  # of an audit
    cross_checked: CrossChecked | None = None  # if it was asked for
    stopped: str = ""  # which limit the run has passed, in plain words
    releases: tuple[str, ...] = ()  # of Kubernetes, oldest first, if several were asked about
    if_any: bool = False  # nothing to check counts as success
    source_url: str = ""  # of a line in the repository of the specs, with `{path}` and `{line}`

    @property
    def settled(self) -> int:
        """How many claims are decided; the others are open."""
        undecided = (EXIT_UNKNOWN, EXIT_INTERNAL)
        return sum(self.exit_of(c.verdict) not in undecided for c in self.claims)

    @property
    def claims(self) -> tuple[ClaimResult, ...]:
        return tuple(c for f in self.files for c in f.claims)

    def exit_code(self) -> int:
        """The exit code of the run; see ``EXIT_ORDER``."""
        found = {self.exit_of(c.verdict) for c in self.claims}
        refused = {f.path for f in self.files if f.has_errors}
        if refused - {f.path for f in self.files if f.release and not f.has_errors}:
            found.add(EXIT_INPUT)  # what some release accepts is no wrong input
        if self.left:
            found.add(EXIT_UNKNOWN)
        elif not self.claims and EXIT_INPUT not in found:
            found.add(EXIT_HOLDS if self.if_any else EXIT_VACUOUS)
        if any(f.note for f in self.files):
            found.add(EXIT_VACUOUS)
        return next(code for code in EXIT_ORDER if code in found)

    def exit_of(self, verdict: Verdict) -> int:
        """The exit code that one verdict asks for."""
        match verdict:
            case Verdict.HOLDS:
                return EXIT_HOLDS
            case Verdict.BOUNDED:
                return EXIT_HOLDS if self.bounded else EXIT_UNKNOWN
            case Verdict.FAILS:
                return EXIT_FAILS
            case Verdict.VACUOUS:
                return EXIT_VACUOUS
            case Verdict.UNKNOWN:
                return EXIT_UNKNOWN
            case Verdict.INTERNAL:
                return EXIT_INTERNAL
