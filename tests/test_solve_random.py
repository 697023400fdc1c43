"""Random small systems: the solver's answers equal those of naive enumeration."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from solve_explicit import ExplicitProperty, ExplicitScenario, NeverSettlesError

from podcheck.core.answers import Proved, Refuted, Unknown, Vacuous
from podcheck.core.claims import Automaton, Edge, Part, PropertyClaim, ScenarioClaim, Start
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    TRUE,
    Sort,
    Term,
    Value,
    add,
    and_,
    const,
    eq,
    ite,
    le,
    lookup,
    member,
    not_,
    or_,
    var,
    variables,
)
from podcheck.explicit.scenarios import ScenarioSearch
from podcheck.symbolic import scenarios as scenario_module
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget

PHASE = Sort("phase", "enum", ("P", "R", "S"))
COUNT = Sort("count", "count", (0, 1, 2))
CODE = Sort("code", "code", (0, 1, 137))
SORTS = (BOOL, PHASE, COUNT, CODE)

VARIABLES = (
    Variable("b", BOOL, False, "", "b"),
    Variable("p", PHASE, "P", "", "p", published=True),
    Variable("n", COUNT, 0, "", "n"),
    Variable("c", CODE, 0, "", "c", published=True),
)
INPUTS = (
    Input("code", CODE, "code"),
    Input("kill", CODE, "kill"),
    Input("race", BOOL, "race"),
)


STATE = {v.name: v.sort for v in VARIABLES}
STEP = STATE | {f"{n}'": s for n, s in STATE.items()}
EVENT = STATE | {"code": CODE, "race": BOOL}
SYNC = STATE | {"kill": CODE, "race": BOOL}


class Dice:
    """Random systems and claims from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, values: Sequence[Value], least: int, most: int) -> tuple[Value, ...]:
        return tuple(self.random.sample(values, self.random.randint(least, most)))

    def term(self, sort: Sort, leaves: dict[str, Sort], depth: int) -> Term:
        names = [n for n, s in leaves.items() if s is sort]
        if depth == 0 or self.chance(0.15):
            if names and self.chance(0.7):
                return var(self.pick(names), sort)
            return const(sort, self.pick(sort.values))

        def below(other: Sort) -> Term:
            return self.term(other, leaves, depth - 1)

        shapes: list[Callable[[], Term]] = [
            lambda: ite(below(BOOL), below(sort), below(sort)),
            lambda: lookup(below(PHASE), {v: self.pick(sort.values) for v in PHASE.values}, sort),
        ]
        if sort is COUNT:
            shapes.append(lambda: add(below(COUNT), below(COUNT)))
        if sort is BOOL:
            shapes += [
                lambda: not_(below(BOOL)),
                lambda: and_(below(BOOL), below(BOOL)),
                lambda: or_(below(BOOL), below(BOOL)),
                lambda: le(below(COUNT), below(COUNT)),
                lambda: eq(below(CODE), below(CODE)),
                lambda: member(below(PHASE), frozenset(self.some(PHASE.values, 1, 2))),
                lambda: member(below(CODE), frozenset(self.some(CODE.values, 1, 2))),
            ]
        return self.pick(shapes)()

    def action(self, name: str) -> Action:
        changed = self.random.sample(VARIABLES, self.random.randint(1, 3))
        leaves = EVENT if name else SYNC
        guard = or_(self.term(BOOL, STATE, 1), self.term(BOOL, STATE, 1)) if name else TRUE
        updates = {v.name: self.term(v.sort, leaves, 3) for v in changed}
        inputs = tuple(i for i in INPUTS if i.name in leaves)
        early = name == "second" and self.chance(0.5)
        return Action(name or "sync", name, name, "", guard, inputs, updates, early=early)

    def sync(self) -> Action:
        """A sync; mostly one that can't go on for ever."""
        action = self.action("")
        if self.chance(0.2):
            return action
        clock = var("n", COUNT)
        kept = {
            n: ite(eq(clock, const(COUNT, 2)), var(n, STATE[n]), t)
            for n, t in action.updates.items()
        }
        return action._replace(updates=kept | {"n": add(clock, const(COUNT, 1))})

    def system(self) -> TransitionSystem:
        events = (self.action("first"), self.action("second"))
        return TransitionSystem("random", VARIABLES, self.sync(), events)

    def start(self) -> Start:
        state = {v.name: self.pick(v.sort.values) for v in VARIABLES}
        return Start("", state, self.chance(0.5), "start")

    def condition(self, leaves: dict[str, Sort]) -> Term:
        """A condition that fails in few states, so that violations lie deep."""
        return or_(*[self.term(BOOL, leaves, 2) for _ in range(self.random.randint(1, 4))])

    def codes(self) -> tuple[Value, ...] | None:
        return self.some(CODE.values, 1, 2) if self.chance(0.4) else None

    def edge(self, system: TransitionSystem, source: int, target: int) -> Edge:
        parts = []
        for _ in range(self.pick((0, 1, 1, 1, 2))):
            codes = self.codes()
            parts.append(Part(self.pick(system.events), {} if codes is None else {"code": codes}))
        at_once = self.condition(STATE) if self.chance(0.3) else None
        then = self.condition(STATE) if self.chance(0.5) else None
        return Edge(source, target, tuple(parts), self.codes(), at_once, then, source, "edge")

    def scenario(self) -> ScenarioClaim:
        system = self.system()
        nodes = self.random.randint(2, 4)
        pairs = [(i, i + 1) for i in range(nodes - 1)]
        every = [(i, j) for i in range(nodes) for j in range(i + 1, nodes)]
        pairs += [self.pick(every) for _ in range(self.random.randint(0, 2))]
        edges = [self.edge(system, *pair) for pair in pairs]
        self.random.shuffle(edges)
        automaton = Automaton(nodes, tuple(edges), nodes - 1)
        return ScenarioClaim(system, (self.start(),), automaton, self.chance(0.3))

    def property(self) -> PropertyClaim:
        system = self.system()
        condition = self.condition(STATE if self.chance(0.6) else STEP)
        events = system.events[: self.random.randint(0, 2)]
        return PropertyClaim(system, (self.start(),), condition, events, {}, self.chance(0.3))


MANY = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
SEEDS = st.integers(0, 2**40)


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
