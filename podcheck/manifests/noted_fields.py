"""What a manifest says that only the API server's refusals ask for, with its places."""

from __future__ import annotations

from podcheck.declarations.pod import Fields
from podcheck.language.source import Span


class Notes:
    """Numbers by the name under which the rule pack asks for them, and places by name.

    Of several of one name the largest number and the first place are kept.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self.places: dict[str, Span] = {}

    def add(self, name: str, span: Span, number: int = 1) -> None:
        self._numbers[name] = max(number, self._numbers.get(name, number))
        self.place(name, span)

    def place(self, name: str, span: Span) -> None:
        self.places.setdefault(name, span)

    def fields(self) -> Fields:
        return tuple(self._numbers.items())
