"""A report whose texts are fit for a format: every text in it, whatever it is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from podcheck.language.source import Source
from podcheck.report.printable import one_line, plain
from podcheck.results.stories import Replay
from podcheck.results.verdicts import FileResult, Report

Value = TypeVar("Value")


def cleaned(value: Value, how: Callable[[str], str] = one_line, *, names: bool = True) -> Value:
    """A report, or a part of one, with each text as ``how`` has it, in one line and without what
    a terminal would act upon.

    The texts of sources stay as they are, since places in them count; so do the words of a
    command, which are quoted as a whole, and names of files unless ``names`` says so.
    """
    cleaner = _Cleaner(how, names)
    found: Value = cleaner.value(value)
    return found


class _Cleaner:
    def __init__(self, how: Callable[[str], str], names: bool) -> None:
        self._how = how
        self._names = names
        self._sources: dict[int, Source] = {}

    def value(self, value: Any) -> Any:
        if isinstance(value, str):
            text = self._how(value)
            return value if text == value else text  # a word of an enumeration stays one
        if isinstance(value, Source):
            return self._source(value)
        if isinstance(value, Replay):
            return value
        if isinstance(value, tuple):
            return self._tuple(value)
        if isinstance(value, Mapping):
            return {self.value(k): self.value(v) for k, v in value.items()}
        return value

    def _tuple(self, value: tuple[Any, ...]) -> tuple[Any, ...]:
        parts = [self.value(part) for part in value]
        if all(new is old for new, old in zip(parts, value, strict=True)):
            return value
        if not hasattr(value, "_make"):
            return tuple(parts)
        new: Any = value._make(parts)
        if isinstance(value, FileResult):
            return new._replace(path=self._name(value.path))  # type: ignore[no-any-return]
        if isinstance(value, Report):
            return new._replace(left=tuple(map(self._name, value.left)))  # type: ignore[no-any-return]
        return new  # type: ignore[no-any-return]

    def _name(self, name: str) -> str:
        """A name is shown with every character in it, also a new line."""
        return self._how_name(name) if self._names else name

    def _how_name(self, name: str) -> str:
        return plain(name) if self._how is one_line else self._how(name)

    def _source(self, source: Source) -> Source:
        name = self._name(source.name)
        if name == source.name:
            return source
        if id(source) not in self._sources:
            self._sources[id(source)] = Source(name, source.text, source.path, source.real)
        return self._sources[id(source)]
