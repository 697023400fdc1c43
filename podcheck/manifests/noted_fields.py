"""What a manifest says that only refusals and hazards ask for, with its places."""

from __future__ import annotations

from podcheck.declarations.pod import Fields, Texts
from podcheck.language.source import Span


class Notes:
    """Numbers by the name under which rules and hazards ask for them, places by name, and texts
    that only messages show.

    Of several of one name the largest number and the first place are kept.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.places: dict[str, Span] = {}
        self._texts: dict[str, str] = {}

    def add(self, name: str, span: Span, number: int = 1) -> None:
        self._numbers[name] = max(number, self._numbers.get(name, number))
        self.place(name, span)

    def place(self, name: str, span: Span) -> None:
        self.places.setdefault(name, span)

    def show(self, name: str, text: object) -> None:
        """Keep what a message says of the manifest."""
        self._texts.setdefault(name, str(text))

    def fields(self) -> Fields:
        return tuple(self._numbers.items())

    def texts(self) -> Texts:
        return tuple(self._texts.items())
