"""`podcheck verify --certificate`: the certificates of what a run of the checker finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podcheck.certificate.conditions import UnreadableError, conditions
from podcheck.certificate.folder import Case, asked_by, claim_for, files
from podcheck.certificate.runs import run_data
from podcheck.exporting import CannotExportError, folder_for
from podcheck.model.claims import Answer, PropertyClaim, Proved, Refuted, Unknown, Vacuous
from podcheck.model.questions import CompiledSpec, Question
from podcheck.options import Options
from podcheck.proving import Properties
from podcheck.solve.check import Budget
from podcheck.solve.session import Session

MANY_STARTS = "it speaks of every state of a kind as a start, and each would need one of its own"


class Certificates:
    """Collects the answers about each question, and writes down what makes them checkable."""

    def __init__(self, options: Options) -> None:
        self._options = options._replace(engine="pdr", bound=None, answered=None)
        self._answers: dict[int, tuple[Question, dict[str, Answer]]] = {}

    def answered(self, question: Question, policy: str, answer: Answer) -> None:
        """An engine's answer to a question, for one policy."""
        self._answers.setdefault(id(question), (question, {}))[1][policy] = answer

    def files(self, spec: CompiledSpec) -> dict[str, str]:
        """The certificates of a spec as texts by path, below a folder named like the spec.

        Empty if the spec has no claim about every state of a run.
        """
        cases = [case for p, q in asked_by(spec) for case in self._cases(spec, p, q)]
        self._answers.clear()
        if not cases:
            return {}
        folder = folder_for(spec.sources[0].name)
        return {f"{folder}/{name}": text for name, text in files(spec, cases).items()}

    def _cases(self, spec: CompiledSpec, pod: int, number: int) -> Iterator[Case]:
        """What there is to write about one question, policy by policy in its order."""
        question = spec.pods[pod].questions[number]
        if question.start.kind == "any":
            yield Case(pod, number, question.policies, nothing=MANY_STARTS)
            return
        answers = self._answers.get(id(question), (question, {}))[1]
        proved = [p for p in question.policies if _lasts(answers.get(p))]
        if proved:
            yield from self._proofs(spec, Case(pod, number, tuple(proved)), answers)
        for policy in question.policies:
            if policy not in proved:
                yield _run_or_nothing(spec, Case(pod, number, (policy,)), answers.get(policy))

    def _proofs(self, spec: CompiledSpec, case: Case, answers: dict[str, Answer]) -> Iterator[Case]:
        """The policies of a case in groups that one invariant does for."""
        try:
            claim = claim_for(spec, case)
        except CannotExportError as error:
            yield case._replace(nothing=str(error))
            return
        found: Sequence[Answer] = [answers[p] for p in case.policies]
        if not all(isinstance(a, Proved) and a.invariant for a in found):
            found = self._proved_again(claim)
        groups: dict[tuple[str, ...], list[str]] = {}
        for policy, answer in zip(case.policies, found, strict=True):
            try:
                if not isinstance(answer, Proved) or answer.bound is not None:
                    raise UnreadableError("the prover found no invariant")
                lines = tuple(conditions(answer.invariant, claim.condition))
                groups.setdefault(lines, []).append(policy)
            except UnreadableError as error:
                yield case._replace(policies=(policy,), nothing=str(error))
        for lines, policies in groups.items():
            yield case._replace(policies=tuple(policies), invariant=lines)

    def _proved_again(self, claim: PropertyClaim) -> Sequence[Answer]:
        """The answers of the engine whose proofs are invariants."""
        session = Session(claim.system, budget=Budget(expired=self._options.expired))
        return Properties(session, self._options).answers(claim)


def _lasts(answer: Answer | None) -> bool:
    return isinstance(answer, Proved) and answer.bound is None


def _run_or_nothing(spec: CompiledSpec, case: Case, answer: Answer | None) -> Case:
    match answer:
        case Refuted(run=run):
            try:
                return case._replace(run=run_data(claim_for(spec, case), run))
            except CannotExportError as error:
                return case._replace(nothing=str(error))
        case Vacuous(reason=reason) | Unknown(reason=reason):
            return case._replace(nothing=reason)
        case Proved(bound=bound):
            return case._replace(nothing=f"it was only proved to {bound} events")
    return case._replace(nothing="it was not settled")
