"""`podcheck table`: what each event leads to, under each policy, by explicit search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from podcheck.compiler.pod_events import Occurrence
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.starts import (
    is_preparation,
    known_starts,
    preparation_condition,
    prepared_events,
)
from podcheck.core.claims import Start
from podcheck.core.finite_cut import Cutter, cut_for, needs_of
from podcheck.core.system import TransitionSystem
from podcheck.core.terms import COUNTS, FALSE, Term, Value
from podcheck.declarations.job import policies_of
from podcheck.explicit.explorer import Explorer, OutOfBudget
from podcheck.explicit.interpreter import Interpreter, NotSettled
from podcheck.explicit.preparations import created, prepare
from podcheck.language.diagnostics import Diagnostics
from podcheck.results.stories import TransitionTable
from podcheck.simulation.event_text import event_alternatives
from podcheck.simulation.play import CannotPlayError, not_reached

MAX_STEPS = 200_000
IMPOSSIBLE = "-"


@dataclass(frozen=True, slots=True)
class _Row:
    text: str
    alternatives: list[tuple[Occurrence, ...]]


def transition_table(
    plan: PodPlan,
    start: str,
    events: Sequence[str],
    policies: Sequence[str],
    column: str,
    diagnostics: Diagnostics,
) -> TransitionTable | None:
    """The table; without events, a row for each event that can happen from the start.

    None if an event has errors (they are in the diagnostics).
    """
    grounder = plan.grounder
    policies = [p for p in policies if p in policies_of(plan.pod)]
    if column.startswith("job.") and not plan.pod.places:
        message = f"Pod `{plan.pod.member}` has no Job, so there is no {column}."
        raise CannotPlayError(f"{message} Declare it with its Job: `job NAME {{ pod {{ ... }} }}`.")
    if start != "created" and not is_preparation(start, grounder):
        known = ", ".join(known_starts(grounder.pack))
        raise CannotPlayError(f"A table can't start from `{start}`. Known: {known}.")
    wanted = list(events) or _every_event(plan)
    rows = [_Row(e, event_alternatives(e, grounder, diagnostics)) for e in wanted]
    if diagnostics.has_errors:
        return None
    tabulator = _Tabulator(plan, start, column, rows)
    try:
        never = [p for p in policies if tabulator.start_for(p) is None]
        if never:
            raise CannotPlayError(not_reached(plan.pod, start, never))
        cells = [(row.text, tuple(tabulator.cell(row, p) for p in policies)) for row in rows]
    except NotSettled as error:
        raise CannotPlayError("The kubelet's syncs do not come to rest.") from error
    except OutOfBudget as cut:
        hint = "Name fewer events, or one event each."
        raise CannotPlayError(f"The table is too large: {cut}. {hint}") from cut
    if not events:
        cells = [(e, c) for e, c in cells if set(c) != {IMPOSSIBLE}]
    return TransitionTable(plan.pod.member, start, column, tuple(policies), tuple(cells))


def _every_event(plan: PodPlan) -> list[str]:
    """Every event of the pod; those that take an exit code once with 0, once with another."""
    found = []
    for name, instance in plan.grounder.events.items():
        if plan.grounder.guard(name) is FALSE:
            continue
        if any(i.role == "code" for i in instance.inputs):
            found += [f"{instance.written} 0", f"{instance.written} nonzero"]
        else:
            found.append(instance.written)
    return found


def _name_in_rules(column: str) -> str:
    """What the rules call a column: ``jobPhase`` is `job.phase`."""
    owner, dot, field = column.partition(".")
    return f"{owner}{field[:1].upper()}{field[1:]}" if dot else column


class _Tabulator:
    def __init__(self, plan: PodPlan, start: str, column: str, rows: Sequence[_Row]) -> None:
        self.start = start
        grounder = plan.grounder
        self.term = grounder.observed(_name_in_rules(column))
        roots = [self.term]
        names = {o.instance.name for r in rows for group in r.alternatives for o in group}
        self.prepared: list[tuple[str, dict[str, int]]] = []
        if start != "created":
            self.condition = preparation_condition(grounder, start)
            roots.append(self.condition)
            self.prepared = prepared_events(grounder, start)
            names |= {name for name, _ in self.prepared}
        ordered = [n for n in grounder.events if n in names]
        system = grounder.system(roots, ordered)
        self.cutter = _cutter(system, roots, rows, self.prepared)
        self.term = self.cutter.term(self.term)
        if start != "created":
            self.condition = self.cutter.term(self.condition)
        self.machine = Interpreter(self.cutter.system(system))
        self.actions = self.machine.actions
        self.starts: dict[str, Start | None] = {}

    def start_for(self, policy: str) -> Start | None:
        if policy not in self.starts:
            if self.start == "created":
                self.starts[policy] = created(self.machine, policy)
            else:
                found = prepare(self.machine, policy, self.start, self.prepared, self.condition)
                self.starts[policy] = found.start if found else None
        return self.starts[policy]

    def cell(self, row: _Row, policy: str) -> str:
        start = self.start_for(policy)
        assert start is not None, "a table has no column for a policy without a start"
        explorer = Explorer(self.machine, races=False, max_steps=MAX_STEPS)
        values: dict[Value, None] = {}
        for group in row.alternatives:
            for value in self._values(explorer, group, start):
                values[value] = None
        if not values:
            return IMPOSSIBLE
        order = self.term.sort.values
        found = sorted(values, key=order.index if order else str)
        return " or ".join(map(str, found))

    def _values(
        self, explorer: Explorer, group: tuple[Occurrence, ...], start: Start
    ) -> set[Value]:
        machine = self.machine
        states = {machine.state_of(start.state)}
        early = all(o.instance.declaration.early for o in group)
        if not start.settled and not early:
            states = {s.state for state in states for s in explorer.settled(state)}
        codes = next((o.kill_codes for o in group if o.kill_codes is not None), None)
        codes = None if codes is None else self.cutter.codes(codes)
        for occurrence in group:
            action = self.actions[occurrence.instance.name]
            coded = {i.name for i in action.inputs if i.role == "code"}
            limits = {
                n: self.cutter.codes(v) if n in coded else v for n, v in occurrence.allowed.items()
            }
            states = {s for at in states for _, s in explorer.after(action, at, limits=limits)}
        settled = {s.state for state in states for s in explorer.settled(state, codes)}
        return {machine.value(self.term, s) for s in settled}


def _cutter(
    system: TransitionSystem,
    roots: Sequence[Term],
    rows: Sequence[_Row],
    prepared: Sequence[tuple[str, Mapping[str, int]]],
) -> Cutter:
    """What makes classes of exit codes; counts stay as they are, since a table may show them."""
    terms = [x for a in system.actions() for x in (a.guard, *a.updates.values())]
    codes = {frozenset((code,)) for _, given in prepared for code in given.values()}
    for occurrence in (o for row in rows for group in row.alternatives for o in group):
        inputs = {i.name for i in occurrence.instance.inputs if i.role == "code"}
        named = [v for n, v in occurrence.allowed.items() if n in inputs]
        named += [] if occurrence.kill_codes is None else [occurrence.kill_codes]
        codes |= {frozenset(map(int, values)) for values in named}
    cut = cut_for(needs_of([*terms, *roots]), codes)
    return Cutter(cut._replace(top=int(COUNTS.values[-1])))
