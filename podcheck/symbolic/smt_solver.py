"""Satisfiability questions, asked of one incremental solver within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from podcheck.core.effort import Effort, Expired, scale
from podcheck.symbolic.watchdog import watch_for
from podcheck.symbolic.z3_context import Arena, array
from podcheck.symbolic.z3_library import Ast, Z3Exception, z3core


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What an answer may cost.

    ``max_syncs`` is how many syncs may settle one event; ``max_layers`` how many events of a
    repeated pattern are unrolled; ``max_events`` how many events a bounded search looks
    ahead; ``max_induction`` the largest k of k-induction; ``rlimit`` z3's resource units
    for one question (the same on every machine; ten million take a few seconds);
    ``expired`` is asked between questions which limit has been passed, in plain words, and ends
    the work when it says one; ``deeper`` is told how deep a search for a violation goes, and the
    unit: ``event`` or ``step``; ``level`` is the level of effort that all of it is for;
    ``minimal`` says whether an invariant is cut down to the conditions that it needs.
    """

    max_syncs: int = 64
    max_layers: int = 12
    max_events: int = 6
    max_induction: int = 3
    rlimit: int = 20_000_000
    expired: Expired | None = None
    deeper: Callable[[int, str], None] | None = None
    level: int = 1
    minimal: bool = True

    def at_level(self, level: int) -> Budget:
        """As much more as a level of effort allows: longer questions, and deeper searches."""
        more = level - 1
        return replace(
            self, level=level, rlimit=self.rlimit * scale(level),
            max_layers=self.max_layers << more, max_events=self.max_events + 2 * more,
        )  # fmt: skip

    @contextmanager
    def watching(self, stop: Callable[[], object]) -> Iterator[None]:
        """What is done inside is interrupted by ``stop`` when time or memory runs out."""
        watched = self.expired.watched if isinstance(self.expired, Effort) else None
        if watched is None:
            yield
            return
        watch = watch_for(watched)
        watch.stop = stop
        try:
            yield
        finally:
            watch.stop = None

    def passed(self, units: int = 0) -> str:
        """Which limit has been passed, in plain words; so many units were spent since the last
        time."""
        return "" if self.expired is None else self.expired(units)


class GaveUpError(Exception):
    """The budget ran out; the text says of what, in plain words."""


class Checker:
    """One z3 solver (bit-vectors and Booleans) with scopes."""

    def __init__(self, arena: Arena, budget: Budget) -> None:
        self.arena = arena
        self.budget = budget
        self.questions = 0
        self._solver = arena.solver("QF_FD")
        self.limit(budget.rlimit)
        self._assumed: list[dict[int, Ast]] = [{}]
        self._always: list[list[Ast]] = [[]]  # by scope: what must outlive it

    def limit(self, rlimit: int) -> None:
        """Let each question from now on take so many of z3's resource units."""
        ref = self.arena.ref
        params = z3core.Z3_mk_params(ref)
        z3core.Z3_params_inc_ref(ref, params)
        for name, number in (("rlimit", rlimit), ("random_seed", 0)):
            symbol = z3core.Z3_mk_string_symbol(ref, name)
            z3core.Z3_params_set_uint(ref, params, symbol, number)
        z3core.Z3_solver_set_params(ref, self._solver, params)
        z3core.Z3_params_dec_ref(ref, params)

    # ---- scopes ---------------------------------------------------------------------------

    def push(self) -> None:
        z3core.Z3_solver_push(self.arena.ref, self._solver)
        self._assumed.append({})
        self._always.append([])

    def pop(self) -> None:
        z3core.Z3_solver_pop(self.arena.ref, self._solver, 1)
        self._assumed.pop()
        for fact in self._always.pop():
            self.assume_always(fact)

    def assume(self, fact: Ast) -> None:
        """Add a fact to the present scope, once."""
        if not self._knows(fact):
            self._assumed[-1][fact.value] = fact
            z3core.Z3_solver_assert(self.arena.ref, self._solver, fact)

    def assume_always(self, fact: Ast) -> None:
        """Add a fact to every scope, present and future."""
        if not self._knows(fact):
            self.assume(fact)
            self._always[-1].append(fact)

    def facts(self) -> tuple[Ast, ...]:
        """What is assumed in all open scopes, in order."""
        return tuple(fact for level in self._assumed for fact in level.values())

    def _knows(self, fact: Ast) -> bool:
        if self.arena.is_true(fact):
            return True
        return any(fact.value in level for level in self._assumed)

    # ---- questions ------------------------------------------------------------------------

    def ask(self) -> None:
        """Raises :class:`GaveUpError` when a limit has been passed."""
        if passed := self.budget.passed():
            raise GaveUpError(passed)

    def satisfiable(self, *formulas: Ast) -> bool:
        """Whether the formulas can hold together with what is assumed.

        Raises :class:`GaveUpError` when the budget runs out.
        """
        question = self.arena.and_(*formulas)
        if self.arena.is_false(question):
            return False
        z3core.Z3_solver_push(self.arena.ref, self._solver)
        try:
            z3core.Z3_solver_assert(self.arena.ref, self._solver, question)
            return self.check()
        finally:
            z3core.Z3_solver_pop(self.arena.ref, self._solver, 1)

    def check(self, *literals: Ast) -> bool:
        """Whether what is assumed can hold together with the named Boolean constants."""
        self.ask()
        self.questions += 1
        ref = self.arena.ref
        try:
            with self.budget.watching(self.arena.interrupt):
                result = z3core.Z3_solver_check_assumptions(
                    ref, self._solver, len(literals), array(literals)
                )
        except Z3Exception as error:
            raise GaveUpError(f"the solver stopped: {_reason(error)}") from error
        finally:
            self.budget.passed(self.arena.worked(self._solver))
        if result == 0:
            why = str(z3core.Z3_solver_get_reason_unknown(ref, self._solver))
            if "interrupted from keyboard" in why:
                raise KeyboardInterrupt  # z3 takes the signal while it works
            passed = self.budget.passed()
            raise GaveUpError(passed or f"the solver gave up on one question ({_plain(why)})")
        return bool(result == 1)

    def core(self) -> frozenset[int]:
        """After an unsatisfiable :meth:`check`: the addresses of the constants it rests on."""
        ref = self.arena.ref
        vector = z3core.Z3_solver_get_unsat_core(ref, self._solver)
        z3core.Z3_ast_vector_inc_ref(ref, vector)
        try:
            size = z3core.Z3_ast_vector_size(ref, vector)
            return frozenset(z3core.Z3_ast_vector_get(ref, vector, n).value for n in range(size))
        finally:
            z3core.Z3_ast_vector_dec_ref(ref, vector)

    def numbers(self, constants: Sequence[Ast]) -> list[int | None]:
        """The model's numbers after a satisfiable :meth:`check`; ``None``: any will do."""
        ref = self.arena.ref
        model = z3core.Z3_solver_get_model(ref, self._solver)
        z3core.Z3_model_inc_ref(ref, model)
        try:
            found = []
            for constant in constants:
                out = array([constant])
                z3core.Z3_model_eval(ref, model, constant, False, out)
                found.append(self._number(self.arena.keep(out[0])))
            return found
        finally:
            z3core.Z3_model_dec_ref(ref, model)

    def _number(self, ast: Ast) -> int | None:
        known = self.arena.number(ast)
        if known is not None:
            return known
        if not z3core.Z3_is_numeral_ast(self.arena.ref, ast):
            return None
        return int(z3core.Z3_get_numeral_string(self.arena.ref, ast))

    def least(self, constants: Sequence[Ast], widths: Sequence[int]) -> list[int | None]:
        """The least numbers, one constant after another, that agree with what is assumed.

        Adds them to the present scope, which must be satisfiable.  ``None`` stands for a
        constant that no question depends on.
        """
        if not self.check():
            raise GaveUpError("no model to choose from")
        model = self.numbers(constants)
        chosen: list[int | None] = []
        for index, (constant, width) in enumerate(zip(constants, widths, strict=True)):
            number = model[index]
            if number is None:
                chosen.append(None)
                continue
            if number:
                number, model = self._lower(constants, index, width, model)
            chosen.append(number)
            self.assume(self.arena.eq(constant, self.arena.literal(width, number)))
        return chosen

    def _lower(
        self, constants: Sequence[Ast], index: int, width: int, model: list[int | None]
    ) -> tuple[int, list[int | None]]:
        """The least number of one constant, by bisection, and a model that has it."""
        constant, high = constants[index], model[index] or 0
        low = 0
        while low < high:
            middle = 0 if low == 0 else (low + high) // 2
            self.push()
            self.assume(self._below(constant, width, middle))
            if self.check():
                model = self.numbers(constants)
                high = model[index] or 0
            else:
                low = middle + 1
            self.pop()
        return high, model

    def _below(self, constant: Ast, width: int, bound: int) -> Ast:
        """``constant <= bound``."""
        arena = self.arena
        if width == 0:
            return arena.true if bound else arena.not_(constant)
        literal = arena.literal(width, bound)
        return arena.keep(z3core.Z3_mk_bvule(arena.ref, constant, literal))


def _reason(error: Z3Exception) -> str:
    value = error.value if hasattr(error, "value") else str(error)
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return _plain(text)


def _plain(text: str) -> str:
    if "memory" in text:
        return "out of memory"
    if "resource" in text or "canceled" in text or "max." in text:
        return "its resource limit was reached"
    return text
