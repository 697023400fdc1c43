"""An audit as an HTML page: of many workloads a card for each hazard, with one run and all its
places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from podcheck.report import html
from podcheck.report.audit_groups import MANY, Group, Groups, Place, place_of
from podcheck.report.cleaning import cleaned
from podcheck.results.verdicts import FileResult, Report

MOST = 50  # workloads; of more the findings are grouped, too


class AuditStream:
    """Keeps a few files, or the groups."""

    def __init__(self, spool: IO[str]) -> None:
        self._groups = Groups()
        self._few: list[FileResult] = []
        self._clean: list[Place] = []

    def add(self, file: FileResult) -> None:
        """Take one more file."""
        self._groups.add(file)
        if self._is_many:
            self._few.clear()
        else:
            self._few.append(cleaned(file))
        for claim in file.claims:
            if not claim.outcomes:
                self._clean.append(place_of(claim))

    @property
    def _is_many(self) -> bool:
        return self._groups.found > MANY or self._groups.workloads > MOST

    def parts(self, report: Report) -> Iterator[str]:
        """The page."""
        report = cleaned(report)
        if self._is_many:
            yield html.page(report, self._cards(report.source_url))
        else:
            yield html.render(report._replace(files=tuple(self._few)))
        yield "\n"

    def _cards(self, url: str) -> list[html.Group]:
        names: dict[str, int] = {}
        by_word: dict[str, list[html.Card]] = {}
        for wrong in self._groups.wrong:
            card = html.diagnostic_card(wrong.first, url)
            listed = tuple(("", "", place) for place in wrong.places)
            one = "input error" if wrong.first.is_error else "warning about the input"
            word = "input errors" if wrong.first.is_error else "warnings about the input"
            card = card._replace(verdict=one, places=listed)
            by_word.setdefault(word, []).append(card)
        for group in self._groups.sorted():
            by_word.setdefault(group.word, []).append(_card(group, url))
        if self._clean:
            title = f"{len(self._clean)} workloads: nothing found"
            clean = html.Card("clean", "run", title, "", "", (), places=tuple(self._clean))
            by_word["clean"] = [clean]
        found = []
        for word, cards in by_word.items():
            named = tuple(html.anchored(card, word, names) for card in cards)
            counts = tuple(("", tone, count) for _, tone, count in html.counted(named))
            found.append(html.Group(word, named, counts))
        return found


def _card(group: Group, url: str) -> html.Card:
    count = len(group.places)
    card = html.claim_card(group.first, url)
    return card._replace(
        verdict=group.word,
        tone=html.tone(group.word),
        title=f"{group.name}: {count} finding{'s' * (count != 1)}",
        outcomes=(),
        severities=(),
        sections=tuple(section._replace(about="") for section in card.sections),
        places=tuple(group.places),
    )
