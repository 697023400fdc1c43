"""Facts about Booleans and bit-vectors as clauses over numbered Booleans, by z3's tactics.

A clause is a sequence of literals: a positive whole number is the Boolean of that number, a
negative one its negation.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from podcheck.symbolic.z3_context import Arena
from podcheck.symbolic.z3_library import Ast, z3core

TACTICS = ("simplify", "bit-blast", "tseitin-cnf")
CONSTANTS = {"true": 1, "false": -1}
NAMED = "named!"  # begins the names of the constants that stand for named formulas


Key = TypeVar("Key", bound=Hashable)


class Clauses(NamedTuple, Generic[Key]):
    """Clauses that can hold together just where the facts can.

    ``numbers`` are the Booleans that say of each named formula whether it holds; ``largest``
    is the largest number in use.
    """

    clauses: list[list[int]]
    numbers: dict[Key, int]
    largest: int


def clauses_of(arena: Arena, facts: Sequence[Ast], named: Mapping[Key, Ast]) -> Clauses[Key]:
    """The facts as clauses, with a Boolean for each of the named formulas."""
    ref = arena.ref
    goal = z3core.Z3_mk_goal(ref, False, False, False)
    z3core.Z3_goal_inc_ref(ref, goal)
    try:
        for fact in facts:
            z3core.Z3_goal_assert(ref, goal, fact)
        for place, formula in enumerate(named.values()):
            constant = arena.constant(f"{NAMED}{place}", 0)
            z3core.Z3_goal_assert(ref, goal, arena.eq(constant, formula))
        text = _dimacs(ref, goal)
    finally:
        z3core.Z3_goal_dec_ref(ref, goal)
    clauses: list[list[int]] = []
    places: dict[int, int] = {}
    largest = 0
    for line in text.splitlines():
        if line.startswith("c "):
            _, number, name = line.split(" ", 2)
            if name in CONSTANTS:  # z3 gives them numbers in clauses of sums
                clauses.append([CONSTANTS[name] * int(number)])
            elif name.startswith(NAMED):
                places[int(name.removeprefix(NAMED))] = int(number)
        elif line.startswith("p "):
            largest = int(line.split()[2])
        else:
            clause = list(map(int, line.split()))
            clause.pop()  # the zero that ends it
            clauses.append(clause)
    # z3 lists the names in the order of addresses, which differs from run to run
    numbers = {key: places[place] for place, key in enumerate(named) if place in places}
    return Clauses(clauses, numbers, largest)


def _dimacs(ref: z3core.ContextObj, goal: z3core.GoalObj) -> str:
    """What the tactics make of a goal, in the DIMACS format, with names."""
    tactics: list[z3core.TacticObj] = []  # each is held as soon as it is made
    for name in TACTICS:
        made = z3core.Z3_mk_tactic(ref, name)
        z3core.Z3_tactic_inc_ref(ref, made)
        whole = z3core.Z3_tactic_and_then(ref, tactics[-1], made) if tactics else made
        z3core.Z3_tactic_inc_ref(ref, whole)
        tactics += [made, whole]
    result = z3core.Z3_tactic_apply(ref, tactics[-1], goal)
    z3core.Z3_apply_result_inc_ref(ref, result)
    clausal = z3core.Z3_apply_result_get_subgoal(ref, result, 0)
    z3core.Z3_goal_inc_ref(ref, clausal)
    text = str(z3core.Z3_goal_to_dimacs_string(ref, clausal, True))
    z3core.Z3_goal_dec_ref(ref, clausal)
    z3core.Z3_apply_result_dec_ref(ref, result)
    for tactic in tactics:
        z3core.Z3_tactic_dec_ref(ref, tactic)
    return text
