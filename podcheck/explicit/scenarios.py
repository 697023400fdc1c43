"""Scenario claims by enumeration: every sequence of an automaton's events, state by state.

Breadth first over pairs of a node and a state, each event with every value of the inputs that
matter, then every way in which syncs may settle it.  Nothing is shared with the solver's search
but the claim itself; so each can check the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from podcheck.core.answers import (
    EXPLICIT,
    NO_SEQUENCE,
    Answer,
    Move,
    Proved,
    Refuted,
    Run,
    Unknown,
    Vacuous,
)
from podcheck.core.claims import Automaton, Edge, Part, ScenarioClaim, Start
from podcheck.core.effort import Expired
from podcheck.core.system import Action, TransitionSystem
from podcheck.core.terms import FALSE, Value, var
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import MAX_SYNCS, Inputs, Interpreter, NotSettled
from podcheck.explicit.packed_states import Packed
from podcheck.explicit.packed_steps import PackedSteps

Events = tuple[tuple[str, Inputs], ...]
Limits = Mapping[str, tuple[Value, ...]]
_Settled = tuple[Packed, Packed | None]  # see ``_settled``
_Layer = dict[_Settled, tuple[Inputs, ...]]


class _Way(NamedTuple):
    """One way in which an edge can go; ``violated`` names its condition that fails, if any."""

    events: Events
    syncs: tuple[Inputs, ...]
    state: Packed
    violated: str | None


@dataclass(frozen=True, slots=True)
class _Reached:
    """A node and a settled state, and how they were reached (``before`` None: at the start)."""

    node: int
    state: Packed
    before: _Reached | None
    move: Move


class ScenarioSearch:
    """Answers one scenario claim, from one start after another.

    ``max_steps`` is how many events and syncs may be tried for all starts together; what
    they have led to once is not tried again.
    """

    def __init__(
        self, claim: ScenarioClaim, max_steps: int, expired: Expired | None = None
    ) -> None:
        self.automaton = claim.automaton
        self.system = claim.system
        self.machine = Interpreter(_sliced(claim.system, claim.automaton))
        self._steps = PackedSteps(Explorer(self.machine, claim.races, max_steps, expired))
        self._published = self._steps.packing.mask(
            v.name for v in self.machine.system.variables if v.published
        )
        self._outgoing: dict[int, list[int]] = {}
        for number, edge in enumerate(self.automaton.edges):
            self._outgoing.setdefault(edge.source, []).append(number)
        kinds: dict[object, int] = {}
        self._kinds = [kinds.setdefault(_kind(e), len(kinds)) for e in self.automaton.edges]
        self._known: dict[tuple[int, Packed], tuple[_Way, ...]] = {}

    def answer(self, start: Start) -> Answer:
        """The claim's answer for one start; a counterexample has the fewest steps."""
        try:
            return self._follow(start)
        except OutOfBudget as cut:
            return Unknown(str(cut))
        except NotSettled:
            return Unknown("the kubelet's syncs did not come to rest")

    def _follow(self, start: Start) -> Answer:
        completed = self.automaton.accept == 0
        seen: set[tuple[int, Packed]] = set()
        blocked: list[int] = []  # edges that could not happen, of the last layer that has some
        layer = self._openings(start)
        while layer:
            following: list[tuple[_Reached, Sequence[int]]] = []
            stuck: list[int] = []
            for at, numbers in layer:
                for number in numbers:
                    ways = self._ways(number, at.state)
                    if not ways:
                        stuck.append(number)
                    node = self.automaton.edges[number].target
                    for way in ways:
                        reached = _Reached(
                            node, way.state, at, Move(way.events, way.syncs, number)
                        )  # fmt: skip
                        if way.violated is not None:
                            return Refuted(_run(start, reached, way.violated), engine=EXPLICIT)
                        if (node, way.state) not in seen:
                            seen.add((node, way.state))
                            following.append((reached, self._outgoing.get(node, ())))
                            completed = completed or node == self.automaton.accept
            blocked, layer = stuck or blocked, following
        if completed:
            return Proved(None, "explicit search, every sequence of the pattern", engine=EXPLICIT)
        return self._vacuous(start, blocked)

    def _openings(self, start: Start) -> list[tuple[_Reached, Sequence[int]]]:
        """Where the first events may happen, and which: a new pod is synced first, but for
        early events."""
        numbers = self._outgoing.get(0, [])
        state = self._steps.packing.pack(self.machine.state_of(start.state))
        untouched = _Reached(0, state, None, Move((), ()))
        if start.settled:
            return [(untouched, numbers)]
        early = [n for n in numbers if _is_early(self.automaton.edges[n])]
        late = [n for n in numbers if n not in early]
        found: list[tuple[_Reached, Sequence[int]]] = [(untouched, early)] if early else []
        if late:
            found += [
                (_Reached(0, end, None, Move((), syncs)), late)
                for (end, _), syncs in self._settled(state, None, None).items()
            ]
        return found

    def _vacuous(self, start: Start, blocked: Sequence[int]) -> Vacuous:
        edges = [self.automaton.edges[n] for n in sorted(set(blocked))]
        if not edges or not self.automaton.has_path():
            return Vacuous(start, None, NO_SEQUENCE, EXPLICIT)
        step = min(e.step for e in edges)
        texts = dict.fromkeys(e.text for e in edges if e.step == step)
        named = " or ".join(f"`{text}`" for text in texts)
        return Vacuous(start, step, f"{named} can't happen there", EXPLICIT)

    # ---- one edge --------------------------------------------------------------------------

    def _ways(self, number: int, state: Packed) -> tuple[_Way, ...]:
        """Every way in which an edge can go from a state: none if it can't happen."""
        key = (self._kinds[number], state)
        found = self._known.get(key)
        if found is not None:
            self._steps.explorer.spend(1)
            return found
        ways: dict[tuple[Packed, str | None], _Way] = {}
        for way in self._tried(self.automaton.edges[number], state):
            ways.setdefault((way.state, way.violated), way)
        self._known[key] = tuple(ways.values())
        return self._known[key]

    def _tried(self, edge: Edge, before: Packed) -> Iterator[_Way]:
        compared = None if edge.at_once is None else before
        holds = self._steps.condition
        for events, state in self._events(edge.parts, before):
            settled = self._settled(state, compared, edge.kill_codes)
            for (end, shown), syncs in settled.items():
                violated = None
                if edge.at_once is not None and not holds(edge.at_once)(
                    end if shown is None else shown
                ):
                    violated = "at once"
                elif edge.then is not None and not holds(edge.then)(end):
                    violated = "then"
                yield _Way(events, syncs, end, violated)

    def _events(self, parts: Sequence[Part], state: Packed) -> list[tuple[Events, Packed]]:
        """The events of an edge, one after the other without a sync, and where they lead."""
        found: list[tuple[Events, Packed]] = [((), state)]
        for part in parts:
            limits = _limits(part)
            if part.action.guard is FALSE or not all(limits.values()):
                return []  # the claim closes this edge, or leaves no value to some input
            action = self.machine.actions[part.action.name]
            found = [
                ((*events, (action.name, _told(part.action, limits, inputs))), after)
                for events, at in found
                for inputs, after in self._steps.after(action, at, None, limits)
            ]
        return found

    def _settled(
        self, state: Packed, before: Packed | None, codes: tuple[Value, ...] | None
    ) -> _Layer:
        """Where the syncs lead, with the inputs of each.

        The keys are the settled state and the first state whose published status differs
        from that ``before`` (None: none does, or nothing is compared).
        """
        found: _Layer = {}
        layer: _Layer = {(state, self._shown(before, state)): ()}
        for _ in range(MAX_SYNCS + 1):
            following: _Layer = {}
            for (at, shown), syncs in layer.items():
                after = self._steps.syncs(at, codes)
                if all(s == at for _, s in after):
                    found.setdefault((at, shown), syncs)
                    continue
                for inputs, s in after:
                    key = (s, self._shown(before, s) if shown is None else shown)
                    following.setdefault(key, (*syncs, self._sync_inputs(inputs, codes)))
            if not following:
                return found
            layer = following
        raise NotSettled(self.system.pod)

    def _shown(self, before: Packed | None, state: Packed) -> Packed | None:
        """The state, if its published status is another than that before."""
        if before is None:
            return None
        return state if (before ^ state) & self._published else None

    def _sync_inputs(self, inputs: Inputs, codes: tuple[Value, ...] | None) -> Inputs:
        """A sync's inputs with the exit codes of all that the kubelet may stop."""
        if codes is None:
            return inputs
        stopped = {i.name: codes[0] for i in self.system.sync.inputs if i.role == "kill"}
        return {**stopped, **inputs}


def _sliced(system: TransitionSystem, automaton: Automaton) -> TransitionSystem:
    """What the claim's conditions and the possibility of its events depend on."""
    roots = [p.action.guard for e in automaton.edges for p in e.parts]
    roots += [t for e in automaton.edges for t in (e.at_once, e.then) if t is not None]
    if any(e.at_once is not None for e in automaton.edges):
        roots += [var(v.name, v.sort) for v in system.variables if v.published]
    return system.slice(roots)


def _kind(edge: Edge) -> object:
    """What decides how an edge can go: edges of one kind can go the same ways."""
    parts = tuple((p.action.name, tuple(p.allowed.items())) for p in edge.parts)
    return parts, edge.kill_codes, edge.at_once, edge.then


def _is_early(edge: Edge) -> bool:
    return bool(edge.parts) and all(part.action.early for part in edge.parts)


def _limits(part: Part) -> Limits:
    """The values that a part leaves to its inputs, in the order of their sorts."""
    return {
        i.name: tuple(v for v in i.sort.values if v in part.allowed[i.name])
        for i in part.action.inputs if i.name in part.allowed
    }  # fmt: skip


def _told(action: Action, limits: Limits, chosen: Inputs) -> Inputs:
    """A value for every input of an event: the first that is allowed where any will do."""
    firsts = {i.name: limits.get(i.name, i.sort.values)[0] for i in action.inputs}
    return {**firsts, **chosen}


def _run(start: Start, end: _Reached, violated: str) -> Run:
    moves: list[Move] = []
    at: _Reached | None = end
    while at is not None:
        moves.append(at.move)
        at = at.before
    return Run(start, tuple(reversed(moves)), violated)
