"""The smallest changes of a claim's circumstances under which it holds: proved, or not said.

Another policy, or kinds of events that must not happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from podcheck.compiler.engine_claims import liveness_claim, property_claim
from podcheck.compiler.questions import (
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.answers import Answer, Proved, Refuted, Run, Unknown, Vacuous
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.terms import FALSE, not_
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import search
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.transform.liveness import monitored_promise
from podcheck.transform.safety import safety
from podcheck.verification.pod_context import PodContext
from podcheck.verification.properties import Properties

_Checked = PropertyQuestion | PromiseQuestion

MOST_STEPS = 10_000  # of explicit search, for one change
LARGE = 100  # variables: for a larger system nothing is tried
MOST_KINDS = 5  # a run with events of more kinds is not looked at


def repairs(
    context: PodContext, question: Question, run: Run, policies: Sequence[str]
) -> tuple[str, ...]:
    """Sentences about what would make a check or a promise hold; none if nothing was found.
    ``policies`` are those that the pod may have."""
    if question.sought or isinstance(question, ScenarioQuestion) or question.start.kind == "any":
        return ()
    if len(context.system.variables) > LARGE:
        return ()
    found = []
    policy = run.start.policy
    others = [
        p for p in policies if p != policy and isinstance(_tried(context, question, p), Proved)
    ]
    if others:
        found.append(f"It would hold under {' or '.join(others)}.")
    kinds = kinds_without_which(context, question, run)
    if kinds:
        texts = " or ".join(f"`assuming no {', '.join(group)}`" for group in kinds)
        found.append(f"It would hold {texts}.")
    return tuple(found)


def kinds_without_which(context: PodContext, question: _Checked, run: Run) -> list[tuple[str, ...]]:
    """The smallest sets of kinds of events, of one or of two, without which the claim holds.

    Only kinds of the counterexample are candidates, and for a second one those of a
    counterexample without the first: what has none of them stays a counterexample.
    """
    policy, found = run.start.policy, list[tuple[str, ...]]()
    runs: list[tuple[tuple[str, ...], Run | None]] = [((), run)]
    for _ in range(2):
        sets = [(*kinds, kind) for kinds, r in runs for kind in _kinds(context, question, r)]
        runs = []
        for kinds in {frozenset(kinds): kinds for kinds in reversed(sets)}.values():
            answer = _tried(context, _without(question, kinds), policy)
            if isinstance(answer, Proved):
                found.append(kinds)
            elif isinstance(answer, Refuted):
                runs.append((kinds, answer.run))
        if found:
            break
    return sorted(found, key=sets.index)


def _kinds(context: PodContext, question: _Checked, run: Run | None) -> list[str]:
    """The kinds of a run's events, but for those that must come."""
    kinds = {e.name: e.kind for e in context.system.events}
    promised = {kinds[name] for name in question.assumptions.fairness if name in kinds}
    happened = dict.fromkeys(kinds[n] for m in (run.moves if run else ()) for n, _ in m.events)
    found = [kind for kind in happened if kind not in promised]
    return found if len(found) <= MOST_KINDS else []


def _without(question: _Checked, kinds: tuple[str, ...]) -> _Checked:
    assumptions = question.assumptions
    excluded = assumptions.excluded | frozenset(kinds)
    return replace(question, assumptions=assumptions._replace(excluded=excluded))


def _tried(context: PodContext, question: _Checked, policy: str) -> Answer:
    """The answer to a question for one policy, within a small budget."""
    question = replace(question, policies=(policy,))
    starts = context.starts_of(question)
    if not starts:
        return Unknown("there is no such start")
    try:
        if isinstance(question, PromiseQuestion):
            return _promised(context, question, starts[0])
        claim = property_claim(context.pod, question, starts)
        if all(e.guard is FALSE for e in claim.events):
            return Vacuous(starts[0], None, "no event is left")
        properties = Properties(context.apart(question).session, context.options)
        answer = _soon(context, properties, claim)
        if isinstance(answer, Proved) and question.premise is not None:
            met = _soon(context, properties, claim._replace(condition=not_(question.premise)))
            if not isinstance(met, Refuted):
                return Vacuous(starts[0], None, "no run reaches what it is about")
        return answer
    except (OutOfBudget, GaveUpError):
        return Unknown("the budget ran out")


def _promised(context: PodContext, question: PromiseQuestion, start: Start) -> Answer:
    from podcheck.explicit.lassos import LassoSearch

    it = monitored_promise(liveness_claim(context.pod, question, ()))
    explorer = Explorer(Interpreter(it.system), it.races, MOST_STEPS, context.options.expired)
    found = LassoSearch(explorer, it).run(start)
    if isinstance(found, Run):
        return Refuted(found)
    return Proved(None, "") if found.opened else Vacuous(start, None, "it is never made")


def _soon(context: PodContext, properties: Properties, claim: PropertyClaim) -> Answer:
    """What walks or lemmas say of a claim, or else the states, if there are few."""
    answer = properties.soon(claim)
    if not isinstance(answer, Unknown):
        return answer
    asked = safety(claim)
    explorer = Explorer(Interpreter(asked.system), True, MOST_STEPS, context.options.expired)
    found = search(explorer, asked.starts, asked.system.events, {}, asked.condition)
    return Refuted(found) if isinstance(found, Run) else Proved(None, "")
