"""The engines ``auto`` and ``pdr``: random walks, the prover and bounded search alternately.

The usual order: whether the claim is inductive as it stands; then random walks, which reach most
violations that there are; then property directed reachability and bounded search in turn, each a
little longer every time, so that neither waits for the other, with longer walks after the first;
last, every state one by one.  Of a violation, however it was found, a run of the most ordinary
events is looked for, and of those a shortest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podcheck.core.answers import Answer, Proved, Refuted, Unknown
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.effort import ONE_IS_ENOUGH
from podcheck.core.terms import variables
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.random_walks import Walks
from podcheck.symbolic.session import Session
from podcheck.verification.enumeration import Enumeration
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.symbolic.property_engine import PropertyEngine

WALKED = 500  # steps of random walks for each container before the prover begins
MOST_WALKED = 2_000  # and for all of them together
LESS = 20  # times fewer states are listed where the claim fails from another start


class UsualOrder:
    """An ``engines.Engine`` that has several take turns."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session = session
        self._options = options
        self._enumeration = Enumeration(session, options)
        # the claim for which random walks were made last
        self._walked: tuple[PropertyClaim, Walks] | None = None

    def answers(
        self, claim: PropertyClaim, *, sought: bool = False, any_run: bool = False
    ) -> Sequence[Answer]:
        """One answer for each start of the claim, in order; ``sought``: a violation is what is
        looked for, and likely; ``any_run``: whichever run violates the claim will do."""
        answers = self._portfolio(claim, sought=sought, any_run=any_run)
        if any(isinstance(a, Unknown) and a.reason == ONE_IS_ENOUGH for a in answers):
            return answers
        return self._decided(claim, answers)

    def proofs(self, claim: PropertyClaim) -> Sequence[Answer]:
        """The same without a search for violations, but for walks and what the prover meets."""
        return self._portfolio(claim, search=False)

    def holds(
        self, claim: PropertyClaim, *, sought: bool, rounds: int | None = None
    ) -> bool | None:
        """Does the condition hold always, from every start?  None: not known.

        One run to a state in which it does not hold decides that, even a walk for another
        condition of the same claim; ``sought``: there is likely one.  ``rounds`` is how many the
        prover has, if not all.
        """
        if self._is_violated_by_walks(claim):
            return False
        return {Proved: True, Refuted: False}.get(type(self.some(claim, sought, rounds)))

    def some(self, claim: PropertyClaim, sought: bool, rounds: int | None) -> Answer:
        """The same with what it is due to: a proof for every start, some violation from one of
        them, or what is not known."""
        answers = self._portfolio(claim, sought=sought, once=True, rounds=rounds)
        if rounds is None and not any(isinstance(answer, Refuted) for answer in answers):
            answers = self._decided(claim, answers)
        for kind in (Refuted, Unknown):
            for answer in answers:
                if isinstance(answer, kind):
                    return answer
        return answers[0]

    def soon(self, claim: PropertyClaim) -> Answer:
        """An answer for the claim's first start, if walks or lemmas alone give one."""
        return self._portfolio(claim, search=False, once=True, rounds=0)[0]

    def _is_violated_by_walks(self, claim: PropertyClaim) -> bool:
        if self._walked is None:
            return False
        other, walks = self._walked
        if claim != other._replace(condition=claim.condition):
            return False
        machine = Interpreter(claim.system)
        read = variables([claim.condition])
        return any(
            read <= state.keys() and not machine.value(claim.condition, machine.state_of(state))
            for state in walks.named()
        )

    def _decided(self, claim: PropertyClaim, answers: list[Answer]) -> list[Answer]:
        """The answers, with those of explicit search for what is open: what is not small for a
        solver may be small for a list."""
        fails = any(isinstance(answer, Refuted) for answer in answers)
        most = self._options.steps // (LESS if fails else 1)
        return [
            self._listed(claim, start, answer, most) if isinstance(answer, Unknown) else answer
            for start, answer in zip(claim.starts, answers, strict=True)
        ]

    def _listed(self, claim: PropertyClaim, start: Start, answer: Unknown, most: int) -> Answer:
        """What explicit search of ``most`` steps says where nothing else decides, or how far all of
        them came."""
        if self._options.stopped():
            return answer
        explicit = self._enumeration.answer(claim, start, most)
        if isinstance(explicit, Refuted):
            from podcheck.verification.most_ordinary import OrdinaryRuns

            runs = OrdinaryRuns(claim, self._session, self._enumeration)
            return runs.refined(explicit, claim.starts.index(start))
        if not isinstance(explicit, Unknown):
            return explicit
        reason = self._options.stopped() or answer.reason
        return answer._replace(reason=reason, bound=explicit.bound, states=explicit.states)

    def _portfolio(
        self,
        claim: PropertyClaim,
        *,
        search: bool = True,
        sought: bool = False,
        once: bool = False,
        any_run: bool = False,
        rounds: int | None = None,
    ) -> list[Answer]:
        from podcheck.symbolic.portfolio import ROUNDS, portfolio
        from podcheck.verification.most_ordinary import OrdinaryRuns, walks_of

        engine = self._session.property_engine(claim)
        walks = walks_of(engine)
        self._walked = claim, walks
        runs = OrdinaryRuns(claim, self._session, self._enumeration)
        return portfolio(
            engine, engine.asked.starts, walks, _length(engine), search=search, sought=sought,
            once=once, rounds=ROUNDS + 2 * (self._options.effort - 1) if rounds is None else rounds,
            refute=runs.some if once or any_run else runs.of,
        )  # fmt: skip


class Reachability(UsualOrder):
    """An ``engines.Engine``: property directed reachability alone, after random walks."""

    def answers(
        self, claim: PropertyClaim, *, sought: bool = False, any_run: bool = False
    ) -> Sequence[Answer]:
        """One answer for each start of the claim, in order."""
        return self.proofs(claim)


def _length(engine: PropertyEngine) -> int:
    """Steps of the walks before the prover begins."""
    containers = len({v.container for v in engine.asked.system.variables if v.container})
    return min(MOST_WALKED, WALKED * max(1, containers))
