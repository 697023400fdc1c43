"""Why an invariant proves a claim: three questions for any solver, each to be `unsat`.

``initial``: some start is outside the invariant.  ``step``: some step leads out of it.
``safety``: inside it, something violates the claim.  If none can be, the claim holds in every
state that a run reaches, however long it is (induction over the length of runs).

A promise may be kept within some number of syncs from any state in which it is made, whatever
comes between them (``transform/coarse_steps.py``); then one question is enough, ``rounds``.
"""

from __future__ import annotations

from collections.abc import Sequence

from podcheck.core.terms import Term, and_
from podcheck.export.smt import Declared, SmtSystem, conjunction
from podcheck.transform.safety import Safety

OBLIGATIONS = ("initial", "step", "safety")
ROUNDS = "rounds"


def obligations(asked: Safety, invariant: Sequence[Term]) -> dict[str, list[str]]:
    """By name, the lines of an SMT-LIB 2 script with one ``(check-sat)``."""
    system = SmtSystem(asked)
    within = system.predicate("invariant", and_(*invariant))
    inside, stays = system.call("invariant", system.state), system.call("invariant", system.next)
    valid = system.call("domain", system.state)
    step = system.call("trans", system.state, system.inputs, system.next)
    judged = (system.state, system.next) if asked.on_steps else (system.state,)
    violated = f"(not {system.call('property', *judged)})"
    facts = {
        "initial": [system.call("init", system.state), f"(not {inside})"],
        "step": [valid, inside, step, f"(not {stays})"],
        "safety": [valid, inside, *([step] if asked.on_steps else []), violated],
    }
    return {
        name: _script(
            f"; {name}: unsat if the invariant is right",
            [*system.definitions(steps=step in facts[name]), *within, *system.declarations()],
            facts[name],
        )
        for name in OBLIGATIONS
    }


def kept_within(asked: Safety, most: int) -> dict[str, list[str]]:
    """That no ``most`` steps, one after the other from any state, lead out of the condition.

    The condition counts steps, so that it holds in the states before.
    """
    system = SmtSystem(asked)
    states = [_copied(system.state, n) for n in range(most + 1)]
    inputs = [_copied(system.inputs, n) for n in range(most)]
    facts = [system.call("domain", states[0])]
    for n in range(most):
        facts.append(system.call("property", states[n]))
        facts.append(system.call("trans", states[n], inputs[n], states[n + 1]))
    facts.append(f"(not {system.call('property', states[most])})")
    constants = [d for group in (*states, *inputs) for d in group]
    declared = [f"(declare-const {d.name} {d.sort})" for d in constants]
    about = f"; {ROUNDS}: unsat if the promise is kept within {most} syncs"
    return {ROUNDS: _script(about, [*system.definitions(), *declared], facts)}


def _copied(declared: Sequence[Declared], number: int) -> tuple[Declared, ...]:
    return tuple(d._replace(name=f"|{number}: {d.name[1:]}") for d in declared)


def _script(about: str, lines: Sequence[str], facts: Sequence[str]) -> list[str]:
    asserted = f"(assert {conjunction(facts)})"
    return [about, "(set-logic QF_BV)", *lines, asserted, "(check-sat)"]
