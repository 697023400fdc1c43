"""Claims of a file that contradict each other: they ask the same question and expect answers that
can't both be right.

Only questions about one pod are compared that begin alike, under the same assumptions, with the
same events: of `when` steps the same pattern, of other claims every run.  What they expect
contradicts each other if no state meets both, as far as that is seen without a solver.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence

from podcheck.compiler.engine_claims import races_of
from podcheck.compiler.pod_plan import PodPlan
from podcheck.compiler.questions import (
    PromiseQuestion,
    PropertyQuestion,
    Question,
    ScenarioQuestion,
)
from podcheck.core.claims import Automaton, Edge
from podcheck.core.substitution import substituted
from podcheck.core.terms import FALSE, Term, Value, const, not_, variables, walk
from podcheck.declarations.pod import POLICIES
from podcheck.declarations.spec import ClaimDeclaration
from podcheck.language.diagnostics import Diagnostics

FINITE = ("bool", "enum", "code")  # kinds of sorts whose values are listed
MOST_BEFORE = 50  # of the same question, with which one is compared
MOST_VALUES = 32  # of a condition's one variable: each is tried


def report_contradictions(
    pods: Sequence[PodPlan], claims: Sequence[ClaimDeclaration], diagnostics: Diagnostics
) -> None:
    """A warning for each two claims, cells or formulas that contradict each other, at the later."""
    asked = Counter(q.claim for plan in pods for q in plan.questions)
    needs_one = {n for n, claim in enumerate(claims) if claim.kind in ("find", "refute")}
    comparison = _Comparison()
    seen = set()
    for plan in pods:
        for first, second in comparison.contradicting(plan.questions):
            places = (first.spans[-1], second.spans[-1])
            shared = [p for p in POLICIES if p in first.policies and p in second.policies]
            # A find or a refutation needs one run, of whichever policy, pod or formula.
            free = (
                q.claim in needs_one and (asked[q.claim] > 1 or len(q.policies) > len(shared))
                for q in (first, second)
            )  # fmt: skip
            if not shared or any(free) or places in seen:
                continue
            seen.add(places)
            message = (
                f"{_pair(first, second, claims)}: for `{plan.pod.name}` under {', '.join(shared)}"
            )
            hint = "They ask the same and expect different answers: at least one of them is wrong."
            diagnostics.add("W206", places[1], f"{message} they can't both hold.", hint)


def _pair(first: Question, second: Question, claims: Sequence[ClaimDeclaration]) -> str:
    """Both, by name, as the beginning of a sentence."""
    line, claim = first.spans[-1].line, claims[second.claim]
    if first.claim == second.claim:
        what = "rows" if claim.kind == "table" else "formulas"
        of = f'{what} of {claim.kind} "{claim.title}"'
        return f"Two {of} contradict each other, here and in line {line}"
    called = [
        f'{claims[q.claim].kind} "{claims[q.claim].title}"{f" [{q.label}]" if q.label else ""}'
        for q in (second, first)
    ]
    return f"{called[0][:1].upper()}{called[0][1:]} contradicts {called[1]} in line {line}"


def _asked(question: Question) -> Hashable:
    """What two questions share that ask the same, whatever they expect."""
    start, assumed = question.start, question.assumptions
    begins = (start.kind, start.name, start.condition)
    allowed = (
        assumed.excluded, tuple(sorted(assumed.at_most.items())), races_of(question),
        assumed.fairness,
    )  # fmt: skip
    pattern = _pattern(question.automaton) if isinstance(question, ScenarioQuestion) else None
    return begins, allowed, pattern


def _expected(question: Question) -> Hashable:
    """All that a comparison of questions that ask the same looks at."""
    if isinstance(question, PropertyQuestion):
        return question.sought, question.expects, question.condition
    edges = question.automaton.edges if isinstance(question, ScenarioQuestion) else ()
    return question.sought, question.expects, tuple([(e.step, e.then, e.at_once) for e in edges])


def _pattern(automaton: Automaton) -> Hashable:
    edges = [
        (
            e.source, e.target, e.step, e.kill_codes,
            tuple((p.action.name, tuple(sorted(p.allowed.items()))) for p in e.parts),
        )
        for e in automaton.edges
    ]  # fmt: skip
    return automaton.nodes, automaton.accept, tuple(edges)


Facts = Mapping[Term, frozenset[Value]]  # of single terms, the values that are left to each


class _Comparison:
    """Compares what questions expect; conditions are read once."""

    def __init__(self) -> None:
        self._facts: dict[Term, Facts] = {}
        self._expected: dict[Hashable, int] = {}
        self._compared: dict[tuple[int, int], bool] = {}

    def contradicting(self, questions: Sequence[Question]) -> Iterator[tuple[Question, Question]]:
        groups: dict[Hashable, list[Question]] = {}
        for question in questions:
            if not question.empty and not isinstance(question, PromiseQuestion):
                groups.setdefault(_asked(question), []).append(question)
        for group in groups.values():
            same = [self._expected.setdefault(_expected(q), len(self._expected)) for q in group]
            for place, second in enumerate(group):
                for before in range(max(0, place - MOST_BEFORE), place):
                    pair = same[before], same[place]
                    first = group[before]
                    if pair not in self._compared:
                        self._compared[pair] = self._rules_out(first, second) or self._rules_out(
                            second, first
                        )
                    if self._compared[pair]:
                        yield first, second

    def _rules_out(self, first: Question, second: Question) -> bool:
        """Does what the first says of every run rule out what the second expects?"""
        if first.sought or first.expects != "holds":
            return False
        fails = second.expects == "fails"
        if isinstance(first, PropertyQuestion) and isinstance(second, PropertyQuestion):
            if fails and second.sought:
                return False  # it wants no run
            wanted = not_(second.condition) if fails else second.condition
            return self._is_impossible(first.condition, wanted)
        assert isinstance(first, ScenarioQuestion)
        assert isinstance(second, ScenarioQuestion)
        pairs = [*zip(first.automaton.edges, second.automaton.edges, strict=True)]
        if fails or second.sought:  # some run violates a condition of `second`
            judged = [(e, f) for e, f in pairs if f.then is not None or f.at_once is not None]
            return bool(judged) and all(self._keeps(e, f) for e, f in judged)
        steps: dict[int, list[bool]] = {}
        for e, f in pairs:
            if e.then is not None or e.at_once is not None:  # a run takes one of these each step
                steps.setdefault(e.step, []).append(self._clash(e, f))
        return any(all(clashes) for clashes in steps.values())

    def _clash(self, edge: Edge, other: Edge) -> bool:
        """Can't one run meet what both say of an edge?"""
        pairs = ((edge.then, other.then), (edge.at_once, other.at_once))
        return any(a is not None and b is not None and self._is_impossible(a, b) for a, b in pairs)

    def _keeps(self, edge: Edge, other: Edge) -> bool:
        """Does what the first says of an edge rule out that what the other says is violated?"""
        pairs = ((edge.then, other.then), (edge.at_once, other.at_once))
        said = [(a, not_(b)) for a, b in pairs if b is not None]
        return all(a is not None and self._is_impossible(a, b) for a, b in said)

    def _is_impossible(self, one: Term, other: Term) -> bool:
        """Is it seen at a glance that no state meets both conditions, though one meets each?"""
        facts, others = self._of(one), self._of(other)
        if len(others) < len(facts):
            facts, others = others, facts
        if not any(t in others and values.isdisjoint(others[t]) for t, values in facts.items()):
            return False
        return all(facts.values()) and all(others.values())

    def _of(self, condition: Term) -> Facts:
        if condition not in self._facts:
            self._facts[condition] = _facts(condition)
        return self._facts[condition]


def _facts(condition: Term) -> Facts:
    """What a condition leaves of single terms, of those that are seen in it at a glance."""
    found: dict[Term, frozenset[Value]] = {}
    for part in dict.fromkeys([condition, *(condition.args if condition.op == "and" else ())]):
        inner = part.args[0] if part.op == "not" else part
        said: list[tuple[Term, frozenset[Value]]] = [(inner, frozenset([inner is part]))]
        if inner.op == "in" and inner is part:
            said.append((inner.args[0], inner.value))
        elif inner.op == "in" and inner.args[0].sort.kind in FINITE:
            said.append((inner.args[0], frozenset(inner.args[0].sort.values) - inner.value))
        leaf = _only_variable(part)
        if leaf is not None:
            left = frozenset(v for v in leaf.sort.values if _may_hold(part, leaf, v))
            said.append((leaf, left))
        for term, values in said:
            found[term] = found.get(term, values) & values
    return found


def _only_variable(term: Term) -> Term | None:
    """The one variable that a term reads, if it has few values."""
    if len(variables([term])) != 1:
        return None
    leaf = next(t for t in walk([term]) if t.op == "var")
    few = leaf.sort.kind in FINITE and len(leaf.sort.values) <= MOST_VALUES
    return leaf if few else None


def _may_hold(term: Term, leaf: Term, value: Value) -> bool:
    return substituted([term], {leaf.value: const(leaf.sort, value)})[term] is not FALSE
