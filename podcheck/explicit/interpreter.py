"""The interpreter: a transition system as generated Python, run on concrete states.

A state is a tuple of values in the order of the system's variables.  Generated code holds
nothing but literals of known sorts, positions in tuples, and names this module makes up; no
text of a user reaches it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any
from zlib import crc32

from podcheck.core.operators import OPERATORS
from podcheck.core.sensitivity import sensitivity
from podcheck.core.substitution import substituted
from podcheck.core.system import Action, Input, TransitionSystem
from podcheck.core.terms import TRUE, Term, Value, const, variables, walk

State = tuple[Value, ...]
Inputs = Mapping[str, Value]

MAX_SYNCS = 64


class NotSettled(Exception):
    """The syncs did not come to rest within the limit."""


class ReplayDiffers(Exception):
    """The interpreter does not confirm what an engine found."""


class Interpreter:
    """Runs one transition system.

    ``index`` gives a variable's place in a state.  Inputs that are left out take the first
    value of their sort.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.index = {v.name: i for i, v in enumerate(system.variables)}
        self.actions = {a.name: a for a in system.actions()}
        self.published = tuple(i for i, v in enumerate(system.variables) if v.published)
        self._steps: dict[str, Callable[[State, Sequence[Value]], State]] = {}
        self._guards: dict[str, Callable[[State, Sequence[Value]], bool]] = {}
        self._guard_inputs: dict[str, list[Input]] = {}
        self._relevant: dict[str, Callable[[State, Sequence[Value]], tuple[bool, ...]]] = {}
        self._terms: dict[Term, Callable[[State, Sequence[Value]], Value]] = {}
        self._folded: tuple[State, dict[Term, Term]] | None = None  # terms, by state and inputs
        self._with_inputs: dict[tuple[Term, str], Callable[[State, Sequence[Value]], Value]] = {}

    # ---- states --------------------------------------------------------------------------

    def initial(self, policy: str) -> State:
        """The state of a pod just created, which the kubelet has not seen."""
        return tuple(policy if v.name == "policy" else v.initial for v in self.system.variables)

    def named(self, state: State) -> dict[str, Value]:
        return {v.name: x for v, x in zip(self.system.variables, state, strict=True)}

    def state_of(self, named: Mapping[str, Value]) -> State:
        """A state from values by name; variables this system lacks are passed over."""
        return tuple(named.get(v.name, v.initial) for v in self.system.variables)

    # ---- what is published -----------------------------------------------------------------

    def differs(self, before: State, state: State) -> bool:
        """Is another status published in ``state`` than in ``before``?"""
        return any(before[i] != state[i] for i in self.published)

    def first_published(self, before: State, states: Sequence[State]) -> State:
        """The state that `at once` is about.

        ``before`` is the state before the events of a step, ``states`` those after the events
        and after each sync.  It is the first of them that publishes another status than
        ``before``, which the events themselves may do (a deletion shows before any sync); the
        last one if none does.
        """
        return next((s for s in states if self.differs(before, s)), states[-1])

    # ---- steps ---------------------------------------------------------------------------

    def possible(self, action: str, state: State, inputs: Inputs | None = None) -> bool:
        """Can the event happen in this state, with these inputs (if none are given: any)?"""
        guard = self._guards.get(action) or self._guard_of(action)
        free = self._guard_inputs[action]
        if not free:
            return guard(state, ())
        if inputs is not None:
            return guard(state, input_values(self.actions[action].inputs, inputs))
        for values in product(*(i.sort.values for i in free)):
            chosen = dict(zip((i.name for i in free), values, strict=True))
            if guard(state, input_values(self.actions[action].inputs, chosen)):
                return True
        return False

    def guard_reads_inputs(self, action: str) -> bool:
        """Can an event be possible with some inputs and not with others?"""
        if action not in self._guards:
            self._guard_of(action)
        return bool(self._guard_inputs[action])

    def _guard_of(self, action: str) -> Callable[[State, Sequence[Value]], bool]:
        term, given = self.actions[action].guard, self.actions[action].inputs
        guard = self._guards[action] = self._compile([term], True, given)
        read = variables([term])
        self._guard_inputs[action] = [i for i in given if i.name in read]
        return guard

    def apply(self, action: str, state: State, inputs: Inputs | None = None) -> State:
        """The state after an action; the guard is not looked at."""
        step = self._steps.get(action)
        if step is None:
            step = self._steps[action] = self._compile_step(self.actions[action])
        return step(state, input_values(self.actions[action].inputs, inputs))

    def sync(self, state: State, inputs: Inputs | None = None) -> State:
        return self.apply("sync", state, inputs)

    def settle(self, state: State, inputs: Inputs | None = None) -> list[State]:
        """The states after each sync, until one changes nothing; the last one is settled.

        The list is empty if the state is settled.  Raises ``NotSettled`` after 64 syncs.
        """
        found: list[State] = []
        step = self._step_of("sync")
        values = input_values(self.actions["sync"].inputs, inputs)
        while True:
            after = step(state, values)
            if after == state:
                return found
            found.append(after)
            if len(found) > MAX_SYNCS:
                raise NotSettled(self.system.pod)
            state = after

    def _step_of(self, action: str) -> Callable[[State, Sequence[Value]], State]:
        if action not in self._steps:
            self._steps[action] = self._compile_step(self.actions[action])
        return self._steps[action]

    def value(self, term: Term, state: State) -> Value:
        """A term that reads no inputs, in a state."""
        function = self._terms.get(term)
        if function is None:
            function = self._terms[term] = self._compile([term], True)
        return function(state, ())

    def value_with(self, term: Term, state: State, inputs: Inputs) -> Value:
        """A term that may read the sync's inputs."""
        if term.op == "const":
            constant: Value = term.value
            return constant
        key = (term, "sync")
        function = self._with_inputs.get(key)
        if function is None:
            function = self._with_inputs[key] = self._compile([term], True, self.system.sync.inputs)
        return function(state, input_values(self.system.sync.inputs, inputs))

    def first(self, conditions: tuple[Term, ...], state: State, inputs: Inputs) -> int | None:
        """The place of the first condition that holds; they may read the sync's inputs.

        They are folded, not compiled: a story asks about many conditions, each a few times.
        """
        given = self.system.sync.inputs
        values = (*state, *input_values(given, inputs))
        if self._folded is None or self._folded[0] != values:
            self._folded = values, {}  # a story asks about one step after the other
        sorts = [(v.name, v.sort) for v in self.system.variables]
        sorts += [(i.name, i.sort) for i in given]
        pairs = zip(sorts, values, strict=True)
        leaves = {name: const(sort, value) for (name, sort), value in pairs}
        folded = substituted(conditions, leaves, self._folded[1])
        return next((n for n, c in enumerate(conditions) if folded[c] is TRUE), None)

    def reads_primed(self, term: Term) -> bool:
        """Does a condition refer to a step, not of a state?"""
        return any(n.endswith("'") for n in variables([term]))

    def value_on_step(self, condition: Term, before: State, after: State) -> Value:
        """A condition whose primed variables are those of ``after``."""
        key = (condition, "step")
        function = self._with_inputs.get(key)
        if function is None:
            primed = [Input(f"{v.name}'", v.sort, "") for v in self.system.variables]
            function = self._with_inputs[key] = self._compile([condition], True, primed)
        return function(before, after)

    def relevant(self, action: str, state: State) -> tuple[bool, ...]:
        """For each input of an action, whether its value can matter in a state."""
        function = self._relevant.get(action)
        if function is None:
            conditions = sensitivity(self.actions[action])
            function = self.compiled(list(conditions.values()), ())
            self._relevant[action] = function
        return function(state, ())

    # ---- code generation -----------------------------------------------------------------

    def _compile_step(self, action: Action) -> Callable[[State, Sequence[Value]], State]:
        roots = []
        for v in self.system.variables:
            roots.append(action.updates.get(v.name))
        return self._compile(roots, False, action.inputs)

    def compiled(
        self, roots: Sequence[Term | None], inputs: Sequence[Input]
    ) -> Callable[[Sequence[Value], Sequence[Value]], tuple[Any, ...]]:
        """Terms over a state and inputs as one function of both; ``None`` is what stands in the
        same place of the state."""
        return self._compile(list(roots), False, inputs)

    def _compile(
        self, roots: list[Term | None], single: bool, inputs: Sequence[Input] = ()
    ) -> Callable[..., Any]:
        places = {i.name: n for n, i in enumerate(inputs)}
        terms = [r for r in roots if r is not None]
        lines, texts = _statements(walk(terms), self.index, places, terms)
        if single:
            assert terms
            result = texts[terms[0]]
        else:
            parts = [texts[r] if r is not None else f"s[{n}]" for n, r in enumerate(roots)]
            result = f"({', '.join(parts)},)" if parts else "()"
        body = "\n".join(f"    {line}" for line in (*lines, f"return {result}"))
        return _define(f"def step(s, i):\n{body}\n")


def input_values(inputs: Sequence[Input], given: Inputs | None) -> list[Value]:
    """The values of an action's inputs in order; what is left out takes its first value."""
    if not given:
        return [i.sort.values[0] for i in inputs]
    return [given.get(i.name, i.sort.values[0]) for i in inputs]


def _statements(
    order: list[Term], index: Mapping[str, int], inputs: Mapping[str, int], roots: list[Term]
) -> tuple[list[str], dict[Term, str]]:
    """Assignments for the terms that are used twice, and the text of every term."""
    uses: dict[Term, int] = {}
    for term in order:
        for a in term.args:
            uses[a] = uses.get(a, 0) + 1
    texts: dict[Term, str] = {}
    nesting: dict[Term, int] = {}  # Python's parser gives up at about 100 open brackets
    lines: list[str] = []
    for term in order:
        nesting[term] = 1 + max((nesting[a] for a in term.args), default=0)
        if term.op == "const":
            texts[term] = repr(term.value)
            continue
        if term.op == "var":
            name = term.value
            at = f"s[{index[name]}]" if name in index else f"i[{inputs[name]}]"
            text, cheap = at, uses.get(term, 0) < 2
        else:
            text = OPERATORS[term.op].python([texts[a] for a in term.args], term)
            cheap = uses.get(term, 0) < 2 and nesting[term] < 40
        if cheap:
            texts[term] = text
        else:
            local = f"t{len(lines)}"
            lines.append(f"{local} = {text}")
            texts[term] = local
            nesting[term] = 0
    return lines, texts


class _Source:
    """The text of a generated function, where tracebacks look for it; it is freed with it."""

    def __init__(self, code: str) -> None:
        self._code = code

    def get_source(self, name: str) -> str:
        return self._code


@lru_cache(maxsize=1024)  # machines of one pod, and of pods alike, share most of their code
def _define(code: str) -> Callable[..., Any]:
    namespace: dict[str, Any] = {}
    known = {"min": min, "__name__": "generated", "__loader__": _Source(code)}
    exec(compile(code, f"generated {crc32(code.encode()):08x}", "exec"), known, namespace)
    function: Callable[..., Any] = namespace["step"]
    return function
