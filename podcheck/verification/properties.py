"""Property claims: the engine that was chosen answers; whether a claim is about anything is
decided in the usual order, whichever engine that is."""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.answers import Answer, Refuted, plausibility
from podcheck.core.claims import PropertyClaim
from podcheck.symbolic.session import Session
from podcheck.transform.plausibility import up_to
from podcheck.verification.engines import engine
from podcheck.verification.enumeration import Enumeration
from podcheck.verification.options import Options
from podcheck.verification.refining import refined
from podcheck.verification.usual_order import UsualOrder


class Properties:
    """Answers property claims about one pod."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session, self._options = session, options
        self._usual = UsualOrder(session, options)
        name = options.engine if options.bound is None else "induction"
        self._engine = self._usual if name == "auto" else engine(name, session, options)

    def answers(
        self, claim: PropertyClaim, *, sought: bool = False, any_run: bool = False
    ) -> Sequence[Answer]:
        """One answer for each start of the claim, in order; ``sought``: a violation is what is
        looked for, and likely; ``any_run``: whichever run violates the claim will do."""
        if isinstance(self._engine, UsualOrder):
            return self._engine.answers(claim, sought=sought, any_run=any_run)
        answers = self._engine.answers(claim, sought=sought)
        if any_run:
            return answers
        return [self._refined(claim, n, answer) for n, answer in enumerate(answers)]

    def _refined(self, claim: PropertyClaim, start: int, answer: Answer) -> Answer:
        """The answer; of a violation, a run of the most ordinary events that violates the claim."""
        if not isinstance(answer, Refuted):
            return answer
        if isinstance(self._engine, Enumeration):
            one, engine = claim._replace(starts=(claim.starts[start],)), self._engine
            level = plausibility(claim.system, answer.run.moves)
            return refined(answer, level, lambda most: engine.answers(up_to(one, most))[0])
        from podcheck.verification.most_ordinary import OrdinaryRuns

        enumeration = Enumeration(self._session, self._options)
        return OrdinaryRuns(claim, self._session, enumeration).refined(answer, start)

    def holds(
        self, claim: PropertyClaim, *, sought: bool, rounds: int | None = None
    ) -> bool | None:
        """Does the condition hold always, from every start?  None: not known.  ``sought``: it
        likely does not; ``rounds`` is how many the prover has, if not all."""
        return self._usual.holds(claim, sought=sought, rounds=rounds)

    def some(self, claim: PropertyClaim, *, rounds: int | None = None) -> Answer:
        """Does the condition hold always, from every start?  A proof for all of them, any run to
        a violation from one, or why it is not known."""
        return self._usual.some(claim, False, rounds)

    def soon(self, claim: PropertyClaim) -> Answer:
        """An answer for the claim's first start, if walks or lemmas alone give one."""
        return self._usual.soon(claim)
