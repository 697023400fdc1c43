"""Of statuses that no run shows in order: the first that can't be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from podcheck.compiler.pod_plan import noted
from podcheck.compiler.questions import PropertyQuestion
from podcheck.core.answers import Proved
from podcheck.core.terms import Term
from podcheck.explicit.interpreter import NotSettled
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.symbolic.z3_library import Z3Exception
from podcheck.transform.observations import shown_in_order
from podcheck.verification.dispatcher import Dispatcher


def first_impossible(dispatcher: Dispatcher, question: PropertyQuestion, policy: str) -> str:
    """Which status it is, and whether it is impossible by itself or after those before it;
    nothing if that is not known within the budget."""

    def is_proved(wanted: Sequence[Term]) -> bool:
        condition = shown_in_order(noted(question.claim), wanted)
        asked = replace(question, observed=tuple(wanted), condition=condition)
        try:
            answer = dispatcher.answer(asked, policy).answer
        except (NotSettled, GaveUpError, Z3Exception):
            return False
        return isinstance(answer, Proved) and answer.bound is None

    observed = question.observed
    lengths = range(1, len(observed) + 1)
    first = next((n for n in lengths if is_proved(observed[:n])), None)
    if first is None:
        return ""
    if first == 1 or is_proved(observed[first - 1 : first]):
        return f"no run shows status {first} of these at all"
    before = "one" if first == 2 else f"{first - 1}"
    return f"no run shows status {first} of these after the {before} before it"
