"""A claim about one pod as questions: its `when` steps, or each of its formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from podcheck.compiler.assumptions import assumptions_of
from podcheck.compiler.patterns import PatternBuilder, negated
from podcheck.compiler.pod_plan import PodPlan, noted
from podcheck.compiler.questions import (
    Assumptions,
    ClaimHead,
    From,
    PromiseQuestion,
    PropertyQuestion,
    ScenarioQuestion,
)
from podcheck.core import terms as t
from podcheck.core.claims import Promise
from podcheck.core.terms import Term
from podcheck.declarations.spec import ClaimDeclaration
from podcheck.elaboration.scope import Scope
from podcheck.language.diagnostics import CLAIM
from podcheck.language.parser import Node
from podcheck.language.source import Source, Span
from podcheck.transform.observations import shown_in_order

MOST_OBSERVATIONS = 40  # in one claim
PROMISES = ("eventually", "leads_to", "until")
CAN_NOT_FAIL = "its condition holds in every state there could be"


@dataclass(frozen=True, slots=True)
class About:
    """A claim (the file's ``number``-th) about one pod: what all questions of it share."""

    claim: ClaimDeclaration
    number: int
    plan: PodPlan
    scope: Scope
    start: From
    assumptions: Assumptions

    @property
    def policies(self) -> tuple[str, ...]:
        return self.claim.policies or (self.plan.pod.policy,)

    @property
    def expects(self) -> str:
        return "fails" if self.claim.kind == "refute" else "holds"

    def shared(self, label: str) -> tuple[int, str, tuple[str, ...], From, str, Assumptions]:
        """How each of its questions begins, with this label."""
        return self.number, label, self.policies, self.start, self.expects, self.assumptions

    def refuse(self, span: Span, message: str, hint: str) -> None:
        """Report something that a claim of this kind can't hold."""
        self.plan.grounder.elaborator.diagnostics.add("E120", span, message, hint)


def _starts_of_rows(claim: ClaimDeclaration) -> dict[str, None]:
    """What the column `from` of a table says, each once; nothing without that column."""
    rows = [
        [" ".join(claim.source.text[c.start : c.end].split()) for c in row.nodes()]
        for row in claim.node.nodes("row")
    ]
    place = rows[0].index("from") if rows and "from" in rows[0] else None
    found = () if place is None else (row[place] for row in rows[1:] if len(row) > place)
    return dict.fromkeys(word for word in found if word)


def head_of(claim: ClaimDeclaration) -> ClaimHead:
    """A claim as reports name it."""
    text = claim.source.text
    start = "created"
    if claim.start is not None:
        words = text[claim.start.start : claim.start.end].split()
        start = " ".join(words).removeprefix("from ")
    start = ", ".join(_starts_of_rows(claim)) or start
    assuming = ", ".join(text[n.start : n.end] for n in claim.assuming)
    observes = claim.node.node("observe") is not None
    return ClaimHead(claim.kind, claim.title, claim.title_span, start, assuming, observes)


def about(
    claim: ClaimDeclaration, number: int, plan: PodPlan, scope: Scope, start: From | None
) -> About | None:
    """None without a start.  Assumptions with errors (they are in the diagnostics) count as not
    written, so that the errors of what is claimed are found as well."""
    if start is None:
        return None
    assumptions = assumptions_of(claim.assuming, plan.grounder, scope) or Assumptions()
    return About(claim, number, plan, scope, start, assumptions)


def ask(it: About) -> None:
    """Add the questions of a claim to its pod's plan."""
    node = it.claim.node
    steps = node.nodes("step")
    if steps:
        _ask_scenario(it, steps)
        return
    header = node.node("header")
    formulas = [n for n in node.nodes() if n is not header]
    for formula in formulas:
        it.plan.grounder.elaborator.diagnostics.did(CLAIM)
        if formula.kind == "observe":
            _ask_observations(it, formula, alone=len(formulas) == 1)
        else:
            _ask_formula(it, formula, alone=len(formulas) == 1)


# ---- scenarios -----------------------------------------------------------------------------


def _ask_scenario(it: About, steps: list[Node]) -> None:
    claim, scope = it.claim, it.scope
    if claim.kind == "check":
        hint = "Write `scenario` before a claim with `when` steps."
        it.refuse(claim.title_span, "A check has no `when` steps.", hint)
        return
    if claim.kind == "find" and not _has_one_condition(it, steps):
        return
    automaton = PatternBuilder(it.plan.grounder, scope).scenario(steps)
    if automaton is None:
        return
    sought = claim.kind == "find"
    if sought:
        automaton = negated(automaton)
    conditions = [n.nodes()[0] for s in steps for n in (s.node("at_once"), s.node("then")) if n]
    empty = ""
    if not conditions and not sought:
        empty = "no step says what must hold"
    elif not sought and all(can_not_fail(it, n) for n in conditions):
        empty = CAN_NOT_FAIL
    it.plan.add(
        ScenarioQuestion(
            *it.shared(""), sought=sought, automaton=automaton,
            spans=tuple(_span(s, "then", claim.source) for s in steps),
            events=tuple(scope.span(s.nodes()[0]) for s in steps), empty=empty,
            firsts=tuple(_span(s, "at_once", claim.source) for s in steps),
        ),
    )  # fmt: skip


def _has_one_condition(it: About, steps: list[Node]) -> bool:
    """Has a find one condition, at its last step?  A run is a witness by one condition."""
    conditions = [n for s in steps for n in (s.node("at_once"), s.node("then")) if n]
    last = steps[-1].nodes()
    wrong = [n for n in conditions if n not in last] or conditions[1:]
    for node in wrong:
        hint = "Put what must hold there into it, or write a scenario."
        it.refuse(it.scope.span(node), "A find has one condition, at its last `when`.", hint)
    return not wrong


def _span(step: Node, wanted: str, source: Source) -> Span:
    """The place of a step's condition: the one wanted, else what there is."""
    condition = step.node(wanted) or step.node("then") or step.node("at_once") or step
    inner = condition.nodes()[-1] if condition is not step else condition
    return source.span(inner.start, inner.end)


def can_not_fail(it: About, node: Node) -> bool:
    """Is a condition true whatever the state is, and whatever this pod's own facts are?"""
    return _skeleton(it, node) is t.TRUE


_CONNECTIVES: Mapping[str, Callable[..., Term]] = {
    "and_": t.and_, "or_": t.or_, "not_": t.not_, "implies": t.implies,
}  # fmt: skip


def _skeleton(it: About, node: Node) -> Term:
    """A condition in which each part that the pod's own facts decide is left open."""
    if node.kind in ("true", "false"):
        return t.TRUE if node.kind == "true" else t.FALSE
    if node.kind == "primary" and len(node.nodes()) == 1:
        return _skeleton(it, node.nodes()[0])
    if node.kind in _CONNECTIVES:
        return _CONNECTIVES[node.kind](*(_skeleton(it, n) for n in node.nodes()))
    if node.kind == "next_":
        inner = _skeleton(it, node.nodes()[0])
        if inner.is_const:
            return inner
    term = _quietly(it, node)
    if term is None or (term.is_const and not _is_of_itself(it, node)):
        return t.var(f"{node.start}: {it.scope.words(node)}", t.BOOL)
    return term


def _is_of_itself(it: About, node: Node) -> bool:
    """Does a comparison compare something with itself?"""
    return node.kind == "compare" and len({it.scope.words(n) for n in node.nodes()}) == 1


def _quietly(it: About, node: Node) -> Term | None:
    """A condition by itself; None if it means nothing without the rest of its claim."""
    elaborator = it.plan.grounder.elaborator
    with elaborator.apart():  # `RESTARTS = a.restartCount + b.restartCount` says something
        return elaborator.condition(node, it.scope, ahead=True)


# ---- formulas ------------------------------------------------------------------------------


def _ask_formula(it: About, formula: Node, *, alone: bool) -> None:
    elaborator = it.plan.grounder.elaborator
    ahead = formula.kind in ("always", "never")
    conditions = [elaborator.condition(b, it.scope, ahead) for b in formula.nodes()]
    if any(c is None for c in conditions) or not _may_hold(it, formula):
        return
    found = [c for c in conditions if c is not None]
    label = "" if alone else it.scope.text(formula)
    if formula.kind in PROMISES:
        _ask_promise(it, formula, found, label)
        return
    condition = _meaning(formula.kind, found[0])
    stays = formula.kind == "stays"
    premise = found[0] if stays else _premise(it, formula)
    half = formula.nodes()[0] if stays else _half(formula)
    it.plan.add(
        PropertyQuestion(
            *it.shared(label), sought=formula.kind == "holds", condition=condition,
            spans=(it.scope.span(formula),),
            empty=it.assumptions.contradiction or _empty(it, formula, condition),
            premise=premise, about=it.scope.words(half) if premise is not None else "",
        ),
    )  # fmt: skip


def _empty(it: About, formula: Node, condition: Term) -> str:
    """Why a check asks nothing, if what it says is true of every state there could be."""
    inner = formula.nodes()[0]
    if condition is not t.TRUE or it.claim.kind == "find":
        return ""
    wanted = t.FALSE if formula.kind == "never" else t.TRUE
    return CAN_NOT_FAIL if _skeleton(it, inner) is wanted else ""


def _premise(it: About, formula: Node) -> Term | None:
    """What stands before the `implies` that an `always` refers to."""
    half = _half(formula)
    if formula.kind != "always" or half is formula:
        return None
    premise = _quietly(it, half)
    reads_ahead = premise is None or any(n.endswith("'") for n in t.variables([premise]))
    return None if reads_ahead else premise


def _half(formula: Node) -> Node:
    """The first half of the `implies` that a formula holds; the formula if it holds none."""
    inner = formula.nodes()[0]
    while inner.kind == "primary" and len(inner.nodes()) == 1:
        inner = inner.nodes()[0]
    return inner.nodes()[0] if inner.kind == "implies" else formula


def _ask_observations(it: About, formula: Node, *, alone: bool) -> None:
    """`observe`: a find of a run that shows statuses in this order.  A refutation of it holds if
    there is none."""
    elaborator, nodes = it.plan.grounder.elaborator, formula.nodes()
    conditions = [elaborator.condition(n, it.scope) for n in nodes]
    if not alone:
        hint = "Make a claim of its own of it."
        it.refuse(it.scope.span(formula), "`observe` is the only line of its claim.", hint)
    elif it.claim.kind not in ("find", "refute"):
        hint = "Write `find` if some run shows this, `refute` if none does."
        it.refuse(it.scope.span(formula), f"A {it.claim.kind} can't hold `observe`.", hint)
    elif len(nodes) > MOST_OBSERVATIONS:
        message = f"{len(nodes)} observations are too many (at most {MOST_OBSERVATIONS})."
        elaborator.diagnostics.add("E403", it.scope.span(formula), message, "Split the claim.")
    elif (found := tuple(c for c in conditions if c is not None)) and len(found) == len(nodes):
        empty = CAN_NOT_FAIL if all(can_not_fail(it, n) for n in nodes) else ""
        it.plan.add(
            PropertyQuestion(
                *it.shared(""), sought=True, condition=shown_in_order(noted(it.number), found),
                spans=(it.scope.span(formula),), empty=it.assumptions.contradiction or empty,
                observed=found, observations=tuple(it.scope.span(n) for n in nodes),
            ),
        )  # fmt: skip


def _ask_promise(it: About, formula: Node, terms: list[Term], label: str) -> None:
    """`eventually`, `leads to` and `until`: the last condition is the one that must come."""
    first = terms[0] if len(terms) == 2 else None
    promise = Promise(None, terms[-1])
    if formula.kind == "leads_to":
        promise = promise._replace(since=first)
    elif formula.kind == "until":
        promise = promise._replace(meanwhile=first)
    goal = formula.nodes()[-1]
    empty = CAN_NOT_FAIL if can_not_fail(it, goal) else ""
    if promise.since is t.FALSE:
        empty = f"`{it.scope.words(formula.nodes()[0])}` holds in no state"
    it.plan.add(
        PromiseQuestion(
            *it.shared(label),
            promise=promise,
            spans=(it.scope.span(formula),),
            empty=it.assumptions.contradiction or empty,
        ),
    )


def _may_hold(it: About, formula: Node) -> bool:
    """Can a claim of this kind hold such a formula?"""
    kind, span = it.claim.kind, it.scope.span(formula)
    if formula.kind == "holds" and kind != "find":
        hint = "Write `always`, `never`, `stays` or `eventually` before it."
        it.refuse(span, f"A {kind} does not say when this must hold.", hint)
        return False
    if formula.kind != "holds" and kind in ("scenario", "find"):
        hint = "Write `check` for a claim with always, never, stays or eventually."
        word = formula.kind.replace("_", " ")
        it.refuse(span, f"A {kind} can't hold `{word}`.", hint)
        return False
    return True


def _meaning(kind: str, condition: Term) -> Term:
    """The condition that a formula asks about."""
    if kind == "never":
        return t.not_(condition)
    if kind == "stays":
        return t.implies(condition, t.primed(condition))
    return condition
