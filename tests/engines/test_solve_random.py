"""Random small systems: the solver's answers equal those of naive enumeration."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from random_systems import MANY, SEEDS, Dice
from solve_explicit import ExplicitProperty, ExplicitScenario, NeverSettlesError

from podcheck.core.answers import Proved, Refuted, Unknown, Vacuous
from podcheck.core.claims import ScenarioClaim
from podcheck.core.terms import variables
from podcheck.explicit.scenarios import ScenarioSearch
from podcheck.symbolic import scenarios as scenario_module
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget


@pytest.mark.parametrize("paths_kept_apart", [24, 0])
@MANY
@given(seed=SEEDS)
@example(seed=385362)  # a violation, and another path that never settles
def test_scenarios_agree_with_enumeration(
    monkeypatch: pytest.MonkeyPatch, paths_kept_apart: int, seed: int
) -> None:
    claim = Dice(seed).scenario()
    monkeypatch.setattr(scenario_module, "MAX_PATHS", paths_kept_apart)
    explicit = ExplicitScenario(claim)
    session = Session(claim.system)
    session.scenario(claim)
    (answer,) = session.scenario(claim)  # from the caches
    try:
        verdict, least = explicit.scenario(claim.starts[0], claim.automaton.nodes)
    except NeverSettlesError:
        return  # the solver may stop at it, or find a violation before it
    match answer:
        case Refuted(run):
            assert verdict == "refuted"
            assert explicit.replay(run) == least
            assert run.violated == least[1]
        case Vacuous():
            assert verdict == "vacuous"
        case Proved(None, _):
            assert verdict == "proved"
        case Unknown(reason) if "has not settled" in reason:
            with pytest.raises(NeverSettlesError):  # on the way to some end of the pattern
                ExplicitScenario(without_conditions(claim)).scenario(
                    claim.starts[0], claim.automaton.nodes
                )
        case _:
            raise AssertionError(answer)


def without_conditions(claim: ScenarioClaim) -> ScenarioClaim:
    """The claim, so that nothing violates it and each path is taken to its end."""
    edges = tuple(e._replace(at_once=None, then=None) for e in claim.automaton.edges)
    return claim._replace(automaton=claim.automaton._replace(edges=edges))


@MANY
@given(seed=SEEDS)
def test_the_second_engine_for_scenarios_agrees_with_enumeration(seed: int) -> None:
    claim = Dice(seed).scenario()
    explicit = ExplicitScenario(claim)
    answer = ScenarioSearch(claim, 100_000).answer(claim.starts[0])
    try:
        verdict, least = explicit.scenario(claim.starts[0], claim.automaton.nodes)
    except NeverSettlesError:
        return
    match answer:
        case Refuted(run):
            assert verdict == "refuted"
            assert isinstance(least, tuple)
            assert len(run.moves) == len(least[0])
            assert explicit.replay(run)[1] == run.violated
        case Vacuous():
            assert verdict == "vacuous"
        case Proved(None, _):
            assert verdict == "proved"
        case _:
            raise AssertionError(answer)


@MANY
@given(seed=SEEDS)
def test_properties_agree_with_enumeration(seed: int) -> None:
    claim = Dice(seed).property()
    (answer,) = Session(claim.system, budget=Budget(max_events=5)).property(claim)
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    explicit = ExplicitProperty(claim, on_steps)
    nearest = explicit.nearest(claim.starts[0])
    match answer:
        case Refuted(run):
            assert explicit.replay(run) == nearest
        case Proved(None, _):
            assert nearest is None
        case Unknown(reason, bound):
            assume("settled" not in reason)
            assert nearest is None or bound is None or nearest[0] > bound
        case _:
            raise AssertionError(answer)
