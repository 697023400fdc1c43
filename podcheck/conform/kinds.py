"""What a recording holds is seen from its first line; each kind has its comparison."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from podcheck.conform.actions import compare_actions
from podcheck.conform.grid import (
    compare_columns,
    compare_phase_calls,
    compare_phase_grid,
    compare_restart_decisions,
)
from podcheck.conform.parts import part_of_pack
from podcheck.conform.recording import Json, read_lives
from podcheck.conform.result import Agreement
from podcheck.conform.traces import Replay, recorded_codes
from podcheck.language.source import Source

# A key that only the first line of one kind of recording has.
_CALLS = {
    "shouldRestart": compare_restart_decisions,
    "podHasInitialized": compare_phase_calls,
    "phaseChars": compare_phase_grid,
    "restartAll": compare_actions,
    "READY": compare_columns,
}


class UnknownRecording(Exception):
    """No kind of recording begins like this."""


def needs_specs(first: Json) -> bool:
    """Does a recording that begins with this line name pods by their spec's name?"""
    return "steps" in first


def compare(
    sources: Iterable[Source],
    lines: Iterable[Json],
    name: str,
    specs: Mapping[str, Json] | None = None,
    clock: bool = False,
) -> Agreement:
    """Compare a recording with the rules.

    ``sources`` are the texts of the pack and of ``rules/conform``; ``specs`` the pod specs
    that lives name.  ``clock`` says that back-off delays were short enough to end by
    themselves while the recorder waited.
    """
    sources, lines = tuple(sources), tuple(lines)
    if not lines:
        return Agreement(name)
    if needs_specs(lines[0]):
        files = [s.name.rpartition("/")[2] for s in sources if s.name.startswith("kubernetes/")]
        pack = part_of_pack([s for s in sources if s.name.startswith("kubernetes/")], files)
        specs = specs or {}
        replay = Replay(pack, specs, recorded_codes(specs), clock)
        return replay.compare(read_lives(lines), name)
    for key, comparison in _CALLS.items():
        if key in lines[0]:
            return comparison(sources, lines, name)
    raise UnknownRecording(name)
