"""`podcheck run`: one concrete sequence of events, played by the interpreter."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from podcheck.compiler.plan import make_plan
from podcheck.compiler.pod_events import Occurrence
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.starts import (
    is_preparation,
    known_starts,
    preparation_condition,
    prepared_events,
)
from podcheck.core.answers import Move
from podcheck.core.terms import Value
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import Pod
from podcheck.declarations.spec import Spec
from podcheck.elaboration.grounder import Grounder
from podcheck.explanation.narrator import Narrator, Played
from podcheck.explanation.obstacles import here, sentences
from podcheck.explicit.interpreter import State
from podcheck.explicit.preparations import prepare
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.source import Source
from podcheck.results.stories import Play
from podcheck.simulation.event_text import event_alternatives


class CannotPlayError(Exception):
    """The sequence can't be played; the text says why, in plain words."""


def choose_pod(
    spec: Spec,
    pack: Pack,
    diagnostics: Diagnostics,
    name: str | None,
) -> PodPlan:
    """The pod that a command is about: the one named, or the only one.

    A member of a family is called as in reports, `crowd(2)`; the family's name alone means the
    largest.
    """
    spec.claims.clear()  # a command about one pod does not check the file's claims
    plan = make_plan(spec, pack, diagnostics)
    if name is None and len(spec.pods) == 1:
        name = next(iter(spec.pods))
    if name is None:
        known = _listed(spec) or "none"
        raise CannotPlayError(f"Say which pod: `--pod NAME`. The file has: {known}.")
    found = [p for p in plan.pods if p.pod.name == name]
    found = found or [p for p in plan.pods if p.pod.member == name.replace(", ", ",")]
    if not found:  # of a manifest the name alone will do where no other pod has it
        last = [p for p in plan.pods if p.pod.name.endswith(f"/{name}")]
        found = last if len(last) == 1 else []
    if not found:
        listed = f"The file has: {_listed(spec)}."
        of_family = name.partition("(")[0] in spec.pods
        hint = listed if of_family else did_you_mean(name, spec.pods, listed)
        raise CannotPlayError(f"There is no pod `{name}`. {hint}")
    return found[-1]


def _listed(spec: Spec) -> str:
    """The pods of a file, and what the members of its families are called."""
    found = []
    for name, declared in spec.pods.items():
        first, last = declared.members[0].member, declared.members[-1].member
        found.append(name if first == last == name else f"{name} ({first} to {last})")
    return ", ".join(found)


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
        return Play(narrator.pod.member, self.policy, self.start, tuple(steps), self.notes)


def not_reached(pod: Pod, start: str, policies: Sequence[str]) -> str:
    """Why nothing can start there under some of the policies, and what to write instead."""
    *others, last = policies
    under = f"{', '.join(others)} or {last}" if others else last
    text = f"Pod `{pod.member}` does not reach `{start}` under {under}."
    return f"{text} Start from `created` and name the events that lead to where you want to begin."


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
        found_so_far = dict(diagnostics.found)
        joined = _joined(events, narrator.grounder)
        diagnostics.found = found_so_far
        if joined:
            raise CannotPlayError(f"Put each event in quotes: {shlex.join(joined)}")
        return None
    return _Player(narrator, policy).play(start, groups)


def _joined(words: Sequence[str], grounder: Grounder) -> list[str]:
    """The events that the arguments are when several of them make one: quotes were forgotten."""
    found: list[str] = []
    rest = list(words)
    while rest:
        for length in range(len(rest), 0, -1):
            text = " ".join(rest[:length])
            if event_alternatives(text, grounder, Diagnostics()):
                found.append(text)
                del rest[:length]
                break
        else:
            return []
    return found if len(found) < len(words) else []


def _shown(group: tuple[Occurrence, ...]) -> str:
    """A group of events as one would write it, with the first value of each exit code."""
    texts = []
    for o in group:
        codes = [str(v[0]) for n, v in o.allowed.items() if isinstance(v[0], int)]
        texts.append(" ".join([o.instance.written, *codes]))
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
            moves = [self._move(early, narrator.start(self.policy))]
        else:
            moves = self._prepared(start)
        shown = len(moves) - 1
        for group in remaining:
            moves.append(self._event(group, moves[-1].end))
        return PlayedRun(narrator, self.policy, start, tuple(moves), shown, tuple(self.notes))

    def _prepared(self, start: str) -> list[Played]:
        """The moves that lead to a named start, and one without events there."""
        narrator = self.narrator
        grounder = narrator.grounder
        if not is_preparation(start, grounder):
            known = ", ".join(known_starts(narrator.pack))
            raise CannotPlayError(f"A run can't start from `{start}`. Known: {known}.")
        events, condition = prepared_events(grounder, start), preparation_condition(grounder, start)
        found = prepare(narrator.machine, self.policy, start, events, condition)
        if found is None:
            raise CannotPlayError(not_reached(narrator.pod, start, [self.policy]))
        moves: list[Played] = []
        state = narrator.start(self.policy)
        for move in (*found.run.moves, Move((), ())):
            moves.append(narrator.play(state, move))
            state = moves[-1].end
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
        chosen = self._chosen(group)
        codes = next((o.kill_codes for o in group if o.kill_codes is not None), None)
        return self._move(chosen, state, codes)

    def _move(
        self,
        events: Sequence[tuple[str, dict[str, Value]]],
        state: State,
        codes: Sequence[Value] | None = None,
    ) -> Played:
        """One move; raises ``CannotPlayError`` if one of its events can't happen."""
        machine, at = self.narrator.machine, state
        for name, inputs in events:
            if not machine.possible(name, at, inputs):
                raise CannotPlayError(self._impossible(name, at))
            at = machine.apply(name, at, inputs)
        return self.narrator.play(state, Move(tuple(events), ()), kill_codes=codes)

    def _impossible(self, name: str, state: State) -> str:
        narrator = self.narrator
        known = narrator.grounder.events
        possible = [
            e.name for e in narrator.system.events if narrator.machine.possible(e.name, state)
        ]
        listed = "\n  ".join(known[n].written for n in possible)
        why = " and ".join(sentences(narrator, name, state))
        status = here(narrator.status(state))
        text = f"`{known[name].written}` can't happen here: "
        text += f"{why} ({status})." if why else f"{status}."
        return f"{text}\nWhat can happen:\n  {listed}"
