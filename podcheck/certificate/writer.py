"""`podcheck verify --certificate`: the certificates of what a run of the checker finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from podcheck.certificate.folder import Case, files
from podcheck.certificate.invariant_text import UnreadableError, conditions
from podcheck.certificate.runs import Shown, run_data
from podcheck.certificate.states import listed
from podcheck.certificate.subject import Asked, Questions
from podcheck.certificate.witnesses import witness
from podcheck.compiler.questions import CompiledSpec, Question
from podcheck.core.answers import Answer, Finding, Proved, Refuted, Unknown, Vacuous
from podcheck.core.claims import LivenessClaim, PropertyClaim, ScenarioClaim
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import Complete, search
from podcheck.export.exporter import CannotExportError, folder_for
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget
from podcheck.transform.safety import Safety
from podcheck.verification.options import Options
from podcheck.verification.promises import MANY_ROUNDS, SYNCS
from podcheck.verification.properties import Properties

STEPS = 200_000  # of the search for every state
MOST = 20_000  # states that a list may have
RESTS = "the pod may rest where some sync would move it"
ROUNDS = (1, 2, 4, 8, 16, 32)  # within which a promise may be kept


class Certificates:
    """Collects the answers about each question, and writes down what makes them checkable."""

    def __init__(self, options: Options) -> None:
        options = options._replace(engine="pdr", bound=None, answered=None)
        self._options, self._effort = options.budgeted()
        self._answers: dict[int, tuple[Question, dict[str, Finding]]] = {}

    def answered(self, question: Question, finding: Finding) -> None:
        """An engine's answer to a question, for one policy."""
        self._answers.setdefault(id(question), (question, {}))[1][finding.policy] = finding

    def files(self, spec: CompiledSpec) -> dict[str, str]:
        """The certificates of a spec as texts by path, below a folder named like the spec.

        Empty if the spec claims nothing.
        """
        questions = Questions(spec)
        cases = [c for p, q in questions.places() for c in self._cases(questions, p, q)]
        self._answers.clear()
        if not cases:
            return {}
        folder = folder_for(spec.sources[0].name)
        return {f"{folder}/{name}": text for name, text in files(questions, cases).items()}

    def _cases(self, questions: Questions, pod: int, number: int) -> Iterator[Case]:
        """What there is to write about one question, policy by policy in its order."""
        _, question = questions.of(pod, number)
        self._effort.begin()
        found = self._answers.get(id(question), (question, {}))[1]
        proved = [p for p in question.policies if p in found and _lasts(found[p].answer)]
        if proved:
            answers = [found[p].answer for p in proved]
            shown = None
            for case in self._proofs(questions, Case(pod, number, tuple(proved)), answers):
                if not case.nothing:
                    shown = shown or witness(questions, pod, number, self._options)
                yield case if case.nothing else case._replace(witness=shown)
        for policy in question.policies:
            if policy not in proved:
                case = Case(pod, number, (policy,))
                yield _run_or_nothing(questions, case, found.get(policy))

    def _proofs(
        self, questions: Questions, case: Case, answers: Sequence[Answer]
    ) -> Iterator[Case]:
        """The policies of a case in groups that one proof does for."""
        try:
            asked = case.asked(questions)
        except CannotExportError as error:
            yield case._replace(nothing=str(error))
            return
        match asked.claim:
            case PropertyClaim() as claim if asked.anywhere is None:
                yield from self._invariants(case, claim, answers)
            case PropertyClaim():
                yield from self._proved_or_listed(questions, case, asked)
            case ScenarioClaim():
                yield from self._followed(questions, case, asked)
            case LivenessClaim():
                yield from self._kept(questions, case, asked)

    def _kept(self, questions: Questions, case: Case, asked: Asked) -> Iterator[Case]:
        """That a promise is kept within some number of fair rounds, or of syncs."""
        try:
            found = (_listed(case, asked, rounds) for rounds in ROUNDS)
            every = next((case for case in found if case is not None), None)
        except OutOfBudget:
            every = None
        if every is not None:
            yield every
            return
        for policy in case.policies:
            one = case._replace(policies=(policy,))
            within = one.asked(questions).within_syncs(SYNCS)
            if within is not None and self._is_kept(within):
                yield one._replace(syncs=SYNCS)
            else:
                yield from self._proved(one._replace(rounds=MANY_ROUNDS), one.asked(questions))

    def _followed(self, questions: Questions, case: Case, asked: Asked) -> Iterator[Case]:
        """Every state of the pod on its way along a pattern."""
        try:
            yield _listed(case, asked, 0) or case._replace(nothing=RESTS)
        except OutOfBudget:
            yield from self._proved_or_listed(questions, case, asked)

    def _proved_or_listed(self, questions: Questions, case: Case, asked: Asked) -> Iterator[Case]:
        """An invariant or, where none is found, every state under each policy."""
        for one in self._proved(case, asked):
            yield _listed_alone(questions, one) if one.nothing else one

    def _is_kept(self, within: Safety) -> bool:
        claim = PropertyClaim(within.system, within.starts, within.condition, (), {}, True)
        budget = Budget(expired=self._options.expired)
        return Session(within.system, budget=budget).is_inductive(claim, SYNCS)

    def _proved(self, case: Case, asked: Asked) -> Iterator[Case]:
        """An invariant of the system in which a question is one about safety."""
        yield from self._invariants(case, asked.to_prove(case.rounds), ())

    def _invariants(
        self, case: Case, claim: PropertyClaim, answers: Sequence[Answer]
    ) -> Iterator[Case]:
        if not answers or not all(isinstance(a, Proved) and a.invariant for a in answers):
            answers = self._proved_again(claim)
        groups: dict[tuple[str, ...], list[str]] = {}
        for policy, answer in zip(case.policies, answers, strict=True):
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


def _lasts(answer: Answer) -> bool:
    return isinstance(answer, Proved) and answer.bound is None


def _listed_alone(questions: Questions, case: Case) -> Case:
    """A list of all states for one policy, or what there is without one."""
    try:
        return _listed(case._replace(nothing=""), case.asked(questions), 0) or case
    except OutOfBudget:
        return case


def _listed(case: Case, asked: Asked, rounds: int) -> Case | None:
    """All states that runs come to, unless one is a violation.

    Raises ``OutOfBudget`` if they are too many for a list.
    """
    question = asked.safety(rounds)
    explorer = Explorer(Interpreter(question.system), True, STEPS)
    found = search(explorer, question.starts, question.system.events, {}, question.condition)
    if not isinstance(found, Complete):
        return None
    if found.states > MOST:
        raise OutOfBudget
    return case._replace(states=listed(question.system, found.visited), rounds=rounds)


def _run_or_nothing(questions: Questions, case: Case, finding: Finding | None) -> Case:
    match None if finding is None else finding.answer:
        case Refuted(run=run):
            assert finding is not None
            before = () if finding.prefix is None else finding.prefix.moves
            try:
                asked = case.violated(questions)
                return case._replace(run=run_data(asked, Shown(run, before)))
            except CannotExportError as error:
                return case._replace(nothing=str(error))
        case Vacuous(reason=reason) | Unknown(reason=reason):
            return case._replace(nothing=reason)
        case Proved(bound=bound):
            return case._replace(nothing=f"it was only proved to {bound} events")
    return case._replace(nothing="it was not settled")
