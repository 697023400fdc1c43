"""A claim about what comes after a condition was met, against every run of a small system."""

from __future__ import annotations

import random

import pytest

from podcheck.core.answers import Proved, Refuted
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.system import Action, TransitionSystem, Variable
from podcheck.core.terms import TRUE, Sort, Term, const, eq, ite, not_, var
from podcheck.symbolic.session import Session
from podcheck.transform.ever_after import ever_after
from podcheck.verification.options import Options
from podcheck.verification.properties import Properties

PLACES = Sort("place", "enum", ("a", "b", "c", "d", "e"))
AT = var("at", PLACES)

Moves = list[dict[str, str]]


def at(place: str) -> Term:
    return eq(AT, const(PLACES, place))


def moving(name: str, ways: dict[str, str]) -> Action:
    update: Term = AT
    for start, end in ways.items():
        update = ite(at(start), const(PLACES, end), update)
    return Action(name, name, name, "", TRUE, (), {"at": update})


def system_of(moves: Moves) -> TransitionSystem:
    """A system that goes from place to place; its sync does nothing, nor does its last event."""
    noise = Variable("noise", PLACES, "a", "", "noise")
    idle = Action("idle", "idle", "idle", "", TRUE, (), {"noise": const(PLACES, "b")})
    events = [*(moving(f"move {n}", ways) for n, ways in enumerate(moves)), idle]
    sync = Action("sync", "", "", "", TRUE, (), {})
    return TransitionSystem("pod", (Variable("at", PLACES, "a", "", "at"), noise), sync, (*events,))


def reached(moves: Moves, first: str) -> set[str]:
    """The places that one step or more leads to."""
    found: set[str] = set()
    todo = [first]
    while todo:
        place = todo.pop()
        for ways in moves:
            if (after := ways.get(place, place)) not in found:
                found.add(after)
                todo.append(after)
    return found


@pytest.mark.parametrize("seed", range(12))
def test_it_is_judged_from_the_state_after_the_condition_on(seed: int) -> None:
    """Proved just where no run that comes through one place reaches the other later."""
    rng = random.Random(seed)
    names = [str(v) for v in PLACES.values]
    moves = [{s: rng.choice(names) for s in rng.sample(names, 2)} for _ in range(2)]
    met, target = rng.sample(names, 2)
    system = system_of(moves)
    start = Start("Always", {v.name: v.initial for v in system.variables}, False, "created")
    asked = PropertyClaim(system, (start,), not_(at(target)), system.events, {})
    claim = ever_after(asked, at(met))
    (answer,) = Properties(Session(claim.system), Options()).answers(claim)
    comes = met in {"a", *reached(moves, "a")} and target in reached(moves, met)
    assert isinstance(answer, Refuted if comes else Proved)
