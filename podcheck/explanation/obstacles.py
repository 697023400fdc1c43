"""Why an event can't happen in a state: the false parts of its condition, and what would help.

The sentences are those of the definitions ``obstacle_...`` of the rule pack, each the opposite of a
part of an event's condition.
"""

from __future__ import annotations

import re

from podcheck.compiler.questions import ScenarioQuestion
from podcheck.core.answers import Finding, Move
from podcheck.core.claims import Edge
from podcheck.core.terms import Term, not_
from podcheck.declarations.pack import Define
from podcheck.declarations.pod import Container
from podcheck.explanation.narrator import Narrator
from podcheck.explicit.interpreter import ReplayDiffers, State
from podcheck.language.lexer import written
from podcheck.results.stories import PodStatus

PREFIX = "obstacle_"
MOST_MOVES = 500  # that are played to find where a pattern gets stuck


def parts_of(guard: Term) -> tuple[Term, ...]:
    """The conditions that all have to hold for an event."""
    return guard.args if guard.op == "and" else (guard,)


def sentences(narrator: Narrator, event: str, state: State) -> list[str]:
    """What is false of an event's condition in a state, each as a sentence without a full stop."""
    guard = narrator.grounder.guard(event)
    false = {not_(p) for p in parts_of(guard) if not narrator.machine.value(p, state)}
    said: dict[Term, str] = {}  # what is true of the only container is true of the pod
    for opposite, text in opposites(narrator):
        if opposite in false and (
            opposite not in said or narrator.grounder.events[event].container is None
        ):
            said[opposite] = text
    return list(said.values())


def opposites(narrator: Narrator) -> list[tuple[Term, str]]:
    """For this pod: each opposite of a part of a condition, with its sentence."""
    found = []
    elaborator = narrator.grounder.elaborator
    for name, candidates in narrator.pack.defines.items():
        if not name.startswith(PREFIX):
            continue
        for define in candidates:
            for c in elaborator.parts if define.parameters else (None,):
                values = [c] if c is not None else []
                if elaborator.declared.accepts(define, list(values)):
                    found.append(
                        (elaborator.declared.defined(define, list(values)), _said(define, c))
                    )
    return [(term, text) for term, text in found if not term.is_const]


def _said(define: Define, c: Container | None) -> str:
    """The sentence of a definition, about a container by its name."""
    text = define.doc.rstrip(".")
    if c is not None:
        text = re.sub("[Tt]he (container|place)(?!s)", f"`{written(c.name)}`", text)
    return text[:1].lower() + text[1:]


def helpers(narrator: Narrator, event: str, state: State) -> list[str]:
    """Events from within a pod that make another one possible: those of the whole pod first."""
    machine, events = narrator.machine, narrator.grounder.events
    within = narrator.pack.groups.get("from within", ())
    found = []
    for action in narrator.system.events:
        if action.kind not in within or not machine.possible(action.name, state):
            continue
        after = machine.apply(action.name, state, None)
        settled = machine.settle(after)
        if machine.possible(event, settled[-1] if settled else after):
            codes = [str(i.sort.values[0]) for i in action.inputs if i.role == "code"]
            container = events[action.name].container is not None
            found.append((container, " ".join([events[action.name].written, *codes])))
    return [text for _, text in sorted(found, key=lambda f: f[0])]


# ---- patterns ------------------------------------------------------------------------------------


def why_stuck(
    narrator: Narrator, question: ScenarioQuestion, finding: Finding, step: int, named: str
) -> str:
    """Where the pattern of a scenario gets stuck, why, and what would let it go on.

    ``named`` are the events that can't happen, as the claim has them.
    """
    state, edge, moves = _stuck(narrator, question, finding, step)
    where = f"after {moves} event{'s' * (moves != 1)}" if moves else "at the start"
    status = narrator.status(state)
    text = f"{named} can't happen {where}"
    if edge is None:
        return f"{text}: {here(status)}"
    reasons: list[str] = []
    helping: list[str] = []
    for part in edge.parts:
        if not narrator.machine.possible(part.action.name, state):
            reasons += sentences(narrator, part.action.name, state)
            helping += helpers(narrator, part.action.name, state)[:1]
    why = " and ".join(dict.fromkeys(reasons))
    text = f"{text}: {why} ({here(status)})" if why else f"{text}: {here(status)}"
    if not helping:
        return text
    advice = f"Put `{helping[0]}` before it"
    again = _repeated(question, step)
    if again is not None:
        event, times = again
        advice += f", or write `{{{event} followed by {helping[0]}}} x {times}`"
    return f"{text}. {advice}"


def here(status: PodStatus) -> str:
    """A status in a few words."""
    containers = ", ".join(f"{c.name}: {c.text}" for c in status.containers)
    return f"the pod is {status.phase}; {containers}"


def _stuck(
    narrator: Narrator, question: ScenarioQuestion, finding: Finding, step: int
) -> tuple[State, Edge | None, int]:
    """A state in which an edge of a step can't be taken, reached with the first choices, by the
    most moves; the edge; and how many moves of the pattern led there."""
    state = narrator.start(finding.policy)
    for move in finding.prefix.moves if finding.prefix is not None else [Move((), ())]:
        state = narrator.play(state, move).end
    automaton = question.automaton
    found: tuple[State, Edge | None, int] = (state, None, -1)
    waiting, seen, played = [(0, state, 0)], {(0, state)}, 0
    while waiting and played < MOST_MOVES:
        node, at, moves = waiting.pop(0)
        for edge in automaton.edges:
            if edge.source != node or not edge.parts:
                continue
            chosen = tuple(
                (p.action.name, {n: v[0] for n, v in p.allowed.items()}) for p in edge.parts
            )
            played += 1
            try:
                end = narrator.play(at, Move(chosen, ()), kill_codes=edge.kill_codes).end
            except ReplayDiffers:
                if edge.step == step and moves > found[2]:
                    found = (at, edge, moves)
                continue
            if (edge.target, end) not in seen:
                seen.add((edge.target, end))
                waiting.append((edge.target, end, moves + 1))
    return found[0], found[1], max(found[2], 0)


def _repeated(question: ScenarioQuestion, step: int) -> tuple[str, str] | None:
    """The event of a step that is one event several times, and how many times."""
    span = question.events[step]
    text = " ".join(span.source.text[span.start : span.end].split())
    match = re.fullmatch(r"([^{}]+?) x (\d+(?: ?\.\. ?\d+)?)", text)
    if match and " or " not in match[1] and " followed by " not in match[1]:
        return match[1], match[2]
    parts = text.split(" followed by ")
    if len(parts) > 1 and len(set(parts)) == 1 and "{" not in text:
        return parts[0], str(len(parts))
    return None
