"""From an engine's answer to a verdict."""

from __future__ import annotations

from podcheck.compiler.questions import PropertyQuestion, Question
from podcheck.core.answers import Answer, Proved, Refuted, Unknown, Vacuous
from podcheck.core.claims import Start
from podcheck.results.verdicts import Verdict
from podcheck.verification.options import Options

NEVER_ABOUT = "no run reaches a state that it is about"


def verdict_of(
    question: Question, answer: Answer, asked: int | None
) -> tuple[Verdict, str, int | None]:
    """The verdict, how it came about, and the bound.

    A check that was searched as deep as was ``asked`` holds to that bound; a find that has
    no witness there, or a scenario of which no sequence was completed, is unknown.
    """
    finding = question.sought
    is_check = isinstance(question, PropertyQuestion) and not finding
    match answer:
        case Proved(bound=None, by=by):
            return (Verdict.FAILS if finding else Verdict.HOLDS), by, None
        case Proved(bound=bound, by=by):
            return Verdict.BOUNDED, by, bound
        case Refuted(shortest=shortest):
            detail = "" if shortest else "a shorter run may exist"
            return (Verdict.HOLDS if finding else Verdict.FAILS), detail, None
        case Vacuous(reason=reason):
            return Verdict.VACUOUS, reason, None
        case Unknown(bound=int(bound)) if bound == asked and is_check:
            return Verdict.BOUNDED, "bounded search", bound
        case Unknown(reason=reason, bound=bound):
            return Verdict.UNKNOWN, reason, bound


def bound_of(question: Question, answer: Answer, options: Options) -> int | None:
    """The number of events up to which an answer holds, if it is no more than that."""
    verdict, _, bound = verdict_of(question, answer, options.bound)
    return bound if verdict is Verdict.BOUNDED else None


def unless_idle(answer: Answer, start: Start, idle: bool | None, options: Options) -> Answer:
    """The answer, if what was proved is known to refer to something."""
    if idle:
        return Vacuous(start, None, NEVER_ABOUT)
    if idle is None and not isinstance(answer, Unknown):
        reason = "no violation exists, but it is not known whether the claim is about any run"
        stopped = options.stopped()
        return Unknown(f"{stopped}: {reason}" if stopped else reason)
    return answer
