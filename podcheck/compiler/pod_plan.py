"""A pod with all questions about it, and the pods of a file by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from podcheck.compiler.engine_claims import races_of
from podcheck.compiler.finite_questions import Finite, conditions_of, edges_of, finite, terms_of
from podcheck.compiler.questions import (
    PodQuestions,
    PromiseQuestion,
    PropertyQuestion,
    Question,
)
from podcheck.compiler.starts import preparation_condition, prepared_events
from podcheck.core.claims import Preparing
from podcheck.core.finite_cut import Cuts, is_plain, needs_of
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import Term, var, variables
from podcheck.declarations.job import policies_of
from podcheck.declarations.pod import Pod
from podcheck.declarations.spec import ClaimDeclaration, Spec
from podcheck.elaboration.grounder import Grounder
from podcheck.language.diagnostics import Diagnostics, did_you_mean, nearest
from podcheck.transform.environment import without_races
from podcheck.transform.observations import with_observations


@dataclass(slots=True)
class PodPlan:
    """A pod, its grounder, and the questions about it."""

    pod: Pod
    grounder: Grounder
    questions: list[Question] = field(default_factory=list)
    _cuts: Cuts = field(default_factory=Cuts)
    _systems: tuple[int, tuple[TransitionSystem, TransitionSystem]] | None = None

    def add(self, question: Question) -> None:
        """One more question; one that compares counts where that can't be decided is reported."""
        place = question.spans[-1] if question.spans else None
        if place is not None and not all(is_plain(c) for c in conditions_of(question)):
            hint = "Compare the two counts outside of it, or with a number."
            message = "This compares two counts inside another count."
            self.grounder.elaborator.diagnostics.add("E205", place, message, hint)
            return
        steady: Sequence[Term] = ()
        if isinstance(question, PromiseQuestion):
            steady = question.promise.terms()
        elif isinstance(question, PropertyQuestion):
            steady = question.observed
        if place is not None and needs_of(steady).pairs:
            hint = "Compare each with a number, or write a `check` with `always` or `never`."
            message = "Counts that grow without end can't be compared with each other here."
            self.grounder.elaborator.diagnostics.add("E205", place, message, hint)
            return
        allowed = policies_of(self.pod)
        if self.pod.places and place is not None and not set(question.policies) <= set(allowed):
            wrong = next(p for p in question.policies if p not in allowed)
            if wrong == self.pod.policy:
                return  # that has been reported where the pod is declared
            message = f"The pods of Job `{self.pod.name}` can't have restartPolicy {wrong}."
            hint = f"They may have {' or '.join(allowed)}."
            self.grounder.elaborator.diagnostics.add("E351", place, message, hint)
            return
        self.questions.append(question)

    def compiled(self, index: int, *, apart: bool = True) -> Iterator[PodQuestions]:
        """The pod's systems with the questions about them, bound to the system's actions.

        The system of a claim is made for that claim alone: what else the file claims changes
        nothing about it.  Claims with the same system stand together.  Without ``apart`` all
        questions share one.
        """
        places = {q.claim: None for q in self.questions} if apart else {-1: None}
        groups: dict[_Shared, list[Question]] = {}
        for claim in places:
            asked = [q for q in self.questions if claim in (q.claim, -1)]
            found = self.over(self.exact(asked), asked)
            shared = _Shared(found.system, tuple(found.preparations.items()))
            groups.setdefault(shared, []).extend(found.questions)
        for shared, questions in groups.items():
            yield PodQuestions(
                self.pod.name, index, shared.system, tuple(questions), dict(shared.preparations),
                self.pod.member,
            )  # fmt: skip

    def exact(self, questions: Sequence[Question]) -> TransitionSystem:
        """What some questions depend on of the pod, with every exit code and counts that do not
        end."""
        whole, steady = self._whole()
        roots, named = self._wanted(questions)
        guards = [e.guard for e in whole.events if e.name in named]
        read = {name.removesuffix("'") for name in variables([*roots, *guards])}
        kept = whole.cone(var(v.name, v.sort) for v in whole.variables if v.name in read)
        races = any(races_of(q) for q in questions)
        system = whole if races else steady
        events = [
            e._replace(updates={n: x for n, x in e.updates.items() if n in kept})
            for e in system.events
            if e.name in named or not kept.isdisjoint(e.updates)
        ]
        small = system.restricted(kept)
        system = small._replace(events=tuple(events))  # which keep what their names say: `exits 3`
        properties = [q for q in questions if isinstance(q, PropertyQuestion)]
        if properties:
            system = system._replace(lemmas=self.grounder.lemmas(system))
        for question in properties:
            if question.observed:
                system = with_observations(system, noted(question.claim), question.observed)
        return system

    def _whole(self) -> tuple[TransitionSystem, TransitionSystem]:
        """What all questions together depend on, with races and without."""
        if self._systems is None or self._systems[0] != len(self.questions):
            whole = self.grounder.system(*self._wanted(self.questions))
            self._systems = len(self.questions), (whole, without_races(whole))
        return self._systems[1]

    def _wanted(self, questions: Sequence[Question]) -> tuple[list[Term], dict[str, None]]:
        """The terms and the events that a system must hold for some questions."""
        roots: list[Term] = []
        events: dict[str, None] = {}
        for question in questions:
            roots += terms_of(question)
            for edge in edges_of(question):
                events |= {part.action.name: None for part in edge.parts}
                if edge.at_once is not None:  # it waits for any change of the published status
                    roots += self.grounder.published()
            if question.start.kind == "prepared":
                name = question.start.name
                roots.append(preparation_condition(self.grounder, name))
                events |= {event: None for event, _ in prepared_events(self.grounder, name)}
        return roots, events

    def over(self, system: TransitionSystem, questions: Sequence[Question]) -> Finite:
        """Some questions over a system of the pod that holds what they read, both cut."""
        preparations = {}
        for name in dict.fromkeys(q.start.name for q in questions if q.start.kind == "prepared"):
            events = tuple(prepared_events(self.grounder, name))
            preparations[name] = Preparing(events, preparation_condition(self.grounder, name))
        return finite(system, questions, preparations, self._cuts)


def noted(claim: int) -> str:
    """What the variables of a claim's observations are called."""
    return f"claim {claim + 1}"


class _Shared(NamedTuple):
    system: TransitionSystem
    preparations: tuple[tuple[str, Preparing], ...]

    def __hash__(self) -> int:
        return hash((tuple(v.name for v in self.system.variables), len(self.system.events)))


@dataclass(frozen=True, slots=True)
class PodPlans:
    """The pods that a file declares, by name; a family has several members."""

    spec: Spec
    diagnostics: Diagnostics
    members: dict[str, list[PodPlan]] = field(default_factory=dict)

    def named_by(self, claim: ClaimDeclaration) -> list[PodPlan]:
        """The pods after a claim's `for`; for one that there is not, the one that is probably
        meant, so that the errors of what is claimed are found as well."""
        found = []
        for name, span in claim.pods:
            if name in self.members:
                found += self.members[name]
            elif name not in self.spec.broken:
                known = list(self.spec.pods)
                hint = did_you_mean(name, known, "Declare it: `pod NAME { container app }`.")
                self.diagnostics.add("E102", span, f"There is no pod `{name}`.", hint)
                found += self.members.get(nearest(name, self.members) or "", [])
        return found

    def only(self, claim: ClaimDeclaration) -> list[PodPlan]:
        """The file's one pod, of which a claim speaks that names none."""
        if len(self.members) == 1:
            return next(iter(self.members.values()))
        if not self.spec.broken:
            message = "This claim does not say which pod it is about."
            hint = f'Write `{claim.kind} "..." for POD`.'
            self.diagnostics.add("E119", claim.title_span, message, hint)
        return []
