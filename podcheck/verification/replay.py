"""Replaying what a solver found on the interpreter, before anybody sees it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from podcheck.compiler.questions import Question
from podcheck.core.claims import Answer, Edge, Refuted, Run
from podcheck.explicit.interpreter import Machine, State
from podcheck.verification.replay_promise import ReplayDiffers, confirm_broken_promise

if TYPE_CHECKING:
    from podcheck.verification.dispatcher import PodVerifier


class Finding(NamedTuple):
    """One answer, with the run from a pod just created to where the answer's run starts."""

    policy: str
    answer: Answer
    prefix: Run | None


def confirm(verifier: PodVerifier, question: Question, finding: Finding) -> None:
    """Replay a run on the interpreter.  Raises ``ReplayDiffers`` if it violates nothing."""
    answer = finding.answer
    assert isinstance(answer, Refuted)
    run, machine = answer.run, verifier.machine
    if question.promise is not None:
        confirm_broken_promise(verifier.liveness_claim(question, run.start), machine, run)
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
    if question.automaton is None:
        assert question.condition is not None
        if machine.reads_primed(question.condition):
            holds = machine.value_on_step(question.condition, before, state)
        else:
            holds = machine.value(question.condition, state)
        if bool(holds) != (question.form == "find"):
            raise ReplayDiffers("the condition is not violated there")
        return
    edge = last_edge(question, run)
    _confirm_edge(machine, edge, run, source, passed)


def last_edge(question: Question, run: Run) -> Edge:
    """The edge of the question's automaton that a run ends with."""
    assert question.automaton is not None
    index = run.moves[-1].edge
    assert index is not None
    return question.automaton.edges[index]


def _confirm_edge(
    machine: Machine, edge: Edge, run: Run, source: State, passed: Sequence[State]
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


__all__ = ["Finding", "ReplayDiffers", "confirm", "last_edge"]
