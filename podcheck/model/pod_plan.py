"""A pod with all questions about it, and the pods of a file by name."""

from __future__ import annotations

from dataclasses import dataclass, field

from podcheck.language.diagnostics import Diagnostics, did_you_mean, nearest
from podcheck.model.calm import calm
from podcheck.model.ground import Grounder
from podcheck.model.patterns import bind_actions, without_kinds
from podcheck.model.pods import Pod
from podcheck.model.questions import PodQuestions, Preparing, Question
from podcheck.model.spec import ClaimDeclaration, Spec
from podcheck.model.starts import preparation_condition, prepared_events
from podcheck.model.terms import Term


@dataclass(slots=True)
class PodPlan:
    """A pod, its grounder, and the questions about it."""

    pod: Pod
    grounder: Grounder
    questions: list[Question] = field(default_factory=list)
    roots: list[Term] = field(default_factory=list)
    events: dict[str, None] = field(default_factory=dict)

    def add(self, question: Question) -> None:
        """One more question, and what the pod's system must hold for it."""
        self.questions.append(question)
        if question.condition is not None:
            self.roots.append(question.condition)
        if question.promise is not None:
            self.roots += question.promise.terms()
        if question.start.condition is not None:
            self.roots.append(question.start.condition)
        if question.automaton is not None:
            for edge in question.automaton.edges:
                self.roots += [x for x in (edge.then, edge.at_once) if x is not None]
                for part in edge.parts:
                    self.events[part.action.name] = None
            if any(edge.at_once is not None for edge in question.automaton.edges):
                self.roots += self.grounder.published()  # whose changes `at once` waits for
        if question.start.kind == "prepared":
            name = question.start.name
            self.roots.append(preparation_condition(self.grounder, name))
            for event, _ in prepared_events(self.grounder, name):
                self.events[event] = None

    def compiled(self, index: int) -> PodQuestions:
        """The pod's system and its questions, bound to the system's actions."""
        system = self.grounder.system(self.roots, self.events)
        if any(q.condition is not None for q in self.questions):
            system = system._replace(lemmas=self.grounder.lemmas(system))
        actions = {a.name: a for a in system.events}
        questions = []
        for q in self.questions:
            if q.automaton is not None:
                kept = without_kinds(bind_actions(q.automaton, actions), q.assumptions.excluded)
                q = q._replace(automaton=kept)
            questions.append(q)
        preparations = {}
        for name in dict.fromkeys(q.start.name for q in questions if q.start.kind == "prepared"):
            events = tuple(prepared_events(self.grounder, name))
            preparations[name] = Preparing(events, preparation_condition(self.grounder, name))
        if not any(q.assumptions.races or q.form.startswith("find") for q in questions):
            system = calm(system)
        return PodQuestions(
            self.pod.name, index, system, tuple(questions), preparations, self.pod.member
        )


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
