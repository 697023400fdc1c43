"""What the certificate of a question is about: its claim, and the safety question to prove.

A scenario is a safety question about the pod with its pattern (``transform/monitor.py``), a promise
one about the fair rounds that are seen while it is open (``transform/liveness.py``).  What is
claimed of every state of a kind is asked from where pods are created, with the way to such a state
(``transform/from_any_state.py``): a certificate has no list of starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from podcheck.compiler.engine_claims import (
    any_state_of,
    doubtless,
    liveness_claim,
    property_claim,
    scenario_claim,
)
from podcheck.compiler.questions import (
    CompiledSpec,
    PodQuestions,
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.claims import (
    LivenessClaim,
    PropertyClaim,
    ScenarioClaim,
    Start,
)
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import FALSE, TRUE, Term, and_, not_, variables
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.preparations import created, prepare
from podcheck.export.exporter import CannotExportError
from podcheck.transform.coarse_steps import kept_within
from podcheck.transform.environment import without_races
from podcheck.transform.from_any_state import AnyState, from_any_state, is_begun, lead_in
from podcheck.transform.liveness import few_rounds, monitored_promise
from podcheck.transform.monitor import cut, monitored
from podcheck.transform.safety import Safety, safety


class Asked(NamedTuple):
    """A question under some policies, as a claim with a start for each.

    One about every state of a kind (``anywhere``) starts where its pods are created.
    """

    claim: PropertyClaim | ScenarioClaim | LivenessClaim
    anywhere: AnyState | None = None

    def to_prove(self, rounds: int) -> PropertyClaim:
        """What has to be proved; of a promise, that it is kept within this many ``rounds``."""
        if isinstance(self.claim, ScenarioClaim):
            return monitored(self.claim, self.anywhere).claim
        claim = self._from_starts(rounds)
        return (
            claim
            if self.anywhere is None
            else from_any_state(self.claim.system, claim, self.anywhere)
        )

    def _from_starts(self, rounds: int) -> PropertyClaim:
        """The same, as it would be asked of starts that are known."""
        if not isinstance(self.claim, LivenessClaim):
            assert isinstance(self.claim, PropertyClaim)
            return self.claim
        it = monitored_promise(self.claim)
        claim = few_rounds(it, rounds)
        return claim._replace(condition=and_(claim.condition, not_(it.broken)))

    def within_syncs(self, most: int) -> Safety | None:
        """Of a promise, that it is kept within this many syncs, whatever comes between them; None
        if that would not be all that it says, or if it has several starts."""
        if not isinstance(self.claim, LivenessClaim):
            return None
        it = monitored_promise(self.claim)
        if it.broken is not FALSE or len(it.starts) != 1:
            return None
        if self.anywhere is not None:
            before = lead_in(self.claim.system, self._from_starts(1), self.anywhere)
            known = {v.name for v in it.system.variables}
            if (_moved(before) & known) - _moved(it.system):
                return None  # its starts differ in what never changes from there on
            if it.since is None:
                begins = self.anywhere.condition
                it = it._replace(since=begins if variables([begins]) <= known else TRUE)
        return safety(kept_within(it, it.starts[0], most))

    def safety(self, rounds: int, also: Sequence[Term] = ()) -> Safety:
        """The same with its assumptions made part of its system; see ``model.safety``.  The system
        can tell where some run must come (``end``), even if the condition holds everywhere."""
        end = self.end
        return safety(self.to_prove(rounds), also if end is None else [*also, end])

    @property
    def way(self) -> TransitionSystem | None:
        """The system on which runs lead to where a claim about every state of a kind begins."""
        if self.anywhere is None:
            return None
        if isinstance(self.claim, ScenarioClaim):
            system = cut(self.claim, self.anywhere)
            return system if self.anywhere.races else without_races(system)
        return lead_in(self.claim.system, self._from_starts(1), self.anywhere)

    @property
    def on_pattern(self) -> bool:
        """Is it about the steps of a pattern, as in a scenario?"""
        return isinstance(self.claim, ScenarioClaim)

    @property
    def end(self) -> Term | None:
        """Where some run must come: in a scenario a path is complete; a claim about every state
        of a kind has begun."""
        if isinstance(self.claim, ScenarioClaim):
            return monitored(self.claim, self.anywhere).end
        return None if self.anywhere is None else is_begun()


def _moved(system: TransitionSystem) -> set[str]:
    """The variables of a system that some action changes."""
    return {name for action in system.actions() for name in action.updates}


class Questions:
    """The questions of a spec, by the place of their pod and their own; ``rules`` says in words
    which release of Kubernetes they are about."""

    def __init__(self, spec: CompiledSpec, rules: str = "") -> None:
        self.spec = spec
        self.rules = rules
        self._machines: dict[int, Interpreter] = {}
        self._starts: dict[tuple[int, str, str], Start] = {}

    def places(self) -> list[tuple[int, int]]:
        """Every question, in order."""
        return [(p, q) for p, pod in enumerate(self.spec.pods) for q in range(len(pod.questions))]

    def of(self, pod: int, question: int) -> tuple[PodQuestions, Question]:
        """A question and its pod."""
        return self.spec.pods[pod], self.spec.pods[pod].questions[question]

    def asked(
        self, place: int, number: int, policies: Sequence[str], *, violated: bool = False
    ) -> Asked:
        """A question under some policies; raises ``CannotExportError`` if it has no claim.

        If it is ``violated``, then whatever the counts are that were cut.
        """
        pod, question = self.of(place, number)
        question = doubtless(question) if violated else question
        if question.empty:
            raise CannotExportError(f"The claim asks nothing: {question.empty}.")
        anywhere = any_state_of(pod, question)
        starts = tuple(self._start(place, question, policy) for policy in policies)
        match question:
            case ScenarioQuestion():
                return Asked(scenario_claim(pod, question, starts), anywhere)
            case PromiseQuestion():
                return Asked(liveness_claim(pod, question, starts), anywhere)
            case PropertyQuestion():
                return Asked(property_claim(pod, question, starts), anywhere)

    def idle(self, place: int, number: int, policies: Sequence[str]) -> Asked | None:
        """That no run reaches what the question is about: the premise of an `always`, the first
        condition of a `leads to`, a state of the kind that it begins with.  A run that violates
        this is a witness that the claim says something.  None if it refers to every run."""
        pod, question = self.of(place, number)
        spoken = _spoken_of(question)
        if spoken is None:
            return None
        starts = tuple(self._start(place, question, policy) for policy in policies)
        asked = PropertyQuestion(*question.head(), condition=not_(spoken))
        return Asked(property_claim(pod, asked, starts), any_state_of(pod, question))

    def _start(self, place: int, question: Question, policy: str) -> Start:
        prepared = question.start.kind == "prepared"
        name = question.start.name if prepared else ""
        key = (place, name, policy)
        if key not in self._starts:
            pod = self.spec.pods[place]
            machine = self._machines.setdefault(place, Interpreter(pod.system))
            start: Start | None = created(machine, policy)
            if prepared:
                how = pod.preparations[name]
                found = prepare(machine, policy, name, how.events, how.condition)
                start = None if found is None else found.start
            if start is None:
                raise CannotExportError(f"This pod never gets to {name} under {policy}.")
            self._starts[key] = start
        return self._starts[key]


def _spoken_of(question: Question) -> Term | None:
    said: Term | None = None
    match question:
        case ScenarioQuestion():
            return None
        case PropertyQuestion(premise=premise):
            said = premise
        case PromiseQuestion(promise=promise):
            said = promise.since
    if said is not None:
        return said
    return TRUE if question.start.kind == "any" else None
