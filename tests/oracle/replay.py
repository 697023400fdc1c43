"""A run that podcheck shows, replayed: does it show what it should?

The run's steps are taken as data, by the names of events and choices.  Scenarios are settled after
each event; a check's run is played step by step.  What the run leaves out takes its first value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from oracle.asked import PROMISES, Question
from oracle.machine import MAX_SYNCS, Machine
from oracle.states import reads_next
from oracle.values import NOWHERE, State, Value
from podcheck.language.parser import Node

ROUNDS = 4  # that the cycle of a run without end is gone round


class Wrong(Exception):
    """The run is none of this pod, or does not show what it should."""


class Player:
    """Plays the moves of one run."""

    def __init__(self, machine: Machine, policy: str, kill: int = 0) -> None:
        self.machine = machine
        machine.limit(10**6)
        self.state = machine.initial_state(policy)
        self.kill = kill
        self.before = self.state  # the state one step earlier
        self.passed: list[State] = [self.state]  # since the last events, with the state before
        self.history = [self.state]

    def happen(self, name: str, choices: Mapping[str, Any]) -> None:
        event = self.machine.events[name]
        if not self.machine.is_possible(event, self.state):
            raise Wrong(f"`{name}` is not possible there")
        given = {n: v for n, v in ((event.code, 0), (event.detail, _first(event.details))) if n}
        self._to(self.machine.happen(event, self.state, {**given, **choices}))

    def sync(self, choices: Mapping[str, Any], kill: Value = 0) -> None:
        """A sync; containers that it stops exit with ``kill`` unless they have a choice."""
        kills: dict[str, Value] = {
            f"{c.name}.{name}": kill
            for name, (declared, *_) in self.machine.pack.inputs.items()
            if declared.role == "kill"
            for c in self.machine.containers
        }
        self._to(self.machine.sync(self.state, {**kills, **choices}))

    def _to(self, state: State) -> None:
        self.before, self.state = self.state, state
        self.passed.append(state)
        self.history.append(state)

    def settle(self) -> None:
        for _ in range(MAX_SYNCS):
            self.sync({}, self.kill)
            if self.state == self.before:
                return
        raise Wrong("the pod does not settle")

    def moves(self, moves: Sequence[Any], *, settles: bool) -> None:
        """Moves as podcheck has them: events, then syncs."""
        for number, move in enumerate(moves):
            if move.events:
                self.passed = [self.state]
            for name, choices in move.events:
                self.happen(name, choices)
            for choices in move.syncs:
                self.sync(choices)
            following = moves[number + 1].events if number + 1 < len(moves) else ()
            waits = not move.events and not move.syncs and following and self._early(following)
            if settles and not waits:
                self.settle()

    def _early(self, events: Sequence[Any]) -> bool:
        return all(self.machine.events[name].declared.early for name, _ in events)


def _first(values: Sequence[Value]) -> Value:
    return values[0] if values else ""


def replay(q: Question, prefix: Any, answer: Any, step: int | None) -> None:
    """Raise ``Wrong`` unless the run of an answer shows a violation (or a find's witness).

    ``prefix`` leads to where it begins (None: a pod just created); ``step`` is the `when` that a
    scenario's run ends with.
    """
    run = answer.run
    if run.start.policy != q.policy:
        raise Wrong(f"the run is about {run.start.policy}")
    if not q.races and any(v is True for _, v in choices_of(run)):
        raise Wrong("the assumptions rule out races")
    kills = [v for n, v in choices_of(run) if n.endswith(".killCode")]
    player = Player(q.machine, q.policy, kills[-1] if kills else 0)
    if prefix is not None:
        player.moves(prefix.moves, settles=True)
    if q.start == "any":
        _allowed(q, prefix.moves if prefix is not None else (), None)
        _begins(q, player)
    if q.form != "scenario":
        _allowed(q, run.moves, q.assumed.most)
    player.history = [player.state]
    if q.form == "scenario":
        player.moves(run.moves, settles=True)
        _scenario(q, player, run.violated, step)
    elif q.form in PROMISES:
        _promise(q, player, run)
    elif q.form == "observe":
        player.moves(run.moves, settles=False)
        _observed(q, player)
    else:
        player.moves(run.moves, settles=False)
        _formula(q, player)


def _allowed(q: Question, moves: Sequence[Any], most: Mapping[str, int] | None) -> None:
    """Do the assumptions allow what happens?  Their limits count from where the claim begins: on
    the way there (``most`` is None) there are none."""
    counts: dict[str, int] = {}
    for name, _ in (e for m in moves for e in m.events):
        kind = q.machine.events[name].kind
        counts[kind] = counts.get(kind, 0) + 1
        if kind in q.assumed.excluded or counts[kind] > (most or {}).get(kind, counts[kind]):
            raise Wrong(f"the assumptions rule out `{name}`")


def choices_of(run: Any) -> list[tuple[str, Any]]:
    """Everything that a run chooses: exit codes, races, what stands behind `with`."""
    given = [choices for m in run.moves for choices in (*(c for _, c in m.events), *m.syncs)]
    return [item for choices in given for item in choices.items()]


def _begins(q: Question, player: Player) -> None:
    machine = q.machine
    if q.where is not None:
        begins = bool(machine.value(machine.expr(q.where, NOWHERE), player.state))
    else:
        begins = machine.value(machine.variable("", "phase"), player.state) == q.name
    if not begins:
        raise Wrong("the claim does not begin there")


def _formula(q: Question, player: Player) -> None:
    assert q.formula is not None
    node, machine = q.formula.nodes()[0], q.machine
    condition = machine.expr(node, NOWHERE)
    if q.form == "stays":
        shows = machine.value(condition, player.before) and not machine.value(
            condition, player.state
        )
    else:
        wanted = q.form in ("never", "holds")

        def so(at: Any, after: Any) -> bool:
            return bool(machine.value(condition, at, after)) is wanted

        before, state = player.before, player.state
        if reads_next(node):  # a run ends before what `next (x not in {x})` says nothing of
            shows = so(before, state) or (so(state, before) and so(state, state))
        else:
            shows = so(state, None)
    if not shows:
        raise Wrong("the condition is as it should be there")


def _observed(q: Question, player: Player) -> None:
    """All observations have been shown in order, the last of them in the last state."""
    assert q.formula is not None
    value, left = q.machine.value, [q.machine.expr(n, NOWHERE) for n in q.formula.nodes()]
    for state in player.history:
        while left and value(left[0], state):
            del left[0]
    if left:
        raise Wrong(f"{len(left)} of the observations are not shown")


def _scenario(q: Question, player: Player, violated: str, number: int | None) -> None:
    step = q.steps[-1 if number is None else number]
    if step.words or _names_containers(step.pattern) or any(map(_names_containers, _all(q))):
        return  # the condition may refer to containers that the pattern chose
    node = step.at_once if violated == "at once" else step.then
    state = player.state
    if violated == "at once":
        first, machine = player.passed[0], q.machine
        shown = [s for s in player.passed if machine.shown(s) != machine.shown(first)]
        state = shown[0] if shown else player.state
    holds = node is None or bool(q.machine.value(q.machine.expr(node, NOWHERE), state))
    if holds is not q.seeks:
        raise Wrong("what the step says is as it should be there")


def _all(q: Question) -> list[Node]:
    return [s.pattern for s in q.steps]


def _names_containers(node: Node) -> bool:
    if node.kind == "any_container" and node.tokens("WORD"):
        return True
    return any(_names_containers(n) for n in node.nodes())


# ---- runs without end ----------------------------------------------------------------------------


def _promise(q: Question, player: Player, run: Any) -> None:
    """Stem and cycle: the promise must stay open, whatever must come is not held back."""
    watch = _Watch(q, player)
    stem = run.moves if run.loop is None else run.moves[: run.loop + 1]
    cycle = [] if run.loop is None else run.moves[run.loop + 1 :]
    watch.play(stem)
    if run.loop is None:
        if not (watch.waiting and watch.broken):
            raise Wrong("the promise is not broken there")
        return
    for _ in range(ROUNDS):
        watch.owed = set(watch.must)
        watch.round = True
        if cycle:
            watch.play(cycle)
        else:
            watch.sync({})
        for name in sorted(watch.owed):
            if watch.player.machine.is_possible(player.machine.events[name], player.state):
                watch.happen(name, {})  # it changes nothing that the promise can depend on


class _Watch:
    """The state of a promise along a run."""

    def __init__(self, q: Question, player: Player) -> None:
        assert q.formula is not None
        self.q, self.player = q, player
        machine = q.machine
        meanings = [machine.expr(n, NOWHERE) for n in q.formula.nodes()]
        self.since = meanings[0] if q.form == "leads_to" else None
        self.goal = meanings[-1]
        self.meanwhile = meanings[0] if q.form == "until" else None
        events = [e for e in q.assumed.events if e.declared.eventually or e in q.assumed.must]
        self.must = {e.name for e in events if e.kind not in q.assumed.most}
        self.open = self.since is None
        self.owed: set[str] = set()
        self.round = False
        self._look()

    def _look(self) -> None:
        value, state = self.q.machine.value, self.player.state
        begins = self.open or (self.since is not None and bool(value(self.since, state)))
        self.waiting = begins and not value(self.goal, state)
        self.broken = self.meanwhile is not None and not value(self.meanwhile, state)
        machine = self.q.machine
        self.owed = {n for n in self.owed if machine.is_possible(machine.events[n], state)}
        if self.round and not self.waiting:
            raise Wrong("the promise is kept on the cycle")
        self.open = self.waiting

    def happen(self, name: str, choices: Mapping[str, Any]) -> None:
        self.player.happen(name, choices)
        self.owed.discard(name)
        self._look()

    def sync(self, choices: Mapping[str, Any]) -> None:
        self.player.sync(choices)
        self._look()

    def play(self, moves: Sequence[Any]) -> None:
        for move in moves:
            for name, choices in move.events:
                self.happen(name, choices)
            for choices in move.syncs:
                self.sync(choices)
