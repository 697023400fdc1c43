"""The findings of many manifests in groups: what is alike is said once, with its places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from podcheck.language.diagnostics import SEVERITIES, Diagnostic
from podcheck.report import sentences
from podcheck.report.cleaning import cleaned
from podcheck.report.printable import one_line, plain
from podcheck.results.verdicts import ClaimResult, FileResult, Outcome, Verdict

MANY = 10  # workloads with findings; of more the findings are grouped
UNDECIDED, FAULT = "unknown", "fault"
ORDER = (FAULT, *SEVERITIES, UNDECIDED)
COMMON = 0.6  # of the workloads: an info that holds of more is said in one line


class Place(NamedTuple):
    """Where a finding is: the workload, the container (empty: the pod), file and line."""

    title: str
    container: str
    place: str


@dataclass(slots=True)
class Group:
    """Findings of one hazard, or what was not decided for one reason.  ``first`` is the claim that
    has the first of them, and no other."""

    word: str  # error, warning, info, unknown, fault
    name: str
    first: ClaimResult
    places: list[Place] = field(default_factory=list)
    workloads: int = 0

    @property
    def outcome(self) -> Outcome:
        return self.first.outcomes[0]


@dataclass(slots=True)
class WrongInput:
    """Errors or warnings of one code: the first, and where all of them are."""

    first: Diagnostic
    places: list[str] = field(default_factory=list)


class Groups:
    """Collects the results of files, and keeps of each finding no more than its place.  What it
    keeps is fit to be shown."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], Group] = {}
        self._wrong: dict[tuple[bool, str], WrongInput] = {}
        self.workloads = 0
        self.found = 0  # workloads with findings

    def add(self, file: FileResult) -> None:
        """Take the findings of one more file."""
        for d in file.diagnostics:
            code = (not d.is_error, d.code)
            if code not in self._wrong:
                self._wrong[code] = WrongInput(cleaned(d))
            self._wrong[code].places.append(plain(sentences.spot(d.span)))
        for claim in file.claims:
            self.workloads += 1
            self.found += bool(claim.outcomes)
            kinds: set[tuple[str, str]] = set()
            for outcome in claim.outcomes:
                key = _key(outcome)
                if key not in self._groups:
                    first = claim._replace(outcomes=(outcome,))
                    self._groups[key] = Group(*key, cleaned(first))
                group = self._groups[key]
                group.places.append(place_of(claim, outcome))
                group.workloads += key not in kinds
                kinds.add(key)

    @property
    def wrong(self) -> list[WrongInput]:
        """What is wrong with the input, errors first, the most frequent code first."""
        listed = sorted(self._wrong.items(), key=lambda w: (w[0][0], -len(w[1].places), w[0][1]))
        return [wrong for _, wrong in listed]

    def sorted(self) -> list[Group]:
        """The groups, the worst first, and of those the largest."""
        return sorted(
            self._groups.values(), key=lambda g: (ORDER.index(g.word), -len(g.places), g.name)
        )

    def is_common(self, group: Group) -> bool:
        """Is it an info that holds of nearly all workloads?"""
        return group.word == SEVERITIES[-1] and group.workloads > COMMON * max(self.workloads, MANY)


def place_of(claim: ClaimResult, outcome: Outcome | None = None) -> Place:
    """Where a workload is, or a finding of it, fit to be shown."""
    container = outcome.hazard.container if outcome is not None and outcome.hazard else ""
    span = claim.span if outcome is None else outcome.span
    return Place(one_line(claim.title), one_line(container), plain(sentences.place(span)))


def _key(outcome: Outcome) -> tuple[str, str]:
    hazard = outcome.hazard
    name = hazard.name if hazard is not None else outcome.label
    if outcome.verdict is Verdict.INTERNAL:
        return FAULT, name
    if outcome.verdict is Verdict.UNKNOWN:
        return UNDECIDED, outcome.detail or name
    return hazard.severity if hazard is not None else UNDECIDED, name


def counted(groups: Groups) -> Iterator[tuple[str, int, int, str]]:
    """The rows of a summary: severity, findings, workloads, and the hazard."""
    for group in groups.sorted():
        if not groups.is_common(group):
            yield group.word, len(group.places), group.workloads, group.name


def common(groups: Groups) -> str:
    """One line about what holds of nearly all workloads, or nothing."""
    listed = [g for g in groups.sorted() if groups.is_common(g)]
    if not listed:
        return ""
    named = ", ".join(f"{g.name} ({g.workloads})" for g in listed)
    return f"info, of nearly all workloads: {named}; `podcheck explain NAME` explains one"
