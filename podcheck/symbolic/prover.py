"""Property claims for runs of any length, by property directed reachability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.core.answers import Reached, SmallStep
from podcheck.core.symmetry import interchangeable
from podcheck.core.terms import Term, Value
from podcheck.symbolic.bounded_runs import BoundedRuns
from podcheck.symbolic.container_symmetry import Classes
from podcheck.symbolic.cubes import Cube, clause, positions
from podcheck.symbolic.lemmas import candidates, joined, kept, needed
from podcheck.symbolic.local_pdr import LocalEngines, Told
from podcheck.symbolic.pdr import OutOfQuotaError, Pdr
from podcheck.symbolic.property_query import PropertyQuery
from podcheck.symbolic.reachable_states import KnownStates
from podcheck.symbolic.smt_solver import Budget
from podcheck.symbolic.templates import Templates
from podcheck.symbolic.transition import Taken, Transition

LOCAL = 2  # containers; for one, an engine for one of them would save nothing


class Invariant(NamedTuple):
    """Conditions that hold at every start, that every step keeps, and that imply the claim.

    For a claim on states the first of them is the claim's own condition.
    """

    clauses: tuple[Term, ...]


class Prover:
    """Decides one property claim, for all its starts at once.

    The first violation of a claim on states comes after states that all meet its condition, so
    the engines assume the condition before every step.  ``known`` are states that runs come to,
    the starts among them: the more there are, the sooner a generalisation that goes too far is
    seen.
    """

    def __init__(
        self,
        asked: PropertyQuery,
        machine: Templates,
        budget: Budget,
        races: bool,
        known: Sequence[Reached],
    ) -> None:
        self._asked = asked
        self._machine = machine
        self._budget = budget
        self._starts = [positions(machine.variables, s.state) for s in asked.starts]
        self._reached: list[Reached] = []
        self._known = KnownStates(machine.variables, [])
        self.learn(known)
        self._tried = False
        self.conflicts = 0  # of the SAT solver, in what was asked of ``within``
        self._given: list[Cube] = []  # what is excluded because of lemmas
        self._local: LocalEngines | None = None
        self._classes = Classes(machine.variables, self._interchangeable())
        engines = _Engines(asked, machine, budget, races, self._starts, self._known, self._given)
        if len({v.container for v in machine.variables} - {""}) >= LOCAL:
            self._local = LocalEngines(self._classes, engines.about)
        everything = frozenset(range(len(machine.variables)))
        self._engine = engines.make(everything, helpers=self._local)

    def learn(self, known: Sequence[Reached]) -> None:
        """Know more states that runs come to."""
        self._reached += known
        variables = self._machine.variables
        self._known.add([positions(variables, reached.state) for reached in known])

    @property
    def frame(self) -> int:
        """So many steps lead from no start to a violation, as far as is known."""
        return self._engine.frame

    def as_it_stands(self, *, lemmas: bool = False) -> Invariant | None:
        """The claim's own condition, if it is an invariant: that takes one question.  With
        ``lemmas``, together with what is soon shown of those."""
        if any(self._fails_at(start.state) for start in self._asked.starts):
            return None
        if lemmas:
            self._try_lemmas()
        transition = self._engine.transition
        if transition.possible([transition.met, -transition.meets]):
            return None
        return self._invariant(self._given)

    def _try_lemmas(self) -> None:
        """Let the engines start from what is soon shown of conditions that are often true."""
        if self._tried:
            return
        self._tried = True
        variables = self._machine.variables
        cubes = candidates(variables, self._asked.system.lemmas)
        left = kept(self._engine.transition, cubes, self._known, self._classes)
        self._given += joined(left, variables)

    def advance(self, quota: int) -> Invariant | Reached | None:
        """An invariant; or a known state with steps that lead over it to a violation; or None:
        ask once more.

        Asks the solver at most about ``quota`` questions.  Raises ``GaveUpError`` when the
        budget runs out.
        """
        for reached in self._reached:
            if not reached.steps and self._fails_at(reached.state):
                return reached
        self._try_lemmas()
        try:
            with self._engine.limited(quota):
                if not self._engine.proves():
                    return self._violation()
        except OutOfQuotaError:
            return None
        lemmas = [*self._given, *self._engine.lemmas]
        if self._local is not None:
            lemmas += [cube for cube, level in self._local.excluded() if level is None]
        return self._invariant(list(dict.fromkeys(lemmas)))

    def _invariant(self, lemmas: Sequence[Cube]) -> Invariant:
        """The claim's own condition with those of the lemmas that it needs."""
        if lemmas and self._budget.minimal:
            lemmas = needed(self._engine.transition, lemmas, self._classes, self._budget)
        clauses = [clause(lemma, self._machine.variables) for lemma in lemmas]
        if not self._asked.on_steps:
            clauses.insert(0, self._asked.condition)
        return Invariant(tuple(clauses))

    def _fails_at(self, values: Mapping[str, Value]) -> bool:
        if self._asked.on_steps:
            return False
        machine = self._machine
        state = machine.state(values)
        return machine.arena.is_false(machine.holds(self._asked.condition, state))

    def _violation(self) -> Reached:
        """The known state from which a violation was found, with all steps to the violation."""
        taken = [step.taken for step in self._engine.trace]
        return self._after(self._reached[self._engine.origin], taken)

    def within(self, steps: int, conflicts: int, events: int | None = None) -> Reached | None:
        """A violation after at most so many steps from a start, if there is one; of the steps no
        more than ``events`` are events, if that is given.

        Raises ``GaveUpError`` when the budget or the solver's conflicts run out.
        """
        runs = BoundedRuns(self._engine.transition, self._starts, steps, self._budget, events)
        try:
            found = runs.violation(conflicts)
        finally:
            self.conflicts += runs.solver.conflicts
        return None if found is None else self._after(self._reached[found[0]], found[1])

    def _after(self, origin: Reached, taken: Sequence[Taken]) -> Reached:
        """A known state with more steps."""
        steps: list[SmallStep] = list(origin.steps)
        for action, inputs in taken:
            if action:
                event = self._asked.events[action - 1]
                given = {i.name: inputs.get(i.name, i.sort.values[0]) for i in event.inputs}
                steps.append((event.name, given))
            else:
                steps.append(("", inputs))
        return origin._replace(steps=tuple(steps))

    def _interchangeable(self) -> tuple[tuple[str, ...], ...]:
        asked = self._asked
        kept = asked.system._replace(events=asked.events).restricted(self._machine.index)
        conditions = () if asked.on_steps else (asked.condition,)
        return interchangeable(kept, kept.events, [s.state for s in asked.starts], conditions)


class _Engines(NamedTuple):
    """Makes the engines of one claim; ``given`` grows while lemmas are tried."""

    asked: PropertyQuery
    machine: Templates
    budget: Budget
    races: bool
    starts: Sequence[Sequence[int]]
    known: KnownStates
    given: Sequence[Cube]

    def about(self, container: str, told: Told) -> Pdr:
        """One that follows the variables of the pod and of one container."""
        followed = enumerate(self.machine.variables)
        visible = frozenset(i for i, v in followed if v.container in ("", container))
        engine = self.make(visible, told=told)
        for cube in self.given:
            engine.assume(cube, None)
        return engine

    def make(
        self,
        visible: frozenset[int],
        *,
        helpers: LocalEngines | None = None,
        told: Told | None = None,
    ) -> Pdr:
        """One that follows these variables."""
        machine, asked = self.machine, self.asked
        names = {machine.variables[i].name for i in visible}
        events = asked.events
        if len(visible) < len(machine.variables):
            events = tuple(e for e in events if any(n in names for n in e.updates))
        transition = Transition(machine, events, visible, asked.condition, self.budget, self.races)
        return Pdr(
            transition, self.starts, self.known, helpers=helpers, told=told,
            deeper=self.budget.deeper,
        )  # fmt: skip
