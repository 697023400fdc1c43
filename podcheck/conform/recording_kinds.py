"""What a recording holds is seen from its first line; each kind has its comparison."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

from podcheck.conform.function_calls import (
    compare_columns,
    compare_phase_calls,
    compare_phase_grid,
    compare_restart_decisions,
)
from podcheck.conform.job_lives import compare_job_lives
from podcheck.conform.partial_pack import part_of_pack
from podcheck.conform.recording import Json, read_lives
from podcheck.conform.sync_plans import compare_actions
from podcheck.conform.traces import Replay, delays_end, recorded_codes
from podcheck.language.source import Source
from podcheck.results.agreement import Agreement

T = TypeVar("T")

# A key that only the first line of one kind of recording has.
_CALLS = {
    "shouldRestart": compare_restart_decisions,
    "podHasInitialized": compare_phase_calls,
    "phaseChars": compare_phase_grid,
    "restartAll": compare_actions,
    "READY": compare_columns,
}


_KINDS = {
    "shouldRestart": "restart decisions",
    "podHasInitialized": "phase calls",
    "phaseChars": "phase grid",
    "restartAll": "sync plans",
    "READY": "kubectl columns",
    "steps": "traces",
    "outcomes": "lives of Jobs",
}
# Recordings that are no question to the rules of one pod, by a key of their first line.
_PASSED_OVER = {
    "restartAll": "plans of single syncs: the steps of the rules are coarser than the calls",
    "controller": "controllers beside the kubelet, by single calls: another model than one pod's",
}


# What a record that is JSON, but not of its kind's form, leads to.
_SLIPS = (KeyError, IndexError, TypeError, ValueError, AttributeError, AssertionError)


class MalformedRecord(Exception):
    """A record is not of the form that the first line promises; the message says what is wrong."""


class UnknownRecording(Exception):
    """No kind of recording begins like this."""


def kind_of(first: Json) -> str:
    """What a recording that begins with this line holds, in a few words."""
    for key, kind in _KINDS.items():
        if key in first:
            return kind
    raise UnknownRecording


def passed_over(first: Json) -> str:
    """Why a recording that begins with this line is not replayed; empty if it is."""
    return next((reason for key, reason in _PASSED_OVER.items() if key in first), "")


def needs_specs(first: Json) -> bool:
    """Does a recording that begins with this line name pods or Jobs by their spec's name?"""
    return "steps" in first or "outcomes" in first


def compare(
    sources: Iterable[Source],
    lines: Iterable[Json],
    name: str,
    specs: Mapping[str, Json] | None = None,
    clock: bool | None = None,
    progress: Callable[[int], None] | None = None,
) -> Agreement:
    """Compare a recording with the rules.

    ``sources`` are the texts of the pack and of ``rules/conform``; ``specs`` the specs of the pods
    or Jobs that lives name.  ``clock`` says that back-off delays were short enough to end by
    themselves while the recorder waited; left out, it is found from the lives.
    ``progress`` gets the number of each record as its turn comes.
    """
    sources, lines = tuple(sources), iter(lines)
    first = next(lines, None)
    if first is None:
        return Agreement(name)
    lines = chain((first,), lines)
    if needs_specs(first):
        files = [s.name.rpartition("/")[2] for s in sources if s.name.startswith("kubernetes/")]
        pack = part_of_pack([s for s in sources if s.name.startswith("kubernetes/")], files)
        if "outcomes" in first:
            with _well_formed():
                return compare_job_lives(pack, _counted(lines, progress), specs or {}, name)
        with _well_formed():
            lives = tuple(read_lives(lines))
        named = {life.spec for life in lives}
        specs = {name: spec for name, spec in (specs or {}).items() if name in named}
        clock = delays_end(lives) if clock is None else clock
        replay = Replay(pack, specs, recorded_codes(lives, specs), clock)
        return replay.compare(_counted(lives, progress), name)
    for key, comparison in _CALLS.items():
        if key in first:
            with _well_formed():
                return comparison(sources, _counted(lines, progress), name)
    raise UnknownRecording(name)


@contextmanager
def _well_formed() -> Iterator[None]:
    try:
        yield
    except _SLIPS as error:
        detail = f"{error} is missing or unknown" if isinstance(error, KeyError) else str(error)
        raise MalformedRecord(detail) from error


def _counted(records: Iterable[T], progress: Callable[[int], None] | None) -> Iterator[T]:
    for number, record in enumerate(records, 1):
        if progress is not None:
            progress(number)
        yield record
