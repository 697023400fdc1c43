"""A run that reaches what a claim is about: the witness that a proof is not about nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from podcheck.certificate.runs import Shown, run_data
from podcheck.certificate.subject import Asked, Questions
from podcheck.core.answers import Move, Refuted, Run
from podcheck.core.claims import PropertyClaim, Start
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter
from podcheck.explicit.properties import search
from podcheck.symbolic.session import Session
from podcheck.symbolic.smt_solver import Budget
from podcheck.transform.from_any_state import BEFORE, BEGINS
from podcheck.verification.options import Options
from podcheck.verification.properties import Properties

STEPS = 200_000  # of explicit search, before the solver is asked


def witness(questions: Questions, pod: int, number: int, options: Options) -> Any:
    """A run, under one of a question's policies, as JSON data; None if none is needed, or found."""
    _, question = questions.of(pod, number)
    for policy in question.policies:
        asked = questions.idle(pod, number, (policy,))
        if asked is None:
            return None
        run = _run(asked.to_prove(0), options)
        if run is not None:
            return run_data(asked, _shown(asked, run))
    return None


def _run(claim: PropertyClaim, options: Options) -> Run | None:
    """A run that violates a claim with one start."""
    asked = Asked(claim).safety(0)
    try:
        explorer = Explorer(Interpreter(asked.system), True, STEPS, options.expired)
        found = search(explorer, asked.starts, asked.system.events, {}, asked.condition)
        return found if isinstance(found, Run) else None
    except OutOfBudget:
        session = Session(claim.system, budget=Budget(expired=options.expired))
        options = options._replace(engine="auto")
        (answer,) = Properties(session, options).answers(claim, sought=True)
        return answer.run if isinstance(answer, Refuted) else None


def _shown(asked: Asked, run: Run) -> Shown:
    """A run of what was proved, as one of the claim: with the way to its start apart."""
    if asked.anywhere is None:
        return Shown(run._replace(start=asked.claim.starts[0]))
    place = next(n for n, m in enumerate(run.moves) if m.events and m.events[0][0] == BEGINS)
    before = tuple(_before(run.moves[:place]))
    assert asked.way is not None
    start = _led(Interpreter(asked.way), asked.claim.starts[0], before)
    moves = (Move((), run.moves[place].syncs), *run.moves[place + 1 :])
    return Shown(Run(start, moves, "condition"), before)


def _before(moves: Sequence[Move]) -> Iterator[Move]:
    """The moves on the way, whose events have their own names again; the first has an event only
    if that comes before the first sync."""
    early = len(moves) > 1 and not moves[0].syncs
    for move in moves[early:]:
        events = tuple((name.removeprefix(BEFORE), inputs) for name, inputs in move.events)
        yield move._replace(events=events)


def _led(machine: Interpreter, created: Start, before: Sequence[Move]) -> Start:
    """Where the way leads."""
    state = machine.state_of(created.state)
    for move in before:
        for name, inputs in move.events:
            state = machine.apply(name, state, inputs)
        for inputs in move.syncs:
            state = machine.sync(state, inputs)
    return created._replace(state=machine.named(state), settled=True)
