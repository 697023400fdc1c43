"""Unrolling: an edge of a scenario as its events and the syncs that settle them.

How many syncs settle a state is proved: unrolling ends when no allowed input can change
anything in another sync, under everything assumed on the path so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from podcheck.core.claims import Edge, Start
from podcheck.core.system import Action, Input
from podcheck.core.terms import Value
from podcheck.symbolic.smt_solver import Checker, GaveUpError
from podcheck.symbolic.templates import Facts, State, Templates
from podcheck.symbolic.z3_library import Ast

NO_LIMITS: Mapping[str, tuple[Value, ...]] = MappingProxyType({})
MAX_FACTS = 16  # values ruled out for one input that are worth telling the rewriter


class Choice(NamedTuple):
    """An input at one place of a run.  ``constant`` is ``None`` if only one value is allowed.

    ``explicit`` says that a run must name the value even if it is the first allowed one.
    """

    input: Input
    constant: Ast | None
    allowed: tuple[Value, ...]
    explicit: bool


Choices = tuple[Choice, ...]


class Selector(NamedTuple):
    """A constant whose number is the edge that one layer takes."""

    ast: Ast
    width: int


@dataclass(eq=False, slots=True)
class Frame:
    """A set of states: ``state`` under ``condition``, reached by one of the ``origins``.

    Never changed once made, but for ``reactions``, which caches what follows.
    """

    state: State
    condition: Ast
    facts: Facts
    layer: int
    origins: tuple[Reaction, ...] = ()
    selector: Selector | None = None
    reactions: dict[object, Reaction | None] = field(default_factory=dict)


@dataclass(eq=False, slots=True)
class Reaction:
    """What one edge does to a frame.

    ``states`` holds the state after the events and after each sync; the last is settled.
    """

    source: Frame
    edge: int
    events: tuple[tuple[Action, Choices], ...]
    syncs: tuple[Choices, ...]
    states: tuple[State, ...]
    target: Frame


class UnsettledError(GaveUpError):
    """The syncs allowed did not settle a state; carries their inputs and states."""

    def __init__(self, syncs: list[Choices], states: list[State]) -> None:
        super().__init__(f"the pod has not settled after {len(syncs) - 1} syncs")
        self.syncs = syncs
        self.states = states


class Unroller:
    """Takes events and syncs from frames, on one machine."""

    def __init__(self, machine: Templates, checker: Checker, races: bool) -> None:
        self.machine = machine
        self.checker = checker
        self.races = races
        self._starts: dict[tuple[int, ...], Frame] = {}
        self._openings: dict[int, Frame] = {}
        self._chosen: dict[tuple[object, ...], tuple[Choices, list[Ast], Facts]] = {}

    # ---- inputs ---------------------------------------------------------------------------

    def choose(
        self,
        action: Action,
        place: str,
        limits: Mapping[str, tuple[Value, ...]] = NO_LIMITS,
        kill_codes: tuple[Value, ...] | None = None,
    ) -> tuple[Choices, list[Ast], Facts]:
        """Nodes for the inputs of one action; that they are allowed is assumed.

        ``limits`` gives the values of some inputs by name, ``kill_codes`` those of every
        input of role ``kill``.  A constant is named after its place and its allowed values,
        so that what is assumed of it holds for every claim that uses it.
        """
        limited = tuple(sorted(limits.items())) if limits else ()
        key = (id(action), place, limited, kill_codes)
        found = self._chosen.get(key)
        if found is None:
            found = self._chosen[key] = self._choose(action, place, limits, kill_codes)
        return found

    def _choose(
        self,
        action: Action,
        place: str,
        limits: Mapping[str, tuple[Value, ...]],
        kill_codes: tuple[Value, ...] | None,
    ) -> tuple[Choices, list[Ast], Facts]:
        encoder = self.machine.encoder
        choices: list[Choice] = []
        nodes: list[Ast] = []
        facts: list[tuple[Ast, Ast]] = []
        for item in self.machine.template(action).inputs:
            limit = limits.get(item.name, kill_codes if item.role == "kill" else None)
            allowed = self._allowed(item, limit)
            explicit = limit is not None or item.role in ("code", "detail")
            if len(allowed) == 1:
                choices.append(Choice(item, None, allowed, explicit))
                nodes.append(encoder.literal(item.sort, allowed[0]))
                continue
            if len(allowed) == len(item.sort.values):
                node = encoder.constant(f"{item.name}!{place}", item.sort)
                self.checker.assume_always(encoder.domain(item.sort, node))
            else:
                node = encoder.constant(f"{item.name}!{place} in {allowed}", item.sort)
                self.checker.assume_always(encoder.among(item.sort, node, allowed))
                facts += self._facts(item, node, allowed)
            choices.append(Choice(item, node, allowed, explicit))
            nodes.append(node)
        return tuple(choices), nodes, tuple(facts)

    def _allowed(self, item: Input, limit: tuple[Value, ...] | None) -> tuple[Value, ...]:
        if limit is not None:
            return tuple(v for v in item.sort.values if v in limit)
        if item.role == "race" and not self.races:
            return (item.sort.values[0],)
        return tuple(item.sort.values)

    def _facts(self, item: Input, node: Ast, allowed: Sequence[Value]) -> list[tuple[Ast, Ast]]:
        arena, encoder = self.machine.arena, self.machine.encoder
        barred = [v for v in item.sort.values if v not in allowed]
        if len(barred) > MAX_FACTS:
            return []
        literals = [encoder.literal(item.sort, v) for v in barred]
        atoms = [arena.eq(node, x) for x in literals] + [arena.eq(x, node) for x in literals]
        return [(atom, arena.false) for atom in atoms]

    def named(self, state: State) -> State:
        """The state with a fresh constant for every value that is neither literal nor named.

        The equations are assumed in the checker's present scope.
        """
        arena, encoder = self.machine.arena, self.machine.encoder
        result: list[Ast] = []
        for variable, value in zip(self.machine.variables, state, strict=True):
            if arena.is_leaf(value):
                result.append(value)
                continue
            constant = arena.fresh(encoder.width(variable.sort))
            self.checker.assume(arena.eq(constant, value))
            result.append(constant)
        return tuple(result)

    # ---- frames ---------------------------------------------------------------------------

    def settled(
        self,
        frame: Frame,
        kill_codes: tuple[Value, ...] | None,
        place: str,
        *,
        most: int = 0,
        naming: bool = False,
    ) -> tuple[list[Choices], list[State]]:
        """The syncs that settle a frame: the inputs of each, and the states after each.

        Gives up beyond the budget, or stops after ``most`` syncs if that is not 0.
        ``naming`` keeps long chains from symbolic states linear (see :meth:`named`).
        """
        machine, arena = self.machine, self.machine.arena

        syncs: list[Choices] = []
        states: list[State] = []
        state, facts = frame.state, frame.facts
        for index in range(self.checker.budget.max_syncs + 1):
            self.checker.ask()
            choices, nodes, known = self.choose(
                machine.sync, f"{place}.{index}", kill_codes=kill_codes
            )
            facts += known
            _, after = machine.take(machine.sync, state, nodes, facts)
            moved = machine.differs(state, after)
            if arena.is_false(moved):
                return syncs, states
            if not arena.is_true(moved) and not self.checker.satisfiable(frame.condition, moved):
                return syncs, states
            state = self.named(after) if naming else after
            syncs.append(choices)
            states.append(state)
            if len(syncs) == most:
                return syncs, states
        raise UnsettledError(syncs, states)

    def start(self, start: Start) -> Frame:
        """The frame of a start's state."""
        state = self.machine.state(start.state)
        key = tuple(ast.value for ast in state)
        if key not in self._starts:
            self._starts[key] = Frame(state, self.machine.arena.true, (), 0)
        return self._starts[key]

    def opening(self, frame: Frame) -> Frame:
        """The frame after the syncs that settle a start that the kubelet has not seen."""
        if id(frame) not in self._openings:
            syncs, states = self.settled(frame, None, "0")
            target = Frame((frame.state, *states)[-1], frame.condition, frame.facts, 0)
            target.origins = (
                Reaction(frame, -1, (), tuple(syncs), (frame.state, *states), target),
            )
            self._openings[id(frame)] = target
        return self._openings[id(frame)]

    def is_settled(self, kill_codes: tuple[Value, ...] | None, state: State) -> bool:
        """Whether no allowed input changes anything in a sync from a concrete state."""
        frame = Frame(state, self.machine.arena.true, (), 0)
        return not self.settled(frame, kill_codes, "s", most=1)[0]

    def react(self, frame: Frame, number: int, edge: Edge) -> Reaction | None:
        """What an edge of the automaton does to a frame; ``None`` if it can't happen."""
        key = (
            number,
            tuple((id(p.action), tuple(sorted(p.allowed.items()))) for p in edge.parts),
            edge.kill_codes,
        )
        if key not in frame.reactions:
            frame.reactions[key] = self._react(frame, number, edge)
        return frame.reactions[key]

    def _react(self, frame: Frame, number: int, edge: Edge) -> Reaction | None:
        arena, layer = self.machine.arena, frame.layer + 1
        state, condition, facts = frame.state, frame.condition, frame.facts
        events: list[tuple[Action, Choices]] = []
        guarded = False
        for index, part in enumerate(edge.parts):
            choices, nodes, known = self.choose(part.action, f"{layer}e{index}", part.allowed)
            guard, after = self.machine.take(part.action, state, nodes, facts)
            guarded |= not arena.is_true(guard)
            condition = arena.and_(condition, guard)
            state, facts = after, facts + known
            events.append((part.action, choices))
            if any(not choice.allowed for choice in choices):
                return None
        if arena.is_false(condition) or (guarded and not self.checker.satisfiable(condition)):
            return None
        before = Frame(state, condition, facts, layer)
        syncs, states = self.settled(before, edge.kill_codes, f"{layer}")
        target = Frame((state, *states)[-1], condition, facts, layer)
        reaction = Reaction(frame, number, tuple(events), tuple(syncs), (state, *states), target)
        target.origins = (reaction,)
        return reaction
