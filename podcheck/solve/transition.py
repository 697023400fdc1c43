"""One step of a system, from any state to the next, in one incremental solver.

The states before and after the step are free constants.  A transition may follow some of the
variables only (``visible``): the others then have any value before every step, so that it has
every step of the system, and more.  What is proved on it holds of the system (localization
abstraction; Kurshan 1994).

Questions are asked under named literals, so that an unsatisfiable one says which of them it
rests on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.model.system import Action
from podcheck.model.terms import Term, Value, variables
from podcheck.solve.check import Checker
from podcheck.solve.cubes import Cube, values_of
from podcheck.solve.library import Ast
from podcheck.solve.machine import PRIME, Machine, State
from podcheck.solve.property import arrive
from podcheck.solve.unroll import Unroller

RENEWED = 300  # questions after which a solver is replaced by a new one


class Step(NamedTuple):
    """A step that was found.

    ``state`` is the state before it, as positions of values; ``action`` what happened (0: a
    sync, else the event of that number), with the values of its ``inputs``; ``choice`` holds
    named literals that fix these and what is not visible.
    """

    state: tuple[int, ...]
    action: int
    inputs: Mapping[str, Value]
    choice: tuple[Ast, ...]


class Transition:
    """A sync or one of the events, in one solver; the guard of what happens holds."""

    def __init__(
        self,
        machine: Machine,
        events: Sequence[Action],
        visible: frozenset[int],
        checker: Checker,
        races: bool,
    ) -> None:
        self.machine = machine
        self.arena = machine.arena
        self.checker = checker
        self.visible = tuple(sorted(visible))
        names = {machine.variables[i].name for i in visible}
        actions = [_followed(machine.sync, names)]
        actions += [_followed(event, names) for event in events]
        unroller = Unroller(machine, checker, races)
        self.before: State = machine.named("@0")
        checker.assume(machine.domain(self.before))
        self.arrival = arrive(unroller, actions, self.before, "step")
        self.after: State = unroller.named(self.arrival.state)
        self._named: dict[tuple[object, ...], Ast] = {}
        self.happens = self.named(self.arrival.possible)
        self._lasting = list(checker.facts())
        self._asked = 0

    # ---- literals --------------------------------------------------------------------------

    def literal(self, after: bool, index: int, mask: int) -> Ast:
        """A Boolean constant that implies that a variable has one of the values."""
        key = (after, index, mask)
        found = self._named.get(key)
        if found is None:
            found = self._named[key] = self.named(self._member(after, index, mask))
        return found

    def literals(self, after: bool, cube: Cube) -> list[Ast]:
        """Constants that imply together that the state is in the cube."""
        return [self.literal(after, index, mask) for index, mask in cube]

    def named(self, fact: Ast) -> Ast:
        """A fresh Boolean constant that implies the fact."""
        constant = self.arena.fresh(0)
        self.implies(constant, fact)
        return constant

    def lasting(self, fact: Ast) -> Ast:
        """A constant as :meth:`named` makes one, that outlives :meth:`renew`."""
        constant = self.named(fact)
        self._lasting.append(self.arena.or_(self.arena.not_(constant), fact))
        return constant

    def is_worn(self) -> bool:
        """Has the solver answered so many questions that a new one would be quicker?"""
        return self._asked >= RENEWED

    def renew(self) -> None:
        """A new solver, which knows the step and the lasting constants and nothing else."""
        self._asked = 0
        self._named.clear()
        self.checker.restart(self._lasting)

    def implies(self, constant: Ast, fact: Ast) -> None:
        self.checker.assume(self.arena.or_(self.arena.not_(constant), fact))

    def outside(self, after: bool, cube: Cube) -> Ast:
        """The fact that a state is not in the cube."""
        arena = self.arena
        return arena.or_(*[arena.not_(self._member(after, i, mask)) for i, mask in cube])

    def inside(self, cube: Cube) -> Ast:
        """The fact that the state before the step is in the cube."""
        return self.arena.and_(*[self._member(False, i, mask) for i, mask in cube])

    def _member(self, after: bool, index: int, mask: int) -> Ast:
        variable = self.machine.variables[index]
        node = (self.after if after else self.before)[index]
        return self.machine.encoder.among(variable.sort, node, values_of(variable, mask))

    def condition(self, condition: Term) -> Ast:
        """A condition on the step, or on the state after it if it reads no primed variable."""
        if any(name.endswith(PRIME) for name in variables([condition])):
            return self.machine.holds(condition, self.before + self.after)
        return self.machine.holds(condition, self.after)

    # ---- questions -------------------------------------------------------------------------

    def possible(self, literals: Sequence[Ast]) -> bool:
        """Is there a step under these named literals?"""
        self._asked += 1
        return self.checker.check(self.happens, *literals)

    def misses(self, fact: Ast, *, lasting: bool = False) -> Ast:
        """A named literal: there is no step, or the fact holds of it."""
        missed = self.arena.or_(self.arena.not_(self.arrival.possible), fact)
        return self.lasting(missed) if lasting else self.named(missed)

    def always(self, literals: Sequence[Ast]) -> bool:
        """Can these named literals, among them one of :meth:`misses`, not hold together?"""
        return not self.checker.check(*literals)

    def core(self) -> frozenset[int]:
        """After an impossible one: the addresses of the literals that it rests on."""
        return self.checker.core()

    def step(self) -> Step:
        """After a possible one: where the step starts, and what determines it besides."""
        selector, every = self.arrival.selector, self.arrival.choices
        inputs = [c for choices in every for c in choices if c.constant is not None]
        constants = [c.constant for c in inputs if c.constant is not None]
        read = self.checker.numbers([*self.before, selector.ast, *constants])
        numbers = [number or 0 for number in read]
        state, chosen = tuple(numbers[: len(self.before)]), numbers[len(self.before)]
        values = dict(
            zip((c.value for c in constants), numbers[len(self.before) + 1 :], strict=True)
        )
        fixed = [self._equal(selector.ast, selector.width, chosen)]
        given: dict[str, Value] = {}
        for choice in every[chosen]:
            given[choice.input.name] = choice.allowed[0]
            if choice.constant is not None:
                number = values[choice.constant.value]
                given[choice.input.name] = choice.input.sort.values[number]
                width = self.machine.encoder.width(choice.input.sort)
                fixed.append(self._equal(choice.constant, width, number))
        followed = set(self.visible)
        for index, position in enumerate(state):
            if index not in followed:
                fixed.append(self.literal(False, index, 1 << position))
        return Step(state, chosen, given, tuple(fixed))

    def _equal(self, constant: Ast, width: int, number: int) -> Ast:
        key = ("equal", constant.value, number)
        found = self._named.get(key)
        if found is None:
            literal = self.arena.literal(width, number)
            found = self._named[key] = self.named(self.arena.eq(constant, literal))
        return found

    def retire(self, constant: Ast) -> None:
        """Forget what a named literal implies."""
        self.checker.assume(self.arena.not_(constant))


def _followed(action: Action, names: set[str]) -> Action:
    return action._replace(updates={n: t for n, t in action.updates.items() if n in names})
