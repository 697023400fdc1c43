"""From which step of a counterexample on nothing could have avoided the violation."""

from __future__ import annotations

from collections.abc import Iterator

from podcheck.compiler.engine_claims import liveness_claim
from podcheck.compiler.questions import PromiseQuestion, PropertyQuestion, Question
from podcheck.core.answers import Run
from podcheck.core.claims import Automaton, Edge, LivenessClaim, Promise
from podcheck.core.terms import not_
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter, NotSettled, State
from podcheck.transform.liveness import monitored_promise
from podcheck.verification.pod_context import PodContext

MOST_STEPS = 5_000  # of explicit search, for one run
LARGE = 200  # variables: of a larger system it is not found out for `always` and `never`


def unavoidable_after(context: PodContext, question: Question, run: Run) -> int | None:
    """The first move of a run, by its index, after which each way to go on violates the claim.

    The ways to go on are all that the steps leave open there: who, in which order, with which
    code, and how the syncs turn out.  The last move is the answer if another one could still
    have avoided it.  For `always` and `never` the ways to go on are all fair runs of events that
    the assumptions leave: the kubelet goes on syncing, what must come comes, the rest need not.
    None where this is not found out within the budget, and for other claims.
    """
    if question.sought or isinstance(question, PromiseQuestion):
        return None
    if isinstance(question, PropertyQuestion):
        return _doomed_after(context, question, run)
    races, expired = question.assumptions.races, context.options.expired
    explorer = Explorer(context.machine, races, MOST_STEPS, expired)
    try:
        for done, (node, state) in enumerate(_passed(explorer, question.automaton, run)):
            if not _is_spared(explorer, question.automaton, node, state):
                return done
    except (OutOfBudget, NotSettled):
        return None
    return len(run.moves) - 1


def _doomed_after(context: PodContext, question: PropertyQuestion, run: Run) -> int | None:
    """The first move after which every fair run reaches a violation of a condition on states."""
    if context.machine.reads_primed(question.condition):
        return None
    asked = PromiseQuestion(*question.head(), promise=Promise(None, not_(question.condition)))
    claim = liveness_claim(context.pod, asked, ())
    kinds = {e.name: e.kind for e in claim.events}
    at_most = dict(claim.at_most)
    machine, state = context.machine, context.machine.state_of(run.start.state)
    try:
        for done, move in enumerate(run.moves[:-1]):
            for event, inputs in move.events:
                state = machine.apply(event, state, inputs)
                if kinds[event] in at_most:
                    at_most[kinds[event]] -= 1
            for given in move.syncs:
                state = machine.sync(state, given)
            start = run.start._replace(state=machine.named(state))
            if _is_kept(context, claim._replace(starts=(start,), at_most=dict(at_most))):
                return done
    except OutOfBudget:
        return None
    return len(run.moves) - 1


def _is_kept(context: PodContext, claim: LivenessClaim) -> bool:
    """Does every fair run from the claim's start keep its promise?"""
    from podcheck.explicit.lassos import Kept, LassoSearch

    it = monitored_promise(claim)
    if len(it.system.variables) > LARGE:
        raise OutOfBudget
    explorer = Explorer(Interpreter(it.system), it.races, MOST_STEPS, context.options.expired)
    return isinstance(LassoSearch(explorer, it).run(it.starts[0]), Kept)


def _passed(explorer: Explorer, automaton: Automaton, run: Run) -> Iterator[tuple[int, State]]:
    """The automaton's node and the state after each move of a run but the last."""
    machine = explorer.machine
    state, node = machine.state_of(run.start.state), 0
    for move in run.moves[:-1]:
        for event, inputs in move.events:
            state = machine.apply(event, state, inputs)
        for given in move.syncs:
            state = machine.sync(state, given)
        node = node if move.edge is None else automaton.edges[move.edge].target
        yield node, state


def _is_spared(explorer: Explorer, automaton: Automaton, node: int, state: State) -> bool:
    """Is there a path from a node to the end on which every condition holds?"""
    todo, seen = [(node, state)], {(node, state)}
    while todo:
        node, state = todo.pop()
        if node == automaton.accept:
            return True
        for edge in automaton.edges:
            if edge.source == node:
                found = {(edge.target, end) for end in _ends(explorer, edge, state)} - seen
                seen |= found
                todo.extend(sorted(found, key=repr))
    return False


def _ends(explorer: Explorer, edge: Edge, state: State) -> Iterator[State]:
    """The settled states after an edge in which, and before which, its conditions hold."""
    machine, reached = explorer.machine, [state]
    for part in edge.parts:
        action = machine.actions[part.action.name]
        reached = [s for r in reached for _, s in explorer.after(action, r, None, part.allowed)]
    for first in reached:
        for settled in explorer.settled(first, edge.kill_codes):
            if edge.then is not None and not machine.value(edge.then, settled.state):
                continue
            states = [first]
            for given in settled.syncs:
                states.append(machine.sync(states[-1], given))
            seen = machine.first_published(state, states)
            if edge.at_once is None or machine.value(edge.at_once, seen):
                yield settled.state


__all__ = ["unavoidable_after"]
