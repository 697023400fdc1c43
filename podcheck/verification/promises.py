"""Answers liveness claims: explicit search for lassos first, then reductions to safety."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from podcheck.core.answers import (
    BOUNDED,
    EXPLICIT,
    INDUCTION,
    PDR,
    Answer,
    Proved,
    Reached,
    Refuted,
    Run,
    SmallStep,
    Unknown,
    Vacuous,
    run_of,
    steps_of,
)
from podcheck.core.claims import LivenessClaim, PropertyClaim, Start
from podcheck.core.effort import Expired
from podcheck.core.terms import FALSE, not_
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.random_walks import Walks
from podcheck.explicit.shrinking import shrunk
from podcheck.symbolic.session import Session, Workspace
from podcheck.symbolic.smt_solver import Budget, GaveUpError
from podcheck.transform.coarse_steps import kept_within
from podcheck.transform.liveness import (
    SAVE,
    MonitoredPromise,
    few_rounds,
    monitored_promise,
    never_repeats,
    never_rests,
    started,
    unbroken,
)

if TYPE_CHECKING:
    from podcheck.explicit.lassos import LassoSearch

FEW_STEPS = 8_000  # of explicit search, before anything else is tried
SOME_STEPS = 100_000  # of it, before a proof by an invariant is
WALKED = 40_000  # steps of random walks to where a promise may wait forever
LISTED = 20_000  # of it, for a run of more ordinary events
SYNCS = 8  # that keep a promise, in a proof that looks at no single state
ROUNDS = (1, 2, 4)
MANY_ROUNDS = 8  # that keep a promise, in a proof by an invariant
QUESTIONS = 250  # to the solver in the first turn of that proof; each turn has twice as many
TURNS = 6
SOON, LATER = 2, 4  # of them before every state is listed, and after
FEW_EVENTS = 3  # how long a lasso is looked for before a proof is
BY_SYNCS = f"kept within {SYNCS} syncs, whatever comes between them"
BY_PDR = "property directed reachability"
NEVER_MADE = "the promise is never made: no run reaches its first condition"


class Promises:
    """Answers liveness claims about one pod.

    ``bound`` limits lassos to this many events, stem and cycle together.  ``engine`` is ``auto``,
    ``explicit`` (no solver) or another of the options' (no explicit search).  The claims of one
    question differ only in their start; what one search has learnt serves the next.
    """

    def __init__(
        self,
        workspace: Workspace,
        budget: Budget,
        *,
        max_steps: int,
        bound: int | None = None,
        expired: Expired | None = None,
        engine: str = "auto",
    ) -> None:
        self.workspace = workspace
        self.budget = budget
        self.engine = engine
        self.max_steps = max_steps
        self.bound = bound
        self.expired = expired
        self._search: tuple[LivenessClaim, LassoSearch] | None = None

    def answer(self, claim: LivenessClaim) -> Answer:
        """The answer for the claim's one start.

        A small search comes first, for it gives the shortest lasso; then proofs by rounds, which
        do not depend on how many states there are; then what may take long.
        """
        (start,) = claim.starts
        if self.engine not in ("auto", "explicit"):
            it = monitored_promise(claim._replace(starts=()))
            return Symbolic(
                self.workspace, self.budget, it, start, self.bound, prover=self.engine == "pdr"
            ).answer()
        search = self._searching(claim._replace(starts=()))
        if self.engine == "explicit":
            return _explicit(search, start, self.bound, self.max_steps, True)
        found: Answer
        found = _explicit(search, start, self.bound, min(FEW_STEPS, self.max_steps), False)
        symbolic = Symbolic(
            self.workspace, self.budget, search.it, start, self.bound, made=search.opened
        )
        if isinstance(found, Unknown) and self.bound is None and not symbolic.stopped():
            found = symbolic.by_rounds() or found
        if isinstance(found, Unknown) and not symbolic.stopped():
            some = min(SOME_STEPS, self.max_steps)
            found = _explicit(search, start, self.bound, some, some == self.max_steps)
        if isinstance(found, Unknown) and self.bound is None and not symbolic.stopped():
            found = self._resting(search.it, start) or found
        may_hold = isinstance(found, Unknown) and not search.violated
        if may_hold and self.bound is None and not symbolic.stopped():
            found = symbolic.by_invariant(SOON) or found
        if isinstance(found, Unknown) and self.max_steps > SOME_STEPS and not symbolic.stopped():
            found = _explicit(search, start, self.bound, self.max_steps, True)
        if not isinstance(found, Unknown) or symbolic.stopped():
            return found
        answer = symbolic.answer()
        return answer._replace(states=found.states) if isinstance(answer, Unknown) else answer

    def listed(self, claim: LivenessClaim) -> Answer:
        """What a list of states says for the claim's one start, if there are not too many."""
        from podcheck.explicit.lassos import LassoSearch

        (start,) = claim.starts
        it = monitored_promise(claim._replace(starts=()))
        explorer = Explorer(Interpreter(it.system), it.races, 0, self.expired)
        return _explicit(
            LassoSearch(explorer, it), start, self.bound, min(LISTED, self.max_steps), False
        )

    def _resting(self, it: MonitoredPromise, start: Start) -> Answer | None:
        """A run to where the promise may wait forever, if random walks come to one."""
        claim = never_rests(it._replace(starts=started((start,), it.system)))
        walks = Walks(it.system, claim.starts, it.races, claim.condition)
        walks.go_on(WALKED, self.expired)
        reached = walks.violations.get(0)
        if reached is None:
            return None
        machine = Interpreter(it.system)
        run = run_of(claim.starts[0], reached.steps, [])
        run = shrunk(machine, run, claim.condition, self.expired)
        stays = {i.name: i.sort.values[0] for i in it.system.sync.inputs}
        run = run_of(start, steps_of(run.moves), [("", stays)])
        return Refuted(run, shortest=False, engine=EXPLICIT)

    def _searching(self, claim: LivenessClaim) -> LassoSearch:
        from podcheck.explicit.lassos import LassoSearch

        if self._search is None or self._search[0] != claim:
            it = monitored_promise(claim)
            explorer = Explorer(Interpreter(it.system), it.races, 0, self.expired)
            self._search = claim, LassoSearch(explorer, it)
        return self._search[1]


def _explicit(
    search: LassoSearch, start: Start, bound: int | None, max_steps: int, short_will_do: bool
) -> Answer:
    """What explicit search says."""
    search.explorer.steps, search.explorer.max_steps = 0, max_steps
    try:
        found = search.run(start, bound, short_will_do=short_will_do)
    except OutOfBudget as cut:
        return Unknown(str(cut), states=cut.states)
    if isinstance(found, Run):
        return Refuted(found, search.shortest, engine=EXPLICIT)
    if found.bound is not None:
        return Proved(found.bound, "explicit search", engine=EXPLICIT)
    if not found.opened:
        return Vacuous(start, None, NEVER_MADE, EXPLICIT)
    return Proved(None, f"explicit search, all {found.states} reachable states", engine=EXPLICIT)


class Symbolic:
    """One claim, one start: with the solver, through claims about safety.

    ``made`` says that a run is known to make the promise; with ``prover`` proofs are by property
    directed reachability, else by k-induction.
    """

    def __init__(
        self,
        workspace: Workspace,
        budget: Budget,
        it: MonitoredPromise,
        start: Start,
        bound: int | None = None,
        *,
        made: bool = False,
        prover: bool = False,
    ) -> None:
        self.workspace = workspace
        self.budget = budget
        self.it = it._replace(starts=started((start,), it.system))
        self.start = start
        self.bound = bound
        self.made = made or it.since is None
        self.prover = prover
        self._unbroken: Answer | None = None

    def stopped(self) -> str:
        """Which limit has been passed, in plain words, or nothing."""
        return self.budget.passed()

    def answer(self) -> Answer:
        """A lasso, a proof, or how far it came."""
        longest = self.budget.max_events if self.bound is None else self.bound
        found: Answer = Unknown("no proof was found")
        if not self.prover:  # whose attempts at what is false end soon
            found = self._lasso(min(FEW_EVENTS, longest))
        if isinstance(found, Unknown) and self.bound is None and not self.stopped():
            found = (self._by_invariant() if self.prover else self._by_either()) or found
        if isinstance(found, Unknown) and not self.stopped():
            longer = self._lasso(longest)
            further = isinstance(longer, Unknown) and (longer.bound or 0) < (found.bound or 0)
            found = found if further else longer
        broken = self.unbroken()
        runs = [a for a in (broken, found) if isinstance(a, Refuted)]
        if runs:
            shown = min(runs, key=lambda a: _events(a.run))
            known = all(_none_shorter(a, _events(shown.run)) for a in (broken, found))
            return shown._replace(shortest=known)
        bounds = [a.bound for a in (found, broken) if isinstance(a, Unknown)]
        if not bounds:
            return self._unless_vacuous(found)
        least = None if None in bounds else min(n for n in bounds if n is not None)
        return Unknown(self.stopped() or "no proof was found", bound=least)

    def by_rounds(self) -> Answer | None:
        """What is known if a few syncs keep the promise, whatever events come between."""
        return self._known_by(self._within_syncs())

    def by_invariant(self, turns: int) -> Answer | None:
        """What is known if an invariant shows that a few fair rounds keep the promise."""
        return self._known_by(self._by_invariant(turns))

    def _known_by(self, proof: Proved | None) -> Answer | None:
        if proof is None or not isinstance(self.unbroken(), Proved):
            return None
        answer = self._unless_vacuous(proof)
        return None if isinstance(answer, Unknown) else answer

    def _by_either(self) -> Proved | None:
        return self._by_induction() or self._by_invariant(LATER)

    def _by_induction(self) -> Proved | None:
        return self._within_syncs() or self._within_rounds()

    def _by_invariant(self, turns: int = TURNS) -> Proved | None:
        clauses = self._invariant(few_rounds(self.it, MANY_ROUNDS), turns)
        if clauses is None:
            return None
        by = f"{BY_PDR}, an invariant of {clauses} clauses: kept within {MANY_ROUNDS} fair rounds"
        return Proved(None, by, engine=PDR)

    def _invariant(self, claim: PropertyClaim, turns: int = TURNS) -> int | None:
        """The number of clauses of an invariant that proves the claim, if one is found."""
        from podcheck.symbolic.prover import Invariant

        engine = self._session(claim).property_engine(claim)
        starts = engine.asked.starts
        prover = engine.prover(starts, [Reached(s.state, n, ()) for n, s in enumerate(starts)])
        try:
            for turn in range(turns + self.budget.level - 1):
                found = prover.advance(QUESTIONS << turn)
                if found is not None:
                    return len(found.clauses) if isinstance(found, Invariant) else None
        except GaveUpError:
            pass
        return None

    def _within_syncs(self) -> Proved | None:
        claim = kept_within(self.it, self.it.starts[0], SYNCS)
        if self._session(claim).is_inductive(claim, SYNCS):
            return Proved(None, BY_SYNCS, engine=INDUCTION)
        return None

    def unbroken(self) -> Answer:
        """Whether a run reaches a state in which the promise is broken."""
        if self._unbroken is None:
            self._unbroken = Proved(self.bound, "")
            if self.it.broken is not FALSE:
                claim = unbroken(self.it)
                self._unbroken = self._bounded(claim, 0)
                unsure = self.prover and isinstance(self._unbroken, Unknown)
                if unsure and self._invariant(claim) is not None:
                    self._unbroken = Proved(None, BY_PDR, engine=PDR)
        return self._unbroken

    def _lasso(self, events: int) -> Answer:
        """A lasso with at most this many events, if there is one."""
        return self._bounded(never_repeats(self.it), 1, max_events=events + 1)

    def _within_rounds(self) -> Proved | None:
        for most in ROUNDS:
            claim = few_rounds(self.it, most)
            answer = self._session(claim).property(claim)[0]
            if isinstance(answer, Proved):
                return answer._replace(by=f"kept within {most} fair rounds: {answer.by}")
        return None

    def _bounded(self, claim: PropertyClaim, added: int, **changes: int) -> Answer:
        """The answer to a claim whose runs have ``added`` more events than those to be shown."""
        answer = self._session(claim, **changes).property(claim)[0]
        if isinstance(answer, Refuted):
            return Refuted(_run(self.start, answer.run), engine=answer.engine)
        if isinstance(answer, Unknown):
            reached = None if answer.bound is None else answer.bound - added
            if self.bound is not None and reached is not None and reached >= self.bound:
                return Proved(self.bound, "bounded search", engine=BOUNDED)
            return answer._replace(bound=None if reached is not None and reached < 0 else reached)
        return answer

    def _unless_vacuous(self, proof: Answer) -> Answer:
        """The proof, if the promise is ever made."""
        if self.made:
            return proof
        assert self.it.since is not None
        claim = unbroken(self.it)._replace(condition=not_(self.it.since))
        answer = self._session(claim).property(claim)[0]
        if isinstance(answer, Proved) and answer.bound is None:
            return Vacuous(self.start, None, NEVER_MADE, answer.engine)
        if isinstance(answer, Refuted):
            return proof
        reason = "it holds, but it is not known whether its promise is ever made"
        return Unknown(f"{self.stopped()}: {reason}" if self.stopped() else reason)

    def _session(self, claim: PropertyClaim, **changes: int) -> Session:
        budget = replace(self.budget, **changes)  # type: ignore[arg-type]
        return Session(claim.system, workspace=self.workspace, budget=budget)


def _run(start: Start, run: Run) -> Run:
    """The run without what was added to the system; a lasso if its cycle was marked."""
    stem: list[SmallStep] = []
    cycle: list[SmallStep] | None = None
    for move in run.moves:
        for name, inputs in move.events:
            if name == SAVE:
                stem, cycle = [*stem, *(cycle or [])], []
            else:
                (stem if cycle is None else cycle).append((name, inputs))
        for given in move.syncs:
            (stem if cycle is None else cycle).append(("", given))
    return run_of(start, stem, cycle or [])


def _events(run: Run) -> int:
    return sum(len(move.events) for move in run.moves)


def _none_shorter(answer: Answer, events: int) -> bool:
    """Does an answer show that there is no run of fewer events?  One that has a run looked for
    shorter ones first."""
    if isinstance(answer, (Proved, Unknown)):
        proved = isinstance(answer, Proved) and answer.bound is None
        return proved or (answer.bound is not None and answer.bound >= events - 1)
    return isinstance(answer, Refuted)
