"""`podcheck verify --coverage`: rules that no claim depends on, events that never happen."""

from __future__ import annotations

import json

from command_line import Shell

POD = "pod two { container app  container helper }\n\n"
CRASH = (
    'scenario "a crash" from Running under Never {\n  when app exits 1 then phase = Running\n}\n'
)
ABSORBS = 'check "absorbs" {\n  always phase = Failed implies next phase = Failed\n}\n'
HALF = (
    'scenario "half of it" from Running under Never {\n'
    "  when app exits 1 or app image can be pulled then phase = Running\n}\n"
)


def idle(shell: Shell, spec: str) -> tuple[int, set[tuple[str, str]]]:
    """How many rules there are, and on which of them no claim depends."""
    path = shell.write("two.pod", POD + spec)
    out = shell("verify", "--coverage", "--format", "json", path).out
    coverage = json.loads(out)["files"][0]["coverage"]
    return coverage["rules"], {(r["decision"], r["rule"]) for r in coverage["idle"]}


def test_a_claim_depends_on_what_decides_in_its_runs(shell: Shell) -> None:
    rules, found = idle(shell, CRASH)
    assert 50 < len(found) < rules
    assert ("computedPhase", "something runs") not in found
    assert {("computedPhase", "over, all with 0"), ("next phase", "final stays")} <= found
    assert any(name == "STATUS" for name, _ in found)  # the columns decide, but nobody reads them


def test_a_claim_depends_on_what_its_proof_rests_on(shell: Shell) -> None:
    _, without = idle(shell, CRASH)
    _, found = idle(shell, CRASH + ABSORBS)
    assert without - found >= {("next phase", "final stays")}
    assert found < without


def test_an_event_that_never_happens_is_named(shell: Shell) -> None:
    path = shell.write("two.pod", POD + HALF)
    done = shell("verify", "--coverage", path)
    assert done.code == 0
    words = " ".join(done.out.split())
    assert words.endswith(
        "two.pod:4: `app image can be pulled` never happens there, so that anything holds of it "
        '("half of it", for two under Never)'
    )
    assert max(map(len, done.out.splitlines())) <= 80
    assert (
        "never happens" not in shell("verify", "--coverage", shell.write("a.pod", POD + CRASH)).out
    )


def test_it_stands_after_the_summary_and_only_if_asked_for(shell: Shell) -> None:
    path = shell.write("two.pod", POD + CRASH)
    plain = shell("verify", path).out
    assert shell("verify", "--coverage", path).out.startswith(plain + "\ntwo.pod: its claims")
    assert shell("verify", path).out == plain  # neither is cached for the other
