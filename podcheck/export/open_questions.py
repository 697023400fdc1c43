"""`podcheck verify --dump-smt2`: the questions that stayed open, written for other solvers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from podcheck.compiler.questions import CompiledSpec
from podcheck.explicit.interpreter import NotSettled
from podcheck.export.exporter import CannotExportError, export_question, folder_for
from podcheck.export.smt import horn
from podcheck.results.verdicts import ClaimResult, FileResult, Left, Outcome, Verdict

TITLE = 40  # characters of a claim's title in a file's name


class Asked(NamedTuple):
    """A question, by the places of its pod and of itself in the compiled spec."""

    pod: int
    question: int


def leftover(
    spec: CompiledSpec, result: FileResult, folder: str
) -> tuple[FileResult, dict[str, str]]:
    """The result of a file, in which each open question says where it is written below the folder,
    or why it can't be; and the texts, by their path there.

    The policies under which a question stayed open are one text, with a start for each.
    """
    texts: dict[str, str] = {}
    claims = []
    for number, claim in enumerate(result.claims):
        asked = list(_asked(spec, number))
        open_: dict[Asked, list[str]] = {}
        for place, outcome in zip(asked, claim.outcomes, strict=False):
            if _is_open(claim, outcome):
                open_.setdefault(place, []).append(outcome.policy)
        left = {place: _left(spec, place, open_[place], folder, texts) for place in open_}
        outcomes = [
            outcome._replace(left=left[place]) if _is_open(claim, outcome) else outcome
            for place, outcome in zip(asked, claim.outcomes, strict=False)
        ]
        claims.append(claim._replace(outcomes=tuple(outcomes)))
    return result._replace(claims=tuple(claims)), texts


def _asked(spec: CompiledSpec, claim: int) -> Iterator[Asked]:
    """The question of each outcome of a claim, in order."""
    for p, pod in enumerate(spec.pods):
        for q, question in enumerate(pod.questions):
            if question.claim == claim:
                yield from (Asked(p, q) for _ in question.policies)


def _is_open(claim: ClaimResult, outcome: Outcome) -> bool:
    return outcome.verdict is Verdict.UNKNOWN and claim.verdict is not Verdict.HOLDS


def _left(
    spec: CompiledSpec, place: Asked, policies: list[str], folder: str, texts: dict[str, str]
) -> Left:
    """Where a question is written; its text is added to the texts."""
    pod = spec.pods[place.pod]
    question = pod.questions[place.question]
    try:
        found = export_question(spec, pod, question, policies)
    except CannotExportError as error:
        return Left("", str(error))
    except NotSettled:
        return Left("", "The kubelet's syncs do not come to rest before its start.")
    title = re.sub(r"[^a-z0-9]+", "-", spec.claims[question.claim].title.lower())
    number = f"claim-{question.claim + 1}.pod-{place.pod + 1}.question-{place.question + 1}"
    name = f"{number}.{title[:TITLE].strip('-')}".rstrip(".")
    path = f"{folder_for(spec.sources[0].name)}/{name}.smt2"
    texts[path] = "\n".join([*horn(found.asked, found.heading), ""])
    return Left(f"{folder.rstrip('/')}/{path}")


__all__ = ["leftover"]
