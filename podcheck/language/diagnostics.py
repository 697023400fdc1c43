"""Diagnostics: what is wrong with an input, where, and what to write instead.

Every code has an explanation in ``diagnostic_codes.py`` (``podcheck explain CODE``).  User errors
are collected, never thrown past the parser or checker that finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from podcheck.language.source import Span

SEVERITIES = ("error", "warning", "info")  # the gravest first
MAX_SHOWN = 100
LOOK, CLAIM, POD = 10_000, 40, 500  # units of work; see ``Diagnostics``


class Diagnostic(NamedTuple):
    """One error or warning: a stable code, a place, a sentence, and a hint (may be empty)."""

    code: str
    span: Span
    message: str
    hint: str = ""

    @property
    def is_error(self) -> bool:
        return self.code.startswith("E")

    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (self.span.source.name, self.span.start, self.span.end, self.code, self.message)


class Diagnostics:
    """A collector.  The same diagnostic is kept once.

    Whoever reads a text says here how much he has done of it.  After every ``LOOK`` units, about a
    tenth of a second, ``go_on`` is called, which raises what ends the work if time is over.
    """

    __slots__ = ("_done", "_go_on", "found")

    def __init__(self, go_on: Callable[[], None] | None = None) -> None:
        self.found: dict[Diagnostic, None] = {}
        self._go_on = go_on
        self._done = 0

    def did(self, units: int) -> None:
        """So much was done: a token is one unit, a claim ``CLAIM``, a pod ``POD``."""
        self._done += units
        if self._done >= LOOK:
            self._done = 0
            if self._go_on is not None:
                self._go_on()

    def add(self, code: str, span: Span, message: str, hint: str = "") -> None:
        self.found[Diagnostic(code, span, message, hint)] = None

    def sorted(self) -> tuple[Diagnostic, ...]:
        """All of them by their place; beyond ``MAX_SHOWN`` only how many more there are."""
        everything = sorted(self.found, key=Diagnostic.sort_key)
        if len(everything) <= MAX_SHOWN:
            return tuple(everything)
        rest = everything[MAX_SHOWN:]
        kind = "E405" if any(d.is_error for d in rest) else "W405"
        message = f"{len(rest)} more errors and warnings are not shown."
        return (*everything[:MAX_SHOWN], Diagnostic(kind, rest[0].span, message))

    @property
    def has_errors(self) -> bool:
        return any(d.is_error for d in self.found)


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that is probably meant, if one is at least so similar (0 to 1)."""
    import difflib  # only needed once something is wrong

    candidates = sorted(set(known))
    lowered = {c.lower(): c for c in reversed(candidates)}
    if word.lower() in lowered:
        return lowered[word.lower()]
    for close in difflib.get_close_matches(word, candidates, n=1, cutoff=cutoff):
        return close
    for close in difflib.get_close_matches(word.lower(), list(lowered), n=1, cutoff=cutoff):
        return lowered[close]
    return None


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known word, or ``otherwise``."""
    meant = nearest(word, known)
    return f"Did you mean `{meant}`?" if meant is not None else otherwise
