"""The two readings of one rule text agree: generated Python and Z3, state by state.

Every state that a pod of one container can reach is tried, with every input that can matter,
for the sync and for every event; of two containers every state of the phase's cone; of larger
pods random walks that hypothesis draws.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcheck.interpret.machine import Machine, State
from podcheck.interpret.search import Explorer
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.load import spec_of
from podcheck.model.pack import Pack
from podcheck.model.plan import PodPlan, make_plan, observed
from podcheck.model.pods import POLICIES
from podcheck.model.system import Action, TransitionSystem
from podcheck.model.terms import Value
from podcheck.rules.loader import load_pack
from podcheck.solve.arena import Arena
from podcheck.solve.encode import Encoder
from podcheck.solve.machine import Machine as SymbolicMachine

PLENTY = 10_000_000


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def planned(pack: Pack, pod: str) -> PodPlan:
    diagnostics = Diagnostics()
    spec = spec_of(Source("pod", pod), ".", diagnostics)
    plan = make_plan(spec, pack, diagnostics)
    assert not diagnostics.has_errors, diagnostics.sorted()
    return plan.pods[0]


class Comparison:
    """Takes every step both ways."""

    def __init__(self, system: TransitionSystem) -> None:
        self.machine = Machine(system)
        self.explorer = Explorer(self.machine, races=True, max_steps=PLENTY)
        encoder = Encoder(Arena())
        self.encoder = encoder
        names = frozenset(v.name for v in system.variables)
        self.symbolic = SymbolicMachine(system, names, encoder)
        self.compared = 0

    def agree(self, action: Action, state: State, inputs: dict[str, Value]) -> None:
        """One action from one state: the guard and every variable afterwards."""
        system = self.machine.system
        possible = self.machine.possible(action.name, state, inputs)
        template = self.symbolic.template(action)
        nodes = [
            self.encoder.literal(i.sort, inputs.get(i.name, i.sort.values[0]))
            for i in template.inputs
        ]
        named = self.symbolic.state(self.machine.named(state))
        guard, after = self.symbolic.take(action, named, nodes)
        arena = self.encoder.arena
        assert arena.number(guard) == int(possible), action.name
        if possible:
            expected = self.machine.apply(action.name, state, inputs)
            for v, node, value in zip(system.variables, after, expected, strict=True):
                number = arena.number(node)
                assert number is not None, f"{action.name}: {v.name} is no constant"
                assert self.encoder.value(v.sort, number) == value, f"{action.name}: {v.name}"
        self.compared += 1

    def steps(self, state: State) -> Iterator[tuple[Action, dict[str, Value], State]]:
        for action in self.machine.system.actions():
            for inputs, after in self.explorer.after(action, state):
                yield action, inputs, after

    def walk_everything(self, policies: tuple[str, ...], at_most: int) -> int:
        """Every state reachable by small steps, up to a number of states."""
        seen = {self.machine.initial(p): None for p in policies}
        queue = list(seen)
        for state in queue:
            for action in self.machine.system.events:
                if not self.machine.possible(action.name, state):
                    self.agree(action, state, {})
            for action, inputs, after in self.steps(state):
                self.agree(action, state, inputs)
                if after not in seen and len(seen) < at_most:
                    seen[after] = None
                    queue.append(after)
        return len(queue)


ONE = [
    "pod p { container app }",
    "pod p { container app { startupProbe livenessProbe readinessProbe } }",
    "pod p { container app { restartPolicy: Never  on exit 42: Restart } }",
    "pod p { container app { restartPolicy: OnFailure  on exit 3: RestartAllContainers } }",
    "pod p static { container app }",
    "pod p { activeDeadlineSeconds: 60  container app }",
]
TWO = [
    "pod p { container a  container b }",
    "pod p { init a  container b }",
    "pod p { sidecar a { startupProbe }  container b }",
    "pod p { container a { restartPolicy: Never  on exit 9: RestartAllContainers } container b }",
]
LARGE = """pod p {
  activeDeadlineSeconds: 60
  init i1
  sidecar s1 { startupProbe  livenessProbe }
  init i2 { restartPolicy: Never  on exit 7: Restart }
  sidecar s2 { on exit 8: RestartAllContainers  restartPolicy: Always }
  container m1 { startupProbe  livenessProbe  readinessProbe }
  container m2 { restartPolicy: OnFailure  on exit not in {0, 1}: Restart }
  container m3 { restartPolicy: Always }
}"""


@pytest.mark.parametrize("pod", ONE)
def test_one_container_everywhere(pack: Pack, pod: str) -> None:
    """All of a one-container pod's phase, in every reachable state."""
    plan = planned(pack, pod)
    comparison = Comparison(plan.grounder.system([observed(plan.grounder, "phase")]))
    states = comparison.walk_everything(POLICIES, at_most=1_500)
    assert states > 50
    assert comparison.compared > 10 * states


@pytest.mark.slow
@pytest.mark.parametrize("pod", [*ONE, *TWO])
def test_every_variable_everywhere(pack: Pack, pod: str) -> None:
    """Every variable, published or not, in every reachable state of small pods."""
    plan = planned(pack, pod)
    grounder = plan.grounder
    comparison = Comparison(grounder.system(grounder.every_variable(), grounder.events))
    assert comparison.walk_everything(POLICIES, at_most=20_000) > 50


@pytest.mark.parametrize("pod", TWO)
def test_two_containers(pack: Pack, pod: str) -> None:
    """The phase's cone of two containers, breadth first."""
    plan = planned(pack, pod)
    comparison = Comparison(plan.grounder.system([observed(plan.grounder, "phase")]))
    assert comparison.walk_everything(POLICIES, at_most=300) > 50


@pytest.fixture(scope="module")
def large(pack: Pack) -> Comparison:
    grounder = planned(pack, LARGE).grounder
    return Comparison(grounder.system(grounder.every_variable(), grounder.events))


@settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@given(data=st.data(), policy=st.sampled_from(POLICIES))
def test_random_walks_of_a_large_pod(large: Comparison, data: st.DataObject, policy: str) -> None:
    """Every variable of a pod of seven containers along random runs."""
    state = large.machine.initial(policy)
    for _ in range(data.draw(st.integers(5, 25))):
        possible = [
            a for a in large.machine.system.actions()
            if not a.event or large.machine.possible(a.name, state)
        ]  # fmt: skip
        action = data.draw(st.sampled_from(possible))
        found = []
        for choice in large.explorer.after(action, state):
            found.append(choice)
            if len(found) == 12:
                break
        if not found:
            continue
        inputs, after = data.draw(st.sampled_from(found))
        large.agree(action, state, inputs)
        state = after
