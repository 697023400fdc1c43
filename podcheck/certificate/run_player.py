"""Moves, played one by one, each until the pod has settled; the way to where a claim begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from podcheck.core.answers import Move
from podcheck.core.claims import Edge, Start
from podcheck.core.terms import Term, Value
from podcheck.explicit.explorer import Explorer
from podcheck.explicit.interpreter import Interpreter, ReplayDiffers, State

Codes = tuple[Value, ...] | None


def replay_way(
    machine: Interpreter, created: Start, before: Sequence[Move], start: Start, condition: Term
) -> None:
    """Raises ``ReplayDiffers`` unless the moves ``before`` lead from a pod just created to that
    start, where the pod has settled and the condition holds."""
    player = Player(machine)
    player.lead(created.state, before)
    names = {v.name for v in machine.system.variables}
    stated = {n: v for n, v in start.state.items() if n in names}
    if machine.named(player.state) != stated:
        raise ReplayDiffers("it starts where no run leads")
    if not machine.value(condition, player.state):
        raise ReplayDiffers("the claim refers to no such start")


class Player:
    """Plays moves; each but an opening without syncs ends where the pod has settled."""

    def __init__(self, machine: Interpreter) -> None:
        self.machine = machine
        self.state: State = ()
        self.settled = False
        self._explorer = Explorer(machine, True, 1 << 30)

    def begin(self, state: Mapping[str, Value], settled: bool) -> None:
        self.state, self.settled = self.machine.state_of(state), settled

    def lead(self, created: Mapping[str, Value], moves: Sequence[Move]) -> None:
        """The moves that lead from a pod just created to where the claim begins."""
        self.begin(created, False)
        for number, move in enumerate(moves):
            if number and not self.settled:
                raise ReplayDiffers("an event comes before the pod has settled")
            if not number and any(not self.machine.actions[n].early for n, _ in move.events):
                raise ReplayDiffers("an event comes before the kubelet has seen the pod")
            if len(move.events) > 1 or (number and not move.events):
                raise ReplayDiffers("before the claim begins, events come one by one")
            self._play(move)
            self._settle(move, None)

    def open(self, move: Move, first: Edge) -> None:
        """The syncs before the first step: none, if its events may come before them."""
        early = bool(first.parts) and all(p.action.early for p in first.parts)
        if self.settled or (early and not move.syncs):
            if move.syncs:
                raise ReplayDiffers("it does not begin as a run does")
            return
        if early:
            raise ReplayDiffers("the first event comes before the kubelet has seen the pod")
        self._settle(move, None)

    def take(self, move: Move, edge: Edge) -> list[State]:
        """One step; the states after its events and after each sync."""
        if [n for n, _ in move.events] != [p.action.name for p in edge.parts]:
            raise ReplayDiffers("other events happen than the pattern says")
        for part, (name, inputs) in zip(edge.parts, move.events, strict=True):
            for given, values in part.allowed.items():
                known = {i.name for i in self.machine.actions[name].inputs}
                if given in known and inputs.get(given) not in values:
                    raise ReplayDiffers(f"`{name}` happens in another way than the pattern says")
        self._play(move)
        return self._settle(move, edge.kill_codes)

    def _play(self, move: Move) -> None:
        for name, inputs in move.events:
            if not self.machine.possible(name, self.state, inputs):
                raise ReplayDiffers(f"`{name}` is not possible there")
            self.state = self.machine.apply(name, self.state, inputs)

    def _settle(self, move: Move, codes: Codes) -> list[State]:
        """The syncs of a move, until no other could change anything."""
        kills = {i.name for i in self.machine.system.sync.inputs if i.role == "kill"}
        passed = [self.state]
        for inputs in move.syncs:
            if codes is not None and any(inputs.get(n) not in codes for n in kills):
                raise ReplayDiffers("a container stops with another code than the pattern says")
            passed.append(self.machine.sync(passed[-1], inputs))
        self.state = passed[-1]
        after = self._explorer.after(self.machine.system.sync, self.state, codes)
        if any(state != self.state for _, state in after):
            raise ReplayDiffers("the pod has not settled")
        self.settled = True
        return passed
