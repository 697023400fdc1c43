"""Which rule lines an inductive proof rests on: a minimised unsatisfiable core.

The system's lines have selectors (``core/rule_selectors.py``).  With all of them true nothing can
violate the invariant: no start is outside, and no step leads out.  First the conditions of the
invariant are left out that the claim does not need, then the selectors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from podcheck.core.rule_selectors import is_selector
from podcheck.core.substitution import substituted
from podcheck.core.system import Action
from podcheck.core.terms import (
    BOOL,
    Sort,
    Term,
    Value,
    and_,
    const,
    eq,
    implies,
    member,
    not_,
    or_,
    primed,
    var,
    walk,
)
from podcheck.symbolic.encoder import Encoder
from podcheck.symbolic.smt_solver import Budget, Checker, GaveUpError
from podcheck.symbolic.z3_context import Arena
from podcheck.symbolic.z3_library import Ast
from podcheck.transform.safety import PRIME, Safety

QUESTIONS = 300  # to make cores smaller
UNITS = 2_000_000  # z3's resource units for each of them; a second at most


def core_of(asked: Safety, invariant: Sequence[Term], budget: Budget) -> frozenset[str] | None:
    """The names of selectors under which the claim has an inductive proof.

    Its invariant is made of the conditions given.  Leaving out one selector more would break
    the proof, unless the budget for that ended first.  None if the conditions are no proof.
    Raises ``GaveUpError`` when the budget runs out before there is a core.
    """
    conditions = list(dict.fromkeys([] if asked.on_steps else [asked.condition]))
    conditions += [c for c in dict.fromkeys(invariant) if c not in conditions]
    cores = _Cores(asked, conditions, budget)
    if not cores.is_proof(range(len(conditions))):
        return None
    return cores.lines(cores.support())


class _Cores:
    """The question whether something violates the conditions, in one solver.

    The constant ``held n`` says that condition ``n`` holds before a step; ``kept n`` that it is
    not asked whether it holds at the starts and after the step.
    """

    def __init__(self, asked: Safety, conditions: Sequence[Term], budget: Budget) -> None:
        encoder = Encoder(Arena())
        self._on_steps = asked.on_steps
        self._checker = Checker(encoder.arena, budget)
        self._left = QUESTIONS
        question = _violated(asked, conditions)
        read = [t for t in walk([question]) if t.op == "var"]
        for leaf in read:
            self._checker.assume(encoder.domain(leaf.sort, encoder.encode(leaf)))
        self._checker.assume(encoder.encode(question))
        self._held = [encoder.encode(_held(n)) for n in range(len(conditions))]
        self._kept = [encoder.encode(_kept(n)) for n in range(len(conditions))]
        self._lines = {t.value: encoder.encode(t) for t in read if is_selector(t.value)}

    def is_proof(self, conditions: Sequence[int]) -> bool:
        """Can nothing violate those conditions where they all held before?"""
        held = [self._held[n] for n in conditions]
        return not self._checker.check(*self._lines.values(), *held, *self._others(conditions))

    def support(self) -> list[int]:
        """The conditions that the claim needs, with those that they need to be kept."""
        wanted = [] if self._on_steps else [0]
        while True:
            fixed = [*self._lines.values(), *self._others(wanted)]
            named = {str(n): ast for n, ast in enumerate(self._held)}
            self._checker.check(*fixed, *named.values())
            found = [int(n) for n in self._minimised(named, fixed)]
            if set(found) <= set(wanted):
                return wanted
            wanted = sorted({*wanted, *found})

    def lines(self, conditions: Sequence[int]) -> frozenset[str]:
        """The selectors that are enough for those conditions."""
        fixed = [*(self._held[n] for n in conditions), *self._others(conditions)]
        self._checker.check(*fixed, *self._lines.values())
        return frozenset(self._minimised(self._lines, fixed))

    def _others(self, conditions: Sequence[int]) -> list[Ast]:
        return [ast for n, ast in enumerate(self._kept) if n not in conditions]

    def _minimised(self, named: Mapping[str, Ast], fixed: Sequence[Ast]) -> list[str]:
        """Of the last core, the named constants, less those that can be left out one by one."""
        core, needed = self._named(named), 0
        while needed < len(core) and self._left:
            self._left -= 1
            rest = core[:needed] + core[needed + 1 :]
            if self._is_possible(*fixed, *(named[n] for n in rest)):
                needed += 1
            else:
                core = self._named(named)
        return core

    def _is_possible(self, *literals: Ast) -> bool:
        """May the literals hold together?  So it counts if that takes too long to say."""
        self._checker.limit(UNITS)
        try:
            return self._checker.check(*literals)
        except GaveUpError:
            return True
        finally:
            self._checker.limit(self._checker.budget.rlimit)

    def _named(self, named: Mapping[str, Ast]) -> list[str]:
        core = self._checker.core()
        return [name for name, ast in named.items() if ast.value in core]


# ---- the question ----------------------------------------------------------------------------


def _held(number: int) -> Term:
    return var(f"held {number}", BOOL)


def _kept(number: int) -> Term:
    return var(f"kept {number}", BOOL)


def _violated(asked: Safety, conditions: Sequence[Term]) -> Term:
    """Some start is outside a condition, or some step leads out of one or violates the claim."""
    numbered = list(enumerate(conditions))
    inside = [implies(_held(n), c) for n, c in numbered]
    broken = [and_(not_(_kept(n)), not_(_after(c))) for n, c in numbered]
    if asked.on_steps:
        broken.append(not_(_same_lines(asked.condition)))
    outside = or_(*(and_(not_(_kept(n)), not_(c)) for n, c in numbered))
    initial = or_(*(and_(*_values(asked, s.state), outside) for s in asked.starts))
    return or_(initial, and_(*inside, *_rigid(asked), _step(asked), or_(*broken)))


def _values(asked: Safety, state: Mapping[str, Value]) -> Iterator[Term]:
    for v in asked.system.variables:
        yield eq(var(v.name, v.sort), const(v.sort, state[v.name]))


def _rigid(asked: Safety) -> Iterator[Term]:
    """What no action changes is as it is at some start."""
    for v in asked.system.variables:
        if not any(v.name in a.updates for a in asked.system.actions()):
            values = frozenset(s.state[v.name] for s in asked.starts)
            yield member(var(v.name, v.sort), values)


def _after(condition: Term) -> Term:
    """A condition about the state after a step."""
    return _same_lines(primed(condition))


def _same_lines(condition: Term) -> Term:
    """The condition with selectors that are the same before and after a step."""
    later = {str(t.value) for t in walk([condition]) if t.op == "var" and is_selector(t.value)}
    return substituted([condition], {n: var(n.removesuffix(PRIME), BOOL) for n in later})[condition]


def _step(asked: Safety) -> Term:
    """Some action leads from the state to the state after it."""
    system = asked.system
    actions = system.actions()
    chosen = var("action taken", Sort("action", "enum", tuple(range(len(actions)))))

    def taken(number: int, action: Action) -> Term:
        now = [(v, action.updates.get(v.name, var(v.name, v.sort))) for v in system.variables]
        changes = [eq(var(v.name + PRIME, v.sort), value) for v, value in now]
        return implies(member(chosen, frozenset((number,))), and_(action.guard, *changes))

    return and_(*(taken(n, a) for n, a in enumerate(actions)))


__all__ = ["core_of"]
