"""What podcheck says of a spec, compared with what the oracle knows of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from oracle.asked import File, Question
from oracle.claims import FAILS, HOLDS, VACUOUS, Fact, facts
from oracle.replay import Wrong, choices_of, replay
from podcheck.checker.spec_files import Checker
from podcheck.core.system import RARE
from podcheck.declarations.pack import Pack
from podcheck.language.source import Source
from podcheck.results.verdicts import ClaimResult, FileResult, Outcome
from podcheck.verification.options import Options

DECIDED = (HOLDS, FAILS, VACUOUS)
ENGINES = ("auto",) * 12 + ("explicit",) * 3 + ("induction", "pdr") * 2 + ("bounded",)
VERIFY_S = 1.0  # of processor time for one claim; then it is UNKNOWN
ORACLE_STEPS = 1500


class Difference(NamedTuple):
    """Two answers that do not agree; ``kind`` is a word to sort them by."""

    kind: str
    text: str


class Compared(NamedTuple):
    """The differences, and for each question what it came to: agreed, open, unknown, sampled."""

    differences: tuple[Difference, ...]
    words: tuple[str, ...]
    error: str = ""  # why podcheck refuses the spec


class _Time:
    """A budget of processor time, as ``Options.expired`` wants it."""

    def __init__(self, seconds: float) -> None:
        self.end = time.process_time() + seconds

    def __call__(self, units: int = 0) -> str:
        return "the time" if time.process_time() > self.end else ""


def verified(text: str, pack: Pack, engine: str) -> tuple[FileResult, list[tuple[Any, Any]]]:
    """podcheck's result, and its answers: (question, finding) for each outcome."""
    answers: list[tuple[Any, Any]] = []
    options = Options(
        engine=engine, stories="none", expired=_Time(VERIFY_S),
        answered=lambda question, finding: answers.append((question, finding)),
    )  # fmt: skip
    return Checker(options, pack).check_source(Source("spec.pod", text), None), answers


def compare(text: str, pack: Pack, seed: int, engine: str = "auto") -> Compared:
    """One spec, verified by one engine and decided by the oracle."""
    try:
        result, answers = verified(text, pack, engine)
    except Exception as crash:  # noqa: BLE001  (which is what is looked for)
        return Compared((Difference("crash", repr(crash)),), ())
    errors = [d for d in result.diagnostics if d.is_error]
    if errors:
        return Compared((), (), f"{errors[0].code} {errors[0].message}")
    file = File(text, pack)
    questions = file.questions()
    known = facts(questions, file.numbers, ORACLE_STEPS, seed)
    outcomes = [o for c in result.claims for o in c.outcomes]
    if len(outcomes) != len(questions):
        text = f"{len(outcomes)} outcomes of {len(questions)} questions"
        return Compared((Difference("outcomes", text),), ())
    found: list[Difference] = []
    words = []
    for q, fact, outcome, (question, finding) in zip(
        questions, known, outcomes, answers, strict=True
    ):
        word, difference = _judged(q, fact, outcome, question, finding)
        words.append(word)
        if difference:
            where = " ".join(x for x in (outcome.pod, outcome.policy, outcome.label) if x)
            found.append(difference._replace(text=f"{where}: {difference.text}"))
    observing = {q.claim for q in questions if q.form == "observe"}
    found += [d for n, c in enumerate(result.claims) if (d := _summarised(c, n in observing))]
    return Compared(tuple(found), tuple(words))


def _judged(
    q: Question, fact: Fact, outcome: Outcome, question: Any, finding: Any
) -> tuple[str, Difference | None]:
    said = str(outcome.verdict)
    if said == "INTERNAL ERROR":
        return "differs", Difference("internal", outcome.detail)
    shown = _run_of(q, fact, question, finding)
    if isinstance(shown, Difference):
        return "differs", shown
    if said not in DECIDED:
        return "unknown", None
    if said not in fact.possible:
        if shown and _has_other_codes(finding.answer.run, fact):
            return "sampled", None
        text = f"podcheck says {said} ({outcome.detail}), the oracle {_words(fact)}"
        return "differs", Difference(_kind(said, fact), text)
    return ("agreed" if len(fact.possible) == 1 else "open"), None


def _has_other_codes(run: Any, fact: Fact) -> bool:
    """Does a run, which was replayed, need exit codes that the oracle did not try?"""
    codes = {v for _, v in choices_of(run) if isinstance(v, int) and not isinstance(v, bool)}
    return not codes <= fact.codes


def _class(q: Question, steps: Sequence[tuple[str, Mapping[str, Any]]]) -> int:
    """How unusual a run is: the class of its most unusual event, or of a race that does not come
    out as it usually does."""
    pack, found = q.machine.pack, 0
    for name, choices in steps:
        if name:
            found = max(found, pack.plausibility(q.machine.events[name].kind))
        for chosen, value in choices.items():
            for declared in pack.inputs.get(chosen.rpartition(".")[2], ()):
                if declared.role == "race" and declared.sort is not None:
                    found = max(found, RARE if value != declared.sort.values[0] else 0)
    return found


def _run_of(q: Question, fact: Fact, question: Any, finding: Any) -> bool | Difference:
    """Whether podcheck shows a run, which must be one and must be shortest if it says so."""
    run = getattr(finding.answer, "run", None)
    if run is None:
        return False
    automaton = getattr(question, "automaton", None)
    edges = automaton.edges if automaton is not None else ()
    step = edges[run.moves[-1].edge].step if edges else None
    try:
        replay(q, finding.prefix, finding.answer, step)
    except Wrong as wrong:
        return Difference("run", f"the run that podcheck shows is wrong: {wrong}")
    if fact.run is None or q.start == "any" or not finding.answer.shortest:
        return True
    events, least = sum(len(m.events) for m in run.moves), fact.run.events
    shown = [step for m in run.moves for step in (*m.events, *(("", given) for given in m.syncs))]
    ours = fact.run.trail.steps() if fact.run.trail is not None else []
    rarer = _class(q, [(name, dict(c)) for name, c in ours]) > _class(q, shown)
    if 0 <= least < events and not rarer:  # the most ordinary comes first, then the shortest
        return Difference("shortest", f"{events} events are called shortest, {least} are enough")
    return True


def _kind(said: str, fact: Fact) -> str:
    wanted = "-".join(sorted(fact.possible)).lower()
    return f"{said.lower()}-not-{wanted}"


def _words(fact: Fact) -> str:
    text = f"{' or '.join(sorted(fact.possible))} ({fact.why})"
    if fact.run is not None and fact.run.trail is not None:
        steps = [
            f"{e} {dict(c)}" if e else f"sync {dict(c) or ''}" for e, c in fact.run.trail.steps()
        ]
        text += ": " + "; ".join(s.strip() for s in steps)
    return text


def _summarised(claim: ClaimResult, observes: bool) -> Difference | None:
    """Is a claim's verdict what its outcomes say?  A refutation that ``observes`` statuses says
    that no run shows them."""
    verdicts = [str(o.verdict) for o in claim.outcomes]
    if any(v not in DECIDED for v in verdicts):
        return None
    if claim.kind == "refute" and observes:
        wanted = FAILS if HOLDS in verdicts else VACUOUS if VACUOUS in verdicts else HOLDS
    elif claim.kind == "refute":
        wanted = HOLDS if FAILS in verdicts else VACUOUS if VACUOUS in verdicts else FAILS
    elif claim.kind == "find":
        wanted = HOLDS if HOLDS in verdicts else VACUOUS if VACUOUS in verdicts else FAILS
    elif claim.kind == "table":  # a cell with `!` must fail
        passed = [o.passed for o in claim.outcomes]
        failing = any(v != VACUOUS and not p for v, p in zip(verdicts, passed, strict=True))
        wanted = FAILS if failing else VACUOUS if VACUOUS in verdicts else HOLDS
    else:
        wanted = FAILS if FAILS in verdicts else VACUOUS if VACUOUS in verdicts else HOLDS
    if not verdicts:
        wanted = VACUOUS
    if str(claim.verdict) != wanted:
        return Difference("summary", f"the claim is {claim.verdict}, its outcomes say {wanted}")
    return None
