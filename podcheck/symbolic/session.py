"""A session: every claim about one transition system, one solver, one set of templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from podcheck.core.answers import Answer
from podcheck.core.claims import PropertyClaim, ScenarioClaim
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import Term, not_, var
from podcheck.symbolic.encoder import Encoder
from podcheck.symbolic.scenarios import ScenarioEngine
from podcheck.symbolic.slicing import Dependencies
from podcheck.symbolic.smt_solver import Budget, Checker, GaveUpError
from podcheck.symbolic.templates import Templates
from podcheck.symbolic.unroller import Unroller
from podcheck.symbolic.z3_context import Arena

if TYPE_CHECKING:
    from podcheck.symbolic.property_engine import PropertyEngine

SPARE = 1.3  # how much larger than a claim's cone its templates may be


class Workspace:
    """One z3 context with its encodings; the sessions of one process may share it.

    A ``lasting`` workspace leaves its memory to the end of the process, which is quicker.
    """

    def __init__(self, *, lasting: bool = False) -> None:
        self.encoder = Encoder(Arena(lasting=lasting))


class Session:
    """Answers claims about one transition system.

    Templates and unrolled prefixes are shared between claims; the answers are not changed
    by it, only the time they take.
    """

    def __init__(
        self,
        system: TransitionSystem,
        *,
        workspace: Workspace | None = None,
        budget: Budget | None = None,
    ) -> None:
        self.system = system
        self.budget = budget or Budget()
        self.workspace = workspace or Workspace()
        self._dependencies = Dependencies(system)
        self._published = [var(v.name, v.sort) for v in system.variables if v.published]
        self._machines: dict[frozenset[str], Templates] = {}
        self._unrollers: dict[tuple[int, bool], Unroller] = {}
        self.checker = Checker(self.workspace.encoder.arena, self.budget)

    def machine(self, roots: Sequence[Term], events: Sequence[Action]) -> Templates:
        """Templates that cover the cone of influence of the roots under the events.

        Those of an earlier claim serve if they are the same: which ones a claim is answered with
        must not depend on what was asked before.
        """
        kept = self._dependencies.cone(roots, events)
        wide = self._dependencies.cone([*roots, *self._published], events)
        if len(wide) <= SPARE * len(kept):
            kept = wide
        if kept not in self._machines:
            self._machines[kept] = Templates(self.system, kept, self.workspace.encoder)
        return self._machines[kept]

    def scenario(self, claim: ScenarioClaim) -> tuple[Answer, ...]:
        """One answer for each start of the claim, in order."""
        edges = claim.automaton.edges
        events = list({id(p.action): p.action for e in edges for p in e.parts}.values())
        roots = [e.guard for e in events]
        roots += [t for e in edges for t in (e.at_once, e.then) if t is not None]
        if any(e.at_once is not None for e in edges):
            roots += [var(v.name, v.sort) for v in self.system.variables if v.published]
        machine = self.machine(roots, events)
        key = (id(machine), claim.races)
        unroller = self._unrollers.get(key)
        if unroller is None:
            unroller = self._unrollers[key] = Unroller(machine, self.checker, claim.races)
        engine = ScenarioEngine(claim, unroller)
        return tuple(engine.answer(start) for start in claim.starts)

    def property(
        self, claim: PropertyClaim, invariants: Sequence[Term] = (), *, induction: bool = True
    ) -> tuple[Answer, ...]:
        """One answer for each start of the claim, in order, by search and k-induction alternately.

        ``invariants`` are terms already proved to hold in every state that the claim's
        starts and events reach; they help the induction.
        """
        engine = self.property_engine(claim, invariants)
        return tuple(engine.answer(start, induction) for start in engine.asked.starts)

    def property_engine(
        self, claim: PropertyClaim, invariants: Sequence[Term] = ()
    ) -> PropertyEngine:
        """The engine that answers a claim, on templates that cover it."""
        from podcheck.symbolic.property_engine import PropertyEngine
        from podcheck.symbolic.property_query import question

        asked = question(claim)
        session = self
        if asked.system.variables != self.system.variables:
            session = Session(asked.system, workspace=self.workspace, budget=self.budget)
        roots = [asked.condition, *invariants]
        machine = session.machine(roots, asked.events)
        engine = PropertyEngine(asked, machine, self.budget, claim.races, invariants)
        if engine.must_keep_events():
            machine = session.machine([*roots, *(e.guard for e in asked.events)], asked.events)
            engine = PropertyEngine(
                asked, machine, self.budget, claim.races, invariants, keep_events=True
            )
        return engine

    def is_inductive(self, claim: PropertyClaim, k: int) -> bool:
        """Is the claim's condition ``k``-inductive, for runs that share its start's rigid values?

        Says nothing about the first ``k`` steps.  False, too, when the budget runs out.
        """
        from podcheck.symbolic.k_induction import is_inductive
        from podcheck.symbolic.property_query import question

        asked = question(claim)
        machine = self.machine([asked.condition], asked.events)
        unroller = Unroller(machine, Checker(machine.arena, self.budget), claim.races)
        try:
            return is_inductive(unroller, asked, k, claim.starts[0])
        except GaveUpError:
            return False

    def find(self, claim: PropertyClaim, invariants: Sequence[Term] = ()) -> tuple[Answer, ...]:
        """For each start, whether a state (or step) that meets the condition is reachable.

        ``Refuted`` carries the shortest run that reaches it, ``Proved`` says that none does,
        ``Unknown`` that none was found up to a bound.
        """
        return self.property(claim._replace(condition=not_(claim.condition)), invariants)
