"""Every claim of the catalogue, file by file: nothing holds only to a bound, every proof is
confirmed by cvc5 and, where there are few states, by looking at each; every run replays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from podcheck.certificate.checking import Checked, certify, summary
from podcheck.certificate.writing import Certificates
from podcheck.checking import Checker
from podcheck.model.claims import Proved, Refuted
from podcheck.model.questions import Question
from podcheck.options import Options
from podcheck.replay import Finding
from podcheck.report.json import render
from podcheck.verdict import Report, Verdict

ROOT = Path(__file__).parent.parent
SPECS = sorted((ROOT / "specs").rglob("*.pod"))
SETTLED = {Verdict.HOLDS, Verdict.FAILS}

# Proofs whose states are too many to be looked at one by one: cvc5 alone confirms them.
LARGE = {
    "deleted-pod-is-gone-some-day.pod": 4,
    "empty-dir-lives-as-long-as-its-pod.pod": 1,
    "finished-pod-stays-as-it-is.pod": 1,
    "pod-is-counted-once.pod": 2,
}


class Answers:
    """What the engines say, question by question and policy by policy."""

    def __init__(self, options: Options) -> None:
        self.certificates = Certificates(options)
        self.proofs = self.runs = 0

    def answered(self, question: Question, finding: Finding) -> None:
        """Takes note of an answer."""
        self.proofs += isinstance(finding.answer, Proved)
        self.runs += isinstance(finding.answer, Refuted)
        self.certificates.answered(question, finding)


@pytest.mark.parametrize("path", SPECS, ids=lambda p: p.stem)
def test_of_a_file(
    path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    options = Options(stories="none")
    answers = Answers(options)
    name = str(path.relative_to(ROOT))
    file = Checker(options._replace(answered=answers.answered)).open(name)
    result = file.result()

    outcomes = [o for claim in result.claims for o in claim.outcomes]
    assert outcomes
    assert {c.verdict for c in result.claims} == {Verdict.HOLDS}
    assert {o.verdict for o in outcomes} <= SETTLED
    assert all(o.bound is None for o in outcomes)
    assert Verdict.BOUNDED.value not in render(Report((result,)))

    assert file.compiled is not None
    written = answers.certificates.files(file.compiled)
    folder = f"{name}/"
    checked = [*certify({n.removeprefix(folder): t for n, t in written.items()}, 120)]
    confirmed = _policies(checked, "PROVED"), _policies(checked, "REPLAYS")
    assert confirmed == (answers.proofs, answers.runs), summary(checked)
    assert not [c for c in checked if c.word not in ("PROVED", "REPLAYS")]
    assert all("cvc5" in c.by for c in checked if c.word == "PROVED")
    assert all(c.by == ("replay",) for c in checked if c.word == "REPLAYS")
    record_property("certified", summary(checked))
    alone = [c for c in checked if c.by == ("cvc5",)]
    assert len(alone) == LARGE.get(path.name, 0), [c.about for c in alone]


def _policies(checked: list[Checked], word: str) -> int:
    """How many answers certificates of a kind speak of: one for each policy."""
    return sum(len(c.about.rsplit(": ", 1)[1].split(", ")) - 1 for c in checked if c.word == word)
