"""The public functions."""

from __future__ import annotations

from podcheck.checking import Checker
from podcheck.language.source import Source
from podcheck.options import Options
from podcheck.verdict import Report


def verify(*paths: str, bound: int | None = None) -> Report:
    """Check spec files and every ``.pod`` file below folders.

    ``bound`` searches only so many events deep; `HOLDS to k` then counts as success.
    Errors of a spec are in the report, they are not raised.
    """
    checker = Checker(Options(bound=bound))
    return Report(tuple(checker.check_paths(paths)), bounded=bound is not None)


def verify_text(text: str, *, name: str = "spec", bound: int | None = None) -> Report:
    """Check a spec given as text.  It may not include other files."""
    checker = Checker(Options(bound=bound))
    result = checker.check_source(Source(name, text), None)
    return Report((result,), bounded=bound is not None)
