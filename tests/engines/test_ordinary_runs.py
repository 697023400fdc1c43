"""Runs of the most ordinary events: against enumeration, in random systems."""

from __future__ import annotations

from hypothesis import assume, given
from provers import engine_of, interpreted
from random_systems import MANY, SEEDS, Dice
from solve_explicit import ExplicitProperty

from podcheck.core.answers import Reached, Refuted, Unknown, plausibility
from podcheck.core.claims import PropertyClaim, ScenarioClaim
from podcheck.core.system import PLAUSIBILITY
from podcheck.core.terms import variables
from podcheck.explicit.random_walks import Walks
from podcheck.explicit.scenarios import ScenarioSearch
from podcheck.symbolic.session import Session
from podcheck.transform.plausibility import paths_up_to, up_to
from podcheck.verification.enumeration import Enumeration
from podcheck.verification.most_ordinary import OrdinaryRuns
from podcheck.verification.options import Options
from podcheck.verification.properties import Properties


def claim_of(seed: int) -> PropertyClaim:
    """A random claim whose events are of the classes in turn."""
    claim = Dice(seed).property()
    events = {
        e.name: e._replace(plausibility=(seed + n) % len(PLAUSIBILITY))
        for n, e in enumerate(claim.system.events)
    }
    system = claim.system._replace(events=tuple(events.values()))
    return claim._replace(system=system, events=tuple(events[e.name] for e in claim.events))


def violation_of(claim: PropertyClaim) -> Reached | None:
    engine = engine_of(claim)
    walks = Walks(interpreted(engine), engine.asked.starts, claim.races, claim.condition)
    walks.go_on(300)
    return walks.violations.get(0)


def least(claim: PropertyClaim) -> tuple[int, int]:
    """The least class of a run that violates a claim, and the fewest events in it."""
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    for most in range(len(PLAUSIBILITY)):
        nearest = ExplicitProperty(up_to(claim, most), on_steps).nearest(claim.starts[0])
        if nearest is not None:
            return most, nearest[0]
    raise AssertionError("a run is known")


@MANY
@given(seed=SEEDS)
def test_a_run_said_to_be_of_the_most_ordinary_events_is(seed: int) -> None:
    claim = claim_of(seed)
    violation = violation_of(claim)
    assume(violation is not None)
    assert violation is not None
    session, options = Session(claim.system), Options()
    found = OrdinaryRuns(claim, session, Enumeration(session, options)).of(violation)
    shown = plausibility(claim.system, found.run.moves)
    most, events = least(claim)
    assert shown == most if found.most_ordinary else shown >= most
    length = sum(len(move.events) for move in found.run.moves)
    if shown == most:
        assert length == events if found.shortest else length >= events
    assert sum(len(move.events) for move in found.shorter) < length or not found.shorter


@MANY
@given(seed=SEEDS)
def test_engines_show_runs_of_one_class(seed: int) -> None:
    claim = claim_of(seed)._replace(starts=claim_of(seed).starts[:1])
    assume(violation_of(claim) is not None)
    shown = set()
    for engine in ("auto", "explicit", "bounded"):
        options = Options(engine=engine)
        (answer,) = Properties(Session(claim.system), options).answers(claim)
        if isinstance(answer, Refuted) and answer.most_ordinary:
            shown.add(plausibility(claim.system, answer.run.moves))
    assert shown == {least(claim)[0]}


def scenario_of(seed: int) -> ScenarioClaim:
    """A random scenario whose events are of the classes in turn."""
    claim = Dice(seed).scenario()
    events = {
        e.name: e._replace(plausibility=(seed + n) % len(PLAUSIBILITY))
        for n, e in enumerate(claim.system.events)
    }
    edges = tuple(
        e._replace(parts=tuple(p._replace(action=events[p.action.name]) for p in e.parts))
        for e in claim.automaton.edges
    )
    system = claim.system._replace(events=tuple(events.values()))
    return claim._replace(system=system, automaton=claim.automaton._replace(edges=edges))


@MANY
@given(seed=SEEDS)
def test_both_engines_close_the_edges_of_more_unusual_events(seed: int) -> None:
    claim = scenario_of(seed)
    for most in range(len(PLAUSIBILITY)):
        narrow = paths_up_to(claim, most)
        found = ScenarioSearch(narrow, 100_000).answer(narrow.starts[0])
        (answer,) = Session(narrow.system).scenario(narrow)
        if not isinstance(found, Unknown) and not isinstance(answer, Unknown):
            assert type(found) is type(answer)
        if isinstance(found, Refuted):
            assert plausibility(claim.system, found.run.moves) <= most
