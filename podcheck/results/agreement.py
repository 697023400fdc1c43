"""What comparisons with recordings found: counts, and the first steps that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from podcheck.results.stories import RuleFired


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first step of a recorded life that the rules do not allow, or one wrong call.

    ``expected`` are the recorded values of the fields that differ, ``actual`` the rules'.
    ``recorded`` is the whole recorded status, ``allowed`` are those the rules allow there, and
    ``rules`` are the rules that decided the fields that differ.
    """

    source: str
    line: int
    pod: str
    events: tuple[str, ...]
    expected: tuple[tuple[str, str], ...]
    actual: tuple[tuple[str, str], ...]
    recorded: Mapping[str, str] = field(default_factory=dict)
    allowed: tuple[Mapping[str, str], ...] = ()
    rules: tuple[RuleFired, ...] = ()


@dataclass(slots=True)
class Tally:
    """The steps of one kind of life on one release: compared, agreeing, with one status only.

    ``unexpressed`` are steps that are not compared, as the rules have no event for what happened.
    """

    steps: int = 0
    equal: int = 0
    single: int = 0
    unexpressed: int = 0

    def count(self, agrees: bool, single: bool) -> None:
        self.steps += 1
        self.equal += agrees
        self.single += single


@dataclass(slots=True)
class Agreement:
    """How often rules and recording agree.

    ``steps`` counts compared steps (or calls), ``races`` those that agree only by a choice the
    rules leave to timing, ``apart`` the steps that have no one answer and are not compared.
    ``single`` counts the compared steps after which the rules, with every race open, allow one
    status only; ``single_timed`` is the same if any delay may have ended meanwhile, which is
    counted only for recordings (``timed``) whose delays were that short.
    ``fields`` and ``by_event`` count what was compared by field (of any container) and by kind
    of event, ``wrong_fields`` and ``wrong_events`` what differs.  ``by_race`` has the places (line,
    from 1, and step, 0 for ``create``) of the steps that agree by a race, by the race's names;
    ``reasons`` has a sentence for each name.  ``by_kind`` has the counts for each kind of life and
    release, ``unexpressed`` the steps that were not compared, by the event that the rules do not
    have.  ``notes`` say what of the pods was not looked at.
    """

    source: str
    kind: str = ""
    steps: int = 0
    equal: int = 0
    races: int = 0
    apart: int = 0
    single: int = 0
    timed: bool = False
    single_timed: int = 0
    sequences: int = 0  # steps whose statuses, in order, are just the recorded ones
    subsequences: int = 0  # steps whose recorded statuses occur in that order
    fields: Counter[str] = field(default_factory=Counter)
    by_event: Counter[str] = field(default_factory=Counter)
    wrong_events: Counter[str] = field(default_factory=Counter)
    wrong_fields: Counter[str] = field(default_factory=Counter)
    by_race: dict[tuple[str, ...], list[tuple[int, int]]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    by_kind: dict[tuple[str, str], Tally] = field(default_factory=dict)
    unexpressed: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    divergences: list[Divergence] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        return self.steps - self.equal

    @property
    def share(self) -> float:
        """The share of compared steps that agree, 0 to 1; 1 of none."""
        return self.equal / self.steps if self.steps else 1.0

    def of_kind(self, kind: str, release: str) -> Tally:
        """The counts for one kind of life on one release."""
        return self.by_kind.setdefault((kind, release), Tally())

    def compared(self, fields: Iterable[str]) -> None:
        """Count the fields of one step."""
        self.fields.update(_kinds(tuple(fields)))

    def differing(self, fields: Iterable[str]) -> None:
        """Count the fields of one step that differ; a field of two containers counts twice."""
        self.wrong_fields.update(_kinds(tuple(fields)))


@lru_cache(maxsize=4096)
def _kinds(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field_kind(f) for f in fields)


def field_kind(name: str) -> str:
    """A field without its container: ``c1.state`` is ``state``."""
    return name.rpartition(".")[2]


# ---- what came of a file ----------------------------------------------------------------------


class Replayed(NamedTuple):
    """A recording that was compared."""

    name: str
    agreement: Agreement


class PassedOver(NamedTuple):
    """A file that is not replayed, and why."""

    name: str
    reason: str


class Unread(NamedTuple):
    """A recording that can't be read; ``line`` is 0 where no line can be named."""

    name: str
    line: int
    message: str


Outcome = Replayed | PassedOver | Unread
