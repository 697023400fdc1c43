"""Pods of one shape are audited once: what a shape keeps, and how names are put back."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from fleet import manifest, templates
from hypothesis import given, settings
from hypothesis import strategies as st

from podcheck.auditing.finding import PodAudit
from podcheck.auditing.pod_audit import audit_pod
from podcheck.auditing.pod_shape import FIRST_SIGN, put_back, shaped
from podcheck.auditing.work_items import Searching, basis, read
from podcheck.declarations.pod import (
    PROBES,
    Container,
    ExitRule,
    FailureRule,
    Mount,
    Pod,
    Port,
    Role,
    SuccessRule,
)
from podcheck.declarations.releases import RECORDED
from podcheck.declarations.spec import MAX_CONTAINERS
from podcheck.elaboration.builtins import FACTS
from podcheck.language.source import Source
from podcheck.loading.hazards import library_sources
from podcheck.loading.rules import pack_sources
from podcheck.manifests.workload import Controller, JobFacts
from podcheck.verification.options import Options

RULES = (
    ExitRule("In", (3,), "Restart"), ExitRule("NotIn", (0,), "Restart"),
    ExitRule("In", (), "Restart"),
)  # fmt: skip
MOUNTS = st.builds(
    Mount, st.sampled_from(("v", "w", "z")), st.sampled_from(("", "a", "a/b")), st.booleans()
)
NAMES = ("a", "app", "b2", "c", "pod", "node", "exits", "x", "web-1", "Running")
PORTS = st.lists(st.builds(Port, st.integers(80, 82), st.sampled_from(("TCP", "UDP"))), max_size=3)


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    """Pods of one to four containers with everything that has a bearing."""
    names = draw(st.permutations(NAMES))
    roles = sorted(draw(st.lists(st.sampled_from((Role.INIT, Role.SIDECAR)), max_size=2)))
    roles += [Role.MAIN] * draw(st.integers(1, 2))
    containers = []
    for name, role in zip(names, roles, strict=False):
        rules = draw(st.lists(st.sampled_from(RULES), max_size=2))
        containers.append(
            Container(
                name, role, "Always" if role is Role.SIDECAR else "", tuple(rules),
                frozenset(draw(st.sets(st.sampled_from(PROBES)))),
                tuple(draw(PORTS)), tuple(draw(PORTS)),
                tuple(draw(st.lists(MOUNTS, max_size=3))),
                node_ports=tuple(draw(PORTS)),
            )
        )  # fmt: skip
    empty = draw(st.sets(st.sampled_from(("v", "w"))))
    return Pod(
        "some", tuple(containers), draw(st.sampled_from(("Always", "OnFailure", "Never"))),
        deadline_s=draw(st.none() | st.integers(1, 99)), volumes=("v", "w"),
        empty_dirs=frozenset(empty), owner="Job",
        failure_rules=tuple(
            FailureRule("Ignore", "In", (3, 1), name)
            for name in draw(st.lists(st.sampled_from(("", "z", *names)), max_size=2))
        ),
    )  # fmt: skip


def job(deadline_s: int | None) -> Controller:
    return Controller("Job", job=JobFacts(deadline_s=deadline_s))


def arguments(pod: Pod, kinds: tuple[Any, ...]) -> list[tuple[Any, ...]]:
    """Everything of a pod that a fact can be asked of, except texts."""
    rules = [rule for c in pod.containers for rule in c.rules]
    all_ = [*pod.containers, *rules, *pod.failure_rules]
    return [*product(*([one for one in all_ if isinstance(one, kind)] for kind in kinds))]


@given(pods())
@settings(deadline=None)
def test_a_shape_answers_every_question_as_its_pod_does(pod: Pod) -> None:
    plain = shaped(pod, job(None)).shape.pod
    for name, (kinds, answer) in FACTS.items():
        if str in kinds:
            continue  # asks for fields, which a shape keeps as they are
        ours, theirs = arguments(plain, kinds), arguments(pod, kinds)
        assert [answer(plain, *a) for a in ours] == [answer(pod, *a) for a in theirs], name
    kept = ("policy", "static", "owner", "fields", "owner_fields", "success_rules")
    assert [getattr(plain, k) for k in kept] == [getattr(pod, k) for k in kept]
    assert (plain.deadline_s is None) == (pod.deadline_s is None)
    for c, d in zip(plain.containers, pod.containers, strict=True):
        assert replace(c, name="", ports=(), host_ports=(), node_ports=(), mounts=()) == replace(
            d, name="", ports=(), host_ports=(), node_ports=(), mounts=()
        )


@given(pods(), st.permutations(NAMES), st.integers(1, 5000), st.integers(1, 99))
@settings(deadline=None)
def test_what_has_no_bearing_makes_no_other_shape(
    pod: Pod, names: list[str], more: int, deadline_s: int
) -> None:
    mains = sorted(c.name for c in pod.of_role(Role.MAIN))
    others = [c.name for c in pod.containers if c.name not in mains]
    new = names[: len(pod.containers)]
    renamed = dict(zip(others, new, strict=False))
    renamed |= dict(zip(mains, sorted(new[len(others) :]), strict=True))
    other = replace(
        pod,
        name="other",
        deadline_s=None if pod.deadline_s is None else deadline_s,
        volumes=tuple(f"{v}{more}" for v in reversed(pod.volumes)),
        empty_dirs=frozenset(f"{v}{more}" for v in pod.empty_dirs),
        containers=tuple(
            replace(
                c,
                name=renamed[c.name],
                ports=tuple(p._replace(number=p.number + more) for p in reversed(c.ports)),
                host_ports=tuple(p._replace(number=p.number + more) for p in c.host_ports),
                node_ports=tuple(p._replace(number=p.number + more) for p in c.node_ports),
                mounts=tuple(m._replace(volume=f"{m.volume}{more}") for m in c.mounts),
            )
            for c in pod.containers
        ),
        failure_rules=tuple(
            replace(r, container=renamed.get(r.container, "y" if r.container else ""))
            for r in pod.failure_rules
        ),
    )
    one, two = shaped(pod, job(1)), shaped(other, job(deadline_s))
    assert one.shape == two.shape
    assert one.shape.key() == two.shape.key()
    assert hash(one.shape) == hash(two.shape)
    assert put_back(tuple(c.name for c in one.shape.pod.containers), two.names) == tuple(
        c.name for c in other.containers
    )


def test_what_has_a_bearing_does() -> None:
    """Each of these differs from the first, and from all others."""
    one = Pod("p", (Container("a", Role.MAIN), Container("b", Role.MAIN)))
    first, second = one.containers
    probed = replace(second, probes=frozenset(("livenessProbe",)))
    listening = (replace(first, ports=(Port(1),)), replace(second, ports=(Port(2),)))
    several = [
        one,
        replace(one, policy="Never"),
        replace(one, static=True),
        replace(one, deadline_s=1),
        replace(one, containers=(first, replace(second, role=Role.INIT))),
        replace(one, containers=(first, probed)),
        replace(one, containers=(replace(first, name="c"), probed)),  # the first by name is probed
        replace(one, containers=(probed, first)),
        replace(one, containers=(first, replace(second, hooks=frozenset(("preStop",))))),
        replace(one, containers=(first, replace(second, fields=(("f", 1),)))),
        replace(one, containers=(first, replace(second, rules=(ExitRule("In", (1,), "Restart"),)))),
        replace(one, containers=listening),
        replace(one, containers=(listening[0], replace(second, ports=(Port(1),)))),
        replace(one, containers=(first, replace(second, host_ports=(Port(1),)))),
        replace(one, containers=(first, replace(second, mounts=(Mount("v"),)))),
        replace(one, containers=(first, replace(second, mounts=(Mount("v"),))), volumes=("v",),
                empty_dirs=frozenset("v")),
        replace(one, owner="Job"),
        replace(one, owner_fields=(("f", 1),)),
        replace(one, failure_rules=(FailureRule("Count", "In", (1,)),)),
        replace(one, failure_rules=(FailureRule("Count", "In", (1,), "a"),)),
        replace(one, success_rules=(SuccessRule("", 1, (("succeededCount", 1),)),)),
        replace(one, is_manifest=True),
        replace(one, fields=(("f", 1),)),
    ]  # fmt: skip
    keys = {shaped(pod, job(None)).shape.key() for pod in several}
    keys |= {shaped(one, made).shape.key() for made in (job(1),)}
    assert len(keys) == len(several) + 1


def test_no_text_of_podcheck_holds_a_sign() -> None:
    signs = {chr(FIRST_SIGN + n) for n in range(MAX_CONTAINERS)}
    for source in (*library_sources(), *pack_sources()):
        assert not signs & set(source.text), source.name


def test_names_are_put_back_once_and_exactly() -> None:
    first, second = chr(FIRST_SIGN), chr(FIRST_SIGN + 1)
    told = (f"`{first}` and {second}{first}", ("plain", 1, None, True), first)
    assert put_back(told, (second, "b")) == (
        f"`{second}` and b{second}", ("plain", 1, None, True), second,
    )  # fmt: skip
    assert put_back(told, ("a", "b"))[1] is told[1]  # what has no name in it is shared


# ---- audits ------------------------------------------------------------------------------------


def direct(pod: Pod, controller: Controller) -> PodAudit:
    return audit_pod(pod, controller, basis(Options(), RECORDED, "info"))


def by_shape(pod: Pod, controller: Controller) -> PodAudit:
    shape, names = shaped(pod, controller)
    return put_back(Searching(shape, Options(), RECORDED, "info").do(), names)


def plain(audit: PodAudit) -> str:
    """The prover goes through variables in the order of their names, so that with other names
    it may find another invariant of as little importance."""
    return re.sub(r"an invariant of \d+ clauses?", "an invariant", repr(audit))


@pytest.mark.parametrize("number", range(0, 40, 5))
def test_the_audit_of_a_shape_is_that_of_its_pod(number: int) -> None:
    text = manifest(templates(40, seed=7)[number], "shop", "main")
    found = read(Source("a.yaml", text))
    (workload,) = found.manifest.workloads
    (pod,) = workload.declaration.members
    assert plain(by_shape(pod, workload.controller)) == plain(direct(pod, workload.controller))


def test_a_renamed_pod_has_the_same_findings_in_its_own_names() -> None:
    one = Container("apple", Role.MAIN, probes=frozenset(("livenessProbe",)), ports=(Port(80),))
    two = Container("pear", Role.MAIN, ports=(Port(80),))
    init = Container("fruit", Role.INIT)
    pod = Pod("shop", (init, two, one), "Never")
    names = {"apple": "Failed", "pear": "exits", "fruit": "x"}  # words that stories use, too
    renamed = replace(
        pod, name="other", containers=tuple(replace(c, name=names[c.name]) for c in pod.containers)
    )
    found, other = by_shape(pod, job(None)), by_shape(renamed, job(None))
    expected = re.sub(r"\b(apple|pear|fruit)\b", lambda m: names[m[1]], repr(found))
    assert expected == repr(other)
    assert len(found.findings) > 5
    assert any(f.story for f in found.findings)
