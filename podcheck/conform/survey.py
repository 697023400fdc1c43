"""Replays recordings of any kind, one after the other, and says what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, takewhile
from typing import NamedTuple

from podcheck.conform.json_lines import Lines, Unreadable, read_whole
from podcheck.conform.pod_specs import UnknownSpec
from podcheck.conform.recording import Json
from podcheck.conform.recording_kinds import (
    MalformedRecord,
    UnknownRecording,
    compare,
    kind_of,
    needs_specs,
    passed_over,
)
from podcheck.conform.traces import NotPlayable
from podcheck.language.source import Source
from podcheck.results.agreement import Outcome, PassedOver, Replayed, Unread

# What each spec of a pod, or of a Job, has, and what a file of them is.
_IN_SPECS = {"podSpec": "the pod specs of traces", "template": "the specs of recorded Jobs"}

Progress = Callable[[str, int], None]  # a recording's name and how many records it has replayed


class Recording(NamedTuple):
    """A file: its name, its bytes, and the JSON files beside it, where specs may stand."""

    name: str
    data: bytes
    beside: tuple[tuple[str, bytes], ...] = ()


def survey(
    sources: Iterable[Source], recordings: Iterable[Recording], progress: Progress | None = None
) -> Iterator[Outcome]:
    """The outcome of each recording, in order."""
    texts = tuple(sources)
    for recording in recordings:
        yield replay(texts, recording, progress)


def replay(
    sources: tuple[Source, ...], recording: Recording, progress: Progress | None = None
) -> Outcome:
    """Compare one recording with the rules."""
    name, data = recording.name, recording.data
    if name.removesuffix(".gz").endswith(".json"):
        return PassedOver(name, _whole(data))
    lines = Lines(data)
    try:
        records = iter(lines)
        first = next(records, None)
        if first is None:
            return PassedOver(name, "it has no records")
        reason = passed_over(first)
        if reason:
            return PassedOver(name, reason)
        kind = kind_of(first)
        specs = _specs(recording, first) if needs_specs(first) else None
        told = None if progress is None else partial(progress, name)
        agreement = compare(sources, chain((first,), records), name, specs, progress=told)
        agreement.kind = kind
    except (Unreadable, NotPlayable) as error:
        return Unread(name, error.line, str(error))
    except UnknownSpec as error:
        return Unread(name, 0, str(error))
    except UnknownRecording:
        return Unread(name, lines.number, "this is no kind of recording that podcheck knows")
    except MalformedRecord as error:
        message = f"the record is not of the form that its first line promises ({error})"
        return Unread(name, lines.number, message)
    if not agreement.steps:
        return PassedOver(name, "nothing in it can be compared")
    return Replayed(name, agreement)


def _whole(data: bytes) -> str:
    value = read_whole(data)
    if value is None:
        return "it is no JSON value, and a recording is named .jsonl"
    return _specs_in(value) or "it has no records, one a line"


def _specs_in(value: object) -> str:
    """What a JSON value that holds specs is; empty if it holds none."""
    if not isinstance(value, dict) or not value:
        return ""
    for key, what in _IN_SPECS.items():
        if all(isinstance(v, dict) and key in v for v in value.values()):
            return what
    return ""


def _specs(recording: Recording, first: Json) -> Mapping[str, Json]:
    """The specs of a file of lives: of the files beside it those that hold some.

    Of two specs of one name that in the file named most like the recording counts.
    """
    found: dict[str, Json] = {}
    for _, data in sorted(recording.beside, key=lambda file: _likeness(file[0], recording.name)):
        value = read_whole(data)
        if _specs_in(value):
            assert isinstance(value, dict)
            found.update(value)
    if not found:
        whose, usual = ("pod", "traces") if "steps" in first else ("Job", "job")
        message = (
            f"the {whose} specs are missing: a .json file beside it ({usual}_specs.json) has them"
        )
        raise Unreadable(message, 1)
    return found


def _likeness(a: str, b: str) -> int:
    """How many characters two names have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(a, b, strict=False)))
