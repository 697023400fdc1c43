"""Answers by naive enumeration, on the Python meanings of the operator table.

Slow and simple on purpose: the solver's answers are compared with these.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping

from podcheck.core.answers import Move, Run
from podcheck.core.claims import Edge, PropertyClaim, ScenarioClaim, Start
from podcheck.core.operators import OPERATORS
from podcheck.core.system import Action, Input, TransitionSystem
from podcheck.core.terms import Term, Value

State = tuple[Value, ...]
Inputs = dict[str, Value]
Events = list[tuple[str, Inputs]]
Step = tuple[int | None, Events, list[Inputs]]  # an edge, its events, its syncs
Codes = tuple[Value, ...] | None


class NeverSettlesError(Exception):
    """Some run of syncs goes on forever."""


def text(term: Term) -> str:
    """The Python text of a term over ``s``, a mapping of names."""
    if term.op == "var":
        return f"s[{term.value!r}]"
    if term.op == "const":
        return repr(term.value)
    return OPERATORS[term.op].python([text(a) for a in term.args], term)


_compiled: dict[Term, Callable[[Mapping[str, Value]], Value]] = {}


def value(term: Term, values: Mapping[str, Value]) -> Value:
    """What a term comes to when its variables have those values."""
    if term not in _compiled:
        _compiled[term] = eval(f"lambda s: {text(term)}")
    return _compiled[term](values)


class Explicit:
    """Runs of one system, by enumeration."""

    def __init__(self, system: TransitionSystem, races: bool) -> None:
        self.system = system
        self.races = races
        self.names = [v.name for v in system.variables]
        self.shown = [i for i, v in enumerate(system.variables) if v.published]
        self.known: dict[object, list[tuple[Inputs, State]]] = {}

    # ---- actions --------------------------------------------------------------------------

    def allowed(self, item: Input, limit: tuple[Value, ...] | None) -> list[Value]:
        if limit is not None:
            return [v for v in item.sort.values if v in limit]
        if item.role == "race" and not self.races:
            return list(item.sort.values[:1])
        return list(item.sort.values)

    def inputs(
        self, action: Action, limits: Mapping[str, tuple[Value, ...]], kill: Codes = None
    ) -> Iterator[Inputs]:
        """Every assignment of an action's inputs, in the documented order."""
        sets = []
        for item in action.inputs:
            limit = limits.get(item.name)
            if limit is None and item.role == "kill" and kill is not None:
                limit = kill
            sets.append(self.allowed(item, limit))
        for values in itertools.product(*sets):
            yield {i.name: v for i, v in zip(action.inputs, values, strict=True)}

    def enabled(self, action: Action, state: State) -> bool:
        return bool(value(action.guard, dict(zip(self.names, state, strict=True))))

    def apply(self, action: Action, state: State, inputs: Mapping[str, Value]) -> State:
        values = {**dict(zip(self.names, state, strict=True)), **inputs}
        changed = {n: value(t, values) for n, t in action.updates.items()}
        return tuple(changed.get(n, values[n]) for n in self.names)

    def holds(self, condition: Term, state: State, after: State | None = None) -> bool:
        values = dict(zip(self.names, state, strict=True))
        for name, new in zip(self.names, after or (), strict=False):
            values[name + "'"] = new
        return bool(value(condition, values))

    def outcomes(
        self, action: Action, state: State, limits: Mapping[str, tuple[Value, ...]], kill: Codes
    ) -> list[tuple[Inputs, State]]:
        """Each state that an action may lead to, with the first inputs that do."""
        key = (action.name, state, repr(limits), kill)
        if key not in self.known:
            found: dict[State, Inputs] = {}
            for inputs in self.inputs(action, limits, kill):
                found.setdefault(self.apply(action, state, inputs), inputs)
            self.known[key] = [(inputs, after) for after, inputs in found.items()]
        return self.known[key]

    def settled(self, state: State, kill: Codes) -> bool:
        return all(s == state for _, s in self.outcomes(self.system.sync, state, {}, kill))

    def reactions(
        self, state: State, kill: Codes, seen: tuple[State, ...] = ()
    ) -> Iterator[tuple[list[Inputs], list[State]]]:
        """Every run of syncs to a settled state: inputs and states, in order."""
        if self.settled(state, kill):
            yield [], [state]
            return
        if state in seen:
            raise NeverSettlesError
        for inputs, after in self.outcomes(self.system.sync, state, {}, kill):
            for more, states in self.reactions(after, kill, (*seen, state)):
                yield [inputs, *more], [state, *states]

    def filled(
        self,
        action: Action,
        limits: Mapping[str, tuple[Value, ...]],
        kill: Codes,
        told: Mapping[str, Value],
    ) -> Inputs:
        """The inputs given, and the first values of the others."""
        first = next(self.inputs(action, limits, kill))
        assert set(told) <= set(first)
        filled: Inputs = {**first, **told}
        assert filled in list(self.inputs(action, limits, kill))
        return filled


class ExplicitScenario(Explicit):
    """The answers to one scenario claim."""

    def __init__(self, claim: ScenarioClaim) -> None:
        super().__init__(claim.system, claim.races)
        self.automaton = claim.automaton
        self.fates: dict[object, bool] = {}

    def edge_runs(
        self, state: State, edge: Edge
    ) -> Iterator[tuple[Events, list[Inputs], list[State]]]:
        """Every way an edge can go: events with inputs, syncs with inputs, states."""

        def events(index: int, now: State) -> Iterator[tuple[Events, State]]:
            if index == len(edge.parts):
                yield [], now
                return
            part = edge.parts[index]
            if not self.enabled(part.action, now):
                return
            for inputs, after in self.outcomes(part.action, now, part.allowed, None):
                for more, last in events(index + 1, after):
                    yield [(part.action.name, inputs), *more], last

        for happened, after in events(0, state):
            for syncs, states in self.reactions(after, edge.kill_codes):
                yield happened, syncs, states

    def violates(self, before: State, edge: Edge, states: list[State]) -> str | None:
        if edge.at_once is not None:
            shown = [s for s in states if any(s[i] != before[i] for i in self.shown)]
            if not self.holds(edge.at_once, (*shown, states[-1])[0]):
                return "at once"
        if edge.then is not None and not self.holds(edge.then, states[-1]):
            return "then"
        return None

    def start_runs(self, start: Start, edge: Edge) -> Iterator[tuple[list[Inputs], State]]:
        state = tuple(start.state[n] for n in self.names)
        early = bool(edge.parts) and all(p.action.early for p in edge.parts)
        if start.settled or early:
            yield [], state
            return
        for syncs, states in self.reactions(state, None):
            yield syncs, states[-1]

    def paths(self, limit: int) -> Iterator[list[int]]:
        """Paths of the automaton by length, then by the numbers of their edges."""
        edges = self.automaton.edges
        layer: list[list[int]] = [[n] for n, e in enumerate(edges) if e.source == 0]
        for _ in range(limit):
            yield from layer
            layer = [
                [*path, n]
                for path in layer
                for n, e in enumerate(edges)
                if e.source == edges[path[-1]].target
            ]

    def reaches(self, path: list[int], state: State, violation: bool) -> bool:
        """Whether some run along a path ends (in a violation)."""
        key = (tuple(path), state, violation)
        if key not in self.fates:
            edge, rest = self.automaton.edges[path[0]], path[1:]
            self.fates[key] = False
            for _, _, states in self.edge_runs(state, edge):
                if rest:
                    fate = self.reaches(rest, states[-1], violation)
                else:
                    fate = not violation or self.violates(state, edge, states) is not None
                self.fates[key] |= fate
        return self.fates[key]

    def least(self, path: list[int], state: State) -> tuple[list[Step], str]:
        """The least run along a path that violates its last edge; there must be one."""
        edge, rest = self.automaton.edges[path[0]], path[1:]
        for happened, syncs, states in self.edge_runs(state, edge):
            move: Step = (path[0], happened, syncs)
            if rest and self.reaches(rest, states[-1], True):
                more, what = self.least(rest, states[-1])
                return [move, *more], what
            broken = None if rest else self.violates(state, edge, states)
            if broken is not None:
                return [move], broken
        raise AssertionError("no such run")

    def scenario(self, start: Start, limit: int) -> tuple[str, object]:
        """("refuted", (run, what)) with the least run, "vacuous" or "proved"."""
        automaton = self.automaton
        complete = automaton.accept == 0
        for path in self.paths(limit):
            for opening, state in self.start_runs(start, automaton.edges[path[0]]):
                if self.reaches(path, state, True):
                    moves, what = self.least(path, state)
                    return "refuted", ([(None, [], opening), *moves], what)
                if automaton.edges[path[-1]].target == automaton.accept:
                    complete |= self.reaches(path, state, False)
        return ("proved", None) if complete else ("vacuous", None)

    def replay(self, run: Run) -> tuple[list[Step], str | None]:
        """A scenario's run on the whole system, absent inputs at their first values."""
        state = tuple(run.start.state[n] for n in self.names)
        actions = {a.name: a for a in self.system.events}
        result: list[Step] = []
        what: str | None = None
        for move in run.moves:
            edge = None if move.edge is None else self.automaton.edges[move.edge]
            before, happened = state, list[tuple[str, Inputs]]()
            for index, (name, told) in enumerate(move.events):
                allowed = edge.parts[index].allowed if edge else {}
                assert self.enabled(actions[name], state), f"{name} can't happen"
                inputs = self.filled(actions[name], allowed, None, told)
                happened.append((name, inputs))
                state = self.apply(actions[name], state, inputs)
            states, syncs = [state], list[Inputs]()
            kill = edge.kill_codes if edge else None
            skip = edge is None and (run.start.settled or self._early_first(run))
            while not skip and not self.settled(state, kill):
                more = move.syncs[len(syncs)] if len(syncs) < len(move.syncs) else {}
                syncs.append(self.filled(self.system.sync, {}, kill, more))
                state = self.apply(self.system.sync, state, syncs[-1])
                states.append(state)
            result.append((move.edge, happened, syncs))
            what = self.violates(before, edge, states) if edge else None
        return result, what

    def _early_first(self, run: Run) -> bool:
        number = run.moves[1].edge
        assert number is not None
        edge = self.automaton.edges[number]
        return bool(edge.parts) and all(p.action.early for p in edge.parts)


class ExplicitProperty(Explicit):
    """The answers to one property claim, without limits on events."""

    def __init__(self, claim: PropertyClaim, on_steps: bool) -> None:
        super().__init__(claim.system, claim.races)
        self.events = claim.events
        self.condition = claim.condition
        self.on_steps = on_steps

    def small_steps(self, state: State) -> Iterator[tuple[int, State]]:
        """The steps from a state, each with its number of events (0 for a sync)."""
        for _, after in self.outcomes(self.system.sync, state, {}, None):
            yield 0, after
        for action in self.events:
            if self.enabled(action, state):
                for _, after in self.outcomes(action, state, {}, None):
                    yield 1, after

    def nearest(self, start: Start) -> tuple[int, int] | None:
        """The least (events, syncs) to a violation, or ``None``."""
        first = tuple(start.state[n] for n in self.names)
        condition = self.condition
        cost, best = {first: (0, 0)}, None
        todo = [first]
        while todo:
            todo.sort(key=lambda s: cost[s], reverse=True)
            state = todo.pop()
            events, syncs = cost[state]
            if not self.on_steps and not self.holds(condition, state):
                return cost[state]
            for more, after in self.small_steps(state):
                reached = (events + more, syncs + 1 - more)
                if self.on_steps and not self.holds(condition, state, after):
                    best = min(best or reached, reached)
                if after not in cost or reached < cost[after]:
                    cost[after] = reached
                    if after not in todo:
                        todo.append(after)
        return best

    def replay(self, run: Run) -> tuple[int, int]:
        """(events, syncs) of a property's run; fails unless its end violates."""
        state = tuple(run.start.state[n] for n in self.names)
        actions = {a.name: a for a in self.events}
        condition, bad = self.condition, False
        events = syncs = 0
        if not self.on_steps:
            bad = not self.holds(condition, state)
        for move in run.moves:
            for action, told in self._steps(move, actions):
                assert self.enabled(action, state), f"{action.name} can't happen"
                after = self.apply(action, state, self.filled(action, {}, None, told))
                bad = not (
                    self.holds(condition, state, after)
                    if self.on_steps
                    else self.holds(condition, after)
                )
                events += bool(action.event)
                syncs += not action.event
                state = after
        assert bad, "the run violates nothing"
        return events, syncs

    def _steps(
        self, move: Move, actions: Mapping[str, Action]
    ) -> list[tuple[Action, Mapping[str, Value]]]:
        happened = [(actions[name], told) for name, told in move.events]
        return [*happened, *((self.system.sync, told) for told in move.syncs)]
