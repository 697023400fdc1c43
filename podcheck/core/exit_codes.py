"""Exit codes as classes.

Rules and claims only test codes against constants, so two codes that pass the same tests
behave alike.  The sort of exit codes holds the smallest member of each class: every verdict
about the representatives is one about all 256 codes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from podcheck.core.terms import CODES, Sort


@dataclass(frozen=True, slots=True)
class CodeClasses:
    """The sort of the representatives, and for each code the one that stands for it."""

    sort: Sort
    representative: tuple[int, ...]  # by code, 0 to 255


def code_classes(tests: Iterable[frozenset[int]]) -> CodeClasses:
    """The classes that the tests (sets of codes) tell apart."""
    distinct = sorted({frozenset(t) for t in tests}, key=sorted)
    smallest: dict[tuple[bool, ...], int] = {}
    representative = []
    for code in range(256):
        signature = tuple(code in t for t in distinct)
        representative.append(smallest.setdefault(signature, code))
    values = tuple(sorted(smallest.values()))
    return CodeClasses(Sort("exit code", "code", values), tuple(representative))


def every_code() -> CodeClasses:
    """All 256 codes, for what compares two codes with each other."""
    return CodeClasses(CODES, tuple(range(256)))
