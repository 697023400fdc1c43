"""What names mean: state, choices, facts of the pod's spec, and named rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from oracle.expressions import Expressions
from oracle.values import (
    NOWHERE,
    OWN_POLICY,
    POLICY,
    PROBES,
    TRUE,
    Bound,
    Meaning,
    Now,
    Scope,
    Sort,
    Value,
    Variable,
    choose,
    chosen,
    fixed,
    is_always,
    made,
    sort_of,
)
from podcheck.declarations.pack import Define, RuleList
from podcheck.declarations.pod import Container, ExitRule, Pod
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node

POD_FACTS: dict[str, Callable[[Pod], bool]] = {
    "isStatic": lambda pod: pod.static,
    "hasDeadline": lambda pod: pod.deadline_s is not None,
    "hasNoGrace": lambda pod: pod.grace_s == 0,
    "hasFinalizer": lambda pod: pod.finalizers,
    "hasJob": lambda pod: False,  # none of these pods has one
}


class Reading(Expressions):
    def _is_known(self, word: str, scope: Scope) -> bool:
        """Does a word name something, so that it is not a value?"""
        return (
            word in scope.names
            or (scope.implicit is not None and self._is_field(word))
            or word in self.pack.pod_state
            or word in self.pack.decides
            or word in self.pack.defines
            or word in self.pack.inputs
            or word in (*POD_FACTS, "ownerKind", "declaredPolicy", "policy")
            or word in self.order
        )

    def _is_field(self, word: str) -> bool:
        rules: list[Any] = [*self.pack.decides.get(word, ()), *self.pack.defines.get(word, ())]
        return (
            word in self.pack.container_state
            or word in ("role", "restartPolicy", "postStart", "preStop", *PROBES)
            or any(len(r.parameters) == 1 and r.parameters[0].sort is None for r in rules)
        )

    def on_name_(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        word = str(node.tokens()[0])
        bound = scope.names.get(word)
        if isinstance(bound, Meaning):
            return bound
        if bound is None and isinstance(want, tuple) and word in want:
            return fixed(word, want)
        if scope.implicit is not None and self._is_field(word):
            return self.field(scope.implicit, word)
        if word in self.pack.pod_state:
            return self.variable("", word)
        if word in self.pack.inputs:
            return self.input_of(None, word)
        if word in POD_FACTS:
            return fixed(POD_FACTS[word](self.pod), "bool")
        return self.named(word, None)

    def on_condition(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return self.named(f"condition_{node.tokens('WORD')[0]}", None)

    def on_policy(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        return self._reader(("", "policy"), POLICY)

    def on_since(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        (named,) = node.nodes("release")
        since = tuple(int(x) for x in named.tokens("NUMBER"))
        release = self.release if len(self.release) > 2 else (*self.release, 1000)
        return fixed(release >= since, "bool")

    def on_gate_on(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        name = str(node.tokens("WORD")[0])
        if name in self.gates:
            return fixed(self.gates[name], "bool")
        stages = [on for since, on in sorted(self.pack.gates[name]) if since <= self.release]
        return fixed(bool(stages) and stages[-1], "bool")

    def on_field_of(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        owner, name = (unquote(str(t)) for t in node.tokens("WORD", "STRING"))
        bound = scope.names.get(owner)
        if isinstance(bound, ExitRule):
            words = ("In", "NotIn") if name == "operator" else ("Restart", "RestartAllContainers")
            return fixed(getattr(bound, name), words)
        return self.field(self.container(owner, scope), name)

    def field(self, c: Container, name: str) -> Meaning:
        if name == "role":
            return fixed(str(c.role), ("init", "sidecar", "main"))
        if name == "restartPolicy":
            return fixed(str(c.policy) or "unset", OWN_POLICY)
        if name in PROBES:
            return fixed(name in c.probes, "bool")
        if name in ("postStart", "preStop"):
            return fixed(name in c.hooks, "bool")
        if name in self.pack.container_state:
            return self.variable(c.name, name)
        if name in self.pack.inputs:
            return self.input_of(c, name)
        return self.named(name, c)

    # ---- state and choices -------------------------------------------------------------------

    def variable(self, owner: str, field: str) -> Meaning:
        """A state variable, or its initial value where this pod has no such state."""
        declared = (self.pack.container_state if owner else self.pack.pod_state)[field]
        if (owner, field) in self.places:
            return self._reader((owner, field), sort_of(declared.sort))
        return self.initial(owner, field)

    def initial(self, owner: str, field: str) -> Meaning:
        declared = (self.pack.container_state if owner else self.pack.pod_state)[field]
        return self.expr(declared.initial, NOWHERE, sort_of(declared.sort))

    def _reader(self, variable: Variable, sort: Sort) -> Meaning:
        place = self.places[variable]
        return Meaning(lambda now: now.state[place], sort, False)

    def input_of(self, c: Container | None, name: str) -> Meaning:
        """What the environment chooses in a sync."""
        declared = self.pack.inputs[name][0]
        full = f"{c.name}.{name}" if c else name
        sort = sort_of(declared.sort)
        if declared.role == "race":
            first = False if sort == "bool" else sort[0]
            values = (False, True) if sort == "bool" else tuple(sort)

            def race(now: Now) -> Value:
                return chosen(now, full, values) if now.races else now.choices.get(full, first)

            return Meaning(race, sort, False)
        return Meaning(lambda now: chosen(now, full, now.kills), sort, False)

    # ---- named rules -------------------------------------------------------------------------

    def named(self, name: str, c: Container | None) -> Meaning:
        """A `decide` or a `define` of the pod, or of a container."""
        key = (name, c.name if c else "")
        if key not in self._named:
            self._named[key] = self._shared(self._rule(name, c))
        return self._named[key]

    def _rule(self, name: str, c: Container | None) -> Meaning:
        arguments: list[Bound] = [] if c is None else [c]
        for define in self.pack.defines.get(name, ()):
            if self.takes(define, arguments):
                return self.expanded(define, arguments)
        for rules in self.pack.decides.get(name, ()):
            if self.takes(rules, arguments):
                return self.first_match(rules, c, None)
        raise LookupError(f"no rule `{name}` for {c.name if c else 'the pod'}")

    def takes(self, rule: Define | RuleList, arguments: list[Bound]) -> bool:
        """Are these arguments in the ranges of a rule's parameters?"""
        if len(rule.parameters) != len(arguments):
            return False
        for parameter, argument in zip(rule.parameters, arguments, strict=True):
            if parameter.domain is not None:
                if argument not in self.members(parameter.domain, NOWHERE):
                    return False
        return True

    def expanded(self, define: Define, arguments: list[Bound]) -> Meaning:
        names = {p.name: a for p, a in zip(define.parameters, arguments, strict=True)}
        sort = None if define.sort is None else sort_of(define.sort)
        return self.expr(define.body, Scope(names), sort)

    def first_match(self, rules: RuleList, c: Container | None, kept: Meaning | None) -> Meaning:
        """The value of the first line whose guard holds; ``kept`` where none does."""
        scope = Scope({rules.parameters[0].name: c} if c else {})
        sort = sort_of(rules.sort)
        lines: list[tuple[Meaning, Meaning]] = []
        for line in rules.lines:
            guard = TRUE if line.guard is None else self.expr(line.guard, scope)
            if is_always(guard, False):
                continue
            lines.append((guard, self.expr(line.value, scope, sort)))
            if is_always(guard, True):
                break
        result = kept
        for guard, value in reversed(lines):
            if result is None:
                result = value  # `otherwise`
            else:
                result = choose(guard, value, result)
        assert result is not None, f"{rules.name} has no lines"
        return result

    def _shared(self, meaning: Meaning) -> Meaning:
        """The same expression, worked out once a moment."""
        if meaning.fixed:
            return meaning
        number, inner = next(self._numbers), meaning.value

        def value(now: Now) -> Value:
            known = now.known
            if number not in known:
                known[number] = inner(now)
            return known[number]

        return meaning._replace(value=value)

    def on_call(self, node: Node, scope: Scope, want: Sort | None) -> Meaning:
        name, given = str(node.tokens("WORD")[0]), node.nodes()
        if name == "text":
            one = self.expr(given[0], scope)
            return made(lambda now: str(one.value(now)), "text", (one,))
        if name == "lists":
            rule, code = scope.names[str(given[0].tokens()[0])], self.expr(given[1], scope, "code")
            assert isinstance(rule, ExitRule)
            return made(lambda now: code.value(now) in rule.codes, "bool", (code,))
        if name in ("ownerGives", "ownerAmountOf"):
            return fixed(False, "bool") if name == "ownerGives" else fixed(0, "count")
        if name == "mountsEmptyDir":
            c = self.container(str(given[0].tokens()[0]), scope)
            return fixed(
                any(m.volume in self.pod.empty_dirs and not m.read_only for m in c.mounts), "bool"
            )
        if name == "canRun":
            c = self.container(str(given[0].tokens()[0]), scope)
            hook = unquote(str(given[1].tokens()[0]))
            return fixed(hook in c.hooks or not self.pod.is_manifest, "bool")
        if name == "canErr":
            c = self.container(str(given[0].tokens()[0]), scope)
            runs = {field.partition(".")[0] for field, _ in c.fields if field.endswith(".exec")}
            return fixed(bool(c.probes & runs if self.pod.is_manifest else c.probes), "bool")
        if name in self.pack.decides:
            return self.named(name, self.container(str(given[0].tokens()[0]), scope))
        return self._call(name, given, scope)

    def _call(self, name: str, given: list[Node], scope: Scope) -> Meaning:
        """A definition with arguments: containers by name, all else by value."""
        arguments: list[Bound] = []
        for i, node in enumerate(given):
            word = str(node.tokens()[0]) if node.kind == "name_" else ""
            parameter = self.pack.defines[name][0].parameters[i]
            if word in scope.names:
                arguments.append(scope.names[word])
            elif word in self.order and parameter.domain is not None:
                arguments.append(self.containers_by_name[word])
            else:
                sort = None if parameter.sort is None else sort_of(parameter.sort)
                arguments.append(self.expr(node, scope, sort))
        if len(arguments) == 1 and isinstance(arguments[0], Container):
            return self.named(name, arguments[0])
        for define in self.pack.defines[name]:
            if self.takes(define, arguments):
                return self.expanded(define, arguments)
        raise LookupError(f"no rule `{name}` for these arguments")
