"""A safety question as SMT-LIB 2: plain definitions, and constrained Horn clauses.

A value is the number of its position in its sort, as a bit-vector of the least width (a
Boolean is a Bool).  Names are podcheck's own in bars, such as ``|app.record|``; the value
after a step has a prime: ``|app.record'|``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from podcheck.core.terms import Sort, Term, Value
from podcheck.export.operators import OPERATORS
from podcheck.export.sharing import Printed, printed
from podcheck.export.values import Numbering, legend
from podcheck.transform.safety import PRIME, Safety

ACTION = "|action|"  # the input of `trans` that says which action is taken


def horn(asked: Safety, heading: Iterable[str] = ()) -> list[str]:
    """The question as constrained Horn clauses, after a heading and what an answer means."""
    about = [*heading, "sat: no violation can be reached; unsat: one can"]
    return [*(f"; {line}" for line in about), *SmtSystem(asked).horn()]


class Declared(NamedTuple):
    """A constant or parameter: its quoted name and the text of its sort."""

    name: str
    sort: str

    def __str__(self) -> str:
        return f"({self.name} {self.sort})"


class SmtSystem:
    """The transition system of one question as text.

    ``definitions`` gives, as ``define-fun``, the Boolean functions ``init`` and ``domain``
    (of a state: it is a start; each variable is a value of its sort), ``trans`` (of a
    state, inputs and a next state) and ``property`` (of a state; if the condition refers to
    steps, of a state and a next state).  ``declarations`` declares what they may be applied
    to as constants: ``state``, ``next`` and ``inputs``, in this order of parameters.
    """

    def __init__(self, asked: Safety) -> None:
        self.asked = asked
        self.actions = asked.system.actions()
        self._numbering = Numbering()
        variables = asked.system.variables
        self.state = tuple(self._declared(v.name, v.sort) for v in variables)
        self.next = tuple(self._declared(v.name + PRIME, v.sort) for v in variables)
        self._inputs = {i.name: i for a in self.actions for i in a.inputs}
        self._selector = max(1, (len(self.actions) - 1).bit_length())  # bits
        self.inputs = (
            Declared(ACTION, f"(_ BitVec {self._selector})"),
            *(self._declared(i.name, i.sort) for i in self._inputs.values()),
        )

    # ---- names and values -------------------------------------------------------------------

    def _declared(self, name: str, sort: Sort) -> Declared:
        width = self._numbering.width(sort)
        return Declared(f"|{name}|", f"(_ BitVec {width})" if width else "Bool")

    def literal(self, sort: Sort, value: Value) -> str:
        """The text of a value."""
        if sort.kind == "bool":
            return "true" if value else "false"
        number = self._numbering.position(sort, value)
        return f"#b{number:0{self._numbering.width(sort)}b}"

    def _text(self, term: Term, arguments: list[str]) -> str:
        if term.op == "var":
            return f"|{term.value}|"
        if term.op == "const":
            return self.literal(term.sort, term.value)
        return OPERATORS[term.op].smt(arguments, term, self.literal)

    def printed(self, roots: Sequence[Term]) -> Printed:
        """Terms as texts; shared ones by names to be bound around them (``bound``)."""
        return printed(roots, self._text, lambda n: f"${n}")

    # ---- definitions ------------------------------------------------------------------------

    def definitions(self, *, steps: bool = True) -> list[str]:
        """``init``, ``domain``, ``trans`` and ``property``, a line or more each; ``trans`` only
        if ``steps`` are referred to."""
        trans = self._trans_defined if steps else []
        return [*self._states_defined, *trans, *self._property_defined]

    @cached_property  # scripts about one system share their definitions
    def _states_defined(self) -> list[str]:
        lines = self._legend()
        lines += [f"; |{i.name}|: {legend(i.sort)}" for i in self._inputs.values()]
        names = ", ".join(f"{n} {a.name}" for n, a in enumerate(self.actions))
        lines += [f"; {ACTION}: {names}", ""]
        lines += self.function("init", self.state, [self._init()])
        return lines + self.function(
            "domain", self.state, [self._domain(self.state, self._sorts())]
        )

    @cached_property
    def _trans_defined(self) -> list[str]:
        everything = (*self.state, *self.inputs, *self.next)
        return self.function("trans", everything, self._trans())

    @cached_property
    def _property_defined(self) -> list[str]:
        return self.predicate("property", self.asked.condition, self.asked.on_steps)

    def predicate(self, name: str, term: Term, on_steps: bool = False) -> list[str]:
        """A Boolean term as a function of a state, or of a state and a next state."""
        found = self.printed([term])
        parameters = (*self.state, *self.next) if on_steps else self.state
        return self.function(name, parameters, bound(found, [found.texts[term]]))

    def function(self, name: str, parameters: Iterable[Declared], body: list[str]) -> list[str]:
        """A Boolean function of those parameters."""
        head = f"(define-fun {name} ({' '.join(map(str, parameters))}) Bool"
        return [head, *(f"  {line}" for line in body[:-1]), f"  {body[-1]})"]

    def declarations(self) -> list[str]:
        """``state``, ``inputs`` and ``next`` as constants."""
        constants = (*self.state, *self.inputs, *self.next)
        return [f"(declare-const {d.name} {d.sort})" for d in constants]

    def call(self, function: str, *arguments: Sequence[Declared]) -> str:
        """A function applied to constants, such as ``call("trans", s.state, s.inputs, s.next)``."""
        return _applied(function, (d.name for group in arguments for d in group))

    def _sorts(self) -> list[Sort]:
        return [v.sort for v in self.asked.system.variables]

    def _legend(self) -> list[str]:
        """A comment for each variable: what its values stand for."""
        pairs = zip(self.state, self._sorts(), strict=True)
        return [f"; {d.name}: {legend(sort)}" for d, sort in pairs]

    def _init(self) -> str:
        variables = self.asked.system.variables
        starts = []
        for start in self.asked.starts:
            values = [self.literal(v.sort, start.state[v.name]) for v in variables]
            pairs = zip(self.state, values, strict=True)
            starts.append(conjunction(f"(= {d.name} {value})" for d, value in pairs))
        return starts[0] if len(starts) == 1 else f"(or {' '.join(starts)})"

    def _domain(self, declared: Sequence[Declared], sorts: Sequence[Sort]) -> str:
        return conjunction(self._bounds(declared, sorts))

    def _bounds(self, declared: Sequence[Declared], sorts: Sequence[Sort]) -> list[str]:
        """For each constant whose sort has fewer values than its bits, its largest value."""
        found = []
        for each, sort in zip(declared, sorts, strict=True):
            width, top = self._numbering.width(sort), self._numbering.top(sort)
            if width and top + 1 < 1 << width:
                found.append(f"(bvule {each.name} #b{top:0{width}b})")
        return found

    def _trans(self) -> list[str]:
        """The chosen action's guard holds, and each variable becomes what that action says."""
        actions = self.actions
        roots = [t for a in actions for t in (a.guard, *a.updates.values())]
        found = self.printed(roots)
        chosen = [f"(= {ACTION} #b{n:0{self._selector}b})" for n in range(len(actions))]
        parts = []
        if len(actions) < 1 << self._selector:
            parts.append(f"(bvule {ACTION} #b{len(actions) - 1:0{self._selector}b})")
        parts += self._bounds(self.inputs[1:], [i.sort for i in self._inputs.values()])
        for number, action in enumerate(actions):
            if action.event:
                parts.append(f"(=> {chosen[number]} {found.texts[action.guard]})")
        for now, after, v in zip(self.state, self.next, self.asked.system.variables, strict=True):
            value = now.name
            for number, action in reversed([*enumerate(actions)]):
                if v.name in action.updates:
                    value = f"(ite {chosen[number]} {found.texts[action.updates[v.name]]} {value})"
            parts.append(f"(= {after.name} {value})")
        return bound(found, ["(and", *(f"  {p}" for p in parts[:-1]), f"  {parts[-1]})"])

    # ---- Horn clauses -----------------------------------------------------------------------

    def horn(self) -> list[str]:
        """The question as constrained Horn clauses: ``sat`` means that it holds.

        One predicate over the state, ``reachable``; a fact for each start, a clause for
        each action, and a query.
        """
        sorts = " ".join(d.sort for d in self.state)
        lines = ["(set-logic HORN)", f"(declare-fun reachable ({sorts}) Bool)"]
        lines += self._legend()
        for start in self.asked.starts:
            values = (
                self.literal(v.sort, start.state[v.name]) for v in self.asked.system.variables
            )
            lines += ["", f"; start: {start.text}, {start.policy}"]
            lines += [f"(assert {_applied('reachable', values)})"]
        for action in self.actions:
            lines += ["", f"; {action.name}", *self._clause(action.guard, action.updates)]
        return [*lines, "", "; the property", *self._query(), "", "(check-sat)"]

    def _clause(self, guard: Term, updates: Mapping[str, Term]) -> list[str]:
        found = self.printed([guard, *updates.values()])
        read = [i for i in self._inputs.values() if i.name in _leaves(found)]
        inputs = [self._declared(i.name, i.sort) for i in read]
        before = [self.call("reachable", self.state), found.texts[guard]]
        before += self._bounds(inputs, [i.sort for i in read])
        after = []
        for d, v in zip(self.state, self.asked.system.variables, strict=True):
            after.append(found.texts[updates[v.name]] if v.name in updates else d.name)
        body = bound(found, [f"(=> {conjunction(before)}", f"    {_applied('reachable', after)})"])
        return _forall((*self.state, *inputs), body)

    def _query(self) -> list[str]:
        lines = [*self._property_defined]
        reached = self.call("reachable", self.state)
        if not self.asked.on_steps:
            wrong = f"(not {self.call('property', self.state)})"
            return [*lines, *_forall(self.state, [f"(=> (and {reached} {wrong}) false)"])]
        everything = (*self.state, *self.inputs, *self.next)
        lines += self._trans_defined
        wrong = f"(not {self.call('property', self.state, self.next)})"
        step = self.call("trans", everything)
        return [*lines, *_forall(everything, [f"(=> (and {reached} {step} {wrong}) false)"])]


def conjunction(parts: Iterable[str]) -> str:
    """The conjunction of any number of texts; ``true`` of none."""
    found = [p for p in parts if p != "true"]
    if len(found) < 2:
        return found[0] if found else "true"
    return f"(and {' '.join(found)})"


def bound(found: Printed, body: list[str]) -> list[str]:
    """A body with the names of its shared terms bound around it, level by level."""
    levels = found.levels()
    lines = []
    for group in levels:
        pairs = " ".join(f"({n.name} {n.text})" for n in group)
        lines.append(f"(let ({pairs})")
    return [*lines, *body[:-1], body[-1] + ")" * len(levels)]


def _leaves(found: Printed) -> set[str]:
    return {t.value for t in found.texts if t.op == "var"}


def _applied(function: str, arguments: Iterable[str]) -> str:
    found = [*arguments]
    return f"({function} {' '.join(found)})" if found else function


def _forall(declared: Sequence[Declared], body: list[str]) -> list[str]:
    if not declared:
        return ["(assert", *body[:-1], f"{body[-1]})"]
    head = f"(assert (forall ({' '.join(map(str, declared))})"
    return [head, *(f"  {line}" for line in body[:-1]), f"  {body[-1]}))"]
