"""An observed pod under the rules: its machine, and runs of it as they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from podcheck.core.answers import Move
from podcheck.core.terms import Term, Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Settings
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explicit.interpreter import ReplayDiffers, State
from podcheck.language.diagnostics import Diagnostics
from podcheck.observation.goal import Goal, Wanted, wanted
from podcheck.observation.history import Found, Search
from podcheck.observation.status import Fact, ObservedPod
from podcheck.results.explanations import Repeat

MOST_REPEATS = 2_000  # of a part of a run, to reach a count
CYCLE_TRIES = 60  # states, in search of such a part
COUNTS = ("restartCount", "attempt")


@dataclass(frozen=True, slots=True)
class Ground:
    """A pod of some release, grounded; pods that are alike share it.

    ``proved`` has what is known to come never after a status: the status, the condition, and how
    much could be spent on the proof.
    """

    pod: Pod
    grounder: Grounder
    narrator: Narrator
    proved: dict[tuple[frozenset[Fact], Term, int], bool | None] = field(default_factory=dict)

    @classmethod
    def of(cls, pack: Pack, pod: Pod, version: tuple[int, ...]) -> Ground:
        grounder = Grounder(pack, pod, Settings(version, {}), Diagnostics())
        return cls(pod, grounder, Narrator(grounder))


@dataclass(frozen=True, slots=True)
class Subject:
    """A pod, and the status that it shows."""

    ground: Ground
    observed: ObservedPod
    parts: tuple[Wanted, ...]
    goal: Goal

    @classmethod
    def of(cls, ground: Ground, observed: ObservedPod) -> Subject:
        parts = wanted(observed.facts, ground.grounder)
        return cls(ground, observed, parts, Goal(ground.narrator.machine, parts))

    @property
    def policy(self) -> str:
        return self.ground.pod.policy

    def initial(self) -> State:
        return self.ground.narrator.start(self.policy)

    def played(self, moves: Sequence[Move]) -> list[Played]:
        """A run from the created pod on, replayed.  Raises ``ReplayDiffers``."""
        narrator, state = self.ground.narrator, self.initial()
        found = []
        for move in moves:
            found.append(narrator.play(state, move, settle=False))
            state = found[-1].end
        return found

    def written(self, played: Played) -> str:
        """A move's events, with the code of the containers that are stopped if it matters."""
        narrator = self.ground.narrator
        kills = {i.name for i in narrator.system.sync.inputs if i.role == "kill"}
        if not played.event or not played.inputs:
            return played.event
        given = [dict(inputs) for inputs in played.inputs]
        stopped: dict[str, Value] = {}
        for i in kills:
            other = 1 if given[0].get(i, 0) == 0 else 0
            syncs = tuple({**inputs, i: other} for inputs in given)
            again = narrator.play(played.before, Move(played.events, syncs), settle=False)
            if again.end != played.end:
                stopped[i.rpartition(".")[0]] = given[0].get(i, 0)
        if not stopped:
            return played.event
        codes = set(stopped.values())
        if len(codes) == 1:
            return f"{played.event} with exit {next(iter(codes))}"
        each = ", ".join(f"{c} exits {code}" for c, code in sorted(stopped.items()))
        return f"{played.event} ({each})"

    def shortened(self, found: Found) -> Found:
        """The run without the events that it does not need."""
        moves, n = list(found.moves), len(found.moves) - 1
        while n > 0:
            kept = self._without(moves, n)
            if kept is not None:
                moves = kept
            n -= 1
        end = self.played(moves)[-1].end
        assert self.goal.met(end), "the run leads elsewhere"
        return found._replace(moves=tuple(moves), end=end)

    def _without(self, moves: Sequence[Move], place: int) -> list[Move] | None:
        """The run without the move at a place, if it still leads to the status."""
        machine, state = self.ground.narrator.machine, self.initial()
        kept: list[Move] = []
        for n, move in enumerate(moves):
            if n == place:
                continue
            for name, inputs in move.events:
                if not machine.possible(name, state, inputs):
                    return None
                state = machine.apply(name, state, inputs)
            last = n == len(moves) - 1 or (place == len(moves) - 1 and n == place - 1)
            syncs: list[dict[str, Value]] = []
            given = dict(move.syncs[-1]) if move.syncs else {}
            limit = len(move.syncs) if not move.syncs or last else 64
            while len(syncs) < limit and not (last and self.goal.met(state)):
                after = machine.sync(state, given)
                if after == state:
                    break
                state = after
                syncs.append(given)
            kept.append(move._replace(syncs=tuple(syncs)))
        return kept if self.goal.met(state) else None

    def alike(self, moves: Sequence[Move]) -> list[Move]:
        """The run with one event in the place of several where that makes no difference: a
        container ends each time as it ended the last time."""
        machine = self.ground.narrator.machine
        kept = list(moves)
        for n in range(len(kept) - 2, 0, -1):
            own = {machine.actions[name].container for name, _ in kept[n].events}
            for later in kept[n + 1 :]:
                same = {machine.actions[name].container for name, _ in later.events}
                if len(own) != 1 or own != same or "" in own or later.events == kept[n].events:
                    continue
                changed = [*kept[:n], kept[n]._replace(events=later.events), *kept[n + 1 :]]
                try:
                    if self.goal.met(self.played(changed)[-1].end):
                        kept = changed
                        break
                except ReplayDiffers:
                    pass
        return kept

    def repeated(
        self, moves: Sequence[Move], search: Search
    ) -> tuple[list[Move], list[Move], tuple[Repeat, ...], bool]:
        """The run with parts repeated until counts are what the status shows.

        What is shown of it, all moves, which were repeated, and whether the end then is exactly
        the status.
        """
        exact = Goal(self.ground.narrator.machine, self.parts, exact=True)
        shown, repeats = list(moves), []
        for part in self.parts:
            end = self.played(shown)[-1].end
            if not part.is_count or int(self._count(end, part)) == int(part.fact.value):
                continue
            cycle = self._cycle(end, part, search)
            more = int(part.fact.value) - int(self._count(end, part))
            if cycle and 0 < more <= MOST_REPEATS:
                repeats.append(Repeat(len(shown), len(shown) + len(cycle) - 1, more - 1))
                shown += cycle
        whole = list(shown)
        for r in reversed(repeats):
            whole[r.last + 1 : r.last + 1] = shown[r.first : r.last + 1] * r.times
        try:
            if exact.met(self.played(whole)[-1].end):
                return shown, whole, tuple(r for r in repeats if r.times), True
        except ReplayDiffers:
            pass
        return list(moves), list(moves), (), False

    def _count(self, state: State, part: Wanted) -> Value:
        return self.ground.narrator.machine.value(part.term, state)

    def _cycle(self, end: State, part: Wanted, search: Search) -> list[Move]:
        """Moves that lead from a state back to it, but for one restart more; none if there are
        none, or not soon."""
        index = self.ground.narrator.machine.index
        places = {index[f"{part.fact.container}.{name}"] for name in COUNTS}
        more = part._replace(fact=part.fact._replace(value=int(self._count(end, part)) + 1))
        parts = tuple(more if p is part else p for p in self.parts)
        now = tuple(
            p._replace(fact=p.fact._replace(value=self._count(end, p))) if p.is_count else p
            for p in parts
            if p is not more
        )
        goal = Goal(self.ground.narrator.machine, (more, *now), exact=True)
        found = search.find([(end, True)], goal, CYCLE_TRIES, 0)
        if not isinstance(found, Found):
            return []
        same = all(
            a == b for i, (a, b) in enumerate(zip(end, found.end, strict=True)) if i not in places
        )
        return list(found.moves[1:]) if same and not found.moves[0].syncs else []
