"""The rules against the second and third recordings: releases, early events, twelve situations.

What differs is known life by life (`recordings/known_differences.json`): a life that differs and
is not named there fails a test, and so does one that is named and agrees.
`PYTHONPATH=tests/support python tests/conform/test_recordings_by_release.py` writes the file anew.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from places import RECORDINGS

from podcheck.conform.json_lines import Lines
from podcheck.conform.partial_pack import part_of_pack
from podcheck.conform.recording import Json, Life, read_lives
from podcheck.conform.traces import Replay, recorded_codes
from podcheck.declarations.pack import Pack
from podcheck.loading.rules import pack_sources
from podcheck.results.agreement import Agreement

KNOWN = RECORDINGS / "known_differences.json"
FILES = sorted(str(path.relative_to(RECORDINGS)) for path in RECORDINGS.glob("*/traces_*.jsonl.gz"))
SAMPLE = 61  # one life of this many


@cache
def pack() -> Pack:
    sources = pack_sources("kubernetes")
    return part_of_pack(sources, [s.name.rpartition("/")[2] for s in sources])


@cache
def specs(folder: Path) -> Json:
    text = (folder / "traces_specs.json").read_text(encoding="utf-8")
    found: Json = json.loads(text)
    return found


def lives_of(name: str) -> tuple[Life, ...]:
    return tuple(read_lives(Lines((RECORDINGS / name).read_bytes())))


def replayed(name: str, lives: tuple[Life, ...]) -> Agreement:
    named = {life.spec for life in lives}
    known = {k: v for k, v in specs((RECORDINGS / name).parent).items() if k in named}
    replay = Replay(pack(), known, recorded_codes(lives, known))
    return replay.compare(lives, name, keep=len(lives))


def differing(agreement: Agreement) -> list[int]:
    return [d.line for d in agreement.divergences]


def known() -> dict[str, list[int]]:
    found: dict[str, list[int]] = json.loads(KNOWN.read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_sample_agrees_but_for_what_is_known(name: str) -> None:
    lives = lives_of(name)[::SAMPLE]
    found = replayed(name, lives)
    assert found.steps + sum(found.unexpressed.values()) > 5
    lines = {life.line for life in lives}
    assert differing(found) == [line for line in known()[name] if line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_every_life_agrees_but_for_what_is_known(name: str) -> None:
    found = replayed(name, lives_of(name))
    assert differing(found) == known()[name]
    assert sum(t.steps for t in found.by_kind.values()) == found.steps


def test_no_known_difference_is_forgotten() -> None:
    assert sorted(known()) == FILES


def test_each_life_is_replayed_under_its_own_release() -> None:
    """Two releases of one file differ in what they show of the same events."""
    lives = lives_of("third/traces_probes.jsonl.gz")
    assert len({life.version for life in lives}) > 1
    shown = replayed("third/traces_probes.jsonl.gz", lives[::SAMPLE])
    assert {release for _, release in shown.by_kind} == {x.release for x in lives[::SAMPLE]}


def test_what_the_rules_have_no_event_for_is_counted() -> None:
    lives = tuple(x for x in lives_of("third/traces_hang.jsonl.gz") if x.before)
    found = replayed("third/traces_hang.jsonl.gz", lives)
    assert found.unexpressed
    assert sum(t.unexpressed for t in found.by_kind.values()) == sum(found.unexpressed.values())


if __name__ == "__main__":
    lists = {name: differing(replayed(name, lives_of(name))) for name in FILES}
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(lines)}" for name, lines in lists.items())
    KNOWN.write_text("{\n" + rows + "\n}\n", encoding="utf-8")
