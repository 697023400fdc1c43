"""Where no search shows that a run is a shortest one, every format says so."""

from __future__ import annotations

from typing import Any

import pytest
from report_readers import READERS, squeezed
from sampling import sampled_pairs

from podcheck.checker.spec_files import Checker
from podcheck.core.answers import Answer, Move, Proved, Refuted, Run, Unknown
from podcheck.core.claims import Start
from podcheck.language.source import Source
from podcheck.loading.rules import load_pack
from podcheck.report import formats, terminal, text
from podcheck.report.sentences import PROVED_RARE, RARE
from podcheck.results.verdicts import Report, Verdict
from podcheck.verification.most_ordinary import OrdinaryRuns
from podcheck.verification.options import Options
from podcheck.verification.promises import _none_shorter

POD = "pod one { container app  container helper }\n"
CLAIMS = {
    "check": 'check "c" under Never { never app.state = terminated }\n',
    "find": 'find "f" under Never { phase = Failed }\n',
    "refute": 'refute "r" under Never { never phase = Failed }\n',
}
SENTENCE = squeezed("A shorter run may exist")


def report_on(claim: str, **options: Any) -> Report:
    checker = Checker(Options(stories="all", **options), load_pack())
    return Report((checker.check_source(Source("one.pod", POD + claim), None),))


SHOWING = tuple(READERS)  # all formats that show runs; code quality has a line for what fails


def says_so(report: Report, form: str) -> bool:
    words = READERS[form](formats.render(report, form)).words
    if form == "text":  # which shows runs of claims that hold on demand
        words = "\n".join(text.render_lines(report, terminal.PLAIN, stories=True))
    return SENTENCE.lower() in squeezed(words).lower()


@pytest.mark.parametrize(("form", "kind"), sampled_pairs(SHOWING, [*CLAIMS]))
def test_every_format_says_so_of_every_kind_of_claim(
    kind: str, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not says_so(report_on(CLAIMS[kind]), form)
    monkeypatch.setattr(OrdinaryRuns, "of", OrdinaryRuns.some)
    report = report_on(CLAIMS[kind])
    (claim,) = report.claims
    assert claim.verdict is (Verdict.FAILS if kind == "check" else Verdict.HOLDS)
    assert claim.outcomes[0].story is not None
    assert says_so(report, form)


def test_the_engine_that_is_named_finds_a_shortest(monkeypatch: pytest.MonkeyPatch) -> None:
    shortest = report_on(CLAIMS["find"])
    monkeypatch.setattr(OrdinaryRuns, "of", OrdinaryRuns.some)
    shown = "\n".join(text.render_lines(report_on(CLAIMS["find"]), terminal.PLAIN))
    assert "`podcheck verify --engine bounded`" in " ".join(shown.split())
    again = report_on(CLAIMS["find"], engine="bounded")
    assert not says_so(again, "text")
    counts = [
        len(o.story.steps) for r in (shortest, again) for o in r.claims[0].outcomes if o.story
    ]
    assert counts[0] == counts[1]


@pytest.fixture(scope="module")
def rare_and_ordinary() -> Report:
    spec = """pod two { init migrate  container app }
check "a running pod does not become Pending again" under Always {
  always (phase = Running implies next phase != Pending)
}
check "the app does not stop" from Running under Always { never app.state = terminated }
"""
    checker = Checker(Options(), load_pack())
    return Report((checker.check_source(Source("two.pod", spec), None),))


@pytest.mark.parametrize("form", SHOWING)
def test_every_format_says_that_a_run_needs_a_rare_event(
    form: str, rare_and_ordinary: Report
) -> None:
    report = rare_and_ordinary
    again, stops = (claim.outcomes[0].story for claim in report.claims)
    assert again is not None and stops is not None
    assert again.plausibility == "rare"
    assert (stops.plausibility, stops.unusual) == ("ordinary", ())
    words = squeezed(READERS[form](formats.render(report, form)).words).lower()
    sentence = PROVED_RARE if again.most_ordinary else RARE
    assert squeezed("rare" if form == "json" else sentence).lower() in words


def test_of_many_starts_a_later_one_may_be_nearer_to_the_end() -> None:
    """Each start is asked about by itself, the nearest first."""
    claim = (
        'check "any" from any Running under Never assuming only exits { never phase = Failed }\n'
    )
    report = report_on(claim)
    (outcome,) = report.claims[0].outcomes
    assert outcome.story is not None
    assert not outcome.story.shortest
    shown = " ".join("\n".join(text.render_lines(report, terminal.PLAIN)).split())
    assert "A shorter run may exist." in shown
    assert "--engine bounded" not in shown, "it asks about each start by itself too"
    first = 'scenario "any" from any Running under Never { when app exits 1 then phase = Failed }\n'
    (outcome,) = report_on(first).claims[0].outcomes
    assert outcome.story is not None
    assert outcome.story.shortest


def _refuted(events: int) -> Refuted:
    moves = [Move((), ()), *(Move((("e", {}),), ()) for _ in range(events))]
    return Refuted(Run(Start("Never", {}, False, "created"), tuple(moves), "promise"))


@pytest.mark.parametrize(
    ("other", "known"),
    [
        (Proved(None, ""), True), (Proved(2, ""), True), (Proved(1, ""), False),
        (Unknown("", 2), True), (Unknown("", 1), False), (Unknown(""), False), (_refuted(5), True),
    ],
)  # fmt: skip
def test_of_two_searches_for_a_broken_promise_both_must_have_looked_far_enough(
    other: Answer, known: bool
) -> None:
    assert _none_shorter(other, 3) is known


def test_walks_within_a_class_know_every_variable_that_the_prover_asks_about() -> None:
    spec = """pod p {
  restartPolicy: OnFailure
  sidecar sid { livenessProbe }
  container app { readinessProbe  restartPolicy: Never  on exit 42: Restart }
  container helper { restartPolicy: Never }
}
find "each restarts" from Running under OnFailure assuming only exits, eviction {
  every container: restartCount > 0
}
"""
    report = Report((Checker(Options(), load_pack()).check_source(Source("p.pod", spec), None),))
    assert [str(claim.verdict) for claim in report.claims] == ["HOLDS"]
