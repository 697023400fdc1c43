"""Lemmas: conditions that a proof may rest on, tried before others are searched for.

A system comes with conditions that its authors expect every run to keep.  Others that are often
true say that a variable never has a value which it has in no known state.  None is believed:
what a known state violates goes first, and of the rest the largest set is kept whose conditions
all hold after every step from a state where they all hold (Houdini; Flanagan and Leino, FME
2001).  There is one such set, whatever the order of the questions.

Conditions are written as the cubes that they exclude.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import product
from typing import NamedTuple

from podcheck.core.system import Variable
from podcheck.core.terms import Term
from podcheck.symbolic.container_symmetry import Classes
from podcheck.symbolic.cubes import Cube, bits, contains, cube_of, full_mask, without
from podcheck.symbolic.reachable_states import KnownStates
from podcheck.symbolic.sat_solver import Propositional
from podcheck.symbolic.smt_solver import Budget
from podcheck.symbolic.transition import Transition

MOST = 256  # cubes that one condition may exclude
MANY = 64  # values; of a variable with more, none is tried by itself

# ---- what to try -----------------------------------------------------------------------------


def candidates(variables: Sequence[Variable], lemmas: Iterable[Term]) -> list[Cube]:
    """The cubes that the lemmas exclude, and for each variable one of all its values, unless
    those are many."""
    # a variable that the slice has lost says nothing; what is left may be true
    index = {v.name: i for i, v in enumerate(variables)}
    found: dict[Cube, None] = {}
    for lemma in lemmas:
        found.update(dict.fromkeys(filter(None, _cubes(lemma, False, index, variables) or ())))
    few = [(i, v) for i, v in enumerate(variables) if len(v.sort.values) <= MANY]
    found.update({((i, full_mask(v)),): None for i, v in few})
    return list(found)


def _cubes(
    term: Term, truth: bool, index: Mapping[str, int], variables: Sequence[Variable]
) -> list[Cube] | None:
    """Cubes whose union is where the term has that truth value; None: it can't be said so."""
    if term.op == "const":
        return [()] if term.value is truth else []
    if term.op == "not":
        return _cubes(term.args[0], not truth, index, variables)
    if term.op in ("var", "in"):
        subject = term.args[0] if term.op == "in" else term
        if subject.op != "var":
            return None
        place = index.get(subject.value)
        if place is None:
            return [()]
        wanted = term.value if term.op == "in" else {True}
        values = variables[place].sort.values
        mask = sum(1 << n for n, value in enumerate(values) if (value in wanted) is truth)
        return [((place, mask),)] if mask else []
    if term.op not in ("and", "or"):
        return None
    parts = [_cubes(part, truth, index, variables) for part in term.args]
    if any(part is None for part in parts):
        return None
    choices = [part for part in parts if part is not None]
    if (term.op == "or") is truth:
        return [cube for part in choices for cube in part]
    if reduce(lambda count, part: count * len(part), choices, 1) > MOST:
        return None
    both = (_intersection(chosen) for chosen in product(*choices))
    return [cube for cube in both if cube is not None]


def joined(cubes: Iterable[Cube], variables: Sequence[Variable]) -> list[Cube]:
    """Cubes with the same states; those that differ in the values of one variable are one."""
    found = list(dict.fromkeys(cubes))
    for index in sorted({index for cube in found for index, _ in cube}):
        groups: dict[Cube, int] = {}
        for cube in found:
            rest = tuple(pair for pair in cube if pair[0] != index)
            mask = dict(cube).get(index, full_mask(variables[index]))
            groups[rest] = groups.get(rest, 0) | mask
        found = [
            rest if mask == full_mask(variables[index]) else cube_of({**dict(rest), index: mask})
            for rest, mask in groups.items()
        ]
    return found


def _intersection(cubes: Iterable[Cube]) -> Cube | None:
    masks: dict[int, int] = {}
    for index, mask in (pair for cube in cubes for pair in cube):
        masks[index] = masks.get(index, mask) & mask
    return cube_of(masks) if all(masks.values()) else None


# ---- what steps keep -------------------------------------------------------------------------


class _Tried(NamedTuple):
    """A cube that may turn out to be excluded, with all that it stands for."""

    copies: tuple[Cube, ...]
    barred: tuple[int, ...]  # literals: the state before the step is not in that copy
    entered: tuple[int, ...]  # literals: the state after the step is in that copy


def kept(
    transition: Transition, cubes: Iterable[Cube], known: KnownStates, classes: Classes
) -> list[Cube]:
    """The largest parts of the cubes that no known state is in, and no step leads into from
    states outside all of them.

    The clauses that exclude them are added to the transition's solver.  Raises ``GaveUpError``
    when the budget runs out.
    """
    solver = transition.solver
    seen: set[Cube] = set()
    trying: dict[Cube, _Tried] = {}

    def attempt(cube: Cube) -> None:
        """Try a cube, or what the known states leave of it."""
        waiting = [classes.canonical(cube)]
        while waiting:
            cube = waiting.pop()
            if cube in seen:
                continue
            seen.add(cube)
            copies = tuple(classes.copies(cube))
            for copy in copies:
                place = known.first_within(copy)
                if place is not None:
                    waiting += map(classes.canonical, without(copy, known.states[place]))
                    break
            else:
                barred = [solver.named(transition.outside(False, copy)) for copy in copies]
                entered = [solver.fresh() for _ in copies]
                for copy, literal in zip(copies, entered, strict=True):
                    for each in transition.literals(True, copy):
                        solver.add([-literal, each])
                trying[cube] = _Tried(copies, tuple(barred), tuple(entered))

    def after_entering(literals: list[int]) -> dict[int, int] | None:
        """A state that some step leads to into one of the cubes."""
        some = solver.named(literals)
        before = [literal for tried in trying.values() for literal in tried.barred]
        is_entered = transition.possible([transition.met, some, *before])
        after = transition.after() if is_entered else None
        transition.retire(some)
        return after

    for cube in cubes:
        attempt(cube)
    while True:
        # what is true of one copy is mostly true of all, so the first is asked about first
        after = after_entering([tried.entered[0] for tried in trying.values()])
        if after is None:
            after = after_entering([e for tried in trying.values() for e in tried.entered])
        if after is None:
            break
        for tried in list(trying.values()):
            inside = [copy for copy in tried.copies if contains(copy, after)]
            if inside:
                del trying[tried.copies[0]]
                for literal in (*tried.barred, *tried.entered):
                    transition.retire(literal)
            for copy in inside:
                for part in without(copy, after):
                    attempt(part)
    for tried in trying.values():
        for literal in tried.entered:
            transition.retire(literal)
        for literal in tried.barred:
            solver.add([literal])
    return [copy for tried in trying.values() for copy in tried.copies]


# ---- what a proof needs ----------------------------------------------------------------------


def needed(
    transition: Transition, cubes: Sequence[Cube], classes: Classes, budget: Budget
) -> list[Cube]:
    """Some of the cubes that are as good an invariant as all of them together.

    No step from outside all of ``cubes`` leads into one of them or violates the condition; so it
    is with those that are returned.  Raises ``GaveUpError`` when the budget runs out.
    """
    clauses = transition.clauses
    solver = Propositional(clauses.clauses, clauses.largest, budget)
    barred = {cube: solver.named(_outside(transition, cube)) for cube in cubes}

    def rests_on(goal: int, on: Iterable[Cube]) -> list[Cube] | None:
        """Those of the cubes because of which no step does what the goal says; None: one does."""
        literals = [barred[cube] for cube in on]
        if solver.possible([transition.happens, transition.met, goal, *literals]):
            return None
        core = solver.core()
        return [cube for cube, literal in barred.items() if literal in core]

    found: dict[Cube, None] = {}
    goals = [-transition.meets]
    while goals:
        goal = goals.pop()
        core = rests_on(goal, found)
        if core is None:
            core = rests_on(goal, cubes)
            if core is None:  # no invariant at all; whoever confirms it will say so
                return list(cubes)
            for cube in list(core):  # a core is seldom a least one
                if cube in core and cube not in found:
                    less = rests_on(goal, [*found, *(other for other in core if other != cube)])
                    core = core if less is None else less
        for first in dict.fromkeys(map(classes.canonical, core)):
            for copy in classes.copies(first):  # where one is needed, mostly all are
                if copy in barred and copy not in found:
                    found[copy] = None
                    goals.append(_entered(transition, solver, copy))
    return [cube for cube in cubes if cube in found]


def _outside(transition: Transition, cube: Cube) -> list[int]:
    """The clause that the state before the step is not in the cube."""
    variables = transition.machine.variables
    return [
        transition.literal(False, index, bit)
        for index, mask in cube
        for bit in bits(full_mask(variables[index]) & ~mask)
    ]


def _entered(transition: Transition, solver: Propositional, cube: Cube) -> int:
    """A literal that implies that the state after the step is in the cube."""
    literal = solver.fresh()
    for index, mask in cube:
        solver.add([-literal, *(transition.literal(True, index, bit) for bit in bits(mask))])
    return literal
