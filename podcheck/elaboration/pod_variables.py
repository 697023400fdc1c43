"""What the declarations of a rule pack are for one pod: variables, inputs and named lists.

Each is made when it is first asked for, so only what a claim depends on ever becomes a term.
"""

from __future__ import annotations

from typing import Any, NoReturn

from lark import Token

from podcheck.core import terms as t
from podcheck.core.rule_selectors import selected
from podcheck.core.system import Alternative, Decision, Input, Variable
from podcheck.core.terms import FALSE, TRUE, Sort, Term
from podcheck.declarations.pack import POLICY, Define, RuleList
from podcheck.declarations.pod import Container, Role
from podcheck.elaboration.expressions import Expressions
from podcheck.elaboration.hints import container_hint
from podcheck.elaboration.scope import GHOST, Binding, Scope
from podcheck.language.parser import Node


class PodVariables:
    """The state, the inputs and the lists of one pod."""

    def __init__(self, expressions: Expressions) -> None:
        self.exprs = expressions
        self.pack = expressions.pack
        self.pod = expressions.pod
        self.settings = expressions.settings
        self.variables: dict[str, Variable] = {}
        self.inputs: dict[str, Input] = {}
        self.decisions: dict[tuple[str, str], Decision] = {}
        self.values: dict[tuple[str, str], Term] = {}
        self._open: list[tuple[str, str]] = []
        self._define_values: dict[tuple[int | Binding, ...], Term] = {}
        self.policy = self._variable("policy", POLICY, "Always", None, "policy", False)

    # ---- variables and inputs ------------------------------------------------------------

    def sized(self, sort: Sort | None) -> Sort:
        """A declared sort with the codes or the counts that the settings tell apart."""
        assert sort is not None
        if sort.kind == "code":
            return self.settings.codes
        return self.settings.counts if sort.kind == "count" else sort

    def _variable(
        self, name: str, sort: Sort, initial: Any, c: Container | None, field: str, published: bool
    ) -> Term:
        if name not in self.variables:
            owner = c.name if c else ""
            self.variables[name] = Variable(name, sort, initial, owner, field, published)
        return t.var(name, sort)

    def pod_variable(self, name: str) -> Term:
        """The variable of the pod, or its initial value if this pod has no such state."""
        if name in self.variables:
            return t.var(name, self.variables[name].sort)
        declared = self.pack.pod_state[name]
        sort = self.sized(declared.sort)
        scope = Scope(declared.declared.source, {})
        initial = self.exprs.expr(declared.initial, scope, sort)
        if declared.of_job and not self.pod.places:
            return initial
        if (
            declared.condition is not None
            and self.exprs.boolean(declared.condition, scope) is FALSE
        ):
            return initial
        return self._variable(name, sort, initial.value, None, name, declared.published)

    def container_variable(self, c: Container, field: str) -> Term:
        """The variable of a container, or its initial value if it has no such state."""
        name = f"{c.name}.{field}"
        if name in self.variables:
            return t.var(name, self.variables[name].sort)
        declared = self.pack.state_of(c.role is Role.PLACE)[field]
        sort = self.sized(declared.sort)
        scope = Scope(declared.declared.source, {"p" if c.role is Role.PLACE else "c": c})
        initial = self.exprs.expr(declared.initial, scope, sort)
        if declared.condition is not None:
            exists = self.exprs.boolean(declared.condition, scope)
            if exists is FALSE:
                return initial
        if c is GHOST:
            return t.var(name, sort)
        return self._variable(name, sort, initial.value, c, field, declared.published)

    def variable(self, field: str, c: Container | None) -> Term:
        """The variable (or constant) that a state field is for a container or the pod."""
        return self.pod_variable(field) if c is None else self.container_variable(c, field)

    def input_term(self, name: str, c: Container | None, node: Node | Token, scope: Scope) -> Term:
        """What the environment chooses in a sync, for a container or the pod."""
        for declared in self.pack.inputs[name]:
            if (declared.domain is None) != (c is None):
                continue
            inner = Scope(declared.declared.source, {})
            if c is None or c in self.exprs.members(declared.domain, inner):  # type: ignore[arg-type]
                full = f"{c.name}.{name}" if c else name
                sort = self.sized(declared.sort)
                owner = c.name if c else ""
                self.inputs[full] = Input(full, sort, declared.role, owner)
                return t.var(full, sort)
        return self.misapplied(name, c, node, scope)

    # ---- named lists ---------------------------------------------------------------------

    def named(self, name: str, c: Container | None, node: Node | Token, scope: Scope) -> Term:
        """The value of a ``decide`` or a ``define`` for one container or the pod."""
        if name in self.pack.defines:
            values: list[Binding] = [] if c is None else [c]
            for define in self.pack.defines[name]:
                if len(define.parameters) == len(values) and (
                    c is GHOST or self.accepts(define, values)
                ):
                    return self.defined(define, values)
            self.misapplied(name, c, node, scope)
        for rules in self.pack.decides[name]:
            if self.covers(rules, c):
                return self.grounded(rules, c, None)
        return self.misapplied(name, c, node, scope)

    def defined(self, define: Define, values: list[Binding]) -> Term:
        """What a definition is for some arguments."""
        key = (id(define), *values)
        if key not in self._define_values:
            names = {p.name: v for p, v in zip(define.parameters, values, strict=True)}
            inner = Scope(define.declared.source, names)
            self._define_values[key] = self.exprs.expr(define.body, inner, define.sort)
        return self._define_values[key]

    def misapplied(
        self, name: str, c: Container | None, node: Node | Token, scope: Scope
    ) -> NoReturn:
        """Report a name that this container, or the pod, does not have."""
        if c is None:
            hint = container_hint(name, self.exprs.example, self.pack)
            self.exprs.fail("E105", scope, node, f"`{name}` belongs to a container.", hint)
        message = f"A {c.role} container has no `{name}`."
        self.exprs.fail("E105", scope, node, message)

    def accepts(self, define: Define, values: list[Binding]) -> bool:
        """Are the values in the domains of a definition's parameters?"""
        for parameter, value in zip(define.parameters, values, strict=True):
            if parameter.domain is not None:
                inner = Scope(define.declared.source, {})
                if value not in self.exprs.members(parameter.domain, inner):
                    return False
        return True

    def covers(self, rules: RuleList, c: Container | None) -> bool:
        """Does a list refer to a container (or, without one, of the pod)?"""
        if c is None or not rules.parameters:
            return c is None and not rules.parameters
        domain = rules.parameters[0].domain
        if c is GHOST or domain is None:
            return True
        return c in self.exprs.members(domain, Scope(rules.declared.source, {}))

    def grounded(self, rules: RuleList, c: Container | None, kept: Term | None) -> Term:
        """The term of a first-match list; ``kept`` is the value where no line applies."""
        decision = rules.lines[0].rule.decision
        key = (decision, c.name if c else "")
        if key in self.values:
            return self.values[key]
        if key in self._open:
            scope = Scope(rules.declared.source, {})
            self.exprs.fail(
                "E110", scope, rules.declared.node, f"`{rules.name}` depends on itself."
            )
        self._open.append(key)
        try:
            value = self._first_match(rules, c, kept, key)
        finally:
            self._open.pop()
        self.values[key] = value
        return value

    def _first_match(
        self, rules: RuleList, c: Container | None, kept: Term | None, key: tuple[str, str]
    ) -> Term:
        names: dict[str, Binding] = {rules.parameters[0].name: c} if c else {}
        sort = self.sized(rules.sort)
        alternatives: list[Alternative] = []
        for line in rules.lines:
            scope = Scope(line.source, names)
            guard = TRUE if line.guard is None else self.exprs.boolean(line.guard, scope)
            if guard is FALSE:
                continue
            value = self.exprs.expr(line.value, scope, sort)
            value = self.exprs.same_sort(value, sort, line.value, scope)
            if self.settings.selectors:
                value = selected(line.rule, key[1], value)
            alternatives.append(Alternative(line.rule, guard, value))
            if guard is TRUE:
                break
        result = kept
        if alternatives and alternatives[-1].guard is TRUE:
            result = alternatives[-1].value
        if result is None:
            scope = Scope(rules.declared.source, {})
            node = rules.declared.node
            self.exprs.fail("E111", scope, node, f"`{rules.name}` has no `otherwise`.")
        for alternative in reversed(alternatives):
            result = t.ite(alternative.guard, alternative.value, result)
        self.decisions[key] = Decision(key[0], key[1], tuple(alternatives))
        return result
