"""Checks and finds decided twice, by two engines that share no algorithm.

Tables, scenarios and promises have one engine each; they, and what only one engine can decide, are
counted apart.  (Every run, of theirs too, is replayed by the interpreter whoever found it.)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from podcheck.checking import Checker, SpecFile
from podcheck.options import Options
from podcheck.verdict import ClaimResult, FileResult, Outcome, Verdict

if TYPE_CHECKING:
    from podcheck.model.pack import Pack

SECOND = ("explicit", "pdr", "induction", "bounded")  # who is asked, until one has decided
STEPS = 30_000  # of explicit search, for one question
_DECIDED = (Verdict.HOLDS, Verdict.FAILS, Verdict.VACUOUS)
_PROOFS = {
    "explicit search": "explicit",
    "property directed reachability": "pdr",
    "k-induction": "induction",
}


class Disagreement(NamedTuple):
    """Two answers to one question, as JSON data with the spec's text; ``claim`` is its title."""

    claim: str
    evidence: dict[str, Any]


class Crossed(NamedTuple):
    """A file's result, in which what the engines disagree about is an internal error.

    ``twice`` outcomes were decided by two engines, ``once`` by one only.
    """

    result: FileResult
    twice: int
    once: int
    disagreements: tuple[Disagreement, ...]


def crossed(path: str, options: Options) -> Crossed:
    """Verify a spec file, and its checks and finds again.

    Raises ``InterruptedCheck`` as the checker does.
    """
    checker = Checker(options)
    first = checker.open(path)
    result = first.result()
    total = sum(len(c.outcomes) for c in result.claims)
    second = _Second(path, options, checker.compiler.pack)
    claims, disagreements, twice = list(result.claims), [], 0
    for number in _properties(first):
        wrong = []
        for place, outcome in enumerate(claims[number].outcomes):
            other = second.answer(number, place, outcome)
            if other is None:
                continue
            twice += 1
            if not _agree(outcome, other[1]):
                wrong.append(_evidence(first, claims[number], outcome, other))
        if wrong:
            detail = f"two engines disagree: {wrong[0].evidence['summary']}"
            claim = claims[number]._replace(verdict=Verdict.INTERNAL, detail=detail)
            claims[number] = claim._replace(outcomes=())  # neither answer's run is told as right
        disagreements += wrong
    result = result._replace(claims=tuple(claims))
    return Crossed(result, twice, total - twice, tuple(disagreements))


def _properties(file: SpecFile) -> Iterator[int]:
    """The claims that more than one engine can decide."""
    if file.compiled is None:
        return
    asked = [q for pod in file.compiled.pods for q in pod.questions]
    for number in range(len(file.claims)):
        if all(q.condition is not None for q in asked if q.claim == number):
            yield number


class _Second:
    """The other engines, each made when it is first asked."""

    def __init__(self, path: str, options: Options, pack: Pack) -> None:
        self._path = path
        self._pack = pack
        self._options = options._replace(max_steps=min(STEPS, options.max_steps), answered=None)
        self._files: dict[str, SpecFile] = {}

    def answer(self, number: int, place: int, first: Outcome) -> tuple[str, Outcome] | None:
        """What another engine than the first says, with its name; None if none decides it."""
        if first.verdict not in _DECIDED:
            return None
        for engine in SECOND:
            if engine == _engine_of(first):
                continue
            if engine not in self._files:
                options = self._options._replace(engine=engine)
                self._files[engine] = Checker(options, self._pack).open(self._path)
            outcome = self._files[engine].settle(number).outcomes[place]
            if outcome.verdict in _DECIDED:
                return engine, outcome
        return None


def _engine_of(outcome: Outcome) -> str:
    """The engine that decided an outcome; a run is bounded search's."""
    return _PROOFS.get(outcome.detail.partition(",")[0], "bounded")


def _agree(one: Outcome, other: Outcome) -> bool:
    """The same verdict, and runs as long as each other if both are the shortest."""
    if one.verdict is not other.verdict:
        return False
    runs = [len(o.story.steps) for o in (one, other) if o.story is not None and not o.detail]
    return len(set(runs)) <= 1


def _evidence(
    file: SpecFile, claim: ClaimResult, first: Outcome, second: tuple[str, Outcome]
) -> Disagreement:
    answers = [(_engine_of(first), first), second]
    said = " but ".join(f"{o.verdict} by {engine}" for engine, o in answers)
    where = f"for {first.pod} under {first.policy}"
    return Disagreement(
        claim.title,
        {
            "summary": f"{where}, {said}",
            "spec": file.source.name,
            "text": file.source.text,
            "claim": claim.title,
            "answers": [
                {
                    "engine": engine,
                    "verdict": o.verdict.value,
                    "detail": o.detail,
                    "run": None if o.story is None else [step.event for step in o.story.steps],
                }
                for engine, o in answers
            ],
        },
    )
