"""Exit codes as classes.

Rules and claims only test codes against constants, so two codes that pass the same tests
behave alike.  The sort of exit codes holds the smallest member of each class: every verdict
about the representatives is one about all 256 codes.
"""

from __future__ import annotations

from collections.abc import Iterable

from podcheck.model.terms import Sort

ALL_CODES = frozenset(range(256))


def code_sort(tests: Iterable[frozenset[int]]) -> Sort:
    """The sort for the classes that the tests (sets of codes) tell apart."""
    distinct = sorted({frozenset(t) for t in tests}, key=sorted)
    classes: dict[tuple[bool, ...], int] = {}
    for code in range(256):
        classes.setdefault(tuple(code in t for t in distinct), code)
    return Sort("exit code", "code", tuple(sorted(classes.values())))


def full_code_sort() -> Sort:
    """All 256 codes, for claims that compare two codes with each other."""
    return Sort("exit code", "code", tuple(range(256)))
