"""A sliced transition system as templates, each action encoded once.

A state is a tuple of nodes, one for each variable of the slice.  Taking an action
substitutes a state and inputs into the action's template and simplifies, in two calls of
z3: concrete states fold to literals there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import Term, Value, variables
from podcheck.symbolic.encoder import Encoder
from podcheck.symbolic.z3_context import Arena, AstArray, array
from podcheck.symbolic.z3_library import Ast

State = tuple[Ast, ...]
PRIME = "'"  # ends the name of a variable's value after a step
Facts = tuple[tuple[Ast, Ast], ...]  # nodes known to equal others on the path so far


class Template(NamedTuple):
    """One action over constants: ``body`` holds the guard and then the changed variables."""

    body: Ast
    sources: AstArray  # the constants of the variables read, then those of the inputs
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    inputs: tuple[Input, ...]


class Formula(NamedTuple):
    """One condition over constants."""

    body: Ast
    sources: AstArray
    reads: tuple[int, ...]


class Templates:
    """The templates of one slice of a system."""

    def __init__(self, system: TransitionSystem, kept: frozenset[str], encoder: Encoder) -> None:
        self.encoder = encoder
        self.arena: Arena = encoder.arena
        self.variables: tuple[Variable, ...] = tuple(v for v in system.variables if v.name in kept)
        self.index = {v.name: i for i, v in enumerate(self.variables)}
        self.published = tuple(i for i, v in enumerate(self.variables) if v.published)
        self.sync = system.sync
        self._constants = [encoder.constant(v.name, v.sort) for v in self.variables]
        self._literals: list[dict[Value, Ast]] = [{} for _ in self.variables]
        self._taken: dict[tuple[int, ...], tuple[Ast, tuple[Ast, ...]]] = {}
        self._templates: dict[int, tuple[Action, Template]] = {}
        self._formulas: dict[Term, Formula] = {}

    # ---- states ---------------------------------------------------------------------------

    def state(self, values: Mapping[str, Value]) -> State:
        """The state with those values; the rest of the mapping is ignored."""
        result: list[Ast] = []
        for variable, known in zip(self.variables, self._literals, strict=True):
            value = values[variable.name]
            literal = known.get(value)
            if literal is None:
                literal = known[value] = self.encoder.literal(variable.sort, value)
            result.append(literal)
        return tuple(result)

    def named(self, suffix: str) -> State:
        """A state of free constants, named after the variables."""
        return tuple(self.encoder.constant(f"{v.name}{suffix}", v.sort) for v in self.variables)

    def domain(self, state: State) -> Ast:
        """The constraint that every variable has a value of its sort."""
        pairs = zip(self.variables, state, strict=True)
        return self.arena.and_(*[self.encoder.domain(v.sort, a) for v, a in pairs])

    # ---- actions and conditions -----------------------------------------------------------

    def template(self, action: Action) -> Template:
        found = self._templates.get(id(action))
        if found is None:
            found = self._templates[id(action)] = (action, self._template(action))
        return found[1]

    def _template(self, action: Action) -> Template:
        updates = {n: t for n, t in action.updates.items() if n in self.index}
        read = variables([action.guard, *updates.values()])
        reads = tuple(i for n, i in self.index.items() if n in read)
        inputs = tuple(i for i in action.inputs if i.name in read)
        sources = [self._constants[i] for i in reads]
        sources += [self.encoder.constant(i.name, i.sort) for i in inputs]
        parts = [self.encoder.encode(action.guard)]
        parts += [self.encoder.encode(t) for t in updates.values()]
        body = self.arena.simplify(self.arena.tuple_of(parts))
        writes = tuple(self.index[n] for n in updates)
        return Template(body, array(sources), reads, writes, inputs)

    def take(
        self, action: Action, state: State, inputs: Sequence[Ast], facts: Facts = ()
    ) -> tuple[Ast, State]:
        """The guard in ``state`` and the state after the action.

        ``inputs`` are nodes for the template's inputs, in their order.
        """
        template = self.template(action)
        targets = [state[i] for i in template.reads]
        targets += inputs
        key = (id(template), *[a.value for a in targets], *[a.value for a, _ in facts])
        taken = self._taken.get(key)
        if taken is None:
            taken = self._taken[key] = self._take(template, targets, facts)
        guard, changed = taken
        after = list(state)
        for index, value in zip(template.writes, changed, strict=True):
            after[index] = value
        return guard, tuple(after)

    def _take(
        self, template: Template, targets: Sequence[Ast], facts: Facts
    ) -> tuple[Ast, tuple[Ast, ...]]:
        """The guard and the values of the variables written."""
        arena = self.arena
        result = arena.rewrite(template.body, template.sources, targets)
        if facts:
            known, same = array([a for a, _ in facts]), [b for _, b in facts]
            result = arena.rewrite(result, known, same)
        guard, *changed = arena.parts(result, 1 + len(template.writes))
        return guard, tuple(changed)

    def holds(self, condition: Term, state: State, facts: Facts = ()) -> Ast:
        """The condition in a state.

        For a condition that reads primed variables, ``state`` is the state before a step
        followed by the state after it.
        """
        formula = self._formulas.get(condition)
        if formula is None:
            formula = self._formulas[condition] = self._formula(condition)
        arena = self.arena
        targets = [state[i] for i in formula.reads]
        result = arena.rewrite(formula.body, formula.sources, targets)
        if facts:
            known, same = array([a for a, _ in facts]), [b for _, b in facts]
            result = arena.rewrite(result, known, same)
        return result

    def _formula(self, condition: Term) -> Formula:
        read = variables([condition])
        names = [v.name for v in self.variables]
        names += [v.name + PRIME for v in self.variables]
        reads = tuple(i for i, name in enumerate(names) if name in read)
        sorts = [v.sort for v in self.variables] * 2
        sources = array([self.encoder.constant(names[i], sorts[i]) for i in reads])
        return Formula(self.encoder.encode(condition), sources, reads)

    # ---- differences ----------------------------------------------------------------------

    def differs(self, before: State, after: State, indexes: Sequence[int] | None = None) -> Ast:
        """That two states differ (in the variables of those indexes)."""
        arena = self.arena
        chosen = range(len(before)) if indexes is None else indexes
        pairs = [(before[i], after[i]) for i in chosen]
        different = [(a, b) for a, b in pairs if a.value != b.value]
        if not different:
            return arena.false
        number = arena.number
        for a, b in different:
            if number(a) is not None and number(b) is not None:
                return arena.true
        return arena.or_(*[arena.not_(arena.eq(a, b)) for a, b in different])
