"""Promises (eventually, leads to, until) from the text of a spec to its report."""

from __future__ import annotations

import json

import pytest

from podcheck.checker.spec_files import Checker
from podcheck.compiler.engine_claims import liveness_claim
from podcheck.compiler.plan import make_plan
from podcheck.compiler.questions import PromiseQuestion
from podcheck.core.answers import Proved, Refuted, Unknown
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.loading.specs import spec_of
from podcheck.report import json as json_report
from podcheck.report.terminal import Style
from podcheck.report.text import render_file
from podcheck.report.timeline import timeline
from podcheck.results.verdicts import ClaimResult, FileResult, Report
from podcheck.symbolic.session import Workspace
from podcheck.transform.liveness import monitored_promise
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext
from podcheck.verification.promises import Promises, Symbolic

POD = "pod one { container app }\n\n"


def result(text: str, **options: int) -> FileResult:
    checker = Checker(Options(**options), load_pack())  # type: ignore[arg-type]
    return checker.check_source(Source("spec.pod", text), None)


def claim(header: str, formula: str, **options: int) -> ClaimResult:
    found = result(f'{POD}check "it" for one {header} {{\n  {formula}\n}}\n', **options)
    assert not found.diagnostics
    return found.claims[0]


def context_of(text: str) -> PodContext:
    """What is asked about the file's one pod."""
    diagnostics = Diagnostics()
    plan = make_plan(spec_of(Source("spec.pod", text), None, diagnostics), load_pack(), diagnostics)
    assert not diagnostics.has_errors
    return PodContext(plan.compiled(()).pods[0], Options(), Workspace(), {})


# ---- reports ---------------------------------------------------------------------------------

FAILING = POD + (
    'check "over some day" for one under OnFailure\n'
    "    assuming only exits, backoff, every container exits eventually {\n"
    "  eventually phase in {Succeeded, Failed}\n}\n"
)


def marks(text: str) -> dict[int, str]:
    """The steps of a story that are marked, with the mark, as the grid of its report has them."""
    story = result(text).claims[0].outcomes[0].story
    assert story is not None
    grid = timeline(story.steps, story.loop)
    return {m.step: m.mark for m in grid.moments if m.mark}


def test_a_cycle_is_marked() -> None:
    assert marks(FAILING) == {1: "from here it repeats"}
    text = " ".join(" ".join(render_file(result(FAILING), Style(False))).split())
    assert "[from here it" in text


def test_a_pod_that_stays_as_it_is_is_marked() -> None:
    spec = POD + 'check "it" under Never {\n  eventually phase = Failed\n}\n'
    assert marks(spec) == {0: "and so it stays"}
    assert "[and so it" in "\n".join(render_file(result(spec), Style(False)))


def test_json_has_the_loop() -> None:
    report = json.loads(json_report.render(Report((result(FAILING),))))
    story = report["files"][0]["claims"][0]["outcomes"][0]["story"]
    assert story["loop"] == 1
    assert len(story["steps"]) == 4


# ---- what words mean -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "formula", "verdict"),
    [
        ("under Never assuming only exits", "eventually phase = Running", "FAILS"),
        ("from Running under Never assuming only exits", "eventually phase = Running", "HOLDS"),
        (
            "from Running under Never assuming only exits",
            "phase = Running until phase = Failed",
            "FAILS",
        ),
        (
            "from Running under Never assuming only exits, app exits eventually",
            "phase = Running until phase in {Succeeded, Failed}",
            "HOLDS",
        ),
        # the delay ends, unless no delay may
        (
            "under Always assuming only exits, backoff",
            "app.backingOff leads to app.record = running",
            "HOLDS",
        ),
        (
            "under Always assuming only exits",
            "app.backingOff leads to app.record = running",
            "FAILS",
        ),
        # after the limit nothing has to happen
        (
            "under Never assuming only exits, at most 1 exits, app exits eventually",
            "eventually phase in {Succeeded, Failed}",
            "HOLDS",
        ),
        (
            "under Always assuming only exits, backoff, at most 1 exits, app exits eventually",
            "eventually app.restartCount = 2",
            "FAILS",
        ),
        # a start is any state
        (
            "from any Running under Never assuming only exits, app exits eventually",
            "eventually phase in {Succeeded, Failed}",
            "HOLDS",
        ),
        ("from any Running under Never assuming only exits", "eventually phase = Failed", "FAILS"),
        (
            "from any Running under Always assuming only exits, backoff",
            "phase = Failed leads to gone",
            "VACUOUS",
        ),
        ("from any Succeeded under Always assuming only exits", "eventually gone", "VACUOUS"),
        ("under Always assuming only exits", "phase = Failed leads to gone", "VACUOUS"),
        ("under Always assuming no exits, app exits eventually", "eventually gone", "VACUOUS"),
        (
            "under Always assuming at most 0 exits, app exits eventually",
            "eventually gone",
            "VACUOUS",
        ),
    ],
)  # fmt: skip
def test_what_comes_and_what_need_not(header: str, formula: str, verdict: str) -> None:
    assert claim(header, formula).verdict == verdict


def test_a_bound_is_no_proof() -> None:
    header = "from Running under Never assuming only exits, app exits eventually"
    formula = "eventually phase in {Succeeded, Failed}"
    assert claim(header, formula, bound=0).verdict == "HOLDS to k"
    assert claim(header, formula).verdict == "HOLDS"


# ---- the solver against explicit search, on pods ---------------------------------------------

ASSUMED = (
    "only exits, backoff",
    "only exits, backoff, every container exits eventually",
    "only deletion, node loss",
)
FORMULAS = (
    "eventually phase in {Succeeded, Failed}",
    "deleted leads to gone",
    "phase = Pending until phase = Running",
)  # fmt: skip


@pytest.mark.parametrize("assumed", ASSUMED)
@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("policy", ["Always", "OnFailure", "Never"])
def test_the_engines_agree_on_a_pod(policy: str, formula: str, assumed: str) -> None:
    text = f'{POD}check "it" under {policy} assuming {assumed} {{\n  {formula}\n}}\n'
    it = context_of(text)
    (question,) = it.pod.questions
    assert isinstance(question, PromiseQuestion)
    asked = liveness_claim(it.pod, question, (it.created(policy),))
    explicit = Promises(Workspace(), it.budget, max_steps=300_000).answer(asked)
    assert isinstance(explicit, Proved | Refuted) or "deleted" in formula
    solved = Symbolic(Workspace(), it.budget, monitored_promise(asked), asked.starts[0]).answer()
    if not isinstance(solved, Unknown):
        assert type(solved) is type(explicit)
    if isinstance(solved, Refuted) and isinstance(explicit, Refuted):
        sizes = [sum(len(m.events) for m in a.run.moves) for a in (solved, explicit)]
        assert sizes[0] == sizes[1]


def test_what_explicit_search_can_not_finish_is_proved() -> None:
    """Half a million states; every event but what restarts the node or its kubelet."""
    header = 'check "it" under Never assuming no node loss, kubelet restart, reboot, lost records'
    text = f"{POD}{header} {{\n  deleted leads to gone\n}}\n"
    it = context_of(text)
    (question,) = it.pod.questions
    assert isinstance(question, PromiseQuestion)
    asked = liveness_claim(it.pod, question, (it.created("Never"),))
    answer = Promises(Workspace(), it.budget, max_steps=10_000).answer(asked)
    assert isinstance(answer, Proved)
    assert answer.bound is None


def test_what_was_not_settled_is_no_success() -> None:
    header = "from Running under Never assuming only exits, app exits eventually"
    it = claim(header, "eventually phase in {Succeeded, Failed}", max_steps=10)
    assert it.verdict in ("HOLDS", "UNKNOWN")
    if it.verdict == "UNKNOWN":
        assert it.detail
        assert (it.outcomes[0].bound or 0) > 0
