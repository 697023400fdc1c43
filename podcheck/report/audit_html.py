"""An audit as an HTML page: a card for each hazard, with one run and all its places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, NamedTuple

from podcheck.report import html, sentences
from podcheck.report.audit_groups import Group, Groups, Place, common
from podcheck.report.cleaning import cleaned
from podcheck.results.verdicts import FileResult, Report

TONES = {"error": "bad", "warning": "wait", "info": "run"}


class Shown(NamedTuple):
    """A card: findings of one hazard, or errors of one code."""

    word: str
    tone: str
    name: str
    size: int
    first: html.Section | html.Card
    fix: str
    reference: str
    places: tuple[Place, ...]


class AuditStream:
    """Keeps the groups."""

    def __init__(self, spool: IO[str]) -> None:
        self._groups = Groups()
        self._clean: list[Place] = []

    def add(self, file: FileResult) -> None:
        """Take one more file."""
        file = cleaned(file)
        self._groups.add(file)
        for claim in file.claims:
            if not claim.outcomes:
                self._clean.append(Place(claim.title, "", sentences.place(claim.span)))

    def parts(self, report: Report) -> Iterator[str]:
        """The page."""
        report = cleaned(report)
        cards = []
        for wrong in self._groups.wrong:
            word = "error" if wrong.first.is_error else "warning"
            places = tuple(Place("", "", place) for place in wrong.places)
            first = html.diagnostic_card(wrong.first)
            cards.append(Shown(word, TONES[word], first.title, len(places), first, "", "", places))
        cards += [_shown(group) for group in self._groups.sorted()]
        counts: dict[str, int] = {}
        for card in cards:
            counts[card.word] = counts.get(card.word, 0) + card.size
        listed = [(word, TONES.get(word, "wait"), n) for word, n in counts.items()]
        yield html.page(
            report,
            groups=cards,
            counts=listed,
            common=common(self._groups),
            clean=self._clean,
        )
        yield "\n"


def _shown(group: Group) -> Shown:
    hazard = group.outcome.hazard
    assert hazard is not None
    (told,) = sentences.told(group.first)
    tone = TONES.get(group.word, "wait")
    return Shown(
        group.word, tone, group.name, len(group.places), html.section(told),
        hazard.fix, hazard.reference, tuple(group.places),
    )  # fmt: skip
