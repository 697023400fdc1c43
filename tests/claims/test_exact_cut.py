"""Counts and exit codes are distinguished as far as a claim sees (`podcheck/core/finite_cut.py`).

Each text is answered by every engine; what a claim is expected to come out as is its title's
first word.
"""

from __future__ import annotations

import pytest
from sampling import sampled, sampled_pairs

from podcheck.certificate import cvc5
from podcheck.certificate.abstraction import faithful
from podcheck.checker.spec_files import Checker
from podcheck.compiler import finite_questions
from podcheck.compiler.plan import make_plan
from podcheck.core import finite_cut
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.results.verdicts import ClaimResult, Verdict
from podcheck.verification.options import Options

TWO = "pod two { container app  container helper }\n"
STEPS = """from Running under Always {
  when {app exits 1 followed by time passes} x 3
  when {helper exits 1 followed by time passes} x 2
"""
ONLY = "for two under Always assuming only exits, backoff"
CODE_77 = """rule "code 77" overrides "something runs"
  = (some c in main: c.newState = running)
  : if (some c in main: c.newExitCode = 77) then Failed else Running
  -- Says so.
"""
THREE_RESTARTS = """rule "three restarts are the end" overrides "something runs"
  = (some c in main: c.newState = running)
  : if (some c in main: c.restartCount >= 3) then Failed else Running
  -- Says so.
"""
TEXTS = {
    "counts with counts": f"""
scenario "FAILS: 3 is not 2" {STEPS} then app.restartCount = helper.restartCount }}
scenario "HOLDS: 3 is 2 + 1" {STEPS} then app.restartCount = helper.restartCount + 1 }}
scenario "HOLDS: 3 + 2" {STEPS} then RESTARTS = app.restartCount + helper.restartCount }}
scenario "FAILS: 3 + 2 + 1" {STEPS} then RESTARTS = app.restartCount + helper.restartCount + 1 }}
check "FAILS: nothing orders them" {ONLY} {{ always app.restartCount <= helper.restartCount }}
check "HOLDS: a sum is more" {ONLY} {{ always RESTARTS >= app.restartCount }}
check "HOLDS: a sum is its summands" {ONLY} {{
  always RESTARTS = helper.restartCount + app.restartCount
}}
check "HOLDS: no number is its own successor" {ONLY} {{
  never app.restartCount = app.restartCount + 1
}}
check "HOLDS: a limit" {ONLY}, at most 2 exits {{
  always app.restartCount <= helper.restartCount + 2
}}
check "FAILS: a limit" {ONLY}, at most 2 exits {{
  always app.restartCount <= helper.restartCount + 1
}}
find "HOLDS: three apart" {ONLY} {{ app.restartCount = helper.restartCount + 3 }}
""",
    "sums of constants": f"""
check "FAILS: seven" {ONLY}, at most 8 exits {{ never app.restartCount = 3 + 4 }}
find "HOLDS: one more than a count" {ONLY} {{
  app.restartCount in {{helper.restartCount + 1, 7}} and app.restartCount > 0
}}
""",
    "the next count": f"""
check "HOLDS: never less" {ONLY}, lost records {{
  always next app.restartCount >= app.restartCount
}}
check "FAILS: never more" {ONLY} {{ always next app.restartCount <= app.restartCount }}
""",
    "codes with codes": """
scenario "FAILS: 1 and 2" for two from Running under Never {
  when app exits nonzero
  when helper exits nonzero
  then app.exitCode in {helper.exitCode}
}
scenario "HOLDS: 3 and 3" for two from Running under Never {
  when app exits 3
  when helper exits 3
  then app.exitCode in {helper.exitCode, 200}
}
""",
    "codes in texts": """
scenario "FAILS: another word" for two from Running under Never {
  when app exits nonzero
  when helper exits nonzero
  then STATUS in {"ExitCode:1", "Error", "Completed"} and app.exitCode = helper.exitCode
}
""",
    "a code in a rule": CODE_77 + """
scenario "FAILS: 77 does" for two from Running under Never {
  when app exits nonzero then phase != Failed
}
scenario "FAILS: only 77 does" for two from Running under Never {
  when app exits nonzero then phase = Failed
}
scenario "HOLDS: 77 does" for two from Running under Never { when app exits 77 then phase = Failed }
""",
    "a count in a rule": THREE_RESTARTS + """
scenario "HOLDS: two restarts are no end" for two from Running under Always {
  when {app exits 1 followed by time passes} x 2 then phase = Running
}
scenario "HOLDS: three are" for two from Running under Always {
  when {app exits 1 followed by time passes} x 2 when app exits 1
  when app backoff ends then phase != Running
}
""",
    "nothing is claimed": """
check "VACUOUS: true" for two under Never { always true }
check "VACUOUS: eventually" for two under Never { eventually true }
check "VACUOUS: no exit is left" for two under Never assuming only exits, at most 0 exits {
  never phase = Failed
}
check "HOLDS: a fact of the pod" for two under Never { always policy = Never }
check "HOLDS: the same, or false" for two under Never { always (false or not policy != Never) }
check "HOLDS: one count in two words" for two under Never {
  always (false or not RESTARTS != sum(container: restartCount))
}
check "VACUOUS: true, whatever the fact" for two under Never { always (policy = Never or true) }
check "VACUOUS: true, whatever the state" for two under Never {
  never (phase = Running and phase != Running)
}
check "VACUOUS: itself" for two under Never { always app.exitCode = app.exitCode }
check "VACUOUS: less than itself" for two under Never { never RESTARTS < RESTARTS }
check "VACUOUS: under one policy that is decided" for two under Never, Always
    assuming only backoff, OOM kills, at most 2 backoff {
  stays reason = DeadlineExceeded
}
check "VACUOUS: no restart" for two from Running under OnFailure assuming only start failures {
  stays some container: restartCount > 0
}
scenario "VACUOUS: true" for two from Running under Never { when app exits 1 then true }
scenario "VACUOUS: itself" for two from Running under Never {
  when app exits 1 then phase = phase
}
scenario "HOLDS: something" for two from Running under Never {
  when app exits 1 then true when helper exits 1 then phase = Failed
}
table "VACUOUS: every phase" for two from Running {
  | event       | Never                                     |
  | app exits 1 | Pending or Running or Succeeded or Failed |
}
""",
}  # fmt: skip


def results(text: str, **options: object) -> tuple[ClaimResult, ...]:
    checker = Checker(Options(stories="all", **options), load_pack())  # type: ignore[arg-type]
    found = checker.check_source(Source("spec.pod", text), None)
    assert {d.code for d in found.diagnostics} <= {"W206"}, found.diagnostics
    return found.claims


ENGINES = ("explicit", "induction", "pdr", "bounded")


@pytest.mark.parametrize(
    ("kind", "engine"),
    [
        *((kind, "auto") for kind in TEXTS),
        *sampled_pairs(TEXTS, ENGINES),
    ],
)
def test_every_engine_says_what_is_so(kind: str, engine: str) -> None:
    for claim in results(TWO + TEXTS[kind], engine=engine, max_steps=100_000):
        if engine == "auto" or claim.verdict is not Verdict.UNKNOWN:
            assert claim.verdict == claim.title.partition(":")[0], claim.title


def test_what_grows_without_end_is_unknown_and_says_what_to_write() -> None:
    (claim,) = results(TWO + f'check "" {ONLY} {{ always next app.restartCount < RESTARTS + 2 }}')
    assert claim.verdict is Verdict.UNKNOWN
    assert "assuming at most 5 exits" in claim.detail


@pytest.mark.parametrize("kind", sampled(TEXTS, 2))
def test_a_claim_is_answered_alone_as_beside_others(kind: str) -> None:
    together = results(TWO + TEXTS[kind])
    alone = [results(TWO + claim)[0] for claim in _claims(TEXTS[kind])]
    assert [_said(c) for c in alone] == [_said(c) for c in together]


def _said(claim: ClaimResult) -> tuple[object, ...]:
    """Everything in a result but places in the file."""
    outcomes = [o._replace(span=None) for o in claim.outcomes]  # type: ignore[arg-type]
    return claim.title, claim.verdict, claim.detail, outcomes


def _claims(text: str) -> list[str]:
    """Each claim of a text with the rules before it."""
    parts: list[str] = []
    rules = ""
    for line in text.strip().splitlines(keepends=True):
        if line.startswith("rule"):
            rules += line
        elif line.startswith(("check", "find", "scenario", "table")):
            parts.append(line)
        elif parts:
            parts[-1] += line
        else:
            rules += line
    return [rules + part for part in parts]


# ---- the cut that certificates rest on ---------------------------------------------------------


def scripts(text: str, claim: int) -> list[str]:
    diagnostics = Diagnostics()
    spec = spec_of(Source("spec.pod", text), None, diagnostics)
    (plan,) = make_plan(spec, load_pack(), diagnostics).pods
    asked = [q for q in plan.questions if q.claim == claim]
    return list(faithful(plan.over(plan.exact(asked), asked)))


@pytest.mark.parametrize(("kind", "claim"), [("counts with counts", 4), ("the next count", 0)])
def test_another_solver_finds_the_cut_exact(kind: str, claim: int) -> None:
    assert {cvc5.answer(s, 120) for s in scripts(TWO + TEXTS[kind], claim)} == {"unsat"}


def test_another_solver_notices_a_cut_that_is_too_short(monkeypatch: pytest.MonkeyPatch) -> None:
    text = TWO + f'check "" {ONLY} {{ never app.restartCount = 3 }}'

    def short(tests: finite_cut.Needs, codes: object, spare: int) -> finite_cut.Cut:
        return finite_cut.cut_for(tests._replace(largest=1))

    monkeypatch.setattr(finite_questions, "cut_for", short)
    assert "sat" in {cvc5.answer(s, 120) for s in scripts(text, 0)}


def test_another_solver_notices_codes_that_are_not_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = TWO + CODE_77 + 'scenario "" from Running { when app exits 77 then phase = Failed }'

    def coarse(tests: finite_cut.Needs, codes: object, spare: int) -> finite_cut.Cut:
        return finite_cut.cut_for(tests._replace(codes=frozenset()))

    monkeypatch.setattr(finite_questions, "cut_for", coarse)
    assert "sat" in {cvc5.answer(s, 120) for s in scripts(text, 0)}
