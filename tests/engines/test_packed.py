"""Packed states take the same steps as tuples of values, in the same order, and count the same."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import pytest
import sized_pods
from random_systems import Dice
from safety_questions import asked

from podcheck.core.answers import Move, Run
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.effort import Expired
from podcheck.core.system import TransitionSystem, Variable
from podcheck.core.terms import Sort, Term, Value, add, const, var
from podcheck.explicit import packed_steps
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.explicit.packed_states import Packing
from podcheck.explicit.packed_steps import Happenings, PackedSteps
from podcheck.explicit.properties import Complete, search
from podcheck.transform.safety import safety

PLENTY = 1 << 30
LARGE = Sort("large", "count", range(100_000))
PODS = (
    sized_pods.Shape(1, rules=True),
    sized_pods.Shape(2, alike=False),
    sized_pods.Shape(1, around=True, rules=True),
)


def pairs(system: TransitionSystem, races: bool) -> tuple[Explorer, PackedSteps]:
    machine = Interpreter(system)
    return Explorer(machine, races, PLENTY), PackedSteps(Explorer(machine, races, PLENTY))


def with_a_large_count(system: TransitionSystem) -> TransitionSystem:
    """The system with a count that a byte does not hold."""
    count = var("large", LARGE)
    more = add(count, const(LARGE, 300))
    added = Variable("large", LARGE, 0, "", "large")
    return system._replace(
        variables=(added, *system.variables),
        sync=system.sync._replace(updates={**system.sync.updates, "large": more}),
        events=tuple(e._replace(updates={**e.updates, "large": more}) for e in system.events),
    )


def nearest(
    system: TransitionSystem, starts: Sequence[State], races: bool, most: int
) -> list[State]:
    """The first states that syncs and events lead to."""
    explorer = Explorer(Interpreter(system), races, PLENTY)
    found = dict.fromkeys(starts)
    for state in (todo := list(found)):
        for action in system.actions():
            for _, after in explorer.after(action, state):
                if after not in found:
                    found[after] = None
                    todo.append(after)
        if len(found) > most:
            break
    return list(found)


def assert_same_steps(system: TransitionSystem, states: Sequence[State], races: bool) -> None:
    plain, steps = pairs(system, races)
    packing = steps.packing
    kills = [i.sort.values[-2:] for i in system.sync.inputs if i.role == "kill"]
    happenings = Happenings(steps, system.events)
    for state in (*states, *states[::-1]):  # the second time from tables
        at = packing.pack(state)
        assert packing.unpack(at) == state
        expected: list[tuple[str, Mapping[str, Value], State]] = []
        for action in system.actions():
            after = list(plain.after(action, state))
            found = steps.after(action, at)
            assert [(i, packing.unpack(s)) for i, s in found] == after, action.name
            expected += [(action.name, i, s) for i, s in after if action.event]
        assert steps.explorer.steps == plain.steps
        for codes in map(tuple, kills[:1]):
            synced = [(i, packing.unpack(s)) for i, s in steps.syncs(at, codes)]
            assert synced == list(plain.after(system.sync, state, codes))
        every = [(n, i, packing.unpack(at & keep | put)) for n, i, keep, put in happenings.of(at)]
        assert every == expected
        for event in system.events:
            list(plain.after(event, state))
        assert steps.explorer.steps == plain.steps


@pytest.mark.parametrize("large", [False, True], ids=["bytes", "words"])
@pytest.mark.parametrize("seed", range(40))
def test_random_systems_take_the_same_steps(seed: int, large: bool) -> None:
    claim = Dice(seed).property()
    system = claim.system
    if large:
        system = with_a_large_count(system)
        assert Packing(system).width > Packing(claim.system).width
    machine = Interpreter(system)
    starts = [machine.state_of(s.state) for s in claim.starts]
    assert_same_steps(system, nearest(system, starts, claim.races, 60), claim.races)


@pytest.mark.parametrize("seed", range(10))
def test_inputs_of_events_are_limited(seed: int) -> None:
    claim = Dice(seed).property()
    plain, steps = pairs(claim.system, claim.races)
    for event in claim.system.events:
        limits = {i.name: tuple(i.sort.values[-1:]) for i in event.inputs}
        for values in limits, dict.fromkeys(limits, ()):
            state = plain.machine.state_of(claim.starts[0].state)
            found = steps.after(event, steps.packing.pack(state), None, values)
            unpacked = [(i, steps.packing.unpack(s)) for i, s in found]
            assert unpacked == list(plain.after(event, state, None, values))


@pytest.mark.parametrize("kept", [packed_steps.MOST_KEPT, 5], ids=["kept", "forgotten"])
@pytest.mark.parametrize("shape", PODS, ids=str)
def test_pods_take_the_same_steps(
    shape: sized_pods.Shape, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where tables are full all the time."""
    monkeypatch.setattr(packed_steps, "MOST_KEPT", kept)
    system = asked(sized_pods.spec(shape, sized_pods.HOLDING[0])).system
    machine = Interpreter(system)
    states = nearest(system, [machine.initial(p) for p in ("Never", "Always")], True, 3_000)
    states = random.Random(0).sample(states, 60)
    assert_same_steps(system, states, True)


def test_a_condition_is_that_of_the_values() -> None:
    for seed in range(40):
        claim = Dice(seed).property()
        _, steps = pairs(claim.system, claim.races)
        machine, pack = steps.machine, steps.packing.pack
        starts = [machine.state_of(s.state) for s in claim.starts]
        states = nearest(claim.system, starts, claim.races, 20)
        condition = claim.condition
        for before in states:
            for after in states:
                expected = not machine.value_on_step(condition, before, after)
                found = steps.step_condition(condition).fails(pack(before), pack(after))
                assert found == expected
            if not machine.reads_primed(condition):
                holds = steps.condition(condition)
                assert holds(pack(before)) == machine.value(condition, before)
                assert holds(pack(before)) == machine.value(condition, before)


# ---- the order of a search -----------------------------------------------------------------


def plainly(
    system: TransitionSystem, starts: Sequence[Start], condition: Term, races: bool
) -> Run | list[State]:
    """Every state in order, or the run to the first violation, by the explorer alone."""
    machine = Interpreter(system)
    explorer = Explorer(machine, races, PLENTY)
    on_steps = machine.reads_primed(condition)
    ways: dict[State, Run] = {}
    for start in starts:
        ways.setdefault(machine.state_of(start.state), Run(start, (Move((), ()),), "condition"))

    def holds(before: State, after: State, is_step: bool) -> bool:
        return is_step is not on_steps or bool(machine.value_on_step(condition, before, after))

    layer = list(ways)
    while layer:
        for state in layer:
            for inputs, after in explorer.after(system.sync, state):
                last = ways[state].moves[-1]
                moves = (*ways[state].moves[:-1], last._replace(syncs=(*last.syncs, inputs)))
                run = ways[state]._replace(moves=moves)
                if not holds(state, after, True):
                    return run
                if after not in ways:
                    ways[after] = run
                    layer.append(after)
        for state in layer:
            if not holds(state, state, False):
                return ways[state]
        before, layer = layer, []
        for state in before:
            for event in system.events:
                for inputs, after in explorer.after(event, state):
                    moves = (*ways[state].moves, Move(((event.name, inputs),), ()))
                    run = ways[state]._replace(moves=moves)
                    if not holds(state, after, True):
                        return run
                    if after not in ways:
                        ways[after] = run
                        layer.append(after)
    return list(ways)


def assert_same_search(
    system: TransitionSystem, starts: Sequence[Start], condition: Term, races: bool
) -> bool:
    """The same states or the same run; is it a run?"""
    expected = plainly(system, starts, condition, races)
    found = search(
        Explorer(Interpreter(system), races, PLENTY), starts, system.events, {}, condition
    )
    if isinstance(found, Complete):
        assert list(found.visited) == expected
        assert found.states == len(expected)
    else:
        assert found == expected
    return isinstance(found, Run)


def test_states_and_runs_are_found_in_the_same_order() -> None:
    claims: list[PropertyClaim] = [Dice(seed).property() for seed in range(120)]
    questions = [safety(claim) for claim in claims]
    runs = [assert_same_search(q.system, q.starts, q.condition, True) for q in questions]
    assert 20 < sum(runs) < 100


@pytest.mark.parametrize("claim", sized_pods.FAILING, ids=lambda claim: claim.name)
@pytest.mark.parametrize("shape", PODS, ids=str)
def test_the_least_run_of_a_pod_is_the_same(
    shape: sized_pods.Shape, claim: sized_pods.Claim
) -> None:
    question = asked(sized_pods.spec(shape, claim))
    assert assert_same_search(question.system, question.starts, question.condition, True)


def absorbing(max_steps: int, expired: Expired | None = None) -> Run | Complete:
    question = asked(sized_pods.spec(PODS[0], sized_pods.HOLDING[0]))
    explorer = Explorer(Interpreter(question.system), True, max_steps, expired)
    return search(explorer, question.starts, question.system.events, {}, question.condition)


def test_a_search_stops_at_its_budget() -> None:
    with pytest.raises(OutOfBudget, match="in 5,000 steps") as cut:
        absorbing(5_000)
    assert cut.value.states is not None
    assert 500 < cut.value.states <= 5_000


def test_a_search_stops_when_its_time_is_over() -> None:
    looks: list[int] = []

    def expired(units: int = 0) -> str:
        looks.append(1)
        return "no time is left" if len(looks) == 3 else ""

    with pytest.raises(OutOfBudget, match="no time is left"):
        absorbing(PLENTY, expired)
