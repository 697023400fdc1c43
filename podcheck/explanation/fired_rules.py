"""Which rule lines decide, and which events happen, in the runs that claims refer to.

Every claim is played: a scenario along its events, from each of its starts; a check, a find or
`from any ...` over the states that can be reached, as far as a budget goes.  A line *fires*
where it is the first of its list whose guard holds, in a state from which a sync is made; an
event where it happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import Question, ScenarioQuestion
from podcheck.core.claims import Edge
from podcheck.core.system import Action, Rule, TransitionSystem, Variable
from podcheck.core.terms import BOOL, TRUE, Term, Value, and_, not_
from podcheck.elaboration.grounder import Grounder
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Inputs, Interpreter, NotSettled, State
from podcheck.explicit.preparations import created, prepare
from podcheck.explicit.reachable import reachable

MOST_STEPS = 1_500  # of one claim under one policy
MOST_STARTS = 20  # of `from any ...`


def fired_in(plan: PodPlan) -> RuleRecorder:
    """A pod, watched while all claims about it are played."""
    watched = RuleRecorder(plan)
    for question in watched.questions:
        for policy in question.policies:
            play(watched, question, policy)
    return watched


def identity(rule: Rule) -> str:
    """A line's name, for an `otherwise` with its place: lists of one name have several."""
    return rule.identity if rule.name != "otherwise" else f"{rule.identity} (line {rule.line})"


# ---- watching a pod --------------------------------------------------------------------------


class RuleRecorder:
    """A pod's whole system, and which lines decide in the states that it comes to."""

    def __init__(self, plan: PodPlan) -> None:
        grounder = plan.grounder
        roots = [*grounder.every_variable(), *_lists(grounder)]
        system = grounder.system(roots, list(grounder.events))
        fires = _fires(system)
        found = plan.over(system, plan.questions)
        self.system, self.questions = found.system, found.questions
        self.preparations = found.preparations
        self.machine = Interpreter(self.system)
        self.names = [name for name, _ in fires]
        lines = _with_lines(system, [term for _, term in fires])
        self._look = Interpreter(found.cutter.system(lines))
        self._blank = (False,) * len(fires)
        self._seen: set[tuple[State, tuple[tuple[str, Value], ...]]] = set()
        self.fired: set[str] = set()

    def look(self, state: State, inputs: Inputs) -> None:
        """Note the lines that decide in a sync from a state."""
        key = (state, tuple(sorted(inputs.items())))
        if key in self._seen:
            return
        self._seen.add(key)
        after = self._look.apply("look", (*state, *self._blank), inputs)
        hits = after[len(state) :]
        self.fired.update(name for name, hit in zip(self.names, hits, strict=True) if hit)

    def settle(
        self, explorer: Explorer, state: State, codes: tuple[Value, ...] | None
    ) -> list[State]:
        """Every settled state that the syncs lead to; all on the way are looked at."""
        ends = []
        for settled in explorer.settled(state, codes):
            at = state
            for inputs in settled.syncs:
                self.look(at, inputs)
                at = self.machine.sync(at, inputs)
            self.look(at, {})
            ends.append(at)
        return ends


def _lists(grounder: Grounder) -> Iterator[Term]:
    """The value of every list of the pack, for the pod and for each of its containers."""
    elaborator = grounder.elaborator
    for name, lists in grounder.pack.decides.items():
        for rules in lists:
            for c in (None, *elaborator.ordered):
                if elaborator.declared.covers(rules, c):
                    yield grounder.observed(name, c)


def _fires(system: TransitionSystem) -> list[tuple[str, Term]]:
    """For each line of each list: its rule, and when it is the one that decides."""
    found = []
    for decision in system.decisions:
        before: list[Term] = []
        for alternative in decision.alternatives:
            fires = and_(*(not_(g) for g in before), alternative.guard)
            found.append((identity(alternative.rule), fires))
            before.append(alternative.guard)
    return found


def _with_lines(system: TransitionSystem, fires: Sequence[Term]) -> TransitionSystem:
    """The system with a variable for each line, which the action `look` sets if it fires."""
    lines = tuple(Variable(f"line {n}", BOOL, False, "", f"line {n}") for n in range(len(fires)))
    updates = {v.name: fires[n] for n, v in enumerate(lines)}
    look = Action("look", "look", "", "", TRUE, system.sync.inputs, updates)
    return system._replace(variables=(*system.variables, *lines), events=(look,))


# ---- playing claims ----------------------------------------------------------------------------


def play(watched: RuleRecorder, question: Question, policy: str) -> None:
    """Play a claim as far as the budget goes."""
    races = question.assumptions.races or question.sought
    explorer = Explorer(watched.machine, races, MOST_STEPS)
    kept = [e for e in watched.system.events if e.kind not in question.assumptions.excluded]
    with suppress(OutOfBudget, NotSettled):
        starts = list(_starts(watched, question, policy, explorer, kept))
        if isinstance(question, ScenarioQuestion):
            _walk(watched, explorer, question.automaton.edges, starts)
        else:
            _spread(watched, explorer, kept, starts)


def _starts(
    watched: RuleRecorder,
    question: Question,
    policy: str,
    explorer: Explorer,
    events: Sequence[Action],
) -> Iterator[State]:
    machine = watched.machine
    match question.start.kind:
        case "created":
            yield machine.initial(policy)
        case "prepared":
            name = question.start.name
            how = watched.preparations[name]
            prepared = prepare(machine, policy, name, how.events, how.condition)
            if prepared is not None:
                state = machine.initial(policy)
                for move in prepared.run.moves:
                    state = _replayed(watched, state, move.events, move.syncs)
                yield state
        case _:
            condition = question.start.condition
            assert condition is not None
            found = reachable(explorer, created(machine, policy), events, condition)
            with suppress(OutOfBudget):
                for reached, _ in zip(found, range(MOST_STARTS), strict=False):
                    yield reached.state
            explorer.steps = 0


def _replayed(
    watched: RuleRecorder,
    state: State,
    events: Iterable[tuple[str, Inputs]],
    syncs: Iterable[Inputs],
) -> State:
    for name, inputs in events:
        watched.fired.add(f"event: {watched.machine.actions[name].event}")
        state = watched.machine.apply(name, state, inputs)
    for inputs in syncs:
        watched.look(state, inputs)
        state = watched.machine.sync(state, inputs)
    return state


def _walk(
    watched: RuleRecorder, explorer: Explorer, edges: Sequence[Edge], starts: Iterable[State]
) -> None:
    """Every path of a scenario's events, breadth first."""
    todo = []
    for start in starts:
        first = [e for e in edges if e.source == 0]
        early = all(p.action.early for e in first for p in e.parts) and any(e.parts for e in first)
        todo += [(0, s) for s in ([start] if early else watched.settle(explorer, start, None))]
    seen = set(todo)
    for node, state in todo:
        for edge in edges:
            if edge.source != node:
                continue
            reached = [state]
            for part in edge.parts:
                action = watched.machine.actions[part.action.name]
                reached = [
                    after for s in reached
                    for _, after in explorer.after(action, s, None, part.allowed)
                ]  # fmt: skip
                if reached:
                    watched.fired.add(f"event: {action.event}")
            ends = [e for s in reached for e in watched.settle(explorer, s, edge.kill_codes)]
            for end in ends:
                if (edge.target, end) not in seen:
                    seen.add((edge.target, end))
                    todo.append((edge.target, end))


def _spread(
    watched: RuleRecorder, explorer: Explorer, events: Sequence[Action], starts: Iterable[State]
) -> None:
    """Every state that syncs and events at any time lead to, nearest first."""
    todo = list(starts)
    seen = set(todo)
    for state in todo:
        for action in (watched.system.sync, *events):
            for inputs, after in explorer.after(action, state):
                if action.event:
                    watched.fired.add(f"event: {action.event}")
                else:
                    watched.look(state, inputs)
                if after not in seen:
                    seen.add(after)
                    todo.append(after)
