"""From questions to verdicts: asks the engines, replays what they find, and has it told.

What few files need (explicit search, stories) is imported when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from podcheck.compiler.engine_claims import (
    doubtless,
    liveness_claim,
    property_claim,
    scenario_claim,
)
from podcheck.compiler.questions import ClaimHead, CompiledSpec, PodQuestions, Question
from podcheck.core.answers import Answer, Finding, Proved, Refuted, Unknown, Vacuous
from podcheck.core.claims import Automaton, LivenessClaim, Start
from podcheck.core.effort import ADVICE, ONE_IS_ENOUGH, SPENT, Effort
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import FALSE, not_
from podcheck.explicit.interpreter import Machine, NotSettled, ReplayDiffers
from podcheck.explicit.preparations import Prepared, prepare
from podcheck.results.stories import RuleCited
from podcheck.results.verdicts import INTERRUPTED, ClaimResult, Outcome, Verdict
from podcheck.symbolic.session import Session, Workspace
from podcheck.symbolic.smt_solver import Budget, GaveUpError
from podcheck.symbolic.z3_library import Z3Exception
from podcheck.verification.options import Options
from podcheck.verification.promises import Promises
from podcheck.verification.properties import Properties
from podcheck.verification.replay import confirm

if TYPE_CHECKING:
    from podcheck.explanation.narrator import Narrator
    from podcheck.explanation.proof_reasons import Reasons
    from podcheck.explicit.scenarios import ScenarioSearch
    from podcheck.language.source import Span
    from podcheck.verification.any_start import FromAny, Held

MANY_EDGES = 40  # of a scenario's pattern, whose states are then listed before the solver is asked
FEW_STEPS = 100_000  # of that list

TOO_LARGE = (
    "counts that are compared with each other grow too large to tell apart; limit them, as in "
    "`assuming at most 5 exits`"
)
UNSETTLED = "the kubelet's syncs did not come to rest"
DEEPER = "Raise `--bound`, or leave it out."
Starts = dict[tuple[int, str, str], Prepared | None]


def verify(
    spec: CompiledSpec,
    options: Options,
    narrate: Callable[[int], Narrator],
    starts: Starts | None = None,
    workspace: Workspace | None = None,
) -> Iterator[ClaimResult]:
    """The results of a file's claims, in order, as they are settled.

    ``narrate`` gives the narrator for a pod's place in the plan; it is only called when a
    story has to be told.  ``starts`` holds what preparations have led to, by the pod's
    place, the preparation and the policy; what is found is added.  The solver works in
    ``workspace``, whose memory is the caller's to free.
    """
    verifiers = verifiers_for(spec, options, narrate, starts, workspace)
    for number in range(len(spec.claims)):
        yield settle(spec, verifiers, number)


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


def settle(
    spec: CompiledSpec, verifiers: Sequence[PodVerifier], number: int, told: bool = True
) -> ClaimResult:
    """The result of one claim, which does not depend on what was settled before.

    Without ``told`` no run of it is told, whatever the options say; it is replayed all the same.
    """
    outcomes: list[Outcome] = []
    for verifier in verifiers[:1]:
        verifier.begin()
    for verifier in verifiers:
        for question in verifier.pod.questions:
            if question.claim == number:
                outcomes.extend(verifier.outcomes(question, told))
    return summarise(spec.claims[number], outcomes)


class Apart(NamedTuple):
    """The engines of one claim, in a workspace of their own."""

    session: Session
    properties: Properties
    promises: Promises


class PodVerifier:
    """Answers every question about one pod: one grounded system, one solver session."""

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
        self.pod = pod
        self._effort = effort
        self._place_of_pod = place
        self._reasons = reasons
        self.claims = claims
        self.options = options
        self.system: TransitionSystem = pod.system
        self.budget = _budget(options)
        self.session = Session(self.system, workspace=workspace, budget=self.budget)
        self._scenarios: tuple[Question, ScenarioSearch] | None = None
        self._narrate = narrate
        self._machine: Machine | None = None
        self._narrator: Narrator | None = None
        self._starts = starts
        self._apart: tuple[int, Apart] | None = None  # the claim that was asked about last
        self._found: dict[int, dict[str, Answer]] = {}  # by question and policy
        self._held: dict[int, Held] = {}  # see ``FromAny``, by question

    @property
    def machine(self) -> Machine:
        if self._machine is None:
            self._machine = Machine(self.system)
        return self._machine

    @property
    def narrator(self) -> Narrator:
        """Replays runs on the pod's whole system, for stories."""
        if self._narrator is None:
            self._narrator = self._narrate(self.pod.plan)
        return self._narrator

    def begin(self) -> None:
        """The next claim is begun, with an effort of its own, which all verifiers share."""
        if self._effort is not None:
            self._effort.begin()

    def head(self, question: Question) -> ClaimHead:
        """The claim that a question belongs to."""
        return self.claims[question.claim]

    def apart(self, question: Question) -> Apart:
        """The engines that learn while they answer, for the question's claim alone: what they
        learn of one claim must not change what they say of the next."""
        if self._apart is None or self._apart[0] != question.claim:
            options, workspace = self.options, Workspace()
            session = Session(self.system, workspace=workspace, budget=self.budget)
            promises = Promises(
                workspace, self.budget, max_steps=options.steps, bound=options.bound,
                expired=options.expired, engine=options.engine,
            )  # fmt: skip
            self._apart = question.claim, Apart(session, Properties(session, options), promises)
        return self._apart[1]

    # ---- one question --------------------------------------------------------------------

    def outcomes(self, question: Question, told: bool = True) -> list[Outcome]:
        """One outcome for each policy of the question."""
        return [self._outcome(question, policy, told) for policy in question.policies]

    def _outcome(self, question: Question, policy: str, told: bool) -> Outcome:
        try:
            return self._judged(question, self.answer(question, policy), told)
        except NotSettled:
            answer = Unknown(UNSETTLED)
        except (GaveUpError, Z3Exception) as gave_up:  # while it was got ready for an engine
            answer = Unknown(self.options.stopped() or str(gave_up))
        return self._judged(question, Finding(policy, answer, None), told)

    def answer(self, question: Question, policy: str) -> Finding:
        """The engine's answer for one policy."""
        finding = self._found_for(question, policy)
        if question.doubt is None or not isinstance(finding.answer, Refuted):
            return finding
        try:
            confirm(self, doubtless(question), finding)
        except ReplayDiffers:
            confirm(self, question, finding)
            return finding._replace(answer=Unknown(TOO_LARGE))
        return finding

    def _found_for(self, question: Question, policy: str) -> Finding:
        empty = self.idle_reason(question, policy)
        if empty:
            return Finding(policy, Vacuous(self.created(policy), None, empty), None)
        if self.options.stopped():
            return Finding(policy, Unknown(self.options.stopped()), None)
        if question.start.kind == "any":
            return self._from_any(question).finding(policy)
        if question.start.kind == "prepared":
            prepared = self.prepared(question.start.name, policy)
            assert prepared is not None
            return Finding(policy, self._from(question, prepared.start), prepared.run)
        return Finding(policy, self._from(question, self.created(policy)), None)

    def _from_any(self, question: Question) -> FromAny:
        from podcheck.verification.any_start import FromAny

        return FromAny(self, question, self._held.setdefault(id(question), {}))

    def idle_reason(self, question: Question, policy: str) -> str:
        """Why no engine has to be asked: there is nothing to check, or nowhere to start."""
        if question.start.condition is FALSE:
            return f"there is no such start as {question.start.text}"
        if question.empty or question.start.kind != "prepared":
            return question.empty
        if self.prepared(question.start.name, policy) is None:
            return f"this pod never gets to {question.start.name} under {policy}"
        return ""

    def created(self, policy: str) -> Start:
        values = {v.name: v.initial for v in self.system.variables}
        return Start(policy, {**values, "policy": policy}, False, "created")

    def prepared(self, name: str, policy: str) -> Prepared | None:
        """The start that a preparation leads to, computed once for each policy."""
        key = (self._place_of_pod, name, policy)
        if key not in self._starts:
            preparing = self.pod.preparations[name]
            self._starts[key] = prepare(
                self.machine, policy, name, preparing.events, preparing.condition
            )
        return self._starts[key]

    def _from(self, question: Question, start: Start) -> Answer:
        """The answer for the start of one policy.

        A property is answered for all policies at once: one proof may do for all of them.
        """
        if question.condition is None:
            return self.ask(question, start)
        found = self._found.get(id(question))
        if found is None:
            starts = self.starts_of(question)
            answers = self._property(question, starts)
            idle = self._is_idle(question, starts, answers)
            answers = [self.unless_idle(a, s, idle) for a, s in zip(answers, starts, strict=True)]
            found = {s.policy: a for s, a in zip(starts, answers, strict=True)}
            self._found[id(question)] = found
        return found[start.policy]

    def _is_idle(
        self, question: Question, starts: tuple[Start, ...], answers: Sequence[Answer]
    ) -> bool | None:
        """Is something proved because no run reaches what the claim is about, under any policy?
        None: that is not known.  A run that violates it has reached that."""
        proved = any(isinstance(answer, Proved) for answer in answers)
        if question.premise is None or not proved or any(isinstance(a, Refuted) for a in answers):
            return False
        asked = question._replace(condition=not_(question.premise))
        claim = property_claim(self.pod, asked, starts)
        held = self.apart(question).properties.holds(claim, sought=True)
        return None if held and question.doubt is not None else held

    def bound_of(self, question: Question, answer: Answer) -> int | None:
        """The number of events up to which an answer holds, if it is no more than that."""
        verdict, _, bound = _verdict_of(question, answer, self.options.bound)
        return bound if verdict is Verdict.BOUNDED else None

    def unless_idle(self, answer: Answer, start: Start, idle: bool | None) -> Answer:
        """The answer, if what was proved is known to speak of something."""
        if idle:
            return Vacuous(start, None, "no run comes to a state that it speaks of")
        if idle is None and not isinstance(answer, Unknown):
            reason = "no violation exists, but it is not known whether the claim is about any run"
            stopped = self.options.stopped()
            return Unknown(f"{stopped}: {reason}" if stopped else reason)
        return answer

    def starts_of(self, question: Question) -> tuple[Start, ...]:
        """The start for each policy that has one."""
        if question.start.kind != "prepared":
            return tuple(self.created(policy) for policy in question.policies)
        prepared = [self.prepared(question.start.name, policy) for policy in question.policies]
        return tuple(p.start for p in prepared if p is not None)

    def ask(self, question: Question, start: Start) -> Answer:
        if question.form in ("scenario", "find-scenario"):
            return self._scenario(question, start)
        if question.promise is not None:
            return self.apart(question).promises.answer(self.liveness_claim(question, start))
        return self._property(question, (start,))[0]

    def _scenario(self, question: Question, start: Start) -> Answer:
        """Long patterns come back to the same states, and so do many starts: a list of states
        decides them at once."""
        engine, automaton, most = self.options.engine, question.automaton, self.options.steps
        if engine == "explicit":
            return self._enumerated(question, start, most)
        has_many_starts = question.start.kind == "any"
        if engine == "auto" and (has_many_starts or _is_long(automaton)):
            most = most if has_many_starts else min(FEW_STEPS, most)
            answer = self._enumerated(question, start, most)
            if not isinstance(answer, Unknown) or self.options.stopped():
                return answer
        return self.session.scenario(scenario_claim(self.pod, question, (start,)))[0]

    def _enumerated(self, question: Question, start: Start, max_steps: int) -> Answer:
        """A scenario's answer without the solver; all starts of a question share one search."""
        from podcheck.explicit.scenarios import ScenarioSearch

        if self._scenarios is None or self._scenarios[0] is not question:
            claim = scenario_claim(self.pod, question, ())
            search = ScenarioSearch(claim, max_steps, self.options.expired)
            self._scenarios = question, search
        return self._scenarios[1].answer(start)

    def liveness_claim(self, question: Question, start: Start) -> LivenessClaim:
        """What a question with a promise asks about one start."""
        return liveness_claim(self.pod, question, (start,))

    # ---- properties ----------------------------------------------------------------------

    def _property(self, question: Question, starts: tuple[Start, ...]) -> Sequence[Answer]:
        claim = property_claim(self.pod, question, starts)
        return self.apart(question).properties.answers(claim, sought=question.form == "find")

    # ---- judgement -------------------------------------------------------------------------

    def _judged(self, question: Question, finding: Finding, told: bool) -> Outcome:
        if self.options.answered is not None:
            self.options.answered(question, finding)
        verdict, detail, bound = _verdict_of(question, finding.answer, self.options.bound)
        passed = verdict is Verdict.HOLDS
        if question.expects == "fails":
            passed = verdict is Verdict.FAILS
        story = None
        if isinstance(finding.answer, Refuted):
            try:
                confirm(self, question, finding)
                if told and self._is_told(question, passed):
                    from podcheck.explanation.counterexample import tell

                    story = tell(self, question, finding)
            except ReplayDiffers as error:
                verdict, passed = Verdict.INTERNAL, False
                detail = f"the interpreter does not confirm the solver's run: {error}"
        span = self._place(question, finding.answer)
        if isinstance(finding.answer, Vacuous) and finding.answer.step is not None:
            step = finding.answer.step
            span = question.events[step]
            if told and self.options.stories not in ("none", "passed"):
                from podcheck.explanation.counterexample import stuck

                detail = f"{detail}: {stuck(self, question, finding, step)}"
        outcome = Outcome(
            self.pod.pod, finding.policy, question.label, verdict, passed, detail, bound,
            span, story, rests_on=self._rests_on(question, finding),
            member=self.pod.member if self.pod.member != self.pod.pod else "",
        )  # fmt: skip
        if verdict is Verdict.UNKNOWN and isinstance(finding.answer, Unknown):
            return self._open(outcome, finding.answer)
        return outcome

    def _open(self, outcome: Outcome, answer: Unknown) -> Outcome:
        """An outcome that says how far the engines came."""
        stopped = self.options.stopped()
        outcome = outcome._replace(advice=self._advice(answer.reason, stopped))
        if outcome.detail == stopped and answer[1:] == (None, None, None):
            return outcome._replace(detail=f"{outcome.detail} before anything was found out")
        return outcome._replace(frame=answer.frame, states=answer.states)

    def _advice(self, reason: str, stopped: str) -> str:
        if stopped:
            return ADVICE.get(stopped, "")
        if reason in (TOO_LARGE, UNSETTLED):
            return ""  # no effort is enough
        if reason == ONE_IS_ENOUGH:
            return "To look for one here, name this policy alone."
        return ADVICE[SPENT] if self.options.bound is None else DEEPER

    def _rests_on(self, question: Question, finding: Finding) -> tuple[RuleCited, ...] | None:
        if self._reasons is None or not isinstance(finding.answer, Proved):
            return None
        return self._reasons.of(self, question, finding.policy, finding.answer)

    def _place(self, question: Question, answer: Answer) -> Span:
        """The condition that an answer is about: of a run, that of its last step."""
        if not question.spans:
            return self.head(question).span
        if isinstance(answer, Refuted) and question.automaton is not None:
            return question.place(answer.run)
        return question.spans[-1]

    def _is_told(self, question: Question, passed: bool) -> bool:
        if self.options.stories == "passed":
            return passed
        if self.options.stories == "failures":
            return not passed or self.head(question).kind == "find"
        return self.options.stories == "all"


def _budget(options: Options) -> Budget:
    deeper = None if options.progress is None else options.progress.depth
    budget = Budget(expired=options.expired, deeper=deeper).at_level(options.effort)
    if options.bound is None:
        return budget
    return replace(budget, max_events=options.bound, max_layers=options.bound)


def _is_long(automaton: Automaton | None) -> bool:
    """Has a pattern so many steps that they lead to the same states again and again?"""
    if automaton is None:
        return False
    return len(automaton.edges) > MANY_EDGES or not automaton.is_finite()


def _verdict_of(
    question: Question, answer: Answer, asked: int | None
) -> tuple[Verdict, str, int | None]:
    """The verdict, how it came about, and the bound.

    A check that was searched as deep as was ``asked`` holds to that bound; a find that has
    no witness there, or a scenario of which no sequence was completed, is unknown.
    """
    finding = question.form in ("find", "find-scenario")
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
        case Unknown(bound=int(bound)) if bound == asked and question.form == "always":
            return Verdict.BOUNDED, "bounded search", bound
        case Unknown(reason=reason, bound=bound):
            return Verdict.UNKNOWN, reason, bound


_WORST = (Verdict.INTERNAL, Verdict.FAILS, Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.BOUNDED)


def summarise(claim: ClaimHead, outcomes: Sequence[Outcome]) -> ClaimResult:
    """A claim's verdict from the outcomes of its questions.

    A table, scenario or check holds if every outcome does.  A refute passes if some outcome
    fails as it should; a find, if some outcome has a witness.
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


def unsettled(claim: ClaimHead) -> ClaimResult:
    """The result of a claim that an interrupted run did not settle."""
    return summarise(claim, ())._replace(verdict=Verdict.UNKNOWN, detail=INTERRUPTED)


def _claim_verdict(claim: ClaimHead, outcomes: Sequence[Outcome]) -> tuple[Verdict, str]:
    if not outcomes:
        return Verdict.VACUOUS, f"this {claim.kind} claims nothing"
    if claim.kind in ("refute", "find"):
        if any(o.passed for o in outcomes):
            return Verdict.HOLDS, ""
        bad = [
            o for o in outcomes if o.verdict in (Verdict.VACUOUS, Verdict.UNKNOWN, Verdict.INTERNAL)
        ]
        if not bad and claim.kind == "refute":
            return Verdict.FAILS, "the claim holds: nothing refutes it"
        if not bad:
            return Verdict.FAILS, "there is no such state"
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


__all__ = [
    "Options", "PodVerifier", "Workspace", "settle", "summarise", "unsettled", "verifiers_for",
    "verify",
]  # fmt: skip
