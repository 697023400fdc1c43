"""What the API server of a release makes of pods and Jobs: it accepts, warns, drops or refuses.

`api_server.cases` has a document a case, each with a first line `# RELEASE ANSWER [CODE]: NAME`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import pytest
from manifest_refusals import check_manifest
from places import TESTS

from podcheck.compiler.refusals import admitted
from podcheck.declarations.pod import Role
from podcheck.declarations.releases import Release
from podcheck.elaboration.scope import Settings
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.manifests.reader import read_manifest

CASE = re.compile(r"# (\d+)\.(\d+) (accepted|warned|dropped|refused)(?: (\w+))?: (.*)\n")


class Case(NamedTuple):
    version: Release
    answer: str
    code: str
    name: str
    text: str


def cases() -> list[Case]:
    found = []
    text = (TESTS / "manifests/api_server.cases").read_text(encoding="utf-8")
    for document in text.split("---\n"):
        head = CASE.match(document)
        assert head, document
        version = int(head[1]), int(head[2])
        found.append(Case(version, head[3], head[4] or "", head[5], document))
    return found


CASES = cases()


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.name} in {c.version[0]}.{c.version[1]}")
def test_the_api_server_answers(case: Case) -> None:
    diagnostics = Diagnostics()
    check_manifest(Source("a.yaml", case.text), load_pack(), diagnostics, case.version)
    found = diagnostics.sorted()
    assert diagnostics.has_errors is (case.answer == "refused"), found
    if case.answer != "refused":
        assert case.code in {d.code for d in found} if case.code else not found, found
    else:
        assert all(re.fullmatch(r"E(3\d\d|107)", d.code) for d in found if d.is_error)


def test_each_answer_occurs_and_each_drop_has_a_case() -> None:
    assert {c.answer for c in CASES} == {"accepted", "warned", "dropped", "refused"}
    dropping = {r.code for r in load_pack().refusals if r.drops}
    assert {c.code for c in CASES if c.answer == "dropped"} == dropping


def test_a_pod_is_stored_without_what_is_dropped() -> None:
    pack = load_pack()
    for case in CASES:
        if case.answer != "dropped":
            continue
        source = Source("a.yaml", case.text)
        (workload,) = read_manifest(source, Diagnostics()).workloads
        (pod,) = workload.declaration.members
        stored = admitted(pack, pod, Settings(case.version, {}), Diagnostics()).pod
        assert stored != pod, case.name
        assert [c.name for c in stored.containers] == [c.name for c in pod.containers]
        if case.version < (1, 35):
            assert not any(c.rules for c in stored.containers)
            assert not any(c.policy for c in stored.containers if c.role is not Role.SIDECAR)
        newest = admitted(pack, pod, Settings((1, 36), {}), Diagnostics()).pod
        assert newest == pod, case.name
