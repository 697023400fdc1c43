"""What must hold of the rules on any pod, whether it was ever recorded or not."""

from __future__ import annotations

import random
from collections import Counter
from itertools import product

import pytest

from podcheck.conform.ruled_pod import Subject
from podcheck.core.terms import Value
from podcheck.declarations.pod import POLICIES, PROBES, Container, ExitRule, Pod, Role
from podcheck.explicit.interpreter import State
from podcheck.loading.rules import load_pack

MOST_SYNCS = 12
CODES = (1, 42)
VERSIONS = ((1, 36), (1, 35), (1, 33))


def random_container(rng: random.Random, name: str, role: Role) -> Container:
    policy = "Always" if role is Role.SIDECAR else rng.choice(["", "", "Never", "OnFailure"])
    rules: tuple[ExitRule, ...] = ()
    if policy and rng.random() < 0.5:
        action = rng.choice(["Restart", "RestartAllContainers"])
        rules = (ExitRule(rng.choice(["In", "NotIn"]), (rng.choice([0, 1, 42]),), action),)
    probes = frozenset(p for p in PROBES if role is not Role.INIT and rng.random() < 0.3)
    return Container(name, role, policy, rules, probes)


def random_pod(rng: random.Random) -> Pod:
    roles = [rng.choice([Role.INIT, Role.SIDECAR]) for _ in range(rng.choice([0, 0, 1, 2]))]
    roles += [Role.MAIN] * rng.choice([1, 2])
    containers = tuple(random_container(rng, f"c{n}", role) for n, role in enumerate(roles))
    return Pod("p", containers, deadline_s=rng.choice([None, 600]), static=rng.random() < 0.1)


def random_choices(rng: random.Random, subject: Subject) -> tuple[tuple[str, Value], ...]:
    inputs = subject.machine.system.sync.inputs
    return tuple((i.name, rng.choice(i.sort.values)) for i in inputs)


def random_event(rng: random.Random, subject: Subject, state: State, early: bool) -> State:
    events = [
        e
        for e in subject.machine.system.events
        if (e.early or not early) and subject.possible(e.name, state)
    ]
    event = rng.choice(events)
    given = {i.name: rng.choice(i.sort.values) for i in event.inputs}
    return subject.machine.apply(event.name, state, given)


def settled(rng: random.Random, subject: Subject, state: State) -> State:
    for _ in range(MOST_SYNCS):
        after = subject.sync(state, random_choices(rng, subject))
        if after == state:
            return state
        state = after
    pytest.fail(f"{subject.pod} does not come to rest")


@pytest.mark.parametrize("seed", range(12))
def test_every_pod_comes_to_rest_whatever_is_chosen(seed: int) -> None:
    rng = random.Random(seed)
    pack = load_pack()
    for _ in range(3):
        subject = Subject(pack, random_pod(rng), CODES, rng.choice(VERSIONS))
        for _ in range(12):
            state = subject.machine.initial(rng.choice(POLICIES))
            if rng.random() < 0.2:
                state = random_event(rng, subject, state, early=True)
            for _ in range(6):
                state = settled(rng, subject, state)
                for _ in range(3):
                    choices = random_choices(rng, subject)
                    assert subject.sync(state, choices) == state
                check_status(subject, state)
                before = state
                state = random_event(rng, subject, state, early=False)
                check_step(subject, before, settled(rng, subject, state))


def check_status(subject: Subject, state: State) -> None:
    """Succeeded needs every main container to have terminated with 0."""
    if subject.get(state, "phase") == "Succeeded":
        for c in subject.pod.of_role(Role.MAIN):
            assert subject.get(state, f"{c.name}.apiState") == "terminated"
            assert subject.get(state, f"{c.name}.exitCode") == 0


def check_step(subject: Subject, before: State, after: State) -> None:
    """A terminal phase is never left, and a pod that is gone does not change, unless it is a
    static pod."""
    phase = subject.get(before, "phase")
    comes_back = subject.pod.static  # with the next kubelet
    if phase in ("Succeeded", "Failed") and not comes_back:
        assert subject.get(after, "phase") == phase
    if subject.get(before, "gone") and not comes_back:
        assert subject.status(after) == {**subject.status(before)}


def test_an_always_pod_left_alone_is_never_terminal() -> None:
    rng = random.Random(1)
    pod = Pod("p", (Container("i", Role.INIT), Container("a", Role.MAIN)))
    subject = Subject(load_pack(), pod, CODES)
    kinds = {"exits", "OOM kills", "backoff", "sandbox death", "reboot", "lost records"}
    events = [e for e in subject.machine.system.events if e.kind in kinds]
    for _ in range(40):
        state = settled(rng, subject, subject.machine.initial("Always"))
        for _ in range(8):
            event = rng.choice([e for e in events if subject.possible(e.name, state)])
            given = {i.name: rng.choice(i.sort.values) for i in event.inputs}
            state = settled(rng, subject, subject.machine.apply(event.name, state, given))
            assert subject.get(state, "phase") in ("Pending", "Running")


def test_readiness_does_not_bear_on_the_phase() -> None:
    pod = Pod("p", (Container("a", Role.MAIN, probes=frozenset(PROBES)),))
    subject = Subject(load_pack(), pod, CODES)
    phase = [subject.grounder.elaborator.declared.variable("phase", None)]
    names = {v.field for v in subject.grounder.system(phase).variables}
    assert not names & {"ready", "readinessOk", "readyCondition", "restartCount", "reason"}


def test_every_rule_has_a_name_of_its_own_a_sentence_and_a_source() -> None:
    pack = load_pack()
    rules = [r for r in pack.rules() if r.name != "otherwise"]
    counts = Counter((r.decision, r.name) for r in rules)
    assert [k for k, n in counts.items() if n > 1] == []
    assert [r.identity for r in pack.rules() if not (r.sentence and r.cites)] == []
    defines = [d for ds in pack.defines.values() for d in ds]
    assert [d.name for d in defines if not (d.doc and d.cites)] == []


@pytest.mark.parametrize(("version", "policy"), list(product(VERSIONS, POLICIES)))
def test_a_main_container_that_exits_ends_as_its_policy_says(
    version: tuple[int, ...], policy: str
) -> None:
    subject = Subject(load_pack(), Pod("p", (Container("a", Role.MAIN),)), CODES, version)
    rng = random.Random(0)
    for code in (0, 1):
        state = settled(rng, subject, subject.machine.initial(policy))
        state = settled(rng, subject, subject.happen("a exits", state, code))
        restarted = policy == "Always" or (policy == "OnFailure" and code != 0)
        ended = "Running" if restarted else "Failed" if code else "Succeeded"
        assert subject.get(state, "phase") == ended
