"""Bounded search for a violation of a property: fewest events first, then fewest syncs.

A layer is one event and the chain of syncs after it, until settled; the next event may
arrive anywhere on the chain.  So depth counts events, and the chain from a concrete start is
concrete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from podcheck.core.answers import Move, Run
from podcheck.core.claims import Start
from podcheck.core.terms import Value
from podcheck.symbolic.decoder import assign, event_inputs, sync_inputs
from podcheck.symbolic.property_query import Arrival, PropertyQuery, Violation, arrive, violation_of
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.symbolic.templates import State
from podcheck.symbolic.unroller import Choices, Frame, Selector, Unroller, UnsettledError
from podcheck.symbolic.z3_library import Ast

POSITION_WIDTH = 16  # bits of a number of syncs


class Chain(NamedTuple):
    """A layer: how it was entered, its states and inputs, and where the next event comes.

    ``states[0]`` is the state after the event.  ``position`` is the number of syncs taken
    before the next event, or at the end of the run.
    """

    arrival: Arrival | None
    states: tuple[State, ...]
    syncs: tuple[Choices, ...]
    position: Selector
    on_arrival: Ast  # the event's own step violates the condition


class Search:
    """Looks for a violation from one start, a layer at a time.

    Assumes what it unrolls in the checker's present scope; the caller opens and closes it.
    """

    def __init__(self, asked: PropertyQuery, unroller: Unroller, start: Start) -> None:
        self.asked = asked
        self.unroller = unroller
        self.checker = unroller.checker
        self.machine = unroller.machine
        self.start = start
        self.violation: Violation = violation_of(unroller, asked)
        self.chains: list[Chain] = []
        self.ended = False  # no further event can happen
        self._unsettled = ""  # why the chains end too early, if one does

    def deepen(self) -> Run | None:
        """Search one event deeper; a run that violates the condition, if there is one.

        Raises ``GaveUpError`` when the budget runs out or the pod does not settle.
        """
        arrival, state, early = None, self.machine.state(self.start.state), None
        if self.chains:
            arrival, state, early = self._arrival()
            if not self.checker.satisfiable(arrival.possible):
                self.ended = True
                return None
            self.checker.assume(arrival.possible)
        chain = self._chain(arrival, state, early)
        self.chains.append(chain)
        found = self._violated(chain)
        if self.checker.satisfiable(found):
            return self._run(found)
        if self._unsettled:
            raise GaveUpError(self._unsettled)
        return None

    # ---- layers ---------------------------------------------------------------------------

    def _arrival(self) -> tuple[Arrival, State, Ast]:
        """The next event, the state after it, and that its step violates the condition."""
        arena, last = self.machine.arena, self.chains[-1]
        before = last.states[-1]
        for number in reversed(range(len(last.states) - 1)):
            here = self._at(last.position, number)
            pairs = zip(last.states[number], before, strict=True)
            before = tuple(arena.ite(here, a, b) for a, b in pairs)
        before = self.unroller.named(before)
        arrival = arrive(self.unroller, self.asked.events, before, f"{len(self.chains)}")
        state = self.unroller.named(arrival.state)
        early = self.violation(before, state) if self.asked.on_steps else arena.false
        return arrival, state, early

    def _chain(self, arrival: Arrival | None, state: State, early: Ast | None) -> Chain:
        arena = self.machine.arena
        frame = Frame(state, arena.true, (), len(self.chains))
        try:
            syncs, states = self.unroller.settled(
                frame, None, f"{len(self.chains)}", naming=arrival is not None
            )
        except UnsettledError as unsettled:  # look for a violation as far as it went
            syncs, states, self._unsettled = unsettled.syncs, unsettled.states, str(unsettled)
        position = Selector(arena.fresh(POSITION_WIDTH), POSITION_WIDTH)
        idle = self.asked.on_steps and not self._unsettled
        places = [self._at(position, n) for n in range(len(states) + 1 + idle)]
        self.checker.assume(arena.or_(*places))
        return Chain(arrival, (state, *states), tuple(syncs), position, early or arena.false)

    def _at(self, position: Selector, number: int) -> Ast:
        arena = self.machine.arena
        return arena.eq(position.ast, arena.literal(position.width, number))

    def _violated(self, chain: Chain) -> Ast:
        """The condition fails where the run stops in the chain."""
        arena = self.machine.arena
        found = [arena.and_(self._at(chain.position, 0), chain.on_arrival)]
        if not self.asked.on_steps:
            found.append(self._fails(chain, 0, chain.states[0], chain.states[0]))
        pairs = list(zip(chain.states, chain.states[1:], strict=False))
        for number, (before, after) in enumerate(pairs, 1):
            found.append(self._fails(chain, number, before, after))
        if self.asked.on_steps and not self._unsettled:
            last = chain.states[-1]  # a sync that changes nothing is a step as well
            found.append(self._fails(chain, len(chain.states), last, last))
        return arena.or_(*found)

    def _fails(self, chain: Chain, number: int, before: State, after: State) -> Ast:
        return self.machine.arena.and_(
            self._at(chain.position, number), self.violation(before, after)
        )

    # ---- the run --------------------------------------------------------------------------

    def _run(self, found: Ast) -> Run:
        """The least run to a violation in the last chain."""
        arena, checker = self.machine.arena, self.checker
        checker.push()
        try:
            checker.assume(found)
            total = arena.fresh(POSITION_WIDTH)
            positions = [chain.position.ast for chain in self.chains]
            checker.assume(arena.eq(total, arena.sum(positions, POSITION_WIDTH)))
            checker.least([total], [POSITION_WIDTH])
            events = [c.arrival.selector for c in self.chains if c.arrival is not None]
            taken = checker.least([s.ast for s in events], [s.width for s in events])
            counts = [n or 0 for n in
                      checker.least(positions, [POSITION_WIDTH] * len(positions))]  # fmt: skip
            choices = [0, *[n or 0 for n in taken]]
            groups: list[Choices] = []
            for chain, choice, count in zip(self.chains, choices, counts, strict=True):
                groups += [chain.arrival.choices[choice]] if chain.arrival else []
                groups += chain.syncs[:count]
            assignment = assign(checker, self.machine, groups)
        finally:
            checker.pop()
        return self._moves(choices, counts, assignment)

    def _moves(self, choices: list[int], counts: list[int], assignment: Mapping[int, Value]) -> Run:
        moves: list[Move] = []
        for chain, choice, count in zip(self.chains, choices, counts, strict=True):
            events: tuple[tuple[str, Mapping[str, Value]], ...] = ()
            if chain.arrival is not None:
                action = self.asked.events[choice]
                inputs = event_inputs(action, chain.arrival.choices[choice], assignment, {})
                events = ((action.name, inputs),)
            told = [sync_inputs(c, assignment) for c in chain.syncs[:count]]
            told += [{}] * (count - len(told))  # a sync of a settled state
            moves.append(Move(events, tuple(told)))
        return Run(self.start, tuple(moves), "condition")
