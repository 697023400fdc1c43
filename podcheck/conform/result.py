"""What a comparison found: counts, and the first steps where rules and recording differ."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Divergence:
    """The first step of a recorded life that the rules do not allow.

    ``expected`` are the recorded values of the fields that differ, ``actual`` the rules'.
    """

    source: str
    line: int
    pod: str
    events: tuple[str, ...]
    expected: tuple[tuple[str, str], ...]
    actual: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class Agreement:
    """How often rules and recording agree.

    ``steps`` counts compared steps, ``races`` those that agree only by a choice the rules
    leave to timing, ``apart`` the steps that have no one answer and are not compared.
    ``wrong_fields`` and ``wrong_events`` count wrong steps by field and by kind of event.
    """

    source: str
    steps: int = 0
    equal: int = 0
    races: int = 0
    apart: int = 0
    sequences: int = 0  # steps whose statuses, in order, are just the recorded ones
    subsequences: int = 0  # steps whose recorded statuses occur in that order
    by_event: Counter[str] = field(default_factory=Counter)
    wrong_events: Counter[str] = field(default_factory=Counter)
    wrong_fields: Counter[str] = field(default_factory=Counter)
    divergences: list[Divergence] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        return self.steps - self.equal

    @property
    def share(self) -> float:
        """The share of compared steps that agree, 0 to 1; 1 of none."""
        return self.equal / self.steps if self.steps else 1.0
