"""Property claims: which engine is asked, in which order, and what its answer means.

The usual order: whether the claim is inductive as it stands; then random walks, which come to most
violations that there are; then property directed reachability and bounded search by turns, each a
little longer every time, so that neither waits for the other, with longer walks after the first;
last, every state one by one.  Of a violation, however it was found, a shortest run is looked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from podcheck.core.answers import Answer, Proved, Refuted, Unknown
from podcheck.core.claims import PropertyClaim, Start
from podcheck.core.effort import ONE_IS_ENOUGH
from podcheck.core.substitution import substituted
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import TRUE, Term, var, variables, walk
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.random_walks import Walks
from podcheck.symbolic.session import Session
from podcheck.verification.options import Options

if TYPE_CHECKING:
    from podcheck.symbolic.property_engine import PropertyEngine

WALKED = 500  # steps of random walks for each container before the prover begins
MOST_WALKED = 2_000  # and for all of them together


class Properties:
    """Answers property claims about one pod."""

    def __init__(self, session: Session, options: Options) -> None:
        self._session = session
        self._options = options
        # the claim for which random walks were made last
        self._walked: tuple[PropertyClaim, Walks] | None = None

    def answers(self, claim: PropertyClaim, *, sought: bool = False) -> Sequence[Answer]:
        """One answer for each start of the claim, in order; ``sought``: a violation is what is
        looked for, and likely."""
        if self._options.bound is not None:
            return self._session.property(claim)
        match self._options.engine:
            case "explicit":
                return [self._explicit(claim, start) for start in claim.starts]
            case "bounded":
                return self._session.property(claim, induction=False)
            case "induction":
                return self._session.property(claim)
            case "pdr":
                return self._portfolio(claim, search=False)
        return self._auto(claim, sought)

    def holds(
        self, claim: PropertyClaim, *, sought: bool, rounds: int | None = None
    ) -> bool | None:
        """Does the condition hold always, from every start?  None: not known.

        Whether a claim is about anything is decided so, whichever engine is asked about the claim.
        One run to a state in which it does not hold settles the question, be it one of the walks
        for another condition of the same claim; ``sought``: there is likely one.  ``rounds`` is how
        many the prover has, if not all.
        """
        if self._is_violated_by_walks(claim):
            return False
        answers = self._portfolio(claim, sought=sought, once=True, rounds=rounds)
        if rounds is None and not any(isinstance(answer, Refuted) for answer in answers):
            answers = self._decided(claim, answers)
        if all(isinstance(answer, Proved) for answer in answers):
            return True
        return False if any(isinstance(answer, Refuted) for answer in answers) else None

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

    def _auto(self, claim: PropertyClaim, sought: bool) -> Sequence[Answer]:
        answers = self._portfolio(claim, sought=sought)
        if any(isinstance(a, Unknown) and a.reason == ONE_IS_ENOUGH for a in answers):
            return answers
        return self._decided(claim, answers)

    def _decided(self, claim: PropertyClaim, answers: list[Answer]) -> list[Answer]:
        """The answers, with those of explicit search for what is open: what is not small for a
        solver may be small for a list."""
        return [
            self._listed(claim, start, answer) if isinstance(answer, Unknown) else answer
            for start, answer in zip(claim.starts, answers, strict=True)
        ]

    def _listed(self, claim: PropertyClaim, start: Start, answer: Unknown) -> Answer:
        """What explicit search says where nothing else decides, or how far all of them came."""
        if self._options.stopped():
            return answer
        explicit = self._explicit(claim, start)
        if not isinstance(explicit, Unknown):
            return explicit
        reason = self._options.stopped() or answer.reason
        return answer._replace(reason=reason, bound=explicit.bound, states=explicit.states)

    # ---- every state -----------------------------------------------------------------------

    def _explicit(self, claim: PropertyClaim, start: Start, most: int | None = None) -> Answer:
        """Every reachable state, if there are few enough: ``most`` steps, or what the options
        say, are tried."""
        from podcheck.explicit.explorer import Explorer, OutOfBudget
        from podcheck.explicit.properties import Complete, search

        options = self._options
        if options.progress is not None:
            options.progress.depth(None)
        roots = [claim.condition]
        if _may_fail_on_no_change(claim.condition):
            roots += [event.guard for event in claim.events]
        sliced = sliced_to(claim.system, roots)
        steps = options.steps if most is None else min(options.steps, most)
        explorer = Explorer(Interpreter(sliced), claim.races, steps, options.expired)
        kept = {e.name for e in claim.events}
        events = [e for e in sliced.events if e.name in kept]
        try:
            found = search(explorer, (start,), events, claim.at_most, claim.condition)
        except OutOfBudget as cut:
            return Unknown(str(cut), cut.events, states=cut.states)
        if isinstance(found, Complete):
            return Proved(None, f"explicit search, all {found.states} reachable states")
        return Refuted(found)

    # ---- the prover and the search, by turns -------------------------------------------------

    def _portfolio(
        self,
        claim: PropertyClaim,
        *,
        search: bool = True,
        sought: bool = False,
        once: bool = False,
        rounds: int | None = None,
    ) -> list[Answer]:
        from podcheck.symbolic.portfolio import ROUNDS, portfolio
        from podcheck.verification.shortest_runs import ShortestRuns

        engine = self._session.property_engine(claim)
        walks = _walks(engine)
        self._walked = claim, walks
        runs = ShortestRuns(claim, engine, partial(self._explicit, claim))
        return portfolio(
            engine, engine.asked.starts, walks, _length(engine), search=search, sought=sought,
            once=once, rounds=ROUNDS + 2 * (self._options.effort - 1) if rounds is None else rounds,
            refute=runs.some if once else runs.of,
        )  # fmt: skip


def _walks(engine: PropertyEngine) -> Walks:
    """Random walks of what the prover is asked about."""
    asked = engine.asked
    system = asked.system._replace(events=asked.events).restricted(engine.machine.index)
    return Walks(system, asked.starts, engine.races, asked.condition)


def _length(engine: PropertyEngine) -> int:
    """Steps of the walks before the prover begins."""
    containers = len({v.container for v in engine.asked.system.variables if v.container})
    return min(MOST_WALKED, WALKED * max(1, containers))


def _may_fail_on_no_change(condition: Term) -> bool:
    """May a condition on steps fail on a step that changes nothing?"""
    leaves = [term for term in walk([condition]) if term.op == "var"]
    before = {v.value: var(v.value.removesuffix("'"), v.sort) for v in leaves}
    if all(name == same.value for name, same in before.items()):
        return False
    return substituted([condition], before)[condition] is not TRUE


def sliced_to(system: TransitionSystem, roots: Iterable[Term]) -> TransitionSystem:
    """The system's slice for conditions, which may read primed variables."""
    names = {n.removesuffix("'") for n in variables(list(roots))}
    return system.slice([var(v.name, v.sort) for v in system.variables if v.name in names])
