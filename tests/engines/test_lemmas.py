"""Lemmas: of the conditions that a proof tries, the most that steps keep; none decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from hypothesis import given
from provers import check_invariant, decided, engine_of, interpreted
from random_systems import CODE, MANY, SEEDS, STATE, Dice
from solve_explicit import ExplicitProperty
from solve_systems import PHASE, Kubelet, initial, one_of

from podcheck.checker.outcomes import verify
from podcheck.compiler.plan import make_plan
from podcheck.compiler.questions import CompiledSpec
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.symmetry import interchangeable
from podcheck.core.system import TransitionSystem, Variable
from podcheck.core.terms import Term, and_, member, not_, or_, var, variables
from podcheck.declarations.pack import Pack, build_pack
from podcheck.explanation.narrator import Narrator
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.symbolic import prover
from podcheck.symbolic.container_symmetry import Classes
from podcheck.symbolic.cubes import Cube, clause, contains, cube_of, positions
from podcheck.symbolic.k_induction import is_inductive
from podcheck.symbolic.lemmas import candidates, joined, kept, needed
from podcheck.symbolic.reachable_states import KnownStates
from podcheck.symbolic.smt_solver import Budget, Checker
from podcheck.symbolic.transition import Transition
from podcheck.symbolic.unroller import Unroller
from podcheck.verification.options import Options


class Lemmas(Dice):
    """Random claims about systems with random lemmas."""

    def property(self) -> PropertyClaim:
        claim = super().property()
        lemmas = tuple(self.lemma() for _ in range(self.random.randint(0, 8)))
        return claim._replace(system=claim.system._replace(lemmas=lemmas))

    def lemma(self) -> Term:
        """Some of the variables are not all at once among some of their values."""
        chosen = self.random.sample(sorted(STATE), self.random.randint(1, 3))
        parts = []
        for name in chosen:
            sort = STATE[name]
            values = self.some(tuple(sort.values), 1, max(1, len(sort.values) - 1))
            parts.append(not_(member(var(name, sort), frozenset(values))))
        return or_(*parts)


def points(cubes: Iterable[Cube]) -> set[Cube]:
    """The cubes of single values of each variable that the cubes consist of."""
    return {
        tuple((index, 1 << place) for index, place in zip(by, places, strict=True))
        for cube in cubes
        for by in [[index for index, _ in cube]]
        for places in product(*[[n for n in range(m.bit_length()) if m >> n & 1] for _, m in cube])
    }


# ---- kept lemmas ------------------------------------------------------------------------------


def steps(machine: Interpreter, claim: PropertyClaim) -> Iterator[tuple[State, State]]:
    """Every step of a small system from every state, reachable or not."""
    system = machine.system
    for state in product(*(v.sort.values for v in system.variables)):
        for action in system.actions():
            inputs = [
                i.sort.values if claim.races or i.role != "race" else i.sort.values[:1]
                for i in action.inputs
            ]
            for values in product(*inputs):
                chosen = dict(zip((i.name for i in action.inputs), values, strict=True))
                if action is system.sync or machine.possible(action.name, state, chosen):
                    yield state, machine.apply(action.name, state, chosen)


@MANY
@given(seed=SEEDS)
def test_the_most_that_steps_keep(seed: int) -> None:
    """Against the greatest fixed point, found by listing all steps."""
    claim = Lemmas(seed).property()
    engine = engine_of(claim)
    system = interpreted(engine)
    machine = Interpreter(system)
    everything = frozenset(range(len(system.variables)))
    transition = Transition(
        engine.machine, engine.asked.events, everything, claim.condition, Budget(), claim.races
    )
    at = [positions(system.variables, s.state) for s in engine.asked.starts]
    tried = candidates(system.variables, engine.asked.system.lemmas)
    none = Classes(system.variables, interchangeable(system, system.events, [], []))
    found = kept(transition, tried, KnownStates(system.variables, at), none)

    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    left = {p for p in points(tried) if not any(contains(p, state) for state in at)}
    all_steps = [
        (
            positions(system.variables, machine.named(a)),
            positions(system.variables, machine.named(b)),
        )
        for a, b in steps(machine, claim)
        if on_steps or machine.value(claim.condition, a)
    ]
    while True:
        possible = [(a, b) for a, b in all_steps if not any(contains(p, a) for p in left)]
        entered = {p for p in left if any(contains(p, b) for _, b in possible)}
        if not entered:
            break
        left -= entered
    assert points(found) == left
    assert states(system, joined(found, system.variables)) == states(system, left)


def states(system: TransitionSystem, cubes: Iterable[Cube]) -> set[tuple[int, ...]]:
    listed = list(cubes)
    every = product(*(range(len(v.sort.values)) for v in system.variables))
    return {state for state in every if any(contains(cube, state) for cube in listed)}


@MANY
@given(seed=SEEDS)
def test_lemmas_decide_nothing(seed: int) -> None:
    claim = Lemmas(seed).property()
    on_steps = any(name.endswith("'") for name in variables([claim.condition]))
    nearest = ExplicitProperty(claim, on_steps).nearest(claim.starts[0])
    found = decided(engine_of(claim))
    assert (nearest is None) is hasattr(found, "clauses")
    if nearest is None:
        check_invariant(claim, found)  # type: ignore[arg-type]


def test_one_cube_for_containers_that_are_alike() -> None:
    kubelet = Kubelet(3)
    system = kubelet.system()
    alike = interchangeable(system, system.events, [initial(system)], [])
    classes = Classes(system.variables, alike)
    places = {v.name: i for i, v in enumerate(system.variables)}
    one = ((places["phase"], 1), (places["c1.entry"], 2))
    first = classes.canonical(one)
    assert first == ((places["phase"], 1), (places["c0.entry"], 2))
    entries = [places[f"{c}.entry"] for c in kubelet.names]
    assert [cube[-1][0] for cube in classes.copies(first)] == entries
    two = ((places["c1.entry"], 2), (places["c2.entry"], 2))
    assert classes.canonical(two) == two and list(classes.copies(two)) == [two]


@pytest.mark.parametrize("seed", [*range(20), 165, 178, 187, 192, 197])
def test_symmetry_saves_questions_and_changes_nothing(seed: int) -> None:
    """Cubes about two containers need not be symmetric: some have no copy among the others."""
    dice = Dice(seed)
    kubelet = Kubelet(3, code=CODE)
    system = kubelet.system()
    start = Start("OnFailure", initial(system, policy="OnFailure"), False, "created")
    never = not_(one_of(PHASE, "phase", "Failed"))
    claim = PropertyClaim(system, (start,), never, system.events, {})
    engine = engine_of(claim)
    shown = interpreted(engine)
    about = [[i for i, v in enumerate(shown.variables) if v.container == c] for c in kubelet.names]
    fields = [shown.variables[i].field for i in about[0]]
    pod = [i for i, v in enumerate(shown.variables) if not v.container]
    tried: list[Cube] = []
    for _ in range(30):
        one, other = dice.random.sample(range(len(fields)), 2)
        first, second = dice.random.sample(about, 2)
        tried.append(cube_of({first[one]: 1 << dice.pick((0, 1)), second[other]: 2}))
        place = dice.pick(pod)
        tried += [cube_of({c[one]: 2, c[other]: 1, place: 1}) for c in about]
    everything = frozenset(range(len(shown.variables)))
    at = [positions(shown.variables, start.state)]
    found = []
    alike = interchangeable(shown, shown.events, [start.state], [claim.condition])
    assert [len(members) for members in alike] == [3]
    for classes in (alike, [[c] for c in kubelet.names]):
        transition = Transition(
            engine.machine, engine.asked.events, everything, claim.condition, Budget(), False
        )
        known = KnownStates(shown.variables, at)
        left = kept(transition, tried, known, Classes(shown.variables, classes))
        found.append(points(left))
        some = needed(transition, left, Classes(shown.variables, classes), Budget())
        whole = [clause(cube, shown.variables) for cube in left]
        part = [clause(cube, shown.variables) for cube in some]
        for invariant in filter(None, (whole, part)):
            asked = engine.asked._replace(condition=and_(*invariant))
            unroller = Unroller(engine.machine, Checker(engine.machine.arena, Budget()), False)
            assert is_inductive(unroller, asked, 1, None, [never])
    assert found[0] <= found[1]


# ---- the lemmas that ship ----------------------------------------------------------------------

PODS = """
pod alone { container a }
pod inner {
  sidecar s { startupProbe }
  init i
  container a
}
pod outer {
  init i
  sidecar s
  container a
}
"""
CLAIMS = """
check "succeeded" under every policy {
  always (phase = Succeeded implies every main container: state = terminated and exitCode = 0)
}
check "retried" under OnFailure
    assuming no stop from outside, no lost records, no image change, no sandbox death {
  never phase = Failed
}
check "never again" under Never assuming no lost records, no image change {
  never some main container: restartCount > 0
}
check "restarts" under Always assuming only exits, readiness { never phase = Failed }
refute "fails" under Never { never phase = Failed }
""".replace('" under', '" for alone, inner, outer under')


@cache
def pack_with(text: str) -> Pack:
    """The rules with other lemmas."""
    diagnostics = Diagnostics()
    other = build_pack([parse(Source("lemmas", text), diagnostics)], diagnostics)
    assert not diagnostics.found
    return replace(load_pack(), lemmas=other.lemmas)


def compiled_with(pack: Pack) -> CompiledSpec:
    diagnostics = Diagnostics()
    spec = spec_of(Source("lemmas.pod", PODS + CLAIMS), None, diagnostics)
    compiled = make_plan(spec, pack, diagnostics).compiled(())
    assert not diagnostics.has_errors, diagnostics.sorted()
    return compiled


def verdicts(pack: Pack) -> list[str]:
    def narrate(index: int) -> Narrator:
        raise LookupError

    results = verify(compiled_with(pack), Options(stories="none"), narrate)
    return [result.verdict.value for result in results]


WRONG = """
always wrong: phase in {Pending, Running}
always worse (c in all): c.record = none
always worst: worker = finished and kubeletPhase = Failed
"""


@pytest.mark.parametrize(
    "text", [pytest.param("", id="none", marks=pytest.mark.slow), pytest.param(WRONG, id="wrong")]
)
def test_verdicts_are_those_without_them(text: str) -> None:
    assert verdicts(load_pack()) == verdicts(pack_with(text))


def excluded_by(lemmas: Iterable[Term], variables: Sequence[Variable]) -> list[Cube]:
    return candidates(variables, lemmas)[: -len(variables)]  # without those of one variable each


@pytest.mark.slow
def test_each_is_true_of_some_pod(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lemma that no run keeps is in the way, and one that cubes can't say is not tried."""
    proofs: list[tuple[Sequence[Variable], set[Cube]]] = []

    def watched(
        transition: Transition, cubes: Iterable[Cube], known: KnownStates, classes: Classes
    ) -> list[Cube]:
        left = kept(transition, cubes, known, classes)
        places = transition.machine.variables
        proofs.append((places, points(left)))
        return left

    monkeypatch.setattr(prover, "kept", watched)
    verdicts(load_pack())
    assert len(proofs) > 6
    for lemma in load_pack().lemmas:
        pods = compiled_with(replace(load_pack(), lemmas=[lemma])).pods
        tried = [
            (points(excluded_by(pod.system.lemmas, places)), left)
            for pod in pods
            for places, left in proofs
        ]
        assert any(excluded & left for excluded, left in tried), lemma.name
