"""Claims `from any` state that nobody would write: what verify says and what certificates prove."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from sampling import sampled

from podcheck.certificate import writer
from podcheck.certificate.subject import Questions
from podcheck.certificate.validator import certify
from podcheck.checker.spec_files import Checker
from podcheck.compiler.questions import Question
from podcheck.core.answers import Finding, Proved, Refuted
from podcheck.explicit.explorer import Explorer
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import Complete, search
from podcheck.verification.options import Options
from podcheck.verification.promises import SYNCS

ATOMS = (
    "phase = Running", "phase = Failed", "phase = Succeeded", "phase = Pending", "gone", "deleted",
    "app.state = running", "app.state = terminated", "app.restartCount = 0", "app.exitCode = 3",
)  # fmt: skip
FORMULAS = (
    "always {}", "never {}", "stays {}", "always ({}) implies ({})",
    "always ({}) implies next ({})", "eventually {}", "({}) leads to ({})", "({}) until ({})",
)  # fmt: skip
ASSUMPTIONS = (
    "only exits", "only exits, backoff", "only exits, deletion", "only exits, at most 1 exits",
    "only exits, backoff, every container exits eventually", "races, only exits, kubelet restart",
)  # fmt: skip


def a_condition(chance: random.Random) -> str:
    found = chance.choice(ATOMS)
    if chance.random() < 0.4:
        found = f"{found} {chance.choice(('and', 'or'))} {chance.choice(ATOMS)}"
    return f"not ({found})" if chance.random() < 0.3 else found


def a_claim(chance: random.Random, number: int) -> str:
    start = chance.choice(("any Running", f"any state where {a_condition(chance)}"))
    formula = chance.choice((*FORMULAS, "{}", "{}"))
    kind = "find" if formula == "{}" else "check"
    assumed = chance.choice(ASSUMPTIONS[:4] if kind == "find" else ASSUMPTIONS)
    policy = chance.choice(("Never", "Always", "OnFailure"))
    said = formula.format(a_condition(chance), a_condition(chance))
    head = f'{kind} "{number}" for one from {start} under {policy} assuming {assumed}'
    return f"{head} {{ {said} }}\n"


@pytest.mark.parametrize("seed", sampled(range(3), 3))
def test_what_verify_says_is_what_certificates_prove(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PODCHECK_CACHE", "off")
    chance = random.Random(seed)
    text = "".join(a_claim(chance, n) for n in range(20))
    Path("any.pod").write_text("pod one { container app }\n" + text)
    options = Options(stories="none")
    certificates = writer.Certificates(options)
    answers: list[tuple[Question, Finding]] = []

    def answered(question: Question, finding: Finding) -> None:
        answers.append((question, finding))
        certificates.answered(question, finding)

    file = Checker(options._replace(answered=answered)).open("any.pod")
    assert len(file.result().claims) == 20
    assert file.compiled is not None
    texts = certificates.files(file.compiled)
    checked = [*certify({n.removeprefix("any.pod/"): t for n, t in texts.items()}, 60)]
    proved = sum(isinstance(f.answer, Proved) for _, f in answers)
    refuted = [f for _, f in answers if isinstance(f.answer, Refuted)]
    assert proved and refuted
    words = [c.word for c in checked]
    assert "REFUSED" not in words
    assert (words.count("PROVED"), words.count("REPLAYS")) == (proved, len(refuted))
    rows = json.loads(texts["any.pod/manifest.json"])["certificates"]
    _nothing_false_can_be_proved(Questions(file.compiled), rows)


def _nothing_false_can_be_proved(questions: Questions, rows: list[dict[str, object]]) -> None:
    for pod, number in questions.places():
        kinds = {r["kind"] for r in rows if (r["pod"], r["question"]) == (pod, number)}
        if kinds != {"run"}:
            continue
        asked = questions.asked(pod, number, questions.of(pod, number)[1].policies)
        for most in (1, SYNCS):
            system, starts, condition = asked.safety(most)
            explorer = Explorer(Interpreter(system), True, 1 << 30)
            found = search(explorer, starts, system.events, {}, condition)
            assert not isinstance(found, Complete)
        within = asked.within_syncs(SYNCS)
        certificates = writer.Certificates(Options())
        assert within is None or not certificates._is_kept(within)
