"""A table claim as questions: one for each cell of a policy column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from podcheck.compiler.claim_questions import CAN_NOT_FAIL, About, about, can_not_fail
from podcheck.compiler.patterns import PatternBuilder
from podcheck.compiler.pod_plan import PodPlan, PodPlans
from podcheck.compiler.questions import From, ScenarioQuestion
from podcheck.compiler.starts import CREATED, start_named, start_of
from podcheck.core import terms as t
from podcheck.core.terms import TEXT, Term
from podcheck.declarations.pod import POLICIES
from podcheck.declarations.spec import ClaimDeclaration
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Stop
from podcheck.language.diagnostics import CLAIM, Diagnostics, did_you_mean, nearest
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node

_COLUMNS = ("event", "pod", "from", *POLICIES)
_VALUE = 'A value such as `Failed`, `2` or `"1/3"`, several with `or`, or (a condition).'
_STATUSES = 'A phase, a set of phases, a "STATUS" in quotes, or (a condition).'


def ask_table(claim: ClaimDeclaration, number: int, pods: PodPlans) -> None:
    """Add the questions of a table (the file's ``number``-th claim) to the plans of its pods."""
    named = pods.named_by(claim)
    rows = claim.node.nodes("row")
    if not rows:
        return  # the verdict says that the table is empty
    columns = _columns(claim, rows[0], pods.diagnostics)
    if columns is None:
        return
    for row in rows[1:]:
        pods.diagnostics.did(CLAIM)
        cells, width = row.nodes(), len(rows[0].nodes())
        if len(cells) != width:
            span = claim.source.span(row.start, row.end)
            message = f"This row has {len(cells)} cells, the head has {width}."
            pods.diagnostics.add("E122", span, message, "Add or remove a `|`.")
            continue
        places = {name: cells[i] for name, i in columns.items()}
        heads = {_head(h): h for h in rows[0].nodes() if h.kind == "value_head"}
        _Row(claim, number, pods, named, places, heads).ask()


def _columns(
    claim: ClaimDeclaration, head: Node, diagnostics: Diagnostics
) -> dict[str, int] | None:
    """The place of each column, by its head; None if the head has errors."""
    columns: dict[str, int] = {}
    good = True
    for i, cell in enumerate(head.nodes()):
        word, span = _head(cell), claim.source.span(cell.start, cell.end)
        if not word:  # an empty cell has been reported
            good = False
        elif word not in _COLUMNS and cell.kind != "value_head":
            known = f"Known columns: {', '.join(_COLUMNS)}, and values such as `job.phase`."
            hint = did_you_mean(word, _COLUMNS, known)
            diagnostics.add("E103", span, f"There is no column `{word}`.", hint)
            good = False
        elif word in columns:
            diagnostics.add("E122", span, f"There are two columns `{word}`.")
            good = False
        columns[word] = i
    if good and "event" not in columns:
        message = "A table needs a column `event`."
        diagnostics.add("E122", claim.title_span, message)
        good = False
    return columns if good else None


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a table, its cells by column."""

    claim: ClaimDeclaration
    number: int
    pods: PodPlans
    named: list[PodPlan]
    cells: dict[str, Node]
    values: dict[str, Node]  # the heads of the columns that are about a value

    def ask(self) -> None:
        scope = Scope(self.claim.source, {}, ghosts=True)
        for plan in self._plans(scope):
            start = self._start(plan, scope) or CREATED  # to find more errors
            it = about(self.claim, self.number, plan, scope, start)
            if it is None:
                continue
            for policy in POLICIES:
                if policy in self.cells:
                    _ask_cell(it, policy, (policy,), self.cells["event"], self.cells[policy])
            for name, head in self.values.items():
                _ask_cell(it, name, it.policies, self.cells["event"], self.cells[name], head)

    def _plans(self, scope: Scope) -> list[PodPlan]:
        """The pods that the row is about."""
        if "pod" not in self.cells:
            return self.named if self.claim.pods else self.pods.only(self.claim)
        cell = self.cells["pod"]
        name, members = _words(cell), self.pods.members
        if name and name not in members:  # an empty cell has been reported
            hint = did_you_mean(name, members)
            self.pods.diagnostics.add("E102", scope.span(cell), f"There is no pod `{name}`.", hint)
            name = nearest(name, members) or ""
        return members.get(name, [])

    def _start(self, plan: PodPlan, scope: Scope) -> From | None:
        if "from" not in self.cells:
            return start_of(self.claim.start, plan.grounder, scope)
        cell = self.cells["from"]
        words = _words(cell).split()
        if not words:
            return None  # an empty cell has been reported
        return start_named(words[-1], words[0] == "any", plan.grounder, scope.span(cell))


def _ask_cell(
    it: About,
    column: str,
    policies: tuple[str, ...],
    event: Node,
    cell: Node,
    head: Node | None = None,
) -> None:
    if cell.kind == "any_cell":
        return
    scope, grounder = it.scope, it.plan.grounder
    try:
        then = _condition(cell, head, grounder, scope)
    except Stop:
        then = None
    if then is None:
        return
    if event.kind != "pattern_cell":
        grounder.elaborator.diagnostics.add("E104", scope.span(event), "An event must stand here.")
        return
    automaton = PatternBuilder(grounder, scope).cell(event.nodes()[0], then)
    if automaton is None:
        return
    expects = "fails" if cell.has("BANG") else "holds"
    it.plan.add(
        ScenarioQuestion(
            it.number, f"{scope.words(event)} | {column}", policies, it.start, expects,
            it.assumptions, automaton=automaton, spans=(scope.span(cell),),
            events=(scope.span(event),),
            empty=CAN_NOT_FAIL if then is t.TRUE and _asks_nothing(it, cell) else "",
        ),
    )  # fmt: skip


def _asks_nothing(it: About, cell: Node) -> bool:
    """Is what a cell says true whatever the status is?"""
    return cell.kind != "condition_cell" or can_not_fail(it, cell.nodes()[0])


def _condition(cell: Node, head: Node | None, grounder: Grounder, scope: Scope) -> Term | None:
    """What must hold where a cell's event has led."""
    elaborator = grounder.elaborator
    if cell.kind == "condition_cell":
        return elaborator.condition(cell.nodes()[0], scope)
    if head is not None:
        return elaborator.condition(_is_one_of(head, cell, grounder, scope), scope)
    if not cell.nodes():
        elaborator.fail("E123", scope, cell, "This is no status.", _STATUSES)
    return t.or_(*(_status(word, grounder, scope) for word in _flat(cell.nodes()[:1])))


def _status(word: Node, grounder: Grounder, scope: Scope) -> Term:
    """A phase, or kubectl's word in quotes."""
    elaborator = grounder.elaborator
    token = word.tokens()[0]
    if len(word.children) != 1:
        elaborator.fail("E123", scope, word, "This is no status.", _STATUSES)
    if token.type == "STRING":
        return t.eq(grounder.observed("STATUS"), t.const(TEXT, unquote(str(token))))
    phase = grounder.observed("phase")
    if str(token) not in phase.sort.values:
        known = [str(v) for v in phase.sort.values]
        hint = did_you_mean(str(token), known, f"A phase is one of {', '.join(known)}.")
        if not hint.startswith("Did"):
            hint += f' For kubectl\'s word write "{token}" in quotes.'
        elaborator.fail("E123", scope, word, f"There is no phase `{token}`.", hint)
    return t.member(phase, frozenset((str(token),)))


def _is_one_of(head: Node, cell: Node, grounder: Grounder, scope: Scope) -> Node:
    """The condition that a column's value is one of those in a cell."""
    members: list[Node] = []
    kinds = {"NUMBER": "number", "STRING": "string", "WORD": "name_"}
    words = [cell] if cell.kind == "number_cell" else _flat(cell.nodes()[:1])
    for word in words:
        tokens = [t for t in word.tokens() if t.type in kinds]
        if not tokens or (word is not cell and len(word.children) != 1):
            grounder.elaborator.fail("E123", scope, word, "This is no value.", _VALUE)
        members += [_node(kinds[t.type], [t], word) for t in tokens]
    of = _node("field_of", [t for t in head.tokens() if t.type != "DOT"], head)
    return _node("in_", [of, _node("members", members, cell)], cell)


def _node(kind: str, children: list[Any], at: Node) -> Node:
    node = Node(kind, children)
    node.start, node.end = at.start, at.end
    return node


def _head(cell: Node) -> str:
    """The name of a column."""
    return _words(cell).replace(" . ", ".")


def _flat(nodes: Iterable[Node]) -> list[Node]:
    found = []
    for node in nodes:
        found += _flat(node.nodes()) if node.kind == "either" else [node]
    return found


def _words(cell: Node) -> str:
    found: list[str] = []
    stack: list[Node] = [cell]
    while stack:
        at = stack.pop()
        found += [unquote(str(t)) for t in at.tokens()]
        stack.extend(reversed(at.nodes()))
    return " ".join(found)
