"""The engines ``bounded`` and ``induction``: runs of this many events in the solver."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.answers import Answer
from podcheck.core.claims import PropertyClaim
from podcheck.symbolic.session import Session
from podcheck.verification.options import Options


class BoundedSearch:
    """An ``engines.Engine``: no run of this many events, one more each time, violates the claim."""

    induction = False

    def __init__(self, session: Session, options: Options) -> None:
        self._session = session

    def answers(self, claim: PropertyClaim, *, sought: bool = False) -> Sequence[Answer]:
        """One answer for each start of the claim, in order."""
        return self._session.property(claim, induction=self.induction)


class KInduction(BoundedSearch):
    """An ``engines.Engine``: k-induction in turn with that search, which finds what is false."""

    induction = True
