"""From questions to answers: which engine is asked.

What few files need (explicit search) is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from podcheck.compiler.engine_claims import (
    doubtless,
    liveness_claim,
    property_claim,
    scenario_claim,
)
from podcheck.compiler.questions import (
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.answers import Answer, Finding, Proved, Refuted, Unknown, Vacuous, plausibility
from podcheck.core.claims import Automaton, Start
from podcheck.core.terms import FALSE, not_
from podcheck.explicit.interpreter import ReplayDiffers
from podcheck.transform.plausibility import paths_up_to, promise_up_to
from podcheck.verification.pod_context import PodContext
from podcheck.verification.refining import refined
from podcheck.verification.replay import confirm
from podcheck.verification.verdicts import unless_idle

if TYPE_CHECKING:
    from podcheck.explicit.scenarios import ScenarioSearch
    from podcheck.verification.any_start import AllStarts, FromAny


MANY_EDGES = 40  # of a scenario's pattern, whose states are then listed before the solver is asked
FEW_STEPS = 100_000  # of that list
TOO_LARGE = (
    "counts that are compared with each other grow too large to tell apart; limit them, as in "
    "`assuming at most 5 exits`"
)


def _is_long(automaton: Automaton) -> bool:
    """Has a pattern this many steps that they lead to the same states again and again?"""
    return len(automaton.edges) > MANY_EDGES or not automaton.is_finite()


def _asked(question: PropertyQuestion) -> tuple[object, ...]:
    """All that the answer to a question about a property depends on, without title and places:
    of two claims that ask the same the second is answered at once."""
    narrowed = question.assumptions
    return (
        question.sought, question.expects, question.policies, question.start, question.condition,
        question.premise, question.doubt, question.empty, narrowed.excluded, narrowed.races,
        narrowed.fairness, narrowed.contradiction, *sorted(narrowed.at_most.items()),
    )  # fmt: skip


class Dispatcher:
    """Answers every question about one pod."""

    def __init__(self, context: PodContext) -> None:
        self.context = context
        self._scenarios: tuple[ScenarioQuestion, ScenarioSearch] | None = None
        self._found: dict[
            tuple[object, ...], dict[str, Answer]
        ] = {}  # by what is asked, and by policy
        self._starts: dict[int, AllStarts] = {}  # see ``FromAny``, by question

    def answer(self, question: Question, policy: str, any_run: bool = False) -> Finding:
        """The engine's answer for one policy.  With ``any_run`` its run is not the most ordinary
        one, nor a shortest: for who asks only whether there is one."""
        finding = self._found_for(question, policy, any_run)
        if question.doubt is None or not isinstance(finding.answer, Refuted):
            return finding
        try:
            confirm(self.context, doubtless(question), finding)
        except ReplayDiffers:
            confirm(self.context, question, finding)
            return finding._replace(answer=Unknown(TOO_LARGE))
        return finding

    def _found_for(self, question: Question, policy: str, any_run: bool) -> Finding:
        empty = self.idle_reason(question, policy)
        if empty:
            return Finding(policy, Vacuous(self.context.created(policy), None, empty), None)
        if self.context.options.stopped():
            return Finding(policy, Unknown(self.context.options.stopped()), None)
        if question.start.kind == "any":
            return self._from_any(question).finding(policy)
        if question.start.kind == "prepared":
            prepared = self.context.prepared(question.start.name, policy)
            assert prepared is not None
            answer = self._from(question, prepared.start, any_run)
            return Finding(policy, answer, prepared.run)
        return Finding(policy, self._from(question, self.context.created(policy), any_run), None)

    def _from_any(self, question: Question) -> FromAny:
        from podcheck.verification.any_start import AllStarts, FromAny

        known = self._starts.setdefault(id(question), AllStarts())
        return FromAny(self.context, question, self.ask, known)

    def idle_reason(self, question: Question, policy: str) -> str:
        """Why no engine has to be asked: there is nothing to check, or nowhere to start."""
        if question.start.condition is FALSE:
            return f"there is no such start as {question.start.text}"
        if question.empty or question.start.kind != "prepared":
            return question.empty
        if self.context.prepared(question.start.name, policy) is None:
            return f"this pod never gets to {question.start.name} under {policy}"
        return ""

    def _from(self, question: Question, start: Start, any_run: bool) -> Answer:
        """The answer for the start of one policy.

        A property is answered for all policies at once: one proof may do for all of them.
        """
        if not isinstance(question, PropertyQuestion):
            return self.ask(question, start, any_run)
        asked = (any_run, *_asked(question))
        found = self._found.get(asked)
        if found is None:
            starts = self.context.starts_of(question)
            answers = self._property(question, starts, any_run)
            idle = self._is_idle(question, starts, answers)
            answers = [
                unless_idle(a, s, idle, self.context.options)
                for a, s in zip(answers, starts, strict=True)
            ]
            found = {s.policy: a for s, a in zip(starts, answers, strict=True)}
            self._found[asked] = found
        return found[start.policy]

    def _is_idle(
        self, question: PropertyQuestion, starts: tuple[Start, ...], answers: Sequence[Answer]
    ) -> bool | None:
        """Is something proved because no run reaches what the claim is about, under any policy?
        None: that is not known.  A run that violates it has reached that."""
        proved = any(isinstance(answer, Proved) for answer in answers)
        if question.premise is None or not proved or any(isinstance(a, Refuted) for a in answers):
            return False
        asked = replace(question, condition=not_(question.premise))
        claim = property_claim(self.context.pod, asked, starts)
        held = self.context.apart(question).properties.holds(claim, sought=True)
        return None if held and question.doubt is not None else held

    def ask(self, question: Question, start: Start, any_run: bool = False) -> Answer:
        match question:
            case ScenarioQuestion():
                return self._scenario(question, start, any_run)
            case PromiseQuestion():
                return self._promise(question, start, any_run)
            case PropertyQuestion():
                return self._property(question, (start,), any_run)[0]

    def _promise(self, question: PromiseQuestion, start: Start, any_run: bool) -> Answer:
        claim = liveness_claim(self.context.pod, question, (start,))
        promises = self.context.apart(question).promises
        answer = promises.answer(claim)
        if any_run or not isinstance(answer, Refuted):
            return answer
        level = plausibility(claim.system, answer.run.moves)
        found = refined(answer, level, lambda most: promises.listed(promise_up_to(claim, most)))
        try:  # an obligation may be about more than what the narrower claim depends on
            confirm(self.context, question, Finding(start.policy, found, None))
        except ReplayDiffers:
            return answer._replace(most_ordinary=False)
        return found

    def _scenario(self, question: ScenarioQuestion, start: Start, any_run: bool) -> Answer:
        answer = self._paths(question, start)
        if any_run or not isinstance(answer, Refuted):
            return answer
        level = plausibility(self.context.system, answer.run.moves)
        return refined(answer, level, lambda most: self._paths_up_to(question, start, most))

    def _paths_up_to(self, question: ScenarioQuestion, start: Start, most: int) -> Answer:
        """What is known of a pattern's sequences with events of a class up to ``most``."""
        context = self.context
        claim = paths_up_to(scenario_claim(context.pod, question, (start,)), most)
        if context.options.engine == "explicit" or _is_long(question.automaton):
            from podcheck.explicit.scenarios import ScenarioSearch

            return ScenarioSearch(claim, FEW_STEPS, context.options.expired).answer(start)
        return context.session.scenario(claim)[0]

    def _paths(self, question: ScenarioQuestion, start: Start) -> Answer:
        """Long patterns come back to the same states, and so do many starts: a list of states
        decides them at once."""
        options = self.context.options
        if options.engine == "explicit":
            return self._enumerated(question, start, options.steps)
        has_many_starts = question.start.kind == "any"
        if options.engine == "auto" and (has_many_starts or _is_long(question.automaton)):
            most = options.steps if has_many_starts else min(FEW_STEPS, options.steps)
            answer = self._enumerated(question, start, most)
            if not isinstance(answer, Unknown) or options.stopped():
                return answer
        claim = scenario_claim(self.context.pod, question, (start,))
        return self.context.session.scenario(claim)[0]

    def _enumerated(self, question: ScenarioQuestion, start: Start, max_steps: int) -> Answer:
        """A scenario's answer without the solver; all starts of a question share one search."""
        from podcheck.explicit.scenarios import ScenarioSearch

        if self._scenarios is None or self._scenarios[0] is not question:
            claim = scenario_claim(self.context.pod, question, ())
            search = ScenarioSearch(claim, max_steps, self.context.options.expired)
            self._scenarios = question, search
        return self._scenarios[1].answer(start)

    def _property(
        self, question: PropertyQuestion, starts: tuple[Start, ...], any_run: bool
    ) -> Sequence[Answer]:
        claim = property_claim(self.context.pod, question, starts)
        properties = self.context.apart(question).properties
        return properties.answers(claim, sought=question.sought, any_run=any_run)
