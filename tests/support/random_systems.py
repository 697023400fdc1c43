"""Random small systems and claims, each from one seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from podcheck.core.claims import Automaton, Edge, Part, PropertyClaim, ScenarioClaim, Start
from podcheck.core.system import Action, Input, TransitionSystem, Variable
from podcheck.core.terms import (
    BOOL,
    TRUE,
    Sort,
    Term,
    Value,
    add,
    and_,
    const,
    eq,
    ite,
    le,
    lookup,
    member,
    not_,
    or_,
    var,
)

PHASE = Sort("phase", "enum", ("P", "R", "S"))
COUNT = Sort("count", "count", (0, 1, 2))
CODE = Sort("code", "code", (0, 1, 137))
SORTS = (BOOL, PHASE, COUNT, CODE)
VARIABLES = (
    Variable("b", BOOL, False, "", "b"),
    Variable("p", PHASE, "P", "", "p", published=True),
    Variable("n", COUNT, 0, "", "n"),
    Variable("c", CODE, 0, "", "c", published=True),
)


INPUTS = (
    Input("code", CODE, "code"),
    Input("kill", CODE, "kill"),
    Input("race", BOOL, "race"),
)


STATE = {v.name: v.sort for v in VARIABLES}
STEP = STATE | {f"{n}'": s for n, s in STATE.items()}
EVENT = STATE | {"code": CODE, "race": BOOL}
SYNC = STATE | {"kill": CODE, "race": BOOL}


class Dice:
    """Random systems and claims from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.pick = self.random.choice

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def some(self, values: Sequence[Value], least: int, most: int) -> tuple[Value, ...]:
        return tuple(self.random.sample(values, self.random.randint(least, most)))

    def term(self, sort: Sort, leaves: dict[str, Sort], depth: int) -> Term:
        names = [n for n, s in leaves.items() if s is sort]
        if depth == 0 or self.chance(0.15):
            if names and self.chance(0.7):
                return var(self.pick(names), sort)
            return const(sort, self.pick(sort.values))

        def below(other: Sort) -> Term:
            return self.term(other, leaves, depth - 1)

        shapes: list[Callable[[], Term]] = [
            lambda: ite(below(BOOL), below(sort), below(sort)),
            lambda: lookup(below(PHASE), {v: self.pick(sort.values) for v in PHASE.values}, sort),
        ]
        if sort is COUNT:
            shapes.append(lambda: add(below(COUNT), below(COUNT)))
        if sort is BOOL:
            shapes += [
                lambda: not_(below(BOOL)),
                lambda: and_(below(BOOL), below(BOOL)),
                lambda: or_(below(BOOL), below(BOOL)),
                lambda: le(below(COUNT), below(COUNT)),
                lambda: eq(below(CODE), below(CODE)),
                lambda: member(below(PHASE), frozenset(self.some(PHASE.values, 1, 2))),
                lambda: member(below(CODE), frozenset(self.some(CODE.values, 1, 2))),
            ]
        return self.pick(shapes)()

    def action(self, name: str) -> Action:
        changed = self.random.sample(VARIABLES, self.random.randint(1, 3))
        leaves = EVENT if name else SYNC
        guard = or_(self.term(BOOL, STATE, 1), self.term(BOOL, STATE, 1)) if name else TRUE
        updates = {v.name: self.term(v.sort, leaves, 3) for v in changed}
        inputs = tuple(i for i in INPUTS if i.name in leaves)
        early = name == "second" and self.chance(0.5)
        return Action(name or "sync", name, name, "", guard, inputs, updates, early=early)

    def sync(self) -> Action:
        """A sync; mostly one that can't go on forever."""
        action = self.action("")
        if self.chance(0.2):
            return action
        clock = var("n", COUNT)
        kept = {
            n: ite(eq(clock, const(COUNT, 2)), var(n, STATE[n]), t)
            for n, t in action.updates.items()
        }
        return action._replace(updates=kept | {"n": add(clock, const(COUNT, 1))})

    def system(self) -> TransitionSystem:
        events = (self.action("first"), self.action("second"))
        return TransitionSystem("random", VARIABLES, self.sync(), events)

    def start(self) -> Start:
        state = {v.name: self.pick(v.sort.values) for v in VARIABLES}
        return Start("", state, self.chance(0.5), "start")

    def condition(self, leaves: dict[str, Sort]) -> Term:
        """A condition that fails in few states, so that violations lie deep."""
        return or_(*[self.term(BOOL, leaves, 2) for _ in range(self.random.randint(1, 4))])

    def codes(self) -> tuple[Value, ...] | None:
        return self.some(CODE.values, 1, 2) if self.chance(0.4) else None

    def edge(self, system: TransitionSystem, source: int, target: int) -> Edge:
        parts = []
        for _ in range(self.pick((0, 1, 1, 1, 2))):
            codes = self.codes()
            parts.append(Part(self.pick(system.events), {} if codes is None else {"code": codes}))
        at_once = self.condition(STATE) if self.chance(0.3) else None
        then = self.condition(STATE) if self.chance(0.5) else None
        return Edge(source, target, tuple(parts), self.codes(), at_once, then, source, "edge")

    def scenario(self) -> ScenarioClaim:
        system = self.system()
        nodes = self.random.randint(2, 4)
        pairs = [(i, i + 1) for i in range(nodes - 1)]
        every = [(i, j) for i in range(nodes) for j in range(i + 1, nodes)]
        pairs += [self.pick(every) for _ in range(self.random.randint(0, 2))]
        edges = [self.edge(system, *pair) for pair in pairs]
        self.random.shuffle(edges)
        automaton = Automaton(nodes, tuple(edges), nodes - 1)
        return ScenarioClaim(system, (self.start(),), automaton, self.chance(0.3))

    def property(self) -> PropertyClaim:
        system = self.system()
        condition = self.condition(STATE if self.chance(0.6) else STEP)
        events = system.events[: self.random.randint(0, 2)]
        return PropertyClaim(system, (self.start(),), condition, events, {}, self.chance(0.3))


MANY = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


SEEDS = st.integers(0, 2**40)
