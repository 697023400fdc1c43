"""How hard to try, and what to tell: what a caller chooses about a run of the checker."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from podcheck.core.effort import Effort, Expired, RanOut, scale

if TYPE_CHECKING:
    from podcheck.compiler.questions import ClaimHead, Question
    from podcheck.core.answers import Finding


class Progress(Protocol):
    """Who wants to know what is being worked on."""

    def claim(self, head: ClaimHead) -> None:
        """A claim is begun."""

    def depth(self, number: int | None, unit: str = "event") -> None:
        """A search for a violation goes this many of a unit deep (None: through every state)."""


class Options(NamedTuple):
    """How hard to try, and how.

    ``engine`` is one of ``engines.ENGINES``: which engine decides.  Scenarios and tables know two
    of them: ``explicit``, and the solver for each of the others; so do promises, of which the
    solver proves what it can by rounds, with ``pdr`` by an invariant.

    ``bound`` limits the search to this many events and accepts `HOLDS to k`; ``effort`` is how much
    may be done for one claim, from 1 to ``effort.LEVELS``; ``max_steps`` is, at level 1, the number
    of steps explicit search may try for one question; ``expired`` is asked now and then which
    limit of time or memory has been passed, in plain words (empty: none; one that was passed
    stays so); ``stories`` says which counterexamples are shown: ``failures``, ``all``
    (those of refuted beliefs too), ``passed`` (what a claim wants to find), or ``none``;
    ``progress`` gets what is being worked on; ``answered`` gets every answer of an engine to a
    question (then no result is taken from the cache); with ``reasons`` the rules are found that
    proofs rest on; ``release`` is the release of Kubernetes that is asked about, whichever a spec
    names.
    """

    bound: int | None = None
    max_steps: int = 2_000_000
    expired: Expired | None = None
    stories: str = "failures"
    engine: str = "auto"
    progress: Progress | None = None
    answered: Callable[[Question, Finding], None] | None = None
    reasons: bool = False
    effort: int = 1
    release: tuple[int, ...] | None = None

    def budgeted(self) -> tuple[Options, Effort]:
        """Options with which one claim after another is decided, each within its effort."""
        effort = Effort(self.effort, self.expired)
        return self._replace(expired=effort), effort

    def go_on(self) -> None:
        """Raises ``RanOut`` if a limit has been passed."""
        if passed := self.stopped():
            raise RanOut(passed)

    @property
    def steps(self) -> int:
        """The number of steps explicit search may try for one question."""
        return self.max_steps * scale(self.effort)

    def stopped(self) -> str:
        """Which limit has been passed, in plain words, or nothing."""
        return "" if self.expired is None else self.expired()

    def identity(self) -> tuple[str, ...]:
        """Those of the options on which a settled result depends."""
        chosen = (self.bound, self.steps, self.stories, self.reasons, self.release)
        return (self.engine, *map(str, chosen))
