"""Claims that begin in every state of a kind: each is asked about, or one proof does for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from podcheck.compiler.engine_claims import (
    any_state_of,
    events_of,
    property_claim,
    races_of,
    scenario_claim,
)
from podcheck.compiler.questions import (
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.answers import (
    Answer,
    Finding,
    Proved,
    Refuted,
    Run,
    SmallStep,
    Unknown,
    Vacuous,
    run_of,
)
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term, not_, var
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.reachable import reachable
from podcheck.explicit.shrinking import shrunk
from podcheck.symbolic.session import Session
from podcheck.transform import from_any_state as lead_in
from podcheck.transform import monitor
from podcheck.transform.from_any_state import from_any_state
from podcheck.transform.monitor import monitored
from podcheck.transform.safety import safety
from podcheck.verification.enumeration import sliced_to
from podcheck.verification.pod_context import PodContext
from podcheck.verification.properties import Properties
from podcheck.verification.verdicts import bound_of, unless_idle

FEW = 2  # starts that are asked about one by one before a proof for all is tried
MANY = 100  # the same for a scenario, of which more can be asked in a second
MANY_STEPS = 100_000  # or this many steps in search of them
SHORT = 4  # turns of that proof, seconds

PATTERN = "the pattern"  # is followed without a violation


@dataclass(slots=True)
class AllStarts:
    """What is known of all starts of a question under all policies: by condition, whether it
    holds always; and a run that violates the claim, if who sought a proof has met one."""

    holds: dict[Term | str, bool | None] = field(default_factory=dict)
    violation: Run | None = None


class FromAny:
    """The answers of one question, by policy.

    What is found out about all starts is added to ``known``.
    """

    def __init__(
        self,
        context: PodContext,
        question: Question,
        ask: Callable[[Question, Start], Answer],
        known: AllStarts,
    ) -> None:
        self._context = context
        self._ask = ask
        self._question = question
        self._known = known

    def finding(self, policy: str) -> Finding:
        """The answer for a policy, with the run to the start that it is about."""
        context, question, options = self._context, self._question, self._context.options
        wanted = question.start.condition
        assert wanted is not None
        created = context.created(policy)
        sliced = self._sliced()
        machine = Interpreter(sliced)
        explorer = Explorer(machine, races_of(question), options.steps, options.expired)
        kept = {e.name for e in events_of(context.pod, question)}
        values = {v.name: v.initial for v in context.system.variables}
        seen, vacuous, last = 0, 0, None  # starts
        bounds: list[int] = []  # of those that were not settled for every length
        engines: set[str] = set()
        by = ""
        try:
            events = [e for e in sliced.events if e.name in kept]
            for found in reachable(explorer, created, events, wanted):
                if self._is_time_for_proof(seen, vacuous, explorer.steps):
                    if self._is_proved():
                        by = "one proof for all reachable states"
                        engines.add("")
                        break
                    refuted = self._refuted(created)
                    if refuted is not None:
                        return refuted
                seen += 1
                named = {**values, **machine.named(found.state)}
                answer = self._ask(question, Start(policy, named, True, question.start.text))
                last = answer
                engines.add("" if isinstance(answer, Unknown) else answer.engine)
                bound = bound_of(question, answer, options)
                if isinstance(answer, Vacuous):
                    vacuous += 1
                elif bound is not None:
                    bounds.append(bound)
                elif isinstance(answer, Unknown):
                    reason = f"{answer.reason}, at one of its starts{_settled(seen - 1)}"
                    return Finding(policy, answer._replace(reason=reason), None)
                elif isinstance(answer, Refuted):
                    shortest = answer.shortest and self._is_least(answer)
                    return Finding(policy, answer._replace(shortest=shortest), found.run)
        except OutOfBudget as cut:
            unknown = Unknown(f"{cut}, in search of starts{_settled(seen)}", states=cut.states)
            return Finding(policy, unknown, None)
        if seen == 0:
            reason = f"no run leads to {question.start.text.replace('any', 'a', 1)}"
            return Finding(policy, Vacuous(created, None, reason), None)
        if vacuous == seen:
            assert last is not None
            return Finding(policy, last, None)
        by = by or f"each of {seen - vacuous} reachable states"
        engine = engines.pop() if len(engines) == 1 else ""
        proved = Proved(min(bounds, default=None), by, engine=engine)
        return Finding(policy, unless_idle(proved, created, self._is_idle(), options), None)

    def _is_least(self, answer: Refuted) -> bool:
        """Does no run from any start have fewer events?  Starts come nearest first, but a later
        one may have a shorter way on."""
        least = 1 if isinstance(self._question, ScenarioQuestion) else 0
        return sum(bool(move.events) for move in answer.run.moves) <= least

    def _sliced(self) -> TransitionSystem:
        """The system without what the claim, or where it begins, can't depend on."""
        context, question = self._context, self._question
        assert question.start.condition is not None
        roots: list[Term] = [question.start.condition]
        match question:
            case ScenarioQuestion(automaton=automaton):
                for edge in automaton.edges:
                    roots += [x for x in (edge.then, edge.at_once) if x is not None]
                    roots += [p.action.guard for p in edge.parts]
            case PropertyQuestion():  # on steps it may read the guards of events too
                asked = safety(property_claim(context.pod, question, ()))
                roots += [var(v.name, v.sort) for v in asked.system.variables if not v.of_claim]
            case PromiseQuestion(promise=promise):
                roots += promise.terms()
        return sliced_to(context.system, roots)

    # ---- all starts at once ------------------------------------------------------------------

    def _is_time_for_proof(self, seen: int, vacuous: int, steps: int) -> bool:
        """Has enough been asked, start by start, that a proof for all may be quicker?  Of some
        start the claim must say something."""
        if not _is_scenario(self._question):
            return seen == FEW and not vacuous
        if vacuous == seen or PATTERN in self._known.holds:
            return vacuous < seen and bool(self._known.holds[PATTERN])
        return seen >= MANY or steps >= MANY_STEPS

    def _is_proved(self) -> bool:
        """Is a check or a scenario proved for all starts under all policies?"""
        question, options = self._question, self._context.options
        if options.engine != "auto" or options.bound is not None:
            return False
        if isinstance(question, ScenarioQuestion):
            return not question.sought and self._is_followed(question)
        if not isinstance(question, PropertyQuestion) or (
            question.sought and not question.observed
        ):
            return False
        condition = question.condition
        if condition not in self._known.holds:
            claim = self._for_all(question, condition)
            self._known.holds[condition] = self._found_of_all(claim)
        return bool(self._known.holds[condition])

    def _is_followed(self, question: ScenarioQuestion) -> bool:
        """Is it proved that no run along the pattern, from whatever start, violates it?"""
        if PATTERN not in self._known.holds:
            context = self._context
            starts = tuple(context.created(policy) for policy in question.policies)
            asked = scenario_claim(context.pod, question, starts)
            claim = monitored(asked, any_state_of(context.pod, question)).claim
            self._known.holds[PATTERN] = bool(self._found_of_all(claim, rounds=SHORT))
        return bool(self._known.holds[PATTERN])

    def _is_idle(self) -> bool | None:
        """Does the claim refer to states to which no run comes, from whatever start under any
        policy?  None: that is not known."""
        question = self._question
        if not isinstance(question, PropertyQuestion) or question.premise is None:
            return False
        unmet = not_(question.premise)
        if unmet not in self._known.holds:
            claim = self._for_all(question, unmet)
            self._known.holds[unmet] = self._properties(claim).holds(claim, sought=True)
        return self._known.holds[unmet]

    def _for_all(self, question: PropertyQuestion, condition: Term) -> PropertyClaim:
        """That a condition holds always, from whatever start under any policy."""
        context = self._context
        starts = tuple(context.created(policy) for policy in question.policies)
        asked = property_claim(context.pod, replace(question, condition=condition), starts)
        anywhere = any_state_of(context.pod, question)
        assert anywhere is not None
        return from_any_state(context.system, asked, anywhere)

    def _found_of_all(self, claim: PropertyClaim, *, rounds: int | None = None) -> bool | None:
        """Does what is claimed of all starts hold?  A run that violates it is remembered."""
        answer = self._properties(claim).some(claim, rounds=rounds)
        if isinstance(answer, Refuted):
            machine, expired = Interpreter(claim.system), self._context.options.expired
            self._known.violation = shrunk(machine, answer.run, claim.condition, expired)
        return {Proved: True, Refuted: False}.get(type(answer))

    def _refuted(self, created: Start) -> Finding | None:
        """The violation that was met when a proof for all starts was sought, asked about again
        from its start alone; None if it has another policy, or turns out to be none."""
        found = self._known.violation
        if found is None or found.start.policy != created.policy:
            return None
        lead = self._lead(created, found)
        if lead is None:
            return None
        way, start = lead
        answer = self._ask(self._question, start)
        if not isinstance(answer, Refuted):
            return None
        shortest = answer.shortest and self._is_least(answer)
        return Finding(created.policy, answer._replace(shortest=shortest), way)

    def _lead(self, created: Start, run: Run) -> tuple[Run, Start] | None:
        """The way from a pod just created to where a run's claim begins, and the state there."""
        question, machine = self._question, self._context.machine
        assert question.start.condition is not None
        state, steps = machine.state_of(created.state), list[SmallStep]()
        for name, inputs in _before(run):
            if name and not machine.possible(name, state, inputs):
                return None
            after = machine.apply(name or "sync", state, inputs)
            if name or after != state:
                steps.append((name, inputs))
            state = after
        settled = machine.settle(state)
        steps += [("", {})] * len(settled)
        state = settled[-1] if settled else state
        if not machine.value(question.start.condition, state):
            return None
        start = Start(created.policy, machine.named(state), True, question.start.text)
        return run_of(created, steps, ()), start

    def _properties(self, claim: PropertyClaim) -> Properties:
        """Who answers a claim about a larger system."""
        context = self._context
        workspace = context.apart(self._question).session.workspace
        session = Session(claim.system, workspace=workspace, budget=context.budget)
        return Properties(session, context.options)


def _is_scenario(question: Question) -> bool:
    return isinstance(question, ScenarioQuestion) and not question.sought


def _before(run: Run) -> Iterator[SmallStep]:
    """The steps of the pod before the claim begins, in a run of one of the larger systems."""
    for move in run.moves:
        for name, inputs in move.events:
            if name in (monitor.BEGINS, lead_in.BEGINS):
                return
            if name != monitor.SEES:
                yield "" if name == monitor.SYNC else name.removeprefix(lead_in.BEFORE), inputs
        for inputs in move.syncs:
            yield "", inputs


def _settled(starts: int) -> str:
    """How many starts were settled, as a part of a sentence."""
    return f"; {starts} {'was' if starts == 1 else 'were'} settled before" if starts else ""
