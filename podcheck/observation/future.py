"""What can still come of a pod: found as a run, or proved not to."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.compiler.engine_claims import property_claim
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import Assumptions, From, PropertyQuestion
from podcheck.core.answers import Answer
from podcheck.core.claims import PropertyClaim
from podcheck.core.effort import SPENT, Expired
from podcheck.core.system import PLAUSIBILITY, RARE
from podcheck.core.terms import Term, and_, const, eq, not_, or_, primed
from podcheck.explicit.interpreter import NotSettled, State
from podcheck.observation.goal import Goal, Wanted, condition, wanted
from podcheck.observation.history import Found, Search
from podcheck.observation.status import Fact
from podcheck.observation.subject import Subject
from podcheck.results.explanations import Future, Prospect
from podcheck.results.stories import PodStatus
from podcheck.symbolic.session import Session, Workspace
from podcheck.transform.ever_after import ever_after
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext
from podcheck.verification.properties import Properties

INSIDE_TRIES, TRIES = 80, 100  # states that are looked at for each prospect
CLOSURE = 40  # states, to see whether anything inside of the pod changes the status
ROUNDS = 3  # of the prover, for each prospect
REACHING, PART = 24_000_000, 4_000_000  # units of work: four million take about a second
TOGETHER, ALONE = 6_000_000, 2_500_000  # for proofs about the future
PHASES = ("Pending", "Running", "Succeeded", "Failed")
# What a proof about the future rests on: counts and flags say nothing that lasts.
LASTING = {
    "phase", "reason", "deleting", "apiState", "exitCode", "lastState", "lastExitCode",
    "jobEnd", "jobInterim", "jobReason", "done", "bad",  # of a Job, and of its indexes
}  # fmt: skip


class Allowance:
    """What may be spent on one question, in units of work; an ``Expired``."""

    def __init__(self, units: int, limit: Expired | None) -> None:
        self._left = units
        self._limit = limit

    def __call__(self, units: int = 0) -> str:
        self._left -= units
        if self._left < 0:
            return SPENT
        return "" if self._limit is None else self._limit(units)


class Prover:
    """Proves things about one pod under its own policy, for every order of events and races."""

    def __init__(self, subject: Subject, options: Options) -> None:
        self._subject = subject
        self._options = options

    def _context(
        self, question: PropertyQuestion, units: int
    ) -> tuple[PodContext, PropertyQuestion]:
        plan = PodPlan(self._subject.ground.pod, self._subject.ground.grounder)
        plan.add(question)
        compiled = next(plan.compiled(0))
        options = self._options._replace(expired=Allowance(units, self._options.expired))
        context = PodContext(compiled, options, Workspace(), {})
        (asked,) = compiled.questions
        assert isinstance(asked, PropertyQuestion)
        return context, asked

    def _question(self, start: From, wanted: Term) -> PropertyQuestion:
        policies = (self._subject.policy,)
        assumed = Assumptions(races=True)
        return PropertyQuestion(0, "", policies, start, "holds", assumed, condition=wanted)

    def reaches(self, parts: Sequence[Wanted]) -> Answer:
        """Does a run from the created pod reach a state with these facts?  Proved: none does."""
        properties, claim = self._reaching(parts, REACHING)
        return properties.answers(claim, sought=False)[0]

    def excluded(self, parts: Sequence[Wanted]) -> bool | None:
        """Is it proved that no run reaches a state with these facts?  None: not known."""
        properties, claim = self._reaching(parts, PART)
        return properties.holds(claim, sought=False)

    def _reaching(self, parts: Sequence[Wanted], units: int) -> tuple[Properties, PropertyClaim]:
        start = From("created", "", None, "created")
        question = self._question(start, not_(condition(parts)))
        context, question = self._context(question, units)
        claim = property_claim(context.pod, question, (context.created(self._subject.policy),))
        return context.apart(question).properties, claim

    def never_beside(self, part: Wanted, target: Term, units: int) -> bool:
        """Is it proved that a fact stays once it is there, and that a condition never holds then?
        The fact is about a variable."""
        stays = eq(primed(part.term), const(part.term.sort, part.fact.value))
        wrong = and_(part.condition, or_(target, not_(stays)))
        start = From("created", "", None, "created")
        context, question = self._context(self._question(start, not_(wrong)), units)
        claim = property_claim(context.pod, question, (context.created(self._subject.policy),))
        return bool(context.apart(question).properties.holds(claim, sought=False))

    def never_after(self, target: Term, units: int) -> bool | None:
        """Is a condition never met after the status?  None: not known."""
        lasting = [p for p in self._subject.parts if p.fact.name in LASTING]
        proved = self._subject.ground.proved
        key = (frozenset(p.fact for p in lasting), target, units)
        if key not in proved or self._options.stopped():
            proved[key] = self._never_after(lasting, target, units)
        return proved[key]

    def _never_after(self, lasting: Sequence[Wanted], target: Term, units: int) -> bool | None:
        start = From("any", "", condition(lasting), "the status")
        context, question = self._context(self._question(start, not_(target)), units)
        asked = property_claim(context.pod, question, (context.created(self._subject.policy),))
        assert question.start.condition is not None
        claim = ever_after(asked, question.start.condition)
        session = Session(claim.system, workspace=Workspace(), budget=context.budget)
        return Properties(session, context.options).holds(claim, sought=False, rounds=ROUNDS)


class Seer:
    """Looks ahead from where the history of a pod ends."""

    def __init__(self, subject: Subject, search: Search, prover: Prover, end: State) -> None:
        self._subject = subject
        self._search = search
        self._prover = prover
        self._end = end
        pack = subject.ground.narrator.pack
        self._outside = frozenset(pack.groups.get("stop from outside", ()))

    def future(self) -> Future:
        """What comes next."""
        ready = self._subject.observed.value("conditionStatus_Ready")
        value, name = ("False", "not Ready") if ready == "True" else ("True", "Ready")
        asked: list[tuple[str, str, str | bool]] = [
            *((f"phase {phase}", "phase", phase) for phase in self._other_phases()),
            (name, "conditionStatus_Ready", value), ("removed", "gone", True),
        ]  # fmt: skip
        prospects = self._prospects(asked)
        itself = self._itself()
        moves_on = bool(itself) or any(p.inside for p in prospects) or self._moves()
        phases = [p for p in prospects if p.name.startswith("phase ")]
        final = all(p.verdict == "never" for p in phases)
        repairs, stops = ((), ()) if moves_on or final else self._from_outside()
        return Future(itself, not moves_on, final, repairs, stops, tuple(prospects))

    def _other_phases(self) -> list[str]:
        now = self._subject.observed.value("phase")
        return [phase for phase in PHASES if phase != now]

    # ---- what can be reached -------------------------------------------------------------

    def _prospects(self, asked: Sequence[tuple[str, str, str | bool]]) -> list[Prospect]:
        """A run for each; those that have none are proved not to come, all at once if it can be."""
        terms: dict[str, Term] = {}
        found: dict[str, Prospect] = {}
        for name, field, value in asked:
            facts = (Fact("", field, value, "", ""),)
            parts = wanted(facts, self._subject.ground.grounder)
            events = self._way_to(parts)
            if events is None:
                terms[name] = condition(parts)
            else:
                found[name] = Prospect(name, "can", *events)
        together = len(terms) > 1 and bool(self._prover.never_after(or_(*terms.values()), TOGETHER))
        for name, term in terms.items():
            never = together or bool(self._prover.never_after(term, ALONE))
            found[name] = Prospect(name, "never" if never else "unknown", (), False, "")
        return [found[name] for name, _, _ in asked]

    def _way_to(self, parts: tuple[Wanted, ...]) -> tuple[tuple[str, ...], bool, str] | None:
        """Events that lead to some facts, whether none comes from outside of the pod, and the
        class of the most unusual one."""
        goal = Goal(self._subject.ground.narrator.machine, parts)
        anything = frozenset[str]()
        for most, tries, without in (
            (0, INSIDE_TRIES, self._outside), (0, TRIES, anything), (1, TRIES, anything),
            (2, TRIES, anything),
        ):  # fmt: skip
            found = self._search.find([(self._end, True)], goal, tries, most, without)
            if isinstance(found, Found):
                return self._events(found), bool(without), PLAUSIBILITY[found.plausibility]
        return None

    def _events(self, found: Found) -> tuple[str, ...]:
        narrator, state = self._subject.ground.narrator, self._end
        texts = []
        for move in found.moves:
            played = narrator.play(state, move, settle=False)
            state = played.end
            if played.event:
                texts.append(self._subject.written(played))
        return tuple(texts)

    # ---- what comes by itself ------------------------------------------------------------

    def _settled(self, state: State) -> State:
        try:
            path = self._subject.ground.narrator.machine.settle(state)
        except NotSettled:
            return state
        return path[-1] if path else state

    def _itself(self) -> tuple[tuple[str, PodStatus], ...]:
        """The events that come in the end if they stay possible, and a sync that is due."""
        narrator = self._subject.ground.narrator
        machine, rest = narrator.machine, self._settled(self._end)
        found = []
        due = narrator.status(rest)
        if narrator.status(self._end) != due:
            found.append(("", due))
        for action in machine.system.events:
            if action.eventually and machine.possible(action.name, rest):
                after = self._settled(machine.apply(action.name, rest))
                if machine.differs(rest, after):
                    found.append((action.name, narrator.status(after)))
        return tuple(found)

    def _moves(self) -> bool:
        """Can anything inside of the pod change its status?"""
        narrator = self._subject.ground.narrator
        machine, pack = narrator.machine, narrator.pack
        first = self._settled(self._end)
        seen, todo = {first}, [first]
        while todo and len(seen) < CLOSURE:
            state = todo.pop(0)
            for action in machine.system.events:
                inside = pack.plausibility(action.kind) == 0 and action.kind not in self._outside
                if not inside or not machine.possible(action.name, state):
                    continue
                after = self._settled(machine.apply(action.name, state))
                if machine.differs(first, after):
                    return True
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
        return False

    def _from_outside(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Single events that would change the status, none of them rare: repairs, and stops."""
        machine = self._subject.ground.narrator.machine
        pack = self._subject.ground.narrator.pack
        rest = self._settled(self._end)
        repairs: list[str] = []
        stops: list[str] = []
        for action in machine.system.events:
            if pack.plausibility(action.kind) < RARE and machine.possible(action.name, rest):
                after = self._settled(machine.apply(action.name, rest))
                if machine.differs(rest, after):
                    (stops if action.kind in self._outside else repairs).append(action.name)
        return tuple(repairs), tuple(stops)
