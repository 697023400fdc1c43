"""Every claim of the catalogue, file by file: it holds and not only to a bound, two engines say so,
every proof is confirmed by cvc5 and, where there are few states, by looking at each; every run
replays.

Each file is verified once, for all tests here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from places import ROOT
from sampling import sampled

from podcheck.certificate.validator import Checked, certify, summary
from podcheck.certificate.writer import Certificates
from podcheck.checker.cross_check import CrossCheck
from podcheck.checker.spec_files import Checker, SpecFile
from podcheck.compiler.questions import Question
from podcheck.core.answers import Finding, Proved, Refuted
from podcheck.declarations.pack import Pack
from podcheck.loading.rules import load_pack
from podcheck.report.json import render
from podcheck.results.verdicts import EXIT_HOLDS, FileResult, Report, Verdict
from podcheck.verification.options import Options

# `jobs/test_job_specs.py` verifies those about Jobs; some are checked here as all others are.
JOBS = (
    "backoff-limit-0",
    "missing-image-keeps-a-job-running",
    "first-failure-rule-that-matches-decides",
)
SPECS = [
    *sorted(p for p in (ROOT / "specs").rglob("*.pod") if p.parent.name != "jobs"),
    *(ROOT / "specs" / "jobs" / f"{name}.pod" for name in JOBS),
]
REPORTS = sorted((ROOT / "specs" / "issues").glob("*.pod"))
SETTLED = {Verdict.HOLDS, Verdict.FAILS}

# Specs that give a warning on purpose, with the code of the warning.
WARNS = {"two-containers-on-one-port.pod": "W301"}

# Proofs whose states are too many to be looked at one by one: cvc5 alone confirms them.
LARGE = {
    "deleted-pod-is-gone-some-day.pod": 4,
    "empty-dir-lives-as-long-as-its-pod.pod": 1,
    "finished-pod-stays-as-it-is.pod": 1,
    "pod-is-counted-once.pod": 2,
}

# Promises that a second engine does not prove within the effort that it is given.
ONCE = {"deleted-pod-is-gone-some-day.pod": 4}


class Answers:
    """What the engines say, question by question and policy by policy, for those who check it."""

    def __init__(self, options: Options) -> None:
        self.certificates = Certificates(options)
        self.cross = CrossCheck(options)
        self.proofs = self.runs = 0

    def answered(self, question: Question, finding: Finding) -> None:
        """Takes note of an answer."""
        self.proofs += isinstance(finding.answer, Proved)
        self.runs += isinstance(finding.answer, Refuted)
        self.certificates.answered(question, finding)
        self.cross.answered(question, finding)


class Verified(NamedTuple):
    """A file of the catalogue after `verify`."""

    name: str
    file: SpecFile
    result: FileResult
    answers: Answers


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack()


def stem(path: Path) -> str:
    return path.stem


def _params() -> list[object]:
    """Of the public reports each run takes a sample; `test_issues.py` has them by release."""
    slow = {*REPORTS} - {*REPORTS[::12]}
    return [pytest.param(p, marks=pytest.mark.slow if p in slow else (), id=p.stem) for p in SPECS]


@pytest.fixture(scope="module", params=_params())
def verified(request: pytest.FixtureRequest, pack: Pack) -> Iterator[Verified]:
    path: Path = request.param
    name = str(path.relative_to(ROOT))
    options = Options()
    answers = Answers(options)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        file = Checker(options._replace(answered=answers.answered), pack).open(name)
        yield Verified(name, file, file.result(), answers)


def test_every_claim_holds(verified: Verified) -> None:
    result = verified.result
    assert [c.title for c in result.claims if c.verdict is not Verdict.HOLDS] == []
    assert Report((result,)).exit_code() == EXIT_HOLDS
    warned = WARNS.get(Path(verified.name).name)
    assert [d.code for d in result.diagnostics] == ([warned] if warned else [])


def test_nothing_holds_only_to_a_bound(verified: Verified) -> None:
    outcomes = [o for claim in verified.result.claims for o in claim.outcomes]
    assert outcomes
    assert {o.verdict for o in outcomes} <= SETTLED
    assert all(o.bound is None for o in outcomes)
    assert Verdict.BOUNDED.value not in render(Report((verified.result,)))


@pytest.mark.parametrize("verified", sampled(SPECS, 5, 1, ids=stem), indirect=True, scope="module")
def test_every_answer_is_given_by_two_engines(verified: Verified) -> None:
    cross = verified.answers.cross
    result = cross.compared(verified.file, verified.result)
    assert not cross.counts.disagreements
    assert all(c.verdict is Verdict.HOLDS for c in result.claims)
    assert cross.counts.total == verified.answers.proofs + verified.answers.runs
    alone = cross.counts.total - cross.counts.twice
    assert alone == ONCE.get(Path(verified.name).name, 0), cross.counts.once


# What another solver is asked takes a second or many for a file: in each run of the tests it is
# asked about every fifteenth file, and of every thirtieth that a system is a picture of its pod.
DEAR = ("stopping",)  # half a minute
LOOKED_AT = {str(path.relative_to(ROOT)) for path in SPECS[20::30]}


@pytest.mark.slow
def test_every_system_is_a_picture_of_its_pod(verified: Verified) -> None:
    certified(verified, pictures=True)


@pytest.mark.parametrize(
    "verified", sampled(SPECS, 15, 5, ids=stem, dear=DEAR), indirect=True, scope="module"
)
def test_every_answer_is_certified(
    verified: Verified, record_property: Callable[[str, object], None]
) -> None:
    checked = certified(verified, pictures=verified.name in LOOKED_AT)
    record_property("certified", summary(checked))


def certified(verified: Verified, *, pictures: bool) -> list[Checked]:
    """What `certify` says of what is written about a file; each answer has a certificate."""
    name, answers = verified.name, verified.answers
    assert verified.file.compiled is not None
    written = answers.certificates.files(verified.file.compiled)
    folder = f"{name}/"
    with pytest.MonkeyPatch.context() as patch:
        if not pictures:
            patch.setattr("podcheck.certificate.validator.faithful", lambda found: ())
        checked = [*certify({n.removeprefix(folder): t for n, t in written.items()}, 120)]
    confirmed = _policies(checked, "PROVED"), _policies(checked, "REPLAYS")
    assert confirmed == (answers.proofs, answers.runs), summary(checked)
    assert not [c for c in checked if c.word not in ("PROVED", "REPLAYS")]
    assert all("cvc5" in c.by for c in checked if c.word == "PROVED")
    assert all(c.by == ("replay",) for c in checked if c.word == "REPLAYS")
    alone = [c for c in checked if c.by == ("cvc5",)]
    assert len(alone) == LARGE.get(Path(name).name, 0), [c.about for c in alone]
    return checked


def _policies(checked: list[Checked], word: str) -> int:
    """How many answers certificates of a kind refer to: one for each policy."""
    return sum(len(c.about.rsplit(": ", 1)[1].split(", ")) - 1 for c in checked if c.word == word)
