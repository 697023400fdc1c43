"""Scenario claims: every path of an automaton over events, from each start.

Layer by layer, so that the first violation found has the fewest steps.  While the paths are
few each keeps a frame of its own, which stays nearly concrete; when they are many, the
frames of one node are merged, with a selector for each layer that says which edge was taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

from podcheck.core.answers import (
    NO_SEQUENCE,
    PATHS,
    Answer,
    Move,
    Proved,
    Refuted,
    Unknown,
    Vacuous,
)
from podcheck.core.claims import Edge, ScenarioClaim, Start
from podcheck.core.terms import Value
from podcheck.symbolic.decoder import (
    assign,
    event_inputs,
    fix_path,
    literals,
    play_syncs,
    run_of,
)
from podcheck.symbolic.smt_solver import GaveUpError
from podcheck.symbolic.templates import State, Templates
from podcheck.symbolic.unroller import Frame, Reaction, Selector, Unroller
from podcheck.symbolic.z3_library import Ast

MAX_PATHS = 24  # paths of one length that are kept apart


@dataclass(slots=True)
class Progress:
    """What is known of one start so far.

    ``blocked`` holds (layer, edge) of the edges that could not happen where they were tried.
    ``gave_up`` waits until the rest of the layer has been searched for a violation.
    """

    completed: bool = False
    doubtful: list[Ast] = field(default_factory=list)  # completed if one of these can hold
    blocked: list[tuple[int, int]] = field(default_factory=list)
    gave_up: GaveUpError | None = None  # some edge of the layer could not be followed
    seen: set[tuple[int, ...]] = field(default_factory=set)

    def is_new(self, node: int, frame: Frame, is_true: Callable[[Ast], bool]) -> bool:
        """False if the same states were followed from this node before, unconditionally."""
        key = (node, *[ast.value for ast in frame.state])
        if key in self.seen:
            return False
        if is_true(frame.condition):
            self.seen.add(key)
        return True


class ScenarioEngine:
    """Answers one scenario claim with an unroller, which may be shared between claims."""

    def __init__(self, claim: ScenarioClaim, unroller: Unroller) -> None:
        self.edges = claim.automaton.edges
        self.automaton = claim.automaton
        self.unroller = unroller
        self.checker = unroller.checker
        self.machine: Templates = unroller.machine
        self.outgoing: dict[int, list[int]] = {}
        for number, edge in enumerate(self.edges):
            self.outgoing.setdefault(edge.source, []).append(number)

    def answer(self, start: Start) -> Answer:
        """The claim's answer for one start."""
        self.checker.push()
        try:
            answer = self._explore(start, merging=False)
            if answer is None:
                answer = self._explore(start, merging=True)
            assert answer is not None
            return answer
        finally:
            self.checker.pop()

    def _explore(self, start: Start, *, merging: bool) -> Answer | None:
        """Layer by layer; ``None`` if there are too many paths to keep them apart."""
        frames = [(0, self.unroller.start(start))]
        progress = Progress(completed=self.automaton.accept == 0)
        limit = self._limit()
        step = self._merged if merging else self._separate
        layer = 0
        try:
            while frames and layer < limit:
                if not merging and len(frames) > MAX_PATHS:
                    return None
                layer += 1
                frames, end, violation = step(start, frames, progress)
                if end is not None:
                    return self._refuted(start, end, violation)
                if progress.gave_up is not None:
                    raise progress.gave_up
            return self._survived(start, progress, layer if frames else None)
        except GaveUpError as gave_up:
            return Unknown(str(gave_up), bound=layer - 1 if layer > 1 else None)

    def _limit(self) -> int:
        if self.automaton.is_finite():
            return self.automaton.nodes
        return self.checker.budget.max_layers

    def _survived(self, start: Start, progress: Progress, bound: int | None) -> Answer:
        """No violation: proved if some path is complete, else vacuous."""
        if not progress.completed:
            progress.completed = self._can_hold(self.machine.arena.or_(*progress.doubtful))
        if not progress.completed:
            if bound is not None:
                return Unknown("no complete sequence found", bound=bound)
            return self._vacuous(start, progress)
        by = "every sequence of the pattern"
        return Proved(bound, by if bound is None else f"{by}, up to {bound} steps", engine=PATHS)

    def _vacuous(self, start: Start, progress: Progress) -> Vacuous:
        if not progress.blocked or not self.automaton.has_path():
            return Vacuous(start, None, NO_SEQUENCE, PATHS)
        last = max(layer for layer, _ in progress.blocked)
        numbers = sorted({n for layer, n in progress.blocked if layer == last})
        step = min(self.edges[n].step for n in numbers)
        texts = dict.fromkeys(self.edges[n].text for n in numbers if self.edges[n].step == step)
        named = " or ".join(f"`{t}`" for t in texts)
        return Vacuous(start, step, f"{named} can't happen there", PATHS)

    # ---- one layer ------------------------------------------------------------------------

    def _source(self, start: Start, frame: Frame, edge: Edge) -> Frame:
        """The frame an edge leaves from: a new pod is synced first, but for early events."""
        if frame.layer or start.settled:
            return frame
        if edge.parts and all(part.action.early for part in edge.parts):
            return frame
        return self.unroller.opening(frame)

    def _react(
        self, start: Start, frame: Frame, number: int, progress: Progress
    ) -> Reaction | None:
        edge = self.edges[number]
        try:
            source = self._source(start, frame, edge)
            reaction = self.unroller.react(source, number, edge)
        except GaveUpError as gave_up:
            progress.gave_up = progress.gave_up or gave_up
            return None
        if reaction is None:
            progress.blocked.append((frame.layer + 1, number))
        return reaction

    def _separate(
        self, start: Start, frames: list[tuple[int, Frame]], progress: Progress
    ) -> tuple[list[tuple[int, Frame]], Frame | None, Ast]:
        """The next layer, a frame for each path, in the order of the paths."""
        arena = self.machine.arena
        following: list[tuple[int, Frame]] = []
        for node, frame in frames:
            for number in self.outgoing.get(node, ()):
                reaction = self._react(start, frame, number, progress)
                if reaction is None:
                    continue
                violation = self._violation(reaction)
                if self._can_hold(violation):
                    return following, reaction.target, violation
                target = self.edges[number].target
                if target == self.automaton.accept:
                    self._complete(reaction.target, progress)
                if progress.is_new(target, reaction.target, arena.is_true):
                    following.append((target, reaction.target))
        return following, None, arena.false

    def _complete(self, frame: Frame, progress: Progress) -> None:
        """Note that a path ends here, if its frame is not empty."""
        if self.machine.arena.is_true(frame.condition):
            progress.completed = True
        elif not progress.completed:
            progress.doubtful.append(frame.condition)

    def _can_hold(self, formula: Ast) -> bool:
        """Whether a formula can hold; what is assumed always can."""
        return self.machine.arena.is_true(formula) or self.checker.satisfiable(formula)

    def _merged(
        self, start: Start, frames: list[tuple[int, Frame]], progress: Progress
    ) -> tuple[list[tuple[int, Frame]], Frame | None, Ast]:
        """The next layer, one frame for each node."""
        arena = self.machine.arena
        width = max(1, (len(self.edges) - 1).bit_length())
        selector = Selector(arena.fresh(width), width)
        reactions: list[tuple[Reaction, Ast]] = []
        violations: list[Ast] = []
        for node, frame in frames:
            for number in self.outgoing.get(node, ()):
                reaction = self._react(start, frame, number, progress)
                if reaction is None:
                    continue
                chosen = arena.eq(selector.ast, arena.literal(width, number))
                reactions.append((reaction, chosen))
                violations.append(arena.and_(chosen, self._violation(reaction)))
                if self.edges[number].target == self.automaton.accept:
                    self._complete(reaction.target, progress)
        violation = arena.or_(*violations)
        if self._can_hold(violation):
            origins = tuple(r for r, _ in reactions)
            end = Frame((), arena.true, (), frames[0][1].layer + 1, origins, selector)
            return [], end, violation
        return self._merge(reactions, selector), None, arena.false

    def _merge(
        self, reactions: list[tuple[Reaction, Ast]], selector: Selector
    ) -> list[tuple[int, Frame]]:
        """One frame for each target node, its values named where they differ."""
        arena = self.machine.arena
        targets: dict[int, list[tuple[Reaction, Ast]]] = {}
        for reaction, chosen in reactions:
            targets.setdefault(self.edges[reaction.edge].target, []).append((reaction, chosen))
        merged: list[tuple[int, Frame]] = []
        for node, group in targets.items():
            condition = arena.or_(*[arena.and_(c, r.target.condition) for r, c in group])
            state = group[-1][0].target.state
            for reaction, chosen in reversed(group[:-1]):
                pairs = zip(reaction.target.state, state, strict=True)
                state = tuple(arena.ite(chosen, a, b) for a, b in pairs)
            facts = {fact[0].value: fact for r, _ in group for fact in r.target.facts}
            origins = tuple(r for r, _ in group)
            layer = group[0][0].target.layer
            state = self.unroller.named(state)
            frame = Frame(state, condition, tuple(facts.values()), layer, origins, selector)
            merged.append((node, frame))
        return merged

    # ---- conditions -----------------------------------------------------------------------

    def _violation(self, reaction: Reaction) -> Ast:
        """That an edge's conditions fail somewhere in the reaction's frame."""
        arena = self.machine.arena
        return arena.and_(
            reaction.target.condition,
            arena.or_(
                arena.not_(self._at_once(reaction, reaction.states)),
                arena.not_(self._then(reaction)),
            ),
        )

    def _then(self, reaction: Reaction) -> Ast:
        condition = self.edges[reaction.edge].then
        if condition is None:
            return self.machine.arena.true
        return self.machine.holds(condition, reaction.target.state, reaction.target.facts)

    def _at_once(self, reaction: Reaction, states: tuple[State, ...]) -> Ast:
        """The condition in the first state that publishes something new, else in the last."""
        condition = self.edges[reaction.edge].at_once
        machine, arena = self.machine, self.machine.arena
        if condition is None:
            return arena.true
        before = reaction.source.state
        result = machine.holds(condition, states[-1], reaction.target.facts)
        for state in reversed(states[:-1]):
            shown = machine.differs(before, state, machine.published)
            if not arena.is_false(shown):
                now = machine.holds(condition, state, reaction.target.facts)
                result = arena.ite(shown, now, result)
        return arena.simplify(result)

    # ---- counterexamples ------------------------------------------------------------------

    def _refuted(self, start: Start, end: Frame, violation: Ast) -> Answer:
        self.checker.push()
        try:
            self.checker.assume(violation)
            path = fix_path(self.checker, end)
            groups = [
                group
                for reaction in path
                for group in (*[c for _, c in reaction.events], *reaction.syncs)
            ]
            assignment = assign(self.checker, self.machine, groups)
        finally:
            self.checker.pop()
        return self._replay(start, path, assignment)

    def _replay(
        self, start: Start, path: list[Reaction], assignment: Mapping[int, Value]
    ) -> Answer:
        machine = self.machine
        state = machine.state(start.state)
        moves: list[Move] = []
        violated = "then"
        for reaction in path:
            edge = self.edges[reaction.edge] if reaction.edge >= 0 else None
            before, events = state, []
            for index, (action, choices) in enumerate(reaction.events):
                inputs = literals(machine, choices, assignment)
                _, state = machine.take(action, state, inputs)
                allowed = edge.parts[index].allowed if edge is not None else {}
                events.append((action.name, event_inputs(action, choices, assignment, allowed)))
            kill_codes = None if edge is None else edge.kill_codes
            is_settled = partial(self.unroller.is_settled, kill_codes)
            told, states = play_syncs(machine, state, reaction.syncs, assignment, is_settled)
            moves.append(Move(tuple(events), tuple(told), reaction.edge if edge else None))
            violated = self._which(reaction, before, (state, *states))
            state = (state, *states)[-1]
        return Refuted(run_of(start, moves, violated), engine=PATHS)

    def _which(self, reaction: Reaction, before: State, states: tuple[State, ...]) -> str:
        """Which condition of the edge fails on concrete states."""
        arena = self.machine.arena
        source = Frame(before, arena.true, (), 0)
        target = Frame(states[-1], arena.true, (), 0)
        played = Reaction(source, reaction.edge, (), (), states, target)
        if reaction.edge >= 0 and arena.is_false(self._at_once(played, states)):
            return "at once"
        return "then"
