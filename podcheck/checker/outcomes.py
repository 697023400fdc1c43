"""From answers to outcomes and results: what is found is replayed, judged and explained.

What few files need (stories) is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from podcheck.compiler.questions import (
    ClaimHead,
    CompiledSpec,
    PodQuestions,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.answers import Answer, Finding, Proved, Refuted, Unknown, Vacuous
from podcheck.core.effort import ADVICE, ONE_IS_ENOUGH, SPENT, Effort
from podcheck.explicit.interpreter import NotSettled, ReplayDiffers
from podcheck.results.stories import RuleCited
from podcheck.results.verdicts import INTERRUPTED, ClaimResult, Outcome, Verdict
from podcheck.symbolic.session import Workspace
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.symbolic.z3_library import Z3Exception
from podcheck.verification.dispatcher import TOO_LARGE, Dispatcher
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext, Starts
from podcheck.verification.replay import confirm
from podcheck.verification.verdicts import NEVER_ABOUT, verdict_of

if TYPE_CHECKING:
    from podcheck.explanation.narrator import Narrator
    from podcheck.explanation.proof_reasons import Reasons
    from podcheck.language.source import Span


def verify(
    spec: CompiledSpec,
    options: Options,
    narrate: Callable[[int], Narrator],
    starts: Starts | None = None,
    workspace: Workspace | None = None,
) -> Iterator[ClaimResult]:
    """The results of a file's claims, in order, as they are decided.

    ``narrate`` gives the narrator for a pod's place in the plan; it is only called when a
    story is needed.  ``starts`` holds what preparations have led to, by the pod's
    place, the preparation and the policy; what is found is added.  The solver works in
    ``workspace``, whose memory is the caller's to free.
    """
    verifiers = verifiers_for(spec, options, narrate, starts, workspace)
    for number in range(len(spec.claims)):
        yield decide(spec, verifiers, number)


def verifiers_for(
    spec: CompiledSpec,
    options: Options,
    narrate: Callable[[int], Narrator],
    starts: Starts | None = None,
    workspace: Workspace | None = None,
    reasons: Reasons | None = None,
) -> list[PodVerifier]:
    """A verifier for each pod of a spec; the arguments are those of ``verify``, and who finds
    the reasons of proofs if they are asked for."""
    starts = {} if starts is None else starts
    workspace = workspace or Workspace()
    options, effort = options.budgeted()
    return [
        PodVerifier(p, spec.claims, options, workspace, narrate, starts, reasons, place, effort)
        for place, p in enumerate(spec.pods)
    ]


def decide(
    spec: CompiledSpec, verifiers: Sequence[PodVerifier], number: int, told: bool = True
) -> ClaimResult:
    """The result of one claim, which does not depend on what was decided before.

    Without ``told`` no run of it is shown, whatever the options say; it is replayed all the same.
    """
    outcomes: list[Outcome] = []
    for verifier in verifiers[:1]:
        verifier.context.begin()
    for verifier in verifiers:
        for question in verifier.context.pod.questions:
            if question.claim == number:
                outcomes.extend(verifier.outcomes(question, told))
        verifier.context.end()
    return summarise(spec.claims[number], outcomes)


class PodVerifier:
    """Judges and explains the answer to every question about one pod."""

    def __init__(
        self,
        pod: PodQuestions,
        claims: tuple[ClaimHead, ...],
        options: Options,
        workspace: Workspace,
        narrate: Callable[[int], Narrator],
        starts: Starts,
        reasons: Reasons | None = None,
        place: int = 0,
        effort: Effort | None = None,
    ) -> None:
        self.context = PodContext(pod, options, workspace, starts, place, effort)
        self.dispatcher = Dispatcher(self.context)
        self._reasons = reasons
        self.claims = claims
        self._narrate = narrate
        self._narrator: Narrator | None = None

    @property
    def narrator(self) -> Narrator:
        """Replays runs on the pod's whole system, for stories."""
        if self._narrator is None:
            self._narrator = self._narrate(self.context.pod.plan)
        return self._narrator

    def head(self, question: Question) -> ClaimHead:
        """The claim that a question belongs to."""
        return self.claims[question.claim]

    def outcomes(self, question: Question, told: bool = True) -> list[Outcome]:
        """One outcome for each policy of the question."""
        return [self._outcome(question, policy, told) for policy in question.policies]

    def _outcome(self, question: Question, policy: str, told: bool) -> Outcome:
        try:
            return self._judged(question, self.dispatcher.answer(question, policy, not told), told)
        except NotSettled:
            answer = Unknown(UNSETTLED)
        except (GaveUpError, Z3Exception) as gave_up:  # while it was got ready for an engine
            answer = Unknown(self.context.options.stopped() or str(gave_up))
        return self._judged(question, Finding(policy, answer, None), told)

    def _judged(self, question: Question, finding: Finding, told: bool) -> Outcome:
        if self.context.options.answered is not None:
            self.context.options.answered(question, finding)
        verdict, detail, bound = verdict_of(question, finding.answer, self.context.options.bound)
        passed = verdict is Verdict.HOLDS
        if question.expects == "fails":
            passed = verdict is Verdict.FAILS
        story = None
        if isinstance(finding.answer, Refuted):
            try:
                confirm(self.context, question, finding)
                if told and self._is_told(question, passed):
                    from podcheck.explanation.counterexample import story_of

                    story = story_of(
                        self.dispatcher, self.narrator, self.head(question), question, finding
                    )
            except ReplayDiffers as error:
                verdict, passed = Verdict.INTERNAL, False
                detail = f"the interpreter does not confirm the solver's run: {error}"
        span = self._place(question, finding.answer)
        if isinstance(question, PropertyQuestion):
            detail = self._detail(question, finding, verdict, detail, told=told and not passed)
        elif (
            isinstance(question, ScenarioQuestion)
            and isinstance(finding.answer, Vacuous)
            and finding.answer.step is not None
        ):
            step = finding.answer.step
            span = question.events[step]
            if told and self.context.options.stories not in ("none", "passed"):
                from podcheck.explanation.obstacles import why_stuck

                named = finding.answer.reason.partition(" can't happen")[0]
                detail = why_stuck(self.narrator, question, finding, step, named)
        pod = self.context.pod
        outcome = Outcome(
            pod.pod, finding.policy, question.label, verdict, passed, detail, bound, span, story,
            rests_on=self._rests_on(question, finding),
            member=pod.member if pod.member != pod.pod else "",
        )  # fmt: skip
        if verdict is Verdict.UNKNOWN and isinstance(finding.answer, Unknown):
            return self._open(outcome, finding.answer)
        return outcome

    def _detail(
        self,
        question: PropertyQuestion,
        finding: Finding,
        verdict: Verdict,
        detail: str,
        *,
        told: bool,
    ) -> str:
        """More of why a property has its verdict, where more is known."""
        if question.observed and verdict is Verdict.FAILS and told:
            from podcheck.explanation.impossible_order import first_impossible

            return first_impossible(self.dispatcher, question, finding.policy) or detail
        if detail == NEVER_ABOUT and question.about:
            return f"no run reaches a state in which `{question.about}` holds: nothing is checked"
        return detail

    def _open(self, outcome: Outcome, answer: Unknown) -> Outcome:
        """An outcome that says how far the engines came."""
        stopped = self.context.options.stopped()
        outcome = outcome._replace(advice=self._advice(answer.reason, stopped))
        if outcome.detail == stopped and answer[1:] == (None, None, None):
            return outcome._replace(detail=f"{outcome.detail} with no result")
        return outcome._replace(frame=answer.frame, states=answer.states)

    def _advice(self, reason: str, stopped: str) -> str:
        if stopped:
            return ADVICE.get(stopped, "")
        if reason in (TOO_LARGE, UNSETTLED):
            return ""  # no effort is enough
        if reason == ONE_IS_ENOUGH:
            return "To look for one here, name this policy alone."
        return ADVICE[SPENT] if self.context.options.bound is None else DEEPER

    def _rests_on(self, question: Question, finding: Finding) -> tuple[RuleCited, ...] | None:
        if self._reasons is None or not isinstance(finding.answer, Proved):
            return None
        return self._reasons.of(self.context, question, finding.policy, finding.answer)

    def _place(self, question: Question, answer: Answer) -> Span:
        """The condition that an answer is about: of a run, that of its last step."""
        if not question.spans:
            return self.head(question).span
        if isinstance(answer, Refuted) and isinstance(question, ScenarioQuestion):
            return question.place(answer.run)
        return question.spans[-1]

    def _is_told(self, question: Question, passed: bool) -> bool:
        if self.context.options.stories == "passed":
            return passed
        if self.context.options.stories == "failures":
            return not passed or self.head(question).kind == "find"
        return self.context.options.stories == "all"


_WORST = (Verdict.INTERNAL, Verdict.FAILS, Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.BOUNDED)


def summarise(claim: ClaimHead, outcomes: Sequence[Outcome]) -> ClaimResult:
    """A claim's verdict from the outcomes of its questions.

    A table, scenario or check holds if every outcome does.  A refute passes if some outcome
    fails as it should (of `observe`: if all do); a find, if some outcome has a witness.
    """
    verdict, detail = _claim_verdict(claim, outcomes)
    return ClaimResult(
        kind=claim.kind,
        title=claim.title,
        verdict=verdict,
        span=claim.span,
        pods=tuple(dict.fromkeys(o.pod for o in outcomes)),
        start=claim.start,
        assuming=claim.assuming,
        policies=tuple(dict.fromkeys(o.policy for o in outcomes)),
        detail=detail,
        outcomes=tuple(outcomes),
    )


def undecided(claim: ClaimHead) -> ClaimResult:
    """The result of a claim that an interrupted run did not settle."""
    return summarise(claim, ())._replace(verdict=Verdict.UNKNOWN, detail=INTERRUPTED)


def _claim_verdict(claim: ClaimHead, outcomes: Sequence[Outcome]) -> tuple[Verdict, str]:
    if not outcomes:
        return Verdict.VACUOUS, f"this {claim.kind} claims nothing"
    if claim.kind == "refute" and claim.observes:
        return _never_observed(outcomes)
    if claim.kind in ("refute", "find"):
        if any(o.passed for o in outcomes):
            return Verdict.HOLDS, ""
        bad = [
            o for o in outcomes if o.verdict in (Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.INTERNAL)
        ]
        if not bad and claim.kind == "refute":
            return Verdict.FAILS, "the belief is true: nothing refutes it"
        details = {o.detail for o in outcomes}
        if not bad and claim.observes and len(details) == 1:
            return Verdict.FAILS, f"proved: {details.pop()}"
        if not bad and claim.observes:
            return Verdict.FAILS, "proved: no run shows these statuses in order"
        if not bad:
            return Verdict.FAILS, "proved: no reachable state satisfies this"
        return bad[0].verdict, bad[0].detail
    for verdict in _WORST:
        for outcome in outcomes:
            shown = outcome.verdict
            if not outcome.passed and shown is Verdict.HOLDS:
                shown = Verdict.FAILS  # a cell `!Failed` whose claim holds
            if not outcome.passed and shown is verdict:
                return verdict, outcome.detail
            if outcome.passed and verdict is shown is Verdict.INTERNAL:
                return verdict, outcome.detail
    return Verdict.HOLDS, ""


def _never_observed(outcomes: Sequence[Outcome]) -> tuple[Verdict, str]:
    """The verdict of a refutation that is about every run: none shows what is observed."""
    if any(o.verdict is Verdict.HOLDS for o in outcomes):
        return Verdict.FAILS, "the belief is true: a run shows this"
    for verdict in (Verdict.INTERNAL, Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.BOUNDED):
        for outcome in outcomes:
            if outcome.verdict is verdict:
                return verdict, outcome.detail
    return Verdict.HOLDS, ""


UNSETTLED = "the kubelet's syncs did not come to rest"


DEEPER = "Raise `--bound`, or leave it out."


__all__ = ["PodVerifier", "decide", "summarise", "undecided", "verifiers_for", "verify"]
