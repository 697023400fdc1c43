"""How a pod came to show a status: the most ordinary events that lead there.

A best-first search over whole moves (an event, and the syncs that follow it), on the interpreter.
Every third state is taken by its cost alone, so that an estimate that leads nowhere does not hide a
short run.
What a move costs grows with how seldom its event is met, so a run of ordinary events is found
before a shorter one with a rare event.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, product
from typing import NamedTuple

from podcheck.core.answers import Move
from podcheck.core.effort import Expired
from podcheck.core.system import RARE, Action
from podcheck.core.terms import Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.explicit.interpreter import Interpreter, NotSettled, State
from podcheck.observation.goal import LOST, Goal

# What an event costs, by its class, where events up to a class may happen: of the classes below it
# alone no run was found.
COSTS = ((2, 2, 2), (2, 3, 3), (2, 2, 3))
RACE = 2  # what an outcome costs that is left to timing and not the usual one
BETWEEN = 4  # of an event that comes between two syncs
GREED = 3  # how much more the distance weighs than the cost
MORE_TRIES = 24  # states that are looked at for a better run once there is one
MOST_CHOICES = 64  # of the inputs of an event


class Found(NamedTuple):
    """A run that leads to a status: its moves from the created pod on, and its end.

    The last move ends where the status is shown.  ``plausibility`` is the class of its most
    unusual event.
    """

    moves: tuple[Move, ...]
    end: State
    plausibility: int
    settled: bool

    @property
    def events(self) -> int:
        return sum(len(move.events) for move in self.moves)


class OutOfTries(NamedTuple):
    """The search gave up after ``states`` states; ``nearest`` is the nearest to the status.
    ``complete``: the states within its choices are all known."""

    states: int
    nearest: State
    complete: bool


@dataclass(slots=True)
class _Node:
    state: State
    before: _Node | None
    move: Move
    cost: int
    unseen: bool  # the kubelet has not seen the pod: only early events happen
    settled: bool
    plausibility: int
    done: bool = False

    @property
    def rank(self) -> tuple[bool, int]:
        """Of two runs to a status the one of the lesser rank is shown: one at whose end the status
        stays as it is; one of more ordinary events, then of fewer."""
        return not self.settled, self.cost


@dataclass(slots=True)
class Choices:
    """What the search chooses from where an event or a sync leaves something open.

    Exit codes are those that the status shows, 0 and 1, and those that rules of the pod name;
    reasons of failures those that the status shows.
    """

    pod: Pod
    codes: Mapping[str, tuple[int, ...]]  # of exits that the status shows, by container
    stopped: Mapping[str, tuple[int, ...]]  # of stops
    words: frozenset[str]  # observed
    _inputs: dict[str, list[dict[str, Value]]] = field(default_factory=dict)

    def of(self, action: Action) -> list[dict[str, Value]]:
        """The inputs with which an event is tried."""
        found = self._inputs.get(action.name)
        if found is None:
            values = [self._values(i.role, i.container, i.sort.values) for i in action.inputs]
            names = [i.name for i in action.inputs]
            found = [
                dict(zip(names, chosen, strict=True))
                for chosen in list(product(*values))[:MOST_CHOICES]
            ]
            self._inputs[action.name] = found
        return found

    def _values(self, role: str, container: str, known: Sequence[Value]) -> Sequence[Value]:
        if role == "code":
            return self.exits(container)
        if role == "detail":
            return [v for v in known if v in self.words] or known[:1]
        return known[:1]

    def exits(self, container: str) -> list[int]:
        c = self.pod.container(container)
        rules = [code for rule in c.rules for code in rule.codes] if c is not None else []
        return list(dict.fromkeys([*self.codes.get(container, ()), *rules[:2], 0, 1]))

    def stops(self, machine: Interpreter) -> list[dict[str, Value]]:
        """The codes with which the kubelet's stops are tried: the newest that the status shows of
        each container, then the one before it, then 0."""
        inputs = [i for i in machine.actions["sync"].inputs if i.role == "kill"]
        found: list[dict[str, Value]] = []
        for turn in range(3):
            chosen: dict[str, Value] = {}
            for i in inputs:
                codes = self.stopped.get(i.container, ()) or (143,)
                chosen[i.name] = 0 if turn == 2 else codes[min(turn, len(codes) - 1)]
            if chosen not in found:
                found.append(chosen)
        return found


class Search:
    """Looks for runs of one pod."""

    def __init__(
        self, machine: Interpreter, pack: Pack, choices: Choices, expired: Expired | None = None
    ) -> None:
        self.machine = machine
        self._choices = choices
        self._expired = expired
        self._stops = choices.stops(machine)
        self._class = {a.name: pack.plausibility(a.kind) for a in machine.system.events}
        self._by_class: dict[int, list[Action]] = {}
        self.seen: dict[State, None] = {}  # states that searches reached
        self._met: list[_Node] = []  # where the last search met its goal
        self._paths: dict[tuple[State, frozenset[tuple[str, Value]]], Sequence[State] | None] = {}

    def find(
        self,
        starts: Sequence[tuple[State, bool]],
        goal: Goal,
        tries: int,
        most: int = RARE,
        without: frozenset[str] = frozenset(),
    ) -> Found | OutOfTries:
        """The run to the goal that is found first within ``tries`` states.

        ``starts`` are states, each with whether the kubelet has seen the pod.  Events are of a
        class up to ``most``, and of no kind in ``without``.
        """
        numbers = count()
        nearest_first: list[tuple[int, int, int, _Node]] = []
        shortest_first: list[tuple[int, int, int, _Node]] = []
        known: dict[State, int] = {}  # the least cost that is known
        nearest: tuple[int, State] = (1 << 30, starts[0][0])
        best: _Node | None = None
        self._met = []

        def push(node: _Node, away: int) -> None:
            nonlocal nearest, best
            if node.cost >= known.get(node.state, 1 << 30):
                return
            known[node.state] = node.cost
            self.seen[node.state] = None
            if away < nearest[0]:
                nearest = away, node.state
            if away == 0:
                self._met.append(node)
                best = node if best is None or node.rank < best.rank else best
            number = next(numbers)
            heappush(nearest_first, (node.cost + GREED * away, away, number, node))
            heappush(shortest_first, (node.cost, away, number, node))

        for state, has_seen in starts:
            node = _Node(state, None, Move((), ()), 0, not has_seen, False, 0)
            push(node, goal.distance(state))
        looked, left = 0, MORE_TRIES
        while nearest_first and shortest_first and looked < tries and left:
            *_, node = heappop(shortest_first if looked % 3 == 2 else nearest_first)
            if node.done or node.cost > known[node.state]:
                continue
            node.done = True
            looked += 1
            left -= best is not None
            if best is not None and node.cost >= best.cost:
                continue
            if self._expired is not None and self._expired():
                break
            for following, away in self._successors(node, goal, most, without):
                push(following, away)
        if best is not None:
            return self._found(best)
        return OutOfTries(looked, nearest[1], looked < tries)

    def ends(self, most: int) -> list[tuple[State, Found]]:
        """The runs to different states that the last search found, the best first, each with the
        state that it begins in."""
        found: dict[State, tuple[State, Found]] = {}
        for node in sorted(self._met, key=lambda n: (n.cost, not n.settled)):
            first: _Node = node
            while first.before is not None:
                first = first.before
            found.setdefault(node.state, (first.state, self._found(node)))
        return list(found.values())[:most]

    def _found(self, node: _Node) -> Found:
        moves: list[Move] = []
        at: _Node | None = node
        while at is not None and at.before is not None:
            moves.append(at.move)
            at = at.before
        joined: list[Move] = []
        for move in reversed(moves):
            if not move.events and joined:
                joined[-1] = joined[-1]._replace(syncs=(*joined[-1].syncs, *move.syncs))
            else:
                joined.append(move)
        if not joined or joined[0].events:
            joined.insert(0, Move((), ()))
        return Found(tuple(joined), node.state, node.plausibility, node.settled)

    # ---- moves ---------------------------------------------------------------------------

    def _successors(
        self, node: _Node, goal: Goal, most: int, without: frozenset[str]
    ) -> Iterator[tuple[_Node, int]]:
        """What may come next, each with its distance from the goal."""
        state = node.state
        if not node.settled:
            yield from self._synced(node, goal, state, (), 0, node.plausibility, most)
        for action in self._events(most):
            if action.kind in without or (node.unseen and not action.early):
                continue
            for inputs in self._choices.of(action):
                if not self.machine.possible(action.name, state, inputs):
                    continue
                after = self.machine.apply(action.name, state, inputs)
                if after == state:
                    continue
                level = self._class[action.name]
                cost = COSTS[most][level] + (0 if node.settled or node.unseen else BETWEEN)
                plausibility = max(node.plausibility, level)
                happened = ((action.name, inputs),)
                if node.unseen:
                    move, cost = Move(happened, ()), node.cost + cost
                    early = _Node(after, node, move, cost, True, False, plausibility)
                    then = list(self._synced(early, goal, after, (), 0, plausibility, most))
                    soon = min((away for _, away in then), default=LOST)
                    yield early, max(soon, 1) if goal.distance(after) else 0
                    yield from then
                else:
                    yield from self._synced(node, goal, after, happened, cost, plausibility, most)

    def _events(self, most: int) -> list[Action]:
        if most not in self._by_class:
            events = self.machine.system.events
            self._by_class[most] = [a for a in events if self._class[a.name] <= most]
        return self._by_class[most]

    def _synced(
        self,
        node: _Node,
        goal: Goal,
        state: State,
        happened: tuple[tuple[str, Mapping[str, Value]], ...],
        cost: int,
        plausibility: int,
        most: int,
    ) -> Iterator[tuple[_Node, int]]:
        """What the kubelet makes of a state: where it comes to rest, and the states before that
        are nearer to the goal."""
        known: list[Sequence[State]] = []
        cost += node.cost
        outcomes = [(codes, cost, plausibility) for codes in self._stops]
        while outcomes:
            given, cost, plausibility = outcomes.pop(0)
            path = self._settled(state, given)
            if path is None or path in known:
                continue
            if most == RARE and not known:
                raced = self._races(state, path)
                outcomes += [({**given, **race}, cost + RACE, RARE) for race in raced]
            known.append(path)
            end = path[-1] if path else state
            nearest = goal.distance(end)
            move = Move(happened, (given,) * len(path))
            yield _Node(end, node, move, cost, False, True, plausibility), nearest
            passed = [state, *path[:-1]] if happened else path[:-1]
            for n, between in enumerate(passed if path else (), 0 if happened else 1):
                away = goal.distance(between)
                if away < nearest:
                    move = Move(happened, (given,) * n)
                    yield _Node(between, node, move, cost, False, False, plausibility), away

    def _settled(self, state: State, given: Mapping[str, Value]) -> Sequence[State] | None:
        """The states after each sync; None: they do not come to rest."""
        key = state, frozenset(given.items())
        if key not in self._paths:
            try:
                self._paths[key] = self.machine.settle(state, given)
            except NotSettled:
                self._paths[key] = None
        return self._paths[key]

    def _races(self, state: State, path: Sequence[State]) -> list[dict[str, Value]]:
        """Outcomes other than the usual ones of what syncs leave to timing: each alone, and each
        kind for all containers."""
        inputs = self.machine.actions["sync"].inputs
        matters: dict[str, None] = {}
        for at in [state, *path[:-1]] if path else []:
            relevant = self.machine.relevant("sync", at)
            for i, is_open in zip(inputs, relevant, strict=True):
                if is_open and i.role == "race":
                    matters[i.name] = None
        found: list[dict[str, Value]] = [{name: True} for name in matters]
        kinds: dict[str, dict[str, Value]] = {}
        for name in matters:
            kinds.setdefault(name.rpartition(".")[2], {})[name] = True
        return found + [together for together in kinds.values() if len(together) > 1]
