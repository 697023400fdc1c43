"""Claims by release of Kubernetes: which hold in which, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from podcheck.results.verdicts import ClaimResult, FileResult, Report, Verdict


class Row(NamedTuple):
    """A claim, by its latest result, and its verdict under each release of a report: UNKNOWN where
    the run did not get there, None where the release does not accept the file."""

    path: str
    claim: ClaimResult
    verdicts: tuple[Verdict | None, ...]


def rows(report: Report) -> list[Row]:
    """The claims of a report over several releases, in the order of their files."""
    found: list[Row] = []
    for _, files in groupby(report.files, key=lambda file: file.path):
        found += rows_of(list(files), report.releases)
    return found


def rows_of(files: Sequence[FileResult], releases: Sequence[str]) -> list[Row]:
    """The same of one file, given its result under each release that was decided."""
    by_release = {file.release: file for file in files}
    most = max(files, key=lambda file: len(file.claims))
    found = []
    for number, claim in enumerate(most.claims):
        verdicts: list[Verdict | None] = []
        latest = claim
        for release in releases:
            file = by_release.get(release)
            if file is None:
                verdicts.append(Verdict.UNKNOWN)
            elif not file.claims:
                verdicts.append(None)
            else:
                latest = file.claims[number]
                verdicts.append(latest.verdict)
        found.append(Row(most.path, latest, tuple(verdicts)))
    return found


def ranges(values: Sequence[object], releases: Sequence[str]) -> list[tuple[int, str]]:
    """Neighbouring releases with equal values: the place of the last of them, and their names, as
    `1.28 to 1.33`."""
    found = []
    for _, group in groupby(range(len(values)), key=lambda n: values[n]):
        places = list(group)
        first, last = releases[places[0]], releases[places[-1]]
        found.append((places[-1], first if first == last else f"{first} to {last}"))
    return found


def since(row: Row, releases: Sequence[str]) -> str:
    """What the row says in words: `HOLDS 1.33 to 1.36, FAILS 1.28 to 1.32`, the latest first."""
    parts = []
    for place, named in reversed(ranges(row.verdicts, releases)):
        verdict = row.verdicts[place]
        parts.append(f"{'not accepted' if verdict is None else verdict.value} {named}")
    return ", ".join(parts)


def grouped(report: Report) -> Report:
    """The report with one result for neighbouring releases that agree about a claim, called after
    all of them."""
    files: list[FileResult] = []
    for _, group in groupby(report.files, key=lambda file: file.path):
        files += grouped_files(list(group), report.releases)
    return report._replace(files=tuple(files))


def grouped_files(files: Sequence[FileResult], releases: Sequence[str]) -> list[FileResult]:
    """The same of one file: first what is wrong with it, then its claims."""
    by_release = {file.release: file for file in files}
    found: list[FileResult] = []
    said = [by_release[r].diagnostics if r in by_release else () for r in releases]
    plain = [tuple((d.code, d.message, d.span.start) for d in one) for one in said]
    for place, named in ranges(plain, releases):
        if said[place]:
            found.append(FileResult(files[0].path, said[place], (), release=named))
    claims: list[ClaimResult] = []
    for number, row in enumerate(rows_of(files, releases)):
        for place, named in reversed(ranges(row.verdicts, releases)):
            file = by_release.get(releases[place])
            if file is not None and row.verdicts[place] is not None:
                claims.append(file.claims[number]._replace(releases=named))
    note = next((file.note for file in files if file.note), "")
    return [*found, FileResult(files[0].path, (), tuple(claims), note)]


def labelled(file: FileResult, release: str) -> FileResult:
    """A file's result, called after the release that it is about."""
    claims = tuple(claim._replace(releases=release) for claim in file.claims)
    return file._replace(claims=claims, release=release)
