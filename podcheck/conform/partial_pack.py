"""Single functions of the rules, called with any arguments: part of a pack on one pod."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from podcheck.conform.deciding_rules import decided
from podcheck.conform.ruled_pod import VERSION, Unplayable
from podcheck.core.terms import Sort, Term, Value
from podcheck.declarations.pack import Pack, build_pack
from podcheck.declarations.pod import Pod
from podcheck.elaboration.grounder import Grounder
from podcheck.elaboration.scope import Scope, Settings
from podcheck.explicit.interpreter import Interpreter, State
from podcheck.language.diagnostics import Diagnostics
from podcheck.language.parser import parse
from podcheck.language.source import Source
from podcheck.results.stories import RuleFired

COUNTS = 200


def part_of_pack(sources: Iterable[Source], files: Sequence[str], *more: Source) -> Pack:
    """The pack of some of the files, by their names, and of further texts."""
    chosen = [s for s in sources if s.name.rpartition("/")[2] in files]
    diagnostics = Diagnostics()
    pack = build_pack([parse(s, diagnostics) for s in (*chosen, *more)], diagnostics)
    if diagnostics.has_errors:
        raise Unplayable("\n".join(f"{d.span}: {d.message}" for d in diagnostics.sorted()))
    return pack


class Part:
    """Named values of one pod, as functions of the state variables they read."""

    def __init__(
        self,
        pack: Pack,
        pod: Pod,
        values: Sequence[str],
        codes: Iterable[int],
        gates: Mapping[str, bool] | None = None,
    ) -> None:
        diagnostics = Diagnostics()
        sort = Sort("exit code", "code", tuple(sorted({0, *codes})))
        settings = Settings(VERSION, gates or {}, codes=sort)
        self.grounder = Grounder(pack, pod, settings, diagnostics)
        self.terms = {v: self._term(v, diagnostics) for v in values}
        if diagnostics.has_errors:
            raise Unplayable("\n".join(f"{d.span}: {d.message}" for d in diagnostics.sorted()))
        roots = [self.grounder.elaborator.declared.policy, *self.terms.values()]
        self.machine = Interpreter(self.grounder.system(roots))
        self.variables = tuple(v.name for v in self.machine.system.variables)

    def _term(self, text: str, diagnostics: Diagnostics) -> Term:
        source = Source("value", f"define value = {text}\n")
        tree = parse(source, diagnostics)
        scope = Scope(source, {c.name: c for c in self.grounder.pod.containers})
        return self.grounder.elaborator.expr(tree.items[0].nodes()[0], scope, None)

    def function(self, value: str) -> Callable[[State], Value]:
        """The value as a function of a state."""
        term, machine = self.terms[value], self.machine
        return lambda state: machine.value(term, state)

    def call(self, value: str, arguments: Mapping[str, Value]) -> Value:
        """The value for some variables; the others have their initial values."""
        return self.machine.value(self.terms[value], self.machine.state_of(arguments))

    def rules(self, decision: str, state: State) -> tuple[RuleFired, ...]:
        """The line of a list of the pod that decides in a state."""
        lists = [d for d in self.machine.system.decisions if d.name == decision]
        found = [decided(self.machine, d, state, {}) for d in lists]
        return tuple(rule for rule in found if rule is not None)
