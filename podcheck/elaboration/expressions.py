"""The frame of elaboration: one expression at a time, its sort, its errors, its containers.

What a syntax node of some kind means, a handler says: ``names.py`` and ``operators.py`` have them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

from lark import Token

from podcheck.core import terms as t
from podcheck.core.terms import BOOL, Sort, Term
from podcheck.declarations.pack import Pack
from podcheck.declarations.pod import CONTAINER_ROLES, Container, Pod, Role
from podcheck.elaboration.hints import listed, noun, value_hint
from podcheck.elaboration.scope import Listed, Scope, Settings, Stop
from podcheck.language.diagnostics import Diagnostics, did_you_mean
from podcheck.language.lexer import unquote
from podcheck.language.parser import Node
from podcheck.language.user_words import POD_PREFIXES

_SETS = ("init", "sidecar", "main", "all", "places")

Handler = Callable[[Node, Scope, Sort | None], Term]

# What `rules of` lists besides a container's exit rules.  No container can be called so.
OWNERS_RULES: Mapping[str, Callable[[Pod], tuple[Listed, ...]]] = {
    "podFailurePolicy": lambda pod: pod.failure_rules,
    "successPolicy": lambda pod: pod.success_rules,
}


class Expressions:
    """Turns expressions into terms for one pod, by the handlers that it is given."""

    def __init__(self, pack: Pack, pod: Pod, settings: Settings, diagnostics: Diagnostics) -> None:
        self.pack = pack
        self.pod = pod
        self.settings = settings
        self.diagnostics = diagnostics
        self.position = {c: i for i, c in enumerate((*pod.containers, *pod.places))}
        mains = sorted(pod.of_role(Role.MAIN), key=lambda c: c.name)
        self.ordered = (*pod.of_role(Role.INIT, Role.SIDECAR), *mains)
        self.parts = (*self.ordered, *pod.places)
        self.handlers: dict[str, Handler] = {}  # by the kind of syntax node
        self.subject = ""  # the text of what is being compared, for messages

    # ---- entry points --------------------------------------------------------------------

    def condition(self, node: Node, scope: Scope, ahead: bool = False) -> Term | None:
        """A Boolean expression, or None if it has errors (they are in the diagnostics).

        ``ahead`` says whether it may refer to the next state.
        """
        try:
            for outer, inner in _nexts(node):
                if not ahead or outer is not None:
                    message = "`next` looks one step ahead, and only in `always` and `never`."
                    self.fail("E124", scope, inner.tokens("NEXT")[0], message)
            return self.boolean(node, scope)
        except Stop:
            return None

    def expr(self, node: Node, scope: Scope, want: Sort | None) -> Term:
        """The term of an expression; ``want`` is the sort that a literal there would have."""
        handler = self.handlers.get(node.kind)
        if handler is None:
            self.fail("E105", scope, node, "This is no expression.")
        return handler(node, scope, want)

    def fail(
        self, code: str, scope: Scope, node: Node | Token, message: str, hint: str = ""
    ) -> NoReturn:
        """Report an error; the expression around it has no meaning."""
        self.diagnostics.add(code, scope.span(node), message, hint)
        raise Stop

    @property
    def example(self) -> str:
        """A container's name for a hint."""
        return self.ordered[0].name if self.ordered else "app"

    # ---- sorts ---------------------------------------------------------------------------

    def boolean(self, node: Node, scope: Scope) -> Term:
        """An expression that must be a condition."""
        term = self.expr(node, scope, BOOL)
        if term.sort is not BOOL:
            text = scope.text(node)
            hint = f"Compare it: `{text} = ...`."
            self.fail("E201", scope, node, f"`{text}` is not a condition.", hint)
        return term

    def same_sort(self, term: Term, sort: Sort, node: Node, scope: Scope) -> Term:
        """A term that must be of a sort; counts fit each other."""
        if term.sort is sort or term.sort == sort:
            return term
        if term.sort.kind == sort.kind == "count":
            return t.resort(term, sort)
        return self.unfit(scope.text(node), node, scope, sort)

    def unfit(self, text: str, node: Node, scope: Scope, want: Sort) -> NoReturn:
        """Report a value that is none of the wanted sort."""
        message = f"`{text}` is not a valid {noun(want)}."
        if self.subject:
            message = f"`{self.subject}` is never `{text}`."
        hint = value_hint(text.strip('"'), want, self.pack, self.example)
        self.fail("E201", scope, node, message, hint)

    # ---- containers ----------------------------------------------------------------------

    def members(self, domain: Node, scope: Scope) -> list[Any]:
        """The containers (or exit rules) of a set expression, in iteration order."""
        if domain.kind == "rules_of":
            word = domain.tokens("WORD")[0]
            if str(word) in OWNERS_RULES:
                return list(OWNERS_RULES[str(word)](self.pod))
            return list(self.container(word, scope).rules)
        roles = set()
        for name in domain.nodes("set_name"):
            token = name.tokens()[0]
            if token.type == "WORD" and str(token) != "places":
                hint = did_you_mean(str(token), _SETS, f"Sets are {', '.join(_SETS)}.")
                self.fail("E105", scope, token, f"There is no set `{token}`.", hint)
            every = token.type == "ALL"
            roles |= set(CONTAINER_ROLES) if every else {Role(str(token).removesuffix("s"))}
        chosen = [c for c in self.parts if c.role in roles]
        words = domain.tokens("WORD")
        if words:
            pivot = self.position.get(self.container(words[0], scope), -1)
            if domain.has("BEFORE"):
                chosen = [c for c in chosen if self.position[c] < pivot]
            else:
                chosen = [c for c in chosen if self.position[c] > pivot]
        return chosen

    def container(self, token: Token, scope: Scope, field: str = "") -> Container:
        """The container that a word names, whose field may be asked for."""
        name = unquote(str(token))
        bound = scope.names.get(name)
        if isinstance(bound, Container):
            return bound
        found = self.pod.container(name)
        if found is None:
            found = next((p for p in self.pod.places if p.name == name), None)
        if found is None:
            names = [c.name for c in self.pod.containers]
            hint = did_you_mean(name, names, f"It has {listed(names)}.")
            if field and (name == self.pod.name or name.lower() in POD_PREFIXES):
                hint = f"Fields of the pod have no prefix: write `{field}`."
            message = f"Pod `{self.pod.name}` has no container `{name}`."
            self.fail("E101", scope, token, message, hint)
        return found

    def container_of(self, node: Node, scope: Scope) -> Container:
        """The container that an expression must name."""
        if node.kind != "name_":
            self.fail("E201", scope, node, "Expected the name of a container.")
        return self.container(node.tokens()[0], scope)

    def container_or_none(self, node: Node, scope: Scope) -> Container | None:
        """The container that an expression stands for, if it is a name bound to one."""
        if node.kind != "name_":
            return None
        bound = scope.names.get(str(node.tokens()[0]))
        return bound if isinstance(bound, Container) else None


def _nexts(node: Node) -> Iterator[tuple[Node | None, Node]]:
    """Every `next` in an expression, with the `next` around it, if any."""
    stack: list[tuple[Node | None, Node]] = [(None, node)]
    while stack:
        outer, at = stack.pop()
        if at.kind == "next_":
            yield outer, at
            outer = at
        stack.extend((outer, child) for child in reversed(at.nodes()))
