"""Engines for property claims: by which names they are chosen, and where each is.

A new engine is a file with a class and a line in ``ENGINES``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from podcheck.core.answers import Answer
    from podcheck.core.claims import PropertyClaim
    from podcheck.symbolic.session import Session
    from podcheck.verification.options import Options

# By the name that `--engine` takes: the module, which is imported when it is asked for, and the
# class.
ENGINES: Mapping[str, tuple[str, str]] = {
    "auto": ("usual_order", "UsualOrder"),
    "explicit": ("enumeration", "Enumeration"),
    "bounded": ("solver_search", "BoundedSearch"),
    "induction": ("solver_search", "KInduction"),
    "pdr": ("usual_order", "Reachability"),
}


class Engine(Protocol):
    """Decides property claims about one pod."""

    def answers(self, claim: PropertyClaim, *, sought: bool = False) -> Sequence[Answer]:
        """One answer for each start of the claim, in order; it names the engine whose proof or
        run it is.  ``sought``: a violation is what is looked for, and likely."""


def engine(name: str, session: Session, options: Options) -> Engine:
    """The engine of that name, for one pod: its ``session``, under the ``options`` of a run."""
    module, of_class = ENGINES[name]
    made: Engine = getattr(import_module(f"podcheck.verification.{module}"), of_class)(
        session, options
    )
    return made
