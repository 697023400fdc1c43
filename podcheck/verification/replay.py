"""Replays what an engine found on the interpreter, before anybody sees it.

A run that breaks a promise is replayed step by step, and once round its cycle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from podcheck.compiler.engine_claims import liveness_claim
from podcheck.compiler.questions import PromiseQuestion, PropertyQuestion, Question
from podcheck.core.answers import Finding, Refuted, Run, SmallStep
from podcheck.core.claims import Edge, LivenessClaim, Promise
from podcheck.explicit.interpreter import Interpreter, ReplayDiffers, State
from podcheck.transform.liveness import monitored_promise
from podcheck.verification.pod_context import PodContext


def confirm(context: PodContext, question: Question, finding: Finding) -> None:
    """Replay a run on the interpreter.  Raises ``ReplayDiffers`` if it violates nothing."""
    answer = finding.answer
    assert isinstance(answer, Refuted)
    run, machine = answer.run, context.machine
    if isinstance(question, PromiseQuestion):
        confirm_broken_promise(liveness_claim(context.pod, question, (run.start,)), machine, run)
        return
    state = machine.state_of(run.start.state)
    source = before = state
    passed: list[State] = [state]
    for move in run.moves:
        source, passed = state, []
        for event, inputs in move.events:
            if not machine.possible(event, state, inputs):
                raise ReplayDiffers(f"`{event}` is not possible there")
            before, state = state, machine.apply(event, state, inputs)
        passed.append(state)
        for given in move.syncs:
            before, state = state, machine.sync(state, given)
            passed.append(state)
    if isinstance(question, PropertyQuestion):
        if machine.reads_primed(question.condition):
            holds = machine.value_on_step(question.condition, before, state)
        else:
            holds = machine.value(question.condition, state)
        if bool(holds) != question.sought:
            raise ReplayDiffers("the condition is not violated there")
        return
    _confirm_edge(machine, question.last_edge(run), run, source, passed)


def _confirm_edge(
    machine: Interpreter, edge: Edge, run: Run, source: State, passed: Sequence[State]
) -> None:
    condition = edge.at_once if run.violated == "at once" else edge.then
    assert condition is not None
    judged = passed[-1]
    if run.violated == "at once":
        judged = machine.first_published(source, passed)
    else:
        # the claim's own variables have settled; others may need some more syncs
        codes = edge.kill_codes or ()
        kills = [i for i in machine.system.sync.inputs if i.role == "kill"]
        settled = machine.settle(judged, {i.name: codes[0] for i in kills} if codes else None)
        judged = settled[-1] if settled else judged
    if machine.value(condition, judged):
        raise ReplayDiffers("the condition is not violated there")


class _Trace(NamedTuple):
    """The states of a run, and the steps between them; ``loop`` is the state's number to which
    the last one leads back (None: the run ends)."""

    states: list[State]
    steps: list[SmallStep]
    loop: int | None


def confirm_broken_promise(claim: LivenessClaim, machine: Interpreter, run: Run) -> None:
    """Raises ``ReplayDiffers`` unless the run is one of the claim's and breaks its promise."""
    trace = _replayed(claim, machine, run)
    waiting = list(_waiting(claim.promise, machine, trace.states))
    if trace.loop is None:
        meanwhile = claim.promise.meanwhile
        if meanwhile is None or not waiting[-1] or machine.value(meanwhile, trace.states[-1]):
            raise ReplayDiffers("the promise is not broken there")
        return
    if not all(waiting[trace.loop :]):
        raise ReplayDiffers("the promise is kept on the cycle")
    _confirm_cycle(claim, machine, trace, trace.loop)


def _replayed(claim: LivenessClaim, machine: Interpreter, run: Run) -> _Trace:
    """Every step, as far as the assumptions let it happen."""
    allowed = {e.name: e.kind for e in claim.events}
    left = dict(claim.at_most)
    states, steps, loop = [machine.state_of(run.start.state)], list[SmallStep](), None
    for number, move in enumerate(run.moves):
        for name, inputs in [*move.events, *(("", given) for given in move.syncs)]:
            if name:
                kind = allowed.get(name)
                left[kind or ""] = left.get(kind or "", 1 << 30) - 1
                if kind is None or left[kind] < 0 or not machine.possible(name, states[-1], inputs):
                    raise ReplayDiffers(f"`{name}` is not possible there")
            states.append(machine.apply(name or "sync", states[-1], inputs))
            steps.append((name, inputs))
        if number == run.loop:
            loop = len(steps)
    return _Trace(states, steps, loop)


def _waiting(promise: Promise, machine: Interpreter, states: Sequence[State]) -> Iterator[bool]:
    """Is the promise open, state by state?"""
    opened = promise.since is None
    for state in states:
        opened = opened or (promise.since is not None and bool(machine.value(promise.since, state)))
        opened = opened and not machine.value(promise.goal, state)
        yield opened


def _confirm_cycle(claim: LivenessClaim, machine: Interpreter, trace: _Trace, loop: int) -> None:
    """The cycle leads back, as far as the promise can depend on it, and is fair."""
    it = monitored_promise(claim)
    places = [machine.index[v.name] for v in it.system.variables if v.name in machine.index]
    first, last = trace.states[loop], trace.states[-1]
    if any(first[i] != last[i] for i in places):
        raise ReplayDiffers("the cycle does not lead back")
    cycle = [name for name, _ in trace.steps[loop:]]
    kinds = {e.name: e.kind for e in claim.events}
    if "" not in cycle or any(kinds[name] in claim.at_most for name in cycle if name):
        raise ReplayDiffers("the cycle can't be repeated forever")
    taken = [kinds[name] for name, _ in trace.steps if name]
    for event in it.obliged:
        spent = event.kind in claim.at_most and taken.count(event.kind) >= claim.at_most[event.kind]
        always = all(machine.possible(event.name, s) for s in trace.states[loop:])
        if always and not spent and event.name not in cycle:
            raise ReplayDiffers(f"`{event.name}` stays possible on the cycle and never happens")


__all__ = ["confirm"]
