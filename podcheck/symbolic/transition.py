"""One step of a system, from any state to the next, as clauses in one incremental SAT solver.

The states before and after the step are free, and each value of each variable has a Boolean of
its own, so that cubes and lemmas are clauses.  A transition may follow some of the variables
only (``visible``): the others then have any value before every step, so that it has every step
of the system, and more.  What is proved on it holds of the system (localization abstraction;
Kurshan 1994).

Questions are asked under literals, so that an impossible one says which of them it rests on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from podcheck.core.system import Action
from podcheck.core.terms import Sort, Term, Value, variables
from podcheck.symbolic.cnf import clauses_of
from podcheck.symbolic.cubes import Cube, bits, full_mask
from podcheck.symbolic.property_query import arrive
from podcheck.symbolic.sat_solver import Propositional
from podcheck.symbolic.smt_solver import Budget, Checker
from podcheck.symbolic.templates import PRIME, State, Templates
from podcheck.symbolic.unroller import Unroller
from podcheck.symbolic.z3_library import Ast


class Taken(NamedTuple):
    """What happened: 0 for a sync, else the event of that number, with the values of its inputs."""

    action: int
    inputs: Mapping[str, Value]


class Step(NamedTuple):
    """A step that was found.

    ``state`` is the state before it, as positions of values; ``choice`` holds literals that fix
    what happened and what is not visible.
    """

    state: tuple[int, ...]
    taken: Taken
    choice: tuple[int, ...]


class Transition:
    """A sync or one of the events, in one solver; the guard of what happens holds."""

    def __init__(
        self,
        machine: Templates,
        events: Sequence[Action],
        visible: frozenset[int],
        condition: Term,
        budget: Budget,
        races: bool,
    ) -> None:
        """``condition`` is one on steps if it reads a primed variable, else one on states."""
        self.machine = machine
        self.visible = tuple(sorted(visible))
        names = {machine.variables[i].name for i in visible}
        actions = [_followed(machine.sync, names)]
        actions += [_followed(event, names) for event in events]
        checker = Checker(machine.arena, budget)
        before: State = machine.named("@0")
        checker.assume(machine.domain(before))
        arrival = arrive(Unroller(machine, checker, races), actions, before, "step")
        self._choices = arrival.choices
        on_steps = any(name.endswith(PRIME) for name in variables([condition]))
        judged = before + arrival.state if on_steps else arrival.state
        named: dict[tuple[object, ...], Ast] = {
            ("happens",): arrival.possible,
            ("meets",): machine.holds(condition, judged),
            ("met",): machine.arena.true if on_steps else machine.holds(condition, before),
        }
        for index, node in enumerate(before):
            named.update(self._each_value(("before", index), machine.variables[index].sort, node))
        for index in self.visible:
            node = arrival.state[index]
            named.update(self._each_value(("after", index), machine.variables[index].sort, node))
        width = arrival.selector.width
        for number in range(len(actions)):
            chosen = machine.arena.literal(width, number)
            named["action", number] = machine.arena.eq(arrival.selector.ast, chosen)
        for choice in (c for choices in arrival.choices for c in choices):
            if choice.constant is not None:
                key = ("input", choice.constant.value)
                named.update(self._each_value(key, choice.input.sort, choice.constant))
        with budget.watching(machine.arena.interrupt):
            self.clauses = clauses_of(machine.arena, checker.facts(), named)
        self._numbers = numbers = self.clauses.numbers
        self.solver = Propositional(self.clauses.clauses, self.clauses.largest, budget)
        self.happens = numbers["happens",]
        self.meets = numbers["meets",]  # the step meets the condition
        self.met = numbers["met",]  # so did the state before it
        self._literals: dict[tuple[bool, int, int], int] = {}
        for after in (False, True):
            for index in self.visible if after else range(len(before)):
                key = ("after" if after else "before", index)
                for position in range(len(machine.variables[index].sort.values)):
                    self._literals[after, index, 1 << position] = self._numbers[*key, position]

    def _each_value(
        self, key: tuple[object, ...], sort: Sort, node: Ast
    ) -> Iterator[tuple[tuple[object, ...], Ast]]:
        encoder, arena = self.machine.encoder, self.machine.arena
        for position, value in enumerate(sort.values):
            yield (*key, position), arena.eq(node, encoder.literal(sort, value))

    # ---- literals --------------------------------------------------------------------------

    def literal(self, after: bool, index: int, mask: int) -> int:
        """A literal that implies that a variable has one of the values."""
        key = (after, index, mask)
        found = self._literals.get(key)
        if found is None:
            rest = full_mask(self.machine.variables[index]) & ~mask
            if rest.bit_count() == 1:
                found = -self._literals[after, index, rest]
            else:
                one_of = [self._literals[after, index, bit] for bit in bits(mask)]
                found = self.solver.named(one_of)
            self._literals[key] = found
        return found

    def action(self, number: int) -> int:
        """The literal that says that this happens: 0 for a sync, else the event of that number."""
        return self._numbers["action", number]

    def literals(self, after: bool, cube: Cube) -> list[int]:
        """Literals that imply together that the state is in the cube."""
        return [self.literal(after, index, mask) for index, mask in cube]

    def outside(self, after: bool, cube: Cube) -> list[int]:
        """The clause that a state is not in the cube."""
        variables = self.machine.variables
        return [self.literal(after, i, full_mask(variables[i]) & ~mask) for i, mask in cube]

    def inside_one(self, cubes: Sequence[Cube]) -> int:
        """A literal that implies that the state before the step is in one of the cubes."""
        solver = self.solver
        each = []
        for cube in cubes:
            inside = solver.fresh()
            for literal in self.literals(False, cube):
                solver.add([-inside, literal])
            each.append(inside)
        return solver.named(each)

    # ---- questions -------------------------------------------------------------------------

    def possible(self, literals: Sequence[int]) -> bool:
        """Is there a step under these literals?"""
        return self.solver.possible([self.happens, *literals])

    def misses(self, clause: Sequence[int]) -> int:
        """A literal that implies that there is no step, or that the clause holds of it."""
        return self.solver.named([-self.happens, *clause])

    def always(self, literals: Sequence[int]) -> bool:
        """Can these literals, among them one of :meth:`misses`, not hold together?"""
        return not self.solver.possible(literals)

    def core(self) -> frozenset[int]:
        """After an impossible one: the literals that it rests on."""
        return self.solver.core()

    def retire(self, literal: int) -> None:
        """Forget what a literal implies."""
        self.solver.add([-literal])

    def step(self) -> Step:
        """After a possible one: where the step starts, and what determines it besides."""
        model = self.solver.model()

        def holds(number: int) -> bool:
            return model[number - 1] > 0

        taken = self.taken(holds)
        state = tuple(
            self._value(("before", index), len(variable.sort.values), holds)
            for index, variable in enumerate(self.machine.variables)
        )
        fixed = [self.action(taken.action)]
        for choice in self._choices[taken.action]:
            if choice.constant is not None:
                values = choice.input.sort.values
                position = values.index(taken.inputs[choice.input.name])
                fixed.append(self._numbers["input", choice.constant.value, position])
        followed = set(self.visible)
        fixed += [
            self.literal(False, index, 1 << position)
            for index, position in enumerate(state)
            if index not in followed
        ]
        return Step(state, taken, tuple(fixed))

    def after(self) -> dict[int, int]:
        """After a possible one: where the step leads, for each visible variable."""
        model = self.solver.model()

        def holds(number: int) -> bool:
            return model[number - 1] > 0

        variables = self.machine.variables
        return {
            index: self._value(("after", index), len(variables[index].sort.values), holds)
            for index in self.visible
        }

    def taken(self, holds: Callable[[int], bool]) -> Taken:
        """What happens where those Booleans hold."""
        action = self._value(("action",), len(self._choices), holds)
        inputs: dict[str, Value] = {}
        for choice in self._choices[action]:
            values = choice.input.sort.values
            inputs[choice.input.name] = choice.allowed[0]
            if choice.constant is not None:
                position = self._value(("input", choice.constant.value), len(values), holds)
                inputs[choice.input.name] = values[position]
        return Taken(action, inputs)

    def _value(self, key: tuple[object, ...], count: int, holds: Callable[[int], bool]) -> int:
        """The position of a value, one of this many."""
        return next(n for n in range(count) if holds(self._numbers[*key, n]))

    def after_to_before(self) -> dict[int, int]:
        """The Boolean of each value after the step to that of the same value before it."""
        return {
            number: self._numbers["before", *key[1:]]
            for key, number in self._numbers.items()
            if key[0] == "after"
        }


def _followed(action: Action, names: set[str]) -> Action:
    return action._replace(updates={n: t for n, t in action.updates.items() if n in names})
