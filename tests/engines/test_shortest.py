"""Guided random walks, and known runs made short: against enumeration."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import assume, given
from provers import FAILED, KUBELET, SYSTEM, claim_of, engine_of, interpreted
from random_systems import MANY, SEEDS, STATE, VARIABLES, Dice
from solve_explicit import ExplicitProperty
from solve_systems import Kubelet, initial

from podcheck.core.answers import Answer, Proved, Reached, Refuted, Run, Unknown, plausibility
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.distance import distance
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import (
    BOOL,
    TRUE,
    Sort,
    Term,
    and_,
    const,
    eq,
    le,
    member,
    not_,
    or_,
    var,
    variables,
)
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import search
from podcheck.explicit.random_walks import Walks
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget
from podcheck.transform.plausibility import up_to
from podcheck.verification import shortest_runs
from podcheck.verification.options import Options
from podcheck.verification.properties import Properties
from podcheck.verification.shortest_runs import ShortestRuns

STATES = list(product(*(v.sort.values for v in VARIABLES)))


# ---- how far it is -------------------------------------------------------------------------


@MANY
@given(seed=SEEDS)
def test_the_distance_is_none_just_where_the_condition_is_met(seed: int) -> None:
    condition = Dice(seed).condition(STATE)
    machine = Interpreter(TransitionSystem("random", VARIABLES, Dice(0).sync(), ()))
    to, away = distance(condition), distance(condition, met=False)
    for state in STATES:
        is_met = bool(machine.value(condition, state))
        assert (machine.value(to, state) == 0) is is_met
        assert (machine.value(away, state) == 0) is not is_met


def test_the_distance_counts_what_has_to_change() -> None:
    number = Sort("number", "count", range(11))
    b, n, p = var("b", VARIABLES[0].sort), var("n", number), var("p", VARIABLES[1].sort)
    first = p.sort.values[0]
    held = member(p, frozenset([first]))
    seven = eq(n, const(number, 7))
    machine = Interpreter(
        SYSTEM._replace(
            variables=tuple(
                VARIABLES[0]._replace(name=name, sort=sort, initial=sort.values[0])
                for name, sort in (("b", b.sort), ("n", number), ("p", p.sort))
            )
        )
    )

    def far(condition: Term, *state: bool | int | str) -> object:
        return machine.value(distance(condition), state)

    assert far(seven, False, 2, first) == 5
    assert far(and_(b, seven, not_(held)), False, 2, first) == 7
    assert far(or_(b, seven), False, 2, first) == 1
    assert far(not_(or_(b, le(n, const(number, 7)))), True, 6, first) == 3
    assert far(member(n, frozenset([0, 9, 10])), False, 6, first) == 3


def test_walks_go_on_from_where_they_came_nearest() -> None:
    """Each of sixteen containers has to stop, which walks from the start alone do not come to."""
    system = Kubelet(16).system()
    starts = [Start("Never", initial(system, policy="Never"), False, "created")]
    walks = Walks(system, starts, False, not_(FAILED))
    walks.go_on(6_000)
    assert walks.violations


# ---- shortest runs -------------------------------------------------------------------------


def unlisted(start: Start, steps: int) -> Answer:
    return Unknown("nothing was listed")


def violation_of(claim: PropertyClaim) -> Reached | None:
    engine = engine_of(claim)
    walks = Walks(interpreted(engine), engine.asked.starts, claim.races, claim.condition)
    walks.go_on(300)
    return walks.violations.get(0)


@MANY
@given(seed=SEEDS)
def test_a_run_that_is_said_to_be_a_shortest_one_is(seed: int) -> None:
    claim = Dice(seed).property()
    violation = violation_of(claim)
    assume(violation is not None)
    assert violation is not None
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    explicit = ExplicitProperty(claim, on_steps)
    nearest = explicit.nearest(claim.starts[0])
    assert nearest is not None
    runs = ShortestRuns(claim, engine_of(claim), unlisted)
    found = runs.of(violation)
    events, _ = explicit.replay(found.run)
    assert events == nearest[0] if found.shortest else events >= nearest[0]


def test_a_sat_solver_makes_a_run_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without explicit search and without bounded search, of which each would find it alone."""
    claim = claim_of(not_(FAILED), ["Never"])
    walks = Walks(claim.system._replace(events=claim.events), claim.starts, False, claim.condition)
    walks.go_on(6_000)
    runs = ShortestRuns(claim, engine_of(claim), unlisted)
    monkeypatch.setattr(shortest_runs, "UNITS", 1)
    found = runs.of(walks.violations[0])
    assert not found.shortest
    assert sum(len(move.events) for move in found.run.moves) == len(KUBELET.names)


@MANY
@given(seed=SEEDS)
def test_explicit_search_says_how_many_events_lead_nowhere(seed: int) -> None:
    """However soon it is cut off: a violation takes more events than it says."""
    claim = Dice(seed).property()
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    nearest = ExplicitProperty(claim, on_steps).nearest(claim.starts[0])
    for steps in (1, 4, 16, 64):
        explorer = Explorer(Interpreter(claim.system), claim.races, steps)
        try:
            found = search(explorer, claim.starts, claim.events, {}, claim.condition)
        except OutOfBudget as cut:
            excluded = cut.events
        else:
            excluded = None
            assert isinstance(found, Run) is (nearest is not None)
        assert nearest is None or excluded is None or nearest[0] > excluded


@MANY
@given(seed=SEEDS)
def test_the_explicit_engine_agrees_with_enumeration(seed: int) -> None:
    """On the slice that it takes of the system, too."""
    claim = Dice(seed).property()
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    explicit = ExplicitProperty(claim, on_steps)
    nearest = explicit.nearest(claim.starts[0])
    session = Session(claim.system, budget=Budget())
    (answer,) = Properties(session, Options(engine="explicit")).answers(claim)
    if isinstance(answer, Refuted):  # the nearest without events rarer than those that it needs
        shown = plausibility(claim.system, answer.run.moves)
        ordinary = ExplicitProperty(up_to(claim, shown), on_steps)
        assert explicit.replay(answer.run) == ordinary.nearest(claim.starts[0])
        assert nearest is not None
    else:
        assert isinstance(answer, Proved)
        assert nearest is None


def test_an_event_that_changes_nothing_may_violate_a_condition_on_steps() -> None:
    """A kubelet that starts what waits, unless something else happens in between."""
    started, other = (VARIABLES[0]._replace(name=name, initial=False) for name in ("b", "other"))
    b, busy = var("b", BOOL), var("other", BOOL)
    sync = Action("sync", "sync", "sync", "", TRUE, (), {"b": TRUE})
    event = Action("happens", "happens", "happens", "", not_(busy), (), {"other": TRUE})
    system = TransitionSystem("pod", (started, other), sync, (event,))
    start = Start("", {"b": False, "other": False}, False, "start")
    condition = or_(b, var("b'", BOOL))  # what waits has been started by the next step
    claim = PropertyClaim(system, (start,), condition, (event,), {})
    for engine in ("auto", "explicit"):
        properties = Properties(Session(system, budget=Budget()), Options(engine=engine))
        (answer,) = properties.answers(claim)
        assert isinstance(answer, Refuted)
        assert [name for move in answer.run.moves for name, _ in move.events] == ["happens"]
