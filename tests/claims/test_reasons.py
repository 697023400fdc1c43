"""The rules that proofs rest on: enough by themselves, and needed."""

from __future__ import annotations

import json

import pytest
from command_line import Shell

from podcheck.compiler.engine_claims import claim_of
from podcheck.compiler.plan import make_plan
from podcheck.compiler.questions import CompiledSpec, PropertyQuestion
from podcheck.core.answers import Answer, Proved, Refuted
from podcheck.core.claims import PropertyClaim
from podcheck.core.rule_selectors import is_selector, rules_by_selector
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, Input
from podcheck.core.terms import BOOL, Term, const, walk
from podcheck.export.exporter import start_of
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.symbolic.proof_cores import core_of
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget
from podcheck.transform.safety import safety
from podcheck.verification.options import Options
from podcheck.verification.properties import Properties

POD = "pod web { container app }\n\n"
CLAIMS = {
    "a final phase absorbs": "{\n  always phase = Failed implies next phase = Failed\n}\n",
    "no exit is undone": (
        "under Never assuming only exits, deletion {\n"
        "  always app.record = exited implies next app.record != running\n}\n"
    ),
    "never Failed": "under OnFailure assuming only exits, backoff {\n  never phase = Failed\n}\n",
}
SPEC = POD + "\n".join(f'check "{title}" {rest}' for title, rest in CLAIMS.items())


def compiled(*, selectors: bool) -> CompiledSpec:
    diagnostics = Diagnostics()
    spec = spec_of(Source("web.pod", SPEC), None, diagnostics)
    plan = make_plan(spec, load_pack(), diagnostics, selectors=selectors)
    assert not diagnostics.found
    return plan.compiled(())


def claim_in(spec: CompiledSpec, title: str) -> PropertyClaim:
    number = [c.title for c in spec.claims].index(title)
    pod = spec.pods[0]
    question = next(q for q in pod.questions if q.claim == number)
    assert isinstance(question, PropertyQuestion)
    start = start_of(pod, question, "Never" if "Never" in question.policies else "OnFailure")
    return claim_of(pod, [question], (start,))


def decided(claim: PropertyClaim) -> Answer:
    session = Session(claim.system, budget=Budget())
    return Properties(session, Options(engine="pdr")).answers(claim)[0]


def with_lines(claim: PropertyClaim, kept: frozenset[str]) -> PropertyClaim:
    """The claim about a system in which only those lines decide; the others' values are inputs."""
    known = {v.name for v in claim.system.variables}

    def freed(action: Action) -> Action:
        roots = [action.guard, *action.updates.values()]
        leaves = [t for t in walk(roots) if t.op == "var"]
        fixed = {t.value: const(BOOL, t.value in kept) for t in leaves if is_selector(t.value)}
        new = substituted(roots, fixed)
        declared = {i.name for i in action.inputs}
        read = [t for t in walk([new[r] for r in roots]) if t.op == "var"]
        free = [t for t in read if t.value not in known | declared]
        inputs = (*action.inputs, *(Input(t.value, t.sort, "detail") for t in free))
        updates = {n: new[u] for n, u in action.updates.items()}
        return action._replace(guard=new[action.guard], updates=updates, inputs=inputs)

    system = claim.system
    system = system._replace(sync=freed(system.sync), events=tuple(freed(e) for e in system.events))
    names = {e.name for e in claim.events}
    events = tuple(e for e in system.events if e.name in names)
    return claim._replace(system=system, events=events)


def core_for(title: str) -> tuple[PropertyClaim, frozenset[str], tuple[Term, ...]]:
    answer = decided(claim_in(compiled(selectors=False), title))
    assert isinstance(answer, Proved)
    claim = claim_in(compiled(selectors=True), title)
    core = core_of(safety(claim, answer.invariant), answer.invariant, Budget())
    assert core is not None
    return claim, core, answer.invariant


@pytest.mark.parametrize("title", CLAIMS)
def test_the_lines_of_a_core_are_enough_whatever_the_others_decide(title: str) -> None:
    claim, core, _ = core_for(title)
    assert 0 < len(core) < len(rules_by_selector(claim.system.decisions))
    assert isinstance(decided(with_lines(claim, core)), Proved)


def test_the_line_that_a_proof_rests_on_is_needed() -> None:
    claim, core, _ = core_for("a final phase absorbs")
    rules = rules_by_selector(claim.system.decisions)
    assert [rules[name].identity for name in core] == ["next phase: final stays"]
    assert isinstance(decided(with_lines(claim, frozenset(rules) - core)), Refuted)


def test_conditions_that_are_no_invariant_have_no_core() -> None:
    claim, _, invariant = core_for("never Failed")
    assert len(invariant) > 1
    assert core_of(safety(claim), (), Budget()) is None


# ---- what is printed -------------------------------------------------------------------------


def test_verbose_names_the_rules(shell: Shell) -> None:
    done = shell("verify", "-v", shell.write("web.pod", SPEC))
    assert done.code == 0
    words = " ".join(done.out.split())
    assert 'for web under Always rests on "final stays" (kubelet_pods.go:generateAPI' in words
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_proof_that_needs_no_rule_says_so(shell: Shell) -> None:
    spec = f'{POD}check "x" {{\n  always deleting implies next deleting\n}}\n'
    done = shell("verify", "-v", shell.write("web.pod", spec))
    assert "rests on no rule: it holds whatever the kubelet decides" in " ".join(done.out.split())


def test_a_plain_run_does_not_ask(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from podcheck.explanation.proof_reasons import Reasons

    def refuse(*_: object) -> None:
        raise AssertionError("a plain run must not ask for reasons")

    monkeypatch.setattr(Reasons, "__init__", refuse)
    done = shell("verify", shell.write("web.pod", SPEC))
    assert done.code == 0
    assert "rests on" not in done.out


def test_json_holds_them_and_so_does_the_cache(shell: Shell) -> None:
    path = shell.write("web.pod", SPEC)
    first = shell("verify", "--format", "json", path)
    outcome = json.loads(first.out)["files"][0]["claims"][0]["outcomes"][0]
    assert [rule["rule"] for rule in outcome["rests_on"]] == ["final stays"]
    again = shell("verify", "--format", "json", "-o", "again.json", path)  # from kept results
    assert again.out == first.out
