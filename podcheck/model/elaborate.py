"""Elaboration: an expression of a rule pack or a claim becomes a term about one pod.

Names are resolved, sorts are checked and quantifiers are unrolled over the pod's containers
in one walk.  Every error names what was written and what was probably meant; elaboration
then goes on, so that one pass finds them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from lark import Token

from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.source import Source, Span
from podcheck.model import terms as t
from podcheck.model.code_tests import holds_number
from podcheck.model.facts import FACTS
from podcheck.model.pack import ACTION, OPERATOR, OWN_POLICY, POLICY, ROLE, Define, Pack, RuleList
from podcheck.model.pods import PROBES, Container, ExitRule, Pod, Role
from podcheck.model.system import Alternative, Decision, Input, Variable
from podcheck.model.terms import BOOL, FALSE, TEXT, TRUE, Sort, Term
from podcheck.model.texts import join, text_of

Binding = Container | ExitRule | Term


@dataclass(frozen=True, slots=True)
class Scope:
    """What names mean in an expression.

    ``implicit`` is the container that `some container: ready` speaks of; ``ghosts`` makes
    the body of a quantifier over no containers be checked all the same (for claims).
    """

    source: Source
    names: Mapping[str, Binding]
    implicit: Container | None = None
    ghosts: bool = False

    def bind(self, **names: Binding) -> Scope:
        return Scope(self.source, {**self.names, **names}, self.implicit, self.ghosts)

    def inside(self, container: Container) -> Scope:
        return Scope(self.source, self.names, container, self.ghosts)

    def span(self, node: Node | Token) -> Span:
        if isinstance(node, Node):
            return self.source.span(node.start, node.end)
        assert node.start_pos is not None and node.end_pos is not None
        return self.source.span(node.start_pos, node.end_pos)


@dataclass(frozen=True, slots=True)
class Settings:
    """What a file chooses: the version, gates set by hand, and the sorts that depend on it."""

    version: tuple[int, int]
    gates: Mapping[str, bool]
    codes: Sort
    counts: Sort
    representative: Sequence[int] = range(256)  # by code: the member of ``codes`` it stands for


class _Stop(Exception):
    """An error was reported; the expression around it has no meaning."""


class Elaborator:
    """Turns expressions into terms for one pod, and grounds named lists on demand."""

    def __init__(self, pack: Pack, pod: Pod, settings: Settings, diagnostics: Diagnostics) -> None:
        self.pack = pack
        self.pod = pod
        self.settings = settings
        self.diagnostics = diagnostics
        self.position = {c: i for i, c in enumerate(pod.containers)}
        mains = sorted(pod.of_role(Role.MAIN), key=lambda c: c.name)
        self.ordered = (*pod.of_role(Role.INIT, Role.SIDECAR), *mains)
        self.variables: dict[str, Variable] = {}
        self.inputs: dict[str, Input] = {}
        self.decisions: dict[tuple[str, str], Decision] = {}
        self.compares_codes = False
        self.values: dict[tuple[str, str], Term] = {}
        self._open: list[tuple[str, str]] = []
        self._subject = ""  # the text of what is being compared, for messages
        self._define_values: dict[tuple[int, str], Term] = {}
        self.policy = self._variable("policy", POLICY, "Always", None, "policy", False)
        self._handlers: dict[str, Callable[[Node, Scope, Sort | None], Term]] = {
            name[3:]: getattr(self, name) for name in dir(self) if name.startswith("on_")
        }

    # ---- entry points --------------------------------------------------------------------

    def condition(self, node: Node, scope: Scope, ahead: bool = False) -> Term | None:
        """A Boolean expression, or None if it has errors (they are in the diagnostics).

        ``ahead`` says whether it may speak of the next state.
        """
        try:
            for outer, inner in _nexts(node):
                if not ahead or outer is not None:
                    message = "`next` looks one step ahead, and only in `always` and `never`."
                    self.fail("E124", scope, inner.tokens("NEXT")[0], message)
            return self._boolean(node, scope)
        except _Stop:
            return None

    def expr(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        handler = self._handlers.get(node.kind)
        if handler is None:
            self.fail("E105", scope, node, "This is no expression.")
        return handler(node, scope, want)

    def fail(
        self, code: str, scope: Scope, node: Node | Token, message: str, hint: str = ""
    ) -> NoReturn:
        """Report an error; the expression around it has no meaning."""
        self.diagnostics.add(code, scope.span(node), message, hint)
        raise _Stop

    # ---- connectives ---------------------------------------------------------------------

    def _both(self, node: Node, scope: Scope) -> list[Term]:
        result, stopped = [], False
        for child in node.nodes():
            try:
                result.append(self._boolean(child, scope))
            except _Stop:
                stopped = True
        if stopped:
            raise _Stop
        return result

    def _boolean(self, node: Node, scope: Scope) -> Term:
        term = self.expr(node, scope, BOOL)
        if term.sort is not BOOL:
            text = self._text(node, scope)
            hint = f"Compare it: `{text} = ...`."
            self.fail("E201", scope, node, f"`{text}` is no condition.", hint)
        return term

    def on_and_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        first, second = node.nodes()
        if not scope.ghosts:
            term = self._boolean(first, scope)
            return FALSE if term is FALSE else t.and_(term, self._boolean(second, scope))
        return t.and_(*self._both(node, scope))

    def on_or_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        first, second = node.nodes()
        if not scope.ghosts:
            term = self._boolean(first, scope)
            return TRUE if term is TRUE else t.or_(term, self._boolean(second, scope))
        return t.or_(*self._both(node, scope))

    def on_implies(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        a, b = self._both(node, scope)
        return t.implies(a, b)

    def on_not_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.not_(self._boolean(node.nodes()[0], scope))

    def on_primary(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return self.expr(node.nodes()[0], scope, want)

    def on_if_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        cond_node, then_node, else_node = node.nodes()
        cond = self._boolean(cond_node, scope)
        if cond is TRUE:
            return self.expr(then_node, scope, want)
        if cond is FALSE:
            return self.expr(else_node, scope, want)
        then = self.expr(then_node, scope, want)
        other = self.expr(else_node, scope, then.sort)
        return t.ite(cond, then, self.same_sort(other, then.sort, else_node, scope))

    # ---- quantifiers ---------------------------------------------------------------------

    def _members(self, selector: Node, scope: Scope) -> list[Scope]:
        """One scope for each member that the selector names."""
        if selector.kind == "bound":
            name = str(selector.tokens("WORD")[0])
            domain = selector.node("set_expr") or selector.node("rules_of")
            assert domain is not None
            members = self.members(domain, scope)
            if not members and scope.ghosts:
                members = [_GHOST]
            return [scope.bind(**{name: m}) for m in members]
        role = selector.node("role")
        containers = self.ordered
        if role is not None:
            wanted = Role(str(role.tokens()[0]))
            containers = tuple(c for c in self.ordered if c.role is wanted)
        if not containers and scope.ghosts:
            containers = (_GHOST,)
        names = selector.tokens("WORD")
        result = []
        for c in containers:
            inner = scope.inside(c)
            result.append(inner.bind(**{str(names[0]): c}) if names else inner)
        return result

    def members(self, domain: Node, scope: Scope) -> list[Any]:
        """The containers (or exit rules) of a set expression, in iteration order."""
        if domain.kind == "rules_of":
            word = domain.tokens("WORD")[0]
            return list(self.container(word, scope).rules)
        roles = set()
        for name in domain.nodes("set_name"):
            token = name.tokens()[0]
            roles |= set(Role) if token.type == "ALL" else {Role(str(token))}
        chosen = [c for c in self.ordered if c.role in roles]
        words = domain.tokens("WORD")
        if words:
            pivot = self.position.get(self.container(words[0], scope), -1)
            if domain.has("BEFORE"):
                chosen = [c for c in chosen if self.position[c] < pivot]
            else:
                chosen = [c for c in chosen if self.position[c] > pivot]
        return chosen

    def on_quantified(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        some = not node.has("EVERY")
        found = []
        for inner in self._members(selector, scope):
            condition = self._boolean(rest[0].nodes()[0], inner) if len(rest) > 1 else TRUE
            if condition is FALSE:
                continue
            body = self._boolean(rest[-1], inner)
            if not _speaks_of_ghost(inner):
                found.append(t.and_(condition, body) if some else t.implies(condition, body))
        result = t.or_(*found) if some else t.and_(*found)
        return t.not_(result) if node.has("NO") else result

    def on_first_of(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        result = self.expr(rest[-1], scope, want)
        members = self._members(selector, scope)
        if node.has("FIRST"):
            members = members[::-1]
        for inner in members:
            condition = self._boolean(rest[0].nodes()[0], inner) if len(rest) > 2 else TRUE
            if condition is not FALSE:
                value = self.expr(rest[-2], inner, result.sort)
                value = self.same_sort(value, result.sort, node, scope)
                if not _speaks_of_ghost(inner):
                    result = t.ite(condition, value, result)
        return result

    def on_count(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        members = self._members(selector, scope)
        sort = Sort("count", "count", tuple(range(len(members) + 1)))
        total = t.const(sort, 0)
        for inner in members:
            parts = [self._boolean(n.nodes()[0] if n.kind == "with_" else n, inner) for n in rest]
            if not _speaks_of_ghost(inner):
                one = t.ite(t.and_(*parts), t.const(sort, 1), t.const(sort, 0))
                total = t.add(total, one)
        return total

    def on_sum(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        selector, *rest = node.nodes()
        sort = self.settings.counts
        total = t.const(sort, 0)
        for inner in self._members(selector, scope):
            condition = self._boolean(rest[0].nodes()[0], inner) if len(rest) > 1 else TRUE
            value = self.same_sort(self.expr(rest[-1], inner, sort), sort, rest[-1], scope)
            if not _speaks_of_ghost(inner):
                total = t.add(total, t.ite(condition, value, t.const(sort, 0)))
        return total

    # ---- comparisons ---------------------------------------------------------------------

    def on_compare(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        left, right = node.nodes()
        operator = next(x.type for x in node.tokens())
        both = self._container_or_none(left, scope), self._container_or_none(right, scope)
        if both[0] is not None and both[1] is not None:
            same = TRUE if both[0] == both[1] else FALSE
            return same if operator == "EQ" else t.not_(same)
        a, b = self._pair(left, right, scope)
        if operator in ("EQ", "NE"):
            self._watch_codes(node, a, b)
            equal = self._equal(a, b)
            return equal if operator == "EQ" else t.not_(equal)
        if a.sort.kind not in ("count", "code"):
            message = f"`{self._text(left, scope)}` has no order."
            self.fail("E202", scope, node, message, "Use `=`, `!=` or `in`.")
        self._watch_codes(node, a, b)
        if operator == "LE":
            return t.le(a, b)
        if operator == "GE":
            return t.le(b, a)
        return t.not_(t.le(b, a)) if operator == "LT" else t.not_(t.le(a, b))

    def _watch_codes(self, node: Node, a: Term, b: Term) -> None:
        """Note a comparison that classes of codes do not cover: none with a number written."""
        if a.sort.kind == "code" and not (a.is_const and b.is_const):
            one = a.is_const or b.is_const
            if not one or not holds_number(node):
                self.compares_codes = True

    @staticmethod
    def _equal(a: Term, b: Term) -> Term:
        return t.eq(a, b)

    def _pair(self, left: Node, right: Node, scope: Scope) -> tuple[Term, Term]:
        """Both sides of a comparison; the side whose sort is known gives the other its own."""
        if self._is_literal(left, scope) and not self._is_literal(right, scope):
            b = self.expr(right, scope, None)
            a = self._against(right, left, scope, b.sort)
            return self.same_sort(a, b.sort, left, scope), b
        else:
            a = self.expr(left, scope, None)
            b = self._against(left, right, scope, a.sort)
        if a.sort is not b.sort and a.sort.kind == b.sort.kind == "count":
            top = a.sort if len(a.sort.values) >= len(b.sort.values) else b.sort
            return t.resort(a, top), t.resort(b, top)
        return a, self.same_sort(b, a.sort, right, scope)

    def _against(self, subject: Node, value: Node, scope: Scope, sort: Sort) -> Term:
        """What `subject` is compared with; messages about it name the subject."""
        outer, self._subject = self._subject, self._text(subject, scope)
        try:
            term = self.expr(value, scope, sort)
            return term if term.sort.kind == "count" else self.same_sort(term, sort, value, scope)
        finally:
            self._subject = outer

    def _is_literal(self, node: Node, scope: Scope) -> bool:
        while node.kind == "primary" and len(node.nodes()) == 1:
            node = node.nodes()[0]
        if node.kind == "name_":
            return not self._known(str(node.tokens()[0]), scope)
        return node.kind in ("number", "string", "role_name")

    def same_sort(self, term: Term, sort: Sort, node: Node, scope: Scope) -> Term:
        if term.sort is sort or term.sort == sort:
            return term
        if term.sort.kind == sort.kind == "count":
            return t.resort(term, sort)
        return self._unfit(self._text(node, scope), node, scope, sort)

    def _unfit(self, text: str, node: Node, scope: Scope, want: Sort) -> NoReturn:
        """Report a value that is none of the wanted sort."""
        subject = self._subject or "This"
        message = f"`{text}` is no {noun(want)}."
        if self._subject:
            message = f"`{subject}` is never `{text}`."
        self.fail("E201", scope, node, message, self._fitting(text.strip('"'), want))

    def _fitting(self, text: str, want: Sort) -> str:
        """A hint what a value of the sort looks like, given what was written."""
        if want.kind == "enum":
            alike = {str(v).lower(): str(v) for v in want.values}
            hint = f"Did you mean `{alike[text.lower()]}`?" if text.lower() in alike else ""
            hint = hint or self._meant(text, want) or did_you_mean(text, map(str, want.values))
            if not hint and len(want.values) <= 10:
                hint = f"It is one of {', '.join(map(str, want.values))}."
            return hint
        if want is BOOL:
            yes, no = text.lower() in ("true", "yes"), text.lower() in ("false", "no")
            return f"Write `{'true' if yes else 'false'}`." if yes or no else "It is true or false."
        if want is TEXT:
            return f'A text stands in quotes: "{text}".'
        return "It is an exit code, 0 to 255." if want.kind == "code" else "It is a number."

    def on_in_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        subject, *rest = node.nodes()
        term = self.expr(subject, scope, None)
        found = []
        for member in rest[0].nodes() if rest else ():
            if member.kind == "number_range":
                low, high = (int(x) for x in member.tokens("NUMBER"))
                values = [v for v in term.sort.values if isinstance(v, int) and low <= v <= high]
                found.append(t.member(term, frozenset(values)))
            else:
                value = self._against(subject, member, scope, term.sort)
                found.append(t.eq(term, self.same_sort(value, term.sort, member, scope)))
        if found and all(f.op == "in" and f.args[0] is term for f in found):
            return t.member(term, frozenset().union(*(f.value for f in found)))
        return t.or_(*found)

    def on_not_in(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.not_(self.on_in_(node, scope, want))

    def on_is_first(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        c = self._container(node.nodes()[0], scope)
        return TRUE if self.position.get(c) == 0 else FALSE

    def on_is_last(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        c = self._container(node.nodes()[0], scope)
        return TRUE if self.position.get(c) == len(self.position) - 1 else FALSE

    def on_is_next_after(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        a, b = (self._container(n, scope) for n in node.nodes())
        return TRUE if self.position.get(a, -2) == self.position.get(b, -9) + 1 else FALSE

    # ---- leaves --------------------------------------------------------------------------

    def on_true(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return TRUE

    def on_false(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return FALSE

    def on_number(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        number = int(node.tokens()[0])
        if want is None or want.kind not in ("code", "count"):
            if want is None:
                return t.const(Sort("count", "count", tuple(range(number + 1))), number)
            return self._unfit(str(number), node, scope, want)
        if want.kind == "code":
            if number > 255:
                message = f"There is no exit code {number}: exit codes go from 0 to 255."
                self.fail("E203", scope, node, message)
            return t.const(self.settings.codes, self.settings.representative[number])
        if number > int(want.values[-1]):
            return t.const(Sort("count", "count", tuple(range(number + 1))), number)
        return t.const(want, number)

    def on_string(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        text = unquote(str(node.tokens()[0]))
        if want is not None and want.kind == "enum":
            return self._literal(text, node, scope, want)
        if want is not None and want is not TEXT:
            return self._unfit(f'"{text}"', node, scope, want)
        return t.const(TEXT, text)

    def on_role_name(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.const(ROLE, str(node.tokens()[0]))

    def on_policy(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return self.policy

    def on_since(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        major, minor = (int(x) for x in node.tokens("NUMBER"))
        return TRUE if self.settings.version >= (major, minor) else FALSE

    def on_gate_on(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        name = str(node.tokens("WORD")[0])
        if name not in self.pack.gates:
            hint = did_you_mean(name, self.pack.gates)
            self.fail("E109", scope, node, f"There is no feature gate `{name}`.", hint)
        return TRUE if self.gate(name) else FALSE

    def gate(self, name: str) -> bool:
        """Is a feature gate on in the chosen version (or by the file's own setting)?"""
        if name in self.settings.gates:
            return self.settings.gates[name]
        on = False
        for since, state in self.pack.gates[name]:
            if self.settings.version >= since:
                on = state
        return on

    def on_next_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.primed(self.expr(node.nodes()[0], scope, want))

    def on_condition(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        name = str(node.tokens("WORD")[0])
        full = f"condition_{name}"
        if full not in self.pack.decides and full not in self.pack.defines:
            known = [
                n.removeprefix("condition_")
                for n in (*self.pack.decides, *self.pack.defines)
                if n.startswith("condition_")
            ]
            hint = did_you_mean(name, known, f"Known: {', '.join(sorted(known))}.")
            self.fail("E105", scope, node, f"There is no condition `{name}`.", hint)
        return self._named(full, None, node, scope)

    def on_plus(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        left, right = node.nodes()
        a = self.expr(left, scope, want)
        if a.sort is TEXT:
            b = self.same_sort(self.expr(right, scope, TEXT), TEXT, right, scope)
            return join(a, b)
        b = self.expr(right, scope, a.sort)
        if a.sort.kind != "count" or b.sort.kind != "count":
            message = f"`{self._text(left, scope)}` is no number: nothing can be added to it."
            self.fail("E202", scope, node, message)
        if a.sort is not b.sort:
            a, b = t.resort(a, self.settings.counts), t.resort(b, self.settings.counts)
        return t.add(a, b)

    # ---- names ---------------------------------------------------------------------------

    def _known(self, name: str, scope: Scope) -> bool:
        return (
            name in scope.names
            or (scope.implicit is not None and self._is_field(name))
            or name in self.pack.pod_state
            or name in self.pack.decides
            or name in self.pack.defines
            or name in self.pack.inputs
            or name in ("isStatic", "hasDeadline", "policy")
            or self.pod.container(name) is not None
        )

    def _is_field(self, name: str) -> bool:
        return (
            name in self.pack.container_state
            or name in ("role", "restartPolicy", *PROBES)
            or self._takes_container(name)
        )

    def _takes_container(self, name: str) -> bool:
        lists: list[Any] = [*self.pack.decides.get(name, ()), *self.pack.defines.get(name, ())]
        return any(len(x.parameters) == 1 and x.parameters[0].sort is None for x in lists)

    def on_name_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        token = node.tokens()[0]
        name = str(token)
        bound = scope.names.get(name)
        if isinstance(bound, Term):
            return bound
        if bound is not None or (
            not self._known_apart_from_containers(name, scope)
            and self.pod.container(name) is not None
        ):
            hint = f"Write `{name}.state` or another of its fields."
            self.fail("E201", scope, node, f"`{name}` is a container, not a value.", hint)
        if scope.implicit is not None and self._is_field(name):
            return self._field(scope.implicit, name, token, scope)
        if name in self.pack.pod_state:
            return self._pod_variable(name)
        if name in self.pack.inputs:
            return self._input(name, None, node, scope)
        if name == "isStatic":
            return TRUE if self.pod.static else FALSE
        if name == "hasDeadline":
            return TRUE if self.pod.deadline_s is not None else FALSE
        if name in self.pack.decides or name in self.pack.defines:
            return self._named(name, None, node, scope)
        return self._literal(name, node, scope, want)

    def _known_apart_from_containers(self, name: str, scope: Scope) -> bool:
        return (
            name in self.pack.pod_state
            or name in self.pack.decides
            or name in self.pack.defines
            or name in self.pack.inputs
        )

    def _literal(self, name: str, node: Node, scope: Scope, want: Sort | None) -> Term:
        if want is not None and want.kind == "enum":
            if name in want.values:
                return t.const(want, name)
            return self._unfit(name, node, scope, want)
        if self._subject and (want is TEXT or (want is BOOL and name in ("True", "False"))):
            return self._unfit(name, node, scope, want)
        hint = did_you_mean(name, self._visible(scope)) or self._meant(name, want)
        self.fail("E105", scope, node, f"There is nothing called `{name}` here.", hint)

    def _meant(self, literal: str, want: Sort | None) -> str:
        """For a literal of another sort: the published fields that can have it."""
        owners = []
        example = self.ordered[0].name if self.ordered else "app"
        states = (("", self.pack.pod_state), (f"{example}.", self.pack.container_state))
        for prefix, fields in states:
            for name, variable in fields.items():
                if variable.published and variable.sort is not want:
                    if literal in variable.sort.values:
                        owners.append(f"`{prefix}{name}`")
        return f"Did you mean {' or '.join(owners[:2])}?" if owners else ""

    def _visible(self, scope: Scope) -> list[str]:
        names = [*scope.names, *self.pack.pod_state, *self.pack.decides, *self.pack.defines]
        if scope.implicit is not None:
            names += self.pack.container_state
        return [*names, "policy", "always", "never", "stays", "eventually"]

    def _text(self, node: Node, scope: Scope) -> str:
        return scope.source.text[node.start : node.end]

    def on_field_of(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        owner, name = node.tokens("WORD", "STRING")
        bound = scope.names.get(unquote(str(owner)))
        if isinstance(bound, ExitRule):
            return self._rule_field(bound, name, scope)
        if isinstance(bound, Container):
            return self._field(bound, str(name), name, scope)
        return self._field(self.container(owner, scope), str(name), name, scope)

    def container(self, token: Token, scope: Scope) -> Container:
        """The container that a word names."""
        name = unquote(str(token))
        bound = scope.names.get(name)
        if isinstance(bound, Container):
            return bound
        found = self.pod.container(name)
        if found is None:
            names = [c.name for c in self.pod.containers]
            hint = did_you_mean(name, names, f"It has {_listed(names)}.")
            message = f"Pod `{self.pod.name}` has no container `{name}`."
            self.fail("E101", scope, token, message, hint)
        return found

    def _container_or_none(self, node: Node, scope: Scope) -> Container | None:
        if node.kind != "name_":
            return None
        bound = scope.names.get(str(node.tokens()[0]))
        return bound if isinstance(bound, Container) else None

    def _container(self, node: Node, scope: Scope) -> Container:
        if node.kind != "name_":
            self.fail("E201", scope, node, "A container's name must stand here.")
        return self.container(node.tokens()[0], scope)

    def _rule_field(self, rule: ExitRule, token: Token, scope: Scope) -> Term:
        if str(token) == "operator":
            return t.const(OPERATOR, rule.operator)
        if str(token) == "action":
            return t.const(ACTION, rule.action)
        return self.fail("E105", scope, token, f"An exit rule has no field `{token}`.")

    def _field(self, c: Container, name: str, token: Token | Node, scope: Scope) -> Term:
        if name == "role":
            return t.const(ROLE, c.role.value)
        if name == "restartPolicy":
            return t.const(OWN_POLICY, c.policy or "unset")
        if name in PROBES:
            return TRUE if name in c.probes else FALSE
        if name in self.pack.container_state:
            return self._container_variable(c, name)
        if name in self.pack.inputs:
            return self._input(name, c, token, scope)
        if self._takes_container(name):
            return self._named(name, c, token, scope)
        known = [*self.pack.container_state, "role", "restartPolicy", *PROBES]
        known += [n for n in (*self.pack.decides, *self.pack.defines) if self._takes_container(n)]
        hint = did_you_mean(name, known)
        return self.fail("E105", scope, token, f"A container has no field `{name}`.", hint)

    # ---- named lists, macros, calls ------------------------------------------------------

    def on_call(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        token = node.tokens("WORD")[0]
        name, arguments = str(token), node.nodes()
        if name == "text":
            return text_of(self.expr(arguments[0], scope, None))
        if name == "lists":
            return self._lists(arguments, scope)
        if name in FACTS:
            return self._fact(name, arguments, node, scope)
        if name in self.pack.decides:
            return self._named(name, self._container(arguments[0], scope), node, scope)
        if name in self.pack.defines:
            return self._expand(name, arguments, node, scope)
        known = (*self.pack.decides, *self.pack.defines, *FACTS, "text", "lists")
        hint = did_you_mean(name, known)
        return self.fail("E105", scope, token, f"There is nothing called `{name}`.", hint)

    def _fact(self, name: str, arguments: list[Node], node: Node, scope: Scope) -> Term:
        """A built-in question about the pod's spec."""
        sorts, answer = FACTS[name]
        values = [scope.names.get(str(a.tokens()[0])) if a.tokens() else None for a in arguments]
        if len(values) != len(sorts) or not all(map(isinstance, values, sorts)):
            self.fail("E105", scope, node, f"`{name}` does not take these arguments.")
        return TRUE if answer(self.pod, *values) else FALSE

    def _lists(self, arguments: list[Node], scope: Scope) -> Term:
        rule = scope.names.get(str(arguments[0].tokens()[0]))
        code = self.expr(arguments[1], scope, self.settings.codes)
        assert isinstance(rule, ExitRule)
        return t.member(code, frozenset(rule.codes))

    def _expand(self, name: str, arguments: list[Node], node: Node, scope: Scope) -> Term:
        values: list[Binding] = []
        candidates = self.pack.defines[name]
        for i, argument in enumerate(arguments):
            container = None
            if argument.kind == "name_":
                bound = scope.names.get(str(argument.tokens()[0]))
                if bound is not None:
                    values.append(bound)
                    continue
                container = self.pod.container(str(argument.tokens()[0]))
            if container is not None:
                values.append(container)
            else:
                parameters = candidates[0].parameters
                sort = parameters[i].sort if i < len(parameters) else None
                values.append(self.expr(argument, scope, self._sort(sort) if sort else None))
        for define in candidates:
            if len(define.parameters) == len(values) and self._accepts(define, values):
                names = {p.name: v for p, v in zip(define.parameters, values, strict=True)}
                return self.expr(define.body, Scope(define.declared.source, names), None)
        return self.fail("E105", scope, node, f"`{name}` does not take these arguments.")

    def _accepts(self, define: Define, values: list[Binding]) -> bool:
        for parameter, value in zip(define.parameters, values, strict=True):
            if parameter.domain is not None:
                inner = Scope(define.declared.source, {})
                if value not in self.members(parameter.domain, inner):
                    return False
        return True

    def _named(self, name: str, c: Container | None, node: Node | Token, scope: Scope) -> Term:
        """The value of a ``decide`` or a ``define`` for one container or the pod."""
        if name in self.pack.defines:
            key = (id(self.pack.defines[name]), c.name if c else "")
            if key not in self._define_values:
                wanted = 0 if c is None else 1
                for define in self.pack.defines[name]:
                    if len(define.parameters) == wanted and (
                        c is None or c is _GHOST or self._accepts(define, [c])
                    ):
                        names: dict[str, Binding] = {define.parameters[0].name: c} if c else {}
                        inner = Scope(define.declared.source, names)
                        self._define_values[key] = self.expr(define.body, inner, None)
                        break
                else:
                    self._misapplied(name, c, node, scope)
            return self._define_values[key]
        for rules in self.pack.decides[name]:
            if self._covers(rules, c):
                return self.grounded(rules, c, None)
        return self._misapplied(name, c, node, scope)

    def _misapplied(
        self, name: str, c: Container | None, node: Node | Token, scope: Scope
    ) -> NoReturn:
        if c is None:
            hint = f"Write `{self.ordered[0].name}.{name}`." if self.ordered else ""
            self.fail("E105", scope, node, f"`{name}` belongs to a container.", hint)
        message = f"A {c.role} container has no `{name}`."
        self.fail("E105", scope, node, message)

    def _covers(self, rules: RuleList, c: Container | None) -> bool:
        if c is None or not rules.parameters:
            return c is None and not rules.parameters
        domain = rules.parameters[0].domain
        if c is _GHOST or domain is None:
            return True
        return c in self.members(domain, Scope(rules.declared.source, {}))

    def grounded(self, rules: RuleList, c: Container | None, kept: Term | None) -> Term:
        """The term of a first-match list; ``kept`` is the value where no line applies."""
        decision = rules.lines[0].rule.decision
        key = (decision, c.name if c else "")
        if key in self.values:
            return self.values[key]
        if key in self._open:
            scope = Scope(rules.declared.source, {})
            self.fail("E110", scope, rules.declared.node, f"`{rules.name}` depends on itself.")
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
        sort = self._sort(rules.sort)
        alternatives: list[Alternative] = []
        for line in rules.lines:
            scope = Scope(line.source, names)
            guard = TRUE if line.guard is None else self._boolean(line.guard, scope)
            if guard is FALSE:
                continue
            value = self.expr(line.value, scope, sort)
            value = self.same_sort(value, sort, line.value, scope)
            alternatives.append(Alternative(line.rule, guard, value))
            if guard is TRUE:
                break
        result = kept
        if alternatives and alternatives[-1].guard is TRUE:
            result = alternatives[-1].value
        if result is None:
            scope = Scope(rules.declared.source, {})
            node = rules.declared.node
            self.fail("E111", scope, node, f"`{rules.name}` has no `otherwise`.")
        for alternative in reversed(alternatives):
            result = t.ite(alternative.guard, alternative.value, result)
        self.decisions[key] = Decision(key[0], key[1], tuple(alternatives))
        return result

    # ---- variables and inputs ------------------------------------------------------------

    def _sort(self, sort: Sort | None) -> Sort:
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

    def _pod_variable(self, name: str) -> Term:
        if name in self.variables:
            return t.var(name, self.variables[name].sort)
        declared = self.pack.pod_state[name]
        sort = self._sort(declared.sort)
        scope = Scope(declared.declared.source, {})
        initial = self.expr(declared.initial, scope, sort)
        if declared.condition is not None and self._boolean(declared.condition, scope) is FALSE:
            return initial
        return self._variable(name, sort, initial.value, None, name, declared.published)

    def _container_variable(self, c: Container, field: str) -> Term:
        name = f"{c.name}.{field}"
        if name in self.variables:
            return t.var(name, self.variables[name].sort)
        declared = self.pack.container_state[field]
        sort = self._sort(declared.sort)
        scope = Scope(declared.declared.source, {"c": c})
        initial = self.expr(declared.initial, scope, sort)
        if declared.condition is not None:
            exists = self._boolean(declared.condition, scope)
            if exists is FALSE:
                return initial
        if c is _GHOST:
            return t.var(name, sort)
        return self._variable(name, sort, initial.value, c, field, declared.published)

    def variable(self, field: str, c: Container | None) -> Term:
        """The variable (or constant) that a state field is for a container or the pod."""
        return self._pod_variable(field) if c is None else self._container_variable(c, field)

    def _input(self, name: str, c: Container | None, node: Node | Token, scope: Scope) -> Term:
        for declared in self.pack.inputs[name]:
            if (declared.domain is None) != (c is None):
                continue
            inner = Scope(declared.declared.source, {})
            if c is None or c in self.members(declared.domain, inner):  # type: ignore[arg-type]
                full = f"{c.name}.{name}" if c else name
                sort = self._sort(declared.sort)
                owner = c.name if c else ""
                self.inputs[full] = Input(full, sort, declared.role, owner)
                return t.var(full, sort)
        return self._misapplied(name, c, node, scope)


_GHOST = Container("some container", Role.MAIN, probes=frozenset(PROBES))


def _speaks_of_ghost(scope: Scope) -> bool:
    """Is this the member of an empty set, there only to have its body checked?"""
    return scope.implicit is _GHOST or any(b is _GHOST for b in scope.names.values())


def _nexts(node: Node) -> Iterator[tuple[Node | None, Node]]:
    """Every `next` in an expression, with the `next` around it, if any."""
    stack: list[tuple[Node | None, Node]] = [(None, node)]
    while stack:
        outer, at = stack.pop()
        if at.kind == "next_":
            yield outer, at
            outer = at
        stack.extend((outer, child) for child in reversed(at.nodes()))


def noun(sort: Sort) -> str:
    """A sort's name in a sentence: `PodReason` is a pod reason."""
    return re.sub(r"(?<=[a-z])([A-Z])", r" \1", str(sort)).lower()


def _listed(names: list[str]) -> str:
    quoted = [f"`{n}`" for n in names]
    return ", ".join(quoted[:-1]) + (" and " if len(quoted) > 1 else "") + quoted[-1]
