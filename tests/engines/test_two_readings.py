"""The two readings of one rule text agree: generated Python and Z3, state by state.

Of pods of one container (and, on demand, of two) every state that exits can lead to is
tried, with every event and every exit code; with all events the nearest states; of a large
pod random walks that hypothesis draws.  `pytest -m slow` runs what takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from podcheck.compiler.plan import make_plan
from podcheck.compiler.pod_plan import PodPlan
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import POLICIES
from podcheck.explicit.explorer import Explorer
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.symbolic.encoder import Encoder
from podcheck.symbolic.templates import Templates as SymbolicMachine
from podcheck.symbolic.z3_context import Arena

PLENTY = 10_000_000


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def planned(pack: Pack, pod: str) -> PodPlan:
    diagnostics = Diagnostics()
    spec = spec_of(Source("pod", pod), None, diagnostics)
    plan = make_plan(spec, pack, diagnostics)
    assert not diagnostics.has_errors, diagnostics.sorted()
    return plan.pods[0]


class Comparison:
    """Takes every step both ways."""

    def __init__(self, system: TransitionSystem) -> None:
        self.machine = Interpreter(system)
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

    def walk(self, kinds: frozenset[str] | None = None, at_most: int = PLENTY) -> int:
        """Every state reachable by small steps (with events of these kinds), up to a number.

        In each, every action is taken both ways with every input that can matter.
        """
        seen = {self.machine.initial(p): None for p in POLICIES}
        queue = list(seen)
        for state in queue:
            for action in self.machine.system.events:
                if not self.machine.possible(action.name, state):
                    self.agree(action, state, {})
            for action, inputs, after in self.steps(state):
                self.agree(action, state, inputs)
                if kinds is not None and action.event and action.kind not in kinds:
                    continue
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


EXITS = frozenset({"exits", "OOM kills"})


def phase_of(pack: Pack, pod: str) -> Comparison:
    """A comparison on what the phase depends on."""
    plan = planned(pack, pod)
    system = plan.grounder.system([plan.grounder.observed("phase")])
    return Comparison(plan.over(system, ()).system)


def every_variable_of(pack: Pack, pod: str) -> Comparison:
    plan = planned(pack, pod)
    system = plan.grounder.system(plan.grounder.every_variable(), plan.grounder.events)
    return Comparison(plan.over(system, ()).system)


@pytest.mark.parametrize("pod", ONE)
def test_one_container_exhaustively(pack: Pack, pod: str) -> None:
    """Every state that exits lead to; from each, every event and every exit code."""
    comparison = phase_of(pack, pod)
    assert comparison.walk(EXITS) > 50
    assert comparison.compared > 1_000


@pytest.mark.parametrize("pod", [*ONE, *TWO])
def test_the_nearest_states(pack: Pack, pod: str) -> None:
    """Every event, breadth first from a pod just created."""
    assert phase_of(pack, pod).walk(at_most=150) == 150


@pytest.mark.slow
@pytest.mark.parametrize("pod", TWO)
def test_two_containers_exhaustively(pack: Pack, pod: str) -> None:
    """Every state that exits lead to, of pods of two containers."""
    assert phase_of(pack, pod).walk(EXITS) > 100


@pytest.mark.slow
@pytest.mark.parametrize("pod", ONE)
def test_back_off_exhaustively(pack: Pack, pod: str) -> None:
    """Every state that exits and the end of back-offs lead to."""
    assert phase_of(pack, pod).walk(EXITS | {"backoff"}) > 1_000


@pytest.mark.slow
@pytest.mark.parametrize("pod", [*ONE, *TWO])
def test_every_variable(pack: Pack, pod: str) -> None:
    """Every variable, published or not, in the nearest states."""
    comparison = every_variable_of(pack, pod)
    assert comparison.walk(at_most=2_000) == 2_000


@pytest.fixture(scope="module")
def large(pack: Pack) -> Comparison:
    return every_variable_of(pack, LARGE)


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
        relevant = large.machine.relevant(action.name, state) if action.inputs else ()
        inputs = {
            i.name: data.draw(st.sampled_from(i.sort.values))
            for i, matters in zip(action.inputs, relevant, strict=True)
            if matters
        }
        large.agree(action, state, inputs)
        if not action.event or large.machine.possible(action.name, state, inputs):
            state = large.machine.apply(action.name, state, inputs)
