"""Every guard of the rule pack matters: negated, some spec of the catalogue notices.

The whole run takes minutes (`pytest -m slow tests/test_mutants.py -s` prints the score and the
guards that nobody missed); a sample of the guards is tried on every run.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from podcheck.answering import Options
from podcheck.checking import Checker
from podcheck.language.parser import Node
from podcheck.model.pack import Pack
from podcheck.rules.loader import load_pack

SPECS = Path(__file__).parent.parent / "specs"
SECONDS = 20.0  # for one spec under one mutant
NOTICED = 0.9

# Guards that may be negated without any effect that a spec could show, and why.
EQUIVALENT = {
    "newPodReason: reason of the API": "the API has no reason that the kubelet's cache lacks",
    "recordedState: created or unknown": "the default for what is not known is waiting too",
    "next error: started": "a stale error of a container that runs is never shown",
    "next hadNotInitialized: stop begins": "the status changes no more once stopping began",
}


@dataclass(frozen=True)
class Mutant:
    """The pack with one guard negated: the table, the name in it, the list and the line."""

    label: str
    table: str
    name: str
    index: int
    line: int

    def pack(self, pack: Pack) -> Pack:
        changed = copy.copy(pack)
        table: dict[str, Any] = dict(getattr(pack, self.table))
        if self.table == "events":
            event = table[self.name]
            table[self.name] = replace(event, guard=Node("not_", [event.guard]))
        else:
            lists = list(table[self.name])
            lines = list(lists[self.index].lines)
            guard = lines[self.line].guard
            lines[self.line] = replace(lines[self.line], guard=Node("not_", [guard]))
            lists[self.index] = replace(lists[self.index], lines=tuple(lines))
            table[self.name] = lists
        setattr(changed, self.table, table)
        return changed


def mutants(pack: Pack) -> Iterator[Mutant]:
    for table in ("decides", "nexts"):
        for name, lists in getattr(pack, table).items():
            for index, rules in enumerate(lists):
                for line, alternative in enumerate(rules.lines):
                    if alternative.guard is not None:
                        yield Mutant(alternative.rule.identity, table, name, index, line)
    for name, event in pack.events.items():
        if event.guard is not None:
            yield Mutant(f"event {name}", "events", name, 0, 0)


class Catalogue:
    """The specs, those that noticed most so far in front."""

    def __init__(self) -> None:
        self.noticed = dict.fromkeys(sorted(SPECS.rglob("*.pod")), 0)

    def notices(self, pack: Pack) -> bool:
        """Is there a spec that does not hold under these rules?"""
        for path in sorted(self.noticed, key=lambda p: -self.noticed[p]):
            if not holds(pack, path):
                self.noticed[path] += 1
                return True
        return False


def holds(pack: Pack, path: Path) -> bool:
    end = time.monotonic() + SECONDS
    checker = Checker(Options(expired=lambda: time.monotonic() > end), pack)
    try:
        result = checker.check_file(str(path))
    except Exception:  # noqa: BLE001  rules that make no sense may break anything
        return False
    return bool(result.claims) and all(c.verdict == "HOLDS" for c in result.claims)


def test_a_sample_of_negated_guards_is_noticed() -> None:
    pack, catalogue = load_pack(), Catalogue()
    sample = [m for m in mutants(pack) if m.label not in EQUIVALENT][7::50]
    assert len(sample) >= 5
    assert [m.label for m in sample if not catalogue.notices(m.pack(pack))] == []


@pytest.mark.slow
def test_negated_guards_are_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    pack, catalogue = load_pack(), Catalogue()
    everything = list(mutants(pack))
    survivors = [m.label for m in everything if not catalogue.notices(m.pack(pack))]
    score = 1 - len(survivors) / len(everything)
    with capsys.disabled():
        print(f"\n{len(everything)} negated guards, {score:.1%} noticed; not noticed:")  # noqa: T201
        for label in survivors:
            print(f"  {label}: {EQUIVALENT.get(label, 'no spec is about it')}")  # noqa: T201
    assert score >= NOTICED
    assert sorted(set(EQUIVALENT) - {m.label for m in everything}) == []
