"""Every answer given twice, by two engines that share no search.

Scenarios and tables: the solver on every path, and enumeration.  Checks and finds: bounded search,
k-induction, property directed reachability, and every state one by one.  Promises: explicit search
for lassos, and the solver on reductions to safety.  What they share is the claim and its transition
system, and the interpreter where a claim begins at states that have to be reached first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from podcheck.checker.spec_files import SpecFile
from podcheck.compiler.questions import (
    CompiledSpec,
    PodQuestions,
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.answers import (
    BOUNDED,
    EXPLICIT,
    INDUCTION,
    PATHS,
    PDR,
    Answer,
    Finding,
    Proved,
    Refuted,
    Run,
    Unknown,
    Vacuous,
    plausibility,
)
from podcheck.explicit.interpreter import NotSettled, ReplayDiffers
from podcheck.results.verdicts import CrossChecked, FileResult, Verdict
from podcheck.symbolic.session import Workspace
from podcheck.verification.dispatcher import Dispatcher
from podcheck.verification.options import Options
from podcheck.verification.pod_context import PodContext
from podcheck.verification.replay import confirm

STEPS = 100_000  # of explicit search, for one question
NAMES = {
    EXPLICIT: "explicit search",
    BOUNDED: "bounded search",
    INDUCTION: "k-induction",
    PDR: "property directed reachability",
    PATHS: "the solver",
    "": "the usual engines",
}


class Given(NamedTuple):
    """An answer, and the engine that gave it (empty: one of several)."""

    engine: str
    finding: Finding


class CrossCheck:
    """Gives the answers of a run a second time, file by file; ``counts`` is what came of it.

    ``answered`` has to get every answer, as that of ``Options`` is.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._first: dict[tuple[int, str], Answer] = {}  # by question and policy
        self.counts = CrossChecked(0, {}, ())

    def answered(self, question: Question, finding: Finding) -> None:
        """Note a first answer."""
        self._first[id(question), finding.policy] = finding.answer

    def compared(self, file: SpecFile, result: FileResult) -> FileResult:
        """The file's result, in which what two engines disagree about is an internal error."""
        if file.compiled is None:
            return result
        wrong: dict[int, list[dict[str, Any]]] = {}
        twice, once = self.counts.twice, Counter(self.counts.once)
        for pod in file.compiled.pods:
            others = _Others(pod, self._options)
            for question in pod.questions:
                kind = _kind(question, file.compiled)
                for policy in question.policies:
                    first = self._first.pop((id(question), policy), None)
                    answers = () if first is None else others.answers(question, policy, first)
                    if len({a.engine for a in answers} - {""}) >= 2:
                        twice += 1
                    else:
                        once[kind] += 1
                    if len(answers) > 1 and not _agree(pod, question, answers[0], answers[-1]):
                        told = others.evidence(question, policy, answers)
                        wrong.setdefault(question.claim, []).append(_about(file, question) | told)
        found = [evidence for number in sorted(wrong) for evidence in wrong[number]]
        self.counts = CrossChecked(twice, once, (*self.counts.disagreements, *found))
        claims = list(result.claims)
        for number, evidence in wrong.items():
            detail = f"two engines disagree: {evidence[0]['summary']}"
            claim = claims[number]._replace(verdict=Verdict.INTERNAL, detail=detail)
            claims[number] = claim._replace(outcomes=())  # neither answer's run is shown as right
        return result._replace(claims=tuple(claims))


class _Others:
    """The engines that did not answer first, about one pod; each is made when it is asked."""

    def __init__(self, pod: PodQuestions, options: Options) -> None:
        self._pod = pod
        self._chosen = options
        self._options = options._replace(
            bound=None, max_steps=min(STEPS, options.max_steps), answered=None, progress=None
        )
        self._dispatchers: dict[str, Dispatcher] = {}

    def answers(self, question: Question, policy: str, first: Answer) -> Sequence[Given]:
        """The first answer, then those of other engines until two are known to have given one,
        or until one contradicts it."""
        bound = self._chosen.bound
        is_check = isinstance(question, PropertyQuestion) and not question.sought
        if isinstance(first, Unknown) and first.bound == bound and is_check:
            first = Proved(bound, "bounded search", engine=BOUNDED)
        engine = "" if isinstance(first, Unknown) else first.engine
        found = [Given(engine, Finding(policy, first, None))]
        if not _decides(first, bound) or self._asked(EXPLICIT).idle_reason(question, policy):
            return found
        for engine in _engines(question, first):
            known = {given.engine for given in found}
            if len(known - {""}) >= 2:
                break
            finding = None if engine in known else self._ask(engine, question, policy)
            if finding is not None and _decides(finding.answer, bound):
                found.append(Given(engine, finding))
                if not _agree(self._pod, question, found[0], found[-1]):
                    break
        return found

    def _asked(self, engine: str) -> Dispatcher:
        dispatcher = self._dispatchers.get(engine)
        if dispatcher is None:
            options = self._options._replace(engine=BOUNDED if engine == PATHS else engine)
            options, effort = options.budgeted()
            context = PodContext(self._pod, options, Workspace(), {}, effort=effort)
            dispatcher = self._dispatchers[engine] = Dispatcher(context)
        return dispatcher

    def _ask(self, engine: str, question: Question, policy: str) -> Finding | None:
        dispatcher = self._asked(engine)
        dispatcher.context.begin()
        try:
            return dispatcher.answer(question, policy)
        except NotSettled:
            return None

    def evidence(self, question: Question, policy: str, answers: Sequence[Given]) -> dict[str, Any]:
        """What the first and the last answer say, as JSON data."""
        pair = answers[0], answers[-1]
        said = " but ".join(f"{NAMES[g.engine]} says {_word(question, g)}" for g in pair)
        label = f"`{question.label}` " if question.label else ""
        return {
            "summary": f"{label}for {self._pod.member} under {policy}, {said}",
            "pod": self._pod.pod,
            "policy": policy,
            "question": question.label,
            "answers": [self._told(question, given) for given in pair],
        }

    def _told(self, question: Question, given: Given) -> dict[str, Any]:
        answer = given.finding.answer
        told: dict[str, Any] = {"engine": NAMES[given.engine], "verdict": _word(question, given)}
        if isinstance(answer, Refuted):
            replayed = "it violates the claim"
            try:
                confirm(self._asked(EXPLICIT).context, question, given.finding)
            except (ReplayDiffers, NotSettled) as error:
                replayed = str(error)
            return told | {"run": _run(answer.run), "interpreter": replayed}
        return told | {"detail": answer.by if isinstance(answer, Proved) else answer.reason}


def _engines(question: Question, first: Answer) -> Sequence[str]:
    """The engines that can decide such a question, those first that are likely to."""
    if isinstance(question, ScenarioQuestion):
        return EXPLICIT, PATHS
    if isinstance(question, PromiseQuestion):
        return EXPLICIT, PDR
    if isinstance(first, Refuted):
        return EXPLICIT, BOUNDED, PDR, INDUCTION
    return EXPLICIT, PDR, INDUCTION, BOUNDED


def _decides(answer: Answer, bound: int | None) -> bool:
    """Is there a verdict to compare?  What is vacuous up to a bound need not be so beyond it."""
    return not isinstance(answer, Unknown if bound is None else (Unknown, Vacuous))


def _agree(pod: PodQuestions, question: Question, one: Given, other: Given) -> bool:
    """The same verdict, and runs that can both be what they are said to be: of the most ordinary
    events, and the shortest of those."""
    match one.finding.answer, other.finding.answer:
        case Refuted() as first, Refuted() as second:
            classes = [plausibility(pod.system, a.run.moves) for a in (first, second)]
            lengths = [_length(question, a.run) for a in (first, second)]
            if classes[0] == classes[1]:
                return lengths[0] == lengths[1] or not (first.shortest and second.shortest)
            return not (first if classes[0] > classes[1] else second).most_ordinary
        case (Proved(bound=int(bound)), Refuted(run)) | (Refuted(run), Proved(bound=int(bound))):
            return _length(question, run) > bound
        case first, second:
            return type(first) is type(second)


def _length(question: Question, run: Run) -> int:
    """What a shortest run has fewest of: steps of a scenario, else events."""
    if isinstance(question, ScenarioQuestion):
        return len(run.moves) - 1
    return sum(len(move.events) for move in run.moves)


def _word(question: Question, given: Given) -> str:
    """The answer in a word or two."""
    sought = question.sought
    match given.finding.answer:
        case Refuted(run):
            length = _length(question, run)
            steps = "step" if isinstance(question, ScenarioQuestion) else "event"
            verdict = Verdict.HOLDS if sought else Verdict.FAILS
            return f"{verdict} after {length} {steps}{'s' * (length != 1)}"
        case Proved(bound=None):
            return str(Verdict.FAILS if sought else Verdict.HOLDS)
        case Proved(bound=bound):
            return f"HOLDS to {bound}"
        case Vacuous():
            return str(Verdict.VACUOUS)
        case Unknown():
            return str(Verdict.UNKNOWN)


def _kind(question: Question, spec: CompiledSpec) -> str:
    """What kind of answer it is, as the counts name it."""
    if isinstance(question, PromiseQuestion):
        return "promise"
    if spec.claims[question.claim].kind == "table":
        return "table cell"
    if question.sought:
        return "find"
    return "scenario" if isinstance(question, ScenarioQuestion) else "check"


def _about(file: SpecFile, question: Question) -> dict[str, Any]:
    return {
        "spec": file.source.name,
        "texts": {source.name: source.text for source in file.sources},
        "claim": file.claims[question.claim].title,
    }


def _run(run: Run) -> dict[str, Any]:
    """A run as JSON data: all that is needed to play it again."""
    moves = [
        {"events": [[n, dict(i)] for n, i in m.events], "syncs": [dict(s) for s in m.syncs]}
        for m in run.moves
    ]
    state: Mapping[str, Any] = run.start.state
    return {
        "policy": run.start.policy, "from": run.start.text, "state": dict(state), "moves": moves,
        "violated": run.violated, "loop": run.loop,
    }  # fmt: skip
