"""Settled results of spec files, kept in the cache: what may be kept, and how it is read back.

A result is kept under a digest of everything that it depends on.  Value tuples are JSON lists
as they stand, every field of them; only sources are written as their place in a list.
"""

from __future__ import annotations

from typing import Any

from podcheck.language.diagnostics import Diagnostic
from podcheck.language.source import Source, Span
from podcheck.loading.sources import Folder, stamped
from podcheck.results.stories import (
    ContainerStatus,
    ObservedAt,
    PodStatus,
    Replay,
    RuleCited,
    RuleFired,
    Story,
    StoryStep,
)
from podcheck.results.verdicts import ClaimResult, FileResult, Outcome, Verdict
from podcheck.storage import cache
from podcheck.verification.options import Options

_VERDICTS = {v.value: v for v in Verdict}
_SETTLED = (Verdict.HOLDS, Verdict.FAILS, Verdict.VACUOUS)


def key_of(state: str, options: Options, source: Source, folder: Folder | None) -> str:
    """What a result is kept under; ``state`` is the digest of podcheck itself.

    A text says something else in another folder, and where it may not include files (None).
    """
    place = ("nowhere",) if folder is None else ("in", folder.path)
    chosen = (*options.identity(), *place)
    return cache.digest("result", state, *chosen, source.name, source.text)


def is_settled(result: FileResult, options: Options) -> bool:
    """Whether another run would come to the same: no error, nothing given up, no limit passed."""
    if result.has_errors or options.stopped():
        return False
    known = _SETTLED if options.bound is None else (*_SETTLED, Verdict.BOUNDED)
    return all(
        claim.verdict in known and all(o.verdict in known for o in claim.outcomes)
        for claim in result.claims
    )


def store(key: str, result: FileResult, sources: tuple[Source, ...]) -> None:
    """Keep a result; ``sources`` are the file and those it includes."""
    places = {id(source): number for number, source in enumerate(sources)}

    def plain(value: Any) -> int:
        assert isinstance(value, Source)
        return places[id(value)]

    included = [stamped(s) for s in sources[1:]]
    cache.write_json(key, [included, result], default=plain)


def load(
    key: str, source: Source, folder: Folder | None
) -> tuple[FileResult, tuple[Source, ...]] | None:
    """The result kept under a key, with the sources it is about, or None.

    A result whose included files have changed is none.
    """
    kept = cache.read_json(key)
    if kept is None:
        return None
    try:
        included, result = kept
        sources = [source]
        for row in included:
            found = folder.files.unchanged(*row) if folder is not None else None
            if found is None:
                return None
            sources.append(found)
        return _Reader(sources).file(result), tuple(sources)
    except (TypeError, ValueError, LookupError, AttributeError):
        return None  # written by something that is not podcheck


def story_of(row: list[Any]) -> Story:
    """A story from what JSON makes of it; raises ``ValueError`` or the like if it is none."""
    return _Reader([]).story(row)


class _Reader:
    """Lists to value tuples; raises ``ValueError`` or the like if something does not fit."""

    def __init__(self, sources: list[Source]) -> None:
        self.sources = sources

    def span(self, row: list[int]) -> Span:
        place, start, end = row
        return Span(self.sources[place], start, end)

    def file(self, row: list[Any]) -> FileResult:
        path, diagnostics, claims, note = row[:4]  # what claims cover is not kept
        found = tuple([self.diagnostic(d) for d in diagnostics])
        return FileResult(path, found, tuple([self.claim(c) for c in claims]), note)

    def diagnostic(self, row: list[Any]) -> Diagnostic:
        code, span, message, hint = row
        return Diagnostic(code, self.span(span), message, hint)

    def claim(self, row: list[Any]) -> ClaimResult:
        kind, title, verdict, span, pods, start, assuming, policies, detail, outcomes = row[:10]
        return ClaimResult(
            kind, title, _VERDICTS[verdict], self.span(span), tuple(pods), start, assuming,
            tuple(policies), detail, tuple([self.outcome(o) for o in outcomes]),
        )  # fmt: skip

    def outcome(self, row: list[Any]) -> Outcome:
        # changed in place, which is faster: a file has hundreds of them
        row[3] = _VERDICTS[row[3]]
        row[7] = self.span(row[7])
        if row[8] is not None:
            row[8] = self.story(row[8])
        row[9] = None  # no claim of a spec has found a hazard
        if row[10] is not None:
            row[10] = tuple([RuleCited._make(rule) for rule in row[10]])
        return Outcome._make(row)

    def story(self, row: list[Any]) -> Story:
        policy, start, steps, expected, actual, decided, why, would_hold, replayed = row[:9]
        loop, since, begins, shortest, plausibility, unusual, most_ordinary, *rest = row[9:]
        shorter, observed = rest
        return Story(
            policy, start, tuple([self.step(s) for s in steps]), expected,
            tuple([(name, value) for name, value in actual]), self.rules(decided), why,
            tuple(would_hold), None if replayed is None else self.replayed(replayed), loop,
            since, begins, shortest, plausibility, tuple(unusual), most_ordinary, tuple(shorter),
            tuple(map(ObservedAt._make, observed)),
        )  # fmt: skip

    def replayed(self, row: list[Any]) -> Replay:
        spec, pod, policy, start, events, release = row
        return Replay(spec, pod, policy, start, tuple(events), release)

    def step(self, row: list[Any]) -> StoryStep:
        event, status, rules, passing = row
        return StoryStep(
            event, self.status(status), self.rules(rules), tuple([self.status(s) for s in passing])
        )

    def status(self, row: list[Any]) -> PodStatus:
        phase, reason, ready, status, restarts, containers, job = row
        shown = tuple([ContainerStatus._make(c) for c in containers])
        beside = tuple([(name, text) for name, text in job])
        return PodStatus(phase, reason, ready, status, restarts, shown, beside)

    def rules(self, rows: list[Any]) -> tuple[RuleFired, ...]:
        return tuple(map(RuleFired._make, rows))
