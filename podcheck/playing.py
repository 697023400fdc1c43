"""`podcheck run`: one concrete sequence of events, played by the interpreter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from podcheck.events import event_alternatives
from podcheck.interpret.machine import State
from podcheck.interpret.starts import MAX_PREPARATION
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source
from podcheck.model.claims import Move
from podcheck.model.occurrences import Occurrence
from podcheck.model.pack import Pack
from podcheck.model.plan import make_plan
from podcheck.model.pod_plan import PodPlan
from podcheck.model.spec import Spec
from podcheck.model.starts import is_preparation, known_starts, prepared_events
from podcheck.model.terms import Value
from podcheck.story import Narrator, Played
from podcheck.verdict import Play


class CannotPlayError(Exception):
    """The sequence can't be played; the text says why, in plain words."""


def choose_pod(
    spec: Spec,
    pack: Pack,
    diagnostics: Diagnostics,
    name: str | None,
) -> PodPlan:
    """The pod that a command is about: the one named, or the only one; of a family, the largest."""
    spec.claims.clear()  # a command about one pod does not check the file's claims
    plan = make_plan(spec, pack, diagnostics)
    if name is None and len(spec.pods) == 1:
        name = next(iter(spec.pods))
    if name is None:
        known = ", ".join(spec.pods) or "none"
        raise CannotPlayError(f"Say which pod: `--pod NAME`. The file has: {known}.")
    members = [p for p in plan.pods if p.pod.name == name]
    if not members:
        hint = did_you_mean(name, spec.pods, f"The file has: {', '.join(spec.pods)}.")
        raise CannotPlayError(f"There is no pod `{name}`. {hint}")
    return members[-1]


@dataclass(frozen=True, slots=True)
class PlayedRun:
    """A sequence as it was played, move by move, from the created pod on.

    The moves before ``shown`` prepare the start.  ``notes`` say what was chosen where an event
    left something open.
    """

    narrator: Narrator
    policy: str
    start: str
    moves: tuple[Played, ...]
    shown: int
    notes: tuple[str, ...]

    def play(self) -> Play:
        """The statuses on the way, from the start on."""
        narrator, first = self.narrator, self.moves[self.shown]
        text = self.start
        if self.start == "created":
            text = f"pod is created then {first.event}" if first.event else "pod is created"
        later = self.moves[self.shown + 1 :]
        steps = [narrator.step(first, text), *(narrator.step(p) for p in later)]
        return Play(narrator.pod.name, self.policy, self.start, tuple(steps), self.notes)


def play(
    plan: PodPlan, policy: str | None, start: str, events: Sequence[str], diagnostics: Diagnostics
) -> Play | None:
    """Play events from a start; None if an event has errors (in the diagnostics)."""
    found = played_run(plan, policy, start, events, diagnostics)
    return None if found is None else found.play()


def played_run(
    plan: PodPlan, policy: str | None, start: str, events: Sequence[str], diagnostics: Diagnostics
) -> PlayedRun | None:
    """As ``play``, with the states and inputs of every move."""
    grounder = plan.grounder
    policy = policy or plan.pod.policy
    narrator = Narrator(grounder)
    groups: list[tuple[Occurrence, ...]] = []
    for number, text in enumerate(events, 1):
        found = event_alternatives(text, narrator.grounder, diagnostics, f"event {number}")
        if len(found) > 1:
            span = Source(f"event {number}", text).span(0, len(text))
            message = f"`{text}` stands for {len(found)} events; a run plays one."
            hint = f"Name one, as in `{_shown(found[0])}`."
            diagnostics.add("E115", span, message, hint)
        elif found:
            groups.append(found[0])
    if diagnostics.has_errors:
        return None
    return _Player(narrator, policy).play(start, groups)


def _shown(group: tuple[Occurrence, ...]) -> str:
    """A group of events as one would write it, with the first value of each exit code."""
    texts = []
    for o in group:
        codes = [str(v[0]) for n, v in o.allowed.items() if isinstance(v[0], int)]
        texts.append(" ".join([o.instance.name, *codes]))
    return " together with ".join(texts)


class _Player:
    def __init__(self, narrator: Narrator, policy: str) -> None:
        self.narrator = narrator
        self.policy = policy
        self.notes: list[str] = []

    def play(self, start: str, groups: Sequence[tuple[Occurrence, ...]]) -> PlayedRun:
        narrator = self.narrator
        early: list[tuple[str, dict[str, Value]]] = []
        remaining = list(groups)
        if start == "created":
            while remaining and all(o.instance.declaration.early for o in remaining[0]):
                early += self._chosen(remaining.pop(0))
        moves = [narrator.play(narrator.start(self.policy), Move(tuple(early), ()))]
        if start != "created":
            moves += self._prepared(start, moves[-1].end)
            moves.append(narrator.play(moves[-1].end, Move((), ())))
        shown = len(moves) - 1
        for group in remaining:
            moves.append(self._event(group, moves[-1].end))
        return PlayedRun(narrator, self.policy, start, tuple(moves), shown, tuple(self.notes))

    def _prepared(self, start: str, state: State) -> list[Played]:
        """The moves that lead to a named start."""
        if not is_preparation(start, self.narrator.grounder):
            known = ", ".join(known_starts(self.narrator.pack))
            raise CannotPlayError(f"A run can't start from `{start}`. Known: {known}.")
        events = prepared_events(self.narrator.grounder, start)
        moves: list[Played] = []
        while len(moves) < MAX_PREPARATION:
            for name, inputs in events:
                if self.narrator.machine.possible(name, state):
                    moves.append(self.narrator.play(state, Move(((name, dict(inputs)),), ())))
                    state = moves[-1].end
                    break
            else:
                break
        return moves

    def _chosen(self, group: tuple[Occurrence, ...]) -> list[tuple[str, dict[str, Value]]]:
        """The events with one value for each input; says which where there was a choice."""
        found = []
        for occurrence in group:
            inputs: dict[str, Value] = {}
            for i in occurrence.instance.inputs:
                allowed = occurrence.allowed.get(i.name, i.sort.values)
                inputs[i.name] = allowed[0]
                if len(allowed) > 1 and i.role == "code":
                    note = f"`{occurrence.instance.name}` was played with exit code {allowed[0]}."
                    self.notes.append(note)
            found.append((occurrence.instance.name, inputs))
        return found

    def _event(self, group: tuple[Occurrence, ...], state: State) -> Played:
        machine = self.narrator.machine
        chosen = self._chosen(group)
        name, _ = chosen[0]
        if not machine.possible(name, state):
            possible = [
                e.name for e in self.narrator.system.events if machine.possible(e.name, state)
            ]
            status = self.narrator.status(state)
            containers = ", ".join(f"{c.name}: {c.text}" for c in status.containers)
            listed = "\n  ".join(possible)
            raise CannotPlayError(
                f"`{name}` can't happen here: the pod is {status.phase} ({containers}).\n"
                f"What can happen:\n  {listed}"
            )
        codes = next((o.kill_codes for o in group if o.kill_codes is not None), None)
        return self.narrator.play(state, Move(tuple(chosen), ()), kill_codes=codes)
