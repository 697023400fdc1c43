"""What a word means: names, fields, calls and literals."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lark import Token

from podcheck.core import terms as t
from podcheck.core.terms import BOOL, FALSE, TEXT, TRUE, Sort, Term
from podcheck.core.text_terms import text_of, text_up_to
from podcheck.declarations.pack import (
    ACTION,
    FAILURE_ACTION,
    OPERATOR,
    OWN_POLICY,
    OWNER,
    ROLE,
    Pack,
)
from podcheck.declarations.pod import (
    HOOKS,
    PROBES,
    Container,
    ExitRule,
    FailureRule,
    Pod,
    Role,
)
from podcheck.declarations.releases import reaches, release_named
from podcheck.elaboration.builtins import FACTS
from podcheck.elaboration.expressions import Expressions
from podcheck.elaboration.hints import field_hint, name_hint, owners_of
from podcheck.elaboration.pod_variables import PodVariables
from podcheck.elaboration.scope import MAX_COUNT, Binding, Scope
from podcheck.language.diagnostics import did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node

# Plain facts about a pod that rules may ask for.
POD_FACTS: Mapping[str, Callable[[Pod], bool]] = {
    "isStatic": lambda pod: pod.static,
    "hasDeadline": lambda pod: pod.deadline_s is not None,
    "hasNoGrace": lambda pod: pod.grace_s == 0,
    "hasFinalizer": lambda pod: pod.finalizers,
    "hasJob": lambda pod: bool(pod.places),
}


class Names:
    """Resolves words: first as a name, else as a value of the sort that is wanted."""

    def __init__(self, expressions: Expressions, variables: PodVariables) -> None:
        self.exprs = expressions
        self._variables = variables
        self.pack = expressions.pack
        self.pod = expressions.pod
        self.settings = expressions.settings

    # ---- names ---------------------------------------------------------------------------

    def on_name_(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        token = node.tokens()[0]
        name = str(token)
        bound = scope.names.get(name)
        if isinstance(bound, Term):
            return bound
        if bound is None and want is not None and want.kind == "enum" and name in want.values:
            return t.const(want, name)  # whatever a container may be called
        if bound is not None or (not self._declared(name) and self.pod.container(name) is not None):
            hint = f"Write `{name}.state` or another of its fields."
            self.exprs.fail("E201", scope, node, f"`{name}` is a container, not a value.", hint)
        if scope.implicit is not None and self._is_field(name):
            return self.field(scope.implicit, name, token, scope)
        if name in self.pack.pod_state:
            return self._variables.pod_variable(name)
        if name in self.pack.inputs:
            return self._variables.input_term(name, None, node, scope)
        if name in POD_FACTS:
            return TRUE if POD_FACTS[name](self.pod) else FALSE
        if name == "ownerKind":
            return t.const(OWNER, self.pod.owner or "none")
        if name == "declaredPolicy":
            return t.const(OWN_POLICY, self.pod.policy)
        if name in self.pack.decides or name in self.pack.defines:
            return self._variables.named(name, None, node, scope)
        return self._literal(name, node, scope, want)

    def known(self, name: str, scope: Scope) -> bool:
        """Does a word name something, so that it can't be a literal?"""
        return (
            name in scope.names
            or (scope.implicit is not None and self._is_field(name))
            or self._declared(name)
            or name in POD_FACTS
            or name in ("ownerKind", "declaredPolicy", "policy")
            or self.pod.container(name) is not None
        )

    def _declared(self, name: str) -> bool:
        return (
            name in self.pack.pod_state
            or name in self.pack.decides
            or name in self.pack.defines
            or name in self.pack.inputs
        )

    def _is_field(self, name: str) -> bool:
        return (
            name in self.pack.container_state
            or name in ("role", "restartPolicy", *PROBES, *HOOKS)
            or self._takes_container(name)
        )

    def _takes_container(self, name: str) -> bool:
        lists: list[Any] = [*self.pack.decides.get(name, ()), *self.pack.defines.get(name, ())]
        return any(len(x.parameters) == 1 and x.parameters[0].sort is None for x in lists)

    def _visible(self, scope: Scope) -> list[str]:
        names = [*scope.names, *self.pack.pod_state, *self.pack.decides, *self.pack.defines]
        if scope.implicit is not None:
            names += self.pack.container_state
        return [*names, "policy", "always", "never", "stays", "eventually"]

    def on_condition(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        name = str(node.tokens("WORD")[0])
        full = f"condition_{name}"
        if self.pod.places and f"jobCondition_{name}" in self.pack.defines:
            full = f"jobCondition_{name}"
        if full not in self.pack.decides and full not in self.pack.defines:
            known = [
                n.removeprefix("condition_")
                for n in (*self.pack.decides, *self.pack.defines)
                if n.startswith("condition_")
            ]
            hint = did_you_mean(name, known, f"Known: {', '.join(sorted(known))}.")
            self.exprs.fail("E105", scope, node, f"There is no condition `{name}`.", hint)
        return self._variables.named(full, None, node, scope)

    # ---- fields --------------------------------------------------------------------------

    def on_field_of(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        owner, name = node.tokens("WORD", "STRING")
        bound = scope.names.get(unquote(str(owner)))
        if isinstance(bound, ExitRule | FailureRule):
            return self._rule_field(bound, name, scope)
        if isinstance(bound, Container):
            return self.field(bound, str(name), name, scope)
        if bound is None and str(owner) == "job" and (self.pod.places or not self._has("job")):
            return self._field_of_job(name, scope)
        return self.field(self.exprs.container(owner, scope, str(name)), str(name), name, scope)

    def field(self, c: Container, name: str, token: Token | Node, scope: Scope) -> Term:
        if name == "role":
            return t.const(ROLE, c.role.value)
        if name == "restartPolicy":
            return t.const(OWN_POLICY, c.policy or "unset")
        if name in PROBES:
            return TRUE if name in c.probes else FALSE
        if name in HOOKS:
            return TRUE if name in c.hooks else FALSE
        if name in self.pack.state_of(c.role is Role.PLACE):
            return self._variables.container_variable(c, name)
        if name in self.pack.inputs:
            return self._variables.input_term(name, c, token, scope)
        if self._takes_container(name):
            return self._variables.named(name, c, token, scope)
        known = [*self.pack.container_state, "role", "restartPolicy", *PROBES, *HOOKS]
        known += [n for n in (*self.pack.decides, *self.pack.defines) if self._takes_container(n)]
        hint = field_hint(name, c.name, self.pack, known)
        return self.exprs.fail("E105", scope, token, f"A container has no field `{name}`.", hint)

    def _has(self, container: str) -> bool:
        return self.pod.container(container) is not None

    def _field_of_job(self, token: Token, scope: Scope) -> Term:
        """A field of the Job: a name of the rules that begins so, such as ``jobFailed``."""
        word = str(token)
        name = f"job{word[:1].upper()}{word[1:]}"
        if not self.pod.places:
            hint = "Declare it with its Job: `job NAME { pod { ... } }` or `job NAME from FILE`."
            self.exprs.fail("E101", scope, token, f"Pod `{self.pod.name}` has no Job.", hint)
        if name in self.pack.pod_state:
            return self._variables.pod_variable(name)
        if name in self.pack.decides or name in self.pack.defines:
            return self._variables.named(name, None, token, scope)
        hint = did_you_mean(
            word, job_fields(self.pack), f"It has {', '.join(job_fields(self.pack))}."
        )
        return self.exprs.fail("E105", scope, token, f"A Job has no field `{word}`.", hint)

    def _rule_field(self, rule: ExitRule | FailureRule, token: Token, scope: Scope) -> Term:
        if str(token) == "operator":
            return t.const(OPERATOR, rule.operator or "none")
        if str(token) == "action":
            return t.const(ACTION if isinstance(rule, ExitRule) else FAILURE_ACTION, rule.action)
        return self.exprs.fail("E105", scope, token, f"A rule has no field `{token}`.")

    # ---- calls ---------------------------------------------------------------------------

    def on_call(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        token = node.tokens("WORD")[0]
        name, arguments = str(token), node.nodes()
        if name == "text":
            term = self.exprs.expr(arguments[0], scope, None)
            if len(arguments) > 1:
                most = self.exprs.expr(arguments[1], scope, None)
                if not most.is_const or term.sort.kind != "count":
                    self.exprs.fail(
                        "E202", scope, node, "text(COUNT, MOST) takes a constant for MOST."
                    )
                return text_up_to(term, int(most.value))
            if term.sort == t.COUNTS:
                message = "A count that grows without end can't be made a text."
                hint = "Compare the count with a number, or say what it is at most: text(COUNT, 3)."
                self.exprs.fail("E205", scope, node, message, hint)
            return text_of(term)
        if name == "lists":
            return self._lists(arguments, scope)
        if name in FACTS:
            return self._fact(name, arguments, node, scope)
        if name in self.pack.decides:
            return self._variables.named(
                name, self.exprs.container_of(arguments[0], scope), node, scope
            )
        if name in self.pack.defines:
            return self._expand(name, arguments, node, scope)
        known = (*self.pack.decides, *self.pack.defines, *FACTS, "text", "lists")
        hint = did_you_mean(name, known)
        return self.exprs.fail("E105", scope, token, f"There is nothing called `{name}`.", hint)

    def _fact(self, name: str, arguments: list[Node], node: Node, scope: Scope) -> Term:
        """A built-in question about the pod's spec."""
        sorts, answer = FACTS[name]
        values = [
            unquote(str(a.tokens()[0])) if a.kind == "string" else scope.names.get(_word(a))
            for a in arguments
        ]
        if len(values) != len(sorts) or not all(map(isinstance, values, sorts)):
            self.exprs.fail("E105", scope, node, f"`{name}` does not take these arguments.")
        found = answer(self.pod, *values)
        if isinstance(found, bool):
            return TRUE if found else FALSE
        return t.const(Sort("count", "count", range(found + 1)), found)

    def _lists(self, arguments: list[Node], scope: Scope) -> Term:
        rule = scope.names.get(str(arguments[0].tokens()[0]))
        code = self.exprs.expr(arguments[1], scope, self.settings.codes)
        assert isinstance(rule, ExitRule | FailureRule)
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
                if any(p.domain is not None for d in candidates for p in d.parameters[i : i + 1]):
                    container = self.pod.container(str(argument.tokens()[0]))
            if container is not None:
                values.append(container)
            else:
                parameters = candidates[0].parameters
                sort = parameters[i].sort if i < len(parameters) else None
                values.append(
                    self.exprs.expr(argument, scope, self._variables.sized(sort) if sort else None)
                )
        for define in candidates:
            if len(define.parameters) == len(values) and self._variables.accepts(define, values):
                return self._variables.defined(define, values)
        return self.exprs.fail("E105", scope, node, f"`{name}` does not take these arguments.")

    # ---- literals ------------------------------------------------------------------------

    def on_true(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return TRUE

    def on_false(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return FALSE

    def on_number(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        number = int(node.tokens()[0])
        if number > MAX_COUNT and not scope.static and (want is None or want.kind == "count"):
            message = f"Counts are compared with numbers up to {MAX_COUNT}."
            self.exprs.fail("E204", scope, node, message)
        if want is None or want.kind not in ("code", "count"):
            if want is None:
                return t.const(Sort("count", "count", range(number + 1)), number)
            return self.exprs.unfit(str(number), node, scope, want)
        if want.kind == "code":
            if number > 255:
                message = f"There is no exit code {number}: exit codes go from 0 to 255."
                self.exprs.fail("E203", scope, node, message)
            return t.const(self.settings.codes, number)
        if number > int(want.values[-1]):
            return t.const(Sort("count", "count", range(number + 1)), number)
        return t.const(want, number)

    def on_string(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        text = unquote(str(node.tokens()[0]))
        if want is not None and want.kind == "enum":
            return self._literal(text, node, scope, want)
        if want is not None and want is not TEXT:
            return self.exprs.unfit(f'"{text}"', node, scope, want)
        return t.const(TEXT, text)

    def on_role_name(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return t.const(ROLE, str(node.tokens()[0]))

    def _literal(self, name: str, node: Node, scope: Scope, want: Sort | None) -> Term:
        if want is not None and want.kind == "enum":
            if name in want.values:
                return t.const(want, name)
            return self.exprs.unfit(name, node, scope, want)
        if self.exprs.subject and (
            want is TEXT or (want is BOOL and name.lower() in ("true", "false", "yes", "no"))
        ):
            return self.exprs.unfit(name, node, scope, want)
        hint = name_hint(name, want, self.exprs.example, self.pack, self._visible(scope))
        message = f"There is nothing called `{name}` here."
        if owners_of(name, want, self.pack, self.exprs.example):
            message = f"`{name}` is a value, not a condition."
            if name in self.pack.sorts["Phase"].values:
                message = f"`{name}` is a phase, not a condition."
        self.exprs.fail("E105", scope, node, message, hint)

    # ---- what the file chooses -----------------------------------------------------------

    def on_policy(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        return self._variables.policy

    def on_since(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        release = self.settings.version
        for word in node.tokens("WORD"):
            if str(word) != "api":
                hint = "Write `since` for the kubelet's release, `api since` for the API server's."
                self.exprs.fail("E105", scope, word, f"`{word}` has no release.", hint)
            release = self.settings.api or release
        has = reaches(release, release_named(node.nodes("release")[0]))
        if (scope.source.name, node.start) in self.settings.otherwise:
            has = not has
        return TRUE if has else FALSE

    def on_gate_on(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        name = str(node.tokens("WORD")[0])
        if name not in self.pack.gates:
            hint = did_you_mean(name, self.pack.gates)
            self.exprs.fail("E109", scope, node, f"There is no feature gate `{name}`.", hint)
        return TRUE if self.gate(name) else FALSE

    def gate(self, name: str) -> bool:
        """Is a feature gate on in the chosen version (or by the file's own setting)?"""
        if name in self.settings.gates:
            return self.settings.gates[name]
        on = False
        for since, state in self.pack.gates[name]:
            if reaches(self.settings.version, since):
                on = state
        return on


def job_fields(pack: Pack) -> list[str]:
    """What a claim may ask of a Job."""
    names = [n for n, v in pack.pod_state.items() if v.of_job and v.published]
    names += [n for n in (*pack.decides, *pack.defines) if n[3:4].isupper()]
    fields = {n[3:] for n in names if n.startswith("job") and "_" not in n}
    fields -= {"Interim", "End", "SucceededPods", "Completions"}
    return sorted(f if f.isupper() else f[0].lower() + f[1:] for f in fields)


def _word(node: Node) -> str:
    return str(node.tokens()[0]) if node.tokens() else ""
